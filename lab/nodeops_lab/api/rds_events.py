# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS's events, told to the topics that subscriptions name.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.html; the identifiers of events are those of
its page "Amazon RDS event categories and event messages for Aurora".
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from .backends import rds
from .topics import PublishRefusedError, publish

if TYPE_CHECKING:
    from moto.rds.models import EventSubscription, RDSBackend

LOGGER = logging.getLogger(__name__)
SERVICE = "events.rds.amazonaws.com"
LINK = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html"
SOURCE_TYPES = {
    "db-instance": (
        "availability", "backup", "configuration change", "creation", "deletion", "failover", "failure", "low storage",
        "maintenance", "notification", "read replica", "recovery", "restoration", "security", "security patching",
    ),
    "db-cluster": (
        "configuration change", "creation", "deletion", "failover", "failure", "global-failover", "maintenance",
        "notification", "serverless",
    ),
    "db-cluster-snapshot": ("backup",),
    "db-snapshot": ("creation", "deletion", "notification", "restoration"),
    "db-parameter-group": ("configuration change",),
    "db-security-group": ("configuration change", "failure"),
}  # fmt: skip
"""Categories by source type."""

# Source type, pattern of the message, number of the event.
NUMBERS = (
    ("db-cluster", r"DB cluster created", "0170"),
    ("db-cluster", r"DB cluster deleted", "0171"),
    ("db-cluster", r"Started same AZ failover", "0072"),
    ("db-cluster", r"Started cross AZ failover", "0073"),
    ("db-cluster", r"Completed failover", "0071"),
    ("db-cluster", r"[Ff]ailover failed", "0069"),
    ("db-cluster", r"Reset master credentials", "0016"),
    ("db-instance", r"DB instance created", "0005"),
    ("db-instance", r"DB instance deleted", "0003"),
    ("db-instance", r"DB instance shutdown", "0004"),
    ("db-instance", r"DB instance restarted", "0006"),
    ("db-instance", r"Reset master credentials", "0016"),
    ("db-instance", r"Backing up DB instance", "0001"),
    ("db-instance", r"Finished DB instance backup", "0002"),
    ("db-cluster-snapshot", r"(?i)manual cluster snapshot created", "0075"),
    ("db-cluster-snapshot", r"(?i)automated cluster snapshot created", "0169"),
    ("db-snapshot", r"Creating automated snapshot", "0040"),
    ("db-snapshot", r"Automated snapshot created", "0091"),
    ("db-snapshot", r"Manual snapshot created", "0042"),
)


def number_of(source_type: str, message: str) -> str | None:
    """Return an event's identifier, such as RDS-EVENT-0071; None of an event whose number the lab does not know."""
    for kind, pattern, number in NUMBERS:
        if kind == source_type and re.search(pattern, message):
            return f"RDS-EVENT-{number}"
    return None


def wants(subscription: EventSubscription, event: Any) -> bool:
    """Return whether a subscription is about an event."""
    if not subscription.enabled:
        return False
    if subscription.source_type not in (None, event.source_type):
        return False
    if subscription.source_ids and event.source_identifier not in subscription.source_ids:
        return False
    categories = set(subscription.event_categories or [])
    return not categories or bool(categories & set(event.event_categories))


def message_of(event: Any, region: str, tags: dict[str, str]) -> dict[str, Any]:
    """Return what a topic is told of an event."""
    anchor = {"db-instance": "database", "db-cluster": "database"}.get(event.source_type, "snapshot")
    number = number_of(event.source_type, event.message)
    return {
        "Event Source": event.source_type,
        "Event Time": event.date.strftime("%Y-%m-%d %H:%M:%S.") + f"{event.date.microsecond // 1000:03d}",
        "Identifier Link": (
            f"https://console.aws.amazon.com/rds/home?region={region}#{anchor}:id={event.source_identifier}"
        ),
        "Source ID": event.source_identifier,
        "Source ARN": event.source_arn,
        "Event ID": f"{LINK}#{number}" if number else "",
        "Event Message": event.message,
        "Tags": tags,
    }


class EventTeller:
    """Tells subscriptions of the events that came since the last look."""

    def __init__(self, region: str) -> None:
        self._region = region
        # By identity: a list of moto's, from which others take events away. Kept, so that no identity is used twice.
        self._told: dict[int, Any] = {}

    def look(self) -> None:
        """Tell of what is new."""
        backend = rds(self._region)
        present = {id(event): event for event in backend.events}
        for key, event in present.items():
            if key not in self._told:
                self._tell(backend, event)
        self._told = present

    def _tell(self, backend: RDSBackend, event: Any) -> None:
        number = number_of(event.source_type, event.message)
        attributes = {"Resource": {"Type": "String", "Value": event.source_arn}}
        if number:
            attributes["EventID"] = {"Type": "String", "Value": number}
        for subscription in list(backend.event_subscriptions.values()):
            if not wants(subscription, event):
                continue
            message = json.dumps(message_of(event, self._region, _tags(backend, event)))
            topic_arn = str(subscription.sns_topic_arn)
            try:
                publish(
                    SERVICE, self._region, topic_arn, "RDS Notification Message", message, message_attributes=attributes
                )
            except PublishRefusedError as error:
                # AWS shows it by the subscription's status (API reference, EventSubscription.Status).
                subscription.status = "topic-not-exist" if "not exist" in str(error) else "no-permission"
                LOGGER.warning("event subscription %s: %s", subscription.subscription_name, error)


def _tags(backend: RDSBackend, event: Any) -> dict[str, str]:
    resources: Any = {
        "db-instance": backend.databases,
        "db-cluster": backend.clusters,
        "db-cluster-snapshot": backend.cluster_snapshots,
    }.get(event.source_type, {})
    found = resources.get(event.source_identifier)
    return {tag["Key"]: tag["Value"] for tag in found.tags} if found is not None else {}
