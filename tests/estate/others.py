# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others in the account do to an estate's resources without meaning any harm."""

from __future__ import annotations

from typing import Any

from readers import READERS, TAG, Look
from region import Region

THEIRS = "owner"
"""The key of a tag that is not the estate's."""

TAGGED = (
    "alarm",
    "backup_plan",
    "backup_vault",
    "database_cluster",
    "database_cluster_parameter_group",
    "database_instance",
    "database_parameter_group",
    "database_subnet_group",
    "group",
    "instance_profile",
    "internet_gateway",
    "key",
    "key_pair",
    "log_group",
    "nat_gateway",
    "role",
    "route_table",
    "secret",
    "security_group",
    "subnet",
    "topic",
    "vpc",
    "vpc_endpoint",
)
"""The kinds that `tag_everything` tags. It tags launch templates too, but the region does not show that."""


def tag_everything(region: Region, estate: str) -> None:
    """Write a tag on whatever an estate has, as accounts do by themselves that note who made something."""
    look = Look(region, estate)
    names = {kind: list(READERS[kind](look)) for kind in TAGGED}
    pair = {"Key": THEIRS, "Value": "platform"}

    ec2 = region.client("ec2")
    found = ec2.describe_tags(Filters=[{"Name": "key", "Values": [TAG]}, {"Name": "value", "Values": [estate]}])["Tags"]
    ec2.create_tags(Resources=sorted({tag["ResourceId"] for tag in found}), Tags=[pair])

    iam = region.client("iam")
    for name in names["role"]:
        iam.tag_role(RoleName=name, Tags=[pair])
    for name in names["instance_profile"]:
        iam.tag_instance_profile(InstanceProfileName=name, Tags=[pair])

    kms = region.client("kms")
    key = kms.describe_key(KeyId=f"alias/{estate}")["KeyMetadata"]["KeyId"]
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": THEIRS, "TagValue": "platform"}])

    for name in names["secret"]:
        region.client("secretsmanager").tag_resource(SecretId=name, Tags=[pair])
    region.client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId=f"/nodeops/{estate}/record", Tags=[pair]
    )
    for name in names["group"]:
        tag = {"ResourceType": "auto-scaling-group", "ResourceId": name, "PropagateAtLaunch": False, **pair}
        region.client("autoscaling").create_or_update_tags(Tags=[tag])
    for name in names["log_group"]:
        region.client("logs").tag_log_group(logGroupName=name, tags={THEIRS: "platform"})
    for item in look.all("sns", "list_topics", "Topics"):
        if item["TopicArn"].rpartition(":")[2] in names["topic"]:
            region.client("sns").tag_resource(ResourceArn=item["TopicArn"], Tags=[pair])
    for item in look.all("cloudwatch", "describe_alarms", "MetricAlarms"):
        if item["AlarmName"] in names["alarm"]:
            region.client("cloudwatch").tag_resource(ResourceARN=item["AlarmArn"], Tags=[pair])
    for operation, member, name, arn in (
        ("list_backup_plans", "BackupPlansList", "BackupPlanName", "BackupPlanArn"),
        ("list_backup_vaults", "BackupVaultList", "BackupVaultName", "BackupVaultArn"),
    ):
        for item in look.all("backup", operation, member):
            if look.owned(item[name], {}):
                region.client("backup").tag_resource(ResourceArn=item[arn], Tags={THEIRS: "platform"})
    for database in _databases(look):
        region.client("rds").add_tags_to_resource(ResourceName=database, Tags=[pair])


def _databases(look: Look) -> list[str]:
    """Return the ARNs of what RDS has of an estate."""
    listed: list[tuple[str, str, str]] = [
        ("describe_db_clusters", "DBClusters", "DBCluster"),
        ("describe_db_instances", "DBInstances", "DBInstance"),
        ("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroup"),
        ("describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroup"),
        ("describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroup"),
    ]
    found: list[str] = []
    for operation, member, prefix in listed:
        for item in look.all("rds", operation, member):
            described: dict[str, Any] = item
            name = described.get(f"{prefix}Identifier") or described[f"{prefix}Name"]
            if look.owned(name, {}):
                found.append(described[f"{prefix}Arn"])
    return found
