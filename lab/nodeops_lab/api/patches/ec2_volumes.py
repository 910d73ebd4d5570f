# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: volumes and snapshots.

Only root volumes have content: a host's disk. Data volumes exist in the API alone; hosts do not see them, and their
snapshots hold nothing.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidSnapshotInUse
from moto.ec2.models import elastic_block_store as storage
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from .. import machine
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend

    from ..settings import Settings

DEFAULT_THROUGHPUT = 125
"""MiB/s of a gp3 volume that says nothing else (EBS user guide, "General Purpose SSD volumes")."""


def freeze(snapshot: storage.Snapshot, volume: storage.Volume) -> None:
    """Make a snapshot of a volume as the volume is now: later changes of the volume do not reach it."""
    snapshot.volume = copy.copy(volume)
    snapshot.encrypted = volume.encrypted
    snapshot.kms_key_id = volume.kms_key_id


@patch
def snapshot_of_volume(_settings: Settings) -> None:
    """Take a snapshot of the volume as it is, with the disk of the host whose root volume it is.

    AWS: a snapshot is pending until its data are stored, has its volume's size of that moment and is encrypted with
    the volume's key (EBS user guide, "Create Amazon EBS snapshots", "Amazon EBS encryption"). Moto: completed at once,
    grows with the volume, forgets the key. The lab keeps no disk of a terminated instance, so the snapshot of a root
    volume that outlived its instance ends in "error".
    """
    original = storage.EBSBackend.create_snapshot

    def create_snapshot(
        self: EC2Backend, volume_id: str, description: str, owner_id: str | None = None, from_ami: str | None = None
    ) -> storage.Snapshot:
        snapshot = original(self, volume_id, description, owner_id, from_ami)
        freeze(snapshot, self.get_volume(volume_id))
        instance_id = machine.host_of_volume(volume_id)
        if instance_id is not None:
            instance = self.get_instance(instance_id)
            if instance.state in machine.LIVING_STATES:
                machine.request_capture(snapshot, instance, reboot=False)
            else:
                machine.fail(snapshot, f"{instance_id} was terminated and its disk with it")
        return snapshot

    replace(storage.EBSBackend, "create_snapshot", create_snapshot)


@patch
def snapshot_state(_settings: Settings) -> None:
    """Describe how far a snapshot is, also in the answer to CreateSnapshots.

    AWS: State pending, completed or error, with StateMessage for the latter, and Progress (API reference, Snapshot,
    SnapshotInfo). Moto: 100 % always; CreateSnapshots describes no state, on which clients fail.
    """

    def progress(self: storage.Snapshot) -> str:
        return "100%" if self.status == "completed" else "0%"

    add(storage.Snapshot, "state", property(lambda self: self.status))
    add(storage.Snapshot, "state_message", property(machine.failure))
    replace(storage.Snapshot, "progress", property(progress))


@patch
def snapshots_in_use(_settings: Settings) -> None:
    """Keep the snapshots that an image consists of.

    AWS: InvalidSnapshot.InUse for a snapshot of a registered image, its own or one that it was registered with (API
    reference, DeleteSnapshot). Moto: minds only images that made the snapshot.
    """
    original = storage.EBSBackend.delete_snapshot

    def delete_snapshot(self: EC2Backend, snapshot_id: str) -> storage.Snapshot:
        for image in self.amis.values():
            if any(mapping["Ebs"]["SnapshotId"] == snapshot_id for mapping in image.block_device_mappings):
                raise InvalidSnapshotInUse(snapshot_id, image.id)
        snapshot = original(self, snapshot_id)
        machine.forget(snapshot)
        return snapshot

    replace(storage.EBSBackend, "delete_snapshot", delete_snapshot)


