# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.autoscaling import models, responses
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from ..launch import emptiest
from ._registry import add, patch, replace
from .ec2_instances import launched_from

if TYPE_CHECKING:
    from ..settings import Settings

    Group = models.FakeAutoScalingGroup

ALIVE = (0, 16)
"""EC2's codes of the instance states "pending" and "running" (API reference, InstanceState)."""

_activities: WeakKeyDictionary[Group, list[dict[str, Any]]] = WeakKeyDictionary()


def record(group: Group, description: str, cause: str, subnet_id: str | None, zone: str | None) -> None:
    """Add a finished activity to a group's history."""
    now = utcnow()
    _activities.setdefault(group, []).insert(
        0,
        {
            "ActivityId": str(uuid.uuid4()),
            "AutoScalingGroupName": group.name,
            "AutoScalingGroupARN": group.arn,
            "Description": description,
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} {cause}",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "Progress": 100,
            "Details": json.dumps({"Subnet ID": subnet_id, "Availability Zone": zone}),
        },
    )


def suspended(group: Group, process: str) -> bool:
    """Return whether a process of the group is suspended."""
    return any(entry["ProcessName"] == process for entry in group.suspended_processes)


def add_instances(group: Group, count: int) -> None:
    """Launch a group's instances one by one, each into the emptiest zone, from the group's template version."""
    template = group.ec2_launch_template
    assert template is not None
    version = template.get_version(group.launch_template_version)
    subnet_ids = (group.vpc_zone_identifier or "").split(",") if group.vpc_zone_identifier else []
    subnets = {subnet.id: subnet for subnet in group.ec2_backend.describe_subnets(subnet_ids=subnet_ids or None)}
    candidates = [(subnet_id, subnets[subnet_id].availability_zone) for subnet_id in subnet_ids] or [
        (subnet.id, subnet.availability_zone)
        for subnet in subnets.values()
        if subnet.default_for_az and subnet.availability_zone in group.availability_zones
    ]
    for _ in range(count):
        subnet_id = emptiest(candidates, [state.instance.subnet_id or "" for state in group.instance_states])
        reservation = group.ec2_backend.run_instances(
            version.image_id,
            1,
            None,
            [],
            instance_type=version.instance_type,
            is_instance_type_default=False,
            launch_template={"LaunchTemplateId": template.id, "Version": str(version.number)},
            subnet_id=subnet_id,
            # AWS: the group's tags override the template's (user guide, "Tag Auto Scaling groups and instances").
            tags={"instance": {**group.get_propagated_tags(), models.ASG_NAME_TAG: group.name}},
            associate_public_ip=None,
            region_name=group.region,
        )
        for instance in reservation.instances:
            group.instance_states.append(
                models.InstanceState(
                    instance,
                    protected_from_scale_in=group.new_instances_protected_from_scale_in,
                    autoscaling_group=group,
                )
            )
            record(
                group,
                f"Launching a new EC2 instance: {instance.id}",
                "an instance was started in response to a difference between desired and actual capacity.",
                subnet_id,
                instance.availability_zone,
            )


def remove_instances(group: Group, states: list[models.InstanceState], cause: str) -> None:
    """Terminate instances of a group, and take them out of it and of its target groups."""
    ids = [state.instance.id for state in states]
    group.instance_states = [state for state in group.instance_states if state not in states]
    alive = [state.instance.id for state in states if state.instance.state != "terminated"]
    if alive:
        group.ec2_backend.terminate_instances(alive)
    group.autoscaling_backend.elbv2_backend.notify_terminate_instances(ids)
    for state in states:
        record(
            group,
            f"Terminating EC2 instance: {state.instance.id}",
            cause,
            state.instance.subnet_id,
            state.availability_zone,
        )


def superfluous(group: Group, count: int) -> list[models.InstanceState]:
    """Choose the instances to end when a group shrinks.

    AWS's default policy: from the zone with most instances the one of the oldest template version, protected ones
    never (user guide, "Default termination policy").
    """
    chosen: list[models.InstanceState] = []
    remaining = list(group.instance_states)
    for _ in range(count):
        candidates = [state for state in remaining if not state.protected_from_scale_in]
        if not candidates:
            break
        zones = [state.availability_zone for state in remaining]
        state = min(
            candidates,
            key=lambda state: (-zones.count(state.availability_zone), launched_from.get(state.instance.id, 0)),
        )
        chosen.append(state)
        remaining.remove(state)
    return chosen


