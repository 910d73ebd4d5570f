# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an instance refresh goes on: how many at a time, when it pauses, when it gives up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from nodeops_lab.api.autoscaling.preferences import PreferenceError, Preferences, parse
from nodeops_lab.api.autoscaling.refreshing import Course, Decision, Seat, decide

NOON = datetime(2026, 11, 22, 12)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def old(count: int, **values: Any) -> list[Seat]:
    return [Seat(f"old-{number}", old=True, **values) for number in range(count)]


def new(count: int) -> list[Seat]:
    return [Seat(f"new-{number}", old=False) for number in range(count)]


def warming(count: int) -> list[Seat]:
    return [Seat(f"warm-{number}", old=False, available=False, warming=True) for number in range(count)]


def pending(count: int) -> list[Seat]:
    return [Seat(f"pending-{number}", old=False, in_service=False, available=False) for number in range(count)]


def standby(count: int) -> list[Seat]:
    return [
        Seat(f"standby-{number}", old=True, in_service=False, available=False, standby=True) for number in range(count)
    ]


def preferences(least: int = 90, most: int = 100, **values: Any) -> Preferences:
    return Preferences(300, min_healthy=least, max_healthy=most, **values)


@pytest.mark.parametrize(
    ("least", "most", "seats", "desired", "end", "surplus"),
    [
        # Of ten, 90 percent must stay: one at a time. Of two, that leaves none, so one at a time all the same.
        (90, 100, old(10), 10, 1, 0),
        (90, 100, old(2), 2, 1, 0),
        (100, 100, old(4), 4, 1, 0),
        (100, 100, old(1), 1, 1, 0),
        # While one is on its way there is no room; when it has warmed up there is.
        (90, 100, old(1) + pending(1), 2, 0, 0),
        (90, 100, old(1) + warming(1), 2, 0, 0),
        (90, 100, old(1) + new(1), 2, 1, 0),
        # Half at a time, rounded up to keep the half; all at once.
        (50, 100, old(4), 4, 2, 0),
        (50, 100, old(3), 3, 1, 0),
        (50, 100, old(2) + warming(2), 4, 0, 0),
        (50, 100, old(2) + new(1) + warming(1), 4, 1, 0),
        (0, 100, old(4), 4, 4, 0),
        # Launch before terminating: first more, then fewer; no more than the last old ones need.
        (100, 110, old(2), 2, 0, 1),
        (100, 110, old(2) + pending(1), 2, 0, 1),
        (100, 110, old(2) + new(1), 2, 1, 1),
        (100, 110, old(1) + new(2), 2, 1, 0),
        (100, 200, old(4), 4, 0, 4),
        (100, 200, old(4) + new(4), 4, 4, 0),
        (50, 150, old(4), 4, 2, 2),
        # Nothing left to do.
        (90, 100, new(2), 2, 0, 0),
        (90, 100, [], 0, 0, 0),
    ],
)
def test_how_many_at_a_time(least: int, most: int, seats: list[Seat], desired: int, end: int, surplus: int) -> None:
    decision = decide(seats, desired, preferences(least, most))
    assert (decision.end, decision.surplus) == (end, surplus)


@pytest.mark.parametrize(
    ("seats", "remaining", "waits_for", "example"),
    [
        (old(2), 2, None, None),
        (old(1) + warming(1), 2, "warmup", "warm-0"),
        (warming(1) + new(1), 1, "warmup", "warm-0"),
        (old(1) + pending(1), 2, "health", "pending-0"),
        (old(1), 2, "health", None),
        (new(2), 0, None, None),
        (new(1) + old(1, protected=True), 1, "protected", "old-0"),
        (new(2) + standby(1), 1, "standby", "standby-0"),
    ],
)
def test_what_remains_and_what_is_waited_for(
    seats: list[Seat], remaining: int, waits_for: str | None, example: str | None
) -> None:
    decision = decide(seats, 2, preferences())
    assert (decision.remaining, decision.waits_for, decision.example) == (remaining, waits_for, example)


@pytest.mark.parametrize(("protected", "end", "remaining"), [("Refresh", 1, 2), ("Ignore", 1, 1), ("Wait", 1, 2)])
def test_protected_instances(protected: str, end: int, remaining: int) -> None:
    seats = [Seat("free", old=True), Seat("kept", old=True, protected=True)]
    decision = decide(seats, 2, preferences(protected=protected))
    assert (decision.end, decision.remaining) == (end, remaining)
    alone = decide(
        [Seat("kept", old=True, protected=True), Seat("new", old=False)], 2, preferences(protected=protected)
    )
    assert alone.end == (1 if protected == "Refresh" else 0)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Terminate", Decision(end_standby=("standby-0",), remaining=1)),
        ("Ignore", Decision()),
        ("Wait", Decision(remaining=1, waits_for="standby", example="standby-0")),
    ],
)
def test_standby_instances(choice: str, expected: Decision) -> None:
    assert decide(new(2) + standby(1), 2, preferences(standby=choice)) == expected


