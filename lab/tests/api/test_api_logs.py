# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: filters find events, and metric filters make metrics of them."""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import pytest

Clients = Callable[[str], Any]


@dataclass
class Group:
    """A log group with one stream."""

    logs: Any
    cloudwatch: Any
    name: str

    def put(self, *messages: str) -> None:
        moment = int(time.time() * 1000)
        events = [{"timestamp": moment, "message": message} for message in messages]
        self.logs.put_log_events(logGroupName=self.name, logStreamName="node", logEvents=events)

    def filter(self, pattern: str, value: str = "1", **transformation: Any) -> None:
        self.logs.put_metric_filter(
            logGroupName=self.name,
            filterName="errors",
            filterPattern=pattern,
            metricTransformations=[
                {"metricName": self.name, "metricNamespace": "Node", "metricValue": value, **transformation}
            ],
        )

    def metric(self, *statistics: str, dimensions: list[dict[str, str]] | None = None) -> list[float]:
        now = datetime.datetime.now(datetime.UTC)
        answer = self.cloudwatch.get_metric_statistics(
            Namespace="Node", MetricName=self.name, StartTime=now - datetime.timedelta(hours=1),
            EndTime=now + datetime.timedelta(minutes=2), Period=7200, Statistics=[*statistics],
            Dimensions=dimensions or [],
        )  # fmt: skip
        return [point[statistic] for point in answer["Datapoints"] for statistic in statistics]


@pytest.fixture
def group(client: Clients) -> Group:
    name = f"g{uuid.uuid4().hex[:8]}"
    client("logs").create_log_group(logGroupName=name)
    client("logs").create_log_stream(logGroupName=name, logStreamName="node")
    return Group(client("logs"), client("cloudwatch"), name)


@pytest.mark.patch("logs.metric_filters")
def test_events_that_match_are_counted(group: Group) -> None:
    group.filter('{ $.level = "error" || $.level = "crit" }')
    group.put('{"level":"error"}', '{"level":"info"}', "no JSON", '{"level":"crit"}')
    group.put('{"level":"info"}')
    assert group.metric("Sum", "SampleCount") == [2.0, 2.0]


def test_values_defaults_units_and_dimensions_of_a_metric_filter(group: Group) -> None:
    group.filter("{ $.ms = * }", "$.ms", unit="Milliseconds", dimensions={"Chain": "$.chain"})
    group.put('{"ms": 12.5, "chain": "1"}', '{"ms": 30, "chain": "1"}', '{"ms": 7, "chain": "5"}', '{"ms": 1}')
    assert group.metric("Sum", "Maximum", dimensions=[{"Name": "Chain", "Value": "1"}]) == [42.5, 30.0]
    assert group.metric("Sum") == []
    group.filter("ERROR", "1", defaultValue=0)
    group.put("fine")
    group.put("ERROR", "fine")
    assert group.metric("Sum", "SampleCount") == [1.0, 2.0]


def test_a_metric_filter_goes_with_its_group_and_needs_one(group: Group) -> None:
    group.filter("ERROR")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        group.logs.delete_metric_filter(logGroupName=group.name, filterName="other")
    group.logs.delete_log_group(logGroupName=group.name)
    assert group.logs.describe_metric_filters(logGroupName=group.name)["metricFilters"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        group.filter("ERROR")


def test_a_pattern_that_is_none_is_refused(group: Group) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidParameterException"):
        group.filter("{ $.level = ")


@pytest.mark.patch("logs.filter_patterns")
def test_events_are_filtered_by_patterns(group: Group) -> None:
    group.put("ERROR one", "WARN two", "INFO three", '{"level":"error","n":4}')

    def found(pattern: str) -> list[str]:
        events = group.logs.filter_log_events(logGroupName=group.name, filterPattern=pattern)["events"]
        return [event["message"] for event in events]

    assert found("?ERROR ?WARN") == ["ERROR one", "WARN two"]
    assert found("{ $.n > 3 }") == ['{"level":"error","n":4}']
    assert found("ERROR -one") == []
    assert len(found("")) == 4


@pytest.mark.patch("logs.pattern_trials")
def test_patterns_can_be_tried(group: Group) -> None:
    answer = group.logs.test_metric_filter(filterPattern="[word, size > 5]", logEventMessages=["a 3", "b 17"])
    assert answer["matches"] == [
        {"eventNumber": 2, "eventMessage": "b 17", "extractedValues": {"$word": "b", "$size": "17"}}
    ]
