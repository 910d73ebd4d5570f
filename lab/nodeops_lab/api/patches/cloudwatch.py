# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch: alarms and metrics."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.cloudwatch import models, responses
from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ResourceNotFound,
    ValidationError,
)
from moto.core.responses import ActionResult, EmptyResult

from ..alarms import rules
from ..alarms.actions import change_state, remember
from ..alarms.expressions import ExpressionError, UnknownFunctionError
from ..alarms.judge import COMPARISONS
from ..alarms.keeper import alarm_series, resolve
from ..alarms.metrics import samples_of, seconds_of
from ..alarms.series import MetricKey, Series, Timeline, is_statistic, series_of
from ..errors import NotEmulatedError
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


def check_alarm(alarm: models.Alarm) -> None:
    """Refuse an alarm that AWS refuses, or that the lab could not evaluate.

    Raises:
        ValidationError: AWS refuses it, too.
        NotEmulatedError: AWS would take it.
    """
    if alarm.comparison_operator not in COMPARISONS:
        raise NotEmulatedError(f"anomaly detection alarms ({alarm.comparison_operator})")
    if alarm.threshold is None:
        raise ValidationError("The parameter Threshold is required.")
    periods = [alarm.period] if alarm.period else []
    statistics = [alarm.extended_statistic or alarm.statistic] if not alarm.metric_data_queries else []
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            periods.append(int(query.metric_stat.period))
            statistics.append(query.metric_stat.stat)
    if not periods:
        raise ValidationError("Period must not be null")
    for period in periods:
        if period not in (10, 20, 30) and (period < 60 or period % 60):
            raise ValidationError("Period must be 10, 20, 30 or a multiple of 60")
    for statistic in statistics:
        if not is_statistic(str(statistic)):
            raise NotEmulatedError(f"the statistic {statistic}")
    needed, within = alarm.datapoints_to_alarm, alarm.evaluation_periods
    if needed and needed > within:
        raise ValidationError("The value of DatapointsToAlarm must be at most that of EvaluationPeriods")
    try:
        # Of nothing: what it can be computed from shows, and what it cannot.
        alarm_series(models.CloudWatchBackend(alarm.region_name, ""), alarm, Timeline(0, max(periods), within))
    except UnknownFunctionError as error:
        raise NotEmulatedError(str(error)) from None
    except ExpressionError as error:
        raise ValidationError(str(error)) from None


@patch
def alarms_keep_their_state(_settings: Settings) -> None:
    """Begin alarms without data, keep a changed alarm's state, and refuse what could not be evaluated.

    AWS: "When you create an alarm, its state is immediately set to INSUFFICIENT_DATA"; "when you update an existing
    alarm, its state is left unchanged" (API reference, PutMetricAlarm). Moto: OK both times, and takes anything.
    """
    original = models.CloudWatchBackend.put_metric_alarm

    def put_metric_alarm(self: models.CloudWatchBackend, name: str, *args: Any, **kwargs: Any) -> models.Alarm:
        before = self.alarms.get(name)
        if before is not None and (before.rule is None) != (kwargs.get("rule") is None):
            raise ValidationError(f"An alarm of another type with the name {name} already exists")
        alarm = original(self, name, *args, **kwargs)
        try:
            if alarm.rule is None:
                check_alarm(alarm)
        except Exception:
            del self.alarms[name]
            if before is not None:
                self.alarms[name] = before
            raise
        if before is None:
            alarm.state_value = "INSUFFICIENT_DATA"
            summary = f'Alarm "{name}" created'
        else:
            for attribute in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
                setattr(alarm, attribute, getattr(before, attribute))
            summary = f'Alarm "{name}" updated'
        kind = "Create" if before is None else "Update"
        remember(alarm, "ConfigurationUpdate", summary, {"version": "1.0", "type": kind})
        return alarm

    replace(models.CloudWatchBackend, "put_metric_alarm", put_metric_alarm)