@patch
def owners_of_snapshots(_settings: Settings) -> None:
    """Describe the snapshots of the owners that are asked for.

    AWS: OwnerIds restricts to accounts, "self" and "amazon" among them (API reference, DescribeSnapshots). Moto:
    ignores it.
    """

    def describe_snapshots(self: ElasticBlockStore) -> ActionResult:
        found = self.ec2_backend.describe_snapshots(
            snapshot_ids=self._get_param("SnapshotIds", []), filters=self._filters_from_querystring()
        )
        owners = {self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
        return ActionResult(
            {"Snapshots": [snapshot for snapshot in found if not owners or snapshot.owner_id in owners]}
        )

    replace(ElasticBlockStore, "describe_snapshots", describe_snapshots)


@patch
def copied_snapshot(_settings: Settings) -> None:
    """Copy a snapshot with what it holds.

    AWS: the copy of an encrypted snapshot is encrypted, with the named key or the original's (API reference,
    CopySnapshot). Moto: copies the description only.
    """
    original = storage.EBSBackend.copy_snapshot

    def copy_snapshot(
        self: EC2Backend, source_snapshot_id: str, source_region: str, description: str, kms_key_id: str | None
    ) -> storage.Snapshot:
        made = original(self, source_snapshot_id, source_region, description, kms_key_id)
        source = self.get_snapshot(source_snapshot_id) if source_region == self.region_name else None
        if source is not None:
            if source.status != "completed":
                self.snapshots.pop(made.id)
                raise EC2ClientError(
                    "IncorrectState", f"Snapshot is in invalid state - {source.status}: {source_snapshot_id}"
                )
            made.kms_key_id = kms_key_id or source.kms_key_id
            machine.copy_disk(source, made)
        return made

    replace(storage.EBSBackend, "copy_snapshot", copy_snapshot)


@patch
def volume_of_snapshot(_settings: Settings) -> None:
    """Make a volume of a snapshot with the snapshot's key and at least of its size.

    AWS: a volume of an encrypted snapshot is encrypted with the same key unless another is named; a smaller size is
    refused; gp3 volumes have 125 MiB/s unless told otherwise (EBS user guide, "Amazon EBS encryption"; API reference,
    CreateVolume). Moto: no key, any size, no throughput.
    """
    original = storage.EBSBackend.create_volume

    def create_volume(
        self: EC2Backend,
        size: Any,
        zone_name: str,
        snapshot_id: str | None = None,
        encrypted: bool = False,
        kms_key_id: str | None = None,
        volume_type: str | None = None,
        **arguments: Any,
    ) -> storage.Volume:
        if snapshot_id:
            snapshot = self.get_snapshot(snapshot_id)
            if size is not None and int(size) < snapshot.volume_size:
                raise EC2ClientError(
                    "InvalidBlockDeviceMapping",
                    f"Volume of size {size}GB is smaller than snapshot '{snapshot_id}', "
                    f"expect size >= {snapshot.volume_size}GB",
                )
            if snapshot.encrypted:
                encrypted, kms_key_id = True, kms_key_id or snapshot.kms_key_id
        volume = original(self, size, zone_name, snapshot_id, encrypted, kms_key_id, volume_type, **arguments)
        if volume.volume_type == "gp3" and not volume.throughput:
            volume.throughput = DEFAULT_THROUGHPUT
        return volume

    replace(storage.EBSBackend, "create_volume", create_volume)


@patch
def attachments_deletion(_settings: Settings) -> None:
    """Tell with a volume's attachment whether the volume is deleted with its instance.

    AWS: VolumeAttachment.DeleteOnTermination (API reference). Moto: tells it with the instance only.
    """

    def delete_on_termination(self: storage.VolumeAttachment) -> bool:
        block = self.instance.block_device_mapping.get(self.device)
        return bool(block and block.delete_on_termination)

    add(storage.VolumeAttachment, "delete_on_termination", property(delete_on_termination))


@patch
def volume_growth(_settings: Settings) -> None:
    """Let volumes grow, never shrink.

    AWS: "You can't decrease the size" (EBS user guide, "Requirements for Amazon EBS volume modifications");
    InvalidParameterValue. Moto: any size. A change is complete at once here; on AWS it takes minutes.
    """
    original = storage.Volume.modify

    def modify(self: storage.Volume, target_size: int | None = None, *args: Any, **kwargs: Any) -> None:
        if target_size is not None and int(target_size) < self.size:
            raise EC2ClientError(
                "InvalidParameterValue", f"New size cannot be smaller than existing size: {self.size} GiB"
            )
        original(self, None if target_size is None else int(target_size), *args, **kwargs)

    replace(storage.Volume, "modify", modify)