def replace_unhealthy(group: Group) -> None:
    """Do once what AWS does all the time: check a group's instances, end the unhealthy ones, launch what is missing.

    AWS: an instance that no longer runs fails its EC2 health check, whatever the grace period; an unhealthy one is
    terminated and replaced; Standby instances are not checked (user guide, "Health checks for instances").
    Suspending HealthCheck, ReplaceUnhealthy, Launch or Terminate holds the respective step.
    """
    serving = group.active_instances()
    if not suspended(group, "HealthCheck"):
        for state in serving:
            if state.instance.state_code not in ALIVE:
                state.health_status = "Unhealthy"
    unhealthy = [state for state in serving if state.health_status == "Unhealthy"]
    if unhealthy and not suspended(group, "ReplaceUnhealthy") and not suspended(group, "Terminate"):
        remove_instances(group, unhealthy, "an instance was taken out of service in response to an EC2 health check.")
    # Instances in Standby or on their way out may vanish, too.
    group.instance_states = [state for state in group.instance_states if state.instance.state != "terminated"]
    if len(group.active_instances()) < (group.desired_capacity or 0):
        group.set_desired_capacity(group.desired_capacity)


@patch
def launch_and_spread(_settings: Settings) -> None:
    """Launch a group's instances from its version of the launch template, spread over its zones.

    AWS: instances go to the zone with the fewest, shrinking takes from the zone with the most (user guide,
    "Distribute instances across Availability Zones"); the template version is the group's. Moto: all in the first
    subnet, block devices and tags from the template's default version, and takes instances away in any order.
    """
    original = models.FakeAutoScalingGroup.set_desired_capacity

    def set_desired_capacity(self: Group, new_capacity: int | None) -> None:
        if self.ec2_launch_template is None or self.mixed_instances_policy:
            original(self, new_capacity)
            return
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        difference = (self.desired_capacity or 0) - len(self.active_instances())
        if difference > 0 and not suspended(self, "Launch"):
            add_instances(self, difference)
        elif difference < 0 and not suspended(self, "Terminate"):
            remove_instances(
                self,
                superfluous(self, -difference),
                "an instance was taken out of service in response to a difference between desired and actual capacity.",
            )
        if self.name in self.autoscaling_backend.autoscaling_groups:
            self.autoscaling_backend.update_attached_elbs(self.name)
            self.autoscaling_backend.update_attached_target_groups(self.name)

    replace(models.FakeAutoScalingGroup, "set_desired_capacity", set_desired_capacity)


@patch
def replacement_of_terminated(_settings: Settings) -> None:
    """Replace an instance that was terminated through EC2, also in the target groups.

    AWS: as replace_unhealthy describes. Moto: launches the replacement without registering it as a target.
    """

    def notify_terminate_instances(self: models.AutoScalingBackend, instance_ids: list[str]) -> None:
        for group in list(self.autoscaling_groups.values()):
            if any(state.instance.id in instance_ids for state in group.instance_states):
                replace_unhealthy(group)

    replace(models.AutoScalingBackend, "notify_terminate_instances", notify_terminate_instances)


@patch
def instance_template_version(_settings: Settings) -> None:
    """Describe which template version each instance came from.

    AWS: an instance's LaunchTemplate.Version is the version that it was launched with (API reference, Instance).
    Moto: the template's default version.
    """
    original = vars(models.InstanceState)["launch_template"].fget

    def launch_template(self: models.InstanceState) -> dict[str, Any] | None:
        described: dict[str, Any] | None = original(self)
        if described is None or self.instance_id not in launched_from:
            return described
        return {**described, "Version": str(launched_from[self.instance_id])}

    replace(models.InstanceState, "launch_template", property(launch_template))


