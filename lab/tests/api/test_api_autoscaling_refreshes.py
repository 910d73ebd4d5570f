# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance refreshes through the API; how many instances at a time is in ``lab/tests/test_autoscaling_refresh.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from conftest import Group, Template

Clients = Callable[[str], Any]
Groups = Callable[..., "Group"]
Templates = Callable[..., "Template"]

QUICK = {"InstanceWarmup": 0}
ALL_AT_ONCE = {"InstanceWarmup": 0, "MinHealthyPercentage": 0}


def start(group: Group, preferences: dict[str, Any] | None = None, **parameters: Any) -> str:
    answer = group.autoscaling.start_instance_refresh(
        AutoScalingGroupName=group.name, Preferences=QUICK if preferences is None else preferences, **parameters
    )
    return str(answer["InstanceRefreshId"])


def refresh(group: Group) -> dict[str, Any]:
    found = group.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group.name)["InstanceRefreshes"]
    return dict(found[0])


def progress(group: Group) -> tuple[str, int, int]:
    found = refresh(group)
    return found["Status"], found["PercentageComplete"], found["InstancesToUpdate"]


def status(group: Group) -> str:
    return progress(group)[0]


def ended(group: Group, expected: str) -> None:
    group.until(lambda: status(group) == expected, seconds=40)
    assert "EndTime" in refresh(group)


def versions(group: Group) -> list[str]:
    return sorted(instance["LaunchTemplate"]["Version"] for instance in group.describe()["Instances"])


def new_version(client: Clients, template: Template, **data: Any) -> str:
    made = client("ec2").create_launch_template_version(
        LaunchTemplateName=template.name, LaunchTemplateData=template.data | data
    )
    return str(made["LaunchTemplateVersion"]["VersionNumber"])


def to_version(template: Template, version: str) -> dict[str, Any]:
    return {
        "DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateName": template.name, "Version": version}},
    }


@pytest.mark.patch("autoscaling_refreshes.refresh")
def test_refresh_replaces_every_instance_one_at_a_time(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=2, from_template=first)
    before = created.instance_ids()
    new_version(client, first)
    refresh_id = start(created)
    # Until the keeper has looked twice it is Pending; that it is one of these is all that can be said here.
    assert status(created) in ("Pending", "InProgress")
    with pytest.raises(ClientError, match="InstanceRefreshInProgress"):
        start(created)
    serving: list[int] = []
    shares: list[int] = []

    def done() -> bool:
        serving.append(list(created.states().values()).count("InService"))
        found = refresh(created)
        shares.append(found["PercentageComplete"])
        return bool(found["Status"] == "Successful")

    created.until(done, seconds=40)
    created.wait_for(2)
    assert not created.instance_ids() & before
    assert versions(created) == ["2", "2"]
    assert min(serving) >= 1, "one at a time"
    assert shares == sorted(shares)
    assert {0, 50, 100} <= set(shares)
    found = refresh(created)
    assert (found["InstanceRefreshId"], found["InstancesToUpdate"]) == (refresh_id, 0)
    assert found["StartTime"] < found["EndTime"]
    assert found["ProgressDetails"]["LivePoolProgress"] == {"PercentageComplete": 100, "InstancesToUpdate": 0}
    causes = {item["Cause"].partition("Z ")[2] for item in created.activities() if "Terminating" in item["Description"]}
    assert causes == {"an instance was taken out of service in response to an instance refresh."}
    with pytest.raises(ClientError, match="ActiveInstanceRefreshNotFound"):
        created.autoscaling.cancel_instance_refresh(AutoScalingGroupName=created.name)
    with pytest.raises(ClientError, match="ActiveInstanceRefreshNotFound"):
        created.autoscaling.rollback_instance_refresh(AutoScalingGroupName=created.name)


