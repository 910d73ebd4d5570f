# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS and Aurora.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon RDS"; RDS user guide,
"Service-linked role permissions for Amazon RDS", "Authorizing use of a customer managed key", "Creating an IAM role
for Enhanced Monitoring".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..checks import Check, Values, resources, service, values
from ..request import Call
from . import kms
from .passing import pass_role, service_linked_role

_CLUSTER = "cluster:{DBClusterIdentifier}"
_INSTANCE = "db:{DBInstanceIdentifier}"
_CLUSTER_SNAPSHOT = "cluster-snapshot:{DBClusterSnapshotIdentifier}"
_SNAPSHOT = "snapshot:{DBSnapshotIdentifier}"
_CLUSTER_PARAMETERS = "cluster-pg:{DBClusterParameterGroupName}"
_PARAMETERS = "pg:{DBParameterGroupName}"
_SUBNETS = "subgrp:{DBSubnetGroupName}"
TABLE: Mapping[str, list[str]] = {
    "AddRoleToDBCluster": [_CLUSTER],
    "AddSourceIdentifierToSubscription": ["es:{SubscriptionName}"],
    "AddTagsToResource": ["{ResourceName}"],
    "ApplyPendingMaintenanceAction": ["{ResourceIdentifier}"],
    "CopyDBClusterSnapshot": [
        "cluster-snapshot:{SourceDBClusterSnapshotIdentifier}",
        "cluster-snapshot:{TargetDBClusterSnapshotIdentifier}",
    ],
    "CopyDBSnapshot": ["snapshot:{SourceDBSnapshotIdentifier}", "snapshot:{TargetDBSnapshotIdentifier}"],
    "CreateDBCluster": [_CLUSTER, f"{_CLUSTER_PARAMETERS}?", f"{_SUBNETS}?"],
    "CreateDBClusterEndpoint": [_CLUSTER, "cluster-endpoint:{DBClusterEndpointIdentifier}"],
    "CreateDBClusterParameterGroup": [_CLUSTER_PARAMETERS],
    "CreateDBClusterSnapshot": [_CLUSTER, _CLUSTER_SNAPSHOT],
    "CreateDBInstance": [_INSTANCE, f"{_CLUSTER}?", f"{_PARAMETERS}?", f"{_SUBNETS}?"],
    "CreateDBInstanceReadReplica": [_INSTANCE, "db:{SourceDBInstanceIdentifier}"],
    "CreateDBParameterGroup": [_PARAMETERS],
    "CreateDBSnapshot": [_INSTANCE, _SNAPSHOT],
    "CreateDBSubnetGroup": [_SUBNETS],
    "CreateEventSubscription": ["es:{SubscriptionName}"],
    "DeleteDBCluster": [_CLUSTER, "cluster-snapshot:{FinalDBSnapshotIdentifier}?"],
    "DeleteDBClusterEndpoint": ["cluster-endpoint:{DBClusterEndpointIdentifier}"],
    "DeleteDBClusterParameterGroup": [_CLUSTER_PARAMETERS],
    "DeleteDBClusterSnapshot": [_CLUSTER_SNAPSHOT],
    "DeleteDBInstance": [_INSTANCE],
    "DeleteDBParameterGroup": [_PARAMETERS],
    "DeleteDBSnapshot": [_SNAPSHOT],
    "DeleteDBSubnetGroup": [_SUBNETS],
    "DeleteEventSubscription": ["es:{SubscriptionName}"],
    "DescribeDBClusterEndpoints": [_CLUSTER],
    "DescribeDBClusterParameterGroups": [_CLUSTER_PARAMETERS],
    "DescribeDBClusterParameters": [_CLUSTER_PARAMETERS],
    "DescribeDBClusterSnapshotAttributes": [_CLUSTER_SNAPSHOT],
    "DescribeDBClusterSnapshots": [_CLUSTER_SNAPSHOT, f"{_CLUSTER}?"],
    "DescribeDBClusters": [_CLUSTER],
    "DescribeDBInstances": [_INSTANCE],
    "DescribeDBLogFiles": [_INSTANCE],
    "DescribeDBParameterGroups": [_PARAMETERS],
    "DescribeDBParameters": [_PARAMETERS],
    "DescribeDBSnapshotAttributes": [_SNAPSHOT],
    "DescribeDBSnapshots": [_SNAPSHOT, f"{_INSTANCE}?"],
    "DescribeDBSubnetGroups": [_SUBNETS],
    "DescribeEventSubscriptions": ["es:{SubscriptionName}"],
    "DescribePendingMaintenanceActions": ["{ResourceIdentifier}"],
    "DescribeValidDBInstanceModifications": [_INSTANCE],
    "DownloadDBLogFilePortion": [_INSTANCE],
    "FailoverDBCluster": [_CLUSTER],
    "ListTagsForResource": ["{ResourceName}"],
    "ModifyDBCluster": [_CLUSTER, f"{_CLUSTER_PARAMETERS}?"],
    "ModifyDBClusterEndpoint": ["cluster-endpoint:{DBClusterEndpointIdentifier}"],
    "ModifyDBClusterParameterGroup": [_CLUSTER_PARAMETERS],
    "ModifyDBClusterSnapshotAttribute": [_CLUSTER_SNAPSHOT],
    "ModifyDBInstance": [_INSTANCE, f"{_PARAMETERS}?", f"{_SUBNETS}?"],
    "ModifyDBParameterGroup": [_PARAMETERS],
    "ModifyDBSnapshot": [_SNAPSHOT],
    "ModifyDBSnapshotAttribute": [_SNAPSHOT],
    "ModifyDBSubnetGroup": [_SUBNETS],
    "ModifyEventSubscription": ["es:{SubscriptionName}"],
    "RebootDBCluster": [_CLUSTER],
    "RebootDBInstance": [_INSTANCE],
    "RemoveSourceIdentifierFromSubscription": ["es:{SubscriptionName}"],
    "RemoveTagsFromResource": ["{ResourceName}"],
    "ResetDBClusterParameterGroup": [_CLUSTER_PARAMETERS],
    "ResetDBParameterGroup": [_PARAMETERS],
    "RestoreDBClusterFromSnapshot": [
        _CLUSTER,
        "cluster-snapshot:{SnapshotIdentifier}",
        f"{_CLUSTER_PARAMETERS}?",
        f"{_SUBNETS}?",
    ],
    "RestoreDBClusterToPointInTime": [
        _CLUSTER,
        "cluster:{SourceDBClusterIdentifier}",
        f"{_CLUSTER_PARAMETERS}?",
        f"{_SUBNETS}?",
    ],
    "RestoreDBInstanceFromDBSnapshot": [_INSTANCE, _SNAPSHOT, f"{_SUBNETS}?"],
    "RestoreDBInstanceToPointInTime": [
        "db:{TargetDBInstanceIdentifier}",
        "db:{SourceDBInstanceIdentifier}?",
        f"{_SUBNETS}?",
    ],
    "StartActivityStream": ["{ResourceArn}"],
    "StartDBCluster": [_CLUSTER],
    "StartDBInstance": [_INSTANCE],
    "StopActivityStream": ["{ResourceArn}"],
    "StopDBCluster": [_CLUSTER],
    "StopDBInstance": [_INSTANCE],
}
KEY_USERS = frozenset(
    {
        "CopyDBClusterSnapshot",
        "CopyDBSnapshot",
        "CreateDBCluster",
        "CreateDBInstance",
        "RestoreDBClusterFromSnapshot",
        "RestoreDBClusterToPointInTime",
    }
)
TAGGED_AT_CREATION = ("Create", "Copy", "Restore")
KEY_REFUSED = "KMSKeyNotAccessibleFault"


