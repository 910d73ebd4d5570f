# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances: what a launch makes of request, template and image, and what is told about them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from nodeops_lab.api import launch

from ..expectations import refusal

if TYPE_CHECKING:
    from conftest import Network, Template

Clients = Callable[[str], Any]
Templates = Callable[..., "Template"]

ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8, "Encrypted": False}}

TEST_OVERLAY_DEVICES: list[tuple[list[list[dict[str, Any]]], list[dict[str, Any]]]] = [
    ([[ROOT], [], []], [ROOT]),
    (
        [[ROOT], [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "Encrypted": True, "KmsKeyId": None}}], []],
        [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 50, "Encrypted": True}}],
    ),
    (
        [
            [ROOT],
            [{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 9}}],
            [{"DeviceName": "/dev/xvdb", "NoDevice": ""}],
        ],
        [ROOT],
    ),
]


@pytest.mark.parametrize(("layers", "expected"), TEST_OVERLAY_DEVICES)
def test_overlay_devices(layers: list[list[dict[str, Any]]], expected: list[dict[str, Any]]) -> None:
    assert launch.overlay_devices(*layers) == expected


TEST_EMPTIEST = [
    ([("s1", "a"), ("s2", "b")], [], "s1"),
    ([("s1", "a"), ("s2", "b")], ["s1"], "s2"),
    ([("s1", "a"), ("s2", "b")], ["s1", "s2"], "s1"),
    ([("s1", "a"), ("s2", "a"), ("s3", "b")], ["s1", "s3"], "s2"),
    ([("s1", "a"), ("s2", "a"), ("s3", "b")], ["s1", "s2"], "s3"),
    ([("s1", "a"), ("s2", "b")], ["left-the-group"], "s1"),
]


@pytest.mark.parametrize(("candidates", "used", "expected"), TEST_EMPTIEST)
def test_emptiest(candidates: list[tuple[str, str]], used: list[str], expected: str) -> None:
    assert launch.emptiest(candidates, used) == expected


def run(client: Clients, **request: Any) -> dict[str, Any]:
    """Launch one instance and return its description."""
    ec2 = client("ec2")
    instance_id = ec2.run_instances(MinCount=1, MaxCount=1, **request)["Instances"][0]["InstanceId"]
    return dict(ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0])


def volumes(client: Clients, instance: dict[str, Any]) -> list[dict[str, Any]]:
    ids = [mapping["Ebs"]["VolumeId"] for mapping in instance["BlockDeviceMappings"]]
    return list(client("ec2").describe_volumes(VolumeIds=ids)["Volumes"])


def tags(resource: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


@pytest.fixture(scope="module")
def profile(client: Clients) -> str:
    iam = client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName="launched", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName="launched")
    iam.add_role_to_instance_profile(InstanceProfileName="launched", RoleName="launched")
    return "launched"


