# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of an estate: what an operator may ask for, and what a region offers of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Problem = tuple[str, str]

#: docs.chain.link, resources/requirements: PostgreSQL 14 up to, not including, 18.
MAJORS = (14, 15, 16, 17)
#: Seconds between two samples of Enhanced Monitoring; 0 is off (API reference, CreateDBInstance.MonitoringInterval).
MONITORING_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
#: Aurora user guide, "Aurora Serverless v2 capacity": half steps, 0 to 256.
MOST_ACU = 256

_WEEK_MINUTES = 7 * 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_BACKUP_WINDOW = re.compile(rf"{_TIME}-{_TIME}")
_MAINTENANCE_WINDOW = re.compile(rf"({'|'.join(_DAYS)}):{_TIME}-({'|'.join(_DAYS)}):{_TIME}")
#: RDS takes 63 characters for a database's name, 16 for the master user's (API reference, CreateDBCluster).
_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MASTER_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")
_TAKEN_DATABASES = {"postgres", "rdsadmin", "template0", "template1"}
#: chainlink is the node's own user, who never is the master.
_TAKEN_USERS = {"admin", "chainlink", "public", "rdsadmin", "user"}
_CA = re.compile(r"rds-ca-[a-z0-9-]+")
#: What RDS forbids in a master password (API reference, CreateDBCluster.MasterUserPassword).
_FORBIDDEN_IN_PASSWORD = set("/\"@ '")
#: The module that makes the cluster rests on these, so no list of parameters may change them.
_OWN_PARAMETERS = {"rds.force_ssl"}


class OfferError(Exception):
    """What is wanted is not on offer; .problems has one (variable, message) for each reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{variable}: {message}" for variable, message in problems))
        self.problems = problems


# --- what the operator writes -----------------------------------------------------------------------------------------


def problems(inputs: Mapping[str, Any]) -> list[Problem]:
    """Every problem of the database's inputs that inputs.py does not know of."""
    return [
        *_windows(inputs),
        *_names(inputs),
        *_capacity(inputs),
        *_numbers(inputs),
        *_parameters(inputs),
        *_master_password(inputs),
    ]


def _windows(inputs: Mapping[str, Any]) -> list[Problem]:
    backup, maintenance = inputs.get("estate_database_backup_window"), inputs.get("estate_database_maintenance_window")
    found: list[Problem] = []
    spans = {}
    for variable, value, parse, example in (
        ("estate_database_backup_window", backup, _daily, "03:00-04:00"),
        ("estate_database_maintenance_window", maintenance, _weekly, "sun:04:30-sun:05:30"),
    ):
        if not value:
            continue
        span = parse(value) if isinstance(value, str) else None
        if span is None:
            found.append((variable, f"{value!r} is not a window; write one in UTC such as {example}"))
        elif not 30 <= span[1] - span[0] < 24 * 60:
            found.append((variable, f"{value} must last from 30 minutes to less than a day"))
        else:
            spans[variable] = span
    if len(spans) == 2 and _overlap(
        spans["estate_database_backup_window"], spans["estate_database_maintenance_window"]
    ):
        message = f"{maintenance} overlaps estate_database_backup_window {backup}, which RDS refuses; move one of them"
        found.append(("estate_database_maintenance_window", message))
    return found


def _daily(value: str) -> tuple[int, int] | None:
    """Minutes of a day, the end beyond midnight where it is the next day's."""
    match = _BACKUP_WINDOW.fullmatch(value)
    if match is None:
        return None
    begin, end = (int(match[number]) * 60 + int(match[number + 1]) for number in (1, 3))
    return begin, end if end > begin else end + 24 * 60


def _weekly(value: str) -> tuple[int, int] | None:
    """Minutes of a week from Monday on, the end beyond its end where it is the next week's."""
    match = _MAINTENANCE_WINDOW.fullmatch(value.lower())
    if match is None:
        return None
    begin, end = (
        (_DAYS.index(match[number]) * 24 + int(match[number + 1])) * 60 + int(match[number + 2]) for number in (1, 4)
    )
    return begin, end if end > begin else end + _WEEK_MINUTES


def _overlap(daily: tuple[int, int], weekly: tuple[int, int]) -> bool:
    days = range(-1, 9)
    return any(daily[0] + day * 24 * 60 < weekly[1] and weekly[0] < daily[1] + day * 24 * 60 for day in days)


