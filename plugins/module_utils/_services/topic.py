# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SNS topic with its key, its policy and its subscriptions.

community.aws.sns_topic knows neither the key nor tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import tags
from .compare import CREATE, DELETE, Change

PROTOCOLS = ("email", "email-json", "https", "sqs")
PENDING = "PendingConfirmation"


def shown(protocol: str, endpoint: str) -> str:
    """A subscription as it may be shown: the address behind a host often is a key."""
    if protocol == "https":
        return f"https://{urlsplit(endpoint).hostname}/..."
    return endpoint


def wanted(
    key: str, policy: Mapping[str, Any] | None, subscriptions: Iterable[Mapping[str, str]], own_tags: Mapping[str, str]
) -> dict[str, Any]:
    """The topic; a policy of None is left as it is."""
    topic = {
        "key": key,
        "subscriptions": sorted([item["protocol"], item["endpoint"]] for item in subscriptions),
        "tags": dict(own_tags),
    }
    return topic if policy is None else {**topic, "policy": dict(policy)}


def read(sns: Any, arn: str) -> dict[str, Any] | None:
    """The topic of an ARN, or None where there is none."""
    try:
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    except sns.exceptions.NotFoundException:
        return None
    subscriptions = [
        subscription
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        for subscription in page["Subscriptions"]
        if subscription["Protocol"] in PROTOCOLS
    ]
    return {
        "key": attributes.get("KmsMasterKeyId", ""),
        "policy": json.loads(attributes.get("Policy") or "{}"),
        "tags": tags.of(sns.list_tags_for_resource(ResourceArn=arn).get("Tags")),
        # One that was deleted is listed for some days more.
        "subscriptions": sorted(
            [item["Protocol"], item["Endpoint"]] for item in subscriptions if item["SubscriptionArn"] != "Deleted"
        ),
        "arns": {(item["Protocol"], item["Endpoint"]): item["SubscriptionArn"] for item in subscriptions},
    }


def without_pending(topic: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """The topic without the unwanted subscriptions that nobody has confirmed: they cannot be removed, and lapse."""
    kept = [
        item
        for item in topic["subscriptions"]
        if item in target.get("subscriptions", []) or topic["arns"][tuple(item)] != PENDING
    ]
    return {**topic, "subscriptions": kept}


def pending(topic: Mapping[str, Any]) -> list[str]:
    """The subscriptions that wait for their owner to confirm them, as they may be shown."""
    return [shown(*key) for key, arn in sorted(topic["arns"].items()) if arn == PENDING]


def masked(change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of a change as they may be shown."""
    before, after = dict(change.before), dict(change.after)
    for side in (before, after):
        side.pop("arns", None)
        if "subscriptions" in side:
            side["subscriptions"] = [shown(*item) for item in side["subscriptions"]]
    return before, after


def apply(sns: Any, arn: str, change: Change) -> None:
    """Carry out one change."""
    if change.action == DELETE:
        # Its subscriptions end with it.
        sns.delete_topic(TopicArn=arn)
        return
    if change.action == CREATE:
        attributes = {"KmsMasterKeyId": change.wanted["key"]}
        if "policy" in change.wanted:
            attributes["Policy"] = json.dumps(change.wanted["policy"])
        sns.create_topic(Name=change.name, Attributes=attributes, Tags=tags.listed(change.wanted["tags"]))
    else:
        if "key" in change.after:
            sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=change.wanted["key"])
        if "policy" in change.after:
            policy = json.dumps(change.wanted["policy"])
            sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        if "tags" in change.after:
            sns.tag_resource(ResourceArn=arn, Tags=tags.listed(change.wanted["tags"]))
    _subscribe(sns, arn, change)


def _subscribe(sns: Any, arn: str, change: Change) -> None:
    there = change.found.get("subscriptions", [])
    for protocol, endpoint in change.wanted["subscriptions"]:
        if [protocol, endpoint] not in there:
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    for protocol, endpoint in there:
        if [protocol, endpoint] not in change.wanted["subscriptions"]:
            sns.unsubscribe(SubscriptionArn=change.found["arns"][(protocol, endpoint)])
