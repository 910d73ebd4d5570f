# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups: their number, their place, their activities, what they refuse."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from conftest import Group, Network, Template

Clients = Callable[[str], Any]
Groups = Callable[..., "Group"]
Templates = Callable[..., "Template"]


def zones(group: Group) -> Counter[str]:
    return Counter(instance["AvailabilityZone"] for instance in group.describe()["Instances"])


def exists(group: Group) -> bool:
    found = group.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group.name])
    return bool(found["AutoScalingGroups"])


def resize(group: Group, size: int) -> None:
    group.autoscaling.set_desired_capacity(AutoScalingGroupName=group.name, DesiredCapacity=size)
    group.wait_for(size)


def without_times(cause: str) -> str:
    return re.sub(r"At \S+Z ", "At T ", cause)


@pytest.mark.patch("autoscaling.number")
def test_requests_return_before_their_effect(group: Groups) -> None:
    created = group(size=2, wait=False)
    assert set(created.states().values()) <= {"Pending"}
    created.wait_for(2)


def test_instances_are_spread_over_the_subnets(group: Groups, network: Network) -> None:
    created = group(size=5)
    assert sorted(zones(created).values()) == [2, 3]
    assert {instance["SubnetId"] for instance in created.instances()} == set(network.private)
    resize(created, 2)
    assert zones(created) == Counter({"us-east-1a": 1, "us-east-1b": 1})
    resize(created, 4)
    assert zones(created) == Counter({"us-east-1a": 2, "us-east-1b": 2})


def test_full_zone_is_passed_over(client: Clients, group: Groups, network: Network) -> None:
    """AWS launches in another zone where one has no room (user guide, "Distribute instances")."""
    ec2 = client("ec2")
    tiny = ec2.create_subnet(
        VpcId=network.vpc_id, CidrBlock=f"{network.prefix}.200.0/28", AvailabilityZone="us-east-1a"
    )["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=tiny)
    created = group(size=3, VPCZoneIdentifier=f"{tiny},{network.private[1]}")
    assert zones(created) == Counter({"us-east-1b": 3})


@pytest.mark.patch("autoscaling.number")
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


def test_new_version_concerns_new_instances_only(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=1, from_template=first)
    (old,) = created.instance_ids()
    client("ec2").create_launch_template_version(LaunchTemplateName=first.name, LaunchTemplateData=first.data)
    created.stays(lambda: created.instance_ids() == {old})
    resize(created, 2)
    versions = {
        instance["InstanceId"]: instance["LaunchTemplate"]["Version"] for instance in created.describe()["Instances"]
    }
    assert versions.pop(old) == "1"
    assert list(versions.values()) == ["2"]


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


def test_capacity_is_limited(group: Groups) -> None:
    created = group(size=1, MinSize=1, MaxSize=2)
    named = {"AutoScalingGroupName": created.name}
    with pytest.raises(ClientError, match=r"value 3 is above max value 2 for the AutoScalingGroup"):
        created.autoscaling.set_desired_capacity(**named, DesiredCapacity=3)
    with pytest.raises(ClientError, match=r"value 0 is below min value 1 for the AutoScalingGroup"):
        created.autoscaling.set_desired_capacity(**named, DesiredCapacity=0)
    assert created.describe()["DesiredCapacity"] == 1


@pytest.mark.patch("autoscaling.desired_capacity")
def test_cooldown_is_honoured_on_request(group: Groups) -> None:
    created = group(size=1, DefaultCooldown=300)
    named = {"AutoScalingGroupName": created.name, "DesiredCapacity": 2}
    with pytest.raises(ClientError, match="ScalingActivityInProgress"):
        created.autoscaling.set_desired_capacity(**named, HonorCooldown=True)
    created.autoscaling.set_desired_capacity(**named, HonorCooldown=False)
    created.wait_for(2)


@pytest.mark.patch("autoscaling.update")
def test_desired_capacity_follows_the_limits(group: Groups) -> None:
    created = group(size=2, MinSize=0, MaxSize=4)
    named = {"AutoScalingGroupName": created.name}
    created.autoscaling.update_auto_scaling_group(**named, MinSize=3)
    created.wait_for(3)
    created.autoscaling.update_auto_scaling_group(**named, MinSize=0, MaxSize=1)
    created.wait_for(1)
    for sizes, message in (
        ({"MinSize": 3, "MaxSize": 2}, "Max bound, 2, must be greater than or equal to min bound, 3"),
        ({"DesiredCapacity": 9}, "Desired capacity:9 must be between the specified min size:0 and max size:1"),
    ):
        with pytest.raises(ClientError, match=message):
            created.autoscaling.update_auto_scaling_group(**named, **sizes)


@pytest.mark.patch("autoscaling.update")
def test_update_keeps_what_it_does_not_name(group: Groups) -> None:
    created = group(size=0, TerminationPolicies=["OldestInstance"], DefaultCooldown=17, HealthCheckGracePeriod=11)
    named = {"AutoScalingGroupName": created.name}
    created.autoscaling.update_auto_scaling_group(**named, MaxSize=5)
    described = created.describe()
    assert (described["MaxSize"], described["DefaultCooldown"], described["HealthCheckGracePeriod"]) == (5, 17, 11)
    assert described["TerminationPolicies"] == ["OldestInstance"]
    created.autoscaling.update_auto_scaling_group(
        **named, TerminationPolicies=["NewestInstance", "Default"], DefaultCooldown=0, HealthCheckGracePeriod=0
    )
    described = created.describe()
    assert (described["DefaultCooldown"], described["HealthCheckGracePeriod"]) == (0, 0)
    assert described["TerminationPolicies"] == ["NewestInstance", "Default"]


@pytest.mark.patch("autoscaling.warmup")
def test_default_instance_warmup(group: Groups) -> None:
    created = group(size=0, DefaultInstanceWarmup=60)
    assert created.describe()["DefaultInstanceWarmup"] == 60
    created.autoscaling.update_auto_scaling_group(AutoScalingGroupName=created.name, DefaultInstanceWarmup=-1)
    assert "DefaultInstanceWarmup" not in created.describe()


def test_termination_policy_decides_who_goes(group: Groups, network: Network) -> None:
    created = group(size=1, TerminationPolicies=["NewestInstance"], VPCZoneIdentifier=network.private[0])
    oldest = created.instance_ids()
    resize(created, 2)
    resize(created, 1)
    assert created.instance_ids() == oldest
    created.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=created.name, TerminationPolicies=["OldestInstance"]
    )
    resize(created, 2)
    resize(created, 1)
    assert not created.instance_ids() & oldest