def _names(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    for variable, pattern, length, taken in (
        ("estate_database_name", _DATABASE_NAME, 63, _TAKEN_DATABASES),
        ("estate_database_master_username", _MASTER_NAME, 16, _TAKEN_USERS),
    ):
        value = inputs.get(variable)
        if value is None:
            continue
        if not isinstance(value, str) or not pattern.fullmatch(value):
            message = f"{value!r} must be 1 to {length} small letters, digits and underscores, beginning with a letter"
            found.append((variable, message))
        elif value in taken:
            found.append((variable, f"{value} is taken by PostgreSQL, RDS or the node; choose another"))
    certificate = inputs.get("estate_database_ca_certificate")
    if certificate and not (isinstance(certificate, str) and _CA.fullmatch(certificate)):
        message = (
            f"{certificate!r} is not the name of an RDS certificate authority; write one such as rds-ca-rsa2048-g1"
        )
        found.append(("estate_database_ca_certificate", message))
    return found


def _capacity(inputs: Mapping[str, Any]) -> list[Problem]:
    given = {name: inputs.get(name) for name in ("estate_database_minimum_acu", "estate_database_maximum_acu")}
    found: list[Problem] = []
    for variable, value in given.items():
        # A minimum of 0 would let the database fall asleep, and a node refreshes its lease every second anyway.
        least = 0.5 if variable.endswith("minimum_acu") else 1
        if value is None:
            continue
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not least <= value <= MOST_ACU
            or value * 2 % 1
        ):
            message = f"{value!r} must be a capacity from {least:g} to {MOST_ACU} in steps of 0.5"
            found.append((variable, message))
    minimum, maximum = given.values()
    if not found and minimum is not None and maximum is not None and minimum > maximum:
        found.append(
            ("estate_database_minimum_acu", f"{minimum:g} is more than estate_database_maximum_acu {maximum:g}")
        )
    return found


