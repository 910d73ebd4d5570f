# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CloudWatch dashboard: its body from a table of graphs, and the one that there is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .compare import DELETE, Change

#: A dashboard is 24 columns wide (CloudWatch user guide, "Dashboard body structure").
WIDTH, HEIGHT = 12, 6
COLUMNS = 24


def body(region: str, widgets: Iterable[Mapping[str, Any]], alarms: Iterable[str]) -> dict[str, Any]:
    """The alarms' states on top, and under them the graphs, two in a row."""
    top = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": COLUMNS,
        "height": HEIGHT,
        "properties": {"title": "Alarms", "alarms": list(alarms)},
    }
    graphs = [
        {
            "type": "metric",
            "x": WIDTH * (number % 2),
            "y": HEIGHT * (1 + number // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": widget["title"],
                "region": region,
                "view": "timeSeries",
                "period": widget.get("period") or 60,
                "stat": widget.get("statistic") or "Average",
                "metrics": _metrics(widget["metrics"]),
            },
        }
        for number, widget in enumerate(widgets)
    ]
    return {"widgets": [*([top] if top["properties"]["alarms"] else []), *graphs]}  # type: ignore[index]


def _metrics(rows: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    metrics = []
    for row in rows:
        each = row.get("for_each") or {}
        for value in each.get("values") or ([None] if not each else []):
            dimensions = {**(row.get("dimensions") or {}), **({each["dimension"]: value} if each else {})}
            pairs = [str(text) for pair in sorted(dimensions.items()) for text in pair]
            metrics.append([row["namespace"], row["metric"], *pairs])
    return metrics


def read(cloudwatch: Any, name: str) -> dict[str, dict[str, Any]]:
    """The dashboard by its name; empty where there is none."""
    for page in cloudwatch.get_paginator("list_dashboards").paginate(DashboardNamePrefix=name):
        if any(entry["DashboardName"] == name for entry in page["DashboardEntries"]):
            text = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
            return {name: {"body": json.loads(text)}}
    return {}


def apply(cloudwatch: Any, change: Change) -> None:
    """Carry out one change."""
    if change.action == DELETE:
        cloudwatch.delete_dashboards(DashboardNames=[change.name])
        return
    text = json.dumps(change.wanted["body"], sort_keys=True)
    answer = cloudwatch.put_dashboard(DashboardName=change.name, DashboardBody=text)
    faults = [str(message.get("Message")) for message in answer.get("DashboardValidationMessages") or []]
    if faults:
        raise ValueError(f"CloudWatch finds fault with dashboard {change.name}: {'; '.join(faults)}")
