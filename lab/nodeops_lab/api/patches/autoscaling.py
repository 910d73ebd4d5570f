# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: groups. What becomes of a request is in ``api/autoscaling``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling import models, responses
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError

from ..autoscaling.activities import at, in_order, taken_out
from ..autoscaling.errors import GroupError, in_progress, invalid, no_group, not_emulated
from ..autoscaling.launching import specified
from ..autoscaling.records import bury, members, past_activities, record_of
from ..autoscaling.refreshes import use
from ..autoscaling.termination import POLICIES
from ..autoscaling.transitions import end_without_hooks
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

    Group = models.FakeAutoScalingGroup
    Response = responses.AutoScalingResponse

NO_LAUNCH_TEMPLATE = (
    "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy "
    "parameter."
)
ACTIVITIES_AT_ONCE = 100
"""DescribeScalingActivities' default and largest page."""


def group_of(response: Response) -> Group:
    """Return the group that a request names.

    Raises:
        GroupError: it does not exist.
    """
    name = str(response._get_param("AutoScalingGroupName"))
    group = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise no_group(name)
    return group


def changeable(response: Response) -> Group:
    """Return the group that a request is to change.

    Raises:
        GroupError: it does not exist, or is being deleted.
    """
    group = group_of(response)
    if record_of(group).deleting:
        raise invalid(f"AutoScalingGroup {group.name} is pending delete")
    return group


def check_sizes(minimum: int, maximum: int, desired: int) -> None:
    """Refuse a group's sizes that contradict each other.

    Raises:
        GroupError: they do.
    """
    if maximum < minimum:
        raise invalid(f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}")
    if not minimum <= desired <= maximum:
        raise invalid(
            f"Desired capacity:{desired} must be between the specified min size:{minimum} and max size:{maximum}"
        )


def check_policies(policies: list[str]) -> None:
    """Refuse unknown termination policies.

    Raises:
        GroupError: one is unknown, or a Lambda function, or Default is not the last.
    """
    for policy in policies:
        if policy.startswith("arn:"):
            raise not_emulated("termination policies in Lambda functions")
        if policy not in POLICIES:
            raise invalid(f"Invalid termination policy: {policy}")
    if "Default" in policies[:-1]:
        raise invalid("The Default termination policy must be the last of the termination policies")


def check_target_groups(backend: models.AutoScalingBackend, arns: list[str]) -> None:
    """Refuse target groups that do not exist.

    Raises:
        GroupError: one does not.
    """
    if any(arn not in backend.elbv2_backend.target_groups for arn in arns):
        raise invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.")


@patch
def number(_settings: Settings) -> None:
    """Take a group's desired capacity as a wish, which the lab's GroupKeeper fulfils.

    AWS: requests return at once; instances come and go over the next seconds, launched from the group's version of the
    template, one at a time into the zone with the fewest, and ended from the zone with the most (user guide,
    "Distribute instances across Availability Zones", "Instance lifecycle"). Moto: launches and terminates while the
    request lasts, all in the first subnet, from the template's default version, in any order.
    """

    def set_desired_capacity(self: Group, new_capacity: int | None) -> None:
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity

    replace(models.FakeAutoScalingGroup, "set_desired_capacity", set_desired_capacity)