def test_checkpoints_hold_the_replacement() -> None:
    """The user guide's own example: ten instances, [20, 50], a delay of 15 minutes, at least 80 percent healthy."""
    asked = preferences(80, checkpoints=(20, 50), checkpoint_delay=900)
    course = Course(NOON, asked.checkpoints, asked.checkpoint_delay)

    def look(seats: list[Seat], now: datetime) -> int:
        course.see(decide(seats, 10, asked, 0).remaining)
        course.reach_checkpoint(now)
        if course.paused(now):
            return 0
        return decide(seats, 10, asked, course.allowance(sum(seat.old for seat in seats))).end

    assert look(old(10), NOON) == 2, "20 percent, as many as 80 percent healthy allow"
    assert look(old(8) + warming(2), after(60)) == 0
    assert course.percentage == 0, "not before they have warmed up"
    assert look(old(8) + new(2), after(600)) == 0
    assert (course.percentage, course.paused_until) == (20, after(1500))
    assert look(old(8) + new(2), after(1499)) == 0
    assert look(old(8) + new(2), after(1500)) == 2
    assert look(old(6) + new(4), after(2100)) == 1, "50 percent are five, four are replaced"
    assert look(old(5) + new(4) + warming(1), after(2200)) == 0
    assert not course.complete()
    look(old(5) + new(5), after(2700))
    assert course.percentage == 50
    assert course.complete(), "the last checkpoint says how much is to be replaced, and is not waited at"


def test_checkpoint_below_another_that_is_reached_is_skipped() -> None:
    course = Course(NOON, (10, 40, 100), 900)
    course.see(2)
    assert course.allowance(2) == 1
    course.see(1)
    assert course.reach_checkpoint(NOON) == 40
    assert course.paused(after(899))
    assert not course.paused(after(900))
    assert course.reach_checkpoint(after(900)) is None
    course.see(0)
    assert course.reach_checkpoint(after(1000)) == 100
    assert course.complete()


@pytest.mark.parametrize(
    ("waits_for", "gives_up"),
    [("standby", True), ("protected", True), ("health", True), ("warmup", False), (None, False)],
)
def test_gives_up_after_an_hour_without_progress(waits_for: str | None, gives_up: bool) -> None:
    course = Course(NOON)
    course.see(3)
    assert not course.stuck(waits_for, NOON)
    assert not course.stuck(waits_for, after(3599))
    assert course.stuck(waits_for, after(3600)) == gives_up


def test_progress_starts_the_hour_anew() -> None:
    course = Course(NOON)
    course.see(3)
    course.stuck("health", NOON)
    course.see(2)
    assert not course.stuck("health", after(3600))
    assert course.stuck("health", after(7200))


def test_growth_makes_more_to_do() -> None:
    course = Course(NOON)
    course.see(2)
    course.see(1)
    assert (course.percentage, course.updated) == (50, 1)
    course.see(4)
    assert (course.percentage, course.total) == (0, 4)


def test_nothing_to_do_is_all_done_once_looked_at() -> None:
    course = Course(NOON)
    assert course.percentage == 0
    course.see(0)
    assert course.percentage == 100
    assert course.complete()


def test_defaults_of_the_preferences() -> None:
    assert parse({}, 120).as_answer() == {
        "MinHealthyPercentage": 90,
        "MaxHealthyPercentage": 100,
        "InstanceWarmup": 120,
        "SkipMatching": False,
        "AutoRollback": False,
        "ScaleInProtectedInstances": "Wait",
        "StandbyInstances": "Wait",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"MinHealthyPercentage": 101},
        {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 99},
        {"MaxHealthyPercentage": 110},
        {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 151},
        {"InstanceWarmup": -1},
        {"CheckpointPercentages": [50, 20]},
        {"CheckpointPercentages": [0, 20]},
        {"CheckpointPercentages": [20, 20]},
        {"CheckpointPercentages": [101]},
        {"CheckpointPercentages": [50], "CheckpointDelay": 172801},
        {"ScaleInProtectedInstances": "Replace"},
        {"StandbyInstances": "Refresh"},
        {"BakeTime": 172801},
    ],
)
def test_preferences_that_aws_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(PreferenceError):
        parse(given, 0)


def test_preferences_as_given() -> None:
    given: dict[str, Any] = {
        "MinHealthyPercentage": 0,
        "MaxHealthyPercentage": 100,
        "InstanceWarmup": 0,
        "SkipMatching": True,
        "AutoRollback": True,
        "ScaleInProtectedInstances": "Refresh",
        "StandbyInstances": "Terminate",
        "CheckpointPercentages": [50, 100],
        "CheckpointDelay": 60,
        "BakeTime": 30,
    }
    assert parse(given, 120).as_answer() == given
