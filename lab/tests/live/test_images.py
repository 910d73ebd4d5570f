# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is a host's disk at one moment; an instance keeps its own over stops, and goes when it says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import docker
import docker.errors
import pytest

from .live_lab import Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

NODE = "public.ecr.aws/chainlink/chainlink:1.12.0"
IDENTITY = "cat /etc/machine-id /etc/hostname /etc/ssh/ssh_host_ed25519_key.pub /var/lib/cloud/data/instance-id"
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"
# What a host is made of, one line each: a capability, an upper layer's opaque directory and a hard link in the
# engine's storage, and an installed container.
PREPARE = f"""
set -e
sudo docker pull -q {NODE}
sudo docker run -d --name standing --restart always --entrypoint sleep {NODE} infinity
sudo docker exec -u root standing sh -c 'rm -rf /etc/apt && mkdir /etc/apt && echo new > /etc/apt/new'
echo kept | sudo tee /srv/file /run/file /etc/hosts.extra > /dev/null
sudo install /bin/ping /srv/ping && sudo setcap cap_net_raw=p /srv/ping
sudo hostnamectl set-hostname renamed
"""
FOUND = """
cat /srv/file; sudo getcap /srv/ping; sudo ls -A /run/file 2>&1; sudo docker images --format '{{.Repository}}:{{.Tag}}'
sudo docker exec standing ls -A /etc/apt; sudo docker info --format '{{.Driver}}'
"""
EXPECTED = [
    "kept",
    "/srv/ping cap_net_raw=p",
    "ls: cannot access '/run/file': No such file or directory",
    NODE,
    "new",
    "overlay2",
]


@dataclass
class Story:
    """A host, two images of it, and an instance launched from each."""

    live: LiveLab
    origin: Host
    images: dict[str, str]
    copies: dict[str, Host]
    facts: dict[str, Any]


def state_of(live: LiveLab, image_id: str) -> str:
    """Return an image's state."""
    return str(live.client("ec2").describe_images(ImageIds=[image_id])["Images"][0]["State"])


def make_image(live: LiveLab, host: Host, **options: Any) -> tuple[str, float]:
    """Make an image; return its id and how many seconds it was pending."""
    ec2 = live.client("ec2")
    began = time.monotonic()
    image_id: str = ec2.create_image(InstanceId=host.instance_id, Name=f"live {time.time()}", **options)["ImageId"]
    assert state_of(live, image_id) == "pending"
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidAMIID\.Unavailable"):
        live.launch(ImageId=image_id, wait=False)
    until(lambda: state_of(live, image_id) != "pending", 180)
    assert state_of(live, image_id) == "available"
    return image_id, time.monotonic() - began


@pytest.fixture(scope="module")
def story(live: LiveLab) -> Iterator[Story]:
    origin = live.launch()
    origin.run(PREPARE)
    facts = {"identity": origin.run(IDENTITY), "first boot": origin.run(BOOT_ID)}
    running, seconds = make_image(live, origin, NoReboot=True)
    print(f"image of a running host: {seconds:.1f} s")
    until(origin.reachable, 120)
    facts["boot after NoReboot"] = origin.run(BOOT_ID)
    # As whoever makes an image to launch many instances from has to.
    origin.run("sudo truncate -s 0 /etc/machine-id && sudo docker rm -f standing && echo later | sudo tee /srv/file")
    rebooted, seconds = make_image(live, origin)
    print(f"image of a host that is rebooted for it: {seconds:.1f} s")
    images = {"running": running, "prepared": rebooted}
    began = time.monotonic()
    script = "#!/bin/sh\necho started > /srv/by-user-data\n"
    copies = {
        name: live.launch(zone=zone, ImageId=image_id, UserData=script, wait=False)
        for zone, (name, image_id) in enumerate(images.items())
    }
    lab("wait")
    print(f"two instances of them: {time.monotonic() - began:.1f} s")
    yield Story(live, origin, images, copies, facts)
    live.terminate(origin, *copies.values())


def test_an_instance_starts_with_the_disk_of_the_image(story: Story) -> None:
    copy = story.copies["running"]
    assert copy.run("systemctl is-system-running; systemctl is-active docker") == "running\nactive"
    assert copy.run(FOUND).splitlines() == EXPECTED
    assert story.copies["prepared"].run("cat /srv/file") == "later"
    assert story.copies["prepared"].run("systemctl is-system-running; sudo docker ps -q") == "running"


def test_no_reboot_means_none_and_the_default_reboots(story: Story) -> None:
    assert story.facts["boot after NoReboot"] == story.facts["first boot"]
    assert story.origin.run(BOOT_ID) != story.facts["first boot"]


def test_it_is_an_instance_of_its_own(story: Story) -> None:
    machine_id, name, host_key, _instance_id = story.facts["identity"].splitlines()
    assert machine_id.startswith("ec2")
    assert name == "renamed"
    prepared = story.copies["prepared"]
    seen = {machine_id}
    for copy in story.copies.values():
        copied_machine_id, copied_name, copied_host_key, copied_instance_id = copy.run(IDENTITY).splitlines()
        assert copied_instance_id == copy.instance_id
        assert copied_host_key != host_key
        assert copied_name == f"ip-{copy.address.replace('.', '-')}"
        assert copy.run("cat /srv/by-user-data") == "started"
        assert not copy.run("ls -A /usr/local/share/ca-certificates").replace("nodeops-lab.crt", "")
        if copy is prepared:
            assert copied_machine_id not in seen
        else:
            # As on AWS: cloud-init makes new host keys, but leaves the machine id.
            assert copied_machine_id == machine_id
    assert story.origin.run(BOOT_ID) not in {copy.run(BOOT_ID) for copy in story.copies.values()}


