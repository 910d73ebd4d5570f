# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import (
    alarms,
    dashboard,
    devops_guru,
    event_subscriptions,
    snapshot_policy,
    tags,
    topic,
)
from ansible_collections.nodeops.chainlink.plugins.module_utils._services.compare import Change

OWN = {tags.ESTATE: "oracle"}
ROW = {
    "name": "cpu",
    "description": "Busy.",
    "namespace": "AWS/RDS",
    "metric": "CPUUtilization",
    "statistic": "Average",
    "period": 60,
    "evaluation_periods": 5,
    "threshold": 80,
    "comparison": "GreaterThanOrEqualToThreshold",
    "missing": "missing",
}


def test_an_alarm_for_each_value() -> None:
    each = {"dimension": "DBInstanceIdentifier", "values": ["oracle-database-1", "oracle-database-2"]}
    found = alarms.wanted("oracle", [{**ROW, "for_each": each}], ["topic"], OWN)
    assert list(found) == ["oracle-cpu-database-1", "oracle-cpu-database-2"]
    assert found["oracle-cpu-database-2"]["dimensions"] == [["DBInstanceIdentifier", "oracle-database-2"]]
    assert found["oracle-cpu-database-2"]["datapoints"] == 5
    assert alarms.wanted("oracle", [{**ROW, "for_each": {**each, "values": []}}], [], OWN) == {}
    labelled = {**each, "values": ["nat-1", "nat-2"], "labels": ["oracle-nat-a", "oracle-nat-b"]}
    found = alarms.wanted("oracle", [{**ROW, "name": "ports", "for_each": labelled}], [], OWN)
    assert list(found) == ["oracle-ports-nat-a", "oracle-ports-nat-b"]
    assert found["oracle-ports-nat-b"]["dimensions"] == [["DBInstanceIdentifier", "nat-2"]]


def test_an_alarm_for_all() -> None:
    found = alarms.wanted("oracle", [{**ROW, "dimensions": {"B": "2", "A": "1"}, "datapoints": 2}], ["topic"], OWN)
    assert list(found) == ["oracle-cpu"]
    assert found["oracle-cpu"]["dimensions"] == [["A", "1"], ["B", "2"]]
    assert (found["oracle-cpu"]["datapoints"], found["oracle-cpu"]["threshold"]) == (2, 80.0)


def test_the_body_of_a_dashboard() -> None:
    line = {"namespace": "N", "metric": "M", "for_each": {"dimension": "D", "values": ["1", "2"]}}
    plain = {"namespace": "N", "metric": "M", "dimensions": {"B": "b", "A": "a"}}
    widgets = [{"title": "first", "metrics": [line]}, {"title": "second", "metrics": [plain], "statistic": "Sum"}]
    top, first, second = dashboard.body("eu-central-1", widgets, ["arn"])["widgets"]
    assert (top["type"], top["properties"]["alarms"]) == ("alarm", ["arn"])
    assert first["properties"]["metrics"] == [["N", "M", "D", "1"], ["N", "M", "D", "2"]]
    assert second["properties"]["metrics"] == [["N", "M", "A", "a", "B", "b"]]
    assert [(item["x"], item["y"]) for item in (top, first, second)] == [(0, 0), (0, 6), (12, 6)]
    assert second["properties"]["stat"] == "Sum"
    assert [item["type"] for item in dashboard.body("eu-central-1", widgets, [])["widgets"]] == ["metric", "metric"]


def test_event_subscriptions() -> None:
    row = {"name": "events", "source_type": "db-cluster", "sources": ["b", "a"], "categories": ["failover", "deletion"]}
    (found,) = event_subscriptions.wanted("oracle", [row], "topic", OWN).values()
    assert (found["sources"], found["categories"]) == (["a", "b"], ["deletion", "failover"])


