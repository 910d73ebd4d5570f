# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service: snapshots of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.rds import exceptions, models

from ..aurora import orders
from ..aurora.model import AVAILABLE, CREATING, Source
from ..aurora.states import require_available, require_state
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


def place(snapshot: models.DBClusterSnapshot, source: Source) -> orders.SnapshotOrders:
    """Order the data of a snapshot."""
    placed = orders.place_snapshot(snapshot, source)
    if orders.followed(snapshot):
        snapshot.status = CREATING
        snapshot.percent_progress = 0
        orders.announce()
    else:
        placed.done = True
    return placed


@patch
def snapshot_creation(_settings: Settings) -> None:
    """Take a snapshot, which takes time.

    AWS: a snapshot is "creating" until it holds the data; the cluster must be available, or going with a final snapshot
    (API reference, CreateDBClusterSnapshot, DBClusterSnapshot.Status). Moto: available at once.
    """
    original = models.RDSBackend.create_db_cluster_snapshot

    def create_db_cluster_snapshot(
        self: models.RDSBackend,
        db_cluster_identifier: str,
        db_cluster_snapshot_identifier: str,
        snapshot_type: str = "manual",
        tags: list[dict[str, str]] | None = None,
    ) -> models.DBClusterSnapshot:
        cluster = self.clusters.get(db_cluster_identifier)
        automated = snapshot_type == "automated"
        if cluster is not None and not automated and orders.followed(cluster):
            require_state(cluster, AVAILABLE)
        snapshot = original(self, db_cluster_identifier, db_cluster_snapshot_identifier, snapshot_type, tags)
        placed = place(snapshot, Source("cluster", cluster_key=snapshot.cluster.db_cluster_resource_id))
        if automated:
            orders.of_cluster(snapshot.cluster).backup_key = placed.key
        return snapshot

    replace(models.RDSBackend, "create_db_cluster_snapshot", create_db_cluster_snapshot)


@patch
def snapshot_copy(_settings: Settings) -> None:
    """Copy a snapshot that holds its data, which takes time.

    AWS: only an available snapshot can be copied; the copy is "creating" until it holds the data (API reference,
    CopyDBClusterSnapshot: InvalidDBClusterSnapshotStateFault). Moto: copies any, at once.
    """
    original = models.RDSBackend.copy_db_cluster_snapshot

    def copy_db_cluster_snapshot(
        self: models.RDSBackend, source_db_cluster_snapshot_identifier: str, **options: Any
    ) -> models.DBClusterSnapshot:
        source = self.get_db_cluster_snapshot(source_db_cluster_snapshot_identifier)
        require_available(source)
        snapshot = original(self, source_db_cluster_snapshot_identifier, **options)
        place(snapshot, Source("snapshot", snapshot_key=orders.of_snapshot(source).key))
        return snapshot

    replace(models.RDSBackend, "copy_db_cluster_snapshot", copy_db_cluster_snapshot)


@patch
def snapshot_deletion(_settings: Settings) -> None:
    """Delete manual snapshots that hold their data, and no others.

    AWS: InvalidDBClusterSnapshotStateFault for a snapshot that is not available (API reference,
    DeleteDBClusterSnapshot) or that is automated (AuroraUserGuide, USER_DeleteSnapshot). Moto: deletes any.
    """
    original = models.RDSBackend.delete_db_cluster_snapshot

    def delete_db_cluster_snapshot(self: models.RDSBackend, db_snapshot_identifier: str) -> models.DBClusterSnapshot:
        snapshot = self.cluster_snapshots.get(db_snapshot_identifier)
        if snapshot is not None:
            if snapshot.snapshot_type != "manual":
                raise exceptions.InvalidDBClusterSnapshotStateFault("Only manual snapshots may be deleted.")
            require_available(snapshot)
            orders.forget_snapshot(snapshot)
        return original(self, db_snapshot_identifier)

    replace(models.RDSBackend, "delete_db_cluster_snapshot", delete_db_cluster_snapshot)
