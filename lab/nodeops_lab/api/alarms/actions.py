# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens when an alarm changes its state: the history, the actions, and the messages that they send.

The message to SNS: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html.
"""

from __future__ import annotations

import datetime
import json
import logging
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from ..backends import ACCOUNT_ID, ec2
from ..topics import PublishRefusedError, publish

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm, CloudWatchBackend

LOGGER = logging.getLogger(__name__)
SERVICE = "cloudwatch.amazonaws.com"
HISTORY_ITEMS = 1000
"""Items kept per alarm; AWS keeps thirty days' worth."""

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "sa-east-1": "South America (Sao Paulo)",
}


def backend_of(region: str) -> CloudWatchBackend:
    """Return the CloudWatch backend of a region."""
    return cloudwatch_backends[ACCOUNT_ID][region]


def timestamp(moment: datetime.datetime) -> str:
    """Return a moment (UTC, naive as moto's are) as CloudWatch writes it in messages."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def remember(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Add an item to an alarm's history (API reference, AlarmHistoryItem)."""
    alarm.history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "CompositeAlarm" if alarm.rule is not None else "MetricAlarm",
            "Timestamp": utcnow(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data, separators=(",", ":")),
        }
    )
    del alarm.history[:-HISTORY_ITEMS]


def change_state(alarm: Alarm, state: str, reason: str, reason_data: str | None = None) -> None:
    """Put an alarm into a state, and if it is another one than before, do what the alarm asks for."""
    before = {"value": alarm.state_value, "reason": alarm.state_reason, "data": alarm.state_reason_data}
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, reason, reason_data or "{}"
    if before["value"] == state:
        return
    alarm.state_updated_timestamp = utcnow()
    remember(
        alarm,
        "StateUpdate",
        f"Alarm updated from {before['value']} to {state}",
        {
            "version": "1.0",
            "oldState": {"stateValue": before["value"], "stateReason": before["reason"]},
            "newState": {
                "stateValue": state,
                "stateReason": reason,
                "stateReasonData": json.loads(alarm.state_reason_data),
            },
        },
    )
    if not alarm.actions_enabled:
        return
    wanted = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }
    for action in wanted[state] or []:
        _execute(alarm, action, str(before["value"]))


def _execute(alarm: Alarm, action: str, old_state: str) -> None:
    """Do one action. What fails is told by the alarm's history, as in CloudWatch, not to whoever caused it."""
    data: dict[str, Any] = {"actionState": "Succeeded", "stateUpdateTimestamp": timestamp(utcnow())}
    try:
        service = action.split(":")[2] if action.count(":") >= 4 else ""
        data["notificationResource"] = action
        if service == "sns":
            message = json.dumps(message_of(alarm, old_state))
            data["publishedMessage"] = message
            place = REGION_NAMES.get(alarm.region_name, alarm.region_name)
            subject = f'{alarm.state_value}: "{alarm.name}" in {place}'[:100]
            publish(SERVICE, alarm.region_name, action, subject, message)
        elif service == "automate":
            _act_on_instance(alarm, action.rpartition(":")[2])
        else:
            raise PublishRefusedError(f"the lab does not emulate actions of {service or action}")
    except PublishRefusedError as error:
        data.update(actionState="Failed", error=str(error))
        summary = f"Failed to execute action {action}. Received error: {error}"
        LOGGER.warning("alarm %s: %s", alarm.name, summary)
    else:
        summary = f"Successfully executed action {action}"
    remember(alarm, "Action", summary, data)


def _act_on_instance(alarm: Alarm, verb: str) -> None:
    """Stop, terminate or reboot the alarm's instance ("Create alarms to stop, terminate, reboot, or recover")."""
    instance_id = next((item.value for item in alarm.dimensions if item.name == "InstanceId"), None)
    backend = ec2(alarm.region_name)
    act: Any = {
        "stop": backend.stop_instances,
        "terminate": backend.terminate_instances,
        "reboot": backend.reboot_instances,
    }.get(verb)
    if act is None:
        raise PublishRefusedError(f"the lab does not emulate ec2:{verb}")
    if instance_id is None or backend.get_instance_by_id(instance_id) is None:
        raise PublishRefusedError(f"the alarm names no instance that exists: {instance_id}")
    act([instance_id])


def message_of(alarm: Alarm, old_state: str) -> dict[str, Any]:
    """Return what CloudWatch tells a topic about an alarm that has just changed its state."""
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": timestamp(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": timestamp(alarm.state_updated_timestamp),
        "Region": REGION_NAMES.get(alarm.region_name, alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old_state,
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
    }
    if alarm.rule is not None:
        children = json.loads(alarm.state_reason_data).get("triggeringAlarms", [])
        return {
            **message,
            "AlarmRule": alarm.rule,
            "TriggeringChildren": [
                {
                    "Arn": child["arn"],
                    "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]},
                }
                for child in children
            ],
        }
    return {**message, "Trigger": _trigger(alarm)}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    rest = {
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {"Period": period_of(alarm), **rest, "Metrics": [_query(query) for query in alarm.metric_data_queries]}
    extended = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
    plain = {"StatisticType": "Statistic", "Statistic": (alarm.statistic or "").upper()}
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **(extended if alarm.extended_statistic else plain),
        "Unit": alarm.unit,
        "Dimensions": [{"value": item.value, "name": item.name} for item in alarm.dimensions],
        "Period": alarm.period,
        **rest,
    }


def period_of(alarm: Alarm) -> int:
    """Return an alarm's period in seconds; with metric math it is that of its metrics, which all have the same."""
    if alarm.period:
        return int(alarm.period)
    for query in alarm.metric_data_queries:
        period = query.metric_stat.period if query.metric_stat else query.period
        if period:
            return int(period)
    return 300


def _query(query: Any) -> dict[str, Any]:
    returned = query.return_data is None or query.return_data in (True, "true")
    described: dict[str, Any] = {"Id": query.id, **({"Label": query.label} if query.label else {})}
    if query.expression:
        return {**described, "Expression": query.expression, "ReturnData": returned}
    stat = query.metric_stat
    metric = {
        "Dimensions": [{"value": item.value, "name": item.name} for item in stat.metric.dimensions],
        "MetricName": stat.metric.metric_name,
        "Namespace": stat.metric.namespace,
    }
    return {
        **described,
        "MetricStat": {"Metric": metric, "Period": int(stat.period), "Stat": stat.stat},
        "ReturnData": returned,
    }
