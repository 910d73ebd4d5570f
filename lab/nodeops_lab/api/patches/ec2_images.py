# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: machine images."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidTaggableResourceType
from moto.ec2.models import amis

from ..images import DEBIAN, GIB_OF_DEBIAN_ROOT
from ._registry import patch, replace

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance

    from ..settings import Settings


@patch
def only_debian(_settings: Settings) -> None:
    """Offer the one public image that the lab can boot.

    AWS: Debian's account 136693071363 publishes debian-12-amd64-<date>-<build>, with root device /dev/xvda
    (https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm). Moto: a few hundred old images of other makers.
    """

    def load_amis(self: amis.AmiBackend) -> None:
        image = amis.Ami(self, **DEBIAN, creation_date=datetime(2026, 9, 14, 2, 36, 26, tzinfo=UTC))
        image.ebs_snapshot.volume.size = GIB_OF_DEBIAN_ROOT
        self.amis[image.id] = image

    replace(amis.AmiBackend, "_load_amis", load_amis)


@patch
def root_device_mapping(_settings: Settings) -> None:
    """Describe an image's root device by its snapshot.

    AWS: an image's root mapping has its snapshot's size and encryption, and is deleted with the instance by default
    (EC2 user guide, "Block device mappings"). Moto: always 15 GiB, kept, of type standard.
    """

    def block_device_mappings(self: amis.Ami) -> list[dict[str, Any]]:
        snapshot = self.ebs_snapshot
        return [
            {
                "DeviceName": self.root_device_name,
                "Ebs": {
                    "SnapshotId": snapshot.id,
                    "VolumeSize": snapshot.volume.size,
                    "VolumeType": "gp3",
                    "Encrypted": snapshot.encrypted,
                    "DeleteOnTermination": True,
                },
            }
        ]

    replace(amis.Ami, "block_device_mappings", property(block_device_mappings))


def root_volume(instance: Instance) -> Any:
    """Return the volume of an instance's root device, or None if it has none."""
    block = instance.block_device_mapping.get(instance.root_device_name)
    return instance.ec2_backend.volumes[block.volume_id] if block else None


@patch
def image_of_instance(_settings: Settings) -> None:
    """Make an image of an instance that is like the instance, and tag its snapshots.

    AWS: the image has the instance's root device, its snapshot the volume's size and encryption; tag specifications
    may name images and snapshots (API reference, CreateImage). Moto: another device name, 15 GiB unencrypted, and a
    NotImplementedError for tags of snapshots.
    """
    original = amis.AmiBackend.create_image

    def create_image(
        self: amis.AmiBackend,
        instance_id: str,
        name: str,
        description: str,
        tag_specifications: list[dict[str, Any]],
    ) -> amis.Ami:
        by_type: dict[str, list[dict[str, str]]] = {"image": [], "snapshot": []}
        for specification in tag_specifications:
            if specification["ResourceType"] not in by_type:
                raise InvalidTaggableResourceType(specification["ResourceType"])
            by_type[specification["ResourceType"]] += specification["Tags"]
        image = original(self, instance_id, name, description, [{"ResourceType": "image", "Tags": by_type["image"]}])
        instance = image.instance
        image.root_device_name = instance.root_device_name
        image.root_device_type = instance.root_device_type
        image.hypervisor = instance.hypervisor
        volume = root_volume(instance)
        if volume is not None:
            image.ebs_snapshot.volume = volume
            image.ebs_snapshot.encrypted = volume.encrypted
            image.ebs_snapshot.kms_key_id = volume.kms_key_id
        image.ebs_snapshot.add_tags({tag["Key"]: tag["Value"] for tag in by_type["snapshot"]})
        return image

    replace(amis.AmiBackend, "create_image", create_image)
