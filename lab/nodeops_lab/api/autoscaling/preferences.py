# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences of an instance refresh (API reference, RefreshPreferences; user guide, "Understand the default
values for an instance refresh")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIN_HEALTHY_PERCENTAGE = 90
MAX_HEALTHY_PERCENTAGE = 100
CHECKPOINT_DELAY_SECONDS = 3600
LONGEST_SECONDS = 172800
PROTECTED = ("Refresh", "Ignore", "Wait")
STANDBY = ("Terminate", "Ignore", "Wait")


class PreferenceError(ValueError):
    """Preferences that AWS refuses."""


@dataclass(frozen=True)
class Preferences:
    """How an instance refresh goes about it."""

    warmup: int
    min_healthy: int = MIN_HEALTHY_PERCENTAGE
    max_healthy: int = MAX_HEALTHY_PERCENTAGE
    skip_matching: bool = False
    auto_rollback: bool = False
    protected: str = "Wait"
    standby: str = "Wait"
    checkpoints: tuple[int, ...] = ()
    checkpoint_delay: int = CHECKPOINT_DELAY_SECONDS
    bake: int = 0

    def as_answer(self) -> dict[str, Any]:
        """Return the preferences as DescribeInstanceRefreshes does."""
        answer: dict[str, Any] = {
            "MinHealthyPercentage": self.min_healthy,
            "MaxHealthyPercentage": self.max_healthy,
            "InstanceWarmup": self.warmup,
            "SkipMatching": self.skip_matching,
            "AutoRollback": self.auto_rollback,
            "ScaleInProtectedInstances": self.protected,
            "StandbyInstances": self.standby,
        }
        if self.checkpoints:
            answer |= {"CheckpointPercentages": list(self.checkpoints), "CheckpointDelay": self.checkpoint_delay}
        if self.bake:
            answer["BakeTime"] = self.bake
        return answer


def _within(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = int(given[name]) if given.get(name) is not None else default
    if not least <= value <= most:
        raise PreferenceError(f"The value of {name} must be between {least} and {most}.")
    return value


def _one_of(given: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = str(given.get(name) or "Wait")
    if value not in allowed:
        raise PreferenceError(
            f"Value '{value}' at 'preferences.{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        )
    return value


def parse(given: Mapping[str, Any], default_warmup: int) -> Preferences:
    """Return the preferences of a request.

    Args:
        given: the request's Preferences.
        default_warmup: the group's default instance warmup, else its health check grace period, in seconds.

    Raises:
        PreferenceError: AWS refuses them.
    """
    percentages = tuple(int(value) for value in given.get("CheckpointPercentages") or ())
    if any(not 1 <= value <= 100 for value in percentages) or list(percentages) != sorted(set(percentages)):
        raise PreferenceError("CheckpointPercentages must be unique, in ascending order, and between 1 and 100.")
    if given.get("MaxHealthyPercentage") is not None and given.get("MinHealthyPercentage") is None:
        raise PreferenceError("You must specify MinHealthyPercentage when you specify MaxHealthyPercentage.")
    least = _within(given, "MinHealthyPercentage", MIN_HEALTHY_PERCENTAGE, 0, 100)
    most = _within(given, "MaxHealthyPercentage", MAX_HEALTHY_PERCENTAGE, 100, 200)
    if given.get("MaxHealthyPercentage") is not None and most - least > 100:
        raise PreferenceError(
            "The difference between MaxHealthyPercentage and MinHealthyPercentage must not be greater than 100."
        )
    return Preferences(
        warmup=_within(given, "InstanceWarmup", default_warmup, 0, LONGEST_SECONDS),
        min_healthy=least,
        max_healthy=most,
        skip_matching=bool(given.get("SkipMatching")),
        auto_rollback=bool(given.get("AutoRollback")),
        protected=_one_of(given, "ScaleInProtectedInstances", PROTECTED),
        standby=_one_of(given, "StandbyInstances", STANDBY),
        checkpoints=percentages,
        checkpoint_delay=_within(given, "CheckpointDelay", CHECKPOINT_DELAY_SECONDS, 0, LONGEST_SECONDS),
        bake=_within(given, "BakeTime", 0, 0, LONGEST_SECONDS),
    )
