# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, snapshots and volumes; and an instance's states as a reconciler that follows them reports."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import pytest
from nodeops_lab.api import machine
from nodeops_lab.settings import PUBLISHED_DISK

from .conftest import REGION, Clients, Network, Template

Templates = Callable[..., Template]
ROOT = "/dev/xvda"


@pytest.fixture
def _followed() -> Iterator[None]:
    """Let a test be the reconciler."""
    machine.follow()
    yield
    machine.follow(False)


followed = pytest.mark.usefixtures("_followed")


@pytest.fixture
def ec2(client: Clients) -> Any:
    return client("ec2")


@pytest.fixture
def instance_id(ec2: Any, network: Network, image: str) -> str:
    """An instance in the network's first zone."""
    return launch(ec2, network, image)


def launch(ec2: Any, network: Network, image_id: str, **options: Any) -> str:
    settings = {"InstanceType": "t3.micro", "SubnetId": network.private[0], **options}
    return str(ec2.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, **settings)["Instances"][0]["InstanceId"])


def describe(ec2: Any, instance_id: str) -> dict[str, Any]:
    answer = ec2.describe_instances(InstanceIds=[instance_id])
    described: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return described


def state(ec2: Any, instance_id: str) -> str:
    return str(describe(ec2, instance_id)["State"]["Name"])


def root_volume(ec2: Any, instance_id: str) -> dict[str, Any]:
    mappings = describe(ec2, instance_id)["BlockDeviceMappings"]
    (volume_id,) = [mapping["Ebs"]["VolumeId"] for mapping in mappings if mapping["DeviceName"] == ROOT]
    volume: dict[str, Any] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    return volume


