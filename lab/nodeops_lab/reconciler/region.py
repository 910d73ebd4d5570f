# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulated region holds, as its API tells."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from ..settings import LabSettings

if TYPE_CHECKING:
    # What only the daemon has, and what takes seconds to import, the commands do without.
    from mypy_boto3_ec2.client import EC2Client

    from ..api.aurora.model import Cluster, Database, Snapshot, View
    from ..api.balancing import Balancer

LIVING_STATES = frozenset({"pending", "running", "stopping", "stopped"})
RUNNING_STATES = frozenset({"pending", "running"})


@dataclass(frozen=True)
class Rule:
    """One permission of a security group, inbound or outbound."""

    protocol: str
    """`-1` for all, a name (tcp, udp, icmp) or a number."""
    first_port: int | None = None
    """First port, or the ICMP type; None or -1 for all."""
    last_port: int | None = None
    cidrs: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vpc:
    """A network."""

    vpc_id: str
    cidr: str
    is_default: bool

    @property
    def router(self) -> str:
        """The network's own address, which is the machine's in the bridge."""
        return str(ipaddress.IPv4Network(self.cidr)[1])

    @property
    def resolver(self) -> str:
        """The address that AWS's resolver has in each VPC; the gateway's here."""
        return str(ipaddress.IPv4Network(self.cidr)[2])


@dataclass(frozen=True)
class Subnet:
    """A subnet."""

    subnet_id: str
    vpc_id: str
    cidr: str


@dataclass(frozen=True)
class Instance:
    """An instance that has not been terminated."""

    instance_id: str
    state: str
    vpc_id: str
    subnet_id: str
    address: str
    public_address: str | None
    group_ids: tuple[str, ...]
    group_names: tuple[str, ...]
    image_id: str
    instance_type: str
    zone: str
    key_name: str | None
    profile_arn: str | None
    interface_id: str
    reservation_id: str
    metadata_options: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether its host should run."""
        return self.state in RUNNING_STATES

    @property
    def short_name(self) -> str:
        """The host name that EC2 derives from the address."""
        return f"ip-{self.address.replace('.', '-')}"


@dataclass(frozen=True)
class Region:
    """Everything that the lab imitates with containers."""

    vpcs: dict[str, Vpc]
    subnets: dict[str, Subnet]
    groups: dict[str, tuple[Rule, ...]]
    """Inbound rules by security group."""
    outbound: dict[str, tuple[Rule, ...]]
    """Outbound rules by security group."""
    instances: dict[str, Instance]
    clusters: dict[str, Cluster]
    balancers: dict[str, Balancer] = field(default_factory=dict)
    """Load balancers by ARN."""
    snapshots: tuple[Snapshot, ...] = ()
    """Snapshots of clusters that are still to be made."""
    storage_keys: frozenset[str] = frozenset()
    """The clusters and snapshots whose data are needed."""

    @property
    def databases(self) -> dict[str, Database]:
        """The instances of all clusters by id."""
        return {database.instance_id: database for cluster in self.clusters.values() for database in cluster.databases}

    @property
    def inhabited_vpcs(self) -> list[Vpc]:
        """The VPCs that need a network: the default VPC only once something lives there, since every lab has one."""
        users = {instance.vpc_id for instance in self.instances.values()}
        users |= {database.vpc_id for database in self.databases.values()}
        users |= {balancer.vpc_id for balancer in self.balancers.values()}
        return [vpc for vpc in self.vpcs.values() if not vpc.is_default or vpc.vpc_id in users]


class RegionApi:
    """Asks the API. Every answer is read anew: nothing is kept here."""

    def __init__(self, settings: LabSettings) -> None:
        session = boto3.session.Session(
            # The lab's own key: what it does stands for what AWS does itself, and is neither judged nor recorded.
            aws_access_key_id=settings.lab_access_key_id,
            aws_secret_access_key=settings.lab_secret_access_key,
            region_name=settings.region,
        )
        config = Config(retries={"max_attempts": 1}, read_timeout=30, connect_timeout=5)
        self.rds = session.client("rds", endpoint_url=settings.api_url, config=config)
        self.ec2: EC2Client = session.client("ec2", endpoint_url=settings.api_url, config=config)
        self.iam = session.client("iam", endpoint_url=settings.api_url, config=config)
        self.sts = session.client("sts", endpoint_url=settings.api_url, config=config)

    def region(self, aurora: View, balancers: dict[str, Balancer]) -> Region:
        """Return the region as it is; the arguments are what RDS and the load balancers know and tell no client."""
        subnets = {
            item["SubnetId"]: Subnet(item["SubnetId"], item["VpcId"], item["CidrBlock"])
            for item in self._all("describe_subnets", "Subnets")
        }
        groups = self._all("describe_security_groups", "SecurityGroups")
        return Region(
            vpcs={
                item["VpcId"]: Vpc(item["VpcId"], item["CidrBlock"], item["IsDefault"])
                for item in self._all("describe_vpcs", "Vpcs")
            },
            subnets=subnets,
            groups={item["GroupId"]: tuple(map(rule_of, item["IpPermissions"])) for item in groups},
            outbound={item["GroupId"]: tuple(map(rule_of, item["IpPermissionsEgress"])) for item in groups},
            instances=self.instances(),
            clusters=aurora.clusters,
            snapshots=aurora.snapshots,
            storage_keys=aurora.keys,
            balancers=balancers,
        )

    def _all(self, operation: str, key: str) -> list[dict[str, Any]]:
        return [item for page in self.ec2.get_paginator(operation).paginate() for item in page[key]]

    def instances(self) -> dict[str, Instance]:
        """Return the instances that have not been terminated, by id."""
        return {
            item["InstanceId"]: instance_of(reservation["ReservationId"], item)
            for reservation in self._all("describe_instances", "Reservations")
            for item in reservation["Instances"]
            if item["State"]["Name"] in LIVING_STATES
        }

    def public_keys(self) -> dict[str, str]:
        """Return the public part of each key pair, in OpenSSH's format, by name."""
        pairs = self.ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"]
        return {pair["KeyName"]: pair["PublicKey"].strip() for pair in pairs if pair.get("PublicKey")}

    def user_data(self, instance_id: str) -> str:
        """Return an instance's user data; bytes that are no UTF-8 come as surrogates."""
        answer = self.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        encoded = answer.get("UserData", {}).get("Value", "")
        return base64.b64decode(encoded).decode(errors="surrogateescape")

    def role_arn(self, profile_arn: str) -> str | None:
        """Return the role of an instance profile, or None where it has none."""
        name = profile_arn.rpartition("/")[2]
        roles = self.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
        return str(roles[0]["Arn"]) if roles else None


