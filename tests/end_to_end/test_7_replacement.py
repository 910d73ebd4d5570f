# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminate it: the standby answers, and an instance that nobody touches stands by in its place. Then once more."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest
from hunt import SEARCH, needles
from nodes import active_and_standby, seconds_to_start, sql, wait_for_replacement, wait_until_served
from operations import by_tag
from support import Estate, recap

# The node's own times (design.md), and what a busy machine may add.
LEASE_SECONDS, POLL_SECONDS, SLACK_SECONDS = 10, 1.1, 8.0


def image_of(estate: Estate) -> dict[str, Any]:
    """Describe the image that replacements are launched from."""
    ec2 = estate.client("ec2")
    template = ec2.describe_launch_template_versions(
        LaunchTemplateName=f"{estate.name}-node", Versions=["$Latest", "$Default"]
    )["LaunchTemplateVersions"]
    (image_id,) = {version["LaunchTemplateData"]["ImageId"] for version in template}
    return dict(ec2.describe_images(ImageIds=[image_id])["Images"][0])


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
    (root,) = image_of(estate)["BlockDeviceMappings"]
    disk = f"{estate.name}-{root['Ebs']['SnapshotId']}"
    found = look_at_disk(disk, "\n".join([*needles(estate).values(), *own.values()]))
    searched, *hits = found.splitlines()
    assert int(searched) > 10000, "the search must have read the disk"
    assert hits == []


def look_at_disk(disk: str, patterns: str) -> str:
    """Run the hunt's search on a captured disk; the patterns go in over standard input."""
    storage = f"nodeops-{disk}:/var/lib/docker:ro"
    command = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--network=none",
        f"--volume={storage}",
        "--entrypoint=python3",
    ]
    answer = subprocess.run(
        [*command, f"nodeops-lab/disk:{disk}", "-c", SEARCH],
        input=patterns,
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


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
        assert host.check_output("ls /var/log/journal") == host.check_output("cat /etc/machine-id")
    fingerprints = {host.check_output("chainlink-image fingerprint") for host in estate.nodes().values()}
    assert fingerprints == {estate.record["image"]["fingerprint"]}


@pytest.mark.long
def test_nothing_is_left_to_do_for_a_playbook(estate: Estate) -> None:
    answer = estate.playbook("playbooks/status.yml")
    assert answer.returncode == 0, answer.stdout[-4000:]
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-4000:]
    counts = recap(answer.stdout)
    assert {host: count["changed"] for host, count in counts.items()} == dict.fromkeys(counts, 0), answer.stdout[-8000:]