def code(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the error code of a call that is refused."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def snapshots_of(ec2: Any, image_id: str) -> list[str]:
    mappings = ec2.describe_images(ImageIds=[image_id])["Images"][0]["BlockDeviceMappings"]
    return [mapping["Ebs"]["SnapshotId"] for mapping in mappings]


# States


@followed
@pytest.mark.patch("ec2_instance_states.transitions")
def test_an_instance_reaches_the_states_that_its_host_reaches(ec2: Any, instance_id: str) -> None:
    assert state(ec2, instance_id) == "pending"
    assert code(ec2.stop_instances, InstanceIds=[instance_id]) == "IncorrectInstanceState"
    assert code(ec2.reboot_instances, InstanceIds=[instance_id]) == "IncorrectInstanceState"
    machine.settle(REGION, {instance_id: False})
    assert state(ec2, instance_id) == "pending"
    machine.settle(REGION, {instance_id: True})
    assert state(ec2, instance_id) == "running"
    launched_at = describe(ec2, instance_id)["LaunchTime"]

    ec2.stop_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "stopping"
    assert instance_id in machine.unsettled(REGION)
    assert code(ec2.start_instances, InstanceIds=[instance_id]) == "IncorrectInstanceState"
    machine.settle(REGION, {instance_id: True})
    machine.settle(REGION, {instance_id: False}, busy={instance_id})
    assert state(ec2, instance_id) == "stopping"
    machine.settle(REGION, {instance_id: False})
    assert state(ec2, instance_id) == "stopped"

    ec2.start_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "pending"
    assert describe(ec2, instance_id)["LaunchTime"] >= launched_at
    machine.settle(REGION, {instance_id: True})
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "shutting-down"
    machine.settle(REGION, {instance_id: False})
    assert state(ec2, instance_id) == "shutting-down"
    machine.settle(REGION, {})
    assert state(ec2, instance_id) == "terminated"
    assert instance_id not in machine.unsettled(REGION)


@pytest.mark.patch("ec2_instance_states.transitions")
def test_a_terminated_instance_stays_so(ec2: Any, instance_id: str) -> None:
    ec2.terminate_instances(InstanceIds=[instance_id])
    for call in (ec2.start_instances, ec2.stop_instances, ec2.reboot_instances):
        assert code(call, InstanceIds=[instance_id]) == "IncorrectInstanceState"
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "terminated"


@followed
@pytest.mark.patch("ec2_instance_states.status_checks")
def test_status_checks_tell_what_the_host_tells(ec2: Any, instance_id: str) -> None:
    def checks() -> list[tuple[str, str, str]]:
        (found,) = ec2.describe_instance_status(InstanceIds=[instance_id], IncludeAllInstances=True)["InstanceStatuses"]
        return [
            (check, found[check]["Status"], *(detail["Status"] for detail in found[check].get("Details", [])))
            for check in ("InstanceStatus", "SystemStatus")
        ]

    assert checks() == [("InstanceStatus", "not-applicable"), ("SystemStatus", "not-applicable")]
    machine.settle(REGION, {instance_id: True})
    initializing = [(check, "initializing", "initializing") for check in ("InstanceStatus", "SystemStatus")]
    assert checks() == initializing
    machine.set_health({instance_id: machine.OK})
    assert checks() == [("InstanceStatus", "ok", "passed"), ("SystemStatus", "ok", "passed")]
    machine.set_health({instance_id: machine.IMPAIRED})
    assert checks() == [("InstanceStatus", "impaired", "failed"), ("SystemStatus", "ok", "passed")]
    (found,) = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    assert found["InstanceStatus"]["Details"][0]["ImpairedSince"]


@pytest.mark.patch("ec2_instance_states.attributes")
def test_a_power_off_from_inside_does_as_the_attribute_says(ec2: Any, instance_id: str) -> None:
    machine.shut_down_from_inside(REGION, instance_id)
    described = describe(ec2, instance_id)
    assert (described["State"]["Name"], described["StateReason"]["Code"]) == (
        "stopped",
        "Client.InstanceInitiatedShutdown",
    )
    behaviour = {"InstanceId": instance_id, "InstanceInitiatedShutdownBehavior": {"Value": "terminate"}}
    ec2.modify_instance_attribute(**behaviour)
    attribute = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="instanceInitiatedShutdownBehavior")
    assert attribute["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}
    ec2.start_instances(InstanceIds=[instance_id])
    ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": True})
    machine.shut_down_from_inside(REGION, instance_id)
    assert state(ec2, instance_id) == "terminated"
    behaviour["InstanceInitiatedShutdownBehavior"] = {"Value": "hibernate"}
    assert code(ec2.modify_instance_attribute, **behaviour) == "InvalidParameterValue"


@pytest.mark.patch("ec2_instance_states.attributes")
def test_user_data_changes_while_stopped(ec2: Any, instance_id: str) -> None:
    change = {"InstanceId": instance_id, "UserData": {"Value": b"changed"}}
    assert code(ec2.modify_instance_attribute, **change) == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.modify_instance_attribute(**change)
    read = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(read) == b"changed"


@pytest.mark.patch("ec2_instance_states.attributes")
@pytest.mark.patch("ec2_instance_states.termination_protection")
def test_protected_instances_are_not_terminated(ec2: Any, network: Network, image: str) -> None:
    protected = launch(ec2, network, image, DisableApiTermination=True)
    neighbour = launch(ec2, network, image)
    elsewhere = launch(ec2, network, image, SubnetId=network.private[1])
    everything = [neighbour, elsewhere, protected]
    assert code(ec2.terminate_instances, InstanceIds=everything) == "OperationNotPermitted"
    assert [state(ec2, found) for found in everything] == ["running", "terminated", "running"]
    ec2.modify_instance_attribute(InstanceId=protected, Attribute="disableApiTermination", Value="false")
    ec2.modify_instance_attribute(InstanceId=neighbour, Attribute="disableApiTermination", Value="true")
    ec2.terminate_instances(InstanceIds=[protected])
    assert code(ec2.terminate_instances, InstanceIds=[neighbour]) == "OperationNotPermitted"


@pytest.mark.patch("ec2_addresses.kept_elastic_address")
def test_an_elastic_address_stays_over_a_stop(ec2: Any, network: Network, image: str) -> None:
    instance_id = launch(ec2, network, image, SubnetId=network.public[0])
    assigned = describe(ec2, instance_id)["PublicIpAddress"]
    ec2.stop_instances(InstanceIds=[instance_id])
    assert "PublicIpAddress" not in describe(ec2, instance_id)
    ec2.start_instances(InstanceIds=[instance_id])
    again = describe(ec2, instance_id)
    assert again["PublicIpAddress"] != assigned
    elastic = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=instance_id, AllocationId=elastic["AllocationId"])
    ec2.stop_instances(InstanceIds=[instance_id])
    assert describe(ec2, instance_id)["PublicIpAddress"] == elastic["PublicIp"]
    ec2.start_instances(InstanceIds=[instance_id])
    final = describe(ec2, instance_id)
    assert (final["PublicIpAddress"], final["PrivateIpAddress"]) == (elastic["PublicIp"], again["PrivateIpAddress"])
    ec2.terminate_instances(InstanceIds=[instance_id])
    ec2.release_address(AllocationId=elastic["AllocationId"])


