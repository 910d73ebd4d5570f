# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch the instances of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG
from moto.core.exceptions import ServiceException
from moto.ec2.exceptions import EC2ClientError

from ..launch import emptiest
from .errors import invalid
from .members import Member
from .records import Launch, counted, launch_of, record_of

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.launch_templates import LaunchTemplate

ELSEWHERE = ("InsufficientFreeAddressesInSubnet", "InsufficientInstanceCapacity", "Unsupported")
"""Errors of RunInstances after which another zone is tried."""


class LaunchError(Exception):
    """EC2 refused a launch; the text is the activity's StatusMessage."""

    def __init__(self, reason: str, subnet_id: str | None, zone: str | None) -> None:
        """Complete EC2's reason to Auto Scaling's message (user guide, "EC2 instance launch failures")."""
        super().__init__(f"{reason.rstrip('.')}. Launching EC2 instance failed.")
        self.details = {"Subnet ID": subnet_id, "Availability Zone": zone}


def places(group: Group) -> list[tuple[str, str]]:
    """Return the subnets that a group may use, as (subnet, zone)."""
    subnet_ids = (group.vpc_zone_identifier or "").split(",") if group.vpc_zone_identifier else []
    found = {subnet.id: subnet for subnet in group.ec2_backend.describe_subnets(subnet_ids=subnet_ids or None)}
    if subnet_ids:
        return [(subnet_id, found[subnet_id].availability_zone) for subnet_id in subnet_ids]
    return [
        (subnet.id, subnet.availability_zone)
        for subnet in found.values()
        if subnet.default_for_az and subnet.availability_zone in group.availability_zones
    ]


def _check(backend: EC2Backend, launch: Launch) -> None:
    """Raise EC2's error if the template, its version or its image does not exist."""
    if launch.template.id not in backend.launch_templates:
        raise EC2ClientError(
            "InvalidLaunchTemplateId.NotFound",
            f"The specified launch template, with template ID {launch.template.id}, does not exist.",
        )
    image_id = launch.template.get_version(launch.version).image_id
    # Moto answers for an image that was deregistered with an empty list.
    if not backend.describe_images(ami_ids=[image_id]):
        raise EC2ClientError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")


def specified(backend: EC2Backend, given: dict[str, Any]) -> Launch:
    """Return what a request's LaunchTemplate says, checked as AWS checks it.

    Raises:
        GroupError: it names no template, or one that cannot be launched from.
    """
    template_id, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
    if bool(template_id) == bool(name):
        raise invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
    version = str(given.get("Version") or "$Default")
    if version not in ("$Latest", "$Default") and not (version.isdigit() and int(version) > 0):
        raise invalid(
            "Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed."
        )
    try:
        template: LaunchTemplate = (
            backend.get_launch_template(template_id) if template_id else backend.get_launch_template_by_name(str(name))
        )
        launch = Launch(template, version, given.get("Version"))
        launch.source()
        _check(backend, launch)
    except EC2ClientError as error:
        raise invalid(f"You must use a valid fully-formed launch template. {error.message}") from error
    return launch


def launch_one(group: Group) -> Member:
    """Launch one instance into the emptiest zone that takes it, and add it to the group.

    Raises:
        LaunchError: EC2 refused it.
    """
    candidates = places(group)
    used = [str(member.instance.subnet_id or "") for member in counted(group)]
    while True:
        subnet_id = emptiest(candidates, used)
        zone = dict(candidates)[subnet_id]
        try:
            return _launch_into(group, subnet_id)
        except ServiceException as error:
            candidates = [place for place in candidates if place[1] != zone]
            if error.code not in ELSEWHERE or not candidates:
                raise LaunchError(error.message, subnet_id, zone) from error


def _launch_into(group: Group, subnet_id: str) -> Member:
    launch = launch_of(group)
    _check(group.ec2_backend, launch)
    version = launch.template.get_version(launch.version)
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        None,
        [],
        instance_type=version.instance_type,
        is_instance_type_default=False,
        launch_template={"LaunchTemplateId": launch.template.id, "Version": str(version.number)},
        subnet_id=subnet_id,
        # AWS: the group's tags override the template's (user guide, "Tag Auto Scaling groups and instances").
        tags={"instance": {**group.get_propagated_tags(), ASG_NAME_TAG: group.name}},
        associate_public_ip=None,
        region_name=group.region,
    )
    (instance,) = reservation.instances
    refresh = record_of(group).active_refresh
    member = Member(
        instance,
        group.name,
        launch.source(),
        protected_from_scale_in=bool(group.new_instances_protected_from_scale_in),
        refresh_id=refresh.refresh_id if refresh and refresh.status == "InProgress" else None,
    )
    group.instance_states.append(member)  # type: ignore[arg-type]
    return member
