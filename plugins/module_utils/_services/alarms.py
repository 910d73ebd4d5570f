# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudWatch alarms: the wanted ones from a table, those that there are, and one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import tags
from .compare import DELETE, Change

#: How the table says it, and CloudWatch (API reference, PutMetricAlarm).
_FIELDS = {
    "description": "AlarmDescription",
    "namespace": "Namespace",
    "metric": "MetricName",
    "statistic": "Statistic",
    "period": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparison": "ComparisonOperator",
    "missing": "TreatMissingData",
    "actions": "AlarmActions",
    "ok_actions": "OKActions",
    "enabled": "ActionsEnabled",
}


def wanted(
    estate: str, table: Iterable[Mapping[str, Any]], topics: list[str], own_tags: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The alarms of a table by their full names; a row with for_each makes one for each value of that dimension."""
    alarms: dict[str, dict[str, Any]] = {}
    for row in table:
        each, plain = row.get("for_each"), row.get("dimensions") or {}
        name = f"{estate}-{row['name']}"
        if not each:
            alarms[name] = _alarm(row, plain, topics, own_tags)
            continue
        for value, label in zip(each["values"], each.get("labels") or each["values"]):
            dimensions = {**plain, each["dimension"]: value}
            alarms[f"{name}-{label.removeprefix(estate + '-')}"] = _alarm(row, dimensions, topics, own_tags)
    return alarms


def _alarm(
    row: Mapping[str, Any], dimensions: Mapping[str, Any], topics: list[str], own_tags: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **{field: row[field] for field in ("description", "namespace", "metric", "statistic", "period")},
        "evaluation_periods": row["evaluation_periods"],
        "datapoints": row.get("datapoints") or row["evaluation_periods"],
        "threshold": float(row["threshold"]),
        "comparison": row["comparison"],
        "missing": row["missing"],
        "dimensions": [[name, str(value)] for name, value in sorted(dimensions.items())],
        "actions": list(topics),
        "ok_actions": list(topics),
        "enabled": True,
        "tags": dict(own_tags),
    }


def read(cloudwatch: Any, estate: str, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The alarms of the estate by name, and those of the given names whoever tagged them."""
    alarms = {}
    wanted_names = set(names)
    for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{estate}-"):
        for alarm in page.get("MetricAlarms", []):
            arn = alarm["AlarmArn"]
            own_tags = tags.of(cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags"))
            # An estate's name may begin like another's, so the name alone says nothing.
            if alarm["AlarmName"] in wanted_names or own_tags.get(tags.ESTATE) == estate:
                alarms[alarm["AlarmName"]] = _found(alarm, own_tags)
    return alarms


def _found(alarm: Mapping[str, Any], own_tags: Mapping[str, str]) -> dict[str, Any]:
    found = {field: alarm.get(name) for field, name in _FIELDS.items()}
    found["dimensions"] = sorted([item["Name"], item["Value"]] for item in alarm.get("Dimensions", []))
    return {**found, "tags": dict(own_tags), "arn": alarm["AlarmArn"]}


def apply(cloudwatch: Any, change: Change) -> None:
    """Carry out one change."""
    if change.action == DELETE:
        cloudwatch.delete_alarms(AlarmNames=[change.name])
        return
    request = {name: change.wanted[field] for field, name in _FIELDS.items()}
    request["Dimensions"] = [{"Name": name, "Value": value} for name, value in change.wanted["dimensions"]]
    # CloudWatch takes over the tags of a new alarm only, and ignores those of one that exists.
    new_tags = tags.listed(change.wanted["tags"])
    cloudwatch.put_metric_alarm(AlarmName=change.name, Tags=new_tags, **request)
    if change.found and "tags" in change.after:
        cloudwatch.tag_resource(ResourceARN=change.found["arn"], Tags=new_tags)
