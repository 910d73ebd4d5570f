# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a region for an estate, by kind and name, read through AWS's API with the administrator's eyes.

A reader returns every resource of its kind that has the estate's tag or a name of the estate's, so that one too many is
found as well as one too few. It names what AWS names by an id: a subnet by its Name tag, a key by its alias, and writes
rules and routes as one would say them. A new kind is one more function with the decorator.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from region import Region

TAG = "nodeops:estate"


@dataclass(frozen=True)
class Found:
    """A resource."""

    tags: dict[str, str]
    properties: dict[str, Any]


Resources = dict[str, Found]
Reader = Callable[["Look"], Resources]
READERS: dict[str, Reader] = {}


def reader(kind: str) -> Callable[[Reader], Reader]:
    """Make a function the reader of a kind."""

    def register(function: Reader) -> Reader:
        READERS[kind] = function
        return function

    return register


@dataclass
class Look:
    """One look at a region: every list is asked for once."""

    region: Region
    estate: str
    _lists: dict[tuple[Any, ...], list[dict[str, Any]]] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a client with the administrator's credentials."""
        if service not in self._clients:
            self._clients[service] = self.region.client(service)
        return self._clients[service]

    def all(self, service: str, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return everything that a list operation lists."""
        known = (service, operation, key, repr(sorted(arguments.items())))
        if known not in self._lists:
            client = self.client(service)
            if client.can_paginate(operation):
                pages = client.get_paginator(operation).paginate(**arguments)
            else:
                pages = [getattr(client, operation)(**arguments)]
            self._lists[known] = [item for page in pages for item in page[key]]
        return self._lists[known]

    def owned(self, name: str, tags: dict[str, str]) -> bool:
        """Return whether something is the estate's, by its tag or by its name."""
        return tags.get(TAG) == self.estate or name.startswith((f"{self.estate}-", f"{self.estate}/"))

    def ec2(self, operation: str, key: str, identity: str, **arguments: Any) -> list[tuple[str, dict[str, str], Any]]:
        """Return name, tags and description of the estate's resources of EC2."""
        found = []
        for item in self.all("ec2", operation, key, **arguments):
            tags = pairs(item.get("Tags"))
            name = tags.get("Name", item[identity])
            if self.owned(name, tags):
                found.append((name, tags, item))
        return found

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """The Name tag of whatever has one in EC2, by id."""
        return {
            item["ResourceId"]: item["Value"]
            for item in self.all("ec2", "describe_tags", "Tags", Filters=[{"Name": "key", "Values": ["Name"]}])
        }

    def named(self, identities: Iterable[str]) -> list[str]:
        """Return the names of resources of EC2, in order; a resource without one by its id."""
        return sorted(self.names.get(identity, identity) for identity in identities)

    @functools.cached_property
    def groups(self) -> dict[str, str]:
        """The names of security groups by id."""
        found = self.all("ec2", "describe_security_groups", "SecurityGroups")
        return {group["GroupId"]: group["GroupName"] for group in found}

    @functools.cached_property
    def keys(self) -> dict[str, str]:
        """The aliases of keys by ARN and by id."""
        found = {}
        for alias in self.all("kms", "list_aliases", "Aliases"):
            if "TargetKeyId" in alias:
                prefix = alias["AliasArn"].rpartition(":alias/")[0]
                found[alias["TargetKeyId"]] = alias["AliasName"]
                found[f"{prefix}:key/{alias['TargetKeyId']}"] = alias["AliasName"]
        return found

    def rds_tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a resource of RDS."""
        return pairs(self.client("rds").list_tags_for_resource(ResourceName=arn)["TagList"])


def pairs(tags: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """Return a list of tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def look(region: Region, estate: str, kind: str) -> Resources:
    """Return the estate's resources of a kind as they are now."""
    return READERS[kind](Look(region, estate))


# --- network ---------------------------------------------------------------------------------------------------------


@reader("vpc")
def vpcs(aws: Look) -> Resources:
    """Networks."""

    def attribute(vpc_id: str, name: str) -> bool:
        answer = aws.client("ec2").describe_vpc_attribute(VpcId=vpc_id, Attribute=f"{name[0].lower()}{name[1:]}")
        return bool(answer[name]["Value"])

    return {
        name: Found(
            tags,
            {
                "cidr": item["CidrBlock"],
                "tenancy": item["InstanceTenancy"],
                "dns_support": attribute(item["VpcId"], "EnableDnsSupport"),
                "dns_hostnames": attribute(item["VpcId"], "EnableDnsHostnames"),
            },
        )
        for name, tags, item in aws.ec2("describe_vpcs", "Vpcs", "VpcId")
    }


@reader("internet_gateway")
def internet_gateways(aws: Look) -> Resources:
    """Internet gateways."""
    return {
        name: Found(tags, {"vpcs": aws.named(attached["VpcId"] for attached in item["Attachments"])})
        for name, tags, item in aws.ec2("describe_internet_gateways", "InternetGateways", "InternetGatewayId")
    }


@reader("subnet")
def subnets(aws: Look) -> Resources:
    """Subnets."""
    return {
        name: Found(
            tags,
            {
                "vpc": aws.names.get(item["VpcId"]),
                "cidr": item["CidrBlock"],
                "zone": item["AvailabilityZone"],
                "public_addresses": item["MapPublicIpOnLaunch"],
            },
        )
        for name, tags, item in aws.ec2("describe_subnets", "Subnets", "SubnetId")
    }


@reader("address")
def addresses(aws: Look) -> Resources:
    """Elastic IP addresses."""
    users = {
        address["AllocationId"]: aws.names.get(item["NatGatewayId"])
        for item in aws.all("ec2", "describe_nat_gateways", "NatGateways")
        for address in item["NatGatewayAddresses"]
    }
    for item in aws.all("ec2", "describe_network_interfaces", "NetworkInterfaces"):
        allocation = item.get("Association", {}).get("AllocationId")
        if allocation and item.get("Description", "").startswith("ELB "):
            users[allocation] = item["Description"].split("/")[1]
    return {
        name: Found(tags, {"used_by": users.get(item["AllocationId"])})
        for name, tags, item in aws.ec2("describe_addresses", "Addresses", "AllocationId")
    }


@reader("nat_gateway")
def nat_gateways(aws: Look) -> Resources:
    """NAT gateways."""
    return {
        name: Found(
            tags,
            {
                "subnet": aws.names.get(item["SubnetId"]),
                "state": item["State"],
                "connectivity": item.get("ConnectivityType", "public"),
            },
        )
        for name, tags, item in aws.ec2("describe_nat_gateways", "NatGateways", "NatGatewayId")
        if item["State"] != "deleted"
    }


@reader("route_table")
def route_tables(aws: Look) -> Resources:
    """Route tables, but for the one that every network has by itself."""

    def target(route: dict[str, Any]) -> str:
        ids = [route[key] for key in ("GatewayId", "NatGatewayId", "NetworkInterfaceId") if route.get(key)]
        kind = {"vpce": "endpoint", "local": "local"}.get(ids[0].split("-")[0])
        return kind or aws.names.get(ids[0], ids[0])

    found = {}
    for name, tags, item in aws.ec2("describe_route_tables", "RouteTables", "RouteTableId"):
        routes = {
            route.get("DestinationCidrBlock") or route.get("DestinationPrefixListId"): target(route)
            for route in item["Routes"]
        }
        found[name] = Found(
            tags,
            {
                "subnets": aws.named(entry["SubnetId"] for entry in item["Associations"] if entry.get("SubnetId")),
                "routes": {key: value for key, value in routes.items() if value not in ("endpoint", "local")},
            },
        )
    return found


@reader("vpc_endpoint")
def vpc_endpoints(aws: Look) -> Resources:
    """Endpoints of AWS's services inside the network."""
    return {
        name: Found(
            tags,
            {
                "type": item["VpcEndpointType"],
                "service": item["ServiceName"],
                "route_tables": aws.named(item.get("RouteTableIds", [])),
                "subnets": aws.named(item.get("SubnetIds", [])),
                "security_groups": sorted(group["GroupName"] for group in item.get("Groups", [])),
                "private_names": item.get("PrivateDnsEnabled"),
            },
        )
        for name, tags, item in aws.ec2("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId")
        if item["State"].lower() not in ("deleting", "deleted")
    }


@reader("flow_log")
def flow_logs(aws: Look) -> Resources:
    """Flow logs of networks."""
    return {
        name: Found(
            tags,
            {
                "network": aws.names.get(item["ResourceId"]),
                "traffic": item["TrafficType"],
                "log_group": item["LogGroupName"],
                "role": item["DeliverLogsPermissionArn"].rpartition("/")[2],
            },
        )
        for name, tags, item in aws.ec2("describe_flow_logs", "FlowLogs", "FlowLogId")
    }


def permissions(aws: Look, found: Iterable[dict[str, Any]]) -> list[str]:
    """Return rules of a security group in words, as `tcp 22 198.51.100.0/24` or `tcp 22 group oracle-bastion`."""
    rules = []
    for rule in found:
        protocol = "all" if rule["IpProtocol"] == "-1" else rule["IpProtocol"]
        first, last = rule.get("FromPort"), rule.get("ToPort")
        ports = "" if first is None or first == -1 else f" {first}" if first == last else f" {first}-{last}"
        others = [entry["CidrIp"] for entry in rule.get("IpRanges", [])]
        others += [entry["CidrIpv6"] for entry in rule.get("Ipv6Ranges", [])]
        others += [entry["PrefixListId"] for entry in rule.get("PrefixListIds", [])]
        others += [f"group {aws.groups[entry['GroupId']]}" for entry in rule.get("UserIdGroupPairs", [])]
        rules += [f"{protocol}{ports} {other}" for other in others]
    return sorted(rules)


@reader("security_group")
def security_groups(aws: Look) -> Resources:
    """Security groups, but for the one that every network has by itself."""
    found = {}
    for item in aws.all("ec2", "describe_security_groups", "SecurityGroups"):
        tags = pairs(item.get("Tags"))
        if aws.owned(item["GroupName"], tags):
            found[item["GroupName"]] = Found(
                tags,
                {
                    "vpc": aws.names.get(item["VpcId"]),
                    "ingress": permissions(aws, item["IpPermissions"]),
                    "egress": permissions(aws, item["IpPermissionsEgress"]),
                },
            )
    return found


# --- key, secrets, roles ---------------------------------------------------------------------------------------------


@reader("key")
def keys(aws: Look) -> Resources:
    """Customer-managed keys by alias; one without an alias by its id."""
    kms = aws.client("kms")
    found = {}
    for item in aws.all("kms", "list_keys", "Keys"):
        described = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
        if described["KeyManager"] != "CUSTOMER" or described["KeyState"] == "PendingDeletion":
            continue
        listed = kms.list_resource_tags(KeyId=item["KeyId"])["Tags"]
        tags = {tag["TagKey"]: tag["TagValue"] for tag in listed}
        name = aws.keys.get(item["KeyId"], item["KeyId"])
        if aws.owned(name.removeprefix("alias/"), tags) or name == f"alias/{aws.estate}":
            rotation = kms.get_key_rotation_status(KeyId=item["KeyId"])
            document = json.loads(kms.get_key_policy(KeyId=item["KeyId"], PolicyName="default")["Policy"])
            found[name] = Found(
                tags,
                {
                    "state": described["KeyState"],
                    "usage": described["KeyUsage"],
                    "rotation": rotation["KeyRotationEnabled"],
                    "used_by": sorted(who(statement) for statement in document["Statement"]),
                },
            )
    return found


def who(statement: dict[str, Any]) -> str:
    """Return whom a statement of a resource's policy is for: services by name, others by the end of their ARN."""
    principal = statement["Principal"]
    if principal == "*":
        return "*"
    if "Service" in principal:
        return ", ".join(sorted(listed(principal["Service"])))
    if principal.get("AWS") != "*":
        return ", ".join(arn.rpartition(":")[2] for arn in sorted(listed(principal["AWS"])))
    conditions = [value for condition in statement.get("Condition", {}).items() for value in condition[1].items()]
    principals = [arn for key, values in conditions if key == "aws:PrincipalArn" for arn in listed(values)]
    return ", ".join(arn.rpartition("/")[2] for arn in sorted(principals)) or "*"


def listed(value: Any) -> list[str]:
    """Return one or several values as a list."""
    return [value] if isinstance(value, str) else list(value)


@reader("key_pair")
def key_pairs(aws: Look) -> Resources:
    """Key pairs."""
    found = {}
    for item in aws.all("ec2", "describe_key_pairs", "KeyPairs"):
        tags = pairs(item.get("Tags"))
        if aws.owned(item["KeyName"], tags):
            found[item["KeyName"]] = Found(tags, {})
    return found


@reader("secret")
def secrets(aws: Look) -> Resources:
    """Secrets, by the names of their parts and never by what they hold."""
    found = {}
    for item in aws.all("secretsmanager", "list_secrets", "SecretList"):
        tags = pairs(item.get("Tags"))
        if aws.owned(item["Name"], tags):
            text = aws.client("secretsmanager").get_secret_value(SecretId=item["ARN"])["SecretString"]
            try:
                content = json.loads(text)
                parts = sorted(content) if isinstance(content, dict) else ["a text"]
            except ValueError:
                parts = ["a text"]
            key = item.get("KmsKeyId", "")
            found[item["Name"]] = Found(tags, {"key": aws.keys.get(key, key), "parts": parts})
    return found


@reader("role")
def roles(aws: Look) -> Resources:
    """Roles, with what they may: actions by resource."""
    iam = aws.client("iam")
    found = {}
    for item in aws.all("iam", "list_roles", "Roles"):
        name = item["RoleName"]
        tags = pairs(iam.list_role_tags(RoleName=name)["Tags"])
        if not aws.owned(name, tags):
            continue
        allowed: dict[str, list[str]] = {}
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                for resource in listed(statement["Resource"]):
                    actions = listed(statement["Action"])
                    allowed[nameless(aws, resource)] = sorted({*allowed.get(nameless(aws, resource), []), *actions})
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        trust = item["AssumeRolePolicyDocument"]["Statement"]
        found[name] = Found(
            tags,
            {
                "trusts": sorted(who(statement) for statement in trust),
                "may": allowed,
                "attached": sorted(policy["PolicyName"] for policy in attached),
            },
        )
    return found


def nameless(aws: Look, resource: str) -> str:
    """Return an ARN without region and account, a key by its alias, a secret without its suffix."""
    if resource == "*":
        return resource
    if resource in aws.keys:
        return f"kms {aws.keys[resource]}"
    service, _, _, rest = resource.split(":", 5)[2:]
    if service == "secretsmanager":
        rest = rest[: -len("-XXXXXX")]
    return f"{service} {rest}"


@reader("instance_profile")
def instance_profiles(aws: Look) -> Resources:
    """Instance profiles."""
    found = {}
    for item in aws.all("iam", "list_instance_profiles", "InstanceProfiles"):
        name = item["InstanceProfileName"]
        described = aws.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        tags = pairs(described.get("Tags"))
        if aws.owned(name, tags):
            found[name] = Found(tags, {"roles": [role["RoleName"] for role in item["Roles"]]})
    return found


# --- database --------------------------------------------------------------------------------------------------------


@reader("database_subnet_group")
def database_subnet_groups(aws: Look) -> Resources:
    """Where databases may stand."""
    found = {}
    for item in aws.all("rds", "describe_db_subnet_groups", "DBSubnetGroups"):
        name, tags = item["DBSubnetGroupName"], aws.rds_tags(item["DBSubnetGroupArn"])
        if aws.owned(name, tags):
            found[name] = Found(tags, {"subnets": aws.named(one["SubnetIdentifier"] for one in item["Subnets"])})
    return found


@reader("database_cluster_parameter_group")
def database_cluster_parameter_groups(aws: Look) -> Resources:
    """Parameter groups of clusters, with what was set in them."""
    rds = aws.client("rds")
    found = {}
    for item in aws.all("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups"):
        name, tags = item["DBClusterParameterGroupName"], aws.rds_tags(item["DBClusterParameterGroupArn"])
        if aws.owned(name, tags):
            pages = rds.get_paginator("describe_db_cluster_parameters").paginate(
                DBClusterParameterGroupName=name, Source="user"
            )
            chosen = {one["ParameterName"]: one["ParameterValue"] for page in pages for one in page["Parameters"]}
            found[name] = Found(tags, {"family": item["DBParameterGroupFamily"], "parameters": chosen})
    return found


@reader("database_parameter_group")
def database_parameter_groups(aws: Look) -> Resources:
    """Parameter groups of instances, with what was set in them."""
    rds = aws.client("rds")
    found = {}
    for item in aws.all("rds", "describe_db_parameter_groups", "DBParameterGroups"):
        name, tags = item["DBParameterGroupName"], aws.rds_tags(item["DBParameterGroupArn"])
        if aws.owned(name, tags):
            pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name, Source="user")
            chosen = {one["ParameterName"]: one["ParameterValue"] for page in pages for one in page["Parameters"]}
            found[name] = Found(tags, {"family": item["DBParameterGroupFamily"], "parameters": chosen})
    return found