def _numbers(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    port = inputs.get("estate_database_port")
    if port is not None and not 1150 <= port <= 65535:
        found.append(("estate_database_port", f"{port} must be from 1150 to 65535"))
    interval = inputs.get("estate_database_monitoring_interval")
    if interval is not None and interval not in MONITORING_INTERVALS:
        allowed = ", ".join(map(str, MONITORING_INTERVALS))
        found.append(("estate_database_monitoring_interval", f"{interval} must be one of {allowed} seconds; 0 is off"))
    return found


def _parameters(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    for variable in ("estate_database_cluster_parameters", "estate_database_instance_parameters"):
        value = inputs.get(variable)
        if value is None:
            continue
        if not isinstance(value, Mapping):
            found.append(
                (variable, "must be a mapping of parameters to values, such as log_min_duration_statement: 1000")
            )
            continue
        found += [
            (variable, f"{name} is the collection's own: connections without TLS are refused")
            for name in value
            if name in _OWN_PARAMETERS
        ]
    return found


def _master_password(inputs: Mapping[str, Any]) -> list[Problem]:
    value = inputs.get("estate_database_master_password")
    if value is None:
        return []
    messages = []
    if not isinstance(value, str):
        messages.append("must be text; write it in quotes")
    else:
        if not 16 <= len(value) <= 99:
            messages.append("must have 16 to 99 characters")
        if not value.isascii() or not value.isprintable() or _FORBIDDEN_IN_PASSWORD & set(value):
            messages.append("must be of printable ASCII characters without blank, quotes, / and @, which RDS refuses")
    return [("estate_database_master_password", message) for message in messages]


# --- what the region offers -------------------------------------------------------------------------------------------


def order(version: str) -> tuple[int, ...]:
    """The sort key of a version: 16.10 is newer than 16.9. A version such as 16.9-limitless comes before 16.9."""
    numbers, _, special = version.partition("-")
    return (*(int(part) for part in numbers.split(".") if part.isdigit()), 0 if special else 1)


def choose_version(wanted: str, offered: Iterable[str]) -> str:
    """The version of a new cluster: the wanted one, else the newest that a node can use.

    Raises OfferError where the region has no such version.
    """
    variable = "estate_database_engine_version"
    fitting = sorted((item for item in offered if "-" not in item and order(item)[0] in MAJORS), key=order)
    if not fitting:
        raise OfferError([(variable, f"the region offers no Aurora PostgreSQL {MAJORS[0]} to {MAJORS[-1]}")])
    if not wanted:
        return fitting[-1]
    if wanted not in fitting:
        near = [item for item in fitting if order(item)[0] == order(wanted)[0]] or fitting
        message = (
            f"{wanted} is not on offer in the region; choose one of {', '.join(near)}, or leave it out for the newest"
        )
        raise OfferError([(variable, message)])
    return wanted


def check_running(running: Mapping[str, Any], wanted: str, port: int, name: str, zones: int = 2) -> None:
    """See that a cluster that exists is what the inventory says, in what no run changes. Raises OfferError.

    wanted: the engine's version, or nothing for the one that runs. zones: of how many instances.
    """
    found: list[Problem] = []
    cluster = running["DBClusterIdentifier"]
    version = str(running["EngineVersion"])
    # A newer minor version may be AWS's doing, with automatic upgrades on.
    if wanted and (order(version)[0] != order(wanted)[0] or order(version) < order(wanted)):
        message = (
            f"{wanted} is not the version of cluster {cluster}, {version}; another one interrupts both nodes and there "
            "is no way back, so no ordinary run changes it: upgrade the cluster deliberately, set this to what runs, "
            "or leave it out"
        )
        found.append(("estate_database_engine_version", message))
    if running.get("Port") != port:
        message = (
            f"{port} is not the port of cluster {cluster}, {running.get('Port')}, and moving it cuts both nodes off"
        )
        found.append(("estate_database_port", message))
    # A restored cluster does not tell the name.
    if running.get("DatabaseName") not in (None, "", name):
        message = f"{name} is not the database of cluster {cluster}, {running['DatabaseName']}, which cannot change"
        found.append(("estate_database_name", message))
    found += _surplus(running, zones)
    if found:
        raise OfferError(found)


def _surplus(running: Mapping[str, Any], zones: int) -> list[Problem]:
    """The second instance where one zone is wanted. No run deletes it: it may be the writer, or have to take over."""
    cluster = running["DBClusterIdentifier"]
    second = f"{cluster}-2"
    writes = {
        member["DBInstanceIdentifier"]: member["IsClusterWriter"] for member in running.get("DBClusterMembers", [])
    }
    if zones > 1 or second not in writes:
        return []
    handover = (
        f"make {cluster}-1 the writer (aws rds failover-db-cluster --db-cluster-identifier {cluster} "
        f"--target-db-instance-identifier {cluster}-1) and then "
        if writes[second]
        else ""
    )
    message = (
        f"false would leave instance {second} as it is, at its price, since no run deletes one; {handover}delete it "
        f"yourself (aws rds delete-db-instance --db-instance-identifier {second}), or set this back to true"
    )
    return [("estate_database_multi_az", message)]


def check_class(
    instance_class: str,
    version: str,
    options: Iterable[Mapping[str, Any]],
    zones: Iterable[str],
    wants: Mapping[str, bool],
) -> None:
    """See that a class can be ordered for a version in every zone, with what is wanted of it.

    wants has monitoring and insights. Raises OfferError with everything that cannot be had.
    """
    ordered = list(options)
    where = f"Aurora PostgreSQL {version}"
    if not ordered:
        message = f"{instance_class} cannot be ordered for {where} in the region; choose one such as db.r6g.large"
        raise OfferError([("estate_database_instance_class", message)])
    found: list[Problem] = []
    offered_zones = {zone["Name"] for option in ordered for zone in option.get("AvailabilityZones", [])}
    missing = [zone for zone in zones if zone not in offered_zones]
    if missing:
        message = f"{instance_class} cannot be ordered in {', '.join(missing)}; choose another class or other zones"
        found.append(("estate_database_instance_class", message))
    for name, key, variable in (
        ("monitoring", "SupportsEnhancedMonitoring", "estate_database_monitoring_interval"),
        ("insights", "SupportsPerformanceInsights", "estate_database_performance_insights"),
    ):
        if wants.get(name) and not any(option.get(key) for option in ordered):
            found.append((variable, f"{instance_class} has no such thing; turn it off or choose another class"))
    if found:
        raise OfferError(found)