@pytest.mark.patch("autoscaling.scaling_activities")
def test_activities_tell_what_was_done_and_why(client: Clients, group: Groups) -> None:
    created = group(size=1)
    (lost,) = created.instance_ids()
    client("ec2").terminate_instances(InstanceIds=[lost])
    created.until(lambda: lost not in created.states())
    created.wait_for(1)
    (new,) = created.instance_ids()
    resize(created, 0)
    activities = created.activities()
    assert [(activity["Description"], activity["StatusCode"]) for activity in activities] == [
        (f"Terminating EC2 instance: {new}", "Successful"),
        (f"Launching a new EC2 instance: {new}", "Successful"),
        (f"Terminating EC2 instance: {lost}", "Successful"),
        (f"Launching a new EC2 instance: {lost}", "Successful"),
    ]
    causes = [without_times(activity["Cause"]) for activity in activities]
    assert causes == [
        "At T a user request explicitly set group desired capacity changing the desired capacity from 1 to 0.  At T an "
        "instance was taken out of service in response to a difference between desired and actual capacity, shrinking "
        f"the capacity from 1 to 0.  At T instance {new} was selected for termination.",
        "At T an instance was launched in response to an unhealthy instance needing to be replaced.",
        "At T an instance was taken out of service in response to an EC2 health check indicating it has been "
        "terminated or stopped.",
        "At T a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  At T an instance "
        "was started in response to a difference between desired and actual capacity, increasing the capacity from 0 "
        "to 1.",
    ]
    assert all(activity["StartTime"] <= activity["EndTime"] and activity["Progress"] == 100 for activity in activities)
    assert json.loads(activities[-1]["Details"])["Availability Zone"] == "us-east-1a"

    wanted = activities[1]["ActivityId"]
    one = created.autoscaling.describe_scaling_activities(ActivityIds=[wanted], AutoScalingGroupName=created.name)
    assert [activity["ActivityId"] for activity in one["Activities"]] == [wanted]
    pages = created.autoscaling.get_paginator("describe_scaling_activities").paginate(
        AutoScalingGroupName=created.name, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["Activities"]) for page in pages] == [3, 1]


def test_activities_of_a_deleted_group_are_kept(group: Groups) -> None:
    created = group(size=1)
    named = {"AutoScalingGroupName": created.name}
    created.autoscaling.delete_auto_scaling_group(**named, ForceDelete=True)
    created.until(lambda: not exists(created))
    assert created.activities() == []
    kept = created.autoscaling.describe_scaling_activities(**named, IncludeDeletedGroups=True)["Activities"]
    assert [activity["Description"].partition(":")[0] for activity in kept] == [
        "Terminating EC2 instance",
        "Launching a new EC2 instance",
    ]