@reader("database_cluster")
def database_clusters(aws: Look) -> Resources:
    """Clusters of databases."""
    found = {}
    for item in aws.all("rds", "describe_db_clusters", "DBClusters"):
        name, tags = item["DBClusterIdentifier"], pairs(item.get("TagList"))
        if aws.owned(name, tags):
            found[name] = Found(
                tags,
                {
                    "status": item["Status"],
                    "engine": item["Engine"],
                    "version": item["EngineVersion"],
                    "port": item["Port"],
                    "database": item["DatabaseName"],
                    "master": item["MasterUsername"],
                    "encrypted": item["StorageEncrypted"],
                    "key": aws.keys.get(item["KmsKeyId"], item["KmsKeyId"]),
                    "subnet_group": item["DBSubnetGroup"],
                    "parameter_group": item["DBClusterParameterGroup"],
                    "security_groups": sorted(
                        aws.groups[group["VpcSecurityGroupId"]] for group in item["VpcSecurityGroups"]
                    ),
                    "retention_days": item["BackupRetentionPeriod"],
                    "backup": item["PreferredBackupWindow"],
                    "maintenance": item["PreferredMaintenanceWindow"],
                    "capacity": item.get("ServerlessV2ScalingConfiguration"),
                    "deletion_protection": item["DeletionProtection"],
                    "copies_tags_to_snapshots": item["CopyTagsToSnapshot"],
                    "exports": item.get("EnabledCloudwatchLogsExports", []),
                    "members": sorted(member["DBInstanceIdentifier"] for member in item["DBClusterMembers"]),
                },
            )
    return found


