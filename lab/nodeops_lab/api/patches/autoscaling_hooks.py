# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: lifecycle hooks and actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.autoscaling import responses
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from ..autoscaling import notices
from ..autoscaling.errors import invalid, not_emulated
from ..autoscaling.hooks import LAUNCHING, RESULTS, TRANSITIONS, Action, Hook
from ..autoscaling.records import members, record_of
from ._registry import add, patch, replace
from .autoscaling import changeable, group_of

if TYPE_CHECKING:
    from ..autoscaling.records import Group
    from ..settings import Settings

    Response = responses.AutoScalingResponse

TIMEOUTS = (30, 7200)
"""Least and most seconds of a heartbeat."""
HOOKS_AT_MOST = 50
"""Per group (user guide, "Quotas")."""


def _put(group: Group, name: str, given: Mapping[str, Any]) -> None:
    """Add a hook to a group, or change one.

    Raises:
        GroupError: AWS refuses it.
    """
    record = record_of(group)
    old = record.hooks.get(name)
    transition = given.get("LifecycleTransition") or (old.transition if old else None)
    if transition is None:
        raise invalid(f"Lifecycle transition of the new lifecycle hook {name} is required")
    if transition not in TRANSITIONS:
        raise invalid(f"Invalid lifecycle transition: {transition}")
    timeout = int(given.get("HeartbeatTimeout") or (old.heartbeat_timeout if old else 3600))
    if not TIMEOUTS[0] <= timeout <= TIMEOUTS[1]:
        raise invalid(f"HeartbeatTimeout must be between {TIMEOUTS[0]} and {TIMEOUTS[1]} seconds")
    result = given.get("DefaultResult") or (old.default_result if old else "ABANDON")
    if result not in RESULTS:
        raise invalid(f"Invalid default result: {result}")
    if old is None and len(record.hooks) >= HOOKS_AT_MOST:
        raise invalid(f"An Auto Scaling group can have {HOOKS_AT_MOST} lifecycle hooks at most")
    hook = Hook(
        name,
        group.name,
        transition,
        timeout,
        result,
        # An empty target removes the present one (API reference, PutLifecycleHook).
        given.get("NotificationTargetARN", old.target_arn if old else None) or None,
        given.get("RoleARN", old.role_arn if old else None) or None,
        given.get("NotificationMetadata", old.metadata if old else None) or None,
    )
    if hook.target_arn is not None and hook.target_arn != (old.target_arn if old else None):
        if ":lambda:" in hook.target_arn:
            raise not_emulated("lifecycle hooks that notify Lambda functions")
        if hook.role_arn is None:
            raise invalid("RoleARN is required for a notification target that is an SNS topic or an SQS queue")
        notices.test(group, hook, utcnow())
    record.hooks[name] = hook


@patch
def hooks(_settings: Settings) -> None:
    """Keep lifecycle hooks as they were put.

    AWS: an unknown group is a ValidationError; a new hook needs its transition; a notification target needs a role and
    gets a test message at once; what an update leaves out stays; a deleted hook's outstanding actions are completed,
    with ABANDON for launching and CONTINUE for terminating instances (API reference, PutLifecycleHook,
    DeleteLifecycleHook). Moto: takes anything for any group, and describes a target and a role of its own invention.
    """

    def put_lifecycle_hook(self: Response) -> ActionResult:
        _put(changeable(self), str(self._get_param("LifecycleHookName")), self._get_params())
        return EmptyResult()

    def describe_lifecycle_hooks(self: Response) -> ActionResult:
        wanted = self._get_param("LifecycleHookNames", [])
        found = [hook for name, hook in record_of(group_of(self)).hooks.items() if not wanted or name in wanted]
        return ActionResult({"LifecycleHooks": [hook.as_answer() for hook in found]})

    def delete_lifecycle_hook(self: Response) -> ActionResult:
        group = group_of(self)
        hook = _hook(self, group)
        del record_of(group).hooks[hook.name]
        for action in _actions(group, hook.name):
            action.complete("ABANDON" if hook.transition == LAUNCHING else "CONTINUE", "Lifecycle Hook Deleted")
        return EmptyResult()

    replace(responses.AutoScalingResponse, "put_lifecycle_hook", put_lifecycle_hook)
    replace(responses.AutoScalingResponse, "describe_lifecycle_hooks", describe_lifecycle_hooks)
    replace(responses.AutoScalingResponse, "delete_lifecycle_hook", delete_lifecycle_hook)


