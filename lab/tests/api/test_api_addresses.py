# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: the pure choice, and what the API hands out."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from nodeops_lab.api.addresses import AddressRing, NoFreeAddressError

if TYPE_CHECKING:
    from conftest import Network

Clients = Callable[[str], Any]
PUBLIC = ipaddress.IPv4Network("198.19.81.0/26")


def test_ring_gives_back_a_released_address_last() -> None:
    ring = AddressRing("10.0.0.0/29", skip_first=4)
    taken: set[str] = set()
    first = ring.take(taken.__contains__)
    assert first == "10.0.0.4"
    assert [ring.take({first}.__contains__) for _ in range(2)] == ["10.0.0.5", "10.0.0.6"]
    assert ring.take(taken.__contains__) == first


def test_ring_is_exhausted_without_the_last_address() -> None:
    ring = AddressRing("10.0.0.0/29", skip_first=4)
    with pytest.raises(NoFreeAddressError, match=r"^all addresses of 10\.0\.0\.0/29 are taken$"):
        ring.take({"10.0.0.4", "10.0.0.5", "10.0.0.6"}.__contains__)


@pytest.mark.parametrize("cidr", ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.1/24", "fd00::/64"])
def test_ring_needs_a_block_with_addresses(cidr: str) -> None:
    with pytest.raises(ValueError, match=cidr.partition("/")[0]):
        AddressRing(cidr, skip_first=4)


def run(client: Clients, image: str, subnet_id: str, count: int = 1) -> list[dict[str, Any]]:
    ec2 = client("ec2")
    launched = ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=count, MaxCount=count, SubnetId=subnet_id
    )["Instances"]
    described = ec2.describe_instances(InstanceIds=[instance["InstanceId"] for instance in launched])
    return [instance for reservation in described["Reservations"] for instance in reservation["Instances"]]


def allocate(ec2: Any, count: int) -> list[dict[str, Any]]:
    return [ec2.allocate_address(Domain="vpc") for _ in range(count)]


@pytest.mark.patch("ec2_addresses.public_addresses")
def test_public_addresses_are_of_the_lab_and_unique(client: Clients, image: str, network: Network) -> None:
    ec2 = client("ec2")
    instances = run(client, image, network.public[0], 3)
    elastic = allocate(ec2, 3)
    addresses = [instance["PublicIpAddress"] for instance in instances] + [entry["PublicIp"] for entry in elastic]
    assert len(set(addresses)) == 6
    assert all(ipaddress.IPv4Address(address) in PUBLIC for address in addresses)

    released = elastic[0]["PublicIp"]
    ec2.release_address(AllocationId=elastic[0]["AllocationId"])
    later: list[str] = []
    while released not in later and len(later) < PUBLIC.num_addresses:
        later.append(ec2.allocate_address(Domain="vpc")["PublicIp"])
    assert released in later, "a released address comes round again"
    assert len(set(later)) == len(later)
    assert not set(later) & set(addresses[:3])
    with pytest.raises(botocore.exceptions.ClientError, match="AddressLimitExceeded"):
        allocate(ec2, PUBLIC.num_addresses)
    for entry in ec2.describe_addresses()["Addresses"]:
        ec2.release_address(AllocationId=entry["AllocationId"])


def test_private_subnet_gives_no_public_address(client: Clients, image: str, network: Network) -> None:
    assert "PublicIpAddress" not in run(client, image, network.private[0])[0]


@pytest.mark.patch("ec2_addresses.subnet_addresses")
def test_released_private_address_is_not_reused_at_once(client: Clients, image: str, network: Network) -> None:
    first = run(client, image, network.private[0])[0]
    client("ec2").terminate_instances(InstanceIds=[first["InstanceId"]])
    second = run(client, image, network.private[0])[0]
    assert first["PrivateIpAddress"] == f"{network.prefix}.2.4"
    assert second["PrivateIpAddress"] == f"{network.prefix}.2.5"


def test_full_subnet_is_said(client: Clients, image: str, network: Network) -> None:
    ec2 = client("ec2")
    tiny = ec2.create_subnet(VpcId=network.vpc_id, CidrBlock=f"{network.prefix}.9.0/28")["Subnet"]["SubnetId"]
    instances = run(client, image, tiny, 11)
    last = {int(instance["PrivateIpAddress"].split(".")[3]) for instance in instances}
    assert last == set(range(4, 15))
    with pytest.raises(botocore.exceptions.ClientError, match="InsufficientFreeAddressesInSubnet"):
        run(client, image, tiny)


@pytest.mark.patch("ec2_addresses.interface_addresses")
def test_interface_takes_and_releases_an_address(client: Clients, image: str, network: Network) -> None:
    ec2 = client("ec2")
    tiny = ec2.create_subnet(VpcId=network.vpc_id, CidrBlock=f"{network.prefix}.9.0/28")["Subnet"]["SubnetId"]
    interfaces = [ec2.create_network_interface(SubnetId=tiny)["NetworkInterface"] for _ in range(11)]
    last = {int(interface["PrivateIpAddress"].split(".")[3]) for interface in interfaces}
    assert last == set(range(4, 15))
    ec2.delete_network_interface(NetworkInterfaceId=interfaces[3]["NetworkInterfaceId"])
    assert run(client, image, tiny)[0]["PrivateIpAddress"] == interfaces[3]["PrivateIpAddress"]


