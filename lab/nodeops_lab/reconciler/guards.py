# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the security groups' rules loaded in every host and database."""

from __future__ import annotations

import time
from functools import partial

from docker.models.containers import Container

from ..api.aurora.model import Database
from ..engine import enter
from ..files import write_atomically
from ..settings import LabSettings
from .filters import members_of_groups, rules_of_groups, ruleset
from .region import Instance, Region
from .work import Work

RULES_FILE = "security-groups.nft"
RELOADED_SECONDS = 10.0
"""After this time a host's rules are loaded again, in case something inside it flushed its whole rule set."""


class Guards:
    """The rules of all hosts and databases of a lab."""

    def __init__(self, settings: LabSettings, work: Work) -> None:
        self._settings = settings
        self._work = work
        self._loaded: dict[str, tuple[str, str, float]] = {}
        """(container start, rules, time of loading) by the key of the job."""

    def write(
        self, kind: str, name: str, resource: Instance | Database, region: Region, databases: dict[str, str]
    ) -> None:
        """Write a resource's rules into its directory, where it loads them at its start."""
        outbound = rules_of_groups(region.outbound, resource.group_ids) if isinstance(resource, Instance) else None
        rules = ruleset(
            rules_of_groups(region.groups, resource.group_ids),
            outbound,
            members_of_groups(region, databases),
            region.vpcs[resource.vpc_id],
        )
        directory = self._settings.state_directory / kind / name
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(directory / RULES_FILE, rules)

    def load(self, kind: str, name: str, found: Container) -> str:
        """Load the written rules into a running container where that is due; return the job's key."""
        key = f"rules of {name}"
        rules = (self._settings.state_directory / kind / name / RULES_FILE).read_text()
        state = (found.attrs["State"]["StartedAt"], rules)
        loaded = self._loaded.get(key)
        if loaded is None or loaded[:2] != state or time.monotonic() - loaded[2] > RELOADED_SECONDS:
            self._work.submit(key, partial(self._load, key, state, found))
        return key

    def _load(self, key: str, state: tuple[str, str], found: Container) -> None:
        enter(found, ["nft", "-f", f"/lab/{RULES_FILE}"])
        self._loaded[key] = (*state, time.monotonic())