@patch
def state_changes_act(_settings: Settings) -> None:
    """Do what an alarm asks for when SetAlarmState changes its state.

    AWS: SetAlarmState performs the actions; "the alarm returns to its actual state quickly", by its next evaluation
    (API reference). Moto: notes the state, acts on nothing.
    """

    def update_state(self: models.Alarm, reason: str, reason_data: str, state_value: str) -> None:
        change_state(self, state_value, reason, reason_data)

    replace(models.Alarm, "update_state", update_state)


@patch
def alarm_history(_settings: Settings) -> None:
    """Tell an alarm's history.

    AWS: DescribeAlarmHistory, the newest first unless asked otherwise (API reference). Moto: not implemented.
    """

    def describe_alarm_history(self: responses.CloudWatchResponse) -> ActionResult:
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        start, end = self._get_param("StartDate"), self._get_param("EndDate")
        types = self._get_param("AlarmTypes") or (["MetricAlarm"] if not name else ["MetricAlarm", "CompositeAlarm"])
        items = [
            item
            for alarm in self.cloudwatch_backend.alarms.values()
            if not name or alarm.name == name
            for item in alarm.history
            if (not kind or item["HistoryItemType"] == kind)
            and item["AlarmType"] in types
            and (not start or item["Timestamp"] >= start.replace(tzinfo=None))
            and (not end or item["Timestamp"] <= end.replace(tzinfo=None))
        ]
        items.sort(key=lambda item: item["Timestamp"])
        if self._get_param("ScanBy") != "TimestampAscending":
            items.reverse()
        return ActionResult({"AlarmHistoryItems": items[: self._get_param("MaxRecords") or 100]})

    add(responses.CloudWatchResponse, "describe_alarm_history", describe_alarm_history)


