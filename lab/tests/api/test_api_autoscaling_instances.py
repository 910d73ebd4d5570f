# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling's instances: their health, standby, attaching, detaching, protection, processes, target groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from conftest import Group, Network

Clients = Callable[[str], Any]
Groups = Callable[..., "Group"]


def target_group(client: Clients, network: Network) -> str:
    created = client("elbv2").create_target_group(Name=network.name, Protocol="HTTP", Port=6688, VpcId=network.vpc_id)
    return str(created["TargetGroups"][0]["TargetGroupArn"])


def registered(client: Clients, arn: str) -> set[str]:
    found = client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {item["Target"]["Id"] for item in found if item["TargetHealth"]["State"] != "draining"}


def state_of(client: Clients, instance_id: str) -> str:
    reservations = client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(reservations[0]["Instances"][0]["State"]["Name"])


def health(group: Group) -> dict[str, str]:
    return {instance["InstanceId"]: instance["HealthStatus"] for instance in group.describe()["Instances"]}


def suspend(group: Group, *processes: str) -> None:
    group.autoscaling.suspend_processes(AutoScalingGroupName=group.name, ScalingProcesses=list(processes))


def resume(group: Group, *processes: str) -> None:
    group.autoscaling.resume_processes(AutoScalingGroupName=group.name, ScalingProcesses=list(processes))


@pytest.mark.patch("autoscaling_instances.termination_elsewhere")
def test_terminated_instance_is_replaced_in_its_zone_and_as_target(
    client: Clients, group: Groups, network: Network
) -> None:
    arn = target_group(client, network)
    # A grace period does not keep an instance that no longer runs.
    created = group(size=2, TargetGroupARNs=[arn], HealthCheckGracePeriod=300)
    before = created.instance_ids()
    assert registered(client, arn) == before
    lost = min(before)
    client("ec2").terminate_instances(InstanceIds=[lost])
    created.until(lambda: lost not in created.states())
    created.wait_for(2)
    after = created.instance_ids()
    assert after & before == before - {lost}
    assert Counter(item["AvailabilityZone"] for item in created.describe()["Instances"]) == {
        "us-east-1a": 1,
        "us-east-1b": 1,
    }
    assert registered(client, arn) == after


def test_stopped_instance_is_replaced(client: Clients, group: Groups) -> None:
    created = group(size=1, HealthCheckGracePeriod=300)
    (stopped,) = created.instance_ids()
    client("ec2").stop_instances(InstanceIds=[stopped])
    created.until(lambda: stopped not in created.states())
    created.wait_for(1)
    assert state_of(client, stopped) == "terminated"


