# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interface endpoints: their interfaces, names, changes and end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest

if TYPE_CHECKING:
    from conftest import Network

Clients = Callable[[str], Any]
SERVICE = "com.amazonaws.us-east-1.secretsmanager"


@pytest.fixture
def ec2(client: Clients, network: Network) -> Any:
    made = client("ec2")
    made.modify_vpc_attribute(VpcId=network.vpc_id, EnableDnsHostnames={"Value": True})
    return made


def create(ec2: Any, network: Network, **more: Any) -> Any:
    given = {
        "VpcId": network.vpc_id,
        "VpcEndpointType": "Interface",
        "ServiceName": SERVICE,
        "SubnetIds": network.private,
        "SecurityGroupIds": [network.group_id],
        **more,
    }
    return ec2.create_vpc_endpoint(**given)["VpcEndpoint"]


def interfaces(ec2: Any, endpoint_id: str) -> list[tuple[str, list[str]]]:
    """Subnet and groups of each interface of an endpoint."""
    endpoint = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"][0]
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])["NetworkInterfaces"]
    return sorted((item["SubnetId"], [group["GroupId"] for group in item["Groups"]]) for item in found)


@pytest.mark.patch("ec2_endpoints.interface_endpoints")
def test_its_interfaces_are_in_its_subnets_and_groups_whatever_is_changed(ec2: Any, network: Network) -> None:
    endpoint = create(ec2, network)
    assert endpoint["PrivateDnsEnabled"]
    assert interfaces(ec2, endpoint["VpcEndpointId"]) == sorted((item, [network.group_id]) for item in network.private)
    other = ec2.create_security_group(GroupName="other", Description="-", VpcId=network.vpc_id)["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint["VpcEndpointId"],
        AddSubnetIds=[network.public[1]],
        RemoveSubnetIds=[network.private[1]],
        AddSecurityGroupIds=[other],
        RemoveSecurityGroupIds=[network.group_id],
        PrivateDnsEnabled=False,
    )
    changed = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])["VpcEndpoints"][0]
    assert changed["PrivateDnsEnabled"] is False
    assert interfaces(ec2, endpoint["VpcEndpointId"]) == sorted(
        [(network.private[0], [other]), (network.public[1], [other])]
    )


@pytest.mark.patch("ec2_endpoints.interface_endpoints")
def test_a_service_has_private_names_once_in_a_network(ec2: Any, network: Network) -> None:
    first = create(ec2, network)["VpcEndpointId"]
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidParameter.*conflicting DNS domain"):
        create(ec2, network)
    second = create(ec2, network, PrivateDnsEnabled=False)["VpcEndpointId"]
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidParameter.*conflicting DNS domain"):
        ec2.modify_vpc_endpoint(VpcEndpointId=second, PrivateDnsEnabled=True)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[first])
    ec2.modify_vpc_endpoint(VpcEndpointId=second, PrivateDnsEnabled=True)


@pytest.mark.patch("ec2_endpoints.interface_endpoints")
def test_private_names_need_names_in_the_network(client: Clients, network: Network) -> None:
    client("ec2").modify_vpc_attribute(VpcId=network.vpc_id, EnableDnsHostnames={"Value": False})
    with pytest.raises(botocore.exceptions.ClientError, match="requires both enableDnsSupport and enableDnsHostnames"):
        create(client("ec2"), network)


@pytest.mark.patch("ec2_endpoints.interface_endpoints")
def test_a_deleted_one_is_gone_with_its_interfaces(ec2: Any, network: Network) -> None:
    endpoint_id = create(ec2, network)["VpcEndpointId"]
    held = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"][0]["NetworkInterfaceIds"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint_id])
    everywhere = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [network.vpc_id]}])["VpcEndpoints"]
    assert everywhere == []
    left = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert [item for item in left if item["NetworkInterfaceId"] in held] == []
