# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates the region's alarms."""

from __future__ import annotations

import datetime
import json
import logging
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from . import rules
from .actions import backend_of, change_state, period_of, timestamp
from .expressions import Context, ExpressionError, evaluate
from .judge import Point, Threshold, Verdict, judge
from .metrics import forget, samples_of
from .series import MetricKey, Series, Timeline, by_period, percentile_of, series_of

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

    from ..settings import Settings

LOGGER = logging.getLogger(__name__)
FORGET_SECONDS = 600.0
"""How often samples that are too old are dropped."""


class AlarmKeeper:
    """Evaluates every alarm of the region.

    CloudWatch does so once a minute. An alarm's periods end at whole minutes here as there (see
    :meth:`Timeline.until`), so looking more often changes what an alarm sees only by being less than a minute sooner.
    """

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._told: dict[str, str] = {}
        self._forgotten = 0.0

    def look(self, now: float) -> None:
        """Evaluate all of them, at a time in seconds since the epoch."""
        backend = backend_of(self._region)
        if now - self._forgotten > FORGET_SECONDS:
            forget(backend, now)
            self._forgotten = now
        # Composite alarms after those that they speak of.
        for alarm in sorted(backend.alarms.values(), key=lambda alarm: alarm.rule is not None):
            self._look_at(backend, alarm, now)

    def _look_at(self, backend: CloudWatchBackend, alarm: Alarm, now: float) -> None:
        try:
            look_at(backend, alarm, now)
        except Exception as error:
            # One alarm's fault must not hold up the others. Told once, not every second.
            if self._told.get(alarm.name) != str(error):
                LOGGER.exception("cannot evaluate the alarm %s", alarm.name)
            self._told[alarm.name] = str(error)
        else:
            self._told.pop(alarm.name, None)


def look_at(backend: CloudWatchBackend, alarm: Alarm, now: float) -> None:
    """Evaluate one alarm at a time in seconds since the epoch."""
    if alarm.rule is not None:
        _look_at_composite(backend, alarm)
        return
    threshold = threshold_of(alarm)
    timeline = Timeline.until(now, period_of(alarm), threshold.evaluation_range)
    if _too_few_samples(backend, alarm, timeline):
        return
    points = [Point(*pair) for pair in zip(timeline.times, alarm_series(backend, alarm, timeline), strict=True)]
    verdict = judge(threshold, points, alarm.state_value)
    if verdict is not None and verdict.state != alarm.state_value:
        change_state(alarm, verdict.state, verdict.reason, json.dumps(_reason_data(alarm, verdict)))


def threshold_of(alarm: Alarm) -> Threshold:
    """Return what an alarm compares."""
    periods = int(alarm.evaluation_periods)
    return Threshold(
        comparison=alarm.comparison_operator,
        value=float(alarm.threshold),
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or periods),
        treat_missing_data=alarm.treat_missing_data or "missing",
    )


def key_of(metric: Any) -> MetricKey:
    """Return the key of a metric as moto keeps it in an alarm or its queries."""
    return MetricKey(metric.namespace, metric.metric_name, frozenset((d.name, d.value) for d in metric.dimensions))


def alarm_series(backend: CloudWatchBackend, alarm: Alarm, timeline: Timeline) -> Series:
    """Return the series that an alarm watches."""
    if not alarm.metric_data_queries:
        statistic = alarm.extended_statistic or alarm.statistic
        return series_of(samples_of(backend, key_of(alarm), alarm.unit), timeline, statistic)
    found: dict[str, Series] = {}
    metric_ids: list[str] = []
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            stat = query.metric_stat
            found[query.id] = series_of(samples_of(backend, key_of(stat.metric), stat.unit), timeline, stat.stat)
            metric_ids.append(query.id)
    expressions = {query.id: query.expression for query in alarm.metric_data_queries if query.expression}
    resolve(expressions, found, metric_ids, timeline)
    watched = [query.id for query in alarm.metric_data_queries if query.return_data in (None, True, "true")]
    if len(watched) != 1:
        raise ExpressionError("Exactly one query of an alarm returns data.")
    return found[watched[0]]


def resolve(expressions: dict[str, str], found: dict[str, Series], metric_ids: list[str], timeline: Timeline) -> None:
    """Compute expressions, which may refer to each other in any order, into `found`.

    Raises:
        ExpressionError: one cannot be computed, or they refer to each other in a circle.
    """
    waiting = dict(expressions)
    while waiting:
        problem: ExpressionError | None = None
        for identifier, expression in list(waiting.items()):
            try:
                context = Context(found, metric_ids, timeline.period, timeline.length)
                found[identifier] = evaluate(expression, context)
            except ExpressionError as error:
                problem = error
            else:
                del waiting[identifier]
                problem = None
                break
        if problem is not None:
            raise problem


def _too_few_samples(backend: CloudWatchBackend, alarm: Alarm, timeline: Timeline) -> bool:
    """Return whether a percentile has too little data, and the alarm says to wait then.

    "Percentile-based CloudWatch alarms and low data samples" in the user guide.
    """
    percentile = percentile_of(alarm.extended_statistic or "")
    if percentile is None or alarm.evaluate_low_sample_count_percentile != "ignore":
        return False
    fraction = percentile / 100.0
    needed = 10.0 / (1.0 - fraction) if 0.5 <= fraction < 1.0 else 10.0 / fraction if 0.0 < fraction < 0.5 else 0.0
    samples = samples_of(backend, key_of(alarm), alarm.unit)
    return sum(sample.count for bucket in by_period(samples, timeline) for sample in bucket) < needed


def _reason_data(alarm: Alarm, verdict: Verdict) -> dict[str, Any]:
    values = [point.value for point in verdict.datapoints]
    data: dict[str, Any] = {"version": "1.0", "queryDate": timestamp(utcnow())}
    if verdict.datapoints:
        first = datetime.datetime.fromtimestamp(verdict.datapoints[0].seconds, datetime.UTC)
        data["startDate"] = timestamp(first)
    if not alarm.metric_data_queries:
        data["statistic"] = alarm.extended_statistic or alarm.statistic
        data["unit"] = alarm.unit
    data = {key: value for key, value in data.items() if value is not None}
    return {**data, "period": period_of(alarm), "recentDatapoints": values, "threshold": float(alarm.threshold)}


def _look_at_composite(backend: CloudWatchBackend, alarm: Alarm) -> None:
    rule = str(alarm.rule)
    names = rules.references(rule)
    states = {name: backend.alarms[name].state_value for name in names if name in backend.alarms}
    state = "ALARM" if rules.holds(rule, states) else "OK"
    if state == alarm.state_value:
        return
    cause = max(
        (backend.alarms[name] for name in states), key=lambda child: child.state_updated_timestamp, default=None
    )
    if cause is None:
        change_state(alarm, state, f"The rule {rule} is {'TRUE' if state == 'ALARM' else 'FALSE'}")
        return
    # E.g. "arn:... transitioned to ALARM at Thursday 19 March, 2020 21:33:05 UTC".
    moment = cause.state_updated_timestamp.strftime("%A %d %B, %Y %H:%M:%S UTC")
    reason = f"{cause.alarm_arn} transitioned to {cause.state_value} at {moment}"
    child = {
        "arn": cause.alarm_arn,
        "state": {"value": cause.state_value, "timestamp": timestamp(cause.state_updated_timestamp)},
    }
    change_state(alarm, state, reason, json.dumps({"triggeringAlarms": [child]}))