# Images


@followed
@pytest.mark.patch("ec2_images.image_state")
def test_an_image_is_pending_until_its_disk_is_captured(
    ec2: Any, network: Network, image: str, instance_id: str
) -> None:
    assert code(ec2.create_image, InstanceId=instance_id, Name=network.name) == "IncorrectState"
    machine.settle(REGION, {instance_id: True})

    def make(**options: Any) -> str:
        return str(ec2.create_image(InstanceId=instance_id, **options)["ImageId"])

    def told(image_id: str) -> tuple[str, Any]:
        found = ec2.describe_images(ImageIds=[image_id])["Images"][0]
        return found["State"], found.get("StateReason")

    good, bad = make(Name=f"{network.name}-good", NoReboot=True), make(Name=f"{network.name}-bad")
    captures = {capture.snapshot.id: capture for capture in machine.wanted_captures()}
    (good_snapshot,), (bad_snapshot,) = snapshots_of(ec2, good), snapshots_of(ec2, bad)
    assert [captures[found].reboot for found in (good_snapshot, bad_snapshot)] == [False, True]
    assert {captures[found].instance_id for found in (good_snapshot, bad_snapshot)} == {instance_id}
    assert told(good) == ("pending", None)
    filters = [{"Name": "state", "Values": ["pending"]}, {"Name": "name", "Values": [f"{network.name}-*"]}]
    assert len(ec2.describe_images(Filters=filters, Owners=["self"])["Images"]) == 2
    assert code(launch, ec2=ec2, network=network, image_id=good) == "InvalidAMIID.Unavailable"
    machine.captured(good_snapshot)
    machine.capture_failed(bad_snapshot, "the disk is full")
    assert told(good) == ("available", None)
    assert told(bad) == ("failed", {"Code": "Server.InternalError", "Message": "the disk is full"})
    assert code(launch, ec2=ec2, network=network, image_id=bad) == "InvalidAMIID.Unavailable"
    described = ec2.describe_snapshots(SnapshotIds=[bad_snapshot])["Snapshots"][0]
    assert (described["State"], described["StateMessage"]) == ("error", "the disk is full")
    assert machine.disk_of(launch(ec2, network, good)) == good_snapshot
    assert machine.disk_of(instance_id) == PUBLISHED_DISK
    ec2.deregister_image(ImageId=good)
    assert code(launch, ec2=ec2, network=network, image_id=good) == "InvalidAMIID.Unavailable"


@pytest.mark.patch("ec2_images.image_of_instance")
def test_image_names_are_unique_and_well_formed(ec2: Any, network: Network, instance_id: str) -> None:
    ec2.create_image(InstanceId=instance_id, Name=network.name)
    assert code(ec2.create_image, InstanceId=instance_id, Name=network.name) == "InvalidAMIName.Duplicate"
    for name in ("no:colon", "new\nline", "x" * 129):
        assert code(ec2.create_image, InstanceId=instance_id, Name=name) == "InvalidAMIName.Malformed"


@pytest.mark.patch("ec2_images.device_mappings")
@pytest.mark.patch("ec2_volumes.attachments_deletion")
@pytest.mark.patch("ec2_instances.requested_devices")
def test_an_image_has_the_devices_of_its_instance(ec2: Any, network: Network, image: str, client: Clients) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    root = {"VolumeSize": 20, "Encrypted": True, "KmsKeyId": key, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}
    instance_id = launch(
        ec2,
        network,
        image,
        BlockDeviceMappings=[
            {"DeviceName": ROOT, "Ebs": root},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5, "VolumeType": "gp2", "DeleteOnTermination": False}},
        ],
    )
    volume = root_volume(ec2, instance_id)
    assert (volume["Iops"], volume["Throughput"], volume["KmsKeyId"]) == (4000, 250, key)
    assert volume["Attachments"][0]["DeleteOnTermination"] is True
    image_id = ec2.create_image(InstanceId=instance_id, Name=network.name)["ImageId"]
    mappings = ec2.describe_images(ImageIds=[image_id])["Images"][0]["BlockDeviceMappings"]
    assert {
        mapping["DeviceName"]: tuple(
            mapping["Ebs"][name] for name in ("VolumeSize", "VolumeType", "Encrypted", "DeleteOnTermination")
        )
        for mapping in mappings
    } == {ROOT: (20, "gp3", True, True), "/dev/sdf": (5, "gp2", False, False)}
    copy = launch(ec2, network, image_id)
    assert root_volume(ec2, copy)["KmsKeyId"] == key
    volume_ids = [mapping["Ebs"]["VolumeId"] for mapping in describe(ec2, copy)["BlockDeviceMappings"]]
    ec2.terminate_instances(InstanceIds=[copy])
    left = ec2.describe_volumes(Filters=[{"Name": "volume-id", "Values": volume_ids}])["Volumes"]
    assert [(volume["Size"], volume["State"]) for volume in left] == [(5, "available")]


