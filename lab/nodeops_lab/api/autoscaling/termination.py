# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances end when a group shrinks: pure.

User guide, "Work with Amazon EC2 Auto Scaling termination policies": balance between the zones comes first, then the
policies in their order, each of which leaves those that it would end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

HOUR_SECONDS = 3600.0


@dataclass(frozen=True)
class Candidate:
    """An instance in service."""

    instance_id: str
    zone: str
    launched_at: datetime
    template_id: str
    template_version: int
    protected: bool = False


Narrow = Callable[[Sequence[Candidate], str, datetime], list[Candidate]]


def _least(candidates: Sequence[Candidate], key: Callable[[Candidate], float]) -> list[Candidate]:
    least = min(key(candidate) for candidate in candidates)
    return [candidate for candidate in candidates if key(candidate) == least]


def _oldest_template(candidates: Sequence[Candidate], template_id: str, _now: datetime) -> list[Candidate]:
    """Those of another template than the group's, else those of the template's oldest version."""
    others = [candidate for candidate in candidates if candidate.template_id != template_id]
    return others or _least(candidates, lambda candidate: candidate.template_version)


def _oldest(candidates: Sequence[Candidate], _template_id: str, _now: datetime) -> list[Candidate]:
    return _least(candidates, lambda candidate: candidate.launched_at.timestamp())


def _newest(candidates: Sequence[Candidate], _template_id: str, _now: datetime) -> list[Candidate]:
    return _least(candidates, lambda candidate: -candidate.launched_at.timestamp())


def _next_hour(candidates: Sequence[Candidate], _template_id: str, now: datetime) -> list[Candidate]:
    return _least(candidates, lambda candidate: -((now - candidate.launched_at).total_seconds() % HOUR_SECONDS))


def _default(candidates: Sequence[Candidate], template_id: str, now: datetime) -> list[Candidate]:
    """The oldest template, then the instance closest to its next billing hour ("Default termination policy")."""
    return _next_hour(_oldest_template(candidates, template_id, now), template_id, now)


def _all(candidates: Sequence[Candidate], _template_id: str, _now: datetime) -> list[Candidate]:
    return list(candidates)


POLICIES: dict[str, Narrow] = {
    "Default": _default,
    # The lab's groups have on-demand instances of one type, and no launch configurations.
    "AllocationStrategy": _all,
    "OldestLaunchConfiguration": _all,
    "OldestLaunchTemplate": _oldest_template,
    "OldestInstance": _oldest,
    "NewestInstance": _newest,
    "ClosestToNextInstanceHour": _next_hour,
}


def choose(
    candidates: Sequence[Candidate], count: int, policies: Sequence[str], template_id: str, now: datetime
) -> list[str]:
    """Return the ids of up to ``count`` instances to end, first those that go first.

    Protected instances count in their zones but never end. Where AWS leaves the choice to chance, the oldest goes.

    Args:
        candidates: the group's instances in service.
        policies: names of :data:`POLICIES`, in the group's order.
        template_id: the launch template of the group.
    """
    remaining = list(candidates)
    chosen: list[str] = []
    while len(chosen) < count:
        free = [candidate for candidate in remaining if not candidate.protected]
        if not free:
            break
        zones = [candidate.zone for candidate in remaining]
        fullest = max(zones.count(candidate.zone) for candidate in free)
        narrowed = [candidate for candidate in free if zones.count(candidate.zone) == fullest]
        for policy in policies:
            narrowed = POLICIES[policy](narrowed, template_id, now)
        victim = min(narrowed, key=lambda candidate: (candidate.launched_at, candidate.instance_id))
        chosen.append(victim.instance_id)
        remaining.remove(victim)
    return chosen