def instance(live: LiveLab, host: Host) -> dict[str, Any]:
    """Describe a host's instance."""
    answer = live.client("ec2").describe_instances(InstanceIds=[host.instance_id])
    described: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return described


def test_stop_and_start_keep_disk_and_elastic_address(story: Story) -> None:
    live, copy = story.live, story.copies["running"]
    ec2 = live.client("ec2")
    elastic = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=copy.instance_id, AllocationId=elastic["AllocationId"])
    both = [copy.instance_id, story.copies["prepared"].instance_id]
    other = story.copies["prepared"]
    with pytest.raises(botocore.exceptions.ClientError, match="IncorrectInstanceState"):
        ec2.modify_instance_attribute(InstanceId=copy.instance_id, UserData={"Value": b"new"})
    ec2.stop_instances(InstanceIds=both)
    assert instance(live, copy)["State"]["Name"] == "stopping"
    lab("wait")
    assert instance(live, copy)["State"]["Name"] == "stopped"
    assert instance(live, copy)["PublicIpAddress"] == elastic["PublicIp"]
    assert "PublicIpAddress" not in instance(live, other)
    ec2.modify_instance_attribute(InstanceId=copy.instance_id, UserData={"Value": b"new"})
    ec2.start_instances(InstanceIds=both)
    assert instance(live, copy)["State"]["Name"] == "pending"
    lab("wait")
    started = instance(live, copy)
    assert (started["State"]["Name"], started["PrivateIpAddress"], started["PublicIpAddress"]) == (
        "running",
        copy.address,
        elastic["PublicIp"],
    )
    assert instance(live, other)["PublicIpAddress"] not in ("", other.public_address)
    copy.public_address, other.public_address = elastic["PublicIp"], instance(live, other)["PublicIpAddress"]
    until(copy.reachable, 120)
    assert copy.run("cat /srv/file") == "kept"
    until(lambda: copy.ssh("sudo docker ps --format '{{.Names}}'").stdout == "standing\n", 120)
    token = "curl -sS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token"
    read = f'curl -sS -H "X-aws-ec2-metadata-token: $({token})" http://169.254.169.254/latest/user-data'
    assert copy.run(read) == "new"
    ec2.release_address(AllocationId=elastic["AllocationId"])


def status(live: LiveLab, host: Host) -> tuple[str, str]:
    """Return the results of the instance's and the system's status check."""
    answer = live.client("ec2").describe_instance_status(InstanceIds=[host.instance_id], IncludeAllInstances=True)
    checks = answer["InstanceStatuses"][0]
    return checks["InstanceStatus"]["Status"], checks["SystemStatus"]["Status"]


def test_status_checks_tell_of_a_dead_host_until_it_is_rebooted(story: Story) -> None:
    live, copy = story.live, story.copies["prepared"]
    until(lambda: status(live, copy) == ("ok", "ok"), 120)
    container = docker.from_env().containers.get(f"nodeops-{live.settings.name}-{copy.instance_id}")
    container.kill()
    until(lambda: status(live, copy) == ("impaired", "ok"), 120)
    assert instance(live, copy)["State"]["Name"] == "running"
    live.client("ec2").reboot_instances(InstanceIds=[copy.instance_id])
    until(lambda: status(live, copy)[0] == "initializing", 120)
    lab("wait")
    until(lambda: status(live, copy) == ("ok", "ok"), 120)


def test_a_power_off_from_inside_ends_the_instance_and_a_reboot_does_not(story: Story) -> None:
    live, copy = story.live, story.copies["prepared"]
    ec2 = live.client("ec2")
    boot_id = copy.run(BOOT_ID)
    copy.ssh("sudo shutdown -r now")
    until(lambda: copy.ssh(BOOT_ID).stdout.strip() not in ("", boot_id), 120)
    assert instance(live, copy)["State"]["Name"] == "running"
    copy.ssh("sudo poweroff")
    until(lambda: instance(live, copy)["State"]["Name"] == "stopped", 120)
    assert instance(live, copy)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    ec2.modify_instance_attribute(InstanceId=copy.instance_id, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    ec2.start_instances(InstanceIds=[copy.instance_id])
    lab("wait")
    copy.public_address = instance(live, copy)["PublicIpAddress"]
    until(copy.reachable, 120)
    copy.ssh("sudo systemctl poweroff")
    until(lambda: instance(live, copy)["State"]["Name"] in ("shutting-down", "terminated"), 120)
    lab("wait")
    assert instance(live, copy)["State"]["Name"] == "terminated"


def test_a_disk_lives_as_long_as_its_snapshot(story: Story) -> None:
    ec2, image_id = story.live.client("ec2"), story.images["prepared"]
    described = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    snapshot_id = described["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    name = story.live.settings.name
    engine = docker.from_env()
    engine.images.get(f"nodeops-lab/disk:{name}-{snapshot_id}")
    with pytest.raises(botocore.exceptions.ClientError, match=r"InvalidSnapshot\.InUse"):
        ec2.delete_snapshot(SnapshotId=snapshot_id)
    ec2.deregister_image(ImageId=image_id)
    ec2.delete_snapshot(SnapshotId=snapshot_id)

    def gone() -> bool:
        try:
            engine.volumes.get(f"nodeops-{name}-{snapshot_id}")
        except docker.errors.NotFound:
            return not engine.images.list(f"nodeops-lab/disk:{name}-{snapshot_id}")
        return False

    until(gone, 120)