def rule_of(permission: dict[str, Any]) -> Rule:
    """Return a permission of DescribeSecurityGroups as a rule."""
    return Rule(
        protocol=str(permission["IpProtocol"]),
        first_port=permission.get("FromPort"),
        last_port=permission.get("ToPort"),
        cidrs=tuple(entry["CidrIp"] for entry in permission.get("IpRanges", [])),
        group_ids=tuple(entry["GroupId"] for entry in permission.get("UserIdGroupPairs", [])),
    )


def instance_of(reservation_id: str, item: dict[str, Any]) -> Instance:
    """Return an instance of DescribeInstances."""
    return Instance(
        instance_id=item["InstanceId"],
        state=item["State"]["Name"],
        vpc_id=item["VpcId"],
        subnet_id=item["SubnetId"],
        address=item["PrivateIpAddress"],
        public_address=item.get("PublicIpAddress") or None,
        group_ids=tuple(group["GroupId"] for group in item.get("SecurityGroups", [])),
        group_names=tuple(group["GroupName"] for group in item.get("SecurityGroups", [])),
        image_id=item["ImageId"],
        instance_type=item["InstanceType"],
        zone=item["Placement"]["AvailabilityZone"],
        key_name=item.get("KeyName") or None,
        profile_arn=item.get("IamInstanceProfile", {}).get("Arn"),
        interface_id=next((nic["NetworkInterfaceId"] for nic in item.get("NetworkInterfaces", [])), ""),
        reservation_id=reservation_id,
        metadata_options=item.get("MetadataOptions", {}),
        tags={tag["Key"]: tag["Value"] for tag in item.get("Tags", [])},
    )