@pytest.mark.patch("autoscaling_instances.set_health")
def test_unhealthy_instance_is_replaced(client: Clients, group: Groups) -> None:
    created = group(size=2, HealthCheckGracePeriod=300)
    before = created.instance_ids()
    sick = max(before)
    set_health = created.autoscaling.set_instance_health
    set_health(InstanceId=sick, HealthStatus="Unhealthy")
    assert health(created)[sick] == "Healthy", "the grace period is respected by default"
    created.stays(lambda: created.instance_ids() == before)
    set_health(InstanceId=sick, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    created.until(lambda: sick not in created.states())
    created.wait_for(2)
    assert len(created.instance_ids() - before) == 1
    assert state_of(client, sick) == "terminated"
    cause = next(item["Cause"] for item in created.activities() if item["Description"].endswith(sick))
    assert cause.endswith("was taken out of service in response to a user health-check.")
    with pytest.raises(ClientError, match="No managed instance found"):
        set_health(InstanceId=sick, HealthStatus="Unhealthy")
    with pytest.raises(ClientError, match="Valid instance health states"):
        set_health(InstanceId=min(created.instance_ids()), HealthStatus="Well")


def test_unhealthy_may_become_healthy_again_while_nothing_replaces_it(group: Groups) -> None:
    created = group(size=1)
    (sick,) = created.instance_ids()
    suspend(created, "ReplaceUnhealthy")
    created.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    created.stays(lambda: health(created) == {sick: "Unhealthy"})
    created.autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Healthy")
    resume(created, "ReplaceUnhealthy")
    created.stays(lambda: health(created) == {sick: "Healthy"})


def fail_health_checks(monkeypatch: pytest.MonkeyPatch, sick: set[str]) -> None:
    """Let DescribeTargetHealth, which the group heeds, call some instances unhealthy."""
    from moto.core.responses import ActionResult
    from moto.elbv2.responses import ELBV2Response

    original: Any = ELBV2Response.describe_target_health

    def describe_target_health(self: Any) -> Any:
        for target in self._get_param("Targets", []):
            if target["Id"] in sick:
                health = {"Target": {"Id": target["Id"], "Port": 6688}, "TargetHealth": {"State": "unhealthy"}}
                return ActionResult({"TargetHealthDescriptions": [health]})
        return original(self)

    monkeypatch.setattr(ELBV2Response, "describe_target_health", describe_target_health)


@pytest.mark.parametrize(("check", "replaced"), [("ELB", True), ("EC2", False)])
def test_target_health_counts_where_the_group_says_so(
    client: Clients, group: Groups, network: Network, monkeypatch: pytest.MonkeyPatch, check: str, replaced: bool
) -> None:
    created = group(size=2, TargetGroupARNs=[target_group(client, network)], HealthCheckType=check)
    before = created.instance_ids()
    sick = set(before)
    fail_health_checks(monkeypatch, sick)
    if not replaced:
        created.stays(lambda: created.instance_ids() == before)
        return
    # One at a time, so that one serves at any moment.
    serving = []

    def all_are_new() -> bool:
        states = created.states()
        serving.append(sum(state == "InService" for state in states.values()))
        return len(states) == 2 and not before & states.keys()

    created.until(all_are_new)
    assert min(serving) >= 1
    causes = {item["Cause"].partition("Z ")[2] for item in created.activities() if "Terminating" in item["Description"]}
    assert causes == {"an instance was taken out of service in response to an ELB system health check failure."}


def test_failed_status_check_counts_after_the_grace_period(group: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.ec2.models.instances import Instance

    created = group(size=1, HealthCheckGracePeriod=300)
    (sick,) = created.instance_ids()
    original = vars(Instance)["instance_status"].fget
    impaired = property(lambda self: {"Status": "impaired"} if self.id == sick else original(self))
    monkeypatch.setattr(Instance, "instance_status", impaired)
    created.stays(lambda: created.instance_ids() == {sick})
    created.autoscaling.update_auto_scaling_group(AutoScalingGroupName=created.name, HealthCheckGracePeriod=0)
    created.until(lambda: sick not in created.states())
    cause = next(item["Cause"] for item in created.activities() if item["Description"].endswith(sick))
    assert cause.endswith("was taken out of service in response to an EC2 instance status check failure.")


def test_target_health_waits_for_the_grace_period(
    client: Clients, group: Groups, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = group(
        size=1, TargetGroupARNs=[target_group(client, network)], HealthCheckType="ELB", HealthCheckGracePeriod=300
    )
    before = created.instance_ids()
    fail_health_checks(monkeypatch, set(before))
    created.stays(lambda: created.instance_ids() == before)
    created.autoscaling.update_auto_scaling_group(AutoScalingGroupName=created.name, HealthCheckGracePeriod=0)
    created.until(lambda: not before & created.states().keys())


@pytest.mark.patch("autoscaling_processes.suspension")
def test_suspended_processes_are_told(group: Groups) -> None:
    created = group(size=0)
    suspend(created, "Launch", "AZRebalance")
    (first, second) = sorted(created.describe()["SuspendedProcesses"], key=lambda item: item["ProcessName"])
    assert (first["ProcessName"], second["ProcessName"]) == ("AZRebalance", "Launch")
    assert first["SuspensionReason"].startswith("User suspended at 20")
    resume(created, "Launch")
    assert [item["ProcessName"] for item in created.describe()["SuspendedProcesses"]] == ["AZRebalance"]
    suspend(created)
    assert len(created.describe()["SuspendedProcesses"]) == 9
    resume(created)
    assert created.describe()["SuspendedProcesses"] == []
    with pytest.raises(ClientError, match="ValidationError"):
        suspend(created, "Sleep")


def test_suspended_launch_ends_the_unhealthy_and_replaces_later(client: Clients, group: Groups) -> None:
    created = group(size=1)
    (lost,) = created.instance_ids()
    suspend(created, "Launch")
    client("ec2").terminate_instances(InstanceIds=[lost])
    created.until(lambda: not created.states())
    created.stays(lambda: not created.states())
    resume(created, "Launch")
    created.wait_for(1)


def test_suspended_terminate_holds_scale_in_and_replacement(group: Groups) -> None:
    created = group(size=2)
    before = created.instance_ids()
    suspend(created, "Terminate")
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=1)
    created.autoscaling.set_instance_health(InstanceId=min(before), HealthStatus="Unhealthy")
    created.stays(lambda: set(created.states().values()) == {"InService"} and created.instance_ids() == before)
    resume(created, "Terminate")
    created.wait_for(1)
    assert created.instance_ids() == {max(before)}


def test_suspended_health_check_sees_nothing_of_ec2_but_heeds_the_user(client: Clients, group: Groups) -> None:
    created = group(size=2)
    before = created.instance_ids()
    suspend(created, "HealthCheck")
    client("ec2").stop_instances(InstanceIds=[min(before)])
    created.stays(lambda: set(health(created).values()) == {"Healthy"} and created.instance_ids() == before)
    created.autoscaling.set_instance_health(InstanceId=max(before), HealthStatus="Unhealthy")
    created.until(lambda: max(before) not in created.states())
    assert min(before) in created.states()
    resume(created, "HealthCheck")
    created.until(lambda: min(before) not in created.states())


def test_suspended_replacement_holds_the_unhealthy(client: Clients, group: Groups) -> None:
    created = group(size=1)
    (lost,) = created.instance_ids()
    suspend(created, "ReplaceUnhealthy")
    client("ec2").terminate_instances(InstanceIds=[lost])
    created.until(lambda: health(created) == {lost: "Unhealthy"})
    created.stays(lambda: created.instance_ids() == {lost})
    resume(created, "ReplaceUnhealthy")
    created.until(lambda: lost not in created.states())


def test_instances_launched_while_add_to_load_balancer_is_suspended_stay_out(
    client: Clients, group: Groups, network: Network
) -> None:
    arn = target_group(client, network)
    created = group(size=1, TargetGroupARNs=[arn])
    first = created.instance_ids()
    suspend(created, "AddToLoadBalancer")
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=2)
    created.wait_for(2)
    resume(created, "AddToLoadBalancer")
    created.stays(lambda: registered(client, arn) == first)


@pytest.mark.patch("autoscaling_instances.standby")
def test_standby_with_and_without_decrement(client: Clients, group: Groups, network: Network) -> None:
    arn = target_group(client, network)
    created = group(size=2, MinSize=1, MaxSize=2, TargetGroupARNs=[arn])
    named = {"AutoScalingGroupName": created.name}
    first, second = sorted(created.instance_ids())
    enter, leave = created.autoscaling.enter_standby, created.autoscaling.exit_standby

    (activity,) = enter(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)["Activities"]
    assert (activity["Description"], activity["StatusCode"], activity["Progress"]) == (
        f"Moving EC2 instance to Standby: {first}",
        "InProgress",
        50,
    )
    assert activity["Cause"].endswith("to a user request, shrinking the capacity from 2 to 1.")
    created.until(lambda: created.states() == {first: "Standby", second: "InService"})
    assert created.describe()["DesiredCapacity"] == 1
    assert registered(client, arn) == {second}
    # Neither checked nor ended, whatever becomes of it.
    client("ec2").stop_instances(InstanceIds=[first])
    created.stays(lambda: created.states() == {first: "Standby", second: "InService"})
    client("ec2").start_instances(InstanceIds=[first])

    with pytest.raises(ClientError, match=r"and desired-size=1\. To place into standby 1 instance, please update"):
        enter(**named, InstanceIds=[second], ShouldDecrementDesiredCapacity=True)
    with pytest.raises(ClientError, match=f"The instance {first} is not in InService."):
        enter(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=False)

    (activity,) = leave(**named, InstanceIds=[first])["Activities"]
    assert (activity["StatusCode"], activity["Progress"]) == ("PreInService", 30)
    assert activity["Cause"].endswith("to a user request, increasing the capacity from 1 to 2.")
    created.wait_for(2)
    assert registered(client, arn) == {first, second}

    enter(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=False)
    created.until(lambda: Counter(created.states().values()) == {"Standby": 1, "InService": 2})
    with pytest.raises(ClientError, match="To place into service 1 instance, please update"):
        leave(**named, InstanceIds=[first])


def test_standby_that_was_terminated_is_replaced_when_it_comes_back(client: Clients, group: Groups) -> None:
    created = group(size=1)
    named = {"AutoScalingGroupName": created.name}
    (first,) = created.instance_ids()
    created.autoscaling.enter_standby(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)
    created.until(lambda: created.states() == {first: "Standby"})
    client("ec2").terminate_instances(InstanceIds=[first])
    created.stays(lambda: health(created) == {first: "Healthy"})
    created.autoscaling.exit_standby(**named, InstanceIds=[first])
    created.until(lambda: first not in created.states(), seconds=30)
    created.wait_for(1)


@pytest.mark.patch("autoscaling_instances.termination")
def test_termination_through_auto_scaling(client: Clients, group: Groups) -> None:
    created = group(size=2, MinSize=1)
    first, second = sorted(created.instance_ids())
    terminate = created.autoscaling.terminate_instance_in_auto_scaling_group
    activity = terminate(InstanceId=first, ShouldDecrementDesiredCapacity=True)["Activity"]
    assert activity["Cause"].endswith(
        f"instance {first} was taken out of service in response to a user request, shrinking the capacity from 2 to 1."
    )
    assert activity["StatusCode"] == "InProgress"
    created.wait_for(1)
    assert state_of(client, first) == "terminated"
    with pytest.raises(ClientError, match=r"desiredSize equals minSize \(1\)"):
        terminate(InstanceId=second, ShouldDecrementDesiredCapacity=True)
    terminate(InstanceId=second, ShouldDecrementDesiredCapacity=False)
    created.until(lambda: second not in created.states())
    created.wait_for(1)
    assert created.describe()["DesiredCapacity"] == 1
    with pytest.raises(ClientError, match="No managed instance found"):
        terminate(InstanceId=first, ShouldDecrementDesiredCapacity=False)


def test_instance_on_its_way_out_is_not_terminated_again(group: Groups) -> None:
    created = group(size=1)
    (only,) = created.instance_ids()
    created.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=created.name,
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
    )
    terminate = created.autoscaling.terminate_instance_in_auto_scaling_group
    terminate(InstanceId=only, ShouldDecrementDesiredCapacity=True)
    for _ in range(2):
        with pytest.raises(ClientError, match="ScalingActivityInProgress"):
            terminate(InstanceId=only, ShouldDecrementDesiredCapacity=False)
        created.until(lambda: created.states() == {only: "Terminating:Wait"})
    with pytest.raises(ClientError, match="ValidationError"):
        created.autoscaling.set_instance_health(InstanceId=only, HealthStatus="Healthy")


def test_scale_in_heeds_no_termination_protection_of_ec2(client: Clients, group: Groups) -> None:
    created = group(size=1)
    (only,) = created.instance_ids()
    client("ec2").modify_instance_attribute(InstanceId=only, DisableApiTermination={"Value": True})
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=0)
    created.wait_for(0)
    assert state_of(client, only) == "terminated"


@pytest.mark.patch("autoscaling_instances.detachment")
def test_detached_instance_lives_on_by_itself(client: Clients, group: Groups, network: Network) -> None:
    arn = target_group(client, network)
    created = group(size=2, MinSize=1, TargetGroupARNs=[arn])
    named = {"AutoScalingGroupName": created.name}
    first, second = sorted(created.instance_ids())
    detach = created.autoscaling.detach_instances
    (activity,) = detach(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)["Activities"]
    assert activity["Description"] == f"Detaching EC2 instance: {first}"
    assert activity["Cause"].endswith(", shrinking the capacity from 2 to 1.")
    created.wait_for(1)
    assert (created.instance_ids(), registered(client, arn)) == ({second}, {second})
    assert state_of(client, first) == "running"
    tags = client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [first]}])["Tags"]
    assert "aws:autoscaling:groupName" not in {tag["Key"] for tag in tags}
    with pytest.raises(ClientError, match="To detach 1 instance, please update"):
        detach(**named, InstanceIds=[second], ShouldDecrementDesiredCapacity=True)
    with pytest.raises(ClientError, match=f"The instance {first} is not part of Auto Scaling group {created.name}."):
        detach(**named, InstanceIds=[first], ShouldDecrementDesiredCapacity=False)
    detach(**named, InstanceIds=[second], ShouldDecrementDesiredCapacity=False)
    created.until(lambda: second not in created.states())
    created.wait_for(1)


