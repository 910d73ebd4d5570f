# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS event subscriptions: which events of the database a topic is told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import tags
from .compare import CREATE, DELETE, Change


def wanted(
    estate: str, table: Iterable[Mapping[str, Any]], topic: str, own_tags: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The subscriptions of a table by their full names."""
    return {
        f"{estate}-{row['name']}": {
            "topic": topic,
            "source_type": row["source_type"],
            "sources": sorted(row.get("sources") or []),
            "categories": sorted(row.get("categories") or []),
            "enabled": True,
            "tags": dict(own_tags),
        }
        for row in table
    }


def read(rds: Any, estate: str, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The subscriptions of the estate by name, and those of the given names whoever tagged them."""
    found = {}
    wanted_names = set(names)
    for page in rds.get_paginator("describe_event_subscriptions").paginate():
        for subscription in page["EventSubscriptionsList"]:
            name = subscription["CustSubscriptionId"]
            if not name.startswith(f"{estate}-"):
                continue
            arn = subscription["EventSubscriptionArn"]
            own_tags = tags.of(rds.list_tags_for_resource(ResourceName=arn).get("TagList"))
            if name in wanted_names or own_tags.get(tags.ESTATE) == estate:
                found[name] = _found(subscription, own_tags)
    return found


def _found(subscription: Mapping[str, Any], own_tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "topic": subscription["SnsTopicArn"],
        "source_type": subscription.get("SourceType"),
        "sources": sorted(subscription.get("SourceIdsList") or []),
        "categories": sorted(subscription.get("EventCategoriesList") or []),
        "enabled": bool(subscription["Enabled"]),
        "tags": dict(own_tags),
        "arn": subscription["EventSubscriptionArn"],
    }


def apply(rds: Any, change: Change) -> None:
    """Carry out one change."""
    if change.action == DELETE:
        rds.delete_event_subscription(SubscriptionName=change.name)
    elif change.action == CREATE:
        _create(rds, change.name, change.wanted)
    else:
        _modify(rds, change)


def _create(rds: Any, name: str, subscription: Mapping[str, Any]) -> None:
    rds.create_event_subscription(
        SubscriptionName=name,
        SnsTopicArn=subscription["topic"],
        SourceType=subscription["source_type"],
        SourceIds=subscription["sources"],
        EventCategories=subscription["categories"],
        Enabled=True,
        Tags=tags.listed(subscription["tags"]),
    )


def _modify(rds: Any, change: Change) -> None:
    if {"topic", "categories", "enabled"} & set(change.after):
        rds.modify_event_subscription(
            SubscriptionName=change.name,
            SnsTopicArn=change.wanted["topic"],
            SourceType=change.wanted["source_type"],
            EventCategories=change.wanted["categories"],
            Enabled=True,
        )
    before, after = set(change.found["sources"]), set(change.wanted["sources"])
    # Added first: a subscription without sources would tell of every one in the account.
    for source in sorted(after - before):
        rds.add_source_identifier_to_subscription(SubscriptionName=change.name, SourceIdentifier=source)
    for source in sorted(before - after):
        rds.remove_source_identifier_from_subscription(SubscriptionName=change.name, SourceIdentifier=source)
    if "tags" in change.after:
        rds.add_tags_to_resource(ResourceName=change.found["arn"], Tags=tags.listed(change.wanted["tags"]))
