# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lifecycle policy (Amazon Data Lifecycle Manager) that makes snapshots of an estate's volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._aws.errors import error_code
from . import tags
from .compare import CREATE, DELETE, Change
from .new_role import Clock, until_known

#: The intervals that the Data Lifecycle Manager knows, in hours (API reference, CreateRule).
INTERVALS = (1, 2, 3, 4, 6, 8, 12, 24)


def wanted(
    estate: str, role: str, targets: Mapping[str, str], interval: int, time: str, keep: int, own_tags: Mapping[str, str]
) -> dict[str, Any]:
    """The policy: snapshots of all volumes with one of the target tags, with the volumes' own tags."""
    return {
        "Description": f"Snapshots of the volumes of estate {estate}",
        "State": "ENABLED",
        "ExecutionRoleArn": role,
        "PolicyDetails": {
            "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
            "ResourceTypes": ["VOLUME"],
            "TargetTags": tags.listed(targets),
            "Schedules": [
                {
                    "Name": f"{estate}-snapshots",
                    "CopyTags": True,
                    "TagsToAdd": [{"Key": "nodeops:made-by", "Value": f"{estate}-snapshots"}],
                    "CreateRule": {"Interval": interval, "IntervalUnit": "HOURS", "Times": [time]},
                    "RetainRule": {"Count": keep},
                }
            ],
        },
        "Tags": dict(own_tags),
    }


def read(dlm: Any, estate: str, name: str) -> dict[str, dict[str, Any]]:
    """The policies of the estate: the first by the given name, further ones by their ids."""
    found: dict[str, dict[str, Any]] = {}
    for summary in dlm.get_lifecycle_policies().get("Policies", []):
        own_tags = summary.get("Tags") or {}
        if own_tags.get(tags.ESTATE) == estate and own_tags.get("Name") == name:
            policy = dlm.get_lifecycle_policy(PolicyId=summary["PolicyId"])["Policy"]
            found[summary["PolicyId"] if name in found else name] = policy
    return found


def apply(dlm: Any, change: Change, seconds: float, clock: Clock) -> None:
    """Carry out one change. A role that is not known yet is tried again for so many seconds."""
    if change.action == DELETE:
        dlm.delete_lifecycle_policy(PolicyId=change.found["PolicyId"])
        return
    request = {key: value for key, value in change.wanted.items() if key != "Tags"}
    if change.action == CREATE:
        until_known(
            lambda: dlm.create_lifecycle_policy(Tags=change.wanted["Tags"], **request), _may_be_new, seconds, clock
        )
        return
    if set(change.after) - {"Tags"}:
        until_known(
            lambda: dlm.update_lifecycle_policy(PolicyId=change.found["PolicyId"], **request),
            lambda error: "ExecutionRoleArn" in change.after and _may_be_new(error),
            seconds,
            clock,
        )
    if "Tags" in change.after:
        dlm.tag_resource(ResourceArn=change.found["PolicyArn"], Tags=change.wanted["Tags"])


def _may_be_new(error: Exception) -> bool:
    """Whether the role may be unknown yet: the Data Lifecycle Manager then says only that the request is invalid."""
    return error_code(error) == "InvalidRequestException"
