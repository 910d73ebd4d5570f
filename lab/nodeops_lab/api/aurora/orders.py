# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for and is not done yet: what RDS keeps to itself and no API call shows.

Kept beside moto's objects, by their resource ids. Hold ``backends.LOCK``, as every request does.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .model import ENGINE, Source

if TYPE_CHECKING:
    from moto.rds.models import DBCluster, DBClusterSnapshot, DBInstance


@dataclass
class ClusterOrders:
    """Orders about one cluster."""

    source: Source = field(default_factory=lambda: Source("nothing"))
    stored: bool = False
    backup_key: str = ""
    failover_target: str | None = None
    password_due: bool = False
    stopped_at: datetime | None = None


@dataclass
class InstanceOrders:
    """Orders about one instance."""

    reboot_due: bool = False
    pending_groups: frozenset[str] = frozenset()
    """The parameter groups of which a change waits for a reboot."""


@dataclass
class SnapshotOrders:
    """Orders about one snapshot."""

    key: str
    source: Source
    done: bool = False


_clusters: dict[str, ClusterOrders] = {}
_instances: dict[str, InstanceOrders] = {}
_snapshots: dict[str, SnapshotOrders] = {}
_wake: list[Callable[[], None]] = []


def follow(wake: Callable[[], None]) -> None:
    """Have the orders carried out by servers from now on: ``wake`` is called with each new order, and must not wait."""
    _wake[:] = [wake]


def unfollow() -> None:
    """Carry every order out at once again."""
    _wake.clear()


def followed(resource: DBCluster | DBInstance | DBClusterSnapshot) -> bool:
    """Return whether servers follow a cluster, instance or snapshot."""
    return bool(_wake) and resource.engine == ENGINE


def announce() -> None:
    """Tell whoever carries the orders out that there is a new one."""
    for wake in _wake:
        wake()


def of_cluster(cluster: DBCluster) -> ClusterOrders:
    """Return the orders about a cluster."""
    return _clusters.setdefault(cluster.db_cluster_resource_id, ClusterOrders())


def of_instance(instance: DBInstance) -> InstanceOrders:
    """Return the orders about an instance."""
    return _instances.setdefault(instance.dbi_resource_id, InstanceOrders())


def of_snapshot(snapshot: DBClusterSnapshot) -> SnapshotOrders:
    """Return the orders about a snapshot.

    Raises:
        KeyError: there are none: it was not made by ``place_snapshot``.
    """
    return _snapshots[snapshot.db_cluster_snapshot_identifier]


def place_snapshot(snapshot: DBClusterSnapshot, source: Source) -> SnapshotOrders:
    """Order a snapshot; its key is one that no other snapshot ever has."""
    placed = SnapshotOrders(f"snapshot-{secrets.token_hex(8)}", source)
    _snapshots[snapshot.db_cluster_snapshot_identifier] = placed
    return placed


def forget_cluster(cluster: DBCluster) -> None:
    """Forget a cluster that is gone."""
    _clusters.pop(cluster.db_cluster_resource_id, None)


def forget_instance(instance: DBInstance) -> None:
    """Forget an instance that is gone."""
    _instances.pop(instance.dbi_resource_id, None)


def forget_snapshot(snapshot: DBClusterSnapshot) -> None:
    """Forget a snapshot that is gone."""
    _snapshots.pop(snapshot.db_cluster_snapshot_identifier, None)
