# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is retired of the images of node hosts. That they are made and used, tests/end_to_end shows."""

from __future__ import annotations

from typing import Any

import yaml
from region import Region

NAME = "pictures"


def image(ec2: Any, instance: str, name: str, estate: str = NAME) -> tuple[str, str]:
    """Make an image as the role tags it; return its id and its snapshot's."""
    tags = [{"Key": "nodeops:estate", "Value": estate}, {"Key": "nodeops:role", "Value": "node-image"}]
    specifications = [{"ResourceType": kind, "Tags": tags} for kind in ("image", "snapshot")]
    made = ec2.create_image(InstanceId=instance, Name=name, NoReboot=True, TagSpecifications=specifications)["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[made])
    (described,) = ec2.describe_images(ImageIds=[made])["Images"]
    return made, described["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]


def test_a_snapshot_without_its_image_is_not_left(region: Region) -> None:
    """The removal of an image may be cut short between the image and its snapshot."""
    ec2, estate = region.client("ec2"), region.estate(NAME)
    base = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=base, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    (old, of_old), (wanted, of_wanted) = image(ec2, instance, "old"), image(ec2, instance, "wanted")
    (cut_short, left), (_others, of_another) = image(ec2, instance, "cut"), image(ec2, instance, "another", "elsewhere")
    ec2.deregister_image(ImageId=cut_short)

    find = {
        "name": "Find the images",
        "amazon.aws.ec2_ami_info": {
            "region": region.name,
            "owners": ["self"],
            "filters": {"tag:nodeops:estate": NAME, "tag:nodeops:role": "node-image"},
        },
        "register": "__estate_image_found",
    }
    role = {"name": "nodeops.chainlink.estate_image", "tasks_from": "retire"}
    # The template was found with the old image, and has the wanted one since.
    former = {"version_number": 1, "default_version": True, "launch_template_data": {"image_id": old}}
    retire = {
        "name": "Retire",
        "ansible.builtin.include_role": role,
        "vars": {"__estate_image_wanted": wanted, "__estate_image_versions": [former], "estate_image_keep": 1},
    }
    playbook = estate.directory / "retire.yml"
    here = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = {"hosts": "localhost", "gather_facts": False, "vars": here, "tasks": [find, retire]}
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")

    def standing() -> set[str]:
        return {item["SnapshotId"] for item in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}

    before = standing()
    assert before >= {of_old, of_wanted, left, of_another}
    estate.run(str(playbook), "--check").succeeded()
    assert standing() == before
    estate.run(str(playbook)).succeeded()
    assert before - standing() == {of_old, left}
    assert old not in {item["ImageId"] for item in ec2.describe_images(Owners=["self"])["Images"]}
    assert estate.run(str(playbook)).succeeded().changed == []

    # The removal of the whole estate finds such a snapshot, too.
    ec2.deregister_image(ImageId=wanted)
    retire["ansible.builtin.include_role"] = {**role, "tasks_from": "remove"}
    playbook.write_text(yaml.safe_dump([{**play, "tasks": [retire]}], sort_keys=False), encoding="utf-8")
    estate.run(str(playbook)).succeeded()
    assert before - standing() == {of_old, left, of_wanted}
    ec2.terminate_instances(InstanceIds=[instance])