@patch
def creation(_settings: Settings) -> None:
    """Refuse what AWS refuses of a new group, and remember what moto leaves out.

    AWS: AlreadyExists for a name in use; ValidationError for sizes that contradict each other, a launch template, image
    or target group that does not exist; lifecycle hooks may come with the group; zones are told once each; "The default
    value [of the grace period] is 0 when you call the API" (API reference, CreateAutoScalingGroup). Moto: replaces the
    existing group, checks none of it, leaves the hooks out, and takes 300 s for no grace period and for 0.
    """
    original = models.AutoScalingBackend.create_auto_scaling_group

    def create_auto_scaling_group(self: models.AutoScalingBackend, **arguments: Any) -> Group:
        name = arguments["name"]
        if name in self.autoscaling_groups:
            raise GroupError(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
            )
        if arguments.get("mixed_instances_policy") or arguments.get("instance_id"):
            raise not_emulated("CreateAutoScalingGroup with MixedInstancesPolicy or InstanceId")
        if arguments.get("launch_config_name"):
            raise not_emulated("launch configurations, which AWS no longer offers to new accounts")
        if not arguments.get("launch_template"):
            raise invalid(NO_LAUNCH_TEMPLATE)
        minimum, maximum = int(arguments["min_size"] or 0), int(arguments["max_size"] or 0)
        wanted = arguments.get("desired_capacity")
        desired = minimum if wanted is None else int(wanted)
        check_sizes(minimum, maximum, desired)
        check_policies(arguments.get("termination_policies") or [])
        check_target_groups(self, arguments.get("target_group_arns") or [])
        specified(self.ec2_backend, arguments["launch_template"])
        try:
            group = original(self, **arguments)
        except EC2ClientError as error:
            raise invalid(error.message) from error
        group.availability_zones = sorted(set(group.availability_zones))
        group.health_check_grace_period = int(arguments.get("health_check_period") or 0)
        if desired:
            record_of(group).request = (
                at(
                    utcnow(),
                    f"a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}.",
                )
                + "  "
            )
        return group

    replace(models.AutoScalingBackend, "create_auto_scaling_group", create_auto_scaling_group)


@patch
def update(_settings: Settings) -> None:
    """Update a group as AWS does.

    AWS: the desired capacity follows new limits where the request names none; during an instance refresh with a desired
    configuration the launch template stays as it is; new settings concern new instances only (API reference,
    UpdateAutoScalingGroup). Moto: ignores termination policies, cooldown and instance warmup, allows any sizes.
    """

    def update_auto_scaling_group(self: Response) -> ActionResult:
        group = changeable(self)
        record = record_of(group)
        backend = self.autoscaling_backend
        launch = None
        if self._get_param("LaunchTemplate"):
            refresh = record.active_refresh
            if refresh is not None and refresh.desired is not None:
                raise invalid(
                    "An active instance refresh with a desired configuration exists. All configuration options derived "
                    "from the desired configuration are not available for update while the instance refresh is active."
                )
            launch = specified(backend.ec2_backend, self._get_param("LaunchTemplate"))
        minimum = int(self._get_param("MinSize", group.min_size))
        maximum = int(self._get_param("MaxSize", group.max_size))
        before = group.desired_capacity or 0
        desired = int(self._get_param("DesiredCapacity", min(max(before, minimum), max(maximum, minimum))))
        check_sizes(minimum, maximum, desired)
        policies = self._get_param("TerminationPolicies", [])
        check_policies(policies)
        try:
            group._set_azs_and_vpcs(
                self._get_param("AvailabilityZones", []), self._get_param("VPCZoneIdentifier"), update=True
            )
        except EC2ClientError as error:
            raise invalid(error.message) from error
        group.availability_zones = sorted(set(group.availability_zones))
        group.min_size, group.max_size, group.desired_capacity = minimum, maximum, desired
        group.termination_policies = policies or group.termination_policies
        group.default_cooldown = self._get_int_param("DefaultCooldown", group.default_cooldown)
        group.health_check_grace_period = self._get_int_param("HealthCheckGracePeriod", group.health_check_grace_period)
        group.health_check_type = self._get_param("HealthCheckType", group.health_check_type)
        group.new_instances_protected_from_scale_in = self._get_bool_param(
            "NewInstancesProtectedFromScaleIn", group.new_instances_protected_from_scale_in
        )
        _keep_warmup(self, group)
        if launch is not None:
            use(group, launch)
        record.backoff.reset()
        if desired != before:
            record.request = (
                at(
                    utcnow(),
                    f"a user request update of AutoScalingGroup constraints to min: {minimum}, max: {maximum}, "
                    f"desired: {desired} changing the desired capacity from {before} to {desired}.",
                )
                + "  "
            )
        return EmptyResult()

    replace(responses.AutoScalingResponse, "update_auto_scaling_group", update_auto_scaling_group)


