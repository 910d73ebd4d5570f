# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: instances."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError, MissingParameterError
from moto.ec2.models import iam_instance_profile, instances
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse

from .. import machine
from ..launch import overlay_devices, place_interfaces, primary_groups, tags_by_resource
from ._registry import patch, replace
from .ec2_images import launchable

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend

    from ..settings import Settings

CONSOLE_LIMIT_BYTES = 64 * 1024

# What a launch template may say, and the name under which moto's RunInstances takes the same.
PLAIN_PARAMETERS = {
    "DisableApiTermination": "disable_api_termination",
    "EbsOptimized": "ebs_optimized",
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
}

launched_from: dict[str, int] = {}
"""Launch template version of each instance that was launched from a template, by instance id."""


def _group_ids(
    backend: EC2Backend, arguments: dict[str, Any], template: dict[str, Any], subnet_id: str | None
) -> list[str]:
    """Return the security groups of a launch: request, else template, else the network's default group."""
    groups: Iterable[str] = (
        primary_groups(arguments.get("nics") or [])
        or arguments.get("security_group_ids")
        or primary_groups(template.get("NetworkInterfaces", []))
        or template.get("SecurityGroupIds")
        or []
    )
    found = list(groups)
    for group_id in found:
        if backend.get_security_group_from_id(group_id) is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
    if not found and subnet_id and not template.get("SecurityGroups"):
        default = backend.get_default_security_group(backend.get_subnet(subnet_id).vpc_id)
        found = [default.id] if default else []
    return found


@patch
def launch(_settings: Settings) -> None:
    """Launch instances as the request, the launch template and the image together say.

    AWS: the request overrides the template, the template the image; an instance has the image's root device, the
    groups of its primary interface, and every parameter of its template (EC2 user guide, "Launch an instance using
    a launch template"). An unknown or unavailable image or key pair is refused (EC2 error codes). Moto: leaves out the
    template's instance profile, metadata options, interfaces and volume tags; adds an unencrypted 8 GiB /dev/sda1 to
    the template's devices; takes any image and key name; ignores IOPS and throughput.
    """
    original = instances.InstanceBackend.run_instances

    def run_instances(
        self: EC2Backend,
        image_id: str,
        count: int,
        user_data: Any,
        security_group_names: list[str],
        **arguments: Any,
    ) -> instances.Reservation:
        chosen = arguments.get("launch_template")
        version = self._get_template_from_args(chosen) if chosen else None
        template: dict[str, Any] = dict(version.data) if version else {}

        image = launchable(self, image_id or template.get("ImageId", ""))
        key_name = arguments.get("key_name") or template.get("KeyName")
        if key_name and key_name not in self.key_pairs:
            raise EC2ClientError("InvalidKeyPair.NotFound", f"The key pair '{key_name}' does not exist")

        interfaces = arguments.get("nics") or template.get("NetworkInterfaces", [])
        of_interfaces = (interface["SubnetId"] for interface in interfaces if interface.get("SubnetId"))
        subnet_id = arguments.get("subnet_id") or next(of_interfaces, None)
        group_ids = [] if security_group_names else _group_ids(self, arguments, template, subnet_id)
        arguments.update(
            # Without one a primary interface would outlive its instance.
            nics=place_interfaces(interfaces or ([{"DeviceIndex": 0}] if subnet_id else []), subnet_id),
            security_group_ids=group_ids,
            key_name=key_name,
            block_device_mappings=overlay_devices(
                image.block_device_mappings,
                template.get("BlockDeviceMappings", []),
                arguments.get("block_device_mappings") or [],
            ),
            metadata_options={**template.get("MetadataOptions", {}), **(arguments.get("metadata_options") or {})},
        )
        for name, argument in PLAIN_PARAMETERS.items():
            if name in template and not arguments.get(argument):
                arguments[argument] = template[name]
        if template.get("Monitoring", {}).get("Enabled"):
            arguments["monitoring_state"] = "enabled"

        requested = arguments.pop("tags", None) or {}
        tags = tags_by_resource(template.get("TagSpecifications", []))
        for resource_type, values in requested.items():
            tags.setdefault(resource_type, {}).update(values)

        reservation = original(self, image.id, count, user_data, security_group_names, tags=tags, **arguments)
        requested_profile = arguments.get("iam_instance_profile_name") or arguments.get("iam_instance_profile_arn")
        profile = template.get("IamInstanceProfile", {})
        for instance in reservation.instances:
            if version is not None:
                launched_from[instance.id] = version.number
            machine.launched(instance, image.ebs_snapshot)
            for device in arguments["block_device_mappings"]:
                volume = self.volumes[instance.block_device_mapping[device["DeviceName"]].volume_id]
                volume.iops = device["Ebs"].get("Iops") or volume.iops
                volume.throughput = device["Ebs"].get("Throughput") or volume.throughput
            for interface in instance.nics.values():
                interface.add_tags(tags.get("network-interface", {}))
            if profile and not requested_profile:
                self.associate_iam_instance_profile(
                    instance.id,
                    iam_instance_profile_name=profile.get("Name"),
                    iam_instance_profile_arn=profile.get("Arn"),
                )
        return reservation

    replace(instances.InstanceBackend, "run_instances", run_instances)


