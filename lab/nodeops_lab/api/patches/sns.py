# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS: subscriptions that must be confirmed, and deliveries that can be read."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.sns import models, responses
from moto.sns.exceptions import SNSInvalidParameter

from ..deliveries import record
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

CONFIRMED_BY_ENDPOINT = frozenset({"email", "email-json", "http", "https"})
"""Protocols whose endpoint must confirm a subscription; the others are AWS's own, or need no consent."""
SUBJECT_OF_EMAIL = "AWS Notification Message"
"""What an e-mail without a subject of its own is headed with."""


def is_pending(subscription: models.Subscription) -> bool:
    """Return whether a subscription waits for its endpoint's consent."""
    return bool(subscription.attributes.get("PendingConfirmation"))


@patch
def confirmation(settings: Settings) -> None:
    """Let endpoints confirm their subscriptions.

    AWS: who is subscribed by e-mail or HTTP gets a token and receives nothing until it is confirmed; Subscribe then
    answers "pending confirmation", lists say "PendingConfirmation" (API reference, Subscribe and ConfirmSubscription).
    Moto: confirmed at once.
    """
    subscribe = models.SNSBackend.subscribe
    respond = responses.SNSResponse.subscribe

    def ask(subscription: models.Subscription) -> None:
        token = secrets.token_hex(32)
        subscription.confirmation_token = token  # type: ignore[attr-defined]
        topic_arn = subscription.topic.arn
        delivery = {
            "type": "SubscriptionConfirmation",
            "topic": topic_arn,
            "protocol": subscription.protocol,
            "endpoint": subscription.endpoint,
            "subject": "AWS Notification - Subscription Confirmation",
            "message": f"You have chosen to subscribe to the topic: {topic_arn}",
            "token": token,
        }
        record(settings.state_directory, delivery)

    def create(self: models.SNSBackend, topic_arn: str, endpoint: str, protocol: str) -> models.Subscription:
        known = self._find_subscription(topic_arn, endpoint, protocol)
        if protocol in ("email", "email-json") and not re.fullmatch(r"[^@\s]+@[^@\s]+", endpoint):
            raise SNSInvalidParameter("Invalid parameter: Email address")
        subscription = subscribe(self, topic_arn, endpoint, protocol)
        if known is None and protocol in CONFIRMED_BY_ENDPOINT:
            subscription.attributes.update(PendingConfirmation=True, ConfirmationWasAuthenticated=False)
        # Subscribing again sends the question again.
        if is_pending(subscription):
            ask(subscription)
        else:
            subscription.confirmed = True
        return subscription

    def answer(self: responses.SNSResponse) -> ActionResult:
        result: Any = respond(self).result
        subscription = self.backend.subscriptions[result["SubscriptionArn"]]
        if is_pending(subscription) and not self._get_param("ReturnSubscriptionArn"):
            return ActionResult({"SubscriptionArn": "pending confirmation"})
        return ActionResult(result)

    def confirm_subscription(self: responses.SNSResponse) -> ActionResult:
        topic_arn, token = self._get_param("TopicArn"), self._get_param("Token")
        self.backend.get_topic(topic_arn)
        for subscription in self.backend.subscriptions.values():
            if subscription.topic.arn == topic_arn and getattr(subscription, "confirmation_token", None) == token:
                subscription.attributes.update(PendingConfirmation=False)
                subscription.confirmed = True
                return ActionResult({"SubscriptionArn": subscription.arn})
        raise SNSInvalidParameter("Invalid parameter: Token")

    replace(models.SNSBackend, "subscribe", create)
    replace(responses.SNSResponse, "subscribe", answer)
    replace(responses.SNSResponse, "confirm_subscription", confirm_subscription)


@patch
def pending_lists(_settings: Settings) -> None:
    """List and count subscriptions that are pending as such.

    AWS: "PendingConfirmation" stands for the ARN in lists (API reference, Subscription), and GetTopicAttributes counts
    both kinds. Moto: ARNs always, and zero of each.
    """
    by_topic = responses.SNSResponse.list_subscriptions_by_topic
    every = responses.SNSResponse.list_subscriptions
    attributes = responses.SNSResponse.get_topic_attributes

    def shown(result: Any) -> ActionResult:
        listed = [
            {
                "SubscriptionArn": "PendingConfirmation" if is_pending(item) else item.arn,
                "Owner": item.owner,
                "Protocol": item.protocol,
                "Endpoint": item.endpoint,
                "TopicArn": item.topic.arn,
            }
            for item in result["Subscriptions"]
        ]
        return ActionResult({**result, "Subscriptions": listed})

    def get_topic_attributes(self: responses.SNSResponse) -> ActionResult:
        result: Any = attributes(self).result
        topic_arn = result["Attributes"]["TopicArn"]
        pending = [is_pending(item) for item in self.backend.subscriptions.values() if item.topic.arn == topic_arn]
        result["Attributes"].update(
            SubscriptionsPending=str(sum(pending)), SubscriptionsConfirmed=str(len(pending) - sum(pending))
        )
        return ActionResult(result)

    replace(
        responses.SNSResponse,
        "list_subscriptions_by_topic",
        lambda self: shown(by_topic(self).result),
    )
    replace(responses.SNSResponse, "list_subscriptions", lambda self: shown(every(self).result))
    replace(responses.SNSResponse, "get_topic_attributes", get_topic_attributes)


@patch
def deliveries(settings: Settings) -> None:
    """Keep what is delivered to subscribers, and deliver nothing to those that have not confirmed.

    AWS: a confirmed subscriber receives each message that its filter policy lets through (developer guide, "Message
    delivery"). Moto: nothing is ever sent by e-mail or SMS, and HTTP endpoints, which may be anywhere, get a request.
    In the lab all deliveries are written down (:mod:`nodeops_lab.api.deliveries`); only SQS and Lambda really get them.
    """
    original = models.Subscription.publish

    def publish(
        self: models.Subscription,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> None:
        if is_pending(self):
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(message_attributes, message):
            return
        if message_structure == "json":
            message = self._parse_message_structure(message, self.protocol)
        if self.protocol in ("sqs", "lambda", "application", "firehose"):
            original(
                self,
                message,
                message_id,
                subject=subject,
                message_attributes=message_attributes,
                group_id=group_id,
                deduplication_id=deduplication_id,
            )
        delivery = {
            "type": "Notification",
            "topic": self.topic.arn,
            "protocol": self.protocol,
            "endpoint": self.endpoint,
            "subject": subject or (SUBJECT_OF_EMAIL if self.protocol == "email" else None),
            "message": message,
            "message_id": message_id,
        }
        record(settings.state_directory, delivery)

    replace(models.Subscription, "publish", publish)


@patch
def unknown_subscription(_settings: Settings) -> None:
    """Refuse to end a subscription by something that is no ARN.

    AWS: the word that stands for a pending subscription's ARN in lists is an invalid parameter of Unsubscribe, so a
    pending subscription cannot be ended by it (API reference). Moto: nothing happens, and that is a success.
    """
    original = models.SNSBackend.unsubscribe

    def unsubscribe(self: models.SNSBackend, subscription_arn: str) -> None:
        if subscription_arn.count(":") < 5:
            raise SNSInvalidParameter(
                "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, "
                f"not {subscription_arn.count(':') + 1}"
            )
        original(self, subscription_arn)

    replace(models.SNSBackend, "unsubscribe", unsubscribe)
