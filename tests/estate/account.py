# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in an account and a region, by id, whoever made it: to compare before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from region import Region

Account = dict[str, list[str]]


@dataclass(frozen=True)
class Listing:
    """A list operation: where its items lie, what names one, and which of them count."""

    service: str
    operation: str
    items: str
    identity: str
    arguments: dict[str, Any] | None = None
    counts: Callable[[dict[str, Any]], bool] = lambda _item: True


def in_state(*wanted: str) -> Callable[[dict[str, Any]], bool]:
    """Count items whose state is one of these."""
    return lambda item: str(item["State"]).lower() in wanted


LISTINGS = [
    Listing("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    Listing("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    Listing("autoscaling", "describe_launch_configurations", "LaunchConfigurations", "LaunchConfigurationName"),
    Listing("backup", "list_backup_plans", "BackupPlansList", "BackupPlanId"),
    Listing("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    Listing("cloudformation", "describe_stacks", "Stacks", "StackName"),
    Listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Listing("devops-guru", "list_notification_channels", "Channels", "Id"),
    Listing("dlm", "get_lifecycle_policies", "Policies", "PolicyId"),
    Listing("ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("ec2", "describe_images", "Images", "ImageId", {"Owners": ["self"]}),
    Listing("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("ec2", "describe_key_pairs", "KeyPairs", "KeyName"),
    Listing("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    Listing("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", None, in_state("pending", "available")),
    Listing("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    Listing("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    Listing("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Listing("ec2", "describe_snapshots", "Snapshots", "SnapshotId", {"OwnerIds": ["self"]}),
    Listing("ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("ec2", "describe_volumes", "Volumes", "VolumeId"),
    Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", None, in_state("pending", "available")),
    Listing("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Listing("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    Listing("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    Listing("events", "list_rules", "Rules", "Name"),
    Listing("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    Listing("iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    # Roles of services are the account's, made with its first group and database.
    Listing(
        "iam", "list_roles", "Roles", "RoleName", None, lambda role: not role["Path"].startswith("/aws-service-role/")
    ),
    Listing("iam", "list_users", "Users", "UserName"),
    Listing("kms", "list_aliases", "Aliases", "AliasName"),
    Listing("kms", "list_keys", "Keys", "KeyId"),
    Listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName"),
    Listing("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    Listing("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    Listing("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    Listing("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Listing("rds", "describe_event_subscriptions", "EventSubscriptionsList", "CustSubscriptionId"),
    Listing("route53", "list_hosted_zones", "HostedZones", "Name"),
    Listing("secretsmanager", "list_secrets", "SecretList", "Name"),
    Listing("sns", "list_topics", "Topics", "TopicArn"),
    Listing("ssm", "describe_parameters", "Parameters", "Name"),
]


def everything(region: Region) -> Account:
    """What stands, by operation; a secret whose deletion is scheduled does not, a key does."""
    found: Account = {}
    for listing in LISTINGS:
        client = region.client(listing.service)
        arguments = listing.arguments or {}
        if client.can_paginate(listing.operation):
            pages = list(client.get_paginator(listing.operation).paginate(**arguments))
        else:
            pages = [getattr(client, listing.operation)(**arguments)]
        items = [item for page in pages for item in page[listing.items]]
        found[listing.operation] = sorted(str(item[listing.identity]) for item in items if listing.counts(item))
    instances = region.client("ec2").get_paginator("describe_instances").paginate()
    found["describe_instances"] = sorted(
        instance["InstanceId"]
        for page in instances
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    )
    # What stands inside of something that may be somebody else's: a removal must take its own and nothing beside it.
    ec2, zones = region.client("ec2"), region.client("route53")
    found["routes"] = sorted(
        f"{table['RouteTableId']} {sorted((key, value) for key, value in route.items() if key != 'State')}"
        for table in ec2.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
    )
    found["rules"] = sorted(
        rule["SecurityGroupRuleId"] for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
    )
    found["records"] = sorted(
        f"{record['Type']} {record['Name']}"
        for zone in zones.list_hosted_zones()["HostedZones"]
        for record in zones.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    )
    found["watched"] = watched(region)
    return found


def watched(region: Region) -> list[str]:
    """Return the tags' values by which DevOps Guru finds what it watches."""
    guru = region.client("devops-guru")
    try:
        answer = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")
    except guru.exceptions.ResourceNotFoundException:
        return []
    return sorted(value for tag in answer["ResourceCollection"]["Tags"] for value in tag["TagValues"])


def difference(before: Account, after: Account) -> tuple[Account, Account]:
    """What came and what went, of the kinds of which anything did."""
    came = {kind: sorted(set(after[kind]) - set(before[kind])) for kind in after}
    went = {kind: sorted(set(before[kind]) - set(after[kind])) for kind in before}
    return {kind: ids for kind, ids in came.items() if ids}, {kind: ids for kind, ids in went.items() if ids}
