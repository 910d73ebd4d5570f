# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: the instances of groups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling import models, responses
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError

from ..autoscaling import targets
from ..autoscaling.activities import at
from ..autoscaling.errors import in_progress, invalid, no_instance, sizes_in_the_way
from ..autoscaling.health import in_grace
from ..autoscaling.members import Member
from ..autoscaling.records import activity_of, members, record_of, suspended
from ..autoscaling.transitions import end, leave
from ._registry import patch, replace
from .autoscaling import changeable, check_target_groups, group_of

if TYPE_CHECKING:
    from ..settings import Settings

    Group = models.FakeAutoScalingGroup
    Response = responses.AutoScalingResponse

AT_ONCE = 20
"""How many instances a request may attach or detach."""


def managed(response: Response, instance_id: str) -> tuple[Group, Member]:
    """Return an instance and its group.

    Raises:
        GroupError: it belongs to none.
    """
    for group in response.autoscaling_backend.autoscaling_groups.values():
        for member in members(group):
            if member.instance_id == instance_id:
                return group, member
    raise no_instance(instance_id)


def _named(response: Response, group: Group, states: tuple[str, ...]) -> list[Member]:
    """Return the instances that a request names, all of them of the group and in one of some states."""
    found = []
    by_id = {member.instance_id: member for member in members(group)}
    for instance_id in response._get_param("InstanceIds", []):
        if instance_id not in by_id:
            raise invalid(f"The instance {instance_id} is not part of Auto Scaling group {group.name}.")
        if by_id[instance_id].lifecycle_state not in states:
            raise invalid(f"The instance {instance_id} is not in {' or '.join(states)}.")
        found.append(by_id[instance_id])
    return found


def _resize(group: Group, change: int, aim: str) -> str:
    """Change the desired capacity with some instances; return how an activity tells it.

    Raises:
        GroupError: the group's limits do not allow it.
    """
    before = group.desired_capacity or 0
    after = before + change
    if not (group.min_size or 0) <= after <= (group.max_size or 0):
        raise sizes_in_the_way(group.name, group.min_size or 0, group.max_size or 0, before, aim, abs(change))
    group.desired_capacity = after
    direction = "shrinking" if change < 0 else "increasing"
    return f", {direction} the capacity from {before} to {after}"


def _told(group: Group, member: Member, description: str, cause: str, now: datetime) -> dict[str, Any]:
    """Begin an activity about an instance; return it as the request's answer."""
    activity = activity_of(group, f"{description}: {member.instance_id}", at(now, cause), now, **member.details)
    member.activity = record_of(group).begin(activity)
    return activity.as_answer()


@patch
def description(_settings: Settings) -> None:
    """Describe the instances of all groups.

    AWS: HealthStatus is HEALTHY or UNHEALTHY here, while DescribeAutoScalingGroups says Healthy and Unhealthy (API
    reference, AutoScalingInstanceDetails); amazon.aws's waiters look for it. Moto: Healthy in both.
    """

    def describe_auto_scaling_instances(self: Response) -> ActionResult:
        wanted = self._get_param("InstanceIds", [])
        found = [
            {
                "InstanceId": member.instance_id,
                "InstanceType": member.instance_type,
                "AutoScalingGroupName": group.name,
                "AvailabilityZone": member.availability_zone,
                "LifecycleState": member.lifecycle_state,
                "HealthStatus": member.health_status.upper(),
                "LaunchTemplate": member.launch_template,
                "ProtectedFromScaleIn": member.protected_from_scale_in,
            }
            for group in self.autoscaling_backend.autoscaling_groups.values()
            for member in members(group)
            if not wanted or member.instance_id in wanted
        ]
        return ActionResult({"AutoScalingInstances": found})

    replace(responses.AutoScalingResponse, "describe_auto_scaling_instances", describe_auto_scaling_instances)


@patch
def termination_elsewhere(_settings: Settings) -> None:
    """Learn of an instance that was terminated through EC2 by the health check.

    AWS: "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or
    stopped", after which it is replaced, registered with the target groups (user guide, "Troubleshoot: Health checks").
    Moto: replaces it while TerminateInstances lasts, outside the target groups, and forgets it.
    """

    def notify_terminate_instances(self: models.AutoScalingBackend, instance_ids: list[str]) -> None:
        """Do nothing: the next look at the group finds it."""

    replace(models.AutoScalingBackend, "notify_terminate_instances", notify_terminate_instances)


