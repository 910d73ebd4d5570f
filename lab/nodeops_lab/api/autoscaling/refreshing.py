# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance refresh does next: pure, the time and the group's present state are given.

User guide, "How an instance refresh works" and "Add checkpoints to an instance refresh".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .preferences import Preferences

ONE_HOUR = timedelta(hours=1)
"""How long a refresh keeps trying while it waits for instances on standby or protected from scale in, or for new ones
that do not become healthy (user guide, "Limitations": "One-hour timeout")."""


@dataclass(frozen=True)
class Seat:
    """One instance of the group, as a refresh sees it."""

    instance_id: str
    old: bool
    """To be replaced."""
    in_service: bool = True
    available: bool = True
    """In service, healthy, and past its warm-up."""
    warming: bool = False
    """In service and healthy, but not yet past its warm-up."""
    standby: bool = False
    protected: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do now."""

    end: int = 0
    """How many of the old instances in service to take out."""
    end_standby: tuple[str, ...] = ()
    surplus: int = 0
    """How many instances to have beyond the desired capacity."""
    remaining: int = 0
    """Instances that are not yet replaced."""
    waits_for: str | None = None
    """``standby``, ``protected``, ``health`` or ``warmup``, if for anything."""
    example: str | None = None
    """An instance that is waited for."""


def replaceable(seats: Sequence[Seat], preferences: Preferences) -> list[Seat]:
    """Return the old instances that the preferences do not leave alone."""
    return [
        seat
        for seat in seats
        if seat.old
        and not (seat.standby and preferences.standby == "Ignore")
        and not (not seat.standby and seat.protected and preferences.protected == "Ignore")
    ]


def decide(seats: Sequence[Seat], desired: int, preferences: Preferences, allowance: int | None = None) -> Decision:
    """Return what to do now.

    At least ``min_healthy`` percent of the desired capacity stays available, rounded up, and at most ``max_healthy``
    percent runs. Where that leaves no room, one at a time: "To replace one instance at a time, set a minimum healthy
    percentage of 100 percent".

    Args:
        seats: instances that are pending, in service or on standby.
        allowance: how many more replacements may begin before the next checkpoint, None for all.
    """
    old = replaceable(seats, preferences)
    allowed = len(old) if allowance is None else max(0, allowance)
    in_service = [
        seat for seat in old if seat.in_service and (not seat.protected or preferences.protected == "Refresh")
    ]
    standby = [seat for seat in old if seat.standby]
    ended_standby = standby[:allowed] if preferences.standby == "Terminate" else []
    allowed -= len(ended_standby)

    available = sum(seat.available for seat in seats if not seat.standby)
    missing = max(0, desired - available)
    floor = math.ceil(desired * preferences.min_healthy / 100)
    ceiling = math.ceil(desired * preferences.max_healthy / 100)
    room = available - floor
    if room <= 0 and missing == 0 and not min(ceiling - desired, len(in_service), allowed):
        room = 1
    end = max(0, min(room, len(in_service), allowed))
    decision = Decision(
        end=end,
        end_standby=tuple(seat.instance_id for seat in ended_standby),
        # Beside those that end now, which the group replaces anyway.
        surplus=min(ceiling - desired, len(in_service) - end, allowed - end),
        remaining=len(old) + missing,
    )
    if decision.end or decision.end_standby:
        return decision
    return _with_reason(decision, seats, old, in_service, missing)


def _with_reason(
    decision: Decision, seats: Sequence[Seat], old: list[Seat], in_service: list[Seat], missing: int
) -> Decision:
    waits_for: str | None = None
    example: str | None = None
    unready = [seat for seat in seats if not seat.available and not seat.standby]
    warming = [seat for seat in unready if seat.warming]
    if missing or (decision.surplus and unready):
        waits_for = "warmup" if warming and len(warming) == len(unready) else "health"
        example = next((seat.instance_id for seat in warming or unready), None)
    elif old and not in_service:
        waits_for = "standby" if old[0].standby else "protected"
        example = old[0].instance_id
    return Decision(
        decision.end, decision.end_standby, decision.surplus, decision.remaining, waits_for=waits_for, example=example
    )


@dataclass
class Course:
    """How far the replacement of a group's instances is: of a refresh, or of its rollback."""

    started_at: datetime
    checkpoints: tuple[int, ...] = ()
    checkpoint_delay: int = 0
    seen: bool = False
    """Whether the group was looked at since the start."""
    total: int = 0
    remaining: int = 0
    next_checkpoint: int = 0
    paused_until: datetime | None = None
    stuck_since: datetime | None = None

    @property
    def updated(self) -> int:
        """How many instances were replaced and have warmed up."""
        return self.total - self.remaining

    @property
    def percentage(self) -> int:
        """How many percent were replaced and have warmed up."""
        if not self.seen:
            return 0
        return 100 * self.updated // self.total if self.total else 100

    def see(self, remaining: int) -> None:
        """Note how many instances are not yet replaced."""
        if remaining < self.remaining:
            self.stuck_since = None
        self.seen = True
        self.total = max(self.total, remaining)
        self.remaining = remaining

    def reach_checkpoint(self, now: datetime) -> int | None:
        """Return the checkpoint that was just reached, if one was, and pause after it unless it is the last.

        One that lies below another that is reached as well is skipped.
        """
        reached = None
        while (
            self.next_checkpoint < len(self.checkpoints)
            and self.updated * 100 >= self.checkpoints[self.next_checkpoint] * self.total
        ):
            reached = self.checkpoints[self.next_checkpoint]
            self.next_checkpoint += 1
        if reached is not None and self.next_checkpoint < len(self.checkpoints):
            self.paused_until = now + timedelta(seconds=self.checkpoint_delay)
        return reached

    def paused(self, now: datetime) -> bool:
        """Return whether a checkpoint holds the replacement."""
        return self.paused_until is not None and now < self.paused_until

    def allowance(self, old: int) -> int | None:
        """Return how many more replacements may begin before the next checkpoint, None for all.

        Args:
            old: how many instances are still to be replaced.
        """
        if self.next_checkpoint >= len(self.checkpoints):
            return None
        limit = math.ceil(self.total * self.checkpoints[self.next_checkpoint] / 100)
        return limit - (self.total - old)

    def complete(self) -> bool:
        """Return whether all that was to be replaced is: everything, or what the last checkpoint says."""
        if self.checkpoints:
            return self.next_checkpoint >= len(self.checkpoints)
        return self.remaining == 0

    def stuck(self, waits_for: str | None, now: datetime) -> bool:
        """Note what is waited for; return whether it was waited for too long."""
        if waits_for not in ("standby", "protected", "health"):
            self.stuck_since = None
            return False
        if self.stuck_since is None:
            self.stuck_since = now
        return now - self.stuck_since >= ONE_HOUR