@pytest.mark.patch("ec2_volumes.volume_of_snapshot")
def test_a_volume_is_not_smaller_than_its_snapshot(ec2: Any, network: Network, image: str) -> None:
    mappings = [{"DeviceName": ROOT, "Ebs": {"VolumeSize": 7}}]
    refused = code(launch, ec2=ec2, network=network, image_id=image, BlockDeviceMappings=mappings)
    assert refused == "InvalidBlockDeviceMapping"
    assert root_volume(ec2, launch(ec2, network, image))["Throughput"] == 125


@pytest.mark.patch("ec2_volumes.snapshots_in_use")
@pytest.mark.patch("ec2_images.deregistration")
def test_snapshots_outlive_their_image_unless_told_otherwise(ec2: Any, network: Network, instance_id: str) -> None:
    image_id = ec2.create_image(InstanceId=instance_id, Name=network.name)["ImageId"]
    (snapshot_id,) = snapshots_of(ec2, image_id)
    device = {"DeviceName": ROOT, "Ebs": {"SnapshotId": snapshot_id}}
    second = ec2.register_image(Name=f"{network.name}-2", RootDeviceName=ROOT, BlockDeviceMappings=[device])["ImageId"]
    assert code(ec2.delete_snapshot, SnapshotId=snapshot_id) == "InvalidSnapshot.InUse"
    ec2.deregister_image(ImageId=image_id)
    assert code(ec2.delete_snapshot, SnapshotId=snapshot_id) == "InvalidSnapshot.InUse"
    answer = ec2.deregister_image(ImageId=second, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [{"SnapshotId": snapshot_id, "ReturnCode": "success"}]
    assert code(ec2.describe_snapshots, SnapshotIds=[snapshot_id]) == "InvalidSnapshot.NotFound"


@pytest.mark.patch("ec2_images.image_of_snapshots")
@pytest.mark.patch("ec2_images.copied_image")
@pytest.mark.patch("ec2_volumes.copied_snapshot")
def test_copies_and_registered_images_hold_the_same_disk(ec2: Any, network: Network, instance_id: str) -> None:
    image_id = ec2.create_image(InstanceId=instance_id, Name=network.name)["ImageId"]
    (snapshot_id,) = snapshots_of(ec2, image_id)
    copied = ec2.copy_image(Name=f"{network.name}-c", SourceImageId=image_id, SourceRegion=REGION, Encrypted=True)
    copy = ec2.describe_images(ImageIds=[copied["ImageId"]])["Images"][0]
    (mapping,) = copy["BlockDeviceMappings"]
    assert (copy["RootDeviceName"], mapping["Ebs"]["VolumeSize"], mapping["Ebs"]["Encrypted"]) == (ROOT, 8, True)
    assert mapping["Ebs"]["SnapshotId"] != snapshot_id
    launched = launch(ec2, network, copied["ImageId"])
    assert machine.disk_of(launched) == snapshot_id
    assert root_volume(ec2, launched)["Encrypted"] is True
    device = {"DeviceName": ROOT, "Ebs": {"SnapshotId": snapshot_id, "VolumeSize": 8}}
    registered = {"Name": f"{network.name}-r", "RootDeviceName": ROOT, "BlockDeviceMappings": [device]}
    image_id = ec2.register_image(**registered, Architecture="x86_64", VirtualizationType="hvm")["ImageId"]
    assert snapshots_of(ec2, image_id) == [snapshot_id]
    assert machine.disk_of(launch(ec2, network, image_id)) == snapshot_id
    # A data volume's snapshot holds no system: what is launched from it can have no host.
    volume_id = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    empty = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    device["Ebs"]["SnapshotId"], registered["Name"] = empty, f"{network.name}-e"
    assert machine.disk_of(launch(ec2, network, ec2.register_image(**registered)["ImageId"])) is None
    registered["RootDeviceName"] = "/dev/sda1"
    assert code(ec2.register_image, **{**registered, "Name": "other"}) == "InvalidBlockDeviceMapping"


@pytest.mark.patch("ec2_images.attribute_of_unknown_image")
def test_attributes_of_images(ec2: Any, network: Network, instance_id: str) -> None:
    image_id = ec2.create_image(InstanceId=instance_id, Name=network.name, Description="made")["ImageId"]
    assert ec2.describe_image_attribute(ImageId=image_id, Attribute="description")["Description"] == {"Value": "made"}
    account = {"UserId": "210987654321"}
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [account]})
    permissions = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"]
    assert permissions == [account]
    unknown = {"ImageId": "ami-0123456789abcdef0", "Attribute": "description"}
    assert code(ec2.describe_image_attribute, **unknown) == "InvalidAMIID.NotFound"


