# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers, listeners and rules as the API describes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from nodeops_lab.api import balancing
from nodeops_lab.certificates import Authority

from .conftest import REGION, Clients, Network


@pytest.fixture
def outside(client: Clients, network: Network) -> Network:
    """The network, with an internet gateway."""
    ec2 = client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc_id)
    return network


Create = Callable[..., dict[str, Any]]


@pytest.fixture
def balancer(client: Clients, outside: Network) -> Iterator[Create]:
    """Return a function that creates a load balancer in the public subnets."""
    elbv2 = client("elbv2")
    made = []

    def create(**parameters: Any) -> dict[str, Any]:
        if "SubnetMappings" not in parameters:
            parameters.setdefault("Subnets", outside.public)
        created = elbv2.create_load_balancer(**{"Name": outside.name, **parameters})["LoadBalancers"][0]
        made.append(created["LoadBalancerArn"])
        return dict(created)

    yield create
    for arn in made:
        protected = [{"Key": "deletion_protection.enabled", "Value": "false"}]
        try:
            elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protected)
        except elbv2.exceptions.LoadBalancerNotFoundException:
            continue
        elbv2.delete_load_balancer(LoadBalancerArn=arn)


@pytest.fixture
def target_group(client: Clients, network: Network) -> str:
    made = client("elbv2").create_target_group(Name=network.name, Protocol="HTTP", Port=6688, VpcId=network.vpc_id)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


@pytest.fixture
def certificate(client: Clients, tmp_path: Any) -> str:
    authority = Authority(tmp_path)
    authority.create("Office")
    issued, key = authority.issue(["node.example.org"])
    answer = client("acm").import_certificate(
        Certificate=issued, PrivateKey=key, CertificateChain=authority.certificate_pem
    )
    return str(answer["CertificateArn"])


def refused(code: str, call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    assert raised.value.response["Error"]["Code"] == code
    return str(raised.value.response["Error"]["Message"])


NOWHERE = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


@pytest.mark.patch("elbv2.attributes")
def test_attributes_are_those_of_the_type(client: Clients, balancer: Create) -> None:
    elbv2 = client("elbv2")
    arn = balancer()["LoadBalancerArn"]
    found = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    values = {item["Key"]: item["Value"] for item in found}
    assert values["routing.http.drop_invalid_header_fields.enabled"] == "false"
    assert (values["idle_timeout.timeout_seconds"], values["load_balancing.cross_zone.enabled"]) == ("60", "true")

    def modify(key: str, value: str) -> Any:
        return elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])

    refused("ValidationError", modify, key="idle_timeout.timeout_seconds", value="4001")
    refused("InvalidConfigurationRequest", modify, key="dns_record.client_routing_policy", value="any")
    modify("idle_timeout.timeout_seconds", "4000")
    found = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "4000"} in found


@pytest.mark.patch("elbv2.creation")
def test_a_load_balancer_is_checked_and_named(client: Clients, balancer: Create, outside: Network) -> None:
    elbv2 = client("elbv2")
    made = balancer(Tags=[{"Key": "a", "Value": "b"}])
    assert (made["Scheme"], made["State"]["Code"]) == ("internet-facing", "provisioning")
    assert re.fullmatch(rf"{outside.name}-\d+\.{REGION}\.elb\.amazonaws\.com", made["DNSName"])
    assert len(made["SecurityGroups"]) == 1, "the network's default group"
    assert balancer()["LoadBalancerArn"] == made["LoadBalancerArn"]
    refused("DuplicateLoadBalancerName", balancer, Scheme="internal")
    refused("NotImplemented", balancer, Name="ipv6", IpAddressType="dualstack")
    refused("ValidationError", balancer, Name="one-zone", Subnets=outside.public[:1])
    refused("InvalidConfigurationRequest", balancer, Name="x", Subnets=[outside.public[0], outside.private[0]])
    network = balancer(Name=f"{outside.name}-p", Type="network", Tags=[{"Key": "c", "Value": "d"}])
    arn = network["LoadBalancerArn"]
    assert ":loadbalancer/net/" in arn
    assert network["DNSName"] == f"{outside.name}-p-{arn.rpartition('/')[2]}.elb.{REGION}.amazonaws.com"
    assert elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == [{"Key": "c", "Value": "d"}]
    assert [item["LoadBalancerName"] for item in elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]]
    assert balancer(Name=f"{outside.name}-i", Scheme="internal")["DNSName"].startswith("internal-")