@pytest.mark.patch("autoscaling_instances.attachment")
def test_attached_instance_becomes_the_group_s(client: Clients, group: Groups, network: Network) -> None:
    arn = target_group(client, network)
    created = group(size=1, MaxSize=2, TargetGroupARNs=[arn], NewInstancesProtectedFromScaleIn=True)
    other = group(size=1)
    named = {"AutoScalingGroupName": created.name}
    (foreign,) = other.instance_ids()
    attach = created.autoscaling.attach_instances
    with pytest.raises(ClientError, match="already part of"):
        attach(**named, InstanceIds=[foreign])
    with pytest.raises(ClientError, match="Invalid Instance ID"):
        attach(**named, InstanceIds=["i-0123456789abcdef0"])
    other.autoscaling.detach_instances(
        AutoScalingGroupName=other.name, InstanceIds=[foreign], ShouldDecrementDesiredCapacity=True
    )
    other.wait_for(0)
    attach(**named, InstanceIds=[foreign])
    created.wait_for(2)
    described = created.describe()
    assert described["DesiredCapacity"] == 2
    assert foreign in registered(client, arn)
    (attached,) = (item for item in described["Instances"] if item["InstanceId"] == foreign)
    assert attached["ProtectedFromScaleIn"]
    tags = client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [foreign]}])["Tags"]
    assert {"aws:autoscaling:groupName": created.name}.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items()
    spare = client("ec2").run_instances(
        ImageId=attached["ImageId"] if "ImageId" in attached else image_of(client, foreign),
        MinCount=1,
        MaxCount=1,
        SubnetId=network.private[0],
    )["Instances"][0]["InstanceId"]
    with pytest.raises(ClientError, match=r"and desired-size=2\. To attach 1 instance, please update"):
        attach(**named, InstanceIds=[spare])
    client("ec2").stop_instances(InstanceIds=[spare])
    with pytest.raises(ClientError, match="not in running state"):
        attach(**named, InstanceIds=[spare])
    client("ec2").terminate_instances(InstanceIds=[spare])


