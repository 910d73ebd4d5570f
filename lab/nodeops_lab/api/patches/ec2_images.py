# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: machine images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError, InvalidTaggableResourceType
from moto.ec2.models import amis
from moto.ec2.responses.amis import AmisResponse

from .. import machine
from ..images import GIB_OF_ROOT, offered
from ._registry import add, patch, replace
from .ec2_volumes import freeze

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.elastic_block_store import Snapshot
    from moto.ec2.models.instances import Instance

    from ..settings import Settings

NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
"""API reference, CreateImage.Name."""


@dataclass(frozen=True)
class Device:
    """What an image launches a volume from."""

    name: str
    snapshot: Snapshot
    delete_on_termination: bool = True
    volume_type: str = "gp3"


_devices: WeakKeyDictionary[amis.Ami, list[Device]] = WeakKeyDictionary()


@patch
def public_images(settings: Settings) -> None:
    """Offer the one public image that the lab can boot; on paper, where nothing boots, Ubuntu's as well.

    AWS: Debian's account 136693071363 publishes debian-12-amd64-<date>-<build>, with root device /dev/xvda
    (https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm). Moto: a few hundred old images of other makers.
    """

    def load_amis(self: amis.AmiBackend) -> None:
        for public in offered(settings.machines).values():
            image = amis.Ami(self, **public, creation_date=datetime(2026, 9, 14, 2, 36, 26, tzinfo=UTC))
            image.ebs_snapshot.volume.size = GIB_OF_ROOT
            machine.publish(image.ebs_snapshot)
            self.amis[image.id] = image

    replace(amis.AmiBackend, "_load_amis", load_amis)


@patch
def device_mappings(_settings: Settings) -> None:
    """Describe an image's devices by their snapshots.

    AWS: a mapping has its snapshot's size and encryption; an image made of an instance has the instance's volumes with
    their types, and deletes them with an instance as that instance would have (EC2 user guide, "Block device mappings
    for volumes on Amazon EC2 instances"). Moto: a root device of always 15 GiB, kept, of type standard.
    """

    def block_device_mappings(self: amis.Ami) -> list[dict[str, Any]]:
        devices = _devices.get(self) or [Device(self.root_device_name, self.ebs_snapshot)]
        return [
            {
                "DeviceName": device.name,
                "Ebs": {
                    "SnapshotId": device.snapshot.id,
                    "VolumeSize": device.snapshot.volume_size,
                    "VolumeType": device.volume_type,
                    "Encrypted": device.snapshot.encrypted,
                    "DeleteOnTermination": device.delete_on_termination,
                },
            }
            for device in devices
        ]

    replace(amis.Ami, "block_device_mappings", property(block_device_mappings))


@patch
def image_state(_settings: Settings) -> None:
    """Tell an image's state by its snapshots.

    AWS: an image is pending until its snapshots are complete, and failed with a StateReason if one cannot be taken
    (API reference, Image; "troubleshoot AMI creation"). Moto: available at once.
    """
    own_states: WeakKeyDictionary[amis.Ami, str] = WeakKeyDictionary()

    def snapshots(image: amis.Ami) -> list[Snapshot]:
        devices = _devices.get(image)
        if devices:
            return [device.snapshot for device in devices]
        # While moto's constructor runs there is none.
        return [image.ebs_snapshot] if hasattr(image, "ebs_snapshot") else []

    def get(self: amis.Ami) -> str:
        statuses = {snapshot.status for snapshot in snapshots(self)}
        if "error" in statuses:
            return "failed"
        return "pending" if "pending" in statuses else own_states[self]

    def reason(self: amis.Ami) -> dict[str, str] | None:
        reasons = [text for snapshot in snapshots(self) if (text := machine.failure(snapshot))]
        return {"Code": "Server.InternalError", "Message": reasons[0]} if reasons else None

    add(amis.Ami, "state", property(get, own_states.__setitem__))
    add(amis.Ami, "state_reason", property(reason))


def root_volume(instance: Instance) -> Any:
    """Return the volume of an instance's root device, or None if it has none."""
    block = instance.block_device_mapping.get(instance.root_device_name)
    return instance.ec2_backend.volumes[block.volume_id] if block else None


def _check_name(backend: amis.AmiBackend, name: str) -> None:
    """Refuse a name that AWS refuses: malformed, or of another image of the account."""
    if not NAME.fullmatch(name or ""):
        raise EC2ClientError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', "
            "'-', '/' and '_'",
        )
    for image in backend.amis.values():
        if image.name == name and not image.is_public:
            raise EC2ClientError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.id}")


