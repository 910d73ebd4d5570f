# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of alarms: datapoints, metric math, states, composite rules."""

from __future__ import annotations

import math

import pytest
from nodeops_lab.api.alarms.expressions import Context, ExpressionError, UnknownFunctionError, evaluate
from nodeops_lab.api.alarms.judge import Point, Threshold, judge
from nodeops_lab.api.alarms.rules import RuleError, holds, references
from nodeops_lab.api.alarms.series import Sample, Series, Timeline, series_of, statistic_of

MINUTE = 60.0


def verdict(row: str, treat: str, to_alarm: int, current: str = "now") -> str:
    """Judge a row of AWS's tables: 0 within the threshold, X beyond it, - missing."""
    values = {"0": 0.0, "X": 9.0, "-": None}
    points = [Point(index * MINUTE, values[mark]) for index, mark in enumerate(row.split())]
    found = judge(Threshold("GreaterThanThreshold", 5.0, 3, to_alarm, treat), points, current)
    return found.state if found else "retain"


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
# The tables of "Configuring how CloudWatch alarms treat missing data": three of three, then two of three.
MISSING_DATA = [
    ("0 - X - X", 3, "OK OK OK OK"),
    ("- - - - 0", 3, "OK OK OK OK"),
    ("- - - - -", 3, "INSUFFICIENT_DATA retain ALARM OK"),
    ("0 X X - X", 3, "ALARM ALARM ALARM ALARM"),
    ("- - X - -", 3, "ALARM retain ALARM OK"),
    ("0 - X - X", 2, "ALARM ALARM ALARM ALARM"),
    ("0 0 X 0 X", 2, "ALARM ALARM ALARM ALARM"),
    ("0 - X - -", 2, "OK OK ALARM OK"),
    ("- - - - 0", 2, "OK OK ALARM OK"),
    ("- - - X -", 2, "ALARM retain ALARM OK"),
    # The first edition of the page: a single recent datapoint is too little.
    ("- - - - X", 3, "INSUFFICIENT_DATA retain ALARM OK"),
]


@pytest.mark.parametrize(("row", "to_alarm", "expected"), MISSING_DATA)
def test_missing_data(row: str, to_alarm: int, expected: str) -> None:
    assert " ".join(verdict(row, treatment, to_alarm) for treatment in TREATMENTS) == expected


def test_reasons_are_worded_as_aws_does() -> None:
    # 2019-10-02 16:59 UTC, the example of "Alarm events and EventBridge".
    point = Point(1570035540.0, 99.5)
    alarm = judge(Threshold("GreaterThanThreshold", 50.0, 1, 1), [point], "OK")
    assert alarm is not None
    assert alarm.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoint [99.5 (02/10/19 16:59:00)] was greater than the threshold "
        "(50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    within = judge(Threshold("GreaterThanThreshold", 50.0, 1, 1), [Point(1570035540.0, 1.5)], "ALARM")
    assert within is not None
    assert "[1.5 (02/10/19 16:59:00)] was not greater than the threshold (50.0)" in within.reason
    assert within.reason.endswith("(minimum 1 datapoint for ALARM -> OK transition).")
    nothing = judge(Threshold("LessThanThreshold", 1.0, 2, 2), [Point(0.0, None)], "OK")
    assert nothing is not None
    assert nothing.reason == "Insufficient Data: 2 datapoints were unknown."
    filled = judge(Threshold("LessThanThreshold", 1.0, 3, 3, "breaching"), [Point(0.0, None)], "OK")
    assert filled is not None
    assert filled.reason == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
        "[Breaching]."
    )


@pytest.mark.parametrize(
    ("comparison", "at", "above", "below"),
    [
        ("GreaterThanThreshold", "OK", "ALARM", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM", "ALARM", "OK"),
        ("LessThanThreshold", "OK", "OK", "ALARM"),
        ("LessThanOrEqualToThreshold", "ALARM", "OK", "ALARM"),
    ],
)
def test_comparisons(comparison: str, at: str, above: str, below: str) -> None:
    threshold = Threshold(comparison, 5.0, 1, 1)
    found = [judge(threshold, [Point(0.0, value)], "OK") for value in (5.0, 5.1, 4.9)]
    assert [item.state for item in found if item] == [at, above, below]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("SampleCount", 4.0),
        ("Sum", 10.0),
        ("Average", 2.5),
        ("Minimum", 1.0),
        ("Maximum", 4.0),
        ("p50", 2.5),
        ("p100", 4.0),
        ("p0", 1.0),
    ],
)
def test_statistics(statistic: str, expected: float) -> None:
    samples = [Sample.single(0.0, value) for value in (4.0, 1.0, 3.0, 2.0)]
    assert statistic_of(samples, statistic) == expected
    assert statistic_of([], statistic) is None


def test_statistic_sets_have_percentiles_only_where_all_values_are_equal() -> None:
    assert statistic_of([Sample(0.0, 6.0, 3.0, 2.0, 2.0)], "p90") == 2.0
    assert statistic_of([Sample(0.0, 6.0, 3.0, 1.0, 3.0)], "p90") is None
    assert statistic_of([Sample(0.0, 6.0, 3.0, 1.0, 3.0), Sample.single(0.0, 10.0)], "Average") == 4.0


