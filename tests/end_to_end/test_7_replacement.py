# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminate it: the standby answers, and an instance that nobody touches stands by in its place. Then once more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hunt import hunt_in_the_image, image_of
from nodes import active_and_standby, seconds_to_start, sql, wait_for_replacement, wait_until_served
from operations import by_tag
from playbook_output import recap
from support import Estate

# The node's own times (docs/operations/failover.md), and what a busy machine may add.
LEASE_SECONDS, POLL_SECONDS, SLACK_SECONDS = 10, 1.1, 8.0


@pytest.fixture(scope="module")
def rows(estate: Estate) -> list[list[Any]]:
    """Rows that must outlive every host: one that no node knows, and the node's keys."""
    sql(
        estate,
        "CREATE TABLE IF NOT EXISTS outlasting_rows (said text)",
        "INSERT INTO outlasting_rows VALUES ('before the first termination')",
    )
    return stored(estate)


def stored(estate: Estate) -> list[list[Any]]:
    keys = sql(estate, "SELECT encrypted_keys::text FROM encrypted_key_rings")
    return keys + sql(estate, "SELECT said FROM outlasting_rows")


def test_replacements_are_launched_from_an_image_of_what_was_proven(estate: Estate) -> None:
    image, record = image_of(estate), estate.record
    tags = {tag["Key"]: tag["Value"] for tag in image["Tags"]}
    fingerprints = {host.check_output("chainlink-image fingerprint") for host in estate.nodes().values()}
    assert record["image"] == {"id": image["ImageId"], "fingerprint": tags["nodeops:fingerprint"]}
    assert fingerprints == {tags["nodeops:fingerprint"]}, "both hosts are what a replacement will be"
    assert (tags["nodeops:estate"], tags["nodeops:release"]) == (estate.name, record["release"]["tag"])
    (root,) = image["BlockDeviceMappings"]
    snapshot = estate.client("ec2").describe_snapshots(SnapshotIds=[root["Ebs"]["SnapshotId"]])["Snapshots"][0]
    key = estate.client("kms").describe_key(KeyId=f"alias/{estate.name}")["KeyMetadata"]["Arn"]
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, key)


def test_the_image_has_no_secret_and_nothing_that_only_one_host_may_be(estate: Estate) -> None:
    """Look at the disk as it lies there, before any host has started with it."""
    own = {}
    for instance_id, host in estate.nodes().items():
        own[f"machine id of {instance_id}"] = host.check_output("cat /etc/machine-id")
        for kind in ("ed25519", "ecdsa", "rsa"):
            key = host.check_output(f"cat /etc/ssh/ssh_host_{kind}_key").splitlines()
            own[f"{kind} host key of {instance_id}"] = key[len(key) // 2]
        own[f"key of the operator on {instance_id}"] = host.check_output("cat /home/*/.ssh/authorized_keys").split()[1]
    hunt_in_the_image(estate, own)


@pytest.mark.parametrize("time_", ["first", pytest.param("second", marks=pytest.mark.long)])
def test_a_terminated_active_is_replaced_by_a_standby_with_nobodys_help(
    estate: Estate, rows: list[list[Any]], time_: str
) -> None:
    active, standby = active_and_standby(estate)
    terminated = time.time()
    estate.client("ec2").terminate_instances(InstanceIds=[active])
    served = wait_until_served(estate, standby, seconds=60) - terminated
    limit = LEASE_SECONDS + POLL_SECONDS + seconds_to_start(estate, standby) + SLACK_SECONDS
    new = wait_for_replacement(estate, active, standby)
    print(f"{time_}: served after {served:.1f} s, limit {limit:.1f} s; stood by after {time.time() - terminated:.1f} s")
    assert served <= limit
    assert active_and_standby(estate) == (standby, new)
    assert stored(estate) == rows


def test_a_replacement_is_a_host_of_its_own_and_like_the_others(estate: Estate) -> None:
    identities = [
        set(host.check_output("cat /etc/machine-id /etc/ssh/ssh_host_*_key.pub && hostname").splitlines())
        for host in estate.nodes().values()
    ]
    assert not set.intersection(*identities)
    for host in estate.nodes().values():
        assert host.check_output("systemctl is-system-running") == "running"
        machine = host.check_output("cat /etc/machine-id")
        # The second is systemd's directory for what the node says, which is in memory.
        assert set(host.check_output("ls /var/log/journal").split()) <= {machine, f"{machine}.chainlink"}
        assert host.run("find /var/log/journal/*.chainlink -type f | grep .").rc != 0
    fingerprints = {host.check_output("chainlink-image fingerprint") for host in estate.nodes().values()}
    assert fingerprints == {estate.record["image"]["fingerprint"]}


@pytest.fixture
def made(estate: Estate) -> Iterator[list[str]]:
    """Images that the estate has had, newest first, behind them one that was not finished and one of another estate."""
    ec2, (_active, standby) = estate.client("ec2"), active_and_standby(estate)
    finished = {"nodeops:fingerprint": "0" * 32}
    kinds = [{"nodeops:estate": "another", **finished}, {}, *({**finished} for _number in range(3))]
    images: list[str] = []
    for number, tags in enumerate(kinds):
        tags = {"nodeops:estate": estate.name, "nodeops:role": "node-image", **tags}
        image = ec2.create_image(
            InstanceId=standby,
            Name=f"{estate.name}-former-{number}",
            NoReboot=True,
            TagSpecifications=[
                {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
                for kind in ("image", "snapshot")
            ],
        )["ImageId"]
        images.insert(0, image)
        ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        time.sleep(1)  # creation dates have seconds
    yield images
    for image in ec2.describe_images(Owners=["self"])["Images"]:
        if image["ImageId"] in images:
            ec2.deregister_image(ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)


@pytest.mark.long
def test_older_images_are_retired_by_count_with_their_snapshots(estate: Estate, made: list[str]) -> None:
    ec2, used = estate.client("ec2"), image_of(estate)["ImageId"]
    newest, newer, oldest, unfinished, of_another = made
    snapshots = {
        image["ImageId"]: image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        for image in ec2.describe_images(ImageIds=made)["Images"]
    }
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-4000:]
    images = {image["ImageId"] for image in ec2.describe_images(Owners=["self"])["Images"]}
    assert images == {used, newest, newer, of_another}, "three are kept, and that in use is one of them"
    kept = {snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert kept.isdisjoint({snapshots[oldest], snapshots[unfinished]})
    assert kept >= {snapshots[newest], snapshots[newer], snapshots[of_another]}
    assert image_of(estate)["ImageId"] == used


@pytest.mark.long
def test_nothing_is_left_to_do_for_a_playbook(estate: Estate) -> None:
    answer = estate.playbook("playbooks/status.yml")
    assert answer.returncode == 0, answer.stdout[-4000:]
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-4000:]
    counts = recap(answer.stdout)
    assert {host: count["changed"] for host, count in counts.items()} == dict.fromkeys(counts, 0), answer.stdout[-8000:]
