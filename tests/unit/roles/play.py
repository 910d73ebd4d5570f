# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs single tasks of a role on this machine, as Ansible does, with nothing of the operator's configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
PLAYBOOK = str(Path(sys.executable).parent / "ansible-playbook")


def read(path: str) -> Any:
    """What a YAML file of a role holds, by its path below roles/."""
    return yaml.safe_load((ROLES / path).read_text(encoding="utf-8"))


def run(
    directory: Path, tasks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run tasks on localhost; collections are found in directory, which has to be empty but for them."""
    play = {"hosts": "localhost", "gather_facts": False, "vars": dict(variables), "tasks": list(tasks)}
    (directory / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    (directory / "ansible.cfg").touch()
    settings = {"ANSIBLE_CONFIG": str(directory / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(directory)}
    return subprocess.run(
        [PLAYBOOK, "--inventory", "localhost,", "--connection", "local", "play.yml"],
        cwd=directory,
        env=os.environ | settings | environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )
