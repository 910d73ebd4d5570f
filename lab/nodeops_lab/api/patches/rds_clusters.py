# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service: the life of a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.rds import exceptions, models, responses

from .. import database_engines
from ..aurora import orders, view
from ..aurora.model import (
    AVAILABLE,
    CREATING,
    DELETING,
    FAILING_OVER,
    RENAMING,
    RESETTING,
    STARTING,
    STOPPED,
    STOPPING,
)
from ..aurora.states import require_state
from ..backends import ec2
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

RESERVED_USERS = ("admin", "rdsadmin")


def instance_states(cluster: models.DBCluster, state: str) -> None:
    """Set the status of all instances of a cluster that are not being deleted."""
    for member in cluster.members:
        if member.status != DELETING:
            member.status = state


@patch
def cluster_status(_settings: Settings) -> None:
    """Show a cluster's status until something has come to be, not until somebody looked.

    AWS: a cluster is "creating" until it has been created (AuroraUserGuide, Aurora.Status). Moto: until it is described
    for the first time. Where no servers follow the API, moto's way stays.
    """
    original: Any = models.DBCluster.status

    def status(self: models.DBCluster) -> str:
        return self._status if orders.followed(self) else str(original.fget(self))

    replace(models.DBCluster, "status", property(status, original.fset))


@patch
def cluster_creation(settings: Settings) -> None:
    """Create a cluster once, in a network that exists, for a user that may be one.

    AWS: a second cluster of the name is DBClusterAlreadyExistsFault, an unknown subnet group
    DBSubnetGroupNotFoundFault, and no security group means the VPC's default one (API reference, CreateDBCluster);
    "rdsadmin" and "admin" are reserved words of the engine. Moto: replaces the first cluster, takes any subnet group,
    no security group and any user.
    """
    original = models.RDSBackend.create_db_cluster

    def create_db_cluster(self: models.RDSBackend, kwargs: dict[str, Any]) -> models.DBCluster:
        name = kwargs["db_cluster_identifier"]
        if name in self.clusters:
            raise exceptions.RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
        group = kwargs.get("db_subnet_group_name")
        if group and group != "default" and group not in self.subnet_groups:
            raise exceptions.RDSClientError("DBSubnetGroupNotFoundFault", f"DB subnet group '{group}' does not exist.")
        user = str(kwargs.get("master_username") or "")
        if kwargs.get("engine") == database_engines.ENGINE and user.lower() in RESERVED_USERS:
            raise exceptions.InvalidParameterValue(
                f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
            )
        cluster = original(self, kwargs)
        if not cluster.vpc_security_group_ids:
            vpc_id, _zones = view.network_of(cluster, self, settings.region)
            default = ec2(settings.region).get_default_security_group(vpc_id)
            cluster.vpc_security_group_ids = [default.id] if default else []
        orders.announce()
        return cluster

    replace(models.RDSBackend, "create_db_cluster", create_db_cluster)


@patch
def cluster_failover(_settings: Settings) -> None:
    """Fail a cluster over.

    AWS: the cluster is "failing-over" until a reader has been promoted, and only an available cluster can be failed
    over, to an instance of its own (AuroraUserGuide, Aurora.Status; API reference, FailoverDBCluster). Moto: the
    roles have changed when the request returns, and any instance of any cluster may be the target.
    """
    original = models.RDSBackend.failover_db_cluster

    def failover_db_cluster(
        self: models.RDSBackend, db_cluster_identifier: str, target_db_instance_identifier: str | None = None
    ) -> models.DBCluster:
        cluster = self.clusters.get(db_cluster_identifier)
        if cluster is None:
            raise exceptions.DBClusterNotFoundError(db_cluster_identifier)
        if cluster.engine != database_engines.ENGINE:
            return original(self, db_cluster_identifier, target_db_instance_identifier)
        require_state(cluster, AVAILABLE)
        readers = [member for member in cluster.members if not member.is_cluster_writer]
        ready = sorted((one for one in readers if one.status == AVAILABLE), key=lambda one: one.promotion_tier)
        if target_db_instance_identifier:
            wanted = target_db_instance_identifier.lower()
            if wanted not in [one.db_instance_identifier for one in readers]:
                raise exceptions.InvalidDBInstanceStateFault(
                    f"Instance {target_db_instance_identifier} is not a reader of {db_cluster_identifier}."
                )
            ready = [one for one in ready if one.db_instance_identifier == wanted]
        if not ready:
            raise exceptions.InvalidDBClusterStateFault(
                f"Database cluster:{db_cluster_identifier} should have at least two database instances in valid states "
                "or a valid target instance for failover."
            )
        if orders.followed(cluster):
            cluster.status = FAILING_OVER
            orders.of_cluster(cluster).failover_target = ready[0].db_instance_identifier
            orders.announce()
        else:
            cluster.failover(ready[0])
        return cluster

    replace(models.RDSBackend, "failover_db_cluster", failover_db_cluster)