class Recorder:
    """Stands for a client: takes down every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def take_down(**arguments: Any) -> dict[str, Any]:
            self.calls.append((name, arguments))
            return {}

        return take_down


def test_a_subscription_is_never_without_sources() -> None:
    """Without any, RDS would tell of the whole account, so what is new comes before what is old goes."""
    common = {"topic": "t", "source_type": "db-cluster", "categories": [], "tags": OWN}
    wanted, found = {**common, "sources": ["new"]}, {**common, "sources": ["old"], "arn": "arn"}
    rds = Recorder()
    event_subscriptions.apply(rds, Change("change", "oracle-events", {}, {"sources": ["new"]}, wanted, found))
    assert [(name, given["SourceIdentifier"]) for name, given in rds.calls] == [
        ("add_source_identifier_to_subscription", "new"),
        ("remove_source_identifier_from_subscription", "old"),
    ]


HOOK = "https://hooks.test/T0/secret"


def test_a_hook_is_never_shown() -> None:
    wanted = topic.wanted("key", None, [{"protocol": "https", "endpoint": HOOK}], OWN)
    before, after = topic.masked(Change("create", "oracle-alarms", {}, wanted, wanted, {}))
    assert (before, after["subscriptions"]) == ({}, ["https://hooks.test/..."])
    there = {"subscriptions": [["https", HOOK]], "arns": {("https", HOOK): topic.PENDING}}
    assert topic.pending(there) == ["https://hooks.test/..."]


def test_unconfirmed_subscriptions_that_nobody_wants_are_left_to_lapse() -> None:
    arns = {("email", "a"): topic.PENDING, ("email", "b"): topic.PENDING, ("email", "c"): "arn:c"}
    there = {"subscriptions": [["email", "a"], ["email", "b"], ["email", "c"]], "arns": arns}
    seen = topic.without_pending(there, {"subscriptions": [["email", "a"]]})
    assert seen["subscriptions"] == [["email", "a"], ["email", "c"]]


def test_a_subscription_that_is_no_longer_wanted_ends() -> None:
    wanted = topic.wanted("key", None, [{"protocol": "email", "endpoint": "new"}], OWN)
    found = {**wanted, "subscriptions": [["email", "old"]], "arns": {("email", "old"): "arn:old"}}
    sns = Recorder()
    topic.apply(sns, "arn:topic", Change("change", "n", {}, {"subscriptions": []}, wanted, found))
    assert sns.calls == [
        ("subscribe", {"TopicArn": "arn:topic", "Protocol": "email", "Endpoint": "new"}),
        ("unsubscribe", {"SubscriptionArn": "arn:old"}),
    ]


def test_a_snapshot_policy() -> None:
    found = snapshot_policy.wanted("oracle", "role", {"Name": "oracle-node"}, 12, "03:30", 7, OWN)
    (schedule,) = found["PolicyDetails"]["Schedules"]
    assert found["PolicyDetails"]["TargetTags"] == [{"Key": "Name", "Value": "oracle-node"}]
    assert schedule["CreateRule"] == {"Interval": 12, "IntervalUnit": "HOURS", "Times": ["03:30"]}
    assert schedule["RetainRule"] == {"Count": 7}


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class RefusedError(Exception):
    """An error as botocore raises it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


INVALID, DENIED = "InvalidRequestException", "AccessDeniedException"
ROLE_CHANGES = {"ExecutionRoleArn": "new"}
# (whether the policy is new, what changes, the refusals before it is taken, calls, whether it is taken)
TEST_NEW_ROLE: list[tuple[str, dict[str, Any], list[str], int, bool]] = [
    ("create", {}, [INVALID] * 3, 4, True),
    ("create", {}, [INVALID] * 12, 13, True),
    ("create", {}, [INVALID] * 13, 13, False),
    ("create", {}, [DENIED], 1, False),
    ("change", ROLE_CHANGES, [INVALID] * 3, 4, True),
    ("change", ROLE_CHANGES, [DENIED], 1, False),
    # Where the role is the one before, what is invalid is something else.
    ("change", {"State": "ENABLED"}, [INVALID], 1, False),
]


