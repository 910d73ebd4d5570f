# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EventBridge"; EventBridge
user guide, "Using IAM roles to give EventBridge access to targets" (PutTargets needs ``iam:PassRole``).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, service
from ..request import Call
from .passing import pass_role

RULES = {
    "DeleteRule": "Name",
    "DescribeRule": "Name",
    "DisableRule": "Name",
    "EnableRule": "Name",
    "ListTargetsByRule": "Rule",
    "PutRule": "Name",
    "PutTargets": "Rule",
    "RemoveTargets": "Rule",
}
BUSES = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})
TAGGING = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})


@service("events")
def events(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of EventBridge."""
    given = call.parameters
    if call.operation in RULES:
        bus = str(given.get("EventBusName") or "default").rpartition("/")[2]
        name = str(given.get(RULES[call.operation], "*"))
        arn = call.arn(f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
        yield Check(call.action, arn)
        if call.operation == "PutRule" and call.request_tags:
            yield Check("events:TagResource", arn)
        for holder in (given, *(given.get("Targets") or [])):
            yield from pass_role(holder.get("RoleArn"), "events.amazonaws.com")
    elif call.operation in BUSES:
        yield Check(call.action, call.arn(f"event-bus/{given.get('Name') or 'default'}"))
    elif call.operation in TAGGING:
        yield Check(call.action, str(given.get("ResourceARN", "*")))
    elif call.operation == "PutEvents":
        buses = {str(item.get("EventBusName") or "default").rpartition("/")[2] for item in given.get("Entries") or []}
        for bus in sorted(buses) or ["default"]:
            yield Check(call.action, call.arn(f"event-bus/{bus}"))
    else:
        yield Check(call.action)
