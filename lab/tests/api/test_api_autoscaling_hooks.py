# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle hooks: the states that instances wait in, what ends the wait, who is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from conftest import Group, Network

Clients = Callable[[str], Any]
Groups = Callable[..., "Group"]

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def put(group: Group, name: str, transition: str, **parameters: Any) -> None:
    group.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=group.name, LifecycleHookName=name, LifecycleTransition=transition, **parameters
    )


def complete(group: Group, name: str, result: str, **action: str) -> None:
    group.autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=group.name, LifecycleHookName=name, LifecycleActionResult=result, **action
    )


def resize(group: Group, size: int) -> None:
    group.autoscaling.set_desired_capacity(AutoScalingGroupName=group.name, DesiredCapacity=size)


def states(group: Group) -> list[str]:
    return sorted(group.states().values())


@pytest.fixture
def queue(client: Clients, network: Network) -> tuple[str, str]:
    """A queue, as (URL, ARN)."""
    url = client("sqs").create_queue(QueueName=network.name)["QueueUrl"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


@pytest.fixture
def role(client: Clients, network: Network) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "autoscaling.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    created = client("iam").create_role(RoleName=network.name, AssumeRolePolicyDocument=json.dumps(trust))
    return str(created["Role"]["Arn"])


def messages(client: Clients, url: str) -> list[dict[str, Any]]:
    received = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in received:
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in received]


@pytest.mark.patch("autoscaling_hooks.actions")
def test_launching_instance_waits_until_told_to_continue(client: Clients, group: Groups) -> None:
    created = group(size=0)
    put(created, "prepare", LAUNCHING)
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    (instance_id,) = created.states()
    assert created.activities()[0]["StatusCode"] == "MidLifecycleAction"
    created.stays(lambda: states(created) == ["Pending:Wait"])
    seen = set()

    def in_service() -> bool:
        seen.update(states(created))
        return states(created) == ["InService"]

    complete(created, "prepare", "CONTINUE", InstanceId=instance_id)
    created.until(in_service)
    assert created.instance_ids() == {instance_id}
    with pytest.raises(ClientError, match=f"No active Lifecycle Action found with instance ID {instance_id}"):
        complete(created, "prepare", "CONTINUE", InstanceId=instance_id)
    assert created.activities()[0]["StatusCode"] == "Successful"


def test_abandoned_launch_is_terminated_and_replaced_after_a_pause(client: Clients, group: Groups) -> None:
    created = group(size=0)
    put(created, "prepare", LAUNCHING)
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    (given_up,) = created.states()
    complete(created, "prepare", "ABANDON", InstanceId=given_up)
    created.until(lambda: not created.states())
    (launch,) = (item for item in created.activities() if item["Description"].startswith("Launching"))
    assert launch["StatusCode"] == "Cancelled"
    assert launch["StatusMessage"].startswith("Instance failed to complete user's Lifecycle Action: Lifecycle Action")
    assert launch["StatusMessage"].endswith("was abandoned: Lifecycle Action Completed with ABANDON Result")
    # The pause of 5 s after a failure: AWS limits the rate of launches whose hooks fail.
    created.until(lambda: states(created) == ["Pending:Wait"])
    (again,) = created.states()
    assert again != given_up
    complete(created, "prepare", "CONTINUE", InstanceId=again)
    created.wait_for(1)


def test_all_hooks_of_a_launch_must_continue(group: Groups) -> None:
    created = group(size=0)
    put(created, "first", LAUNCHING)
    put(created, "second", LAUNCHING)
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    (instance_id,) = created.states()
    complete(created, "first", "CONTINUE", InstanceId=instance_id)
    created.stays(lambda: states(created) == ["Pending:Wait"])
    complete(created, "second", "CONTINUE", InstanceId=instance_id)
    created.wait_for(1)


def test_scale_in_takes_first_what_does_not_serve_yet(group: Groups) -> None:
    created = group(size=1)
    (serving,) = created.instance_ids()
    put(created, "prepare", LAUNCHING)
    resize(created, 2)
    created.until(lambda: states(created) == ["InService", "Pending:Wait"])
    resize(created, 1)
    created.wait_for(1)
    assert created.instance_ids() == {serving}


def test_terminating_instance_runs_until_its_hook_is_done(client: Clients, group: Groups) -> None:
    created = group(size=2)
    put(created, "drain", TERMINATING)
    resize(created, 1)
    created.until(lambda: states(created) == ["InService", "Terminating:Wait"])
    waiting = next(name for name, state in created.states().items() if state == "Terminating:Wait")
    created.stays(lambda: created.states()[waiting] == "Terminating:Wait")
    (instance,) = (item for item in created.instances() if item["InstanceId"] == waiting)
    assert instance["State"]["Name"] == "running"
    complete(created, "drain", "ABANDON", InstanceId=waiting)
    created.wait_for(1)
    assert waiting not in created.states()


def test_replacement_does_not_wait_for_the_hook_of_the_lost(client: Clients, group: Groups) -> None:
    """AWS: "While the instance is terminating, another scaling activity launches a new instance"."""
    created = group(size=1)
    put(created, "drain", TERMINATING)
    (lost,) = created.instance_ids()
    client("ec2").terminate_instances(InstanceIds=[lost])
    created.until(lambda: states(created) == ["InService", "Terminating:Wait"])
    complete(created, "drain", "CONTINUE", InstanceId=lost)
    created.wait_for(1)


@pytest.mark.parametrize(("result", "left"), [("CONTINUE", ["InService"]), ("ABANDON", [])])
def test_overdue_action_has_the_default_result(
    group: Groups, monkeypatch: pytest.MonkeyPatch, result: str, left: list[str]
) -> None:
    # The shortest heartbeat of AWS, 30 s, is too long to wait for here.
    from nodeops_lab.api.patches import autoscaling_hooks

    monkeypatch.setattr(autoscaling_hooks, "TIMEOUTS", (1, 7200))
    created = group(size=0)
    put(created, "prepare", LAUNCHING, HeartbeatTimeout=1, DefaultResult=result)
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    created.until(lambda: states(created) == left)
    if result == "ABANDON":
        launch = created.activities()[-1]
        assert launch["StatusMessage"].endswith("was abandoned: Heartbeat Timeout")


def test_heartbeat_gives_more_time(client: Clients, group: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    from nodeops_lab.api.patches import autoscaling_hooks

    monkeypatch.setattr(autoscaling_hooks, "TIMEOUTS", (1, 7200))
    created = group(size=0)
    put(created, "prepare", LAUNCHING, HeartbeatTimeout=2, DefaultResult="CONTINUE")
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    (instance_id,) = created.states()

    def beats() -> bool:
        created.autoscaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName=created.name, LifecycleHookName="prepare", InstanceId=instance_id
        )
        return states(created) == ["Pending:Wait"]

    created.stays(beats, seconds=4)
    created.wait_for(1)


def test_standby_and_forced_deletion_know_no_hooks(client: Clients, group: Groups) -> None:
    created = group(size=1)
    put(created, "prepare", LAUNCHING)
    put(created, "drain", TERMINATING)
    named = {"AutoScalingGroupName": created.name}
    (instance_id,) = created.instance_ids()
    created.autoscaling.enter_standby(**named, InstanceIds=[instance_id], ShouldDecrementDesiredCapacity=True)
    created.until(lambda: states(created) == ["Standby"])
    created.autoscaling.exit_standby(**named, InstanceIds=[instance_id])
    created.wait_for(1)
    resize(created, 2)
    created.until(lambda: states(created) == ["InService", "Pending:Wait"])
    created.autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=instance_id, ShouldDecrementDesiredCapacity=True
    )
    created.until(lambda: states(created) == ["Pending:Wait", "Terminating:Wait"])
    created.autoscaling.delete_auto_scaling_group(**named, ForceDelete=True)
    with pytest.raises(ClientError, match="pending delete"):
        resize(created, 0)
    created.until(
        lambda: (
            not created.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[created.name])[
                "AutoScalingGroups"
            ]
        )
    )


@pytest.mark.patch("autoscaling_hooks.hooks")
def test_hooks_are_kept_as_they_were_put(group: Groups) -> None:
    created = group(size=0)
    named = {"AutoScalingGroupName": created.name}
    put(created, "drain", TERMINATING, HeartbeatTimeout=60, NotificationMetadata="note")
    described = created.autoscaling.describe_lifecycle_hooks(**named)["LifecycleHooks"]
    assert described == [
        {
            "LifecycleHookName": "drain",
            "AutoScalingGroupName": created.name,
            "LifecycleTransition": TERMINATING,
            "NotificationMetadata": "note",
            "HeartbeatTimeout": 60,
            "GlobalTimeout": 6000,
            "DefaultResult": "ABANDON",
        }
    ]
    created.autoscaling.put_lifecycle_hook(**named, LifecycleHookName="drain", DefaultResult="CONTINUE")
    (changed,) = created.autoscaling.describe_lifecycle_hooks(**named, LifecycleHookNames=["drain"])["LifecycleHooks"]
    assert changed == described[0] | {"DefaultResult": "CONTINUE"}
    created.autoscaling.delete_lifecycle_hook(**named, LifecycleHookName="drain")
    assert created.autoscaling.describe_lifecycle_hooks(**named)["LifecycleHooks"] == []
    for parameters in (
        {},
        {"LifecycleTransition": "autoscaling:EC2_INSTANCE_SLEEPING"},
        {"LifecycleTransition": LAUNCHING, "HeartbeatTimeout": 29},
        {"LifecycleTransition": LAUNCHING, "HeartbeatTimeout": 7201},
        {"LifecycleTransition": LAUNCHING, "DefaultResult": "MAYBE"},
        {"LifecycleTransition": LAUNCHING, "NotificationTargetARN": "arn:aws:sqs:us-east-1:123456789012:q"},
    ):
        with pytest.raises(ClientError, match="ValidationError"):
            created.autoscaling.put_lifecycle_hook(**named, LifecycleHookName="bad", **parameters)
    with pytest.raises(ClientError, match="AutoScalingGroup name not found"):
        created.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="none")


