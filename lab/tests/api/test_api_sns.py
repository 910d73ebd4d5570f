# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS: who has confirmed gets what is published, and that can be read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest
from nodeops_lab.api import deliveries
from nodeops_lab.api.settings import ApiSettings

Clients = Callable[[str], Any]
EMAIL = {"Protocol": "email", "Endpoint": "operator@example.org"}


@pytest.fixture
def topic_arn(client: Clients) -> str:
    return str(client("sns").create_topic(Name=f"t{uuid.uuid4().hex[:8]}")["TopicArn"])


@pytest.fixture
def delivered(settings: ApiSettings, topic_arn: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [item for item in deliveries.read(settings.state_directory) if item["topic"] == topic_arn]


Delivered = Callable[[], list[dict[str, Any]]]


@pytest.mark.patch("sns.confirmation")
def test_an_email_subscription_waits_for_its_confirmation(
    client: Clients, topic_arn: str, delivered: Delivered
) -> None:
    sns = client("sns")
    assert sns.subscribe(TopicArn=topic_arn, **EMAIL)["SubscriptionArn"] == "pending confirmation"
    (asked,) = delivered()
    assert (asked["type"], asked["endpoint"]) == ("SubscriptionConfirmation", "operator@example.org")
    sns.publish(TopicArn=topic_arn, Subject="early", Message="nobody hears")
    assert len(delivered()) == 1
    with pytest.raises(botocore.exceptions.ClientError, match="Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic_arn, Token="0" * 64)
    arn = sns.confirm_subscription(TopicArn=topic_arn, Token=asked["token"])["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    sns.publish(TopicArn=topic_arn, Subject="late", Message="somebody hears")
    assert [(item["subject"], item["message"]) for item in delivered()[1:]] == [("late", "somebody hears")]
    # Once confirmed, subscribing again asks nothing.
    assert sns.subscribe(TopicArn=topic_arn, **EMAIL)["SubscriptionArn"] == arn


def test_an_arn_is_told_on_request(client: Clients, topic_arn: str) -> None:
    sns = client("sns")
    arn = sns.subscribe(TopicArn=topic_arn, ReturnSubscriptionArn=True, **EMAIL)["SubscriptionArn"]
    assert arn.startswith(f"{topic_arn}:")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"


@pytest.mark.patch("sns.pending_lists")
def test_pending_subscriptions_are_listed_and_counted_as_such(
    client: Clients, topic_arn: str, delivered: Delivered
) -> None:
    sns = client("sns")

    def seen() -> tuple[str, str, str]:
        (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
        attributes = sns.get_topic_attributes(TopicArn=topic_arn)["Attributes"]
        return listed["SubscriptionArn"], attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]

    sns.subscribe(TopicArn=topic_arn, **EMAIL)
    assert seen() == ("PendingConfirmation", "1", "0")
    arn = sns.confirm_subscription(TopicArn=topic_arn, Token=delivered()[0]["token"])["SubscriptionArn"]
    assert seen() == (arn, "0", "1")
    assert arn in [item["SubscriptionArn"] for item in sns.list_subscriptions()["Subscriptions"]]


@pytest.mark.patch("sns.deliveries")
def test_deliveries_are_written_down_as_filters_and_protocols_have_them(
    client: Clients, topic_arn: str, delivered: Delivered
) -> None:
    sns = client("sns")
    sns.subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint="+15550100")
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sms",
        Endpoint="+15550101",
        Attributes={"FilterPolicy": json.dumps({"severity": ["high"]})},
    )
    message = json.dumps({"default": "for all", "sms": "in short"})
    sns.publish(TopicArn=topic_arn, Message=message, MessageStructure="json")
    high = {"severity": {"DataType": "String", "StringValue": "high"}}
    sns.publish(TopicArn=topic_arn, Message="pager", MessageAttributes=high)
    assert [(item["endpoint"], item["message"]) for item in delivered()] == [
        ("+15550100", "in short"),
        ("+15550100", "pager"),
        ("+15550101", "pager"),
    ]


def test_an_https_endpoint_is_asked_and_never_called(client: Clients, topic_arn: str, delivered: Delivered) -> None:
    sns = client("sns")
    endpoint = "https://127.0.0.1:1/hook"
    assert sns.subscribe(TopicArn=topic_arn, Protocol="https", Endpoint=endpoint)["SubscriptionArn"] == (
        "pending confirmation"
    )
    sns.confirm_subscription(TopicArn=topic_arn, Token=delivered()[0]["token"])
    sns.publish(TopicArn=topic_arn, Message="would fail if it were sent")
    assert delivered()[1]["message"] == "would fail if it were sent"


@pytest.mark.patch("sns.unknown_subscription")
def test_a_pending_subscription_cannot_be_ended_by_its_word(client: Clients) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="An ARN must have at least 6 elements, not 1"):
        client("sns").unsubscribe(SubscriptionArn="PendingConfirmation")


def test_what_is_no_address_is_refused(client: Clients, topic_arn: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="Invalid parameter: Email address"):
        client("sns").subscribe(TopicArn=topic_arn, Protocol="email", Endpoint="nobody")
