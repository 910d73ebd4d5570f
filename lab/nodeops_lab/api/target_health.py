# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DescribeTargetHealth says of a target: pure functions over what the API and the load balancer's nodes know.

States, reasons: API reference, TargetHealth. Descriptions: Application Load Balancers guide, "Health checks for target
groups", "Target health status".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEALTHY = "healthy"
INITIAL = "initial"
UNHEALTHY = "unhealthy"
_WORST_FIRST = (UNHEALTHY, INITIAL, HEALTHY)


@dataclass(frozen=True)
class Health:
    """A target's health."""

    state: str
    reason: str | None = None
    description: str | None = None

    def described(self) -> dict[str, str]:
        """Return it as TargetHealth; a healthy target has a state only."""
        parts = {"State": self.state, "Reason": self.reason, "Description": self.description}
        return {key: value for key, value in parts.items() if value is not None}


REGISTERING = Health(INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress")
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
GROUP_NOT_IN_USE = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
ZONE_NOT_ENABLED = Health(
    "unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"
)
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
INTERNAL_ERROR = Health("unavailable", "Elb.InternalError", "Target health is unavailable due to an internal error")


def not_running(state: str) -> Health:
    """Return the health of an instance in a state in which it gets no requests."""
    return Health("unused", "Target.InvalidState", f"Target is in the {state} state")


def worst(reports: Iterable[Health]) -> Health:
    """Return the health of a target of which several nodes report.

    AWS does not say how it joins them. Here a target is healthy once every node that may send it requests says so.
    """
    found = sorted(reports, key=lambda health: _WORST_FIRST.index(health.state))
    return found[0] if found else REGISTERING


def health_of(*, used: bool, zone_enabled: bool, instance_state: str | None, reports: Iterable[Health]) -> Health:
    """Return a registered target's health.

    Args:
        used: a listener or rule forwards to the target group.
        zone_enabled: the load balancer has a node in the target's zone, or the target has no zone.
        instance_state: the instance's state, None for an IP address.
        reports: what each node found that checks the target.
    """
    if instance_state is not None and instance_state != "running":
        return not_running(instance_state)
    if not used:
        return GROUP_NOT_IN_USE
    if not zone_enabled:
        return ZONE_NOT_ENABLED
    return worst(reports)
