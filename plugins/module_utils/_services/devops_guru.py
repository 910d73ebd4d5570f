# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DevOps Guru for one estate: its value in the account's resource collection, and its topic.

Collection and channels are settings of the whole account in a region, so another's are never touched: what cannot
stand beside ours is refused.
"""

from __future__ import annotations

from typing import Any

#: What a tag's key must begin with (API reference, TagCollection); all estates of an account share one key.
TAG_KEY = "devops-guru-nodeops"
#: How many notification channels a region has at most (user guide, "Quotas").
CHANNELS = 2


class InUseError(Exception):
    """Another has settings that ours cannot stand beside; the message is for the operator."""


def read(guru: Any, topic: str) -> dict[str, Any]:
    """Stacks and tags of the account's collection, the channels' topics, and the id of our own channel."""
    channels = [
        item for page in guru.get_paginator("list_notification_channels").paginate() for item in page["Channels"]
    ]
    ours = [channel["Id"] for channel in channels if channel["Config"]["Sns"]["TopicArn"] == topic]
    return {
        "stacks": _collection(guru, "AWS_CLOUD_FORMATION").get("CloudFormation", {}).get("StackNames", []),
        "tags": {item["AppBoundaryKey"]: item["TagValues"] for item in _collection(guru, "AWS_TAGS").get("Tags", [])},
        "channels": [channel["Config"]["Sns"]["TopicArn"] for channel in channels],
        "channel": ours[0] if ours else None,
    }


def _collection(guru: Any, kind: str) -> dict[str, Any]:
    collected: dict[str, Any] = {}
    try:
        for page in guru.get_paginator("get_resource_collection").paginate(ResourceCollectionType=kind):
            found = page.get("ResourceCollection", {})
            for stack in found.get("CloudFormation", {}).get("StackNames", []):
                collected.setdefault("CloudFormation", {}).setdefault("StackNames", []).append(stack)
            collected.setdefault("Tags", []).extend(found.get("Tags", []))
    except guru.exceptions.ResourceNotFoundException:
        return {}
    return collected


def steps(found: dict[str, Any], estate: str, topic: str, present: bool) -> list[str]:
    """What has to be done, of "add value", "add channel", "remove value" and "remove channel".

    Raises InUseError where another's settings are in the way.
    """
    covered = estate in found["tags"].get(TAG_KEY, [])
    if not present:
        removed = [("remove value", covered), ("remove channel", found["channel"] is not None)]
        return [step for step, needed in removed if needed]
    if not covered:
        _refuse_foreign_collection(found)
    if found["channel"] is None and len(found["channels"]) >= CHANNELS:
        raise InUseError(
            f"DevOps Guru has {CHANNELS} notification channels in this region already, and takes no more: "
            f"{', '.join(found['channels'])}. Remove one, or set estate_observability_devops_guru to false."
        )
    # The channel first: an insight that comes meanwhile is told.
    added = [("add channel", found["channel"] is None), ("add value", not covered)]
    return [step for step, needed in added if needed]


def _refuse_foreign_collection(found: dict[str, Any]) -> None:
    others = [key for key in found["tags"] if key != TAG_KEY]
    if not found["stacks"] and not others:
        return
    by = f"the stacks {', '.join(found['stacks'])}" if found["stacks"] else f"the tag {', '.join(others)}"
    raise InUseError(
        f"DevOps Guru already watches {by} in this account and region, and can watch by one kind of choice only. "
        "That choice is not this estate's, so it stays: add the estate to it yourself, and set "
        "estate_observability_devops_guru to false."
    )


def apply(guru: Any, step: str, found: dict[str, Any], estate: str, topic: str) -> None:
    """Carry out one step."""
    if step == "add channel":
        guru.add_notification_channel(Config={"Sns": {"TopicArn": topic}})
    elif step == "remove channel":
        guru.remove_notification_channel(Id=found["channel"])
    else:
        guru.update_resource_collection(
            Action="ADD" if step == "add value" else "REMOVE",
            ResourceCollection={"Tags": [{"AppBoundaryKey": TAG_KEY, "TagValues": [estate]}]},
        )
