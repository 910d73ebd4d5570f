# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next for a cluster: pure reasoning, apart from the containers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from ...api.aurora.model import AVAILABLE, DELETING, Cluster, Database

Role = Literal["writer", "reader"]


@dataclass(frozen=True)
class FailOver:
    """Promote this reader."""

    target: Database


@dataclass(frozen=True)
class Serve:
    """Have these instances run with these roles, remove those, and restart others."""

    roles: Mapping[str, Role]
    """By instance id; an instance that is not named stands still."""
    remove: tuple[Database, ...] = ()
    restart: tuple[Database, ...] = ()


def role_of(database: Database) -> Role:
    """Return the role that the API gives an instance."""
    return "writer" if database.is_writer else "reader"


def decide(cluster: Cluster, alive: Mapping[str, Role], failing: Collection[str] = ()) -> FailOver | Serve:
    """Return what to do.

    Args:
        cluster: what is wanted.
        alive: as what each instance whose server runs serves, by instance id.
        failing: ids of instances that do not come back although they were started.
    """
    deleted = tuple(one for one in cluster.databases if one.status == DELETING)
    if cluster.stands:
        return Serve({}, deleted)
    writer = cluster.writer
    target = _target(cluster, alive)
    if target is not None and writer is not None:
        asked = cluster.failover_target is not None
        # A reboot of the writer is none of the failures that Aurora fails over for, if it succeeds.
        failed = alive.get(writer.instance_id) != "writer" and writer.status == AVAILABLE
        failed = failed or writer.instance_id in failing
        if asked or failed or writer.status == DELETING:
            return FailOver(target)
    wanted = {one.instance_id: role_of(one) for one in cluster.databases if one.status != DELETING}
    restart = tuple(
        one
        for one in cluster.databases
        if one.status != DELETING
        and one.instance_id in alive
        and (one.reboot_due or alive[one.instance_id] != wanted[one.instance_id])
    )
    return Serve(wanted, deleted, restart)


def _target(cluster: Cluster, alive: Mapping[str, Role]) -> Database | None:
    """Return the reader to promote: the one asked for, else that of the lowest tier (AuroraUserGuide, Aurora.Managing
    .FaultTolerance), that runs and has been available."""
    readers = [
        one
        for one in cluster.databases
        if not one.is_writer and one.status == AVAILABLE and alive.get(one.instance_id) == "reader"
    ]
    asked = [one for one in readers if one.instance_id == cluster.failover_target]
    return min(asked or readers, key=lambda one: (one.promotion_tier, one.instance_id), default=None)


def is_settled(cluster: Cluster, keys: Collection[str]) -> bool:
    """Return whether nothing is under way; ``keys`` are those of the snapshots that are still to be made."""
    quiet = (AVAILABLE, "stopped")
    return cluster.status in quiet and not keys and all(one.status in quiet for one in cluster.databases)