@pytest.mark.parametrize(("action", "after", "refusals", "calls", "taken"), TEST_NEW_ROLE)
def test_a_role_that_was_just_made_is_tried_again(
    action: str, after: dict[str, Any], refusals: list[str], calls: int, taken: bool
) -> None:
    """The Data Lifecycle Manager does not know it for some seconds."""
    left = list(refusals)
    done: list[str] = []

    def answer(**_arguments: Any) -> None:
        done.append("call")
        if left:
            raise RefusedError(left.pop(0))

    dlm = SimpleNamespace(create_lifecycle_policy=answer, update_lifecycle_policy=answer)
    wanted = {"ExecutionRoleArn": "new", "State": "ENABLED", "Tags": OWN}
    change = Change(action, "oracle-snapshots", {}, after, wanted, {"PolicyId": "1"})
    with contextlib.nullcontext() if taken else pytest.raises(RefusedError):
        snapshot_policy.apply(dlm, change, 60, Clock())
    assert len(done) == calls


class Policies(Recorder):
    """Lifecycle policies of several estates."""

    def get_lifecycle_policies(self) -> dict[str, Any]:
        return {
            "Policies": [
                {"PolicyId": "1", "Tags": {tags.ESTATE: "oracle", "Name": "oracle-snapshots"}},
                {"PolicyId": "2", "Tags": {tags.ESTATE: "oracle-2", "Name": "oracle-2-snapshots"}},
                {"PolicyId": "3", "Tags": {}},
                {"PolicyId": "4", "Tags": {tags.ESTATE: "oracle", "Name": "oracle-snapshots"}},
            ]
        }

    def get_lifecycle_policy(self, PolicyId: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Policy": {"PolicyId": PolicyId, "DateCreated": datetime.datetime.now(datetime.UTC)}}


def test_a_second_policy_of_the_same_name_is_found_too() -> None:
    found = snapshot_policy.read(Policies(), "oracle", "oracle-snapshots")
    assert {name: policy["PolicyId"] for name, policy in found.items()} == {"oracle-snapshots": "1", "4": "4"}


KEY = devops_guru.TAG_KEY
TEST_STEPS: list[tuple[dict[str, Any], bool, list[str]]] = [
    ({}, True, ["add channel", "add value"]),
    ({"tags": {KEY: ["other"]}, "channels": ["x"]}, True, ["add channel", "add value"]),
    ({"tags": {KEY: ["oracle"]}, "channels": ["topic"], "channel": "1"}, True, []),
    (
        {"tags": {KEY: ["other", "oracle"]}, "channels": ["x", "topic"], "channel": "1"},
        False,
        ["remove value", "remove channel"],
    ),
    ({"tags": {KEY: ["other"]}, "stacks": ["*"]}, False, []),
]


@pytest.mark.parametrize(("found", "present", "steps"), TEST_STEPS)
def test_steps(found: dict[str, Any], present: bool, steps: list[str]) -> None:
    account = {"stacks": [], "tags": {}, "channels": [], "channel": None, **found}
    assert devops_guru.steps(account, "oracle", "topic", present) == steps


TEST_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"stacks": ["*"]}, "DevOps Guru already watches the stacks * in this account and region"),
    ({"tags": {"devops-guru-theirs": ["x"]}}, "DevOps Guru already watches the tag devops-guru-theirs in this account"),
    (
        {"channels": ["x", "y"]},
        "DevOps Guru has 2 notification channels in this region already, and takes no more: x, y.",
    ),
]


@pytest.mark.parametrize(("found", "message"), TEST_REFUSED)
def test_what_belongs_to_others_is_refused(found: dict[str, Any], message: str) -> None:
    account = {"stacks": [], "tags": {}, "channels": [], "channel": None, **found}
    with pytest.raises(devops_guru.InUseError) as raised:
        devops_guru.steps(account, "oracle", "topic", True)
    assert str(raised.value).startswith(message)
