# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: filter patterns, and the metrics that metric filters make."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs import models, responses
from moto.logs.exceptions import InvalidParameterException, LimitExceededException, ResourceNotFoundException

from .. import log_patterns
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

FILTERS_PER_GROUP = 100


def read_pattern(text: str) -> log_patterns.Pattern:
    """Read a filter pattern of a request.

    Raises:
        InvalidParameterException: it is none, in AWS's words.
    """
    try:
        return log_patterns.read(text or "")
    except log_patterns.PatternError as error:
        raise InvalidParameterException(str(error)) from None


@patch
def filter_patterns(_settings: Settings) -> None:
    """Filter events by patterns.

    AWS: "Filter pattern syntax" of the user guide. Moto: one word or one phrase; with anything else every event
    matches.
    """

    class EventMessageFilter:
        def __init__(self, pattern: str) -> None:
            self._pattern = read_pattern(pattern)

        def matches(self, message: str) -> bool:
            return self._pattern.matches(message)

    replace(models, "EventMessageFilter", EventMessageFilter)


@patch
def metric_filters(_settings: Settings) -> None:
    """Make metrics of the events that match a metric filter.

    AWS: each matching event adds its metric value at the event's time; the default value is reported where events came
    and none matched (user guide, "Creating metrics from log events using filters"), here once for each PutLogEvents.
    The filter's log group must exist, and its filters go with it. Moto: keeps filters and does nothing with them.
    """
    put_events = models.LogStream.put_log_events
    put_filter = models.LogsBackend.put_metric_filter
    delete_filter = models.LogsBackend.delete_metric_filter
    delete_group = models.LogsBackend.delete_log_group

    def put_log_events(self: models.LogStream, log_events: list[dict[str, Any]]) -> str:
        token = put_events(self, log_events)
        backend = models.logs_backends[self.account_id][self.region]
        for entry in backend.describe_metric_filters(log_group_name=self.log_group.name):
            _measure(entry, log_events, self.account_id, self.region)
        return token

    def put_metric_filter(
        self: models.LogsBackend,
        filter_name: str,
        filter_pattern: str,
        log_group_name: str,
        metric_transformations: Any,
    ) -> None:
        if log_group_name not in self.groups:
            raise ResourceNotFoundException
        read_pattern(filter_pattern)
        others = [
            entry["filterName"]
            for entry in self.describe_metric_filters(log_group_name=log_group_name)
            if entry["filterName"] != filter_name
        ]
        if len(others) >= FILTERS_PER_GROUP:
            raise LimitExceededException
        put_filter(self, filter_name, filter_pattern, log_group_name, metric_transformations)

    def delete_metric_filter(
        self: models.LogsBackend, filter_name: str | None = None, log_group_name: str | None = None
    ) -> None:
        found = self.describe_metric_filters(log_group_name=log_group_name)
        if not any(entry["filterName"] == filter_name for entry in found):
            raise ResourceNotFoundException
        delete_filter(self, filter_name, log_group_name)

    def delete_log_group(self: models.LogsBackend, log_group_name: str) -> None:
        delete_group(self, log_group_name)
        for entry in list(self.describe_metric_filters(log_group_name=log_group_name)):
            if entry["logGroupName"] == log_group_name:
                delete_filter(self, entry["filterName"], log_group_name)

    replace(models.LogStream, "put_log_events", put_log_events)
    replace(models.LogsBackend, "put_metric_filter", put_metric_filter)
    replace(models.LogsBackend, "delete_metric_filter", delete_metric_filter)
    replace(models.LogsBackend, "delete_log_group", delete_log_group)


def _measure(entry: dict[str, Any], events: list[dict[str, Any]], account_id: str, region: str) -> None:
    pattern = log_patterns.read(entry["filterPattern"])
    matched = [event for event in events if pattern.matches(event["message"])]
    cloudwatch = cloudwatch_backends[account_id][region]
    for transformation in entry["metricTransformations"]:

        def put(
            value: float | None,
            milliseconds: int,
            dimensions: list[dict[str, str]] | None,
            transformation: dict[str, Any] = transformation,
        ) -> None:
            if value is None or dimensions is None:
                return
            datum = {
                "MetricName": transformation["metricName"],
                "Value": float(value),
                "Timestamp": _moment(milliseconds),
                "Unit": transformation.get("unit", "None"),
                "Dimensions": dimensions,
            }
            cloudwatch.put_metric_data(transformation["metricNamespace"], [datum])

        for event in matched:
            value = pattern.value(event["message"], transformation["metricValue"])
            put(value, event["timestamp"], _dimensions(transformation, event["message"], pattern))
        if not matched and events:
            put(transformation.get("defaultValue"), events[-1]["timestamp"], [])


def _dimensions(
    transformation: dict[str, Any], message: str, pattern: log_patterns.Pattern
) -> list[dict[str, str]] | None:
    """Return the metric's dimensions; None where the event lacks one, which then makes no metric."""
    dimensions = []
    for name, reference in (transformation.get("dimensions") or {}).items():
        value = pattern.text_of(message, reference)
        if value is None:
            return None
        dimensions.append({"Name": name, "Value": value})
    return dimensions


def _moment(milliseconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC).replace(tzinfo=None)


@patch
def pattern_trials(_settings: Settings) -> None:
    """Try a filter pattern on messages.

    AWS: TestMetricFilter (API reference). Moto: not implemented.
    """

    def test_metric_filter(self: responses.LogsResponse) -> str:
        pattern = read_pattern(self._get_param("filterPattern"))
        matches = []
        for number, message in enumerate(self._get_param("logEventMessages"), 1):
            fields = pattern.match(message)
            if fields is not None:
                matches.append({"eventNumber": number, "eventMessage": message, "extractedValues": fields})
        return json.dumps({"matches": matches})

    add(responses.LogsResponse, "test_metric_filter", test_metric_filter)