def test_periods_that_are_over_end_at_whole_minutes() -> None:
    assert Timeline.until(3599.0, 60, 3).times == [3360.0, 3420.0, 3480.0]
    assert Timeline.until(3659.0, 300, 2).times == [3000.0, 3300.0]
    assert Timeline.until(3659.0, 10, 2).times == [3630.0, 3640.0]


def test_samples_of_standard_resolution_count_for_their_minute() -> None:
    timeline = Timeline(0.0, 10, 12)
    standard = series_of([Sample.single(75.0, 1.0)], timeline, "Sum")
    high = series_of([Sample.single(75.0, 1.0, resolution=1)], timeline, "Sum")
    assert (standard.index(1.0), high.index(1.0)) == (6, 7)


SERIES: dict[str, Series] = {"m1": [1.0, 2.0, None, 4.0], "m2": [10.0, 0.0, 5.0, 2.0]}
MATH: list[tuple[str, Series]] = [
    ("m1 + m2 * 2", [21.0, 2.0, None, 8.0]),
    ("(m1 + m2) / 2", [5.5, 1.0, None, 3.0]),
    ("m1 / m2", [0.1, None, None, 2.0]),
    ("-m1 + m2 ^ 2", [99.0, -2.0, None, 0.0]),
    ("100 * (1 - m1/m2)", [90.0, None, None, -100.0]),
    ("SUM(METRICS())", [11.0, 2.0, 5.0, 6.0]),
    ("MAX([m1, m2])", [10.0, 2.0, 5.0, 4.0]),
    ("MAX(m1)", [4.0, 4.0, 4.0, 4.0]),
    ('AVG(METRICS("m2"))', [10.0, 0.0, 5.0, 2.0]),
    ("FILL(m1, 0)", [1.0, 2.0, 0.0, 4.0]),
    ("FILL(m1, m2)", [1.0, 2.0, 5.0, 4.0]),
    ("IF(m2 > 4, m2, 0)", [10.0, 0.0, 5.0, 0.0]),
    ("IF(m2 > 4, 1)", [1.0, None, 1.0, None]),
    ("m2 >= 2 AND m2 < 10", [0.0, 0.0, 1.0, 1.0]),
    ("m2 == 10 || m2 == 2", [1.0, 0.0, 0.0, 1.0]),
    ("DIFF(m2)", [None, -10.0, 5.0, -3.0]),
    ("RATE(m2) * PERIOD(m2)", [None, -10.0, 5.0, -3.0]),
    ("RUNNING_SUM(m2)", [10.0, 10.0, 15.0, 17.0]),
    ("CEIL(m2 / 4) - FLOOR(m2 / 4)", [1.0, 0.0, 1.0, 1.0]),
    ("METRIC_COUNT(METRICS())", [2.0, 2.0, 2.0, 2.0]),
    ("ABS(0 - 1.5e0)", [1.5, 1.5, 1.5, 1.5]),
]


def calculated(expression: str) -> Series:
    return evaluate(expression, Context(SERIES, ["m1", "m2"], 60, 4))


@pytest.mark.parametrize(("expression", "expected"), MATH)
def test_metric_math(expression: str, expected: Series) -> None:
    found = calculated(expression)
    assert [value is None for value in found] == [value is None for value in expected]
    pairs = [(a, b) for a, b in zip(found, expected, strict=True) if a is not None and b is not None]
    assert all(math.isclose(a, b) for a, b in pairs)


@pytest.mark.parametrize("expression", ["m3", "m1 +", "(m1", "m1 m2", "METRICS()", "m1 $ 2", "FILL(m1)", "SUM()"])
def test_wrong_metric_math(expression: str) -> None:
    with pytest.raises(ExpressionError):
        calculated(expression)


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(m1, 2)", "FILL(m1, REPEAT)", "SEARCH('x', 'Sum')"])
def test_metric_math_that_is_not_computed_is_refused(expression: str) -> None:
    with pytest.raises(UnknownFunctionError):
        calculated(expression)


STATES = {"cpu": "ALARM", "disk": "OK", "lag": "INSUFFICIENT_DATA"}
RULES = [
    ("ALARM(cpu)", True),
    ('ALARM("disk")', False),
    ("OK(disk) AND NOT ALARM(cpu)", False),
    ("ALARM(disk) OR ALARM(cpu) AND OK(disk)", True),
    ("(ALARM(disk) OR ALARM(cpu)) AND OK(lag)", False),
    ("INSUFFICIENT_DATA('lag')", True),
    ("NOT (ALARM(disk) OR FALSE)", True),
    ("TRUE", True),
    ('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu")', True),
    ("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", False),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_composite_rules(rule: str, expected: bool) -> None:
    assert holds(rule, STATES) is expected


def test_references_of_a_composite_rule() -> None:
    assert references('ALARM("a b") OR (NOT OK(c) AND TRUE) OR ALARM("a b")') == ["a b", "c"]


@pytest.mark.parametrize("rule", ["", "ALARM(a) ALARM(b)", "AND", "(ALARM(a)", "RED(a)", "NOT"])
def test_wrong_composite_rules(rule: str) -> None:
    with pytest.raises(RuleError):
        references(rule)
