# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups: spreading, replacing, describing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest

if TYPE_CHECKING:
    from conftest import Group, Network, Template

Clients = Callable[[str], Any]
Groups = Callable[..., "Group"]
Templates = Callable[..., "Template"]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def zones(group: Group) -> Counter[str]:
    return Counter(instance["AvailabilityZone"] for instance in group.describe()["Instances"])


@pytest.mark.patch("autoscaling.launch_and_spread")
def test_instances_are_spread_over_the_subnets(group: Groups, network: Network) -> None:
    created = group(size=5)
    assert sorted(zones(created).values()) == [2, 3]
    assert {instance["SubnetId"] for instance in created.instances()} == set(network.private)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=2)
    assert zones(created) == Counter({"us-east-1a": 1, "us-east-1b": 1})
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=4)
    assert zones(created) == Counter({"us-east-1a": 2, "us-east-1b": 2})


@pytest.mark.patch("autoscaling.launch_and_spread")
def test_instances_come_from_the_version_of_the_group(client: Clients, group: Groups, template: Templates) -> None:
    first = template(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 10}}])
    client("ec2").create_launch_template_version(
        LaunchTemplateName=first.name,
        LaunchTemplateData={
            **first.data,
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}],
        },
    )
    created = group(size=1, from_template=first)
    (instance,) = created.instances()
    volume_id = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["Size"] == 20


@pytest.mark.patch("autoscaling.instance_template_version")
def test_instance_tells_the_version_that_it_came_from(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=1, from_template=first)
    client("ec2").create_launch_template_version(LaunchTemplateName=first.name, LaunchTemplateData=first.data)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=2)
    versions = sorted(instance["LaunchTemplate"]["Version"] for instance in created.describe()["Instances"])
    assert versions == ["1", "2"]


def test_tags_of_the_group_win(group: Groups, template: Templates) -> None:
    first = template(
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "role", "Value": "template"}, {"Key": "own", "Value": "kept"}],
            }
        ]
    )
    created = group(
        size=1,
        from_template=first,
        Tags=[
            {"Key": "role", "Value": "group", "PropagateAtLaunch": True},
            {"Key": "here", "Value": "only", "PropagateAtLaunch": False},
        ],
    )
    (instance,) = created.instances()
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"] if not tag["Key"].startswith("aws:ec2")}
    assert tags == {"role": "group", "own": "kept", "aws:autoscaling:groupName": created.name}


@pytest.mark.patch("autoscaling.sorted_tags")
def test_tags_are_sorted_by_key(group: Groups) -> None:
    created = group(size=0, Tags=[{"Key": key, "Value": "x", "PropagateAtLaunch": True} for key in ("b", "c", "a")])
    assert [tag["Key"] for tag in created.describe()["Tags"]] == ["a", "b", "c"]
    created.autoscaling.create_or_update_tags(
        Tags=[
            {
                "ResourceId": created.name,
                "ResourceType": "auto-scaling-group",
                "Key": "aa",
                "Value": "x",
                "PropagateAtLaunch": True,
            }
        ]
    )
    assert [tag["Key"] for tag in created.describe()["Tags"]] == ["a", "aa", "b", "c"]


def target_group(client: Clients, network: Network) -> str:
    return str(
        client("elbv2").create_target_group(Name=network.name, Protocol="HTTP", Port=6688, VpcId=network.vpc_id)[
            "TargetGroups"
        ][0]["TargetGroupArn"]
    )


@pytest.mark.patch("autoscaling.replacement_of_terminated")
def test_terminated_instance_is_replaced_in_its_zone_and_as_target(
    client: Clients, group: Groups, network: Network
) -> None:
    arn = target_group(client, network)
    created = group(size=2, TargetGroupARNs=[arn], HealthCheckGracePeriod=300)
    before = created.instance_ids()
    lost = min(before)
    client("ec2").terminate_instances(InstanceIds=[lost])
    after = created.instance_ids()
    assert len(after) == 2
    assert after & before == before - {lost}
    assert zones(created) == Counter({"us-east-1a": 1, "us-east-1b": 1})
    targets = client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert {target["Target"]["Id"] for target in targets} == after


