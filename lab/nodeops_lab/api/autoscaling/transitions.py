# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lifecycle of a group's instances, a step at a time (user guide, "Amazon EC2 Auto Scaling instance lifecycle")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from moto.autoscaling.models import ASG_NAME_TAG

from . import notices, targets
from .activities import at, taken_out
from .hooks import LAUNCHING, TERMINATING, Action, abandoned, finished
from .members import LEAVING, Member
from .records import activity_of, members, record_of, suspended

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group

DIED_EARLY = (
    "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: {reason}"
)


def end(group: Group, member: Member, cause: str, now: datetime, *, hooked: bool = True) -> None:
    """Begin to terminate an instance: it leaves the load balancers first (user guide, "Scale in")."""
    record = record_of(group)
    if member.activity is not None and member.busy:
        member.activity.finish(now, "Cancelled")
    targets.deregister(group, [member])
    member.lifecycle_state = "Terminating"
    member.actions = []
    member.hooked = hooked
    member.activity = record.begin(
        activity_of(group, f"Terminating EC2 instance: {member.instance_id}", cause, now, **member.details)
    )


def end_without_hooks(group: Group, member: Member, cause: str, now: datetime) -> None:
    """Terminate an instance at once, whatever it waits for."""
    if not member.lifecycle_state.startswith("Terminating"):
        end(group, member, cause, now, hooked=False)
    else:
        member.hooked = False
        member.actions = []
        if member.lifecycle_state == "Terminating:Wait":
            member.lifecycle_state = "Terminating:Proceed"


def leave(group: Group, member: Member, state: str) -> None:
    """Begin to move an instance to standby, or out of the group, with what its activity says."""
    targets.deregister(group, [member])
    member.lifecycle_state = state
    member.hooked = False


def step(group: Group, member: Member, now: datetime) -> None:
    """Take an instance to its next state, if it is time."""
    following = _STEPS.get(member.lifecycle_state)
    if following is not None:
        following(group, member, now)


def _start_hooks(group: Group, member: Member, transition: str, state: str, now: datetime) -> bool:
    """Let the hooks of a transition begin; return whether there are any."""
    hooks = [hook for hook in record_of(group).hooks.values() if hook.transition == transition]
    if not member.hooked or not hooks:
        return False
    member.lifecycle_state = state
    member.actions = [Action(hook, now) for hook in hooks]
    if member.activity is not None:
        member.activity.proceed("MidLifecycleAction", 60)
    for action in member.actions:
        notices.tell(group, member, action, now)
    return True


def _fail_launch(group: Group, member: Member, message: str, now: datetime) -> None:
    record = record_of(group)
    if member.activity is not None and member.busy:
        member.activity.finish(now, "Cancelled", message)
    record.backoff.failed(now)
    end(group, member, at(now, taken_out("launch")), now)


def _pending(group: Group, member: Member, now: datetime) -> None:
    if not member.alive and not member.hooked:
        # It was launched long ago: one that comes back from standby or was attached, "determined unhealthy" (user
        # guide, "Health status of an instance in a standby state").
        record_of(group).replacements += 1
        end(group, member, at(now, taken_out("ec2")), now)
    elif not member.alive:
        reason = member.instance.state_reason.message if member.instance.state_reason else member.instance.state
        _fail_launch(group, member, DIED_EARLY.format(reason=reason), now)
    elif member.instance.state == "running" and not _start_hooks(group, member, LAUNCHING, "Pending:Wait", now):
        _enter_service(group, member, now)


def _pending_wait(group: Group, member: Member, now: datetime) -> None:
    if not member.alive:
        _pending(group, member, now)
        return
    for action in member.actions:
        action.expire(now)
    given_up = abandoned(member.actions)
    if given_up is not None:
        _fail_launch(group, member, given_up.message, now)
    elif finished(member.actions):
        member.lifecycle_state = "Pending:Proceed"


def _enter_service(group: Group, member: Member, now: datetime) -> None:
    if not member.alive:
        _pending(group, member, now)
        return
    if not suspended(group, "AddToLoadBalancer"):
        targets.register(group, [member])
    member.lifecycle_state = "InService"
    member.in_service_at = now
    member.actions = []
    record = record_of(group)
    record.backoff.reset()
    record.last_scaling_at = now
    if member.activity is not None and member.busy:
        member.activity.finish(now)


def _terminating(group: Group, member: Member, now: datetime) -> None:
    if targets.draining(group, member):
        if member.activity is not None:
            member.activity.proceed("WaitingForELBConnectionDraining", 50)
    elif not _start_hooks(group, member, TERMINATING, "Terminating:Wait", now):
        _terminate(group, member, now)


def _terminating_wait(_group: Group, member: Member, now: datetime) -> None:
    for action in member.actions:
        action.expire(now)
    if finished(member.actions):
        member.lifecycle_state = "Terminating:Proceed"


def _terminate(group: Group, member: Member, now: datetime) -> None:
    member.lifecycle_state = "Terminating:Proceed"
    if member.instance.state not in ("shutting-down", "terminated"):
        # Termination protection does not keep Auto Scaling from it (user guide, "Use instance scale-in protection").
        member.instance.disable_api_termination = False
        group.ec2_backend.terminate_instances([member.instance_id])
    if member.instance.state == "terminated":
        _remove(group, member)
        record_of(group).last_scaling_at = now
        if member.activity is not None and member.busy:
            member.activity.finish(now)


def _detaching(group: Group, member: Member, now: datetime) -> None:
    if not targets.draining(group, member):
        _remove(group, member)
        group.ec2_backend.delete_tags([member.instance_id], {ASG_NAME_TAG: group.name})
        if member.activity is not None and member.busy:
            member.activity.finish(now)


def _entering_standby(group: Group, member: Member, now: datetime) -> None:
    if not targets.draining(group, member):
        member.lifecycle_state = "Standby"
        if member.activity is not None and member.busy:
            member.activity.finish(now)


def _remove(group: Group, member: Member) -> None:
    group.instance_states = [other for other in members(group) if other is not member]  # type: ignore[misc]


_STEPS: dict[str, Callable[[Group, Member, datetime], None]] = {
    "Pending": _pending,
    "Pending:Wait": _pending_wait,
    "Pending:Proceed": _enter_service,
    "EnteringStandby": _entering_standby,
    "Detaching": _detaching,
    "Terminating": _terminating,
    "Terminating:Wait": _terminating_wait,
    "Terminating:Proceed": _terminate,
}


def settled(member: Member) -> bool:
    """Return whether an instance is neither on its way in nor on its way out."""
    return member.lifecycle_state in ("InService", "Standby") and member.lifecycle_state not in LEAVING