@patch
def cluster_stop_and_start(_settings: Settings) -> None:
    """Stop and start a cluster with its instances.

    AWS: cluster and instances are "stopping" and then "stopped", "starting" and then "available" (AuroraUserGuide,
    aurora-cluster-stop-start and Aurora.Status). Moto: changes the cluster at once and leaves the instances available.
    """

    def move(self: models.RDSBackend, name: str, before: str, during: str, after: str) -> models.DBCluster:
        cluster = self.clusters.get(name)
        if cluster is None:
            raise exceptions.DBClusterNotFoundError(name)
        require_state(cluster, before)
        state = during if orders.followed(cluster) else after
        cluster.status = state
        instance_states(cluster, state)
        orders.announce()
        return cluster

    def stop_db_cluster(self: models.RDSBackend, cluster_identifier: str) -> models.DBCluster:
        return move(self, cluster_identifier, AVAILABLE, STOPPING, STOPPED)

    def start_db_cluster(self: models.RDSBackend, cluster_identifier: str) -> models.DBCluster:
        return move(self, cluster_identifier, STOPPED, STARTING, AVAILABLE)

    replace(models.RDSBackend, "stop_db_cluster", stop_db_cluster)
    replace(models.RDSBackend, "start_db_cluster", start_db_cluster)


@patch
def cluster_modification(_settings: Settings) -> None:
    """Modify a cluster that exists, in its state; rename it with its instances.

    AWS: an unknown cluster is DBClusterNotFoundFault; a new password shows as "resetting-master-credentials" until the
    servers know it; a renamed cluster keeps its instances, and a name that is taken is DBClusterAlreadyExistsFault
    (API reference, ModifyDBCluster). Moto: fails for an unknown cluster, makes a stopped one available, loses the
    instances of a renamed one, and lets it take any name.
    """
    original = models.RDSBackend.modify_db_cluster

    def modify_db_cluster(self: models.RDSBackend, kwargs: dict[str, Any]) -> models.DBCluster:
        name = kwargs["db_cluster_identifier"]
        cluster = self.clusters.get(name)
        if cluster is None:
            raise exceptions.DBClusterNotFoundError(name)
        new_name = kwargs.get("new_db_cluster_identifier")
        if new_name and new_name in self.clusters:
            raise exceptions.RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
        group = kwargs.get("db_cluster_parameter_group_name")
        if group and not group.startswith("default.") and group not in self.db_cluster_parameter_groups:
            raise exceptions.DBClusterParameterGroupNotFoundError(group)
        before, members = cluster._status, cluster.members
        passwords = ("master_user_password", "manage_master_user_password", "rotate_master_user_password")
        new_password = any(kwargs.get(key) is not None for key in passwords)
        if new_password:
            require_state(cluster, AVAILABLE, CREATING, FAILING_OVER)
        original(self, kwargs)
        for member in members:
            member.db_cluster_identifier = cluster.db_cluster_identifier
        cluster.status = before
        if orders.followed(cluster):
            if new_name and before == AVAILABLE:
                cluster.status = RENAMING
            if new_password:
                orders.of_cluster(cluster).password_due = True
                cluster.status = RESETTING if before == AVAILABLE else before
            orders.announce()
        return cluster

    replace(models.RDSBackend, "modify_db_cluster", modify_db_cluster)


