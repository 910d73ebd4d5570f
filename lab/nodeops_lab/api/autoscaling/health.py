# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks (user guide, "Health checks for instances in an Auto Scaling group")."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import targets
from .activities import at, taken_out
from .members import Member
from .records import members, record_of, suspended
from .transitions import end

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group


def checked_by_load_balancers(group: Group) -> bool:
    """Return whether the group heeds its target groups' health checks."""
    return "ELB" in str(group.health_check_type).split(",")


def in_grace(group: Group, member: Member, now: datetime) -> bool:
    """Return whether a new instance is still given time; the period starts as it enters service."""
    grace = timedelta(seconds=group.health_check_grace_period or 0)
    return member.in_service_at is None or now < member.in_service_at + grace


def check(group: Group, now: datetime) -> None:
    """Mark instances in service that do not run or, after the grace period, fail a status or a target group's check.

    "During the health check grace period, if Amazon EC2 Auto Scaling detects that an instance is no longer in the
    Amazon EC2 running state, it immediately marks the instance Unhealthy" (user guide, "Set the health check grace
    period"). Instances on standby are not checked.
    """
    if suspended(group, "HealthCheck"):
        return
    for member in members(group):
        if member.lifecycle_state != "InService":
            continue
        if not member.alive:
            _mark(member, "ec2")
        elif in_grace(group, member, now):
            continue
        elif "impaired" in (member.instance.instance_status["Status"], member.instance.system_status["Status"]):
            _mark(member, "status")
        elif checked_by_load_balancers(group) and "unhealthy" in targets.states(group, member):
            _mark(member, "elb")


def _mark(member: Member, reason: str) -> None:
    # What is known already keeps its reason, but for an instance that stopped meanwhile.
    if member.health_status == "Healthy" or reason == "ec2":
        member.health_status = "Unhealthy"
        member.unhealthy_for = reason


def replace(group: Group, now: datetime) -> None:
    """Terminate the unhealthy instances in service; the launch of others follows from their number.

    Those that do not run, or that a user called unhealthy, at once; others a tenth of the group at a time, at least
    one, each time when the new ones are ready ("How Amazon EC2 Auto Scaling minimizes downtime"). Suspending
    ReplaceUnhealthy or Terminate holds it ("How suspended processes affect other processes").
    """
    if suspended(group, "ReplaceUnhealthy") or suspended(group, "Terminate"):
        return
    unhealthy = [
        member
        for member in members(group)
        if member.lifecycle_state == "InService" and member.health_status == "Unhealthy"
    ]
    budget = 0 if _unready(group, now) else max(1, (group.desired_capacity or 0) // 10)
    record = record_of(group)
    for member in unhealthy:
        if member.unhealthy_for not in ("ec2", "user"):
            if budget <= 0:
                continue
            budget -= 1
        end(group, member, at(now, taken_out(member.unhealthy_for)), now)
        record.replacements += 1


def _unready(group: Group, now: datetime) -> bool:
    """Return whether an instance is being launched or warms up."""
    warmup = timedelta(seconds=record_of(group).default_instance_warmup or 0)
    return any(
        member.lifecycle_state.startswith("Pending")
        or (
            member.lifecycle_state == "InService"
            and member.in_service_at is not None
            and now < member.in_service_at + warmup
        )
        for member in members(group)
    )
