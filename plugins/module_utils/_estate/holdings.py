# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks AWS what stands of an estate, whether or not its creation or its removal was interrupted.

By the tag nodeops:estate where a service can search by tags, by name where it cannot. Errors of boto3 are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._aws.errors import error_code
from . import service_holdings
from .destroy import Cluster, Found, Group, Key, Secret, Snapshot, is_of

_TAG = "nodeops:estate"
_LIVING = ["pending", "running", "stopping", "stopped"]
_LEAVING = ("deleted", "deleting", "failed")
_HOST_ROLES = ("bastion", "node")
_SERVICE_ROLES = (
    "flow-logs",
    "backup",
    "snapshots",
    "database-monitoring",
    "stack-set-administration",
    "stack-set-execution",
)
#: What of EC2 bears the tag: the operation that lists it, the key of its items, of an item's id and of the filters.
#: Not by one list of tags, which also has those of what is gone. Instances are looked at apart; volumes and interfaces
#: go with them.
_KINDS: dict[str, tuple[str, str, str, str, dict[str, Any]]] = {
    "address": ("describe_addresses", "Addresses", "AllocationId", "Filters", {}),
    "endpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "Filters", {}),
    "flow log": ("describe_flow_logs", "FlowLogs", "FlowLogId", "Filter", {}),
    "image": ("describe_images", "Images", "ImageId", "Filters", {"Owners": ["self"]}),
    "internet gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId", "Filters", {}),
    "key pair": ("describe_key_pairs", "KeyPairs", "KeyName", "Filters", {}),
    "launch template": ("describe_launch_templates", "LaunchTemplates", "LaunchTemplateName", "Filters", {}),
    "NAT gateway": ("describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter", {}),
    "route table": ("describe_route_tables", "RouteTables", "RouteTableId", "Filters", {}),
    "security group": ("describe_security_groups", "SecurityGroups", "GroupId", "Filters", {}),
    "subnet": ("describe_subnets", "Subnets", "SubnetId", "Filters", {}),
    "vpc": ("describe_vpcs", "Vpcs", "VpcId", "Filters", {}),
}


def look(client: Callable[[str], Any], estate: str, region: str) -> Found:
    """Everything of an estate. client makes the boto3 client of a service in that region."""
    ec2, rds, iam = client("ec2"), client("rds"), client("iam")
    tagged = _tagged(ec2, estate)
    instances = _instances(ec2, [{"Name": f"tag:{_TAG}", "Values": [estate]}])
    tagged["instance"] = instances
    return Found(
        estate=estate,
        clusters=_clusters(rds, estate),
        snapshots=_snapshots(rds, estate),
        secrets=_secrets(client("secretsmanager"), estate),
        key=_key(client("kms"), estate),
        log_groups=_log_groups(client("logs"), estate),
        images=sorted(tagged.get("image", [])),
        protected=[instance for instance in instances if _is_protected(ec2, instance)],
        strangers=_strangers(ec2, tagged.get("vpc", []), instances),
        groups=_groups(client("autoscaling"), estate),
        roles=_roles(iam, estate, region),
        parameters=_parameters(client("ssm"), estate),
        services=service_holdings.look(client, estate, region),
        vault=service_holdings.vault(client("backup"), estate, region),
        tagged={kind: ids for kind, ids in tagged.items() if ids},
    )


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page[key]
    else:
        yield from getattr(client, operation)(**arguments)[key]


def _tagged(ec2: Any, estate: str) -> dict[str, list[str]]:
    ours = [{"Name": f"tag:{_TAG}", "Values": [estate]}]
    found: dict[str, list[str]] = {}
    for kind, (operation, items, identity, filters, arguments) in _KINDS.items():
        listed = _pages(ec2, operation, items, **{filters: ours}, **arguments)
        # What has been deleted is shown with its tags for up to an hour.
        found[kind] = [item[identity] for item in listed if str(item.get("State")).lower() not in _LEAVING]
    return found


def _instances(ec2: Any, filters: list[dict[str, Any]]) -> list[str]:
    wanted = [*filters, {"Name": "instance-state-name", "Values": _LIVING}]
    reservations = _pages(ec2, "describe_instances", "Reservations", Filters=wanted)
    return [instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]]


