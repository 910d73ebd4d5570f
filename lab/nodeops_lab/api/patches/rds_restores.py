# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service: clusters made from snapshots and from other clusters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.rds import exceptions, models

from ..aurora import orders
from ..aurora.model import Source
from ..aurora.states import require_available
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

INHERITED = (
    "engine",
    "engine_version",
    "master_username",
    "database_name",
    "port",
    "storage_encrypted",
    "kms_key_id",
    "backup_retention_period",
    "allocated_storage",
    "copy_tags_to_snapshot",
)


def make(
    backend: models.RDSBackend, original: models.DBCluster, requested: dict[str, Any], source: Source
) -> models.DBCluster:
    """Create a cluster from another's data.

    Users and passwords are the data's. Of the settings, only those that belong to the data are inherited: parameter
    group, security groups and deletion protection are the defaults unless given (API reference,
    RestoreDBClusterFromSnapshot and RestoreDBClusterToPointInTime).
    """
    settings = {name: getattr(original, name) for name in INHERITED}
    if original.manage_master_user_password:
        settings["manage_master_user_password"] = True
    else:
        settings["master_user_password"] = original._master_user_password
    settings |= {name: value for name, value in requested.items() if value is not None}
    cluster = backend.create_db_cluster(settings)
    placed = orders.of_cluster(cluster)
    placed.source = source
    return cluster


@patch
def restore_from_snapshot(_settings: Settings) -> None:
    """Restore a cluster from a snapshot that holds its data.

    AWS: InvalidDBClusterSnapshotStateFault for one that does not yet; parameter group, security groups, subnet group
    and deletion protection are not the old cluster's but the defaults, unless given (API reference,
    RestoreDBClusterFromSnapshot). Moto: takes any snapshot, and the old cluster's settings.
    """

    def restore_db_cluster_from_snapshot(
        self: models.RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]
    ) -> models.DBCluster:
        snapshot = self.get_db_cluster_snapshot(from_snapshot_id)
        require_available(snapshot)
        requested = {name: value for name, value in overrides.items() if name != "snapshot_identifier"}
        requested.pop("database_name", None)
        source = Source("snapshot", snapshot_key=orders.of_snapshot(snapshot).key)
        return make(self, snapshot.cluster, requested, source)

    replace(models.RDSBackend, "restore_db_cluster_from_snapshot", restore_db_cluster_from_snapshot)


@patch
def restore_to_time(_settings: Settings) -> None:
    """Restore a cluster to a time that can be restored, or clone it.

    AWS: exactly one of RestoreToTime and UseLatestRestorableTime; a time must lie within what can be restored; a clone
    (copy-on-write) is of now; security groups and parameter group are the defaults unless given, the rest is the
    source's (API reference, RestoreDBClusterToPointInTime). Moto: any time, or none; and copies all settings.
    """

    def restore_db_cluster_to_point_in_time(
        self: models.RDSBackend,
        db_cluster_identifier: str,
        source_db_cluster_identifier: str,
        restore_type: str | None = None,
        restore_to_time: datetime | None = None,
        use_latest_restorable_time: bool | None = None,
        **overrides: Any,
    ) -> models.DBCluster:
        original = self.describe_db_clusters(db_cluster_identifier=source_db_cluster_identifier)[0]
        clone = restore_type == "copy-on-write"
        if restore_type not in (None, "full-copy", "copy-on-write"):
            raise exceptions.InvalidParameterValue(f"Invalid RestoreType: {restore_type}")
        if restore_to_time is not None and use_latest_restorable_time:
            raise exceptions.InvalidParameterCombination(
                "Cannot specify both RestoreToTime and UseLatestRestorableTime"
            )
        if restore_to_time is not None and clone:
            raise exceptions.InvalidParameterCombination(
                "RestoreToTime cannot be specified when RestoreType is copy-on-write"
            )
        if restore_to_time is None and not use_latest_restorable_time:
            raise exceptions.InvalidParameterCombination(
                "Either RestoreToTime or UseLatestRestorableTime must be specified"
            )
        time = _utc(restore_to_time)
        earliest, latest = original.earliest_restorable_time, original.latest_restorable_time
        if earliest is None or latest is None:
            raise exceptions.InvalidDBClusterStateFault(
                f"DbCluster {source_db_cluster_identifier} has no backup to restore from yet."
            )
        if time is not None and not earliest <= time <= latest:
            raise exceptions.InvalidParameterValue(
                f"The specified restore time {time.isoformat()}Z is not between the earliest restorable time "
                f"{earliest.isoformat()}Z and the latest restorable time {latest.isoformat()}Z."
            )
        placed = orders.of_cluster(original)
        key = original.db_cluster_resource_id
        source = Source("cluster", cluster_key=key)
        if not clone:
            source = Source("time", snapshot_key=placed.backup_key, cluster_key=key, time=time)
        requested = {
            "db_cluster_identifier": db_cluster_identifier,
            "db_subnet_group_name": original.db_subnet_group_name,
            **overrides,
        }
        requested.pop("source_db_cluster_resource_id", None)
        return make(self, original, requested, source)

    replace(models.RDSBackend, "restore_db_cluster_to_point_in_time", restore_db_cluster_to_point_in_time)


def _utc(time: datetime | None) -> datetime | None:
    """Return a time in UTC, without zone as moto's are."""
    return time if time is None or time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