@patch
def hooks_of_new_group(_settings: Settings) -> None:
    """Let lifecycle hooks come with a new group, so that its first instances meet them.

    AWS: LifecycleHookSpecificationList (API reference, CreateAutoScalingGroup). Moto: ignores it.
    """
    original = responses.AutoScalingResponse.create_auto_scaling_group

    def create_auto_scaling_group(self: Response) -> ActionResult:
        answer = original(self)
        group = group_of(self)
        try:
            for given in self._get_param("LifecycleHookSpecificationList", []):
                _put(group, given["LifecycleHookName"], given)
        except Exception:
            # Nothing was launched yet: that is the keeper's, and it waits for the request to end.
            del self.autoscaling_backend.autoscaling_groups[group.name]
            raise
        return answer

    replace(responses.AutoScalingResponse, "create_auto_scaling_group", create_auto_scaling_group)


@patch
def actions(_settings: Settings) -> None:
    """Complete lifecycle actions, and give them more time.

    AWS: an action is named by its token or its instance; without one in progress it is a ValidationError; a heartbeat
    starts the time anew, up to the global timeout (API reference, CompleteLifecycleAction,
    RecordLifecycleActionHeartbeat, DescribeLifecycleHookTypes). Moto: has none of it.
    """

    def complete_lifecycle_action(self: Response) -> ActionResult:
        result = str(self._get_param("LifecycleActionResult"))
        if result not in RESULTS:
            raise invalid(f"Invalid lifecycle action result: {result}. Valid results are: CONTINUE, ABANDON")
        _active(self).complete(result, f"Lifecycle Action Completed with {result} Result")
        return EmptyResult()

    def record_lifecycle_action_heartbeat(self: Response) -> ActionResult:
        _active(self).heartbeat(utcnow())
        return EmptyResult()

    def describe_lifecycle_hook_types(_self: Response) -> ActionResult:
        return ActionResult({"LifecycleHookTypes": list(TRANSITIONS)})

    add(responses.AutoScalingResponse, "complete_lifecycle_action", complete_lifecycle_action)
    add(responses.AutoScalingResponse, "record_lifecycle_action_heartbeat", record_lifecycle_action_heartbeat)
    add(responses.AutoScalingResponse, "describe_lifecycle_hook_types", describe_lifecycle_hook_types)


def _hook(response: Response, group: Group) -> Hook:
    name = str(response._get_param("LifecycleHookName"))
    hook = record_of(group).hooks.get(name)
    if hook is None:
        raise invalid(f"No Lifecycle Hook found with name: {name} for AutoScalingGroup: {group.name}")
    return hook


def _actions(group: Group, hook_name: str, instance_id: str | None = None) -> list[Action]:
    """Return the actions of a hook that have no result yet."""
    return [
        action
        for member in members(group)
        for action in member.actions
        if action.hook.name == hook_name
        and action.result is None
        and (instance_id is None or member.instance_id == instance_id)
    ]


def _active(response: Response) -> Action:
    """Return the action that a request names."""
    group = group_of(response)
    hook = _hook(response, group)
    token = response._get_param("LifecycleActionToken")
    instance_id = response._get_param("InstanceId")
    if token:
        found = [action for action in _actions(group, hook.name) if action.token == token]
        named = f"token {token}"
    elif instance_id:
        found = _actions(group, hook.name, instance_id)
        named = f"instance ID {instance_id}"
    else:
        raise invalid("Either a LifecycleActionToken or an InstanceId is required")
    if not found:
        raise invalid(f"No active Lifecycle Action found with {named}")
    return found[0]
