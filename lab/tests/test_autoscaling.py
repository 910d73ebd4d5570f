# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Auto Scaling decides: which instances end, what a hook waits for, how failures are paced, what is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from nodeops_lab.api.autoscaling.activities import Activity, in_order
from nodeops_lab.api.autoscaling.backoff import LONGEST_SECONDS, Backoff
from nodeops_lab.api.autoscaling.hooks import LAUNCHING, Action, Hook, abandoned, finished
from nodeops_lab.api.autoscaling.termination import Candidate, choose

NOON = datetime(2026, 11, 22, 12)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def candidate(name: str, zone: str = "a", age: float = 0, **values: Any) -> Candidate:
    """An instance that was launched `age` seconds before noon."""
    return Candidate(
        name,
        zone,
        after(-age),
        values.get("template", "lt-1"),
        values.get("version", 1),
        values.get("protected", False),
    )


MIXED = [
    candidate("old", age=5000, version=3),
    candidate("young", age=10, version=2),
    candidate("nearly-an-hour", age=3590, version=3),
    candidate("first-version", age=100, version=1),
    candidate("other-template", age=50, version=9, template="lt-0"),
]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (["OldestInstance"], "old"),
        (["NewestInstance"], "young"),
        (["ClosestToNextInstanceHour"], "nearly-an-hour"),
        (["OldestLaunchTemplate"], "other-template"),
        (["Default"], "other-template"),
        # These know nothing to prefer here; where AWS leaves it to chance, the oldest goes.
        (["AllocationStrategy"], "old"),
        (["OldestLaunchConfiguration", "NewestInstance"], "young"),
    ],
)
def test_policies_choose_who_ends(policies: list[str], expected: str) -> None:
    assert choose(MIXED, 1, policies, "lt-1", NOON) == [expected]


def test_oldest_version_goes_where_all_are_of_the_group_s_template() -> None:
    assert choose(MIXED[:4], 1, ["OldestLaunchTemplate"], "lt-1", NOON) == ["first-version"]


def test_default_policy_takes_of_one_version_the_instance_nearest_to_its_next_hour() -> None:
    of_one_version = [candidate("a", age=10), candidate("b", age=3590), candidate("c", age=5000)]
    assert choose(of_one_version, 1, ["Default"], "lt-1", NOON) == ["b"]


@pytest.mark.parametrize(
    ("candidates", "count", "expected"),
    [
        # The fuller zone comes first, whatever the policy; then the zones are even, and the policy looks at both.
        (
            [candidate("a1", "a", 1), candidate("b1", "b", 30), candidate("b2", "b", 20), candidate("b3", "b", 10)],
            2,
            ["b1", "b2"],
        ),
        ([candidate("a1", "a", 30), candidate("b1", "b", 20), candidate("b2", "b", 10)], 2, ["b1", "a1"]),
        # A protected instance counts in its zone and stays.
        ([candidate("a1", "a", 1), candidate("b1", "b", 9, protected=True), candidate("b2", "b", 5)], 1, ["b2"]),
        ([candidate("a1", "a", 1), candidate("b1", "b", 9, protected=True)], 2, ["a1"]),
        ([candidate("b1", "b", 9, protected=True)], 1, []),
        ([], 1, []),
    ],
)
def test_zones_come_before_policies(candidates: list[Candidate], count: int, expected: list[str]) -> None:
    assert choose(candidates, count, ["OldestInstance"], "lt-1", NOON) == expected


def hook(**values: Any) -> Hook:
    return Hook("prepare", "nodes", LAUNCHING, **values)


@pytest.mark.parametrize(("timeout", "expected"), [(30, 3000), (1728, 172800), (7200, 172800)])
def test_global_timeout_is_a_hundred_heartbeats_or_two_days(timeout: int, expected: int) -> None:
    assert hook(heartbeat_timeout=timeout).global_timeout == expected


@pytest.mark.parametrize("result", ["CONTINUE", "ABANDON"])
def test_overdue_action_has_the_default_result(result: str) -> None:
    action = Action(hook(heartbeat_timeout=30, default_result=result), NOON)
    action.expire(after(29))
    assert action.result is None
    assert not finished([action])
    action.expire(after(30))
    assert action.result == result
    assert finished([action])
    assert (abandoned([action]) is action) == (result == "ABANDON")
    assert action.message.endswith(f"Lifecycle Action with token {action.token} was abandoned: Heartbeat Timeout")


def test_heartbeat_starts_the_time_anew_up_to_the_global_timeout() -> None:
    action = Action(hook(heartbeat_timeout=30), NOON)
    action.heartbeat(after(20))
    assert action.deadline == after(50)
    action.heartbeat(after(2990))
    assert action.deadline == after(3000)


def test_every_hook_must_be_done_unless_one_is_abandoned() -> None:
    first, second = Action(hook(), NOON), Action(hook(), NOON)
    first.complete("CONTINUE", "done")
    assert not finished([first, second])
    second.complete("ABANDON", "failed")
    assert finished([Action(hook(), NOON), second]), "ABANDON stops the others"
    assert finished([])


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff()
    assert backoff.over(NOON)
    pauses = []
    for _ in range(6):
        backoff.failed(NOON)
        assert backoff.not_before is not None
        pauses.append((backoff.not_before - NOON).total_seconds())
    assert pauses == [5, 10, 20, 40, LONGEST_SECONDS, LONGEST_SECONDS]
    assert not backoff.over(after(LONGEST_SECONDS - 1))
    assert backoff.over(after(LONGEST_SECONDS))
    backoff.reset()
    assert backoff.over(NOON)


def activity(description: str, start: float) -> Activity:
    return Activity("nodes", "arn", description, "because", after(start), {"Availability Zone": "a"})


def test_activities_in_progress_come_first_then_the_newest() -> None:
    first, second, third, fourth = (activity(name, start) for name, start in zip("abcd", (0, 1, 1, 0.5), strict=True))
    for finished_one in (second, third, fourth):
        finished_one.finish(after(2))
    assert in_order([first, second, third, fourth]) == [first, third, second, fourth]


def test_failed_activity_tells_its_reason_twice_as_on_aws() -> None:
    failed = activity("Launching a new EC2 instance", 0)
    failed.finish(after(1), "Failed", "No such image. Launching EC2 instance failed.")
    answer = failed.as_answer()
    assert answer["StatusMessage"] == "No such image. Launching EC2 instance failed."
    assert answer["Description"] == f"Launching a new EC2 instance.  Status Reason: {answer['StatusMessage']}"
    assert (answer["StatusCode"], answer["Progress"], answer["EndTime"]) == ("Failed", 100, after(1))
    assert answer["Details"] == '{"Availability Zone":"a"}'
