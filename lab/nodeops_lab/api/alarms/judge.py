# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a metric alarm, decided from its datapoints: pure functions.

The rules about missing data are those of "Configuring how CloudWatch alarms treat missing data"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

EXTRA_PERIODS = 2
"""CloudWatch looks at more periods than it evaluates; its documentation's example has five for three."""

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Threshold:
    """What an alarm compares, and how often it must be crossed."""

    comparison: str
    value: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str = "missing"

    def breached_by(self, value: float) -> bool:
        """Return whether a datapoint crosses it."""
        return COMPARISONS[self.comparison][0](value, self.value)

    @property
    def evaluation_range(self) -> int:
        """How many periods CloudWatch looks at."""
        return self.evaluation_periods + EXTRA_PERIODS


@dataclass(frozen=True)
class Point:
    """A period's datapoint; None if it is missing."""

    seconds: float
    value: float | None


@dataclass(frozen=True)
class Verdict:
    """A state and why."""

    state: str
    reason: str
    datapoints: tuple[Point, ...] = field(default=())


def judge(threshold: Threshold, points: Sequence[Point], current: str) -> Verdict | None:
    """Return the state that an alarm should have, or None where it keeps the one it has.

    Args:
        points: one per period of the evaluation range, the latest last.
        current: the alarm's present state.
    """
    present = [point for point in points if point.value is not None]
    lacking = max(0, threshold.evaluation_periods - len(present))
    evaluated = present[-threshold.evaluation_periods :]
    breaching = [point for point in evaluated if threshold.breached_by(_value(point))]
    if not present:
        return _without_data(threshold, current)
    counted = len(breaching) + (lacking if threshold.treat_missing_data == "breaching" else 0)
    if counted >= threshold.datapoints_to_alarm:
        return Verdict("ALARM", _reason(threshold, evaluated, lacking, current, "ALARM"), tuple(evaluated))
    only_breaching = lacking > 0 and len(breaching) == len(evaluated)
    if only_breaching and threshold.treat_missing_data == "ignore":
        return None
    if only_breaching and threshold.treat_missing_data == "missing":
        # "Avoiding premature transition to alarm state" in the page above: one old enough, followed by none that is
        # within the threshold, is enough; a recent one alone says too little.
        age = len(points) - next(index for index, point in enumerate(points) if point.value is not None)
        if age >= threshold.datapoints_to_alarm:
            return Verdict("ALARM", _reason(threshold, evaluated, 0, current, "ALARM"), tuple(evaluated))
        return Verdict("INSUFFICIENT_DATA", _unknown(lacking))
    return Verdict("OK", _reason(threshold, evaluated, lacking, current, "OK"), tuple(evaluated))


def _value(point: Point) -> float:
    assert point.value is not None
    return point.value


def _without_data(threshold: Threshold, current: str) -> Verdict | None:
    periods = threshold.evaluation_periods
    if threshold.treat_missing_data == "ignore":
        return None
    if threshold.treat_missing_data == "missing":
        return Verdict("INSUFFICIENT_DATA", _unknown(periods))
    treated = "Breaching" if threshold.treat_missing_data == "breaching" else "NonBreaching"
    reason = (
        f"Threshold Crossed: no datapoints were received for {_count(periods, 'period')} and "
        f"{_count(periods, 'missing datapoint')} {'was' if periods == 1 else 'were'} treated as [{treated}]."
    )
    return Verdict("ALARM" if treated == "Breaching" else "OK", reason)


def _unknown(number: int) -> str:
    return f"Insufficient Data: {_count(number, 'datapoint')} {'was' if number == 1 else 'were'} unknown."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _reason(threshold: Threshold, evaluated: Sequence[Point], lacking: int, current: str, state: str) -> str:
    """Word the reason as CloudWatch does (user guide, "Alarm events and EventBridge", for examples)."""
    wanted_breach = state == "ALARM"
    shown = [point for point in reversed(evaluated) if threshold.breached_by(_value(point)) == wanted_breach]
    # To return to OK it takes so many that too few are left for an alarm.
    needed = threshold.datapoints_to_alarm
    if not wanted_breach:
        needed = threshold.evaluation_periods - threshold.datapoints_to_alarm + 1
    listed = ", ".join(f"{_value(point)} ({_day(point.seconds)})" for point in shown)
    verb = "was" if len(shown) == 1 else "were"
    text = (
        f"Threshold Crossed: {len(shown)} out of the last {_count(threshold.evaluation_periods, 'datapoint')} "
        f"[{listed}] {verb} {'' if wanted_breach else 'not '}{COMPARISONS[threshold.comparison][1]} the threshold "
        f"({threshold.value})"
    )
    if lacking and threshold.treat_missing_data in ("breaching", "notBreaching"):
        treated = "Breaching" if threshold.treat_missing_data == "breaching" else "NonBreaching"
        text += (
            f" and {_count(lacking, 'missing datapoint')} {'was' if lacking == 1 else 'were'} treated as [{treated}]"
        )
    before = "OK" if wanted_breach else "ALARM"
    return f"{text} (minimum {_count(needed, 'datapoint')} for {before} -> {state} transition)."


def _day(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%d/%m/%y %H:%M:%S")
