# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS and SQS, whose topics and queues have policies of their own.

Source: SNS developer guide, "Amazon SNS API permissions"; SQS developer guide, "Amazon SQS API permissions".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from .. import state
from ..checks import Check, resources, service
from ..decision import ResourcePolicy
from ..policy import parse
from ..request import Call

TOPICS = {
    "AddPermission": ["{TopicArn}"],
    "ConfirmSubscription": ["{TopicArn}"],
    "CreateTopic": ["{Name}"],
    "DeleteTopic": ["{TopicArn}"],
    "GetDataProtectionPolicy": ["{ResourceArn}"],
    "GetTopicAttributes": ["{TopicArn}"],
    "ListSubscriptionsByTopic": ["{TopicArn}"],
    "ListTagsForResource": ["{ResourceArn}"],
    "Publish": ["{TopicArn}"],
    "PublishBatch": ["{TopicArn}"],
    "RemovePermission": ["{TopicArn}"],
    "SetTopicAttributes": ["{TopicArn}"],
    "Subscribe": ["{TopicArn}"],
    "TagResource": ["{ResourceArn}"],
    "UntagResource": ["{ResourceArn}"],
}
SUBSCRIPTIONS = frozenset({"GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"})
CODE = "AuthorizationError"
# Batch operations have no actions of their own.
SAME = {
    "PublishBatch": "Publish",
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


@service("sns")
def sns(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of SNS, whose messages write its name in capitals."""
    if call.operation in SUBSCRIPTIONS:
        found = [str(call.parameters.get("SubscriptionArn", "*")).rpartition(":")[0] or "*"]
    else:
        found = resources(call, TOPICS)
    action = f"SNS:{SAME.get(call.operation, call.operation)}"
    for arn in found:
        yield Check(action, arn, resource_policy=partial(_topic_policy, arn), code=CODE)
    if call.operation == "CreateTopic" and call.request_tags:
        yield Check("SNS:TagResource", found[0], code=CODE)


@service("sqs")
def sqs(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of SQS."""
    url = str(call.parameters.get("QueueUrl", ""))
    name = call.parameters.get("QueueName") or url.rpartition("/")[2]
    arn = call.arn(str(name)) if name else "*"
    action = f"sqs:{SAME.get(call.operation, call.operation)}"
    yield Check(action, arn, resource_policy=lambda: _policy(_queue(call.region, str(name))))


def _policy(document: str | dict[str, Any] | None) -> ResourcePolicy | None:
    if not document:
        return None
    return ResourcePolicy(parse(document if isinstance(document, str) else json.dumps(document)))


def _topic_policy(arn: str) -> ResourcePolicy | None:
    return _policy(_topic(arn))


def _topic(arn: str) -> str | dict[str, Any] | None:
    if not arn.startswith("arn:"):
        return None
    topic = state.backend_of("sns", arn.split(":")[3]).topics.get(arn)
    return topic.policy if topic is not None else None


def _queue(region: str, name: str) -> str | dict[str, Any] | None:
    queue = state.backend_of("sqs", region).queues.get(name)
    return queue.policy if queue is not None else None