@pytest.mark.patch("ec2_instances.launch")
def test_template_is_applied_whole(client: Clients, network: Network, template: Templates, profile: str) -> None:
    ec2 = client("ec2")
    ec2.create_key_pair(KeyName=network.name)
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    created = template(
        IamInstanceProfile={"Name": profile},
        KeyName=network.name,
        UserData=base64.b64encode(b"#cloud-config\n").decode(),
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "InstanceMetadataTags": "enabled"},
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"VolumeSize": 50, "VolumeType": "gp3", "Encrypted": True, "KmsKeyId": key},
            }
        ],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "node"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "of", "Value": "node"}]},
        ],
    )
    instance = run(client, LaunchTemplate={"LaunchTemplateName": created.name}, SubnetId=network.private[0])
    assert instance["IamInstanceProfile"]["Arn"] == "arn:aws:iam::123456789012:instance-profile/launched"
    assert instance["KeyName"] == network.name
    assert instance["InstanceType"] == "t3.small"
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert instance["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [network.group_id]
    assert tags(instance)["role"] == "node"
    (volume,) = volumes(client, instance)
    assert (volume["Size"], volume["VolumeType"], volume["Encrypted"], volume["KmsKeyId"]) == (50, "gp3", True, key)
    assert volume["Attachments"][0]["Device"] == "/dev/xvda"
    assert tags(volume) == {"of": "node"}
    user_data = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")["UserData"]
    assert base64.b64decode(user_data["Value"]) == b"#cloud-config\n"


@pytest.mark.patch("ec2_instances.launch")
def test_interface_of_template(client: Clients, network: Network, template: Templates) -> None:
    """Groups and a public address by way of network_interfaces, as for a bastion, in a subnet that maps none."""
    created = template(
        SecurityGroupIds=[],
        NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": [network.group_id]}],
    )
    launched = {"LaunchTemplate": {"LaunchTemplateName": created.name}, "SubnetId": network.private[0]}
    instance = run(client, **launched)
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [network.group_id]
    assert [group["GroupId"] for group in instance["NetworkInterfaces"][0]["Groups"]] == [network.group_id]
    assert instance["PublicIpAddress"].startswith("198.19.81.")
    client("ec2").terminate_instances(InstanceIds=[instance["InstanceId"]])
    interface_id = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidNetworkInterfaceID"):
        client("ec2").describe_network_interfaces(NetworkInterfaceIds=[interface_id])


def test_request_overrides_template(client: Clients, network: Network, template: Templates, profile: str) -> None:
    ec2 = client("ec2")
    other = ec2.create_security_group(GroupName=f"{network.name}-o", Description="other", VpcId=network.vpc_id)
    created = template(
        IamInstanceProfile={"Name": "never-used"},
        MetadataOptions={"HttpTokens": "optional", "InstanceMetadataTags": "enabled"},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3"}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "node"}]}],
    )
    instance = run(
        client,
        LaunchTemplate={"LaunchTemplateName": created.name},
        SubnetId=network.private[0],
        InstanceType="m6i.large",
        IamInstanceProfile={"Name": profile},
        SecurityGroupIds=[other["GroupId"]],
        MetadataOptions={"HttpTokens": "required"},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 60}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "bastion"}]}],
    )
    assert instance["InstanceType"] == "m6i.large"
    assert instance["IamInstanceProfile"]["Arn"].endswith("/launched")
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [other["GroupId"]]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert [(volume["Size"], volume["VolumeType"]) for volume in volumes(client, instance)] == [(60, "gp3")]
    assert tags(instance)["role"] == "bastion"


def test_plain_launch_is_like_the_image(client: Clients, network: Network, image: str) -> None:
    instance = run(client, ImageId=image, InstanceType="t3.micro", SubnetId=network.public[0])
    assert instance["RootDeviceName"] == "/dev/xvda"
    assert [group["GroupName"] for group in instance["SecurityGroups"]] == ["default"]
    assert instance["PublicIpAddress"].startswith("198.19.81.")
    (mapping,) = instance["BlockDeviceMappings"]
    assert (mapping["DeviceName"], mapping["Ebs"]["DeleteOnTermination"]) == ("/dev/xvda", True)
    (volume,) = volumes(client, instance)
    assert (volume["Size"], volume["Encrypted"]) == (8, False)


REFUSED = [
    ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
    ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
    ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
]


@pytest.mark.patch("ec2_instances.launch")
@pytest.mark.parametrize(("request_part", "code"), REFUSED)
def test_unknown_things_are_refused(
    client: Clients, network: Network, image: str, request_part: dict[str, Any], code: str
) -> None:
    request = {"ImageId": image, "InstanceType": "t3.micro", "SubnetId": network.private[0], **request_part}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        run(client, **request)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.patch("ec2_instances.instance_profile_id")
def test_profile_is_described_by_its_id(client: Clients, network: Network, image: str, profile: str) -> None:
    instance = run(client, ImageId=image, SubnetId=network.private[0], IamInstanceProfile={"Name": profile})
    expected = client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    assert instance["IamInstanceProfile"] == {"Arn": expected["Arn"], "Id": expected["InstanceProfileId"]}


@pytest.mark.patch("ec2_instances.replaced_profiles")
def test_a_replaced_profile_is_the_instances(client: Clients, network: Network, image: str, profile: str) -> None:
    ec2, name = client("ec2"), "replacing"
    instance = run(client, ImageId=image, SubnetId=network.private[0], IamInstanceProfile={"Name": profile})
    expected = client("iam").create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    found = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance["InstanceId"]]}]
    )["IamInstanceProfileAssociations"]
    ec2.replace_iam_instance_profile_association(
        AssociationId=found[0]["AssociationId"], IamInstanceProfile={"Name": name}
    )
    described = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert described["IamInstanceProfile"] == {"Arn": expected["Arn"], "Id": expected["InstanceProfileId"]}


