# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaling activities: what a group did, and why, in AWS's words (user guide, "Verify a scaling activity")."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DIFFERENCE = "in response to a difference between desired and actual capacity"
REPLACEMENT = "an instance was launched in response to an unhealthy instance needing to be replaced."
REASONS = {
    "ec2": "an EC2 health check indicating it has been terminated or stopped",
    "elb": "an ELB system health check failure",
    "status": "an EC2 instance status check failure",
    "user": "a user health-check",
    "launch": "a launch failure",
    "refresh": "an instance refresh",
    "deletion": "a user request to delete the group",
}
"""Why an instance is taken out of service."""


def at(now: datetime, what: str) -> str:
    """Return one sentence of a cause."""
    return f"At {now:%Y-%m-%dT%H:%M:%SZ} {what}"


def taken_out(reason: str) -> str:
    """Return the sentence about an instance that is taken out of service for one of the :data:`REASONS`."""
    return f"an instance was taken out of service in response to {REASONS[reason]}."


@dataclass(eq=False)
class Activity:
    """One scaling activity."""

    group_name: str
    group_arn: str
    description: str
    cause: str
    start_time: datetime
    details: dict[str, str | None]
    status_code: str = "InProgress"
    progress: int = 0
    activity_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    end_time: datetime | None = None
    status_message: str | None = None

    def finish(self, now: datetime, status_code: str = "Successful", message: str | None = None) -> None:
        """End the activity. A failure's message becomes part of the description, as on AWS."""
        self.status_code = status_code
        self.progress = 100
        self.end_time = now
        if message is not None:
            self.status_message = message
            self.description += f".  Status Reason: {message}"

    def proceed(self, status_code: str, progress: int) -> None:
        """Note how far an unfinished activity is."""
        self.status_code = status_code
        self.progress = progress

    def as_answer(self) -> dict[str, Any]:
        """Return the activity as DescribeScalingActivities does."""
        return {
            "ActivityId": self.activity_id,
            "AutoScalingGroupName": self.group_name,
            "AutoScalingGroupARN": self.group_arn,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.start_time,
            "EndTime": self.end_time,
            "StatusCode": self.status_code,
            "StatusMessage": self.status_message,
            "Progress": self.progress,
            "Details": json.dumps(self.details, separators=(",", ":")),
        }


def in_order(activities: Iterable[Activity]) -> list[Activity]:
    """Return activities as AWS lists them: those in progress first, each by start time, the newest first."""
    # The sorting is stable: of those that began together, the one noted last stays first.
    newest = list(activities)[::-1]
    newest.sort(key=lambda activity: activity.start_time, reverse=True)
    return sorted(newest, key=lambda activity: activity.end_time is not None)