def _capture_devices(backend: EC2Backend, image: amis.Ami, instance: Instance, reboot: bool) -> None:
    """Take the snapshots that an image of an instance consists of: the host's disk, and of data volumes nothing."""
    devices = []
    for name, block in instance.get_block_device_mapping:
        volume = backend.volumes[block.volume_id]
        if name == instance.root_device_name:
            snapshot = image.ebs_snapshot
            freeze(snapshot, volume)
            machine.request_capture(snapshot, instance, reboot)
        else:
            snapshot = backend.create_snapshot(volume.id, image.ebs_snapshot.description, from_ami=image.id)
        devices.append(Device(name, snapshot, bool(block.delete_on_termination), volume.volume_type))
    _devices[image] = devices


@patch
def image_of_instance(_settings: Settings) -> None:
    """Make an image of an instance that is like the instance: its disk, its devices, tagged as asked.

    AWS: the instance is shut down, captured and started again, or captured as it runs with NoReboot; the image has its
    devices, their sizes and encryption; tag specifications may name images and snapshots; an account's image names
    are unique (API reference, CreateImage; error codes InvalidAMIName.Duplicate, InvalidAMIName.Malformed,
    IncorrectState). Moto: nothing of the instance but its architecture, 15 GiB unencrypted, any name, and a
    NotImplementedError for tags of snapshots. NoReboot is crash-consistent on AWS; the lab also captures what was
    written but not flushed to disk.
    """
    original = amis.AmiBackend.create_image

    def create_image(
        self: EC2Backend,
        instance_id: str,
        name: str,
        description: str,
        tag_specifications: list[dict[str, Any]],
        no_reboot: bool = False,
    ) -> amis.Ami:
        by_type: dict[str, list[dict[str, str]]] = {"image": [], "snapshot": []}
        for specification in tag_specifications:
            if specification["ResourceType"] not in by_type:
                raise InvalidTaggableResourceType(specification["ResourceType"])
            by_type[specification["ResourceType"]] += specification["Tags"]
        _check_name(self, name)
        instance = self.get_instance(instance_id)
        if instance.state not in ("running", "stopping", "stopped"):
            raise EC2ClientError("IncorrectState", f"Instance {instance_id} is {instance.state}")
        image = original(self, instance_id, name, description, [{"ResourceType": "image", "Tags": by_type["image"]}])
        image.root_device_name = instance.root_device_name
        image.root_device_type = instance.root_device_type
        image.hypervisor = instance.hypervisor
        _capture_devices(self, image, instance, reboot=instance.state == "running" and not no_reboot)
        for snapshot in {device.snapshot for device in _devices[image]}:
            snapshot.add_tags({tag["Key"]: tag["Value"] for tag in by_type["snapshot"]})
        return image

    def respond(self: AmisResponse) -> ActionResult:
        self.error_on_dryrun()
        image = self.ec2_backend.create_image(
            self._get_param("InstanceId"),
            self._get_param("Name"),
            self._get_param("Description", ""),
            tag_specifications=self._get_param("TagSpecifications", []),
            no_reboot=self._get_bool_param("NoReboot", False),
        )
        return ActionResult({"ImageId": image.id})

    replace(amis.AmiBackend, "create_image", create_image)
    replace(AmisResponse, "create_image", respond)


@patch
def image_of_snapshots(_settings: Settings) -> None:
    """Register an image of the snapshots that the request names.

    AWS: an image can be registered of the snapshot of a root volume; its devices are those of the request (API
    reference, RegisterImage). Moto: a new empty snapshot, whatever the request says.
    """

    def register_image(self: AmisResponse) -> ActionResult:
        self.error_on_dryrun()
        backend, name = self.ec2_backend, self._get_param("Name")
        root = self._get_param("RootDeviceName", "/dev/sda1")
        mappings = [mapping for mapping in self._get_param("BlockDeviceMappings", []) if mapping.get("Ebs")]
        _check_name(backend, name)
        snapshots = {
            mapping["DeviceName"]: backend.get_snapshot(mapping["Ebs"]["SnapshotId"])
            for mapping in mappings
            if mapping["Ebs"].get("SnapshotId")
        }
        if root not in snapshots:
            raise EC2ClientError(
                "InvalidBlockDeviceMapping", f"The root device {root} is mapped to no snapshot of this region"
            )
        unfinished = [snapshot.id for snapshot in snapshots.values() if snapshot.status != "completed"]
        if unfinished:
            raise EC2ClientError("IncorrectState", f"Snapshot {unfinished[0]} is not completed")
        image = backend.register_image(name, self._get_param("Description", ""))
        backend.snapshots.pop(image.ebs_snapshot.id)
        image.ebs_snapshot = snapshots[root]
        image.root_device_name, image.root_device_type = root, "ebs"
        image.architecture = self._get_param("Architecture", "i386")
        image.virtualization_type = self._get_param("VirtualizationType", "paravirtual")
        image.add_tags(self._parse_tag_specification().get("image", {}))
        _devices[image] = [
            Device(
                mapping["DeviceName"],
                snapshots[mapping["DeviceName"]],
                mapping["Ebs"].get("DeleteOnTermination", mapping["DeviceName"] == root) in (True, "true"),
                mapping["Ebs"].get("VolumeType", "gp2"),
            )
            for mapping in mappings
            if mapping["DeviceName"] in snapshots
        ]
        return ActionResult({"ImageId": image.id})

    replace(AmisResponse, "register_image", register_image)


