# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a group is beyond what moto keeps of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .activities import Activity
from .backoff import Backoff
from .hooks import Hook
from .members import COUNTED, Member, Source
from .preferences import Preferences
from .refreshing import Course

if TYPE_CHECKING:
    from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
    from moto.ec2.models.launch_templates import LaunchTemplate

    Group = FakeAutoScalingGroup

ACTIVE = ("Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking")
"""Statuses of an instance refresh that has not ended."""


@dataclass(frozen=True)
class Launch:
    """What a group launches from: a launch template and which of its versions."""

    template: LaunchTemplate
    version: str
    """A number, ``$Latest`` or ``$Default``, looked up at each launch."""
    given_version: str | None
    """The same as the request gave it, which is how the group describes it."""

    def source(self) -> Source:
        """Return the version that a launch takes now."""
        return Source(self.template.id, self.template.name, self.template.get_version(self.version).number)

    def as_answer(self) -> dict[str, Any]:
        """Return it as the API describes it."""
        return {
            "LaunchTemplateId": self.template.id,
            "LaunchTemplateName": self.template.name,
            "Version": self.given_version,
        }


@dataclass(eq=False)
class Refresh:
    """One instance refresh."""

    group_name: str
    preferences: Preferences
    start_time: datetime
    originals: frozenset[str]
    """The instances that the group had when the refresh started."""
    desired: Launch | None
    """The desired configuration."""
    course: Course
    status: str = "Pending"
    reason: str | None = None
    end_time: datetime | None = None
    bakes_until: datetime | None = None
    rollback: dict[str, Any] | None = None
    waits_for_transitions: bool = True
    surplus: int = 0
    """How many instances the group has now beyond its desired capacity."""
    refresh_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.status in ACTIVE

    @property
    def percentage(self) -> int:
        """How many percent of the instances are updated; during a rollback it goes down again."""
        if self.rollback is None:
            return self.course.percentage
        before = int(self.rollback["PercentageCompleteOnRollback"])
        return before * (100 - self.course.percentage) // 100

    @property
    def to_update(self) -> int:
        """How many instances remain to be updated; after a rollback's start, how many did then."""
        return self.course.remaining if self.rollback is None else int(self.rollback["InstancesToUpdateOnRollback"])

    def as_answer(self) -> dict[str, Any]:
        """Return the refresh as DescribeInstanceRefreshes does."""
        progress = {"PercentageComplete": self.percentage, "InstancesToUpdate": self.to_update}
        return {
            "InstanceRefreshId": self.refresh_id,
            "AutoScalingGroupName": self.group_name,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": self.start_time,
            "EndTime": self.end_time,
            **progress,
            "ProgressDetails": {"LivePoolProgress": progress},
            "Preferences": self.preferences.as_answer(),
            "DesiredConfiguration": {"LaunchTemplate": self.desired.as_answer()} if self.desired else None,
            "RollbackDetails": self.rollback,
            "Strategy": "Rolling",
        }


@dataclass(eq=False)
class Record:
    """One group's record."""

    activities: list[Activity] = field(default_factory=list)
    hooks: dict[str, Hook] = field(default_factory=dict)
    refreshes: list[Refresh] = field(default_factory=list)
    """Newest first."""
    backoff: Backoff = field(default_factory=Backoff)
    request: str = ""
    """The sentence about the request that changed the capacity, until the group has it."""
    replacements: int = 0
    """How many of the next launches replace an instance."""
    default_instance_warmup: int | None = None
    suspended: dict[str, datetime] = field(default_factory=dict)
    """Suspended processes, and since when."""
    deleting: bool = False
    told_of_protection: bool = False
    """Whether an activity tells that protection keeps the group above its desired capacity."""
    last_scaling_at: datetime | None = None
    """When the last launch or termination ended."""

    def begin(self, activity: Activity) -> Activity:
        """Add an activity to the history."""
        self.activities.append(activity)
        return activity

    @property
    def active_refresh(self) -> Refresh | None:
        """The instance refresh that has not ended, if there is one."""
        return next((refresh for refresh in self.refreshes if refresh.active), None)

    def unfinished(self) -> list[Activity]:
        """Return the activities in progress."""
        return [activity for activity in self.activities if activity.end_time is None]


_records: WeakKeyDictionary[Group, Record] = WeakKeyDictionary()
_past: WeakKeyDictionary[AutoScalingBackend, list[Activity]] = WeakKeyDictionary()


def record_of(group: Group) -> Record:
    """Return a group's record."""
    return _records.setdefault(group, Record())


def members(group: Group) -> list[Member]:
    """Return a group's instances."""
    return list(group.instance_states)  # type: ignore[arg-type]


def counted(group: Group) -> list[Member]:
    """Return the instances that count towards a group's desired capacity."""
    return [member for member in members(group) if member.lifecycle_state in COUNTED]


def suspended(group: Group, process: str) -> bool:
    """Return whether a process of the group is suspended."""
    return process in record_of(group).suspended


def launch_of(group: Group) -> Launch:
    """Return what the group launches from: during an instance refresh its desired configuration.

    AWS: "If a scale-out event occurs during an instance refresh, Amazon EC2 Auto Scaling launches new instances with
    the desired configuration instead of the group's current settings" (user guide, "Core concepts and terms").
    """
    refresh = record_of(group).active_refresh
    if refresh is not None and refresh.desired is not None and refresh.status in ("InProgress", "Baking"):
        return refresh.desired
    assert group.ec2_launch_template is not None, "every group of the lab has a launch template"
    return Launch(group.ec2_launch_template, str(group.launch_template_version), group.provided_launch_template_version)


def activity_of(group: Group, description: str, cause: str, now: datetime, **details: str | None) -> Activity:
    """Return a new activity of a group."""
    return Activity(group.name, group.arn, description, cause, now, dict(details))


def bury(group: Group) -> None:
    """Keep the activities of a group that was deleted."""
    _past.setdefault(group.autoscaling_backend, []).extend(record_of(group).activities)


def past_activities(backend: AutoScalingBackend) -> list[Activity]:
    """Return the activities of the groups that were deleted."""
    return list(_past.get(backend, []))