@patch
def set_health(_settings: Settings) -> None:
    """Set an instance's health, minding the grace period unless told otherwise.

    AWS: "by default, this call respects the grace period" of the group; an instance of no group is a
    ValidationError (API reference, SetInstanceHealth). Moto: ignores ShouldRespectGracePeriod and fails with a
    StopIteration for an unknown instance. The unhealthy instance is replaced by the lab's GroupKeeper.
    """

    def set_instance_health(self: Response) -> ActionResult:
        group, member = managed(self, str(self._get_param("InstanceId")))
        status = str(self._get_param("HealthStatus"))
        if status not in ("Healthy", "Unhealthy"):
            raise invalid("Valid instance health states are: [Healthy, Unhealthy].")
        if member.lifecycle_state.startswith(("Terminating", "Detaching")):
            raise invalid(f"The instance {member.instance_id} is not in InService or Standby.")
        if status == "Healthy":
            member.health_status, member.unhealthy_for = "Healthy", ""
        elif not (self._get_bool_param("ShouldRespectGracePeriod", True) and in_grace(group, member, utcnow())):
            member.health_status, member.unhealthy_for = "Unhealthy", "user"
        return EmptyResult()

    replace(responses.AutoScalingResponse, "set_instance_health", set_instance_health)


@patch
def termination(_settings: Settings) -> None:
    """Terminate an instance of a group, with or without another in its place.

    AWS: the instance passes the lifecycle's Terminating states, hooks included; the desired capacity shrinks only if
    asked, and not below the minimum; an instance that an activity is about is ScalingActivityInProgress (API reference,
    TerminateInstanceInAutoScalingGroup). Moto: detaches and terminates it at once.
    """

    def terminate_instance_in_auto_scaling_group(self: Response) -> ActionResult:
        group, member = managed(self, str(self._get_param("InstanceId")))
        record = record_of(group)
        if member.activity is not None and member.busy:
            raise in_progress(member.activity.activity_id)
        cause = f"instance {member.instance_id} was taken out of service in response to a user request"
        if self._get_bool_param("ShouldDecrementDesiredCapacity", False):
            before = group.desired_capacity or 0
            if before <= (group.min_size or 0):
                raise invalid(
                    f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without "
                    "replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity "
                    "flag to false or lower group's min size."
                )
            group.desired_capacity = before - 1
            cause += f", shrinking the capacity from {before} to {before - 1}"
        elif member.counted:
            record.replacements += 1
        now = utcnow()
        end(group, member, at(now, f"{cause}."), now)
        assert member.activity is not None
        return ActionResult({"Activity": member.activity.as_answer()})

    replace(
        responses.AutoScalingResponse,
        "terminate_instance_in_auto_scaling_group",
        terminate_instance_in_auto_scaling_group,
    )


@patch
def standby(_settings: Settings) -> None:
    """Take instances out of service for a while, and back.

    AWS: they leave the target groups, are neither checked nor counted, and come back without lifecycle hooks; the
    desired capacity goes down if asked, which the minimum limits, and up again, which the maximum limits (user guide,
    "Temporarily remove instances from your Auto Scaling group"). Moto: leaves them in the target groups, in any state,
    beyond any limit.
    """

    def enter_standby(self: Response) -> ActionResult:
        group = changeable(self)
        found = _named(self, group, ("InService",))
        decrement = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
        shrinking = _resize(group, -len(found), "place into standby") if decrement and found else ""
        now = utcnow()
        answers = []
        for member in found:
            leave(group, member, "EnteringStandby")
            cause = f"instance {member.instance_id} was moved to standby in response to a user request{shrinking}."
            answers.append(_told(group, member, "Moving EC2 instance to Standby", cause, now) | {"Progress": 50})
        return ActionResult({"Activities": answers})

    def exit_standby(self: Response) -> ActionResult:
        group = changeable(self)
        found = _named(self, group, ("Standby",))
        if suspended(group, "Launch"):
            raise invalid(
                f"The Launch process of AutoScalingGroup {group.name} is suspended; instances cannot exit standby."
            )
        growing = _resize(group, len(found), "place into service") if found else ""
        now = utcnow()
        answers = []
        for member in found:
            member.lifecycle_state = "Pending"
            member.hooked = False
            cause = f"instance {member.instance_id} was moved out of standby in response to a user request{growing}."
            answer = _told(group, member, "Moving EC2 instance out of Standby", cause, now)
            if member.activity is not None:
                member.activity.proceed("PreInService", 30)
            answers.append(answer | {"StatusCode": "PreInService", "Progress": 30})
        return ActionResult({"Activities": answers})

    replace(responses.AutoScalingResponse, "enter_standby", enter_standby)
    replace(responses.AutoScalingResponse, "exit_standby", exit_standby)


@patch
def detachment(_settings: Settings) -> None:
    """Let instances go without terminating them.

    AWS: they leave the target groups and lose the group's tag; others are launched unless the desired capacity shrinks,
    which the minimum limits; no lifecycle hooks (user guide, "Detach instances"). Moto: leaves them in the target
    groups, below any minimum.
    """

    def detach_instances(self: Response) -> ActionResult:
        group = changeable(self)
        found = _named(self, group, ("InService", "Standby"))
        if len(found) > AT_ONCE:
            raise invalid(
                "List exceeds the maximum number of instances to detach. "
                "Please retry your request with fewer instances."
            )
        decrement = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
        shrinking = _resize(group, -len(found), "detach") if decrement and found else ""
        now = utcnow()
        answers = []
        for member in found:
            leave(group, member, "Detaching")
            cause = f"instance {member.instance_id} was detached in response to a user request{shrinking}."
            answers.append(_told(group, member, "Detaching EC2 instance", cause, now) | {"Progress": 50})
        return ActionResult({"Activities": answers})

    replace(responses.AutoScalingResponse, "detach_instances", detach_instances)


