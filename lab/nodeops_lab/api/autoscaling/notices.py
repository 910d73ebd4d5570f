# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages to the notification targets of lifecycle hooks.

User guide, "Notification message example for Amazon SNS and Amazon SQS"; to both the message goes as JSON.
"""

from __future__ import annotations

import json
import logging
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .errors import invalid, not_emulated
from .hooks import Action, Hook

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group

    from .members import Member

LOGGER = logging.getLogger(__name__)


def _send(group: Group, target_arn: str, subject: str, message: dict[str, Any]) -> None:
    service, region, account = target_arn.split(":")[2:5]
    text = json.dumps(message)
    if service == "sns":
        sns_backends[account][region].publish(message=text, arn=target_arn, subject=subject)
    elif service == "sqs":
        sqs_backends[account][region].send_message(target_arn.rpartition(":")[2], text)
    else:
        raise not_emulated(f"lifecycle hooks that notify {service}")


def _common(group: Group, now: datetime) -> dict[str, Any]:
    return {
        "AccountId": group.account_id,
        "AutoScalingGroupName": group.name,
        "RequestId": str(uuid.uuid4()),
        "Service": "AWS Auto Scaling",
        "Time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
    }


def test(group: Group, hook: Hook, now: datetime) -> None:
    """Send the message that a new hook's target gets.

    Raises:
        GroupError: the target or the role does not exist.
    """
    assert hook.target_arn is not None
    event = {"AutoScalingGroupARN": group.arn, "Event": "autoscaling:TEST_NOTIFICATION"}
    roles = iam_backends[group.account_id]["aws"].roles.values()
    refused = invalid(
        f"Unable to publish test message to notification target {hook.target_arn} using IAM role {hook.role_arn}. "
        "Please check your target and role configuration and try to put lifecycle hook again."
    )
    if not any(role.arn == hook.role_arn for role in roles):
        raise refused
    try:
        _send(
            group,
            hook.target_arn,
            f"Auto Scaling: test notification for group {group.name}",
            _common(group, now) | event,
        )
    except ServiceException as error:
        raise refused from error


def tell(group: Group, member: Member, action: Action, now: datetime) -> None:
    """Tell a hook's target that an instance waits; a target that is gone does not hold the instance up."""
    hook = action.hook
    if hook.target_arn is None:
        return
    launching = hook.transition.endswith("LAUNCHING")
    message = _common(group, now) | {
        "EC2InstanceId": member.instance_id,
        "LifecycleActionToken": action.token,
        "LifecycleHookName": hook.name,
        "LifecycleTransition": hook.transition,
        "Origin": "EC2" if launching else "AutoScalingGroup",
        "Destination": "AutoScalingGroup" if launching else "EC2",
    }
    if hook.metadata is not None:
        message["NotificationMetadata"] = hook.metadata
    subject = f"Auto Scaling:  Lifecycle action '{'LAUNCHING' if launching else 'TERMINATING'}' for instance "
    try:
        _send(group, hook.target_arn, f"{subject}{member.instance_id} in progress.", message)
    except ServiceException as error:
        LOGGER.warning("the hook %s of %s: its target cannot be told: %s", hook.name, group.name, error.code)