@pytest.mark.patch("elbv2.creation")
def test_facing_the_internet_needs_a_gateway(client: Clients, network: Network) -> None:
    create = client("elbv2").create_load_balancer
    message = refused("InvalidSubnet", create, Name=network.name, Subnets=network.public)
    assert message == f"VPC {network.vpc_id} has no internet gateway"
    made = create(Name=network.name, Subnets=network.private, Scheme="internal")["LoadBalancers"][0]
    client("elbv2").delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


def interfaces(client: Clients, arn: str) -> list[dict[str, Any]]:
    description = f"ELB {arn.partition('loadbalancer/')[2]}"
    found = client("ec2").describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
    return list(found["NetworkInterfaces"])


@pytest.mark.patch("elbv2.node_interfaces")
def test_each_zone_has_an_interface_with_a_public_address(client: Clients, balancer: Create, outside: Network) -> None:
    elbv2, ec2 = client("elbv2"), client("ec2")
    group_id = ec2.create_security_group(GroupName=f"{outside.name}-lb", Description="lb", VpcId=outside.vpc_id)
    arn = balancer(SecurityGroups=[group_id["GroupId"]])["LoadBalancerArn"]
    found = interfaces(client, arn)
    assert {item["SubnetId"] for item in found} == set(outside.public)
    assert {item["Groups"][0]["GroupId"] for item in found} == {group_id["GroupId"]}
    assert len({item["Association"]["PublicIp"] for item in found}) == 2
    elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[outside.group_id])
    assert {item["Groups"][0]["GroupId"] for item in interfaces(client, arn)} == {outside.group_id}
    elbv2.set_subnets(LoadBalancerArn=arn, Subnets=outside.private)
    assert {item["SubnetId"] for item in interfaces(client, arn)} == set(outside.private)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert interfaces(client, arn) == []


@pytest.mark.patch("elbv2.node_interfaces")
def test_a_network_load_balancer_takes_elastic_addresses(client: Clients, balancer: Create, outside: Network) -> None:
    elbv2, ec2 = client("elbv2"), client("ec2")
    elastic = ec2.allocate_address(Domain="vpc")
    mapping = {"SubnetId": outside.public[0], "AllocationId": elastic["AllocationId"]}
    made = balancer(Type="network", SubnetMappings=[mapping])
    address = {"IpAddress": elastic["PublicIp"], "AllocationId": elastic["AllocationId"]}
    assert made["AvailabilityZones"][0]["LoadBalancerAddresses"] == [address]
    interface = interfaces(client, made["LoadBalancerArn"])[0]
    assert interface["Association"]["PublicIp"] == elastic["PublicIp"]
    assert interface["Groups"] == []
    refused("ResourceInUse", balancer, Name="other", Type="network", SubnetMappings=[mapping])
    unknown = {**mapping, "AllocationId": "eipalloc-0"}
    refused("AllocationIdNotFound", balancer, Name="other", Type="network", SubnetMappings=[unknown])
    assert not elbv2.describe_load_balancers()["LoadBalancers"][1:]
    private = f"{outside.prefix}.2.77"
    mapping = {"SubnetId": outside.private[0], "PrivateIPv4Address": private}
    inner = balancer(Name=f"{outside.name}-i", Type="network", Scheme="internal", SubnetMappings=[mapping])
    assert inner["AvailabilityZones"][0]["LoadBalancerAddresses"] == [{"PrivateIPv4Address": private}]
    elbv2.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[elastic["AllocationId"]])["Addresses"][0]
    ec2.release_address(AllocationId=elastic["AllocationId"])


@pytest.mark.patch("elbv2.state")
def test_active_means_that_the_nodes_answer(client: Clients, balancer: Create) -> None:
    arn = balancer()["LoadBalancerArn"]

    def state() -> str:
        found = client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
        return str(found["State"]["Code"])

    assert state() == "provisioning"
    balancing.report({}, {arn})
    assert state() == "active"
    balancing.report({}, set())


@pytest.mark.patch("elbv2.deletion_protection")
def test_a_protected_load_balancer_stays(client: Clients, balancer: Create) -> None:
    elbv2 = client("elbv2")
    arn = balancer()["LoadBalancerArn"]
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    refused("OperationNotPermitted", elbv2.delete_load_balancer, LoadBalancerArn=arn)
    assert elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]