def _keep_warmup(response: Response, group: Group) -> None:
    """Keep a group's default instance warmup; -1 removes it (API reference, UpdateAutoScalingGroup)."""
    warmup = response._get_int_param("DefaultInstanceWarmup")
    if warmup is not None:
        record_of(group).default_instance_warmup = None if warmup < 0 else warmup


@patch
def warmup(_settings: Settings) -> None:
    """Keep a new group's default instance warmup, and describe it, and that a group is being deleted.

    AWS: DefaultInstanceWarmup and Status, "the current state of the group when the DeleteAutoScalingGroup operation is
    in progress" (API reference, AutoScalingGroup). Moto: neither.
    """
    original = responses.AutoScalingResponse.create_auto_scaling_group

    def create_auto_scaling_group(self: Response) -> ActionResult:
        answer = original(self)
        _keep_warmup(self, group_of(self))
        return answer

    replace(responses.AutoScalingResponse, "create_auto_scaling_group", create_auto_scaling_group)
    add(
        models.FakeAutoScalingGroup,
        "default_instance_warmup",
        property(lambda group: record_of(group).default_instance_warmup),
    )
    add(
        models.FakeAutoScalingGroup,
        "status",
        property(lambda group: "Delete in progress" if record_of(group).deleting else None),
    )


@patch
def desired_capacity(_settings: Settings) -> None:
    """Set the desired capacity within the group's limits.

    AWS: a value outside is a ValidationError; HonorCooldown refuses it with ScalingActivityInProgress while an activity
    is in progress or the cooldown lasts (API reference, SetDesiredCapacity). Moto: takes any value.
    """

    def set_desired_capacity(self: Response) -> ActionResult:
        group = changeable(self)
        record = record_of(group)
        wanted = self._get_int_param("DesiredCapacity")
        for limit, name, beyond in (
            (group.max_size, "above max", wanted > (group.max_size or 0)),
            (group.min_size, "below min", wanted < (group.min_size or 0)),
        ):
            if beyond:
                raise invalid(
                    f"New SetDesiredCapacity value {wanted} is {name} value {limit} for the AutoScalingGroup."
                )
        if self._get_bool_param("HonorCooldown", False):
            unfinished = record.unfinished()
            if unfinished or _cooling(group, utcnow()):
                raise in_progress((unfinished or record.activities)[-1].activity_id)
        before = group.desired_capacity or 0
        group.desired_capacity = wanted
        if wanted != before:
            changed = (
                "a user request explicitly set group desired capacity changing the desired capacity "
                f"from {before} to {wanted}."
            )
            record.request = at(utcnow(), changed) + "  "
        return EmptyResult()

    replace(responses.AutoScalingResponse, "set_desired_capacity", set_desired_capacity)


def _cooling(group: Group, now: datetime) -> bool:
    last = record_of(group).last_scaling_at
    return last is not None and (now - last).total_seconds() < group.default_cooldown


