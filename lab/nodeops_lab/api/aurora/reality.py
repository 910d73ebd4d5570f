# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has come to be of the orders: whoever runs the servers tells it here, and the API shows it from then on.

All functions ignore what the API no longer knows: it may have been deleted meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from ..backends import LOCK, rds
from . import orders
from .events import record
from .model import (
    AVAILABLE,
    CREATING,
    DELETING,
    FAILING_OVER,
    REBOOTING,
    RENAMING,
    RESETTING,
    STARTING,
    STOPPED,
    STOPPING,
)

if TYPE_CHECKING:
    from moto.rds.models import DBCluster, DBClusterSnapshot, DBInstance


def _cluster(key: str, region: str) -> DBCluster | None:
    return next((one for one in rds(region).clusters.values() if one.db_cluster_resource_id == key), None)


def _instance(key: str, region: str) -> DBInstance | None:
    return next((one for one in rds(region).databases.values() if one.dbi_resource_id == key), None)


def _snapshot(key: str, region: str) -> DBClusterSnapshot | None:
    for snapshot in rds(region).cluster_snapshots.values():
        try:
            if orders.of_snapshot(snapshot).key == key:
                return snapshot
        except KeyError:
            continue
    return None


def storage_made(key: str, region: str) -> None:
    """A cluster's storage has been made, with its first backup: from now on any time can be restored."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None:
            return
        placed = orders.of_cluster(cluster)
        placed.stored = True
        cluster.earliest_restorable_time = utcnow()
        snapshot_made(placed.backup_key, region)


def cluster_available(key: str, region: str) -> None:
    """A cluster can be worked with: its storage has been made, it has started, or its change is done."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None or cluster._status not in (CREATING, STARTING, FAILING_OVER, RESETTING, RENAMING):
            return
        if cluster._status == CREATING:
            record(cluster, "creation", "DB cluster created.")
        if cluster._status == STARTING:
            orders.of_cluster(cluster).stopped_at = None
        cluster.status = AVAILABLE


def cluster_stopped(key: str, region: str) -> None:
    """All of a cluster's servers stand still."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None or cluster._status != STOPPING:
            return
        cluster.status = STOPPED
        orders.of_cluster(cluster).stopped_at = utcnow()
        for member in cluster.members:
            member.status = STOPPED


def cluster_gone(key: str, region: str) -> None:
    """A deleted cluster's servers are gone, and its final snapshot, if any, has been made."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None or cluster._status != DELETING:
            return
        backend = rds(region)
        for snapshot in list(backend.cluster_snapshots.values()):
            # A manual snapshot stays; the automated ones go with the cluster.
            if snapshot.snapshot_type == "automated" and snapshot.cluster.db_cluster_resource_id == key:
                orders.forget_snapshot(snapshot)
                del backend.cluster_snapshots[snapshot.db_cluster_snapshot_identifier]
        record(cluster, "deletion", "DB cluster deleted.")
        orders.forget_cluster(cluster)
        del backend.clusters[cluster.db_cluster_identifier]


def instance_available(key: str, region: str) -> None:
    """An instance's server answers in its role."""
    with LOCK:
        instance = _instance(key, region)
        if instance is None or instance.status in (AVAILABLE, DELETING, STOPPING, STOPPED):
            return
        if instance.status == CREATING:
            record(instance, "creation", "DB instance created.")
        elif instance.status == REBOOTING:
            record(instance, "availability", "DB instance restarted.")
        instance.status = AVAILABLE


def instance_restarts(key: str, region: str) -> None:
    """An instance's server has ended, or is being ended, and comes back."""
    with LOCK:
        instance = _instance(key, region)
        if instance is None:
            return
        orders.of_instance(instance).reboot_due = False
        if instance.status in (AVAILABLE, REBOOTING):
            record(instance, "availability", "DB instance shutdown.")
            instance.status = REBOOTING


def instance_gone(key: str, region: str) -> None:
    """A deleted instance's server is gone."""
    with LOCK:
        instance = _instance(key, region)
        if instance is None or instance.status != DELETING:
            return
        record(instance, "deletion", "DB instance deleted.")
        orders.forget_instance(instance)
        del rds(region).databases[instance.db_instance_identifier]


def parameters_wait(key: str, groups: frozenset[str], region: str) -> None:
    """Changes of these parameter groups wait for an instance's reboot."""
    with LOCK:
        instance = _instance(key, region)
        if instance is not None:
            orders.of_instance(instance).pending_groups = groups


def failover_begins(key: str, target_key: str, region: str) -> None:
    """A failover to a reader has begun, whether somebody asked for it or the writer failed."""
    with LOCK:
        cluster, target = _cluster(key, region), _instance(target_key, region)
        if cluster is None or target is None:
            return
        if cluster._status != DELETING:
            cluster.status = FAILING_OVER
        writer = cluster.writer
        across = writer is not None and writer.availability_zone != target.availability_zone
        zones = "cross" if across else "same"
        record(cluster, "failover", f"Started {zones} AZ failover to DB instance: {target.db_instance_identifier}.")


def failover_done(key: str, target_key: str, region: str) -> None:
    """A reader has been promoted."""
    with LOCK:
        cluster, target = _cluster(key, region), _instance(target_key, region)
        if cluster is None or target is None:
            return
        for member in cluster._members:
            member.is_cluster_writer = member is target
        orders.of_cluster(cluster).failover_target = None
        record(cluster, "failover", f"Completed failover to DB instance: {target.db_instance_identifier}.")
        cluster_available(key, region)


def failover_failed(key: str, region: str) -> None:
    """No reader could be promoted; the writer stays the writer."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None:
            return
        orders.of_cluster(cluster).failover_target = None
        record(
            cluster,
            "failover",
            "Cluster failover failed, check the health of your cluster instances and try again.",
        )
        cluster_available(key, region)


def password_set(key: str, region: str) -> None:
    """The servers know the master user's new password."""
    with LOCK:
        cluster = _cluster(key, region)
        if cluster is None:
            return
        orders.of_cluster(cluster).password_due = False
        record(cluster, "configuration change", "Reset master credentials.")
        if cluster._status == RESETTING:
            cluster_available(key, region)


def snapshot_made(key: str, region: str) -> None:
    """A snapshot holds its data."""
    with LOCK:
        snapshot = _snapshot(key, region)
        if snapshot is None:
            return
        orders.of_snapshot(snapshot).done = True
        snapshot.status = AVAILABLE
        snapshot.percent_progress = 100
        kind = "Automated" if snapshot.snapshot_type == "automated" else "Manual"
        record(snapshot, "backup", f"{kind} cluster snapshot created.")