@patch
def sorted_tags(_settings: Settings) -> None:
    """Return a group's tags sorted by key.

    AWS: answers in the order of the keys; amazon.aws's autoscaling_group relies on it when it compares.
    Moto: keeps the order of the request, so the module changes the group on every run.
    """
    original = vars(models.FakeAutoScalingGroup)["tags"]

    def set_tags(self: Group, tags: list[dict[str, Any]]) -> None:
        original.fset(self, sorted(tags, key=lambda tag: tag["Key"]))

    replace(models.FakeAutoScalingGroup, "tags", property(original.fget, set_tags))


@patch
def set_health(_settings: Settings) -> None:
    """Set an instance's health, minding the grace period unless told otherwise.

    AWS: "by default, this call respects the grace period" of the group; an instance of no group is a
    ValidationError (API reference, SetInstanceHealth). Moto: ignores ShouldRespectGracePeriod and fails with a
    StopIteration for an unknown instance. The unhealthy instance is replaced by the lab's GroupKeeper.
    """

    def set_instance_health(self: responses.AutoScalingResponse) -> ActionResult:
        instance_id = self._get_param("InstanceId")
        states = self.autoscaling_backend.describe_auto_scaling_instances([instance_id])
        if not states:
            raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
        state = states[0]
        grace = timedelta(seconds=state.auto_scaling_group.health_check_grace_period or 0)
        in_grace = utcnow() < state.instance.launch_time + grace
        if not (in_grace and self._get_bool_param("ShouldRespectGracePeriod", True)):
            state.health_status = self._get_param("HealthStatus")
        return EmptyResult()

    replace(responses.AutoScalingResponse, "set_instance_health", set_instance_health)


@patch
def scaling_activities(_settings: Settings) -> None:
    """Return what a group did, newest first.

    AWS: six weeks of activities (API reference, DescribeScalingActivities). Moto: none.
    """

    def describe_scaling_activities(self: responses.AutoScalingResponse) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        wanted = self._get_param("ActivityIds", [])
        groups = self.autoscaling_backend.describe_auto_scaling_groups([name] if name else [])
        activities = [
            activity
            for group in groups
            for activity in _activities.get(group, [])
            if not wanted or activity["ActivityId"] in wanted
        ]
        return ActionResult({"Activities": activities})

    replace(responses.AutoScalingResponse, "describe_scaling_activities", describe_scaling_activities)


@patch
def metrics_collection(_settings: Settings) -> None:
    """Stop collecting group metrics on request.

    AWS: DisableMetricsCollection of all or of the named metrics (API reference). Moto: not implemented, an error
    for every update by amazon.aws's autoscaling_group.
    """

    def disable_metrics_collection(self: responses.AutoScalingResponse) -> ActionResult:
        group = self.autoscaling_backend.describe_auto_scaling_groups([self._get_param("AutoScalingGroupName")])[0]
        named = self._get_param("Metrics", [])
        group.metrics = [metric for metric in group.metrics if named and metric not in named]
        return EmptyResult()

    add(responses.AutoScalingResponse, "disable_metrics_collection", disable_metrics_collection)


@patch
def deletion_of_used_group(_settings: Settings) -> None:
    """Refuse to delete a group that has instances, unless forced.

    AWS: ResourceInUse without ForceDelete (API reference, DeleteAutoScalingGroup). Moto: deletes group and instances.
    """
    original = responses.AutoScalingResponse.delete_auto_scaling_group

    def delete_auto_scaling_group(self: responses.AutoScalingResponse) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        groups = self.autoscaling_backend.describe_auto_scaling_groups([name])
        if groups and groups[0].instance_states and not self._get_bool_param("ForceDelete", False):
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
                "still in the group.",
            )
        return original(self)

    replace(responses.AutoScalingResponse, "delete_auto_scaling_group", delete_auto_scaling_group)


@patch
def default_grace_period(_settings: Settings) -> None:
    """Take a group's grace period as given, and 0 s if not given.

    AWS: "The default value is 0 when you call the API" (API reference, CreateAutoScalingGroup). Moto: 300 s for
    both nothing and 0.
    """
    original = models.AutoScalingBackend.create_auto_scaling_group

    def create_auto_scaling_group(self: models.AutoScalingBackend, **arguments: Any) -> Group:
        group = original(self, **arguments)
        group.health_check_grace_period = int(arguments.get("health_check_period") or 0)
        return group

    replace(models.AutoScalingBackend, "create_auto_scaling_group", create_auto_scaling_group)
