# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service: the life of an instance of a cluster."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.rds import exceptions, models, responses

from ..aurora import orders, view
from ..aurora.model import AVAILABLE, CREATING, DELETING, FAILING_OVER, REBOOTING, RENAMING, RESETTING
from ..aurora.states import require_state
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

RESOURCE_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
FREE_INSIGHTS_DAYS = 7
NOT_FOR_MEMBERS = "The requested DB Instance will be a member of a DB Cluster. Set {} for the DB Cluster."


@patch
def instance_identity(_settings: Settings) -> None:
    """Give every instance a resource id of its own.

    AWS: DbiResourceId is unique in the region and never changes (API reference, DBInstance). Moto: one for all.
    """
    original = models.DBInstance.__init__

    def initialize(self: models.DBInstance, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.dbi_resource_id = "db-" + "".join(secrets.choice(RESOURCE_ID_LETTERS) for _ in range(26))

    replace(models.DBInstance, "__init__", initialize)


@patch
def member_creation(settings: Settings) -> None:
    """Create an instance of a cluster.

    AWS: without a zone, RDS chooses one of the subnet group's, away from the other instances; a zone without a subnet
    in the group is refused; the cluster must exist and not be going, and a restored one must be available first; the
    instance is "creating" until its server answers, without an endpoint; it has no snapshots of its own (API reference,
    CreateDBInstance, RestoreDBClusterFromSnapshot and DBInstance.Endpoint). Moto: always the region's first zone, at
    once available, and an automated snapshot of each instance.
    """
    original = models.RDSBackend.create_db_instance
    back_up = models.DBInstance.save_automated_backup

    def create_db_instance(self: models.RDSBackend, db_kwargs: dict[str, Any]) -> models.DBInstance:
        cluster = self.clusters.get(db_kwargs.get("db_cluster_identifier") or "")
        if cluster is None:
            return original(self, db_kwargs)
        placed = orders.of_cluster(cluster)
        unready = placed.source.kind != "nothing" and orders.followed(cluster)
        require_state(cluster, AVAILABLE, *() if unready else (CREATING, FAILING_OVER, RESETTING, RENAMING))
        _vpc_id, zones = view.network_of(cluster, self, settings.region)
        zone = db_kwargs.get("availability_zone")
        if zone and zone not in zones:
            raise exceptions.RDSClientError(
                "InvalidVPCNetworkStateFault",
                f"No subnets for the cluster {cluster.db_cluster_identifier} in the availability zone {zone}.",
            )
        if not zone:
            used = [member.availability_zone for member in cluster.members]
            db_kwargs["availability_zone"] = min(sorted(zones), key=used.count)
        if not db_kwargs.get("db_subnet_group_name") and cluster.db_subnet_group_name in self.subnet_groups:
            db_kwargs["db_subnet_group_name"] = cluster.db_subnet_group_name
        instance = original(self, db_kwargs)
        if orders.followed(instance):
            instance.status = CREATING
            # Moto told of it already; the event comes when it is true.
            self.events[:] = [event for event in self.events if event.source_arn != instance.arn]
            orders.announce()
        return instance

    def save_automated_backup(self: models.DBInstance) -> None:
        if self.db_cluster_identifier is None:
            back_up(self)

    endpoint: Any = models.DBInstance.endpoint

    def known_endpoint(self: models.DBInstance) -> dict[str, Any] | None:
        described: dict[str, Any] = endpoint.fget(self)
        return None if self.status == CREATING else described

    replace(models.RDSBackend, "create_db_instance", create_db_instance)
    replace(models.DBInstance, "save_automated_backup", save_automated_backup)
    replace(models.DBInstance, "endpoint", property(known_endpoint))


@patch
def member_deletion(_settings: Settings) -> None:
    """Delete an instance of a cluster.

    AWS: it is "deleting" until it is gone; the data are the cluster's, so it has no final snapshot; if it was the
    writer, a reader is promoted (API reference, DeleteDBInstance; AuroraUserGuide, USER_DeleteCluster). Moto: forgets
    it at once, leaves the cluster without a writer until somebody looks, and takes a snapshot of it.
    """
    original = models.RDSBackend.delete_db_instance

    def delete_db_instance(self: models.RDSBackend, db_instance_identifier: str, **options: Any) -> models.DBInstance:
        instance = self.databases.get(db_instance_identifier)
        if instance is None or instance.db_cluster_identifier is None:
            return original(self, db_instance_identifier, **options)
        if instance.deletion_protection:
            raise exceptions.InvalidParameterCombination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if options.get("final_db_snapshot_identifier"):
            raise exceptions.InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance"
            )
        if not orders.followed(instance):
            orders.forget_instance(instance)
            return original(self, db_instance_identifier, skip_final_snapshot=True)
        if instance.status == DELETING:
            raise exceptions.InvalidDBInstanceStateFault(f"Instance {db_instance_identifier} is already being deleted.")
        instance.status = DELETING
        orders.announce()
        return instance

    replace(models.RDSBackend, "delete_db_instance", delete_db_instance)