@reader("database_instance")
def database_instances(aws: Look) -> Resources:
    """Instances of databases."""
    found = {}
    for item in aws.all("rds", "describe_db_instances", "DBInstances"):
        name, tags = item["DBInstanceIdentifier"], pairs(item.get("TagList"))
        if aws.owned(name, tags):
            found[name] = Found(
                tags,
                {
                    "status": item["DBInstanceStatus"],
                    "cluster": item["DBClusterIdentifier"],
                    "class": item["DBInstanceClass"],
                    "zone": item["AvailabilityZone"],
                    "public": item["PubliclyAccessible"],
                    "minor_upgrades": item["AutoMinorVersionUpgrade"],
                    "monitoring_seconds": item.get("MonitoringInterval", 0),
                    "insights": item.get("PerformanceInsightsEnabled", False),
                    "parameter_group": item["DBParameterGroups"][0]["DBParameterGroupName"],
                    "maintenance": item["PreferredMaintenanceWindow"],
                    "certificate_authority": item.get("CACertificateIdentifier"),
                },
            )
    return found


# --- hosts -----------------------------------------------------------------------------------------------------------


@reader("launch_template")
def launch_templates(aws: Look) -> Resources:
    """Launch templates, as their newest version says."""
    found = {}
    for item in aws.all("ec2", "describe_launch_templates", "LaunchTemplates"):
        name, tags = item["LaunchTemplateName"], pairs(item.get("Tags"))
        if not aws.owned(name, tags):
            continue
        version = aws.client("ec2").describe_launch_template_versions(LaunchTemplateName=name, Versions=["$Latest"])
        data = version["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        metadata, profile = data.get("MetadataOptions", {}), data.get("IamInstanceProfile", {})
        found[name] = Found(
            tags,
            {
                "image": image_name(aws, data["ImageId"]),
                "type": data["InstanceType"],
                "key_pair": data.get("KeyName"),
                "profile": profile.get("Name") or profile.get("Arn", "").rpartition("/")[2],
                "security_groups": sorted(aws.groups[group] for group in data.get("SecurityGroupIds", [])),
                "metadata_tokens": metadata.get("HttpTokens"),
                "metadata_hops": metadata.get("HttpPutResponseHopLimit"),
                "metadata_tags": metadata.get("InstanceMetadataTags"),
                "volumes": [volume(aws, mapping["Ebs"]) for mapping in data.get("BlockDeviceMappings", [])],
                "monitoring": data.get("Monitoring", {}).get("Enabled", False),
                "tenancy": data.get("Placement", {}).get("Tenancy", "default"),
                "user_data": base64.b64decode(data["UserData"]).decode() if data.get("UserData") else None,
            },
        )
    return found


def image_name(aws: Look, image_id: str) -> str:
    """Return an image's name without the date in it."""
    images = aws.all("ec2", "describe_images", "Images", ImageIds=[image_id])
    return str(images[0]["Name"]).rsplit("-", 2)[0]


def volume(aws: Look, ebs: dict[str, Any]) -> str:
    """Return a volume in words, as `gp3 50 GiB encrypted with alias/oracle`."""
    key = aws.keys.get(ebs.get("KmsKeyId", ""), ebs.get("KmsKeyId"))
    return f"{ebs['VolumeType']} {ebs['VolumeSize']} GiB " + (f"encrypted with {key}" if ebs["Encrypted"] else "open")


@reader("group")
def groups(aws: Look) -> Resources:
    """Auto Scaling groups."""
    found = {}
    for item in aws.all("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"):
        name, tags = item["AutoScalingGroupName"], pairs(item.get("Tags"))
        if aws.owned(name, tags):
            found[name] = Found(
                tags,
                {
                    "size": [item["MinSize"], item["DesiredCapacity"], item["MaxSize"]],
                    "health_check": item["HealthCheckType"],
                    "template": item["LaunchTemplate"]["LaunchTemplateName"],
                    "template_version": item["LaunchTemplate"]["Version"],
                    "subnets": aws.named(item["VPCZoneIdentifier"].split(",")),
                    "zones": sorted(instance["AvailabilityZone"] for instance in item["Instances"]),
                    "target_groups": sorted(arn.split("/")[1] for arn in item["TargetGroupARNs"]),
                    "role": tags.get("nodeops:role"),
                    "tags_reach_instances": all(tag["PropagateAtLaunch"] for tag in item["Tags"]),
                },
            )
    return found


@reader("instance")
def instances(aws: Look) -> Resources:
    """Instances that live, by role and zone."""
    found = {}
    for reservation in aws.all("ec2", "describe_instances", "Reservations"):
        for item in reservation["Instances"]:
            tags = pairs(item.get("Tags"))
            if aws.owned(tags.get("Name", ""), tags) and item["State"]["Name"] != "terminated":
                zone = item["Placement"]["AvailabilityZone"]
                role = tags.get("nodeops:role")
                # A bastion may stand in either zone.
                name = f"{role} in {zone}" if role == "node" else f"{role}"
                found[name] = Found(
                    tags,
                    {
                        "state": item["State"]["Name"],
                        "public_address": "PublicIpAddress" in item,
                        "metadata_tokens": item["MetadataOptions"]["HttpTokens"],
                        "profile": item["IamInstanceProfile"]["Arn"].rpartition("/")[2],
                        "security_groups": sorted(group["GroupName"] for group in item["SecurityGroups"]),
                    },
                )
    return found


# --- entrances -------------------------------------------------------------------------------------------------------


def balanced(aws: Look, operation: str, key: str, kind: str) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
    """Return name, tags and description of the estate's resources of Elastic Load Balancing."""
    client = aws.client("elbv2")
    found = []
    for item in aws.all("elbv2", operation, key):
        tags = pairs(client.describe_tags(ResourceArns=[item[f"{kind}Arn"]])["TagDescriptions"][0]["Tags"])
        if aws.owned(item[f"{kind}Name"], tags):
            found.append((item[f"{kind}Name"], tags, item))
    return found


def action(found: dict[str, Any]) -> str:
    """Return an action in words, as `forward oracle-ui`, `redirect https 443 301` or `answer 403`."""
    if found["Type"] == "forward":
        return f"forward {found['TargetGroupArn'].split('/')[1]}"
    if found["Type"] == "redirect":
        config = found["RedirectConfig"]
        return f"redirect {config['Protocol'].lower()} {config['Port']} {config['StatusCode'].removeprefix('HTTP_')}"
    return f"answer {found['FixedResponseConfig']['StatusCode']}"


def listener(aws: Look, found: dict[str, Any]) -> list[str]:
    """Return what a listener does, in words, the first rule first."""
    head = f"{found['Protocol'].lower()} {found['Port']}"
    rules = aws.client("elbv2").describe_rules(ListenerArn=found["ListenerArn"])["Rules"]
    told = []
    for rule in rules if found["Protocol"].startswith("HTTP") else []:
        paths = [value for condition in rule["Conditions"] for value in condition["PathPatternConfig"]["Values"]]
        told += [f"{head} {path}: {action(rule['Actions'][0])}" for path in paths]
    names = [certificate_names(aws)[entry["CertificateArn"]] for entry in found.get("Certificates", [])]
    how = f" {found['SslPolicy']} for {', '.join(names)}" if names else ""
    return [*told, f"{head}{how}: {action(found['DefaultActions'][0])}"]


def certificate_names(aws: Look) -> dict[str, str]:
    """Return the names of certificates by ARN: the first that they are good for, whatever their subject says."""
    client = aws.client("acm")
    found = {}
    for item in aws.all("acm", "list_certificates", "CertificateSummaryList"):
        arn = item["CertificateArn"]
        certificate = client.describe_certificate(CertificateArn=arn)["Certificate"]
        found[arn] = [*certificate.get("SubjectAlternativeNames", []), certificate["DomainName"]][0]
    return found


@reader("load_balancer")
def load_balancers(aws: Look) -> Resources:
    """Load balancers with their listeners."""
    client = aws.client("elbv2")
    found = {}
    for name, tags, item in balanced(aws, "describe_load_balancers", "LoadBalancers", "LoadBalancer"):
        arn = item["LoadBalancerArn"]
        attributes = pairs(client.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
        described = client.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        found[name] = Found(
            tags,
            {
                "type": item["Type"],
                "scheme": item["Scheme"],
                "subnets": aws.named(zone["SubnetId"] for zone in item["AvailabilityZones"]),
                "security_groups": sorted(aws.groups[group] for group in item.get("SecurityGroups", [])),
                "protected": attributes["deletion_protection.enabled"],
                "cross_zone": attributes["load_balancing.cross_zone.enabled"],
                "idle_seconds": attributes.get("idle_timeout.timeout_seconds"),
                "drops_invalid_headers": attributes.get("routing.http.drop_invalid_header_fields.enabled"),
                # As the table has them: by name. The rules all refuse, so none hides another.
                "listeners": sorted(line for entry in described for line in listener(aws, entry)),
            },
        )
    return found


@reader("target_group")
def target_groups(aws: Look) -> Resources:
    """Target groups, and how many instances are in them."""
    client = aws.client("elbv2")
    found = {}
    for name, tags, item in balanced(aws, "describe_target_groups", "TargetGroups", "TargetGroup"):
        arn = item["TargetGroupArn"]
        attributes = pairs(client.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"])
        check = f"{item['HealthCheckProtocol'].lower()} {item['HealthCheckPort']}"
        if item["HealthCheckProtocol"].startswith("HTTP"):
            check += f" {item['HealthCheckPath']} {item['Matcher']['HttpCode']}"
        found[name] = Found(
            tags,
            {
                "port": f"{item['Protocol'].lower()} {item['Port']}",
                "check": check,
                "keeps_client_address": attributes.get("preserve_client_ip.enabled"),
                "targets": len(client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]),
            },
        )
    return found


@reader("certificate")
def certificates(aws: Look) -> Resources:
    """Certificates that the estate requested."""
    client = aws.client("acm")
    found = {}
    for item in aws.all("acm", "list_certificates", "CertificateSummaryList"):
        tags = pairs(client.list_tags_for_certificate(CertificateArn=item["CertificateArn"])["Tags"])
        if tags.get(TAG) == aws.estate:
            described = client.describe_certificate(CertificateArn=item["CertificateArn"])["Certificate"]
            found[item["DomainName"]] = Found(tags, {"status": described["Status"], "type": described["Type"]})
    return found


@reader("dns_record")
def dns_records(aws: Look) -> Resources:
    """Records in the zone NAME-OF-THE-ESTATE.test. They have no tags, so they count as tagged."""
    client = aws.client("route53")
    zones = client.list_hosted_zones_by_name(DNSName=f"{aws.estate}.test")["HostedZones"]
    found = {}
    for zone in [zone for zone in zones if zone["Name"] == f"{aws.estate}.test."]:
        for item in client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
            if item["Type"] in ("NS", "SOA"):
                continue
            validates = item["Name"].startswith("_")
            target = item.get("AliasTarget", {}).get("DNSName", "").partition(".")[0].rpartition("-")[0]
            name = "validation" if validates else f"{item['Type']} {item['Name']}"
            found[name] = Found({TAG: aws.estate}, {"alias_of": target or None})
    return found


# --- logs and the record ---------------------------------------------------------------------------------------------


@reader("log_group")
def log_groups(aws: Look) -> Resources:
    """Log groups."""
    logs = aws.client("logs")
    found = {}
    for item in aws.all("logs", "describe_log_groups", "logGroups"):
        name = item["logGroupName"]
        tags = logs.list_tags_for_resource(resourceArn=item["arn"].removesuffix(":*"))["tags"]
        if aws.owned(name, tags) or f"/{aws.estate}/" in name or f"/{aws.estate}-" in name:
            key = item.get("kmsKeyId", "")
            found[name] = Found(tags, {"retention_days": item.get("retentionInDays"), "key": aws.keys.get(key, key)})
    return found


@reader("parameter")
def parameters(aws: Look) -> Resources:
    """Parameters of Systems Manager: the estate's record."""
    ssm = aws.client("ssm")
    found = {}
    filters = [{"Key": "Path", "Option": "Recursive", "Values": [f"/nodeops/{aws.estate}"]}]
    for item in aws.all("ssm", "describe_parameters", "Parameters", ParameterFilters=filters):
        listed_tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=item["Name"])["TagList"]
        content = json.loads(ssm.get_parameter(Name=item["Name"])["Parameter"]["Value"])
        found[item["Name"]] = Found(pairs(listed_tags), {"type": item["Type"], "parts": sorted(content)})
    return found


# --- monitoring and backups ------------------------------------------------------------------------------------------

SIGNS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanOrEqualToThreshold": "<=",
    "LessThanThreshold": "<",
}


