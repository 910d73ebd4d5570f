# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target groups and targets as the API describes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nodeops_lab.api import balancing
from nodeops_lab.api.balancing import NodeReport, snapshot
from nodeops_lab.api.target_health import Health

from .conftest import REGION, Clients, Group, Network
from .test_api_load_balancers import Create, balancer, outside, refused, target_group

__all__ = ["balancer", "outside", "target_group"]

CHECKS = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "UnhealthyThresholdCount": 2}


@pytest.fixture
def instances(client: Clients, network: Network, image: str) -> list[str]:
    """An instance in each zone."""
    return [
        client("ec2").run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet_id)[
            "Instances"
        ][0]["InstanceId"]
        for subnet_id in network.private
    ]


Health_ = dict[str, Any]


@pytest.fixture
def health(client: Clients) -> Callable[..., list[Health_]]:
    def describe(group: str, *targets: dict[str, Any]) -> list[Health_]:
        asked = {"Targets": list(targets)} if targets else {}
        answer = client("elbv2").describe_target_health(TargetGroupArn=group, **asked)
        return list(answer["TargetHealthDescriptions"])

    return describe


def reasons(found: list[Health_]) -> list[str]:
    return [item["TargetHealth"].get("Reason", item["TargetHealth"]["State"]) for item in found]


