# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameter groups as PostgreSQL settings: which there are, and which must wait for a reboot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...api.aurora.model import Database, Parameter

GIBIBYTE = 2**30
FORCE_SSL = "rds.force_ssl"
PRELOADED = "shared_preload_libraries"
AVAILABLE_LIBRARIES = ("pg_stat_statements", "auto_explain")
"""The libraries that the image has; Aurora has more."""

DEFAULTS_WITH_EFFECT = frozenset(
    {"idle_in_transaction_session_timeout", "max_connections", PRELOADED, FORCE_SSL, "ssl_min_protocol_version"}
)
"""Aurora's own defaults that a client can notice; its others are about memory that the lab's machine does not have."""

WITHOUT_EFFECT = frozenset(
    {
        "shared_buffers",
        "effective_cache_size",
        "huge_pages",
        "log_destination",
        "log_directory",
        "log_filename",
        "log_file_mode",
        "log_rotation_age",
        "log_rotation_size",
        "logging_collector",
    }
)
"""Parameters whose servers' side is not imitated: an instance's memory, and log files, which the containers' log is."""

STANDBY_NEEDS = {
    "max_connections": 100,
    "max_locks_per_transaction": 64,
    "max_prepared_transactions": 0,
    "max_wal_senders": 20,
    "max_worker_processes": 8,
}
"""What a standby must have no less of than its primary, with the defaults."""

_CLASS = re.compile(r"db\.(?P<family>[a-z]+)\d+[a-z]*\.(?P<size>\w+)")
_FORMULA = re.compile(r"(?P<function>LEAST|GREATEST)\(\{DBInstanceClassMemory/(?P<divisor>\d+)\},(?P<bound>\d+)\)")
_SIZES = {"small": 2, "medium": 4, "large": 8}
OTHER_CLASS_MEMORY = 16 * GIBIBYTE


def class_memory(instance_class: str) -> int:
    """Return the memory of an instance class in bytes.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Summary.html: the memory
    optimized classes (r, x) have twice what the others have; a class that is not understood counts as db.r6g.large.
    """
    found = _CLASS.fullmatch(instance_class)
    if found is None:
        return OTHER_CLASS_MEMORY
    size = found["size"]
    several = re.fullmatch(r"(\d*)xlarge", size)
    gibibytes = _SIZES.get(size, 0) if several is None else 16 * int(several[1] or 1)
    if not gibibytes:
        return OTHER_CLASS_MEMORY
    return gibibytes * GIBIBYTE * (1 if found["family"] == "t" else 2)


def evaluate(value: str, memory: int) -> str:
    """Return a parameter's value with RDS's formula, if it is one, worked out for an instance's memory."""
    found = _FORMULA.fullmatch(value.replace(" ", ""))
    if found is None:
        return value
    choose = min if found["function"] == "LEAST" else max
    return str(choose(memory // int(found["divisor"]), int(found["bound"])))


def libraries(value: str) -> str:
    """Return the libraries of a list that the image has."""
    named = [name.strip() for name in value.split(",")]
    return ",".join(name for name in named if name in AVAILABLE_LIBRARIES)


def wanted(database: Database) -> dict[str, Wanted]:
    """Return the settings that an instance's parameter groups ask for, by name; its own group goes first."""
    memory = class_memory(database.instance_class)
    settings: dict[str, Wanted] = {}
    for group, parameters in (database.cluster_group, database.instance_group):
        for parameter in parameters:
            if _counts(parameter, settings):
                assert parameter.value is not None
                value = evaluate(parameter.value, memory)
                if parameter.name == PRELOADED:
                    value = libraries(value)
                settings[parameter.name] = Wanted(value, group, parameter.immediate)
    return settings


@dataclass(frozen=True)
class Wanted:
    """A setting that a parameter group asks for."""

    value: str
    group: str
    immediate: bool


def _counts(parameter: Parameter, settings: Mapping[str, Wanted]) -> bool:
    if parameter.value is None or parameter.name in WITHOUT_EFFECT:
        return False
    if parameter.is_set:
        return True
    return parameter.name in DEFAULTS_WITH_EFFECT and parameter.name not in settings


def fit_for_reader(own: Mapping[str, str], writers: Mapping[str, str]) -> dict[str, str]:
    """Return a reader's settings, no lower than the writer's where a PostgreSQL standby would not follow else.

    https://www.postgresql.org/docs/15/hot-standby.html#HOT-STANDBY-ADMIN. Aurora's readers have no such need.
    """
    fitted = dict(own)
    for name, default in STANDBY_NEEDS.items():
        needed = int(writers.get(name, default))
        if int(own.get(name, default)) < needed:
            fitted[name] = str(needed)
    return fitted


@dataclass(frozen=True)
class InForce:
    """The settings that an instance has."""

    settings: Mapping[str, str]
    groups: tuple[str, str]
    """The parameter groups as of its last start."""
    waiting: frozenset[str] = field(default_factory=frozenset)
    """The groups that ask for what it will have after a reboot only."""


def at_start(database: Database) -> InForce:
    """Return what an instance has that starts now: everything that is asked for."""
    settings = {name: one.value for name, one in wanted(database).items()}
    return InForce(settings, (database.cluster_group[0], database.instance_group[0]))


def while_running(before: InForce, database: Database) -> InForce:
    """Return what an instance has that goes on running: what may change without a reboot has changed.

    Another parameter group takes effect with a reboot only, whatever it asks for
    (AuroraUserGuide, USER_WorkingWithDBClusterParamGroups).
    """
    groups = (database.cluster_group[0], database.instance_group[0])
    others = frozenset(now for now, then in zip(groups, before.groups, strict=True) if now != then)
    settings, waiting = dict(before.settings), set(others)
    asked = wanted(database)
    if not others:
        for name, one in asked.items():
            if settings.get(name) != one.value:
                if one.immediate:
                    settings[name] = one.value
                else:
                    waiting.add(one.group)
        for name in set(settings) - set(asked):
            # Reset to the engine's default; which group had set it is not known any more.
            immediate = _immediate(name, (*database.cluster_group[1], *database.instance_group[1]))
            if immediate:
                del settings[name]
            else:
                waiting.add(groups[0])
    return InForce(settings, before.groups, frozenset(waiting))


def _immediate(name: str, parameters: Iterable[Parameter]) -> bool:
    return all(parameter.immediate for parameter in parameters if parameter.name == name)