@pytest.mark.patch("ec2_instances.console_output")
def test_console_is_the_tail_of_the_log(client: Clients, network: Network, image: str, console_directory: Path) -> None:
    instance_id = run(client, ImageId=image, SubnetId=network.private[0])["InstanceId"]
    read = client("ec2").get_console_output
    assert read(InstanceId=instance_id)["Output"] == ""
    log = console_directory / f"{instance_id}.log"
    log.write_bytes(b"early\n" + b"x" * (64 * 1024 - 5) + b"\xfflast")
    output = read(InstanceId=instance_id)["Output"]
    # boto3 decodes the base64 itself, replacing what is no UTF-8.
    assert len(output) == 64 * 1024
    assert output.startswith("xxx")
    assert output.endswith("\ufffdlast")


@pytest.mark.patch("ec2_launch_templates.own_tags")
def test_tags_of_a_template_are_not_in_its_data(client: Clients, image: str) -> None:
    ec2 = client("ec2")
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "estate", "Value": "one"}]}]
    of_volumes = [{"ResourceType": "volume", "Tags": [{"Key": "estate", "Value": "two"}]}]
    created = [
        ec2.create_launch_template(LaunchTemplateName=name, TagSpecifications=own, LaunchTemplateData=data)
        for name, data in (
            ("tagged", {"ImageId": image}),
            ("tagged-volumes", {"ImageId": image, "TagSpecifications": of_volumes}),
        )
    ]
    assert tags(created[0]["LaunchTemplate"]) == {"estate": "one"}
    data = [
        ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"][0][
            "LaunchTemplateData"
        ]
        for name in ("tagged", "tagged-volumes")
    ]
    assert data == [{"ImageId": image}, {"ImageId": image, "TagSpecifications": of_volumes}]


@pytest.mark.patch("ec2_launch_templates.deleted_versions")
def test_versions_of_a_template_are_deleted_but_for_the_default_one(client: Clients, image: str) -> None:
    ec2 = client("ec2")
    ec2.create_launch_template(LaunchTemplateName="many", LaunchTemplateData={"ImageId": image})

    def add() -> int:
        data = {"ImageId": image, "InstanceType": "t3.micro"}
        version = ec2.create_launch_template_version(LaunchTemplateName="many", LaunchTemplateData=data)
        return int(version["LaunchTemplateVersion"]["VersionNumber"])

    assert [add(), add()] == [2, 3]
    ec2.modify_launch_template(LaunchTemplateName="many", DefaultVersion="2")
    answer = ec2.delete_launch_template_versions(LaunchTemplateName="many", Versions=["1", "2", "3", "9"])
    deleted = [item["VersionNumber"] for item in answer["SuccessfullyDeletedLaunchTemplateVersions"]]
    kept = {
        item["VersionNumber"]: item["ResponseError"]["Code"]
        for item in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    }
    assert (deleted, kept) == ([1, 3], {2: "unexpectedError", 9: "launchTemplateVersionDoesNotExist"})
    assert add() == 4
    left = ec2.describe_launch_template_versions(LaunchTemplateName="many")["LaunchTemplateVersions"]
    assert [version["VersionNumber"] for version in left] == [2, 4]
    gone = {"LaunchTemplateName": "many", "Versions": ["3"]}
    missing = "InvalidLaunchTemplateId.VersionNotFound"
    assert refusal(lambda: ec2.describe_launch_template_versions(**gone)) == missing


@pytest.mark.patch("ec2_launch_templates.version_user_data")
def test_user_data_of_a_later_version(client: Clients, network: Network, template: Templates, image: str) -> None:
    created = template()
    ec2 = client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateName=created.name,
        LaunchTemplateData={"ImageId": image, "UserData": base64.b64encode(b"second").decode()},
    )
    launched_from = {"LaunchTemplateName": created.name, "Version": "$Latest"}
    instance = run(client, LaunchTemplate=launched_from, SubnetId=network.private[0])
    user_data = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")["UserData"]
    assert base64.b64decode(user_data["Value"]) == b"second"
    assert tags(instance)["aws:ec2launchtemplate:version"] == "2"
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidUserData\.Malformed"):
        ec2.create_launch_template_version(
            LaunchTemplateName=created.name, LaunchTemplateData={"UserData": "no base64!"}
        )


@pytest.mark.patch("ec2_launch_templates.source_version")
def test_version_inherits_from_its_source(client: Clients, template: Templates, network: Network, image: str) -> None:
    created = template(KeyName="kept")
    version = client("ec2").create_launch_template_version(
        LaunchTemplateName=created.name, SourceVersion="1", LaunchTemplateData={"InstanceType": "m6i.large"}
    )["LaunchTemplateVersion"]
    assert version["VersionNumber"] == 2
    assert version["LaunchTemplateData"] == {
        "ImageId": image,
        "InstanceType": "m6i.large",
        "KeyName": "kept",
        "SecurityGroupIds": [network.group_id],
    }


