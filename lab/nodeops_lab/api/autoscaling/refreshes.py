# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance refreshes, carried out (user guide, "Replace Auto Scaling instances based on an instance refresh")."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import targets
from .activities import at, taken_out
from .health import checked_by_load_balancers
from .members import COUNTED, Member
from .records import Launch, Refresh, launch_of, members, record_of, suspended
from .refreshing import Course, Decision, Seat, decide, replaceable
from .termination import Candidate, choose
from .transitions import end, settled

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group

WAITING = {
    "warmup": "Waiting for instances to warm up before continuing. For example: {example} is warming up.",
    "health": "Waiting for remaining instances to be available. For example: {example} is not yet healthy.",
    "standby": "Waiting for instances to leave Standby. For example: {example} is in Standby.",
    "protected": "Waiting for scale-in protection to be removed. For example: {example} is protected from scale in.",
}


def candidate(member: Member) -> Candidate:
    """Return an instance as the termination policies see it."""
    return Candidate(
        member.instance_id,
        member.availability_zone,
        member.instance.launch_time,
        member.source.template_id if member.source else "",
        member.source.version if member.source else 0,
        member.protected_from_scale_in,
    )


def advance(group: Group, now: datetime) -> None:
    """Take the group's instance refresh, if it has one, a step further."""
    refresh = record_of(group).active_refresh
    if refresh is None:
        return
    if refresh.status == "Cancelling":
        _cancel(group, refresh, now)
    elif any(suspended(group, process) for process in ("InstanceRefresh", "Launch", "Terminate")):
        # "If there is an instance refresh in progress, this pauses the operation without canceling it."
        refresh.surplus = 0
    elif refresh.status == "Pending":
        refresh.status = "InProgress"
    elif refresh.status == "Baking":
        if refresh.bakes_until is not None and now >= refresh.bakes_until:
            _succeed(group, refresh, now)
    else:
        _replace(group, refresh, now)


def roll_back(group: Group, refresh: Refresh, reason: str, now: datetime) -> None:
    """Begin to replace what a refresh launched, with the configuration that the group had (and still has)."""
    progress = {"PercentageComplete": refresh.percentage, "InstancesToUpdate": refresh.to_update}
    refresh.rollback = {
        "RollbackReason": reason,
        "RollbackStartTime": now,
        "PercentageCompleteOnRollback": refresh.percentage,
        "InstancesToUpdateOnRollback": refresh.to_update,
        "ProgressDetailsOnRollback": {"LivePoolProgress": progress},
    }
    refresh.status = "RollbackInProgress"
    refresh.reason = reason
    refresh.surplus = 0
    refresh.course = Course(now)
    record_of(group).backoff.reset()


def _seats(group: Group, refresh: Refresh, now: datetime) -> list[Seat]:
    warmup = timedelta(seconds=refresh.preferences.warmup)
    wanted = launch_of(group).source() if refresh.preferences.skip_matching else None
    found = []
    for member in members(group):
        standby = member.lifecycle_state in ("Standby", "EnteringStandby")
        if not standby and member.lifecycle_state not in COUNTED:
            continue
        if refresh.rollback is not None:
            old = member.refresh_id == refresh.refresh_id
        elif wanted is not None:
            # Looked up anew each time: "if either $Default or $Latest is specified for the launch template, Amazon EC2
            # Auto Scaling re-evaluates the launch template version as each instance is replaced" ("Skip matching").
            old = member.source != wanted
        else:
            old = member.instance_id in refresh.originals
        healthy = _healthy(group, member)
        warm = member.in_service_at is not None and (
            member.in_service_at <= refresh.course.started_at or now >= member.in_service_at + warmup
        )
        found.append(
            Seat(
                member.instance_id,
                old=old,
                in_service=member.lifecycle_state == "InService",
                available=healthy and warm,
                warming=healthy and not warm,
                standby=standby,
                protected=member.protected_from_scale_in,
            )
        )
    return found


