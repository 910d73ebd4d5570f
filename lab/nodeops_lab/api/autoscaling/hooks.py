# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lifecycle hooks and the actions that they start: pure, the time is given.

User guide, "How lifecycle hooks work" and "Considerations and limitations for lifecycle hooks".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
TRANSITIONS = (LAUNCHING, TERMINATING)
RESULTS = ("CONTINUE", "ABANDON")
LONGEST_WAIT_SECONDS = 172800
"""48 hours: "the maximum amount of time that you can keep an instance in a wait state"."""


@dataclass(frozen=True)
class Hook:
    """A lifecycle hook."""

    name: str
    group_name: str
    transition: str
    heartbeat_timeout: int = 3600
    default_result: str = "ABANDON"
    target_arn: str | None = None
    role_arn: str | None = None
    metadata: str | None = None

    @property
    def global_timeout(self) -> int:
        """Seconds: "48 hours or 100 times the heartbeat timeout, whichever is smaller"."""
        return min(LONGEST_WAIT_SECONDS, 100 * self.heartbeat_timeout)

    def as_answer(self) -> dict[str, Any]:
        """Return the hook as DescribeLifecycleHooks does."""
        return {
            "LifecycleHookName": self.name,
            "AutoScalingGroupName": self.group_name,
            "LifecycleTransition": self.transition,
            "NotificationTargetARN": self.target_arn,
            "RoleARN": self.role_arn,
            "NotificationMetadata": self.metadata,
            "HeartbeatTimeout": self.heartbeat_timeout,
            "GlobalTimeout": self.global_timeout,
            "DefaultResult": self.default_result,
        }


@dataclass
class Action:
    """One hook's action for one instance, which waits until the action has a result."""

    hook: Hook
    started_at: datetime
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline: datetime = field(init=False)
    result: str | None = None
    why: str = ""

    def __post_init__(self) -> None:
        """Start the heartbeat's time."""
        self.heartbeat(self.started_at)

    def heartbeat(self, now: datetime) -> None:
        """Start the time anew, up to the global timeout."""
        last = self.started_at + timedelta(seconds=self.hook.global_timeout)
        self.deadline = min(now + timedelta(seconds=self.hook.heartbeat_timeout), last)

    def complete(self, result: str, why: str) -> None:
        """Give the action its result."""
        self.result = result
        self.why = why

    def expire(self, now: datetime) -> None:
        """Give an action that is overdue its hook's default result."""
        if self.result is None and now >= self.deadline:
            self.complete(self.hook.default_result, "Heartbeat Timeout")

    @property
    def message(self) -> str:
        """Why the launch failed, for the activity."""
        return (
            f"Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {self.token} "
            f"was abandoned: {self.why}"
        )


def abandoned(actions: Iterable[Action]) -> Action | None:
    """Return the action that ends all others: ABANDON stops what remains (API reference, CompleteLifecycleAction)."""
    return next((action for action in actions if action.result == "ABANDON"), None)


def finished(actions: Iterable[Action]) -> bool:
    """Return whether the instance may leave its wait state."""
    waiting = list(actions)
    return abandoned(waiting) is not None or all(action.result is not None for action in waiting)
