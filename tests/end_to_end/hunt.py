# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hunt for the values that Secrets Manager holds, in every place where they could lie.

The node quotes its RPC URLs, keys included, in what it says of an endpoint that fails. That is in memory on its host,
and in its own streams of the estate's encrypted log group; in these two places, and in no other, the hunt spares them.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import docker
from support import Estate
from testinfra.host import Host

NODE_JOURNAL = "the journal in memory of what the node says"
SHORTEST_SECRET = 12  # shorter strings would be found by accident


def needles(estate: Estate) -> dict[str, str]:
    """Return every secret in the spellings that it could leak in."""
    found = {}
    for name, value in estate.secrets().items():
        assert len(value) >= SHORTEST_SECRET, f"{name} is too short to hunt for"
        found[name] = value
        for spelling, text in {
            "json": json.dumps(value)[1:-1],
            "percent": quote(value, safe=""),
            "base64": base64.b64encode(value.encode()).decode(),
        }.items():
            if text != value:
                found[f"{name} ({spelling})"] = text
    assert len(found) >= 6
    return found


def rpc_urls(estate: Estate) -> dict[str, str]:
    """Return the needles that are URLs of the estate's RPC endpoints, now or formerly, as they are written."""
    return {
        name: value
        for name, value in needles(estate).items()
        if name.removeprefix("former ").startswith(f"{estate.name}/rpc#")
        and value.startswith(("wss://", "ws://", "https://", "http://"))
    }


def assert_clean(estate: Estate, where: str, haystack: str, *, said_by_the_node: bool = False) -> None:
    """Assert that no secret is there.

    Args:
        estate: the estate whose secrets they are.
        where: what the haystack is.
        haystack: all of it.
        said_by_the_node: whether it is the node's own log, where its RPC URLs may stand.
    """
    spared = rpc_urls(estate) if said_by_the_node else {}
    leaked = [name for name, value in needles(estate).items() if value in haystack and name not in spared]
    assert leaked == [], f"found in {where}: {leaked}"


def own_process(host: Host) -> str:
    """Return the process id of the host's node."""
    return host.check_output("docker inspect --format '{{.State.Pid}}' chainlink")


def hunt_on_the_hosts(estate: Estate, *, environment_of_the_node: bool) -> None:
    """Hunt in processes, containers, images and journals.

    Args:
        environment_of_the_node: whether to look into the environment of the node's own process, too. A 1.x node can
            take its settings no other way.
    """
    for instance_id, host in estate.nodes().items():
        spared = "" if environment_of_the_node else f" | grep -v '^/proc/{own_process(host)}/'"
        files = f"ls -d /proc/[0-9]*/environ{spared}"
        texts = {
            "command lines": "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'",
            "environments": f"{files} | xargs cat 2>/dev/null | tr '\\0' '\\n'",
            "docker inspect": "docker inspect $(docker ps -aq)",
            "images": (
                "docker image inspect $(docker image ls -q); docker history --no-trunc $(docker image ls -q | head -1)"
            ),
            "the journal": "journalctl --no-pager --output=json",
            NODE_JOURNAL: "journalctl --namespace=chainlink --no-pager --output=json",
        }
        for where, command in texts.items():
            text = host.run(command).stdout
            assert len(text) > 100, f"{where} of {instance_id} must have been read"
            assert_clean(estate, f"{where} on {instance_id}", text, said_by_the_node=where == NODE_JOURNAL)


def hunt_in_files(estate: Estate) -> None:
    """Hunt in every file of every host, the engine's storage included, but for what is in memory only."""
    patterns = "\n".join(needles(estate).values())
    hosts = {**estate.nodes(), **{i["InstanceId"]: estate.host(i["InstanceId"]) for i in estate.instances("bastion")}}
    for instance_id in hosts:
        # The patterns go in over standard input: in an argument they would be a leak themselves.
        answer = estate.run_on(instance_id, ["python3", "-c", SEARCH], text=patterns)
        searched, *hits = answer.splitlines()
        assert int(searched) > 1000, "the search must have read the host's files"
        assert hits == [], f"found on {instance_id}: {hits}"