# Snapshots and volumes


@followed
@pytest.mark.patch("ec2_volumes.snapshot_of_volume")
@pytest.mark.patch("ec2_volumes.snapshot_state")
def test_a_snapshot_holds_the_disk_of_its_moment(ec2: Any, network: Network, image: str, client: Clients) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    root = {"DeviceName": ROOT, "Ebs": {"VolumeSize": 9, "Encrypted": True, "KmsKeyId": key}}
    data = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}
    instance_id = launch(ec2, network, image, BlockDeviceMappings=[root, data])
    machine.settle(REGION, {instance_id: True})
    specification = {"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "policy"}]}
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id}, TagSpecifications=[specification])
    by_size = {found["VolumeSize"]: found for found in made["Snapshots"]}
    # A data volume exists in the API alone.
    assert [(size, by_size[size]["State"], by_size[size]["Progress"]) for size in (1, 9)] == [
        (1, "completed", "100%"),
        (9, "pending", "0%"),
    ]
    snapshot_id = by_size[9]["SnapshotId"]
    ec2.modify_volume(VolumeId=by_size[9]["VolumeId"], Size=12)
    assert snapshot_id in machine.unsettled(REGION)
    machine.captured(snapshot_id)
    found = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
    assert (found["State"], found["Progress"], found["VolumeSize"], found["KmsKeyId"]) == ("completed", "100%", 9, key)
    assert found["Tags"] == [{"Key": "of", "Value": "policy"}]
    assert snapshot_id in machine.needed_disks(REGION, [])
    abandoned = ec2.create_snapshot(VolumeId=by_size[9]["VolumeId"])["SnapshotId"]
    ec2.delete_snapshot(SnapshotId=abandoned)
    assert abandoned not in {capture.snapshot.id for capture in machine.wanted_captures()}
    machine.captured(abandoned)


@pytest.mark.patch("ec2_volumes.snapshot_of_volume")
def test_the_lab_keeps_no_disk_of_a_terminated_instance(ec2: Any, network: Network, image: str) -> None:
    kept = {"DeviceName": ROOT, "Ebs": {"DeleteOnTermination": False}}
    instance_id = launch(ec2, network, image, BlockDeviceMappings=[kept])
    volume = root_volume(ec2, instance_id)
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"][0]["State"] == "available"
    assert ec2.create_snapshot(VolumeId=volume["VolumeId"])["State"] == "error"


@pytest.mark.patch("ec2_volumes.owners_of_snapshots")
def test_snapshots_by_owner(ec2: Any, network: Network, instance_id: str) -> None:
    image_id = ec2.create_image(InstanceId=instance_id, Name=network.name)["ImageId"]
    (snapshot_id,) = snapshots_of(ec2, image_id)
    own = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot_id in {found["SnapshotId"] for found in own}
    assert {found["OwnerId"] for found in own} == {"123456789012"}


@pytest.mark.patch("ec2_volumes.volume_growth")
def test_a_volume_grows_only(ec2: Any, instance_id: str) -> None:
    volume_id = root_volume(ec2, instance_id)["VolumeId"]
    change = ec2.modify_volume(VolumeId=volume_id, Size=16)["VolumeModification"]
    assert (change["OriginalSize"], change["TargetSize"]) == (8, 16)
    assert root_volume(ec2, instance_id)["Size"] == 16
    assert code(ec2.modify_volume, VolumeId=volume_id, Size=15) == "InvalidParameterValue"