def test_launch_that_fails_is_told_and_tried_again(client: Clients, group: Groups, template: Templates) -> None:
    ec2 = client("ec2")
    source = ec2.run_instances(ImageId=template().data["ImageId"], MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    image_id = ec2.create_image(InstanceId=source, Name=f"lost-{source}")["ImageId"]
    ec2.terminate_instances(InstanceIds=[source])
    first = template(ImageId=image_id)
    created = group(size=0, from_template=first)
    ec2.deregister_image(ImageId=image_id)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=1)
    created.until(created.activities)
    (failed,) = created.activities()
    reason = f"The image id '[{image_id}]' does not exist. Launching EC2 instance failed."
    assert (failed["StatusCode"], failed["StatusMessage"], failed["Progress"]) == ("Failed", reason, 100)
    assert failed["Description"] == f"Launching a new EC2 instance.  Status Reason: {reason}"
    # Not at every look; and again after 5 s.
    created.stays(lambda: len(created.activities()) == 1, seconds=3)
    created.until(lambda: len(created.activities()) == 2)
    # A new version of the template helps without anybody touching the group.
    ec2.create_launch_template_version(
        LaunchTemplateName=first.name, LaunchTemplateData=first.data | {"ImageId": template().data["ImageId"]}
    )
    created.wait_for(1)


@pytest.mark.patch("autoscaling.unknown_groups")
def test_unknown_group(client: Clients) -> None:
    autoscaling = client("autoscaling")
    tag = {"ResourceId": "none", "ResourceType": "auto-scaling-group", "Key": "a", "Value": "b"}
    for operation, arguments in (
        ("create_or_update_tags", {"Tags": [tag]}),
        ("delete_tags", {"Tags": [tag]}),
        ("enable_metrics_collection", {"AutoScalingGroupName": "none", "Granularity": "1Minute"}),
        ("describe_load_balancer_target_groups", {"AutoScalingGroupName": "none"}),
        ("update_auto_scaling_group", {"AutoScalingGroupName": "none"}),
        ("suspend_processes", {"AutoScalingGroupName": "none"}),
    ):
        with pytest.raises(ClientError, match=r"ValidationError.*AutoScalingGroup name not found"):
            getattr(autoscaling, operation)(**arguments)
    assert autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["none"])["AutoScalingGroups"] == []


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


@pytest.mark.patch("autoscaling.deletion")
def test_used_group_is_not_deleted_unless_forced(client: Clients, group: Groups) -> None:
    created = group(size=2)
    named = {"AutoScalingGroupName": created.name}
    with pytest.raises(ClientError, match="ResourceInUse"):
        created.autoscaling.delete_auto_scaling_group(**named)
    ids = sorted(created.instance_ids())
    assert len(ids) == 2
    created.autoscaling.delete_auto_scaling_group(**named, ForceDelete=True)
    described = created.describe()
    assert described["Status"] == "Delete in progress"
    assert (described["MinSize"], described["DesiredCapacity"], described["MaxSize"]) == (0, 0, 0)
    created.until(lambda: not exists(created))
    left = client("ec2").describe_instances(
        InstanceIds=ids, Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    )
    assert left["Reservations"] == []
    with pytest.raises(ClientError, match="AutoScalingGroup name not found"):
        created.autoscaling.delete_auto_scaling_group(**named)


def test_empty_group_is_deleted_at_once(group: Groups) -> None:
    created = group(size=0)
    created.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=created.name)
    assert not exists(created)


@pytest.mark.patch("autoscaling.creation")
@pytest.mark.parametrize(
    ("given", "expected"), [({}, 0), ({"HealthCheckGracePeriod": 0}, 0), ({"HealthCheckGracePeriod": 60}, 60)]
)
def test_grace_period(group: Groups, given: dict[str, int], expected: int) -> None:
    assert group(size=0, **given).describe()["HealthCheckGracePeriod"] == expected