@pytest.mark.patch("ec2_addresses.nat_gateway_address")
def test_nat_gateway_lies_in_its_subnet(client: Clients, network: Network) -> None:
    ec2 = client("ec2")
    elastic = ec2.allocate_address(Domain="vpc")
    gateway_id = ec2.create_nat_gateway(SubnetId=network.public[0], AllocationId=elastic["AllocationId"])["NatGateway"][
        "NatGatewayId"
    ]
    address = ec2.describe_nat_gateways(NatGatewayIds=[gateway_id])["NatGateways"][0]["NatGatewayAddresses"][0]
    assert address["PublicIp"] == elastic["PublicIp"]
    assert address["PrivateIp"] == f"{network.prefix}.0.4"


@pytest.mark.patch("ec2_addresses.nat_gateway_gone")
def test_nat_gateway_takes_its_interface_along_and_leaves_its_address(client: Clients, network: Network) -> None:
    ec2 = client("ec2")
    elastic = ec2.allocate_address(Domain="vpc")
    gateway = ec2.create_nat_gateway(SubnetId=network.public[0], AllocationId=elastic["AllocationId"])["NatGateway"]
    inside = [{"Name": "subnet-id", "Values": [network.public[0]]}]
    assert len(ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]) == 1
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    assert ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"] == []
    address = ec2.describe_addresses(AllocationIds=[elastic["AllocationId"]])["Addresses"][0]
    assert "AssociationId" not in address
    assert not address.get("NetworkInterfaceId")
    ec2.release_address(AllocationId=elastic["AllocationId"])


@pytest.mark.patch("ec2_addresses.nat_gateway_filters")
def test_nat_gateways_are_found_by_tag(client: Clients, network: Network) -> None:
    ec2 = client("ec2")

    def make(owner: str) -> str:
        tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "owner", "Value": f"{network.name}-{owner}"}]}]
        made = ec2.create_nat_gateway(SubnetId=network.public[0], ConnectivityType="private", TagSpecifications=tags)
        return str(made["NatGateway"]["NatGatewayId"])

    mine, other = make("mine"), make("other")
    by_owner = {"Name": "tag:owner", "Values": [f"{network.name}-mine"]}
    in_state = {"Name": "state", "Values": ["pending", "available"]}
    found = ec2.describe_nat_gateways(Filters=[by_owner, in_state])["NatGateways"]
    assert [gateway["NatGatewayId"] for gateway in found] == [mine]
    by_key = [{"Name": "tag-key", "Values": ["owner"]}, {"Name": "vpc-id", "Values": [network.vpc_id]}]
    assert {item["NatGatewayId"] for item in ec2.describe_nat_gateways(Filters=by_key)["NatGateways"]} >= {mine, other}


@pytest.mark.patch("ec2_networks.network_acls_of_a_network")
def test_a_network_takes_its_acl_along(client: Clients) -> None:
    ec2 = client("ec2")
    network = ec2.create_vpc(CidrBlock="10.99.0.0/24")["Vpc"]["VpcId"]
    inside = [{"Name": "vpc-id", "Values": [network]}]
    assert len(ec2.describe_network_acls(Filters=inside)["NetworkAcls"]) == 1
    ec2.delete_vpc(VpcId=network)
    assert ec2.describe_network_acls(Filters=inside)["NetworkAcls"] == []


@pytest.mark.patch("ec2_tags.natgateway_type")
def test_nat_gateway_tags_are_found_by_type(client: Clients, network: Network) -> None:
    ec2 = client("ec2")
    specification = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": network.name}]}]
    gateway_id = ec2.create_nat_gateway(
        SubnetId=network.public[0], ConnectivityType="private", TagSpecifications=specification
    )["NatGateway"]["NatGatewayId"]
    tags = ec2.describe_tags(
        Filters=[
            {"Name": "resource-id", "Values": [gateway_id]},
            {"Name": "resource-type", "Values": ["natgateway"]},
        ]
    )["Tags"]
    assert tags == [{"Key": "Name", "Value": network.name, "ResourceId": gateway_id, "ResourceType": "natgateway"}]


@pytest.mark.patch("ec2_addresses.endpoint_addresses")
def test_interface_endpoint_lies_in_its_subnets(client: Clients, network: Network) -> None:
    ec2 = client("ec2")
    interface_ids = ec2.create_vpc_endpoint(
        VpcId=network.vpc_id,
        ServiceName="com.amazonaws.us-east-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=network.private,
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]["NetworkInterfaceIds"]
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=interface_ids)["NetworkInterfaces"]
    addresses = {interface["PrivateIpAddress"] for interface in interfaces}
    assert addresses == {f"{network.prefix}.2.4", f"{network.prefix}.3.4"}