def _is_protected(ec2: Any, instance: str) -> bool:
    answer = ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
    return bool(answer["DisableApiTermination"]["Value"])


def _strangers(ec2: Any, networks: list[str], own: list[str]) -> list[str]:
    if not networks:
        return []
    return [item for item in _instances(ec2, [{"Name": "vpc-id", "Values": networks}]) if item not in own]


def _groups(autoscaling: Any, estate: str) -> list[str]:
    filters = [{"Name": f"tag:{_TAG}", "Values": [estate]}]
    groups = _pages(autoscaling, "describe_auto_scaling_groups", "AutoScalingGroups", Filters=filters)
    return [group["AutoScalingGroupName"] for group in groups]


def _clusters(rds: Any, estate: str) -> list[Cluster]:
    return [
        Cluster(
            name=cluster["DBClusterIdentifier"],
            status=cluster["Status"],
            tag=next((tag["Value"] for tag in cluster.get("TagList", []) if tag["Key"] == _TAG), ""),
        )
        for cluster in _pages(rds, "describe_db_clusters", "DBClusters")
        if is_of(estate, cluster["DBClusterIdentifier"])
    ]


def _snapshots(rds: Any, estate: str) -> list[Snapshot]:
    return [
        Snapshot(
            name=snapshot["DBClusterSnapshotIdentifier"],
            cluster=snapshot["DBClusterIdentifier"],
            kind=kind,
            status=snapshot["Status"],
            # Aurora says 0 or 1 where it does not know.
            gib=allocated if (allocated := int(snapshot.get("AllocatedStorage") or 0)) > 1 else 0,
        )
        for kind in ("manual", "awsbackup")
        for snapshot in _pages(rds, "describe_db_cluster_snapshots", "DBClusterSnapshots", SnapshotType=kind)
        if is_of(estate, snapshot["DBClusterIdentifier"])
    ]


def _secrets(secretsmanager: Any, estate: str) -> list[Secret]:
    prefix = f"{estate}/"
    listed = _pages(
        secretsmanager,
        "list_secrets",
        "SecretList",
        IncludePlannedDeletion=True,
        Filters=[{"Key": "name", "Values": [prefix]}],
    )
    return [
        Secret(name=item["Name"], going=item.get("DeletedDate") is not None)
        for item in listed
        if item["Name"].startswith(prefix)
    ]


def _key(kms: Any, estate: str) -> Key | None:
    try:
        metadata = kms.describe_key(KeyId=f"alias/{estate}")["KeyMetadata"]
    except Exception as error:
        if error_code(error) == "NotFoundException":
            return None
        raise
    lost = metadata.get("DeletionDate")
    return Key(id=metadata["KeyId"], state=metadata["KeyState"], lost=f"{lost:%Y-%m-%d}" if lost else "")


def _log_groups(logs: Any, estate: str) -> list[Group]:
    return [
        Group(name=group["logGroupName"], stored=int(group.get("storedBytes", 0)))
        for prefix in (f"/{estate}/", f"/aws/rds/cluster/{estate}-database")
        for group in _pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
        if prefix.startswith(f"/{estate}/") or is_of(estate, group["logGroupName"].split("/")[4])
    ]


def _roles(iam: Any, estate: str, region: str) -> list[str]:
    asked = [(f"{estate}-{kind}-{region}", "get_role", "RoleName") for kind in (*_HOST_ROLES, *_SERVICE_ROLES)]
    asked += [(f"{estate}-{kind}-{region}", "get_instance_profile", "InstanceProfileName") for kind in _HOST_ROLES]
    found = []
    for name, operation, argument in asked:
        try:
            getattr(iam, operation)(**{argument: name})
        except Exception as error:
            if error_code(error) != "NoSuchEntity":
                raise
        else:
            found.append(name)
    return sorted(set(found))


def _parameters(ssm: Any, estate: str) -> list[str]:
    # Without the lock, which the operation itself holds.
    name = f"/nodeops/{estate}/record"
    found = ssm.get_parameters(Names=[name])["Parameters"]
    return [parameter["Name"] for parameter in found]