@pytest.mark.patch("autoscaling.set_health")
def test_unhealthy_instance_is_replaced(client: Clients, group: Groups) -> None:
    created = group(size=2, HealthCheckGracePeriod=300)
    before = created.instance_ids()
    sick = max(before)
    created.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    assert created.instance_ids() == before, "the grace period is respected by default"
    health = {instance["InstanceId"]: instance["HealthStatus"] for instance in created.describe()["Instances"]}
    assert health[sick] == "Healthy"
    created.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    assert eventually(lambda: sick not in created.instance_ids())
    assert len(created.instance_ids() - before) == 1
    state = client("ec2").describe_instances(InstanceIds=[sick])["Reservations"][0]["Instances"][0]["State"]["Name"]
    assert state == "terminated"
    with pytest.raises(botocore.exceptions.ClientError, match="No managed instance found for instance ID: i-0"):
        created.autoscaling.set_instance_health(InstanceId="i-0", HealthStatus="Unhealthy")


def test_stopped_instance_is_replaced(client: Clients, group: Groups) -> None:
    created = group(size=1, HealthCheckGracePeriod=300)
    before = created.instance_ids()
    client("ec2").stop_instances(InstanceIds=sorted(before))
    assert eventually(lambda: not created.instance_ids() & before)
    assert len(created.instance_ids()) == 1


def test_suspended_processes_hold(client: Clients, group: Groups) -> None:
    created = group(size=1)
    before = created.instance_ids()
    created.autoscaling.suspend_processes(AutoScalingGroupName=created.name, ScalingProcesses=["ReplaceUnhealthy"])
    created.autoscaling.set_instance_health(InstanceId=min(before), HealthStatus="Unhealthy")
    # Longer than the keeper's interval of 1 s.
    assert not eventually(lambda: created.instance_ids() != before, seconds=2.5)
    created.autoscaling.resume_processes(AutoScalingGroupName=created.name, ScalingProcesses=["ReplaceUnhealthy"])
    assert eventually(lambda: not created.instance_ids() & before)


def test_standby_is_left_alone(client: Clients, group: Groups) -> None:
    created = group(size=2)
    standby = min(created.instance_ids())
    created.autoscaling.enter_standby(
        AutoScalingGroupName=created.name, InstanceIds=[standby], ShouldDecrementDesiredCapacity=True
    )
    client("ec2").stop_instances(InstanceIds=[standby])
    assert not eventually(lambda: standby not in created.instance_ids(), seconds=2.5)


@pytest.mark.patch("autoscaling.scaling_activities")
def test_activities_are_told_newest_first(client: Clients, group: Groups) -> None:
    created = group(size=1)
    (lost,) = created.instance_ids()
    client("ec2").terminate_instances(InstanceIds=[lost])
    (new,) = created.instance_ids()
    activities = created.autoscaling.describe_scaling_activities(AutoScalingGroupName=created.name)["Activities"]
    assert [(activity["Description"], activity["StatusCode"]) for activity in activities] == [
        (f"Launching a new EC2 instance: {new}", "Successful"),
        (f"Terminating EC2 instance: {lost}", "Successful"),
        (f"Launching a new EC2 instance: {lost}", "Successful"),
    ]
    wanted = activities[1]["ActivityId"]
    one = created.autoscaling.describe_scaling_activities(ActivityIds=[wanted], AutoScalingGroupName=created.name)
    assert [activity["ActivityId"] for activity in one["Activities"]] == [wanted]


@pytest.mark.patch("autoscaling.metrics_collection")
def test_metrics_collection_can_be_disabled(group: Groups) -> None:
    created = group(size=0)
    named = {"AutoScalingGroupName": created.name}
    created.autoscaling.enable_metrics_collection(
        **named, Granularity="1Minute", Metrics=["GroupMinSize", "GroupMaxSize"]
    )
    created.autoscaling.disable_metrics_collection(**named, Metrics=["GroupMinSize"])
    assert [metric["Metric"] for metric in created.describe()["EnabledMetrics"]] == ["GroupMaxSize"]
    created.autoscaling.disable_metrics_collection(**named)
    assert created.describe()["EnabledMetrics"] == []


@pytest.mark.patch("autoscaling.deletion_of_used_group")
def test_used_group_is_not_deleted_unless_forced(group: Groups) -> None:
    created = group(size=1)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceInUse"):
        created.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=created.name)
    assert len(created.instance_ids()) == 1


@pytest.mark.patch("autoscaling.default_grace_period")
@pytest.mark.parametrize(
    ("given", "expected"), [({}, 0), ({"HealthCheckGracePeriod": 0}, 0), ({"HealthCheckGracePeriod": 60}, 60)]
)
def test_grace_period(group: Groups, given: dict[str, int], expected: int) -> None:
    assert group(size=0, **given).describe()["HealthCheckGracePeriod"] == expected