@patch
def requested_devices(_settings: Settings) -> None:
    """Read of a request's devices what it says, and nothing else.

    AWS: what a mapping of RunInstances leaves out comes from the launch template or the image; the root volume is
    deleted with its instance by default (EC2 user guide, "Preserve data when an instance is terminated"). Moto: takes
    what is left out for "not encrypted" and "not deleted with the instance", and drops Throughput.
    """

    def parse(self: InstanceResponse) -> list[dict[str, Any]]:
        mappings: list[dict[str, Any]] = self._get_param("BlockDeviceMappings", [])
        for mapping in mappings:
            if "NoDevice" not in mapping and "Ebs" not in mapping:
                raise MissingParameterError("ebs")
        return mappings

    replace(InstanceResponse, "_parse_block_device_mapping", parse)


@patch
def instance_profile_id(_settings: Settings) -> None:
    """Describe an instance's profile by the profile's id.

    AWS: IamInstanceProfile.Id is the profile's id (AIPA...). Moto: the association's id.
    """
    original = iam_instance_profile.IamInstanceProfileAssociation.__init__

    def initialize(self: iam_instance_profile.IamInstanceProfileAssociation, *args: Any) -> None:
        original(self, *args)
        self.instance.iam_instance_profile = {
            "Arn": self.iam_instance_profile.arn,
            "Id": self.iam_instance_profile.id,
        }

    replace(iam_instance_profile.IamInstanceProfileAssociation, "__init__", initialize)


@patch
def replaced_profiles(_settings: Settings) -> None:
    """Let an instance have the profile that takes the place of another.

    AWS: DescribeInstances and instance metadata show the new profile (EC2 user guide, "Replace an IAM role"). Moto:
    the association alone has it.
    """
    backend = iam_instance_profile.IamInstanceProfileAssociationBackend
    original = backend.replace_iam_instance_profile_association

    def replace_iam_instance_profile_association(
        self: Any, *args: Any, **options: Any
    ) -> iam_instance_profile.IamInstanceProfileAssociation:
        association = original(self, *args, **options)
        profile = association.iam_instance_profile
        association.instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
        return association

    replace(backend, "replace_iam_instance_profile_association", replace_iam_instance_profile_association)


def _tail(path: Path, limit: int) -> bytes:
    """Return a file's last bytes, none if it does not exist."""
    try:
        with path.open("rb") as console:
            console.seek(0, 2)
            console.seek(max(0, console.tell() - limit))
            return console.read()
    except FileNotFoundError:
        return b""


@patch
def console_output(settings: Settings) -> None:
    """Return what the host really printed: <state directory>/console/<instance id>.log.

    AWS: "the most recent 64 KB of console output", base64 (API reference, GetConsoleOutput). Moto: a fixed text.
    """

    def get_console_output(self: General) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        output = _tail(settings.state_directory / "console" / f"{instance.id}.log", CONSOLE_LIMIT_BYTES)
        return ActionResult(
            {"InstanceId": instance.id, "Timestamp": utcnow(), "Output": base64.b64encode(output).decode("ascii")}
        )

    replace(General, "get_console_output", get_console_output)