@patch
def cluster_deletion(_settings: Settings) -> None:
    """Delete a cluster, with the final snapshot that was asked for.

    AWS: either a final snapshot is named or it is skipped, else InvalidParameterCombination; the cluster is "deleting"
    until it is gone, with its automated backups; its instances may be "deleting" still (API reference,
    DeleteDBCluster). Moto: needs neither, forgets the cluster at once and keeps its automated snapshots.
    """

    def check(self: responses.RDSResponse) -> str | None:
        snapshot = self.params.get("FinalDBSnapshotIdentifier")
        skip = self.params.get("SkipFinalSnapshot") or False
        if self.params.get("DeleteAutomatedBackups") is False:
            raise NotImplementedError
        if not skip and not snapshot:
            raise exceptions.InvalidParameterCombination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        if skip and snapshot:
            raise exceptions.InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is specified."
            )
        return str(snapshot) if snapshot else None

    def delete_db_cluster(self: responses.RDSResponse) -> ActionResult:
        name = self.params["DBClusterIdentifier"]
        snapshot = check(self)
        backend = self.backend
        cluster = backend.clusters.get(name)
        if cluster is None:
            raise exceptions.DBClusterNotFoundError(name)
        if not orders.followed(cluster):
            cluster = backend.delete_db_cluster(cluster_identifier=name, snapshot_name=snapshot)
            _delete_automated(backend, cluster)
            orders.forget_cluster(cluster)
            cluster.status = DELETING
            return ActionResult({"DBCluster": cluster})
        if cluster._status == DELETING:
            raise exceptions.InvalidDBClusterStateFault(f"Cluster {name} is already being deleted.")
        if cluster.deletion_protection:
            raise exceptions.InvalidParameterCombination(
                "Cannot delete protected Cluster, please disable deletion protection and try again."
            )
        if any(member.status != DELETING for member in cluster.members):
            raise exceptions.DBClusterToBeDeletedHasActiveMembers
        if snapshot:
            backend.create_db_cluster_snapshot(name, snapshot)
        if cluster.manage_master_user_password:
            cluster.master_user_secret.delete_secret()
        cluster.status = DELETING
        orders.announce()
        return ActionResult({"DBCluster": cluster})

    replace(responses.RDSResponse, "delete_db_cluster", delete_db_cluster)


def _delete_automated(backend: models.RDSBackend, cluster: models.DBCluster) -> None:
    for snapshot in list(backend.cluster_snapshots.values()):
        same = snapshot.cluster.db_cluster_resource_id == cluster.db_cluster_resource_id
        if same and snapshot.snapshot_type == "automated":
            orders.forget_snapshot(snapshot)
            del backend.cluster_snapshots[snapshot.db_cluster_snapshot_identifier]


@patch
def restorable_time(_settings: Settings) -> None:
    """Tell from when to when a cluster can be restored.

    AWS: EarliestRestorableTime and LatestRestorableTime appear with the first backup, and the latest stands still while
    the cluster is stopped (API reference, DBCluster). Moto: both from the start, the latest always now.
    """

    def latest(self: models.DBCluster) -> datetime | None:
        if not orders.followed(self):
            return utcnow()
        placed = orders.of_cluster(self)
        return (placed.stopped_at or utcnow()) if placed.stored else None

    original = models.DBCluster.__init__

    def initialize(self: models.DBCluster, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        if orders.followed(self):
            self.earliest_restorable_time = None  # type: ignore[assignment]

    replace(models.DBCluster, "latest_restorable_time", property(latest))
    replace(models.DBCluster, "__init__", initialize)


@patch
def cluster_member_parameters(_settings: Settings) -> None:
    """Tell for each member of a cluster whether its parameters wait for a reboot.

    AWS: DBClusterParameterGroupStatus is "in-sync" or "pending-reboot" (AuroraUserGuide,
    USER_WorkingWithDBClusterParamGroups). Moto: always "in-sync".
    """
    original: Any = models.DBCluster.db_cluster_members

    def db_cluster_members(self: models.DBCluster) -> list[dict[str, Any]]:
        described: list[dict[str, Any]] = original.fget(self)
        for entry, member in zip(described, self.members, strict=True):
            if self.parameter_group in orders.of_instance(member).pending_groups:
                entry["DBClusterParameterGroupStatus"] = "pending-reboot"
        return described

    replace(models.DBCluster, "db_cluster_members", property(db_cluster_members))