@service("rds")
def rds(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of RDS."""
    given = call.parameters
    context: dict[str, Values] = values(
        {
            "rds:DatabaseEngine": given.get("Engine"),
            "rds:DatabaseClass": given.get("DBInstanceClass"),
            "rds:DatabaseName": given.get("DatabaseName") or given.get("DBName"),
            "rds:StorageEncrypted": _text(given.get("StorageEncrypted")),
            "rds:ManageMasterUserPassword": _text(given.get("ManageMasterUserPassword")),
        }
    )
    found = [_lower(arn) for arn in resources(call, TABLE)]
    for arn in found:
        yield Check(call.action, arn, context)
    if call.operation.startswith(TAGGED_AT_CREATION) and call.request_tags:
        yield Check("rds:AddTagsToResource", found[0])
    if call.operation in ("CreateDBCluster", "CreateDBInstance"):
        yield from service_linked_role("rds.amazonaws.com", "AWSServiceRoleForRDS")
    yield from pass_role(given.get("MonitoringRoleArn"), "monitoring.rds.amazonaws.com")
    if call.operation in ("AddRoleToDBCluster", "AddRoleToDBInstance"):
        yield from pass_role(given.get("RoleArn"), "rds.amazonaws.com")
    key = given.get("KmsKeyId")
    if call.operation in KEY_USERS and kms.is_customers(key):
        message = (
            f"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it."
        )
        yield from kms.use_for(["CreateGrant", "DescribeKey"], str(key), call.region, "rds", None, message, KEY_REFUSED)


def _lower(arn: str) -> str:
    """RDS keeps its identifiers in lower case."""
    parts = arn.split(":", 6)
    return ":".join([*parts[:-1], parts[-1].lower()])


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower()