def image_of(client: Clients, instance_id: str) -> str:
    reservations = client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(reservations[0]["Instances"][0]["ImageId"])


@pytest.mark.patch("autoscaling_instances.protection")
def test_protection_holds_against_scale_in_only(group: Groups, network: Network) -> None:
    created = group(size=2, NewInstancesProtectedFromScaleIn=True, VPCZoneIdentifier=network.private[0])
    named = {"AutoScalingGroupName": created.name}
    first, second = sorted(created.instance_ids())
    created.autoscaling.set_desired_capacity(**named, DesiredCapacity=0)
    created.stays(lambda: created.instance_ids() == {first, second})
    (told,) = (item for item in created.activities() if "protected" in item["Description"])
    assert told["Description"].startswith("Could not scale to desired capacity because all remaining instances are")
    protect = created.autoscaling.set_instance_protection
    protect(**named, InstanceIds=[second], ProtectedFromScaleIn=False)
    created.until(lambda: created.instance_ids() == {first})
    created.autoscaling.set_desired_capacity(**named, DesiredCapacity=1)
    created.autoscaling.set_instance_health(InstanceId=first, HealthStatus="Unhealthy")
    created.until(lambda: first not in created.states())
    with pytest.raises(ClientError, match="is not part of Auto Scaling group"):
        protect(**named, InstanceIds=[first], ProtectedFromScaleIn=True)


@pytest.mark.patch("autoscaling_instances.description")
def test_health_is_in_capitals_where_aws_writes_it_so(group: Groups) -> None:
    created = group(size=1)
    (instance,) = created.describe()["Instances"]
    (detail,) = created.autoscaling.describe_auto_scaling_instances(InstanceIds=[instance["InstanceId"]])[
        "AutoScalingInstances"
    ]
    assert (instance["HealthStatus"], detail["HealthStatus"]) == ("Healthy", "HEALTHY")
    assert detail["AutoScalingGroupName"] == created.name
    assert detail["LaunchTemplate"]["Version"] == instance["LaunchTemplate"]["Version"] == "1"


@pytest.mark.patch("autoscaling_instances.target_registration")
def test_target_groups_follow_the_group(client: Clients, group: Groups, network: Network) -> None:
    arn = target_group(client, network)
    created = group(size=2)
    named = {"AutoScalingGroupName": created.name, "TargetGroupARNs": [arn]}
    created.autoscaling.enter_standby(
        AutoScalingGroupName=created.name,
        InstanceIds=[min(created.instance_ids())],
        ShouldDecrementDesiredCapacity=True,
    )
    created.until(lambda: "Standby" in created.states().values())
    created.autoscaling.attach_load_balancer_target_groups(**named)
    assert registered(client, arn) == {max(created.instance_ids())}, "an instance on standby serves nobody"
    assert created.describe()["TargetGroupARNs"] == [arn]
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=0)
    created.until(lambda: "InService" not in created.states().values())
    assert registered(client, arn) == set()
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=1)
    created.until(lambda: len(registered(client, arn)) == 1)
    created.autoscaling.detach_load_balancer_target_groups(**named)
    assert (registered(client, arn), created.describe()["TargetGroupARNs"]) == (set(), [])
    with pytest.raises(ClientError, match="Provided Target Groups may not be valid"):
        created.autoscaling.attach_load_balancer_target_groups(
            AutoScalingGroupName=created.name, TargetGroupARNs=[f"{arn}0"]
        )


def test_deleted_target_group_holds_nothing_up(client: Clients, group: Groups, network: Network) -> None:
    arn = target_group(client, network)
    created = group(size=1, TargetGroupARNs=[arn])
    client("elbv2").delete_target_group(TargetGroupArn=arn)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=2)
    created.wait_for(2)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=0)
    created.wait_for(0)