@pytest.mark.patch("ec2_images.public_images")
@pytest.mark.patch("ssm.image_parameters")
def test_debian_is_the_public_image(client: Clients) -> None:
    parameter = client("ssm").get_parameter(Name="/aws/service/debian/release/12/latest/amd64")["Parameter"]
    filters = [
        {"Name": "architecture", "Values": ["x86_64"]},
        {"Name": "virtualization-type", "Values": ["hvm"]},
        {"Name": "name", "Values": ["debian-12-amd64-*"]},
    ]
    found = client("ec2").describe_images(Owners=["amazon"], Filters=filters)["Images"]
    assert [(image["ImageId"], image["RootDeviceName"], image["State"]) for image in found] == [
        (parameter["Value"], "/dev/xvda", "available")
    ]
    assert client("ec2").describe_images(Owners=["136693071363"])["Images"] == found
    assert client("ec2").describe_images(ImageIds=[parameter["Value"]])["Images"] == found
    public = [{"Name": "is-public", "Values": ["true"]}]
    assert client("ec2").describe_images(Filters=public)["Images"] == found


@pytest.mark.patch("ec2_images.device_mappings")
def test_root_device_of_the_image(client: Clients, image: str) -> None:
    mappings = client("ec2").describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    snapshot_id = mappings[0]["Ebs"].pop("SnapshotId")
    assert mappings == [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Encrypted": False, "DeleteOnTermination": True},
        }
    ]
    assert client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]["State"] == "completed"


@pytest.mark.patch("ec2_images.image_of_instance")
def test_image_made_of_an_instance(client: Clients, network: Network, template: Templates) -> None:
    ec2 = client("ec2")
    created = template(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "Encrypted": True}}])
    instance = run(client, LaunchTemplate={"LaunchTemplateName": created.name}, SubnetId=network.private[0])
    specifications = [
        {"ResourceType": "image", "Tags": [{"Key": "of", "Value": "image"}]},
        {"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "snapshot"}]},
    ]
    image_id = ec2.create_image(InstanceId=instance["InstanceId"], Name=network.name, TagSpecifications=specifications)[
        "ImageId"
    ]
    image = ec2.describe_images(ImageIds=[image_id], Owners=["self"])["Images"][0]
    (mapping,) = image["BlockDeviceMappings"]
    assert (image["RootDeviceName"], image["RootDeviceType"], tags(image)) == ("/dev/xvda", "ebs", {"of": "image"})
    assert (mapping["Ebs"]["VolumeSize"], mapping["Ebs"]["Encrypted"]) == (50, True)
    snapshot = ec2.describe_snapshots(SnapshotIds=[mapping["Ebs"]["SnapshotId"]])["Snapshots"][0]
    assert (snapshot["VolumeSize"], snapshot["Encrypted"], tags(snapshot)) == (50, True, {"of": "snapshot"})
    copy = run(client, ImageId=image_id, SubnetId=network.private[0])
    assert [(volume["Size"], volume["Encrypted"]) for volume in volumes(client, copy)] == [(50, True)]


# https://docs.aws.amazon.com/ec2/latest/instancetypes/: type, burstable, MiB, architecture, vCPUs
INSTANCE_TYPES = [
    ("t3.micro", True, 1024, "x86_64", 2),
    ("t3.small", True, 2048, "x86_64", 2),
    ("t3.medium", True, 4096, "x86_64", 2),
    ("m6i.large", False, 8192, "x86_64", 2),
    ("m6i.xlarge", False, 16384, "x86_64", 4),
    ("m7i.large", False, 8192, "x86_64", 2),
    ("c6i.large", False, 4096, "x86_64", 2),
    ("r6g.large", False, 16384, "arm64", 2),
    ("m7g.large", False, 8192, "arm64", 2),
]


@pytest.mark.parametrize(("name", "burstable", "memory", "architecture", "cpus"), INSTANCE_TYPES)
def test_instance_types(client: Clients, name: str, burstable: bool, memory: int, architecture: str, cpus: int) -> None:
    (described,) = client("ec2").describe_instance_types(InstanceTypes=[name])["InstanceTypes"]
    assert (
        described["BurstablePerformanceSupported"],
        described["MemoryInfo"]["SizeInMiB"],
        described["ProcessorInfo"]["SupportedArchitectures"],
        described["VCpuInfo"]["DefaultVCpus"],
    ) == (burstable, memory, [architecture], cpus)
