# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: instance refreshes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.autoscaling import responses
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from ..autoscaling.errors import GroupError, invalid, not_emulated
from ..autoscaling.launching import specified
from ..autoscaling.preferences import PreferenceError, Preferences, parse
from ..autoscaling.records import Launch, Refresh, members, record_of
from ..autoscaling.refreshes import roll_back
from ..autoscaling.refreshing import Course
from ._registry import add, patch
from .autoscaling import changeable, group_of

if TYPE_CHECKING:
    from ..autoscaling.records import Group
    from ..settings import Settings

    Response = responses.AutoScalingResponse

MOVING_VERSIONS = ("$Latest", "$Default")
REFRESHES_AT_ONCE = 100


def _preferences(group: Group, given: dict[str, Any], desired: Launch | None) -> Preferences:
    warmup = record_of(group).default_instance_warmup
    try:
        preferences = parse(given, int(group.health_check_grace_period or 0) if warmup is None else warmup)
    except PreferenceError as error:
        raise invalid(str(error)) from error
    if given.get("AlarmSpecification"):
        raise not_emulated("instance refreshes that heed alarms")
    if preferences.auto_rollback:
        if desired is None:
            raise invalid(
                "The request isn't valid. The AutoRollback parameter cannot be set to true when the "
                "DesiredConfiguration parameter is empty. Set AutoRollback to false or specify a desired configuration "
                "and try again."
            )
        if group.launch_template_version in MOVING_VERSIONS:
            raise invalid(
                "The AutoRollback parameter cannot be set to true while the Auto Scaling group uses the "
                f"{group.launch_template_version} version of its launch template."
            )
    return preferences


@patch
def refresh(_settings: Settings) -> None:
    """Start, describe, cancel and roll back instance refreshes.

    AWS: one at a time; what it does is in ``api/autoscaling/refreshing.py``; without an active one
    CancelInstanceRefresh and RollbackInstanceRefresh are ActiveInstanceRefreshNotFound; a rollback needs a desired
    configuration and a group with a fixed version of its launch template, else it is IrreversibleInstanceRefresh (API
    reference). Moto: has none of it.
    """

    def start_instance_refresh(self: Response) -> ActionResult:
        group = changeable(self)
        record = record_of(group)
        if self._get_param("Strategy", "Rolling") != "Rolling":
            raise not_emulated("instance refreshes with another strategy than Rolling")
        if record.active_refresh is not None:
            raise GroupError(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
            )
        configuration = self._get_param("DesiredConfiguration", {})
        if configuration.get("MixedInstancesPolicy"):
            raise not_emulated("instance refreshes to a mixed instances policy")
        template = configuration.get("LaunchTemplate")
        desired = specified(group.ec2_backend, template) if template else None
        now = utcnow()
        preferences = _preferences(group, self._get_param("Preferences", {}), desired)
        started = Refresh(
            group.name,
            preferences,
            now,
            frozenset(member.instance_id for member in members(group)),
            desired,
            Course(now, preferences.checkpoints, preferences.checkpoint_delay),
        )
        record.refreshes.insert(0, started)
        return ActionResult({"InstanceRefreshId": started.refresh_id})

    def describe_instance_refreshes(self: Response) -> ActionResult:
        group = group_of(self)
        wanted = self._get_param("InstanceRefreshIds", [])
        answers = [
            found.as_answer() for found in record_of(group).refreshes if not wanted or found.refresh_id in wanted
        ]
        start = int(self._get_param("NextToken") or 0)
        count = self._get_int_param("MaxRecords", REFRESHES_AT_ONCE)
        token = str(start + count) if start + count < len(answers) else None
        return ActionResult({"InstanceRefreshes": answers[start : start + count], "NextToken": token})

    def cancel_instance_refresh(self: Response) -> ActionResult:
        active = _active(group_of(self))
        active.status = "Cancelling"
        active.reason = "Cancelled due to user request."
        active.waits_for_transitions = self._get_bool_param("WaitForTransitioningInstances", True)
        return ActionResult({"InstanceRefreshId": active.refresh_id})

    def rollback_instance_refresh(self: Response) -> ActionResult:
        group = group_of(self)
        active = _active(group)
        if active.desired is None or group.launch_template_version in MOVING_VERSIONS:
            raise GroupError(
                "IrreversibleInstanceRefresh",
                "The instance refresh cannot be rolled back: it has no desired configuration, or the Auto Scaling "
                "group uses the $Latest or $Default version of its launch template.",
            )
        if active.rollback is None:
            roll_back(group, active, "Rollback requested by the user.", utcnow())
        return ActionResult({"InstanceRefreshId": active.refresh_id})

    add(responses.AutoScalingResponse, "start_instance_refresh", start_instance_refresh)
    add(responses.AutoScalingResponse, "describe_instance_refreshes", describe_instance_refreshes)
    add(responses.AutoScalingResponse, "cancel_instance_refresh", cancel_instance_refresh)
    add(responses.AutoScalingResponse, "rollback_instance_refresh", rollback_instance_refresh)


def _active(group: Group) -> Refresh:
    active = record_of(group).active_refresh
    if active is None or active.status == "Cancelling":
        raise GroupError(
            "ActiveInstanceRefreshNotFound",
            f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}",
        )
    return active
