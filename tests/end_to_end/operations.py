# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an operator's playbooks: to their end, to a refusal, or only half-way."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from typing import Any

import pytest
from nodes import empty_database, health
from support import Estate


def deploy_anew(estate: Estate, release: str, *arguments: str, **variables: Any) -> str:
    """Deploy a release over an empty database, and prove it; return everything that Ansible printed."""
    empty_database(estate)
    # TOML is for 2.x.
    additions: dict[str, Any] = {"chainlink_extra_config": ""} if release.startswith("1.") else {}
    additions |= variables
    answer = estate.playbook(
        "site.yml",
        *arguments,
        chainlink_release={"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": release},
        estate_record_allow_release_change=True,
        **additions,
    )
    assert answer.returncode == 0, answer.stdout[-4000:]
    return answer.stdout + answer.stderr


def releases(estate: Estate) -> set[str]:
    return {health(estate, instance_id)["release"] for instance_id in estate.nodes()}


def by_tag(estate: Estate) -> dict[str, str]:
    """Return the release that runs as an operator names it: without the digest that was found for it."""
    return {key: value for key, value in estate.record["release"].items() if key != "digest"}


def succeed(estate: Estate, name: str, **variables: Any) -> str:
    answer = estate.playbook(f"playbooks/{name}.yml", **variables)
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr[-2000:]
    return answer.stdout


def fail(estate: Estate, name: str, **variables: Any) -> str:
    answer = estate.playbook(f"playbooks/{name}.yml", **variables)
    assert answer.returncode != 0, answer.stdout[-6000:]
    return re.sub(r"\s+", " ", answer.stdout)


def assert_unlocked(estate: Estate) -> None:
    """See that an operation that has changed nothing keeps nobody away."""
    ssm = estate.client("ssm")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=f"/nodeops/{estate.name}/lock")


def interrupt(estate: Estate, name: str, when_stopped: str, **variables: Any) -> None:
    """Run a playbook and kill it at the moment when it has stopped the node of a host."""
    running = estate.start_playbook(f"playbooks/{name}.yml", **variables)
    try:
        deadline = time.monotonic() + 600
        while unit_state(estate, when_stopped) not in ("inactive", "failed"):
            assert running.poll() is None, f"it ended before it stopped the node:\n{estate.started.read_text()[-6000:]}"
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        running.kill()
        running.communicate()


def wait_for_words(estate: Estate, running: subprocess.Popen[str], words: str) -> None:
    """Wait until the playbook that was started last has printed these words."""
    deadline = time.monotonic() + 300
    while words not in estate.started.read_text(encoding="utf-8"):
        assert running.poll() is None, estate.started.read_text(encoding="utf-8")[-6000:]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def unit_state(estate: Estate, instance_id: str) -> str:
    """Return the state of the node's unit, or why the host does not answer: its bastion may be rebooting."""
    try:
        return str(estate.host(instance_id).run("systemctl is-active chainlink.service").stdout.strip())
    except RuntimeError as error:
        return str(error)


def printed_way_back(estate: Estate, output: str) -> dict[str, str]:
    """Return the variables of the command that a failure after the handover prints, word for word."""
    found = re.search(r"ansible-playbook -i \S+/aws_ec2\.yml nodeops\.chainlink\.restore ((?:-e \S+ ?)+)", output)
    assert found, output[-3000:]
    words = shlex.split(found.group(1).replace('"', ""))
    variables = dict(word.split("=", 1) for word in words if word != "-e")
    assert variables["estate_restore_confirm"] == estate.name
    return variables