@patch
def composite_alarms(_settings: Settings) -> None:
    """Take composite alarms.

    AWS: PutCompositeAlarm; the alarms of its rule must exist, and it begins without data (API reference). Moto: not
    implemented.
    """

    def put_composite_alarm(self: responses.CloudWatchResponse) -> EmptyResult:
        backend, rule = self.cloudwatch_backend, str(self._get_param("AlarmRule"))
        if self._get_param("ActionsSuppressor"):
            raise NotEmulatedError("the actions suppressor of composite alarms")
        if "AT_LEAST" in rule:
            raise NotEmulatedError("AT_LEAST in the rules of composite alarms")
        try:
            missing = [name for name in rules.references(rule) if name not in backend.alarms]
        except rules.RuleError as error:
            raise ValidationError(str(error)) from None
        if missing:
            raise ValidationError(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
        actions_enabled = self._get_param("ActionsEnabled")
        nothing: Any = None
        backend.put_metric_alarm(
            name=self._get_param("AlarmName"),
            namespace=nothing,
            metric_name=nothing,
            comparison_operator=nothing,
            evaluation_periods=nothing,
            period=nothing,
            threshold=nothing,
            statistic=nothing,
            description=self._get_param("AlarmDescription"),
            dimensions=[],
            alarm_actions=self._get_param("AlarmActions", []),
            ok_actions=self._get_param("OKActions", []),
            insufficient_data_actions=self._get_param("InsufficientDataActions", []),
            actions_enabled=actions_enabled is None or bool(actions_enabled),
            rule=rule,
            tags=self._get_param("Tags", []),
        )
        return EmptyResult()

    add(responses.CloudWatchResponse, "put_composite_alarm", put_composite_alarm)


@patch
def alarm_types(_settings: Settings) -> None:
    """Describe the alarms that all conditions of a request hold for.

    AWS: conditions hold together, and "if you omit AlarmTypes, only metric alarms are returned" (API reference,
    DescribeAlarms). Moto: one condition alone, and both types always.
    """

    def describe_alarms(self: responses.CloudWatchResponse) -> ActionResult:
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        names, prefix = self._get_param("AlarmNames"), self._get_param("AlarmNamePrefix")
        state, action = self._get_param("StateValue"), self._get_param("ActionPrefix")
        if self._get_param("ChildrenOfAlarmName") or self._get_param("ParentsOfAlarmName"):
            raise NotEmulatedError("DescribeAlarms by parents or children of an alarm")
        found = [
            alarm
            for alarm in self.cloudwatch_backend.alarms.values()
            if (not names or alarm.name in names)
            and (not prefix or alarm.name.startswith(prefix))
            and (not state or alarm.state_value == state)
            and (not action or any(item.startswith(action) for item in alarm.alarm_actions))
        ]
        metric = [alarm for alarm in found if alarm.rule is None and "MetricAlarm" in types]
        composite = [_composite(alarm) for alarm in found if alarm.rule is not None and "CompositeAlarm" in types]
        return ActionResult({"MetricAlarms": metric, "CompositeAlarms": composite})

    replace(responses.CloudWatchResponse, "describe_alarms", describe_alarms)


def _composite(alarm: models.Alarm) -> dict[str, Any]:
    return {
        "ActionsEnabled": alarm.actions_enabled,
        "AlarmActions": alarm.alarm_actions,
        "AlarmArn": alarm.alarm_arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp,
        "AlarmDescription": alarm.description,
        "AlarmName": alarm.name,
        "AlarmRule": alarm.rule,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "OKActions": alarm.ok_actions,
        "StateReason": alarm.state_reason,
        "StateReasonData": alarm.state_reason_data,
        "StateUpdatedTimestamp": alarm.state_updated_timestamp,
        "StateTransitionedTimestamp": alarm.state_updated_timestamp,
        "StateValue": alarm.state_value,
    }


@patch
def unknown_alarm(_settings: Settings) -> None:
    """Refuse to delete an alarm that does not exist.

    AWS: ResourceNotFound, and none of the alarms of the request is deleted (API reference, DeleteAlarms). Moto: fine.
    """
    original = models.CloudWatchBackend.delete_alarms

    def delete_alarms(self: models.CloudWatchBackend, alarm_names: list[str]) -> None:
        missing = [name for name in alarm_names if name not in self.alarms]
        if missing:
            raise ResourceNotFound(f"Alarms [{', '.join(missing)}] not found")
        original(self, alarm_names)

    replace(models.CloudWatchBackend, "delete_alarms", delete_alarms)


@patch
def storage_resolution(_settings: Settings) -> None:
    """Keep with each sample whether it is of high resolution.

    AWS: a sample put without StorageResolution 1 counts for its minute (API reference, MetricDatum). Moto: forgets it.
    """
    original = models.CloudWatchBackend.put_metric_data

    def put_metric_data(self: models.CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        for member in metric_data:
            known = len(self.metric_data)
            original(self, namespace, [member])
            for datum in self.metric_data[known:]:
                datum.storage_resolution = int(member.get("StorageResolution") or 60)  # type: ignore[attr-defined]

    replace(models.CloudWatchBackend, "put_metric_data", put_metric_data)


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


@patch
def metric_statistics(_settings: Settings) -> None:
    """Aggregate a metric's samples by whole periods.

    AWS: a metric is its name, namespace and exactly its dimensions; periods begin at whole minutes; percentiles are
    extended statistics (API reference, GetMetricStatistics). Moto: periods begin with the first sample, dimensions
    that are not named are any, percentiles do not exist.
    """

    def get_metric_statistics(self: responses.CloudWatchResponse) -> ActionResult:
        plain, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
        if not plain and not extended:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        for statistic in [*plain, *extended]:
            if not is_statistic(statistic):
                raise NotEmulatedError(f"the statistic {statistic}")
        name = self._get_param("MetricName")
        key = MetricKey.of(self._get_param("Namespace"), name, self._get_param("Dimensions", []))
        start, end = seconds_of(self._get_param("StartTime")), seconds_of(self._get_param("EndTime"))
        if start >= end:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        timeline = Timeline.between(start, end, int(self._get_param("Period")))
        samples = [*samples_of(self.cloudwatch_backend, key, self._get_param("Unit"))]
        computed = {statistic: series_of(samples, timeline, statistic) for statistic in [*plain, *extended]}
        unit = next((sample.unit for sample in samples if sample.unit), "None")
        datapoints = []
        for index, seconds in enumerate(timeline.times):
            values = {statistic: series[index] for statistic, series in computed.items()}
            if any(value is not None for value in values.values()):
                point: dict[str, Any] = {"Timestamp": _moment(seconds), "Unit": unit}
                point.update({statistic: values[statistic] for statistic in plain})
                if extended:
                    point["ExtendedStatistics"] = {statistic: values[statistic] for statistic in extended}
                datapoints.append(point)
        return ActionResult({"Label": name, "Datapoints": datapoints})

    replace(responses.CloudWatchResponse, "get_metric_statistics", get_metric_statistics)


@patch
def metric_data(_settings: Settings) -> None:
    """Compute metric data and metric math.

    AWS: GetMetricData, "Using metric math" in the user guide. Moto: periods without alignment, metrics of any namespace
    that have the dimensions, and of metric math only the repetition of one id; all else is an empty answer.
    """

    def get_metric_data(
        self: models.CloudWatchBackend,
        queries: list[dict[str, Any]],
        start_time: datetime.datetime,
        end_time: datetime.datetime,
        scan_by: str = "TimestampDescending",
    ) -> list[dict[str, Any]]:
        start, end = seconds_of(start_time), seconds_of(end_time)
        if start >= end:
            raise ValidationError("The parameter EndTime must be greater than StartTime.")
        expressions = {query["Id"]: query["Expression"] for query in queries if "Expression" in query}
        if any(expression.lstrip().upper().startswith("SELECT") for expression in expressions.values()):
            raise NotEmulatedError("Metrics Insights queries")
        found: dict[str, Series] = {}
        timelines: dict[str, Timeline] = {}
        for query in queries:
            if "MetricStat" in query:
                timeline = Timeline.between(start, end, int(query["MetricStat"]["Period"]))
                timelines[query["Id"]] = timeline
                found[query["Id"]] = _metric_series(self, query["MetricStat"], timeline)
        periods = {timeline.period for timeline in timelines.values()}
        if expressions and len(periods) > 1:
            raise NotEmulatedError("metric math over metrics of different periods")
        period = next(iter(periods), next((int(query["Period"]) for query in queries if query.get("Period")), 300))
        common = Timeline.between(start, end, period)
        try:
            resolve(expressions, found, list(timelines), common)
        except UnknownFunctionError as error:
            raise NotEmulatedError(str(error)) from None
        except ExpressionError as error:
            raise ValidationError(str(error)) from None
        return [
            _result(query, found[query["Id"]], timelines.get(query["Id"], common), scan_by)
            for query in queries
            if query.get("ReturnData", True)
        ]

    replace(models.CloudWatchBackend, "get_metric_data", get_metric_data)


def _metric_series(backend: models.CloudWatchBackend, stat: dict[str, Any], timeline: Timeline) -> Series:
    if not is_statistic(stat["Stat"]):
        raise NotEmulatedError(f"the statistic {stat['Stat']}")
    metric = stat["Metric"]
    key = MetricKey.of(metric["Namespace"], metric["MetricName"], metric.get("Dimensions", []))
    return series_of(samples_of(backend, key, stat.get("Unit")), timeline, stat["Stat"])


def _result(query: dict[str, Any], series: Series, timeline: Timeline, scan_by: str) -> dict[str, Any]:
    pairs: Iterable[tuple[float, float]] = [
        (seconds, value) for seconds, value in zip(timeline.times, series, strict=True) if value is not None
    ]
    if scan_by != "TimestampAscending":
        pairs = reversed([*pairs])
    pairs = [*pairs]
    default = query["Id"] if "Expression" in query else query["MetricStat"]["Metric"]["MetricName"]
    return {
        "id": query["Id"],
        "label": query.get("Label") or default,
        "timestamps": [_moment(seconds) for seconds, _value in pairs],
        "values": [value for _seconds, value in pairs],
        "status_code": "Complete",
    }
