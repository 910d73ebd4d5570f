# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS does with a group all the time: one look, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from . import health, refreshes
from .activities import DIFFERENCE, REPLACEMENT, at
from .launching import LaunchError, launch_one
from .records import activity_of, bury, counted, launch_of, members, record_of, suspended
from .termination import choose
from .transitions import end, step

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group

PROTECTED = "Could not scale to desired capacity because all remaining instances are protected from scale-in."


def look_after(group: Group, now: datetime) -> None:
    """Take everything about a group a step further."""
    for member in members(group):
        step(group, member, now)
    if record_of(group).deleting:
        _delete(group)
        return
    health.check(group, now)
    health.replace(group, now)
    refreshes.advance(group, now)
    _keep_number(group, now)


def _delete(group: Group) -> None:
    if not members(group):
        bury(group)
        group.autoscaling_backend.autoscaling_groups.pop(group.name, None)


def _keep_number(group: Group, now: datetime) -> None:
    record = record_of(group)
    refresh = record.active_refresh
    wanted = (group.desired_capacity or 0) + (refresh.surplus if refresh else 0)
    present = len(counted(group))
    if present <= wanted:
        record.told_of_protection = False
    if present < wanted:
        if not suspended(group, "Launch"):
            _launch(group, wanted, now)
    elif present > wanted:
        if not suspended(group, "Terminate"):
            _shrink(group, wanted, now)
    else:
        record.request = ""
        record.replacements = 0


def _launch(group: Group, wanted: int, now: datetime) -> None:
    record = record_of(group)
    before = len(counted(group))
    for _ in range(wanted - before):
        if not record.backoff.over(now):
            return
        replacing = record.replacements > 0
        difference = f"an instance was started {DIFFERENCE}, increasing the capacity from {before} to {wanted}."
        cause = at(now, REPLACEMENT) if replacing else record.request + at(now, difference)
        try:
            member = launch_one(group)
        except LaunchError as error:
            activity = activity_of(group, "Launching a new EC2 instance", cause, now, **error.details)
            record.begin(activity).finish(now, "Failed", str(error))
            record.backoff.failed(now)
            return
        activity = activity_of(
            group, f"Launching a new EC2 instance: {member.instance_id}", cause, now, **member.details
        )
        activity.proceed("PreInService", 30)
        member.activity = record.begin(activity)
        record.replacements -= replacing


def _shrink(group: Group, wanted: int, now: datetime) -> None:
    """End what is too much: instances that do not serve yet, the newest first, then as the policies say.

    AWS does not say which of them goes first; ending one that serves for one that does not would help nobody.
    """
    record = record_of(group)
    present = len(counted(group))
    superfluous = present - wanted
    serving = [member for member in counted(group) if member.lifecycle_state == "InService"]
    coming = [member for member in counted(group) if member.lifecycle_state != "InService"]
    chosen = [member.instance_id for member in coming[::-1][:superfluous]]
    chosen += choose(
        [refreshes.candidate(member) for member in serving],
        superfluous - len(chosen),
        group.termination_policies,
        launch_of(group).template.id,
        now,
    )
    by_id = {member.instance_id: member for member in counted(group)}
    for instance_id in chosen:
        shrinking = (
            f"an instance was taken out of service {DIFFERENCE}, shrinking the capacity from {present} to {wanted}."
        )
        selected = f"instance {instance_id} was selected for termination."
        cause = f"{record.request}{at(now, shrinking)}  {at(now, selected)}"
        end(group, by_id[instance_id], cause, now)
    if not chosen and not record.told_of_protection:
        record.begin(activity_of(group, PROTECTED, record.request.strip(), now)).finish(now, "Cancelled")
        record.told_of_protection = True