# Reads the needles from standard input; prints how many files it read, then the files that hold one.
SEARCH = """
import os, sys
needles = [line.encode() for line in sys.stdin.read().splitlines()]
in_memory = {fields[1] for fields in map(str.split, open('/proc/mounts')) if fields[2] in
             ('tmpfs', 'proc', 'sysfs', 'devtmpfs', 'devpts', 'cgroup', 'cgroup2', 'mqueue')}
count, hits = 0, []
for folder, folders, files in os.walk('/'):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in in_memory]
    for name in files:
        path = os.path.join(folder, name)
        if not os.path.isfile(path) or os.path.islink(path):
            continue
        try:
            with open(path, 'rb') as file:
                content = file.read()
        except FileNotFoundError:
            continue
        count += 1
        if any(needle in content for needle in needles):
            hits.append(path)
print(count)
for path in hits:
    print(path)
"""


def hunt_in_aws(estate: Estate) -> None:
    """Hunt in what AWS shows: user data, consoles, launch templates, the record and the log streams."""
    ec2 = estate.client("ec2")
    for instance in [*estate.instances("node"), *estate.instances("bastion")]:
        data = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
        text = base64.b64decode(data["UserData"].get("Value", "")).decode()
        assert_clean(estate, "user data", text)
        console = ec2.get_console_output(InstanceId=instance["InstanceId"], Latest=True)
        assert "SSH HOST KEY" in console["Output"]
        assert_clean(estate, "console", console["Output"])
    assert_clean(estate, "the estate record", json.dumps(estate.record))
    templates = ec2.describe_launch_template_versions(Versions=["$Latest"])
    assert_clean(estate, "launch templates", json.dumps(templates, default=str))
    logs = estate.client("logs")
    for stream in logs.describe_log_streams(logGroupName=f"/{estate.name}/node")["logStreams"]:
        events = logs.get_log_events(
            logGroupName=f"/{estate.name}/node", logStreamName=stream["logStreamName"], limit=10000
        )["events"]
        assert events, f"log stream {stream['logStreamName']} is empty"
        said = "\n".join(event["message"] for event in events)
        # The watch writes into streams of its own, and quotes nothing.
        by_the_node = stream["logStreamName"].startswith("i-") and not stream["logStreamName"].endswith("-watch")
        assert_clean(estate, f"log stream {stream['logStreamName']}", said, said_by_the_node=by_the_node)


def hunt_in_the_region(estate: Estate) -> None:
    """Hunt in the lab's own logs, and what the machine's engine can say of its containers."""
    for path in estate.directory.rglob("*.log"):
        assert_clean(estate, str(path), path.read_text(encoding="utf-8", errors="replace"))
    engine = docker.from_env()
    for container in engine.containers.list(all=True, filters={"label": f"nodeops.lab={estate.name}"}):
        assert_clean(estate, f"docker inspect {container.name}", json.dumps(container.attrs))
        assert_clean(estate, f"the output of {container.name}", container.logs().decode(errors="replace"))


def image_of(estate: Estate) -> dict[str, Any]:
    """Describe the image that replacements are launched from."""
    ec2 = estate.client("ec2")
    template = ec2.describe_launch_template_versions(
        LaunchTemplateName=f"{estate.name}-node", Versions=["$Latest", "$Default"]
    )["LaunchTemplateVersions"]
    (image_id,) = {version["LaunchTemplateData"]["ImageId"] for version in template}
    return dict(ec2.describe_images(ImageIds=[image_id])["Images"][0])


def hunt_in_the_image(estate: Estate, others: Mapping[str, str] = MappingProxyType({})) -> None:
    """Hunt on the disk of the image as it lies there, before any host has started with it; for others as well."""
    (root,) = image_of(estate)["BlockDeviceMappings"]
    disk = f"{estate.name}-{root['Ebs']['SnapshotId']}"
    command = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--network=none",
        f"--volume=nodeops-{disk}:/var/lib/docker:ro",
        "--entrypoint=python3",
    ]
    # The patterns go in over standard input, as on the hosts.
    answer = subprocess.run(
        [*command, f"nodeops-lab/disk:{disk}", "-c", SEARCH],
        input="\n".join([*needles(estate).values(), *others.values()]),
        text=True,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    searched, *hits = answer.stdout.splitlines()
    assert int(searched) > 10000, "the search must have read the disk"
    assert hits == []
