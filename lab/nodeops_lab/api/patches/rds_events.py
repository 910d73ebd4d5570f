# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: events and who is told of them. The telling is in :mod:`nodeops_lab.api.rds_events`."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.rds import exceptions, models, responses
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import sns_backends

from ..rds_events import SOURCE_TYPES
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


class UnknownTopicError(exceptions.RDSClientError):
    """The topic of a subscription does not exist."""

    def __init__(self) -> None:
        super().__init__("SNSTopicArnNotFound", "The SNS topic ARN does not exist.")


class UnknownSourceError(exceptions.RDSClientError):
    """A source of a subscription does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__("SourceNotFound", f"The requested source could not be found: {name}")


class UnknownCategoryError(exceptions.RDSClientError):
    """A source type has no such category."""

    def __init__(self, name: str) -> None:
        super().__init__("SubscriptionCategoryNotFound", f"The supplied category does not exist: {name}")


def check(backend: models.RDSBackend, subscription: models.EventSubscription) -> None:
    """Refuse a subscription to what does not exist.

    Raises:
        RDSClientError: of the kind that AWS answers.
    """
    try:
        sns_backends[backend.account_id][backend.region_name].get_topic(str(subscription.sns_topic_arn))
    except (TopicNotFound, ValueError):
        raise UnknownTopicError from None
    kind = subscription.source_type
    if kind is None:
        if subscription.source_ids or subscription.event_categories:
            raise exceptions.InvalidParameterCombination(
                "SourceType must be supplied along with SourceIds or EventCategories"
            )
        return
    if kind not in SOURCE_TYPES:
        raise exceptions.InvalidParameterValue(f"Invalid source type: {kind}")
    for category in subscription.event_categories or []:
        if category not in SOURCE_TYPES[kind]:
            raise UnknownCategoryError(category)
    for name in subscription.source_ids or []:
        if name not in sources(backend, kind):
            raise UnknownSourceError(name)


def sources(backend: models.RDSBackend, kind: str) -> Any:
    """Return the resources of a source type by identifier."""
    return {
        "db-instance": backend.databases,
        "db-cluster": backend.clusters,
        "db-cluster-snapshot": backend.cluster_snapshots,
        "db-snapshot": backend.database_snapshots,
        "db-parameter-group": backend.db_parameter_groups,
        "db-security-group": backend.security_groups,
    }[kind]


@patch
def subscriptions(_settings: Settings) -> None:
    """Subscribe to events of what exists, enabled unless said otherwise.

    AWS: SNSTopicArnNotFound, SourceNotFound, SubscriptionCategoryNotFound; Enabled is true by default (API reference,
    CreateEventSubscription). Moto: takes anything, disabled, and never tells of an event.
    """
    original = models.RDSBackend.create_event_subscription

    def create_event_subscription(self: models.RDSBackend, kwargs: Any) -> models.EventSubscription:
        subscription = original(self, kwargs)
        subscription.enabled = kwargs.get("enabled") is not False
        subscription.source_ids = list(subscription.source_ids or [])
        subscription.event_categories = list(subscription.event_categories or [])
        try:
            check(self, subscription)
        except exceptions.RDSClientError:
            del self.event_subscriptions[subscription.subscription_name]
            raise
        return subscription

    replace(models.RDSBackend, "create_event_subscription", create_event_subscription)


@patch
def changed_subscriptions(_settings: Settings) -> None:
    """Change subscriptions, and add and remove their sources.

    AWS: ModifyEventSubscription, AddSourceIdentifierToSubscription, RemoveSourceIdentifierFromSubscription and
    DescribeEventCategories (API reference). Moto: none of them.
    """

    def find(self: responses.RDSResponse) -> models.EventSubscription:
        (found,) = self.backend.describe_event_subscriptions(self.params["SubscriptionName"])
        return found

    def changed(self: responses.RDSResponse, **changes: Any) -> ActionResult:
        subscription = find(self)
        before = {name: getattr(subscription, name) for name in changes}
        for name, value in changes.items():
            setattr(subscription, name, value)
        try:
            check(self.backend, subscription)
        except exceptions.RDSClientError:
            for name, value in before.items():
                setattr(subscription, name, value)
            raise
        return ActionResult({"EventSubscription": subscription})

    def modify_event_subscription(self: responses.RDSResponse) -> ActionResult:
        names = {
            "SnsTopicArn": "sns_topic_arn",
            "SourceType": "source_type",
            "EventCategories": "event_categories",
            "Enabled": "enabled",
        }
        given = {attribute: self.params.get(name) for name, attribute in names.items()}
        return changed(self, **{attribute: value for attribute, value in given.items() if value is not None})

    def add_source_identifier_to_subscription(self: responses.RDSResponse) -> ActionResult:
        return changed(self, source_ids=[*find(self).source_ids, self.params["SourceIdentifier"]])

    def remove_source_identifier_from_subscription(self: responses.RDSResponse) -> ActionResult:
        name, known = self.params["SourceIdentifier"], find(self).source_ids
        if name not in known:
            raise UnknownSourceError(name)
        return changed(self, source_ids=[item for item in known if item != name])

    def describe_event_categories(self: responses.RDSResponse) -> ActionResult:
        wanted = self.params.get("SourceType")
        listed = [
            {"SourceType": kind, "EventCategories": list(categories)}
            for kind, categories in SOURCE_TYPES.items()
            if wanted in (None, kind)
        ]
        return ActionResult({"EventCategoriesMapList": listed})

    for function in (
        modify_event_subscription,
        add_source_identifier_to_subscription,
        remove_source_identifier_from_subscription,
        describe_event_categories,
    ):
        add(responses.RDSResponse, function.__name__, function)


@patch
def recent_events(_settings: Settings) -> None:
    """Describe the events of a time and of categories.

    AWS: by default those of the past hour (API reference, DescribeEvents). Moto: all.
    """
    original = models.RDSBackend.describe_events

    def describe_events(self: models.RDSBackend, **wanted: Any) -> list[Any]:
        end = _plain(wanted.get("end_time")) or utcnow()
        start = _plain(wanted.get("start_time"))
        if start is None:
            start = end - datetime.timedelta(minutes=int(wanted.get("duration") or 60))
        categories = set(wanted.get("event_categories") or [])
        return [
            event
            for event in original(self, wanted.get("source_identifier"), wanted.get("source_type"))
            if start <= event.date <= end and (not categories or categories & set(event.event_categories))
        ]

    replace(models.RDSBackend, "describe_events", describe_events)


def _plain(moment: datetime.datetime | None) -> datetime.datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)