@patch
def copied_image(_settings: Settings) -> None:
    """Copy an image with its devices and what they hold, encrypted if asked for.

    AWS: CopyImage copies the snapshots; Encrypted and KmsKeyId encrypt the copy's (API reference, CopyImage). Moto: a
    new empty snapshot of 15 GiB.
    """

    def copy_image(self: AmisResponse) -> ActionResult:
        self.error_on_dryrun()
        backend, region = self.ec2_backend, self._get_param("SourceRegion")
        if region != self.region:
            raise EC2ClientError("InvalidRequest", f"the lab is one region and holds no images of {region}")
        source = launchable(backend, self._get_param("SourceImageId"))
        _check_name(backend, self._get_param("Name"))
        image = backend.copy_image(source.id, region, self._get_param("Name"), self._get_param("Description"))
        backend.snapshots.pop(image.ebs_snapshot.id)
        image.root_device_name, image.root_device_type = source.root_device_name, source.root_device_type
        image.hypervisor, image.boot_mode = source.hypervisor, source.boot_mode
        devices = []
        for device in _devices.get(source) or [Device(source.root_device_name, source.ebs_snapshot)]:
            description = f"Copied for DestinationAmi {image.id} from SourceAmi {source.id}"
            snapshot = backend.copy_snapshot(device.snapshot.id, region, description, self._get_param("KmsKeyId"))
            if self._get_bool_param("Encrypted", False) and not snapshot.encrypted:
                snapshot.encrypted = True
                snapshot.kms_key_id = snapshot.kms_key_id or backend._create_default_encryption_key()
            devices.append(Device(device.name, snapshot, device.delete_on_termination, device.volume_type))
            if device.name == source.root_device_name:
                image.ebs_snapshot = snapshot
        _devices[image] = devices
        tags = self._parse_tag_specification()
        image.add_tags(tags.get("image", {}))
        for device in devices:
            device.snapshot.add_tags(tags.get("snapshot", {}))
        return ActionResult({"ImageId": image.id})

    replace(AmisResponse, "copy_image", copy_image)


@patch
def deregistration(_settings: Settings) -> None:
    """Delete an image's snapshots with it if asked for.

    AWS: DeregisterImage leaves the snapshots unless DeleteAssociatedSnapshots is given; those of other images stay
    (API reference, DeregisterImage). Moto: ignores it.
    """
    original = AmisResponse.deregister_image

    def deregister_image(self: AmisResponse) -> ActionResult:
        backend, image = self.ec2_backend, self.ec2_backend.amis.get(self._get_param("ImageId"))
        snapshot_ids = [mapping["Ebs"]["SnapshotId"] for mapping in image.block_device_mappings] if image else []
        answer = original(self)
        if not self._get_bool_param("DeleteAssociatedSnapshots", False):
            return answer
        results = []
        for snapshot_id in snapshot_ids:
            code = "success"
            try:
                backend.delete_snapshot(snapshot_id)
            except EC2ClientError:
                code = "skipped"
            results.append({"SnapshotId": snapshot_id, "ReturnCode": code})
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    replace(AmisResponse, "deregister_image", deregister_image)


@patch
def attribute_of_unknown_image(_settings: Settings) -> None:
    """Refuse to describe the attribute of an image that does not exist.

    AWS: InvalidAMIID.NotFound (error codes). Moto: an internal error.
    """
    original = amis.AmiBackend.describe_image_attribute

    def describe_image_attribute(self: amis.AmiBackend, ami_id: str, attribute_name: str) -> Any:
        if ami_id not in self.amis:
            raise InvalidAMIIdError(ami_id)
        return original(self, ami_id, attribute_name)

    replace(amis.AmiBackend, "describe_image_attribute", describe_image_attribute)


def launchable(backend: EC2Backend, image_id: str) -> amis.Ami:
    """Return an image that instances can be launched from.

    Raises:
        EC2ClientError: there is none (InvalidAMIID.NotFound), or not any more or not yet (InvalidAMIID.Unavailable;
            error codes).
    """
    found = backend.describe_images(ami_ids=[image_id])
    if not found:
        raise EC2ClientError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")
    image = found[0]
    if image.state != "available":
        raise EC2ClientError(
            "InvalidAMIID.Unavailable", f"The image ID '{image_id}' is not available: it is {image.state}"
        )
    return image