def test_launch_before_terminating(client: Clients, group: Groups) -> None:
    created = group(size=2, MaxSize=2)
    before = created.instance_ids()
    start(created, QUICK | {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110})
    serving: list[int] = []
    present: list[int] = []

    def done() -> bool:
        states = list(created.states().values())
        serving.append(states.count("InService"))
        present.append(sum(not state.startswith("Terminating") for state in states))
        return status(created) == "Successful"

    created.until(done, seconds=40)
    created.wait_for(2)
    assert not created.instance_ids() & before
    assert min(serving) >= 2
    assert max(present) == 3, "beyond the maximum size, by one"


def test_warmup_holds_the_next_replacement(group: Groups) -> None:
    created = group(size=2)
    before = created.instance_ids()
    start(created, {"InstanceWarmup": 3})
    created.until(lambda: len(created.instance_ids() & before) == 1 and len(created.states()) == 2)
    created.until(lambda: list(created.states().values()) == ["InService"] * 2)
    created.stays(lambda: len(created.instance_ids() & before) == 1 and progress(created)[1] == 0, seconds=2)
    (new,) = created.instance_ids() - before
    reason = refresh(created)["StatusReason"]
    assert reason == f"Waiting for instances to warm up before continuing. For example: {new} is warming up."
    ended(created, "Successful")


def test_warmup_is_the_group_s_unless_given(group: Groups) -> None:
    created = group(size=0, HealthCheckGracePeriod=7)
    start(created, {})
    ended(created, "Successful")
    assert refresh(created)["Preferences"]["InstanceWarmup"] == 7
    created.autoscaling.update_auto_scaling_group(AutoScalingGroupName=created.name, DefaultInstanceWarmup=0)
    start(created, {})
    assert refresh(created)["Preferences"]["InstanceWarmup"] == 0


def test_skip_matching_leaves_the_new_alone(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=1, from_template=first)
    (old,) = created.instance_ids()
    new_version(client, first)
    created.autoscaling.set_desired_capacity(AutoScalingGroupName=created.name, DesiredCapacity=2)
    created.wait_for(2)
    (kept,) = created.instance_ids() - {old}
    start(created, QUICK | {"SkipMatching": True})
    ended(created, "Successful")
    created.wait_for(2)
    assert kept in created.instance_ids()
    assert old not in created.instance_ids()
    assert versions(created) == ["2", "2"]
    start(created, QUICK | {"SkipMatching": True})
    ended(created, "Successful")
    assert kept in created.instance_ids(), "nothing was left to do"


def test_skip_matching_looks_the_version_up_anew(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=2, from_template=first)
    new_version(client, first)
    start(created, {"InstanceWarmup": 2, "SkipMatching": True})
    created.until(lambda: "2" in versions(created))
    new_version(client, first)
    ended(created, "Successful")
    created.wait_for(2)
    assert versions(created) == ["3", "3"]


def test_checkpoints_and_cancelling(group: Groups) -> None:
    created = group(size=2)
    before = created.instance_ids()
    refresh_id = start(created, QUICK | {"CheckpointPercentages": [50, 100], "CheckpointDelay": 600})
    created.until(lambda: progress(created) == ("InProgress", 50, 1))
    created.stays(lambda: len(created.instance_ids() & before) == 1)
    assert refresh(created)["StatusReason"].startswith("Waiting after the checkpoint at 50 percent until")
    cancelled = created.autoscaling.cancel_instance_refresh(AutoScalingGroupName=created.name)
    assert cancelled["InstanceRefreshId"] == refresh_id
    ended(created, "Cancelled")
    created.stays(lambda: len(created.instance_ids() & before) == 1)
    assert refresh(created)["StatusReason"] == "Cancelled due to user request."


def test_partial_refresh(group: Groups) -> None:
    created = group(size=2)
    before = created.instance_ids()
    start(created, QUICK | {"CheckpointPercentages": [50], "CheckpointDelay": 600})
    ended(created, "Successful")
    assert progress(created) == ("Successful", 50, 1)
    assert len(created.instance_ids() & before) == 1