@patch
def deletion(_settings: Settings) -> None:
    """Delete a group that is empty, or one with its instances when forced.

    AWS: ResourceInUse for a group with instances, ScalingActivityInProgress for one that is at work; with ForceDelete
    the instances are terminated without lifecycle hooks, and the group goes when they have (API reference,
    DeleteAutoScalingGroup; user guide, "Lifecycle hook availability"). Moto: deletes everything at once.
    """

    def delete_auto_scaling_group(self: Response) -> ActionResult:
        group = group_of(self)
        record = record_of(group)
        if not self._get_bool_param("ForceDelete", False):
            if members(group):
                raise GroupError(
                    "ResourceInUse",
                    "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
                    "request(s) still in the group.",
                )
            if record.unfinished():
                raise GroupError(
                    "ScalingActivityInProgress",
                    "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that "
                    "group.",
                )
            bury(group)
            self.autoscaling_backend.autoscaling_groups.pop(group.name)
            return EmptyResult()
        self.autoscaling_backend.delete_auto_scaling_group(group.name)
        return EmptyResult()

    def delete_with_instances(self: models.AutoScalingBackend, group_name: str) -> None:
        if group_name not in self.autoscaling_groups:
            raise no_group(group_name)
        group = self.autoscaling_groups[group_name]
        now = utcnow()
        group.min_size = group.max_size = group.desired_capacity = 0
        record_of(group).deleting = True
        for member in members(group):
            end_without_hooks(group, member, at(now, taken_out("deletion")), now)

    replace(responses.AutoScalingResponse, "delete_auto_scaling_group", delete_auto_scaling_group)
    # CloudFormation's way, too.
    replace(models.AutoScalingBackend, "delete_auto_scaling_group", delete_with_instances)


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
def scaling_activities(_settings: Settings) -> None:
    """Return what a group did and does.

    AWS: activities in progress first, each newest first; those of deleted groups on request (API reference,
    DescribeScalingActivities). Moto: none.
    """

    def describe_scaling_activities(self: Response) -> ActionResult:
        backend = self.autoscaling_backend
        name = self._get_param("AutoScalingGroupName")
        wanted = self._get_param("ActivityIds", [])
        found = [
            activity
            for group in backend.describe_auto_scaling_groups([name] if name else [])
            for activity in record_of(group).activities
        ]
        if self._get_bool_param("IncludeDeletedGroups", False):
            found += [activity for activity in past_activities(backend) if not name or activity.group_name == name]
        answers = [activity.as_answer() for activity in in_order(found) if not wanted or activity.activity_id in wanted]
        start = int(self._get_param("NextToken") or 0)
        count = min(self._get_int_param("MaxRecords", ACTIVITIES_AT_ONCE), ACTIVITIES_AT_ONCE)
        token = str(start + count) if start + count < len(answers) else None
        return ActionResult({"Activities": answers[start : start + count], "NextToken": token})

    replace(responses.AutoScalingResponse, "describe_scaling_activities", describe_scaling_activities)


@patch
def unknown_groups(_settings: Settings) -> None:
    """Refuse requests about groups that do not exist.

    AWS: a ValidationError. Moto: fails with a KeyError or an IndexError.
    """

    def checking(name: str) -> Callable[[Response], ActionResult]:
        original: Callable[[Response], ActionResult] = getattr(responses.AutoScalingResponse, name)

        def check(self: Response) -> ActionResult:
            named = [tag.get("ResourceId") for tag in self._get_param("Tags", [])]
            for group_name in named or [self._get_param("AutoScalingGroupName")]:
                if group_name not in self.autoscaling_backend.autoscaling_groups:
                    raise no_group(str(group_name))
            return original(self)

        return check

    for name in (
        "create_or_update_tags",
        "delete_tags",
        "delete_warm_pool",
        "describe_load_balancer_target_groups",
        "describe_load_balancers",
        "describe_warm_pool",
        "enable_metrics_collection",
    ):
        replace(responses.AutoScalingResponse, name, checking(name))


@patch
def metrics_collection(_settings: Settings) -> None:
    """Stop collecting group metrics on request.

    AWS: DisableMetricsCollection of all or of the named metrics (API reference). Moto: not implemented, an error
    for every update by amazon.aws's autoscaling_group.
    """

    def disable_metrics_collection(self: Response) -> ActionResult:
        group = group_of(self)
        named = self._get_param("Metrics", [])
        group.metrics = [metric for metric in group.metrics if named and metric not in named]
        return EmptyResult()

    add(responses.AutoScalingResponse, "disable_metrics_collection", disable_metrics_collection)