@pytest.mark.patch("elbv2_targets.health_check_settings")
def test_settings_of_health_checks_have_limits(client: Clients, network: Network) -> None:
    elbv2 = client("elbv2")
    common = {"Name": network.name, "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc_id}
    for wrong in (
        {"Matcher": {"HttpCode": "200,500"}},
        {"HealthCheckProtocol": "TCP"},
    ):
        refused("ValidationError", elbv2.create_target_group, **common, **wrong)
    refused("NotImplemented", elbv2.create_target_group, **{**common, "ProtocolVersion": "HTTP2"})
    made = elbv2.create_target_group(**common, **CHECKS)["TargetGroups"][0]
    arn = made["TargetGroupArn"]
    changed = elbv2.modify_target_group(TargetGroupArn=arn, Matcher={"HttpCode": "200,207"})["TargetGroups"][0]
    assert changed["Matcher"] == {"HttpCode": "200,207"}
    refused("ValidationError", elbv2.modify_target_group, TargetGroupArn=arn, HealthCheckTimeoutSeconds=5)
    peers = elbv2.create_target_group(
        **{**common, "Name": f"{network.name}-p", "Protocol": "TCP"}, HealthCheckProtocol="HTTP"
    )["TargetGroups"][0]
    assert (peers["Matcher"], peers["HealthCheckTimeoutSeconds"]) == ({"HttpCode": "200-399"}, 6)


@pytest.mark.patch("elbv2_targets.group_attributes")
def test_attributes_that_no_proxy_carries_out_are_refused(client: Clients, network: Network, target_group: str) -> None:
    elbv2 = client("elbv2")
    attributes = [
        {"Key": "stickiness.enabled", "Value": "true"},
        {"Key": "stickiness.type", "Value": "app_cookie"},
        {"Key": "stickiness.app_cookie.cookie_name", "Value": "session"},
    ]
    refused("NotImplemented", elbv2.modify_target_group_attributes, TargetGroupArn=target_group, Attributes=attributes)
    peers = elbv2.create_target_group(Name=f"{network.name}-p", Protocol="TCP", Port=6690, VpcId=network.vpc_id)
    arn = peers["TargetGroups"][0]["TargetGroupArn"]
    found = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    assert {"Key": "preserve_client_ip.enabled", "Value": "true"} in found


@pytest.mark.patch("elbv2_targets.registration")
def test_targets_are_registered_by_id_and_port(
    client: Clients, network: Network, target_group: str, instances: list[str], health: Callable[..., list[Health_]]
) -> None:
    elbv2, ec2 = client("elbv2"), client("ec2")
    first = instances[0]
    elbv2.register_targets(TargetGroupArn=target_group, Targets=[{"Id": first}, {"Id": first, "Port": 81}])
    assert {item["Target"]["Port"] for item in health(target_group)} == {6688, 81}
    refused("InvalidTarget", elbv2.register_targets, TargetGroupArn=target_group, Targets=[{"Id": "i-0123456789"}])
    ec2.stop_instances(InstanceIds=[first])
    elbv2.register_targets(TargetGroupArn=target_group, Targets=[{"Id": first}])
    refused("InvalidTarget", elbv2.register_targets, TargetGroupArn=target_group, Targets=[{"Id": first, "Port": 82}])
    by_address = elbv2.create_target_group(
        Name=f"{network.name}-ip", Protocol="HTTP", Port=80, VpcId=network.vpc_id, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    refused("ValidationError", elbv2.register_targets, TargetGroupArn=by_address, Targets=[{"Id": "8.8.8.8"}])
    refused("ValidationError", elbv2.register_targets, TargetGroupArn=by_address, Targets=[{"Id": "192.168.1.1"}])
    elbv2.register_targets(TargetGroupArn=by_address, Targets=[{"Id": f"{network.prefix}.2.9"}])


@pytest.mark.patch("elbv2_targets.deregistration")
def test_deregistered_targets_drain(
    client: Clients,
    balancer: Create,
    target_group: str,
    instances: list[str],
    health: Callable[..., list[Health_]],
) -> None:
    elbv2 = client("elbv2")
    targets = [{"Id": instance_id} for instance_id in instances]
    elbv2.register_targets(TargetGroupArn=target_group, Targets=targets)
    elbv2.deregister_targets(TargetGroupArn=target_group, Targets=targets[:1])
    assert [item["Target"]["Id"] for item in health(target_group)] == instances[1:], "no load balancer, no draining"
    elbv2.deregister_targets(TargetGroupArn=target_group, Targets=[{"Id": "i-0123456789"}])
    elbv2.register_targets(TargetGroupArn=target_group, Targets=targets)
    elbv2.create_listener(
        LoadBalancerArn=balancer()["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )
    elbv2.deregister_targets(TargetGroupArn=target_group, Targets=targets[:1])
    client("ec2").terminate_instances(InstanceIds=instances[1:])
    assert reasons(health(target_group)) == ["Target.DeregistrationInProgress"] * 2
    elbv2.modify_target_group_attributes(
        TargetGroupArn=target_group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    )
    elbv2.register_targets(TargetGroupArn=target_group, Targets=targets[:1])
    elbv2.deregister_targets(TargetGroupArn=target_group, Targets=targets[:1])
    assert reasons(health(target_group, targets[0])) == ["Target.NotRegistered"]


@pytest.mark.patch("elbv2_targets.health")
def test_health_is_what_the_nodes_report(
    client: Clients,
    balancer: Create,
    outside: Network,
    target_group: str,
    instances: list[str],
    health: Callable[..., list[Health_]],
) -> None:
    elbv2 = client("elbv2")
    elbv2.register_targets(TargetGroupArn=target_group, Targets=[{"Id": instance_id} for instance_id in instances])
    assert reasons(health(target_group)) == ["Target.NotInUse"] * 2
    arn = balancer()["LoadBalancerArn"]
    elbv2.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )
    assert reasons(health(target_group)) == ["Elb.RegistrationInProgress"] * 2
    assert health(target_group)[0]["HealthCheckPort"] == "6688"
    found = snapshot(REGION)[arn]
    group = found.target_groups[target_group]
    failed = Health("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
    both = [group.check_id(target) for target in group.targets]
    well = NodeReport("g", {check: Health("healthy") for check in both})
    ill = NodeReport("g", {both[0]: failed, both[1]: Health("healthy")})
    balancing.report({"eni-1": well, "eni-2": ill}, {arn})
    assert [item["TargetHealth"] for item in health(target_group)] == [
        {"State": "unhealthy", "Reason": failed.reason, "Description": failed.description},
        {"State": "healthy"},
    ]
    client("ec2").stop_instances(InstanceIds=instances[1:])
    assert reasons(health(target_group))[1] == "Target.InvalidState"
    balancing.report({}, set())
    client("ec2").start_instances(InstanceIds=instances[1:])
    third = client("ec2").create_subnet(
        VpcId=outside.vpc_id, CidrBlock=f"{outside.prefix}.9.0/24", AvailabilityZone=f"{REGION}c"
    )["Subnet"]["SubnetId"]
    elbv2.set_subnets(LoadBalancerArn=arn, Subnets=[outside.public[0], third])
    assert reasons(health(target_group)) == ["Elb.RegistrationInProgress", "Target.NotInUse"]


def test_a_group_registers_its_instances_and_deregisters_the_terminated(
    client: Clients, group: Callable[..., Group], target_group: str, health: Callable[..., list[Health_]]
) -> None:
    nodes = group(2, TargetGroupARNs=[target_group])
    assert {item["Target"]["Id"] for item in health(target_group)} == nodes.instance_ids()
    gone = sorted(nodes.instance_ids())[0]
    client("ec2").terminate_instances(InstanceIds=[gone])
    nodes.until(lambda: gone not in nodes.instance_ids())
    nodes.wait_for(2)
    registered = {item["Target"]["Id"] for item in health(target_group)}
    assert gone not in registered
    assert registered == nodes.instance_ids()