@pytest.mark.patch("elbv2.listeners")
def test_a_listener_is_checked(client: Clients, balancer: Create, certificate: str) -> None:
    elbv2 = client("elbv2")
    arn = balancer()["LoadBalancerArn"]
    plain = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": NOWHERE}
    secure = {**plain, "Protocol": "HTTPS", "Port": 443}
    listener = elbv2.create_listener(**plain)["Listeners"][0]
    assert "SslPolicy" not in listener
    refused("DuplicateListener", elbv2.create_listener, **plain)
    refused("ValidationError", elbv2.create_listener, **secure)
    unknown = [{"CertificateArn": certificate[:-4] + "0000"}]
    refused("CertificateNotFound", elbv2.create_listener, **secure, Certificates=unknown)
    pending = client("acm").request_certificate(DomainName="pending.example.org", ValidationMethod="DNS")
    with_pending = [{"CertificateArn": pending["CertificateArn"]}]
    refused("UnsupportedCertificate", elbv2.create_listener, **secure, Certificates=with_pending)
    known = [{"CertificateArn": certificate}]
    refused("SSLPolicyNotFound", elbv2.create_listener, **secure, Certificates=known, SslPolicy="ELBSecurityPolicy-0")
    made = elbv2.create_listener(**secure, Certificates=known)["Listeners"][0]
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    refused("DuplicateListener", elbv2.modify_listener, ListenerArn=made["ListenerArn"], Port=80)
    refused(
        "UnsupportedCertificate",
        elbv2.add_listener_certificates,
        ListenerArn=made["ListenerArn"],
        Certificates=with_pending,
    )
    changed = elbv2.modify_listener(ListenerArn=made["ListenerArn"], Protocol="HTTP", Port=8080)["Listeners"][0]
    assert (changed["Protocol"], changed["Port"], changed.get("Certificates", [])) == ("HTTP", 8080, [])
    peers = balancer(Name="peers-udp", Type="network")["LoadBalancerArn"]
    refused("NotImplemented", elbv2.create_listener, **{**plain, "LoadBalancerArn": peers, "Protocol": "UDP"})
    elbv2.delete_listener(ListenerArn=made["ListenerArn"])


@pytest.mark.patch("elbv2.rules_by_priority")
def test_rules_stand_in_the_order_of_their_priorities(client: Clients, balancer: Create) -> None:
    elbv2 = client("elbv2")
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer()["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=NOWHERE
    )["Listeners"][0]["ListenerArn"]
    rule = {
        "ListenerArn": listener,
        "Conditions": [{"Field": "path-pattern", "Values": ["/a"]}],
        "Actions": NOWHERE,
    }
    for priority in (20, 3):
        elbv2.create_rule(**rule, Priority=priority)
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [item["Priority"] for item in rules] == ["3", "20", "default"]
    refused("ValidationError", elbv2.create_rule, **rule, Priority=50001)


@pytest.mark.patch("elbv2.actions_and_conditions")
def test_what_no_proxy_carries_out_is_refused(client: Clients, balancer: Create) -> None:
    elbv2 = client("elbv2")
    parameters = {"LoadBalancerArn": balancer()["LoadBalancerArn"], "Protocol": "HTTP", "Port": 80}
    login = {
        "Type": "authenticate-cognito",
        "Order": 1,
        "AuthenticateCognitoConfig": {"UserPoolArn": "a", "UserPoolClientId": "b", "UserPoolDomain": "c"},
    }
    refused("NotImplemented", elbv2.create_listener, **parameters, DefaultActions=[login, *NOWHERE])


@pytest.mark.patch("elbv2_targets.load_balancers_of_a_group")
def test_a_target_group_names_the_load_balancer_that_uses_it(
    client: Clients, balancer: Create, target_group: str, outside: Network
) -> None:
    elbv2 = client("elbv2")
    arn = balancer()["LoadBalancerArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]

    def users() -> list[str]:
        found = elbv2.describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"][0]
        return list(found.get("LoadBalancerArns", []))

    listener = elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    assert users() == [arn]
    refused("ResourceInUse", elbv2.delete_target_group, TargetGroupArn=target_group)
    other = balancer(Name=f"{outside.name}-2")["LoadBalancerArn"]
    parameters = {"Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
    refused("TargetGroupAssociationLimit", elbv2.create_listener, LoadBalancerArn=other, **parameters)
    peers = balancer(Name=f"{outside.name}-3", Type="network")["LoadBalancerArn"]
    tcp = {**parameters, "Protocol": "TCP"}
    refused("IncompatibleProtocols", elbv2.create_listener, LoadBalancerArn=peers, **tcp)
    elbv2.delete_listener(ListenerArn=listener["Listeners"][0]["ListenerArn"])
    assert users() == []
    elbv2.delete_target_group(TargetGroupArn=target_group)