def test_deleted_hook_completes_its_actions(group: Groups) -> None:
    created = group(size=1)
    put(created, "drain", TERMINATING)
    resize(created, 0)
    created.until(lambda: states(created) == ["Terminating:Wait"])
    created.autoscaling.delete_lifecycle_hook(AutoScalingGroupName=created.name, LifecycleHookName="drain")
    created.wait_for(0)


@pytest.mark.patch("autoscaling_hooks.hooks_of_new_group")
def test_hooks_come_with_a_new_group(group: Groups) -> None:
    created = group(
        size=1,
        wait=False,
        LifecycleHookSpecificationList=[
            {"LifecycleHookName": "prepare", "LifecycleTransition": LAUNCHING, "HeartbeatTimeout": 300}
        ],
    )
    created.until(lambda: states(created) == ["Pending:Wait"])
    hook_types = created.autoscaling.describe_lifecycle_hook_types()["LifecycleHookTypes"]
    assert set(hook_types) == {LAUNCHING, TERMINATING}


def test_queue_is_told_and_its_token_completes(
    client: Clients, group: Groups, queue: tuple[str, str], role: str
) -> None:
    url, arn = queue
    created = group(size=1)
    put(
        created,
        "drain",
        TERMINATING,
        NotificationTargetARN=arn,
        RoleARN=role,
        NotificationMetadata='{"is": "blue"}',
    )
    (test,) = messages(client, url)
    assert (test["Event"], test["AutoScalingGroupName"]) == ("autoscaling:TEST_NOTIFICATION", created.name)
    (instance_id,) = created.instance_ids()
    resize(created, 0)
    created.until(lambda: states(created) == ["Terminating:Wait"])
    (message,) = messages(client, url)
    token = message["LifecycleActionToken"]
    assert (
        message.items()
        >= {
            "Service": "AWS Auto Scaling",
            "AutoScalingGroupName": created.name,
            "LifecycleHookName": "drain",
            "EC2InstanceId": instance_id,
            "LifecycleTransition": TERMINATING,
            "NotificationMetadata": '{"is": "blue"}',
        }.items()
    )
    with pytest.raises(ClientError, match="No active Lifecycle Action found with token 0"):
        complete(created, "drain", "CONTINUE", LifecycleActionToken="0" * 36)
    complete(created, "drain", "CONTINUE", LifecycleActionToken=token)
    created.wait_for(0)
    assert messages(client, url) == []


def test_topic_is_told(client: Clients, group: Groups, network: Network, queue: tuple[str, str], role: str) -> None:
    url, arn = queue
    topic = client("sns").create_topic(Name=network.name)["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    created = group(size=0)
    put(created, "prepare", LAUNCHING, NotificationTargetARN=topic, RoleARN=role)
    assert [message["Event"] for message in messages(client, url)] == ["autoscaling:TEST_NOTIFICATION"]
    resize(created, 1)
    created.until(lambda: states(created) == ["Pending:Wait"])
    (message,) = messages(client, url)
    assert message["EC2InstanceId"] in created.states()


@pytest.mark.parametrize("missing", ["queue", "role"])
def test_target_that_cannot_be_told_is_refused(group: Groups, queue: tuple[str, str], role: str, missing: str) -> None:
    created = group(size=0)
    arn = f"{queue[1]}-none" if missing == "queue" else queue[1]
    with pytest.raises(ClientError, match="Unable to publish test message to notification target"):
        put(
            created,
            "drain",
            TERMINATING,
            NotificationTargetARN=arn,
            RoleARN=f"{role}-none" if missing == "role" else role,
        )
    assert created.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=created.name)["LifecycleHooks"] == []
