# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs that came and went leave the machine as it was."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from nodeops_lab.settings import CHECKOUT, LabSettings

from .live.live_lab import VPC_CIDR, LiveLab, lab

pytestmark = [pytest.mark.lab, pytest.mark.alone]

LABS = {f"trace{number}": f"198.19.11{number}.0/24" for number in (1, 2, 3)}
# What the kernel and the engine count by themselves, whatever a lab does.
COUNTERS = re.compile(
    r"kernel\.(random|pty|ns_last_pid|sched_domain)|fs\.(dentry|file-nr|inode|quota|aio-nr)|"
    r"net\.netfilter\.nf_conntrack_count|vm\.stat|kernel\.keys|dev\.|debug\.|sunrpc\."
)


def output(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def machine() -> dict[str, set[str]]:
    """Return what a lab could leave on the machine, by kind."""
    engine = docker.from_env()
    settings = subprocess.run(["sysctl", "-a"], check=False, capture_output=True, text=True).stdout.splitlines()
    return {
        "containers": {str(found.name) for found in engine.containers.list(all=True)},
        "networks": {str(found.name) for found in engine.networks.list()},
        "volumes": {str(found.name) for found in engine.volumes.list()},
        "images": {tag for image in engine.images.list() for tag in image.tags},
        "processes": set(processes()),
        "nftables": set(output("nft", "--stateless", "list", "ruleset").splitlines()),
        "iptables": {line for line in output("iptables-save").splitlines() if line.startswith("-A")},
        "interfaces": set(re.findall(r"^\d+: ([^:@]+)", output("ip", "-oneline", "link"), re.MULTILINE)),
        "routes": set(output("ip", "route").splitlines()),
        "kernel settings": {line for line in settings if not COUNTERS.match(line)},
        "control groups": set(control_groups()),
        "files": {path.name for path in (CHECKOUT / ".lab").iterdir()} | set(os.listdir("/tmp")),
    }


def processes() -> Iterator[str]:
    """Return the programs that run, but for those that come and go by themselves."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[0] and int(path.parent.name) != os.getpid():
            yield b" ".join(words).decode(errors="replace").strip()


def control_groups() -> Iterator[str]:
    """Return the control groups outside the engine's present containers."""
    for folder, _folders, _files in os.walk("/sys/fs/cgroup"):
        yield folder


def test_three_labs_in_turn_leave_the_machine_as_it_was() -> None:
    # Images and directories that a first lab makes are meant to stay.
    lab("up", "--public-cidr", "198.19.110.0/24", name="trace0")
    lab("down", name="trace0")
    before = machine()
    for name, public_cidr in LABS.items():
        lab("up", "--vpc-cidr", VPC_CIDR, "--public-cidr", public_cidr, name=name)
        try:
            host = LiveLab(LabSettings.load(name)).launch(wait=False)
            lab("wait", name=name)
            host.run("sudo sysctl -q -w vm.swappiness=11 net.ipv4.tcp_syn_retries=3; sudo docker network create trace")
        finally:
            lab("down", name=name)
    after = machine()
    assert {kind: after[kind] ^ before[kind] for kind in before} == {kind: set() for kind in before}