@patch
def member_reboot(_settings: Settings) -> None:
    """Reboot an instance of a cluster.

    AWS: it is "rebooting" until it is back, must be available before, and ForceFailover is for Multi-AZ instances
    only, which those of an Aurora cluster are not (API reference, RebootDBInstance; AuroraUserGuide,
    aurora-mysql-survivable-replicas, USER_RebootCluster). Moto: nothing happens.
    """
    original = models.RDSBackend.reboot_db_instance

    def reboot_db_instance(self: responses.RDSResponse) -> ActionResult:
        name = self.params["DBInstanceIdentifier"]
        instance = original(self.backend, name)
        if orders.followed(instance) and instance.db_cluster_identifier is not None:
            if self.params.get("ForceFailover"):
                raise exceptions.InvalidParameterCombination(
                    "Cannot force failover since the DB instance is not configured for Multi-AZ."
                )
            if instance.status != AVAILABLE:
                raise exceptions.InvalidDBInstanceStateFault(f"Instance {name} is not in available state.")
            instance.status = REBOOTING
            orders.of_instance(instance).reboot_due = True
            orders.announce()
        return ActionResult({"DBInstance": instance})

    replace(responses.RDSResponse, "reboot_db_instance", reboot_db_instance)


@patch
def member_modification(_settings: Settings) -> None:
    """Modify an instance of a cluster, unless that is the cluster's affair.

    AWS: a member's master password and security groups are its cluster's (API reference, ModifyDBInstance). Moto: takes
    them and fails, or keeps them beside. Renaming a member is not emulated.
    """
    original = models.RDSBackend.modify_db_instance

    def modify_db_instance(
        self: models.RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]
    ) -> models.DBInstance:
        instance = self.databases.get(db_instance_identifier)
        if instance is None or instance.db_cluster_identifier is None:
            return original(self, db_instance_identifier, db_kwargs)
        if db_kwargs.get("new_db_instance_identifier"):
            raise NotImplementedError
        for key, what in (("master_user_password", "master user password"), ("vpc_security_group_ids", "vpc security")):
            if db_kwargs.get(key):
                raise exceptions.InvalidParameterCombination(NOT_FOR_MEMBERS.format(what))
        if str(db_kwargs.get("db_parameter_group_name") or "").startswith("default."):
            del db_kwargs["db_parameter_group_name"]
            instance.db_parameter_group_name = None
        modified = original(self, db_instance_identifier, db_kwargs)
        orders.announce()
        return modified

    replace(models.RDSBackend, "modify_db_instance", modify_db_instance)


@patch
def instance_parameters(_settings: Settings) -> None:
    """Tell whether an instance's parameters wait for a reboot.

    AWS: ParameterApplyStatus is "in-sync" or "pending-reboot" (AuroraUserGuide,
    USER_WorkingWithParamGroups). Moto: always "in-sync".
    """
    original: Any = models.DBInstance.db_parameter_group_status_list

    def db_parameter_group_status_list(self: models.DBInstance) -> list[dict[str, Any]]:
        pending = orders.of_instance(self).pending_groups
        return [
            {
                "DBParameterGroupName": group.name,
                "ParameterApplyStatus": "pending-reboot" if group.name in pending else "in-sync",
            }
            for group in original.fget(self)
        ]

    replace(models.DBInstance, "db_parameter_group_status_list", property(db_parameter_group_status_list))


@patch
def performance_insights(_settings: Settings) -> None:
    """Keep what is asked of Performance Insights.

    AWS: off unless asked for; kept for 7 days and under the account's key for RDS unless said otherwise, whose ARN is
    told (API reference, DBInstance.PerformanceInsightsEnabled and the fields beside it). Moto: forgets all of it.
    """

    def keep(response: responses.RDSResponse) -> None:
        instance: Any = response.backend.databases[response.params["DBInstanceIdentifier"].lower()]
        wanted = response.params.get("EnablePerformanceInsights")
        if wanted is not None:
            instance.performance_insights_enabled = wanted
        if not instance.performance_insights_enabled:
            instance.performance_insights_kms_key_id = instance.performance_insights_retention_period = None
            return
        key = response.params.get("PerformanceInsightsKMSKeyId") or instance.performance_insights_kms_key_id
        period = response.params.get("PerformanceInsightsRetentionPeriod")
        instance.performance_insights_kms_key_id = key or f"{instance.arn.partition(':db:')[0]}:key/rds".replace(
            ":rds:", ":kms:", 1
        )
        instance.performance_insights_retention_period = (
            period or instance.performance_insights_retention_period or FREE_INSIGHTS_DAYS
        )

    def keeping(original: Any) -> Any:
        def operation(self: responses.RDSResponse) -> ActionResult:
            answer: ActionResult = original(self)
            keep(self)
            return answer

        return operation

    kept: Any = models.DBInstance
    kept.performance_insights_enabled = False
    kept.performance_insights_kms_key_id = None
    kept.performance_insights_retention_period = None
    for name in ("create_db_instance", "modify_db_instance"):
        replace(responses.RDSResponse, name, keeping(getattr(responses.RDSResponse, name)))