@reader("topic")
def topics(aws: Look) -> Resources:
    """Topics, with who may publish to them."""
    sns = aws.client("sns")
    found = {}
    for item in aws.all("sns", "list_topics", "Topics"):
        arn = item["TopicArn"]
        name, tags = arn.rpartition(":")[2], pairs(sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        if aws.owned(name, tags):
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
            key = attributes.get("KmsMasterKeyId", "")
            policy = json.loads(attributes["Policy"])["Statement"]
            told = aws.all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
            found[name] = Found(
                tags,
                {
                    "key": aws.keys.get(key, key),
                    "publishers": sorted(who(statement) for statement in policy),
                    "subscriptions": sorted(f"{one['Protocol']} {one['Endpoint']}" for one in told),
                },
            )
    return found


def topics_of(actions: list[str]) -> list[str]:
    """Return the names of topics."""
    return sorted(arn.rpartition(":")[2] for arn in actions)


@reader("alarm")
def alarms(aws: Look) -> Resources:
    """Alarms, in one line."""
    cloudwatch = aws.client("cloudwatch")
    found = {}
    for item in aws.all("cloudwatch", "describe_alarms", "MetricAlarms"):
        tags = pairs(cloudwatch.list_tags_for_resource(ResourceARN=item["AlarmArn"])["Tags"])
        if aws.owned(item["AlarmName"], tags):
            metric = f"{item['Namespace']} {item['MetricName']} {item['Statistic']}"
            found[item["AlarmName"]] = Found(
                tags,
                {
                    "when": f"{metric} {SIGNS[item['ComparisonOperator']]} {item['Threshold']:.0f}",
                    "of": ", ".join(dimension["Value"] for dimension in item["Dimensions"]),
                    "told": topics_of(item["AlarmActions"]) if item["ActionsEnabled"] else [],
                    "told_when_over": topics_of(item["OKActions"]) if item["ActionsEnabled"] else [],
                    "missing": item["TreatMissingData"],
                },
            )
    return found


@reader("metric_filter")
def metric_filters(aws: Look) -> Resources:
    """Counters of log lines. They have no tags, and lie in a group that has."""
    found = {}
    for item in aws.all("logs", "describe_metric_filters", "metricFilters"):
        if aws.owned(item["filterName"], {}) and item["logGroupName"].startswith(f"/{aws.estate}/"):
            (metric,) = item["metricTransformations"]
            found[item["filterName"]] = Found(
                {TAG: aws.estate},
                {
                    "group": item["logGroupName"],
                    "metric": f"{metric['metricNamespace']} {metric['metricName']}",
                    "pattern": item["filterPattern"],
                },
            )
    return found


@reader("event_subscription")
def event_subscriptions(aws: Look) -> Resources:
    """Subscriptions to events of RDS."""
    found = {}
    for item in aws.all("rds", "describe_event_subscriptions", "EventSubscriptionsList"):
        name, tags = item["CustSubscriptionId"], aws.rds_tags(item["EventSubscriptionArn"])
        if aws.owned(name, tags):
            found[name] = Found(
                tags,
                {
                    "topic": item["SnsTopicArn"].rpartition(":")[2],
                    "kind": item["SourceType"],
                    "of": sorted(item["SourceIdsList"]),
                    "categories": sorted(item["EventCategoriesList"]),
                    "enabled": item["Enabled"],
                },
            )
    return found


@reader("dashboard")
def dashboards(aws: Look) -> Resources:
    """Dashboards, which have no tags."""
    cloudwatch = aws.client("cloudwatch")
    found = {}
    for item in aws.all("cloudwatch", "list_dashboards", "DashboardEntries"):
        if item["DashboardName"] == f"{aws.estate}-{aws.region.name}":
            body = json.loads(cloudwatch.get_dashboard(DashboardName=item["DashboardName"])["DashboardBody"])
            shown = [len(one["properties"]["alarms"]) for one in body["widgets"] if one["type"] == "alarm"]
            graphs = [one for one in body["widgets"] if one["type"] == "metric"]
            found[item["DashboardName"]] = Found(
                {TAG: aws.estate}, {"graphs": len(graphs), "shows_alarms": bool(sum(shown))}
            )
    return found


@reader("snapshot_policy")
def snapshot_policies(aws: Look) -> Resources:
    """Lifecycle policies, by their names, which are tags."""
    dlm = aws.client("dlm")
    found = {}
    for item in dlm.get_lifecycle_policies()["Policies"]:
        tags = item.get("Tags", {})
        if aws.owned(tags.get("Name", ""), tags):
            policy = dlm.get_lifecycle_policy(PolicyId=item["PolicyId"])["Policy"]
            (schedule,) = policy["PolicyDetails"]["Schedules"]
            found[tags["Name"]] = Found(
                tags,
                {
                    "state": policy["State"],
                    "role": policy["ExecutionRoleArn"].rpartition("/")[2],
                    "volumes": sorted(f"{tag['Key']}={tag['Value']}" for tag in policy["PolicyDetails"]["TargetTags"]),
                    "every_hours": schedule["CreateRule"]["Interval"],
                    "at": schedule["CreateRule"]["Times"],
                    "kept": schedule["RetainRule"]["Count"],
                },
            )
    return found


@reader("backup_plan")
def backup_plans(aws: Look) -> Resources:
    """Plans of AWS Backup, with what they are for."""
    backup = aws.client("backup")
    found = {}
    for item in aws.all("backup", "list_backup_plans", "BackupPlansList"):
        tags = backup.list_tags(ResourceArn=item["BackupPlanArn"])["Tags"]
        if aws.owned(item["BackupPlanName"], tags):
            (rule,) = backup.get_backup_plan(BackupPlanId=item["BackupPlanId"])["BackupPlan"]["Rules"]
            selections = backup.list_backup_selections(BackupPlanId=item["BackupPlanId"])["BackupSelectionsList"]
            chosen = [
                backup.get_backup_selection(BackupPlanId=item["BackupPlanId"], SelectionId=one["SelectionId"])
                for one in selections
            ]
            found[item["BackupPlanName"]] = Found(
                tags,
                {
                    "vault": rule["TargetBackupVaultName"],
                    "schedule": rule["ScheduleExpression"],
                    "kept_days": rule["Lifecycle"]["DeleteAfterDays"],
                    "of": sorted(
                        arn.rpartition(":")[2] for one in chosen for arn in one["BackupSelection"]["Resources"]
                    ),
                },
            )
    return found


@reader("backup_vault")
def backup_vaults(aws: Look) -> Resources:
    """Vaults of AWS Backup."""
    found = {}
    for item in aws.all("backup", "list_backup_vaults", "BackupVaultList"):
        tags = aws.client("backup").list_tags(ResourceArn=item["BackupVaultArn"])["Tags"]
        if aws.owned(item["BackupVaultName"], tags):
            key = item["EncryptionKeyArn"]
            found[item["BackupVaultName"]] = Found(tags, {"key": aws.keys.get(key, key)})
    return found


@reader("devops_guru")
def devops_guru(aws: Look) -> Resources:
    """What DevOps Guru watches of the estate, and whom it tells."""
    guru = aws.client("devops-guru")
    try:
        answer = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")
    except guru.exceptions.ResourceNotFoundException:
        return {}
    values = [value for tag in answer["ResourceCollection"]["Tags"] for value in tag["TagValues"]]
    channels = [
        channel["Config"]["Sns"]["TopicArn"].rpartition(":")[2]
        for channel in guru.list_notification_channels()["Channels"]
    ]
    if aws.estate not in values:
        return {}
    own = [name for name in channels if name.startswith(f"{aws.estate}-")]
    return {aws.estate: Found({TAG: aws.estate}, {"tells": own})}