def test_desired_configuration_becomes_the_group_s(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    second = template()
    created = group(size=1, from_template=first, LaunchTemplate={"LaunchTemplateName": first.name, "Version": "1"})
    named = {"AutoScalingGroupName": created.name}
    start(created, {"InstanceWarmup": 2}, **to_version(second, "$Latest"))
    created.until(lambda: status(created) == "InProgress")
    assert created.describe()["LaunchTemplate"]["LaunchTemplateName"] == first.name, "not before it succeeds"
    with pytest.raises(ClientError, match="An active instance refresh with a desired configuration exists"):
        created.autoscaling.update_auto_scaling_group(
            **named, LaunchTemplate={"LaunchTemplateName": first.name, "Version": "1"}
        )
    # An instance that is launched meanwhile for another reason has it, too.
    created.autoscaling.set_desired_capacity(**named, DesiredCapacity=2)
    ended(created, "Successful")
    created.wait_for(2)
    described = created.describe()
    assert (described["LaunchTemplate"]["LaunchTemplateName"], described["LaunchTemplate"]["Version"]) == (
        second.name,
        "$Latest",
    )
    assert {item["LaunchTemplate"]["LaunchTemplateName"] for item in described["Instances"]} == {second.name}
    assert refresh(created)["DesiredConfiguration"]["LaunchTemplate"]["Version"] == "$Latest"


def test_rollback_puts_the_old_version_back(client: Clients, group: Groups, template: Templates) -> None:
    first = template()
    created = group(size=2, LaunchTemplate={"LaunchTemplateName": first.name, "Version": "1"})
    before = created.instance_ids()
    version = new_version(client, first)
    refresh_id = start(
        created,
        QUICK | {"CheckpointPercentages": [50, 100], "CheckpointDelay": 600},
        **to_version(first, version),
    )
    created.until(lambda: progress(created) == ("InProgress", 50, 1))
    assert versions(created) == ["1", "2"]
    rolled = created.autoscaling.rollback_instance_refresh(AutoScalingGroupName=created.name)
    assert rolled["InstanceRefreshId"] == refresh_id
    ended(created, "RollbackSuccessful")
    created.wait_for(2)
    assert versions(created) == ["1", "1"]
    assert len(created.instance_ids() & before) == 1, "what was not replaced is not rolled back"
    found = refresh(created)
    assert (found["PercentageComplete"], found["InstancesToUpdate"]) == (0, 1)
    assert found["RollbackDetails"]["PercentageCompleteOnRollback"] == 50
    assert created.describe()["LaunchTemplate"]["Version"] == "1"


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_rollback_needs_a_fixed_version(group: Groups, template: Templates, version: str) -> None:
    first = template()
    created = group(size=1, LaunchTemplate={"LaunchTemplateName": first.name, "Version": version})
    start(created, {"InstanceWarmup": 60}, **to_version(first, "1"))
    with pytest.raises(ClientError, match="IrreversibleInstanceRefresh"):
        created.autoscaling.rollback_instance_refresh(AutoScalingGroupName=created.name)


def test_launches_that_fail_are_rolled_back_after_an_hour(
    client: Clients, group: Groups, template: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from nodeops_lab.api.autoscaling import refreshing

    monkeypatch.setattr(refreshing, "ONE_HOUR", timedelta(seconds=3))
    ec2 = client("ec2")
    first = template()
    created = group(size=1, LaunchTemplate={"LaunchTemplateName": first.name, "Version": "1"})
    (instance_id,) = created.instance_ids()
    image_id = ec2.create_image(InstanceId=instance_id, Name=f"bad-{instance_id}")["ImageId"]
    version = new_version(client, first, ImageId=image_id)
    start(created, QUICK | {"AutoRollback": True}, **to_version(first, version))
    ec2.deregister_image(ImageId=image_id)
    created.until(lambda: status(created) == "RollbackInProgress", seconds=30)
    assert refresh(created)["RollbackDetails"]["RollbackReason"].startswith("Auto rollback: Waiting for")
    ended(created, "RollbackSuccessful")
    created.wait_for(1)
    assert versions(created) == ["1"]
    assert "Failed" in {item["StatusCode"] for item in created.activities()}


@pytest.mark.parametrize(
    ("choice", "replaced", "outcome"),
    [("Ignore", False, "Successful"), ("Refresh", True, "Successful"), ("Wait", False, "Failed")],
)
def test_protected_instances(
    group: Groups, monkeypatch: pytest.MonkeyPatch, choice: str, replaced: bool, outcome: str
) -> None:
    from datetime import timedelta

    from nodeops_lab.api.autoscaling import refreshing

    monkeypatch.setattr(refreshing, "ONE_HOUR", timedelta(seconds=2))
    created = group(size=1, NewInstancesProtectedFromScaleIn=True)
    before = created.instance_ids()
    start(created, QUICK | {"ScaleInProtectedInstances": choice})
    ended(created, outcome)
    created.wait_for(1)
    assert (created.instance_ids() != before) == replaced


@pytest.mark.parametrize(
    ("choice", "outcome", "left"),
    [("Ignore", "Successful", True), ("Terminate", "Successful", False), ("Wait", "Failed", True)],
)
def test_standby_instances(
    group: Groups, monkeypatch: pytest.MonkeyPatch, choice: str, outcome: str, left: bool
) -> None:
    from datetime import timedelta

    from nodeops_lab.api.autoscaling import refreshing

    monkeypatch.setattr(refreshing, "ONE_HOUR", timedelta(seconds=2))
    created = group(size=2)
    (standby, serving) = sorted(created.instance_ids())
    created.autoscaling.enter_standby(
        AutoScalingGroupName=created.name, InstanceIds=[standby], ShouldDecrementDesiredCapacity=True
    )
    created.until(lambda: created.states()[standby] == "Standby")
    start(created, QUICK | {"StandbyInstances": choice})
    ended(created, outcome)
    created.until(lambda: (standby in created.states()) == left)
    assert serving not in created.states()


def test_suspended_refresh_pauses(group: Groups) -> None:
    created = group(size=1)
    before = created.instance_ids()
    named = {"AutoScalingGroupName": created.name, "ScalingProcesses": ["InstanceRefresh"]}
    created.autoscaling.suspend_processes(**named)
    start(created)
    created.stays(lambda: created.instance_ids() == before)
    created.autoscaling.resume_processes(**named)
    ended(created, "Successful")


def test_bake_time(group: Groups) -> None:
    created = group(size=0)
    start(created, QUICK | {"BakeTime": 1})
    created.until(lambda: status(created) == "Baking")
    ended(created, "Successful")


def test_everything_at_once(group: Groups) -> None:
    created = group(size=3)
    before = created.instance_ids()
    start(created, ALL_AT_ONCE)
    created.until(lambda: not before & {name for name, state in created.states().items() if state == "InService"})
    ended(created, "Successful")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Preferences": {"MaxHealthyPercentage": 110}}, "MinHealthyPercentage"),
        ({"Preferences": {"AutoRollback": True}}, "The AutoRollback parameter cannot be set to true when the"),
        (
            {"DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateName": "none"}}},
            "You must use a valid fully-formed launch template",
        ),
        ({"AutoScalingGroupName": "none"}, "AutoScalingGroup name not found"),
        ({"Strategy": "ReplaceRootVolume"}, "NotImplemented"),
        ({"Preferences": {"AlarmSpecification": {"Alarms": ["a"]}}}, "NotImplemented"),
    ],
)
def test_refreshes_that_do_not_start(group: Groups, parameters: dict[str, Any], message: str) -> None:
    created = group(size=0)
    with pytest.raises(ClientError, match=message):
        created.autoscaling.start_instance_refresh(**{"AutoScalingGroupName": created.name} | parameters)
    found = created.autoscaling.describe_instance_refreshes(AutoScalingGroupName=created.name)
    assert found["InstanceRefreshes"] == []