def test_zones_are_told_once_each(group: Groups, network: Network) -> None:
    created = group(size=0, VPCZoneIdentifier=",".join(network.private + network.public))
    assert created.describe()["AvailabilityZones"] == ["us-east-1a", "us-east-1b"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"MinSize": 3, "MaxSize": 2}, "Max bound, 2, must be greater than or equal to min bound, 3"),
    ({"DesiredCapacity": 11}, "Desired capacity:11 must be between the specified min size:0 and max size:10"),
    ({"LaunchTemplate": {"LaunchTemplateName": "none"}}, "You must use a valid fully-formed launch template"),
    ({"LaunchTemplate": {"LaunchTemplateName": "none", "Version": "newest"}}, "Invalid launch template version"),
    ({"LaunchTemplate": {}}, "Valid requests must contain either LaunchTemplate"),
    ({"VPCZoneIdentifier": "subnet-0123456789abcdef0"}, "subnet-0123456789abcdef0"),
    (
        {"TargetGroupARNs": ["arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"]},
        "Provided Target Groups may not",
    ),
    ({"TerminationPolicies": ["Eldest"]}, "Eldest"),
    ({"TerminationPolicies": ["Default", "OldestInstance"]}, "must be the last"),
    ({"LifecycleHookSpecificationList": [{"LifecycleHookName": "a", "LifecycleTransition": "b"}]}, "transition"),
]


@pytest.mark.parametrize(("parameters", "message"), REFUSED)
def test_what_a_new_group_may_not_be(
    client: Clients, template: Templates, network: Network, parameters: dict[str, Any], message: str
) -> None:
    name = f"{network.name}-refused"
    arguments = {
        "LaunchTemplate": {"LaunchTemplateName": template().name},
        "MinSize": 0,
        "MaxSize": 10,
        "VPCZoneIdentifier": network.private[0],
        **parameters,
    }
    with pytest.raises(ClientError, match=message) as refused:
        client("autoscaling").create_auto_scaling_group(AutoScalingGroupName=name, **arguments)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    found = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    assert found["AutoScalingGroups"] == []


@pytest.mark.patch("autoscaling.creation")
def test_name_and_image_of_a_new_group(client: Clients, group: Groups, template: Templates) -> None:
    created = group(size=1)
    before = created.instance_ids()
    arguments = {"MinSize": 0, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"]}
    with pytest.raises(ClientError, match="AlreadyExists"):
        client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=created.name, LaunchTemplate={"LaunchTemplateName": template().name}, **arguments
        )
    assert created.instance_ids() == before
    with pytest.raises(ClientError, match=r"The image id '\[ami-0123456789abcdef0\]' does not exist"):
        client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=f"{created.name}-2",
            LaunchTemplate={"LaunchTemplateName": template(ImageId="ami-0123456789abcdef0").name},
            **arguments,
        )


@pytest.mark.patch("autoscaling_gaps.parameters")
@pytest.mark.parametrize(
    "parameters",
    [
        {"MaxInstanceLifetime": 86400},
        {"PlacementGroup": "close"},
        {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}},
        {"HealthCheckType": "EBS"},
        {"CapacityRebalance": True},
    ],
)
def test_settings_that_nothing_would_follow_from(group: Groups, parameters: dict[str, Any]) -> None:
    created = group(size=0, CapacityRebalance=False, MaxInstanceLifetime=0)
    with pytest.raises(ClientError, match="NotImplemented"):
        created.autoscaling.update_auto_scaling_group(AutoScalingGroupName=created.name, **parameters)


@pytest.mark.patch("autoscaling_gaps.operations")
def test_operations_that_nothing_would_follow_from(group: Groups) -> None:
    created = group(size=0)
    named = {"AutoScalingGroupName": created.name}
    autoscaling = created.autoscaling
    for operation, arguments in (
        ("put_scaling_policy", named | {"PolicyName": "more", "ScalingAdjustment": 1}),
        ("put_scheduled_update_group_action", named | {"ScheduledActionName": "more"}),
        ("put_warm_pool", named),
        ("attach_load_balancers", named | {"LoadBalancerNames": ["classic"]}),
        ("create_launch_configuration", {"LaunchConfigurationName": "old"}),
        ("put_notification_configuration", named | {"TopicARN": "arn", "NotificationTypes": []}),
        ("attach_traffic_sources", named | {"TrafficSources": []}),
    ):
        with pytest.raises(ClientError, match="NotImplemented"):
            getattr(autoscaling, operation)(**arguments)
    assert autoscaling.describe_policies(**named)["ScalingPolicies"] == []
    assert autoscaling.describe_scheduled_actions(**named)["ScheduledUpdateGroupActions"] == []


@pytest.mark.patch("autoscaling_processes.types")
def test_what_there_is(client: Clients) -> None:
    autoscaling = client("autoscaling")
    processes = {item["ProcessName"] for item in autoscaling.describe_scaling_process_types()["Processes"]}
    assert {"Launch", "Terminate", "InstanceRefresh"} <= processes
    assert "OldestLaunchTemplate" in autoscaling.describe_termination_policy_types()["TerminationPolicyTypes"]