@patch
def attachment(_settings: Settings) -> None:
    """Take in instances that run already.

    AWS: one must run, in a zone of the group, from an image that exists, and belong to no other group; the desired
    capacity grows with it, up to the maximum; no lifecycle hooks (user guide, "Attach instances"). Moto: takes any
    instance, and sets the desired capacity to the number of instances.
    """

    def attach_instances(self: Response) -> ActionResult:
        group = changeable(self)
        instance_ids = self._get_param("InstanceIds", [])
        if suspended(group, "Launch"):
            raise invalid(
                f"The Launch process of AutoScalingGroup {group.name} is suspended; instances cannot be attached."
            )
        instances = [_attachable(self, group, instance_id) for instance_id in instance_ids]
        growing = _resize(group, len(instances), "attach") if instances else ""
        now = utcnow()
        for instance in instances:
            member = Member(
                instance,
                group.name,
                None,
                protected_from_scale_in=bool(group.new_instances_protected_from_scale_in),
                hooked=False,
            )
            group.instance_states.append(member)  # type: ignore[arg-type]
            group.ec2_backend.create_tags([instance.id], {models.ASG_NAME_TAG: group.name})
            cause = f"an instance was attached in response to a user request{growing}."
            _told(group, member, "Attaching an existing EC2 instance", cause, now)
        return EmptyResult()

    replace(responses.AutoScalingResponse, "attach_instances", attach_instances)


def _attachable(response: Response, group: Group, instance_id: str) -> Any:
    backend = response.autoscaling_backend
    try:
        instance = backend.ec2_backend.get_instance(instance_id)
    except EC2ClientError as error:
        raise invalid(f"Invalid Instance ID: {instance_id} specified") from error
    for other in backend.autoscaling_groups.values():
        if any(member.instance_id == instance_id for member in members(other)):
            raise invalid(f"Instance {instance_id} is already part of AutoScalingGroup:{other.name}")
    if instance.state != "running":
        raise invalid(f"Instance {instance_id} is not in running state")
    if instance.placement.zone not in group.availability_zones:
        raise invalid(
            f"The availability zone of instance {instance_id}, {instance.placement.zone}, is none of the Auto Scaling "
            f"group's: {', '.join(group.availability_zones)}"
        )
    if instance.image_id not in backend.ec2_backend.amis:
        raise invalid(f"The image of instance {instance_id}, {instance.image_id}, does not exist")
    return instance


@patch
def protection(_settings: Settings) -> None:
    """Protect instances of the group from scale in.

    AWS: those in service, entering standby or on standby; another is a ValidationError (API reference,
    SetInstanceProtection). Moto: leaves out what it does not find.
    """

    def set_instance_protection(self: Response) -> ActionResult:
        group = group_of(self)
        protected = self._get_bool_param("ProtectedFromScaleIn", False)
        for member in _named(self, group, ("InService", "EnteringStandby", "Standby")):
            member.protected_from_scale_in = protected
        return EmptyResult()

    replace(responses.AutoScalingResponse, "set_instance_protection", set_instance_protection)


@patch
def target_registration(_settings: Settings) -> None:
    """Register instances with the target groups as they enter service, and deregister them as they leave it.

    AWS: an instance is registered before it is marked InService and deregistered before it is terminated, put on
    standby or detached; attaching a target group registers the instances in service, detaching one deregisters them
    (user guide, "Instance lifecycle", "Use Elastic Load Balancing"). Moto: registers every instance of the group,
    whatever its state, and does not deregister those that leave.
    """

    def update_attached_target_groups(self: models.AutoScalingBackend, group_name: str) -> None:
        """Do nothing: instances are registered as they enter service."""

    def attach(self: Response) -> ActionResult:
        group = group_of(self)
        arns = self._get_param("TargetGroupARNs", [])
        check_target_groups(self.autoscaling_backend, arns)
        new = [arn for arn in arns if arn not in group.target_group_arns]
        group.append_target_groups(new)
        if not suspended(group, "AddToLoadBalancer"):
            targets.register(group, _serving(group), new)
        return EmptyResult()

    def detach(self: Response) -> ActionResult:
        group = group_of(self)
        arns = self._get_param("TargetGroupARNs", [])
        group.target_group_arns = [arn for arn in group.target_group_arns if arn not in arns]
        targets.deregister(group, _serving(group), arns)
        return EmptyResult()

    replace(models.AutoScalingBackend, "update_attached_target_groups", update_attached_target_groups)
    replace(responses.AutoScalingResponse, "attach_load_balancer_target_groups", attach)
    replace(responses.AutoScalingResponse, "detach_load_balancer_target_groups", detach)


def _serving(group: Group) -> list[Member]:
    return [member for member in members(group) if member.lifecycle_state == "InService" and member.alive]