def _healthy(group: Group, member: Member) -> bool:
    if member.lifecycle_state != "InService" or member.health_status != "Healthy":
        return False
    return not checked_by_load_balancers(group) or not targets.states(group, member) & {"initial", "unhealthy"}


def _replace(group: Group, refresh: Refresh, now: datetime) -> None:
    course, preferences = refresh.course, refresh.preferences
    desired = group.desired_capacity or 0
    seats = _seats(group, refresh, now)
    course.see(decide(seats, desired, preferences, 0).remaining)
    if course.paused(now):
        return
    reached = course.reach_checkpoint(now)
    if course.complete():
        _complete(group, refresh, now)
        return
    if course.paused(now):
        refresh.surplus = 0
        refresh.reason = (
            f"Waiting after the checkpoint at {reached} percent until {course.paused_until:%Y-%m-%dT%H:%M:%SZ}."
        )
        return
    decision = decide(seats, desired, preferences, course.allowance(len(replaceable(seats, preferences))))
    if decision.waits_for is not None:
        refresh.reason = WAITING[decision.waits_for].format(example=decision.example or "an instance")
    else:
        refresh.reason = None
    if course.stuck(decision.waits_for, now):
        _fail(group, refresh, now)
        return
    refresh.surplus = decision.surplus
    _take_out(group, refresh, seats, decision, now)


def _take_out(group: Group, refresh: Refresh, seats: list[Seat], decision: Decision, now: datetime) -> None:
    record = record_of(group)
    by_id = {member.instance_id: member for member in members(group)}
    old = [seat for seat in replaceable(seats, refresh.preferences) if seat.in_service]
    may = [seat for seat in old if not seat.protected or refresh.preferences.protected == "Refresh"]
    # "The termination policy for the Auto Scaling group controls which instances are replaced first" (user guide,
    # "Instance refreshes"); whether a protected one is, the preferences have decided.
    candidates = [_unprotected(candidate(by_id[seat.instance_id])) for seat in may]
    template_id = launch_of(group).template.id
    for instance_id in choose(candidates, decision.end, group.termination_policies, template_id, now):
        end(group, by_id[instance_id], at(now, taken_out("refresh")), now)
        record.replacements += 1
    for instance_id in decision.end_standby:
        end(group, by_id[instance_id], at(now, taken_out("refresh")), now)


def _unprotected(found: Candidate) -> Candidate:
    return Candidate(
        found.instance_id, found.zone, found.launched_at, found.template_id, found.template_version, protected=False
    )


def _complete(group: Group, refresh: Refresh, now: datetime) -> None:
    refresh.surplus = 0
    refresh.reason = None
    if refresh.rollback is not None:
        refresh.status = "RollbackSuccessful"
        refresh.end_time = now
    elif refresh.preferences.bake:
        refresh.status = "Baking"
        refresh.bakes_until = now + timedelta(seconds=refresh.preferences.bake)
    else:
        _succeed(group, refresh, now)


def _succeed(group: Group, refresh: Refresh, now: datetime) -> None:
    refresh.status = "Successful"
    refresh.end_time = now
    if refresh.desired is not None:
        use(group, refresh.desired)


def use(group: Group, launch: Launch) -> None:
    """Let a group launch from another template, or another of its versions."""
    group.ec2_launch_template = launch.template
    group.launch_template_version = launch.version
    group.provided_launch_template_version = launch.given_version


def _fail(group: Group, refresh: Refresh, now: datetime) -> None:
    if refresh.rollback is None and refresh.preferences.auto_rollback:
        roll_back(group, refresh, f"Auto rollback: {refresh.reason}", now)
        return
    refresh.status = "Failed" if refresh.rollback is None else "RollbackFailed"
    refresh.end_time = now
    refresh.surplus = 0


def _cancel(group: Group, refresh: Refresh, now: datetime) -> None:
    refresh.surplus = 0
    if not refresh.waits_for_transitions or all(settled(member) for member in members(group)):
        refresh.status = "Cancelled"
        refresh.end_time = now
