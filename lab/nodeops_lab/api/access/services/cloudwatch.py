# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch"; CloudWatch
API reference, PutMetricAlarm ("Tags": ``cloudwatch:TagResource`` is needed too).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, resources, service
from ..request import Call

_ALARM = "alarm:{AlarmName}"
_ALARMS = "alarm:{AlarmNames}"
TABLE = {
    "DeleteAlarms": [_ALARMS],
    "DeleteDashboards": [":dashboard/{DashboardNames}"],
    "DescribeAlarmHistory": [_ALARM],
    "DescribeAlarms": [_ALARMS],
    "DisableAlarmActions": [_ALARMS],
    "EnableAlarmActions": [_ALARMS],
    "GetDashboard": [":dashboard/{DashboardName}"],
    "ListTagsForResource": ["{ResourceARN}"],
    "PutCompositeAlarm": [_ALARM],
    "PutDashboard": [":dashboard/{DashboardName}"],
    "PutMetricAlarm": [_ALARM],
    "SetAlarmState": [_ALARM],
    "TagResource": ["{ResourceARN}"],
    "UntagResource": ["{ResourceARN}"],
}


@service("cloudwatch")
def cloudwatch(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of CloudWatch."""
    namespace = call.parameters.get("Namespace")
    context = {"cloudwatch:namespace": (str(namespace),)} if call.operation == "PutMetricData" and namespace else {}
    found = resources(call, TABLE)
    for arn in found:
        yield Check(call.action, arn, context)
    if call.operation in ("PutMetricAlarm", "PutCompositeAlarm") and call.request_tags:
        yield Check("cloudwatch:TagResource", found[0])
