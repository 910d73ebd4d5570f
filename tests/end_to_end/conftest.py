# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate that the tests look at: the one that the Molecule scenario deployed in its lab."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support import BIN, TOP, Estate


def environment_of(path: Path) -> dict[str, str]:
    """Return the environment of a shell that has read a file of exports."""
    exported = subprocess.run(
        ["sh", "-c", '. "$1" && env -0', "sh", str(path)], capture_output=True, check=True, timeout=30
    ).stdout.decode()
    return dict(pair.split("=", 1) for pair in exported.split("\0") if "=" in pair)


@pytest.fixture(scope="session")
def estate() -> Estate:
    name = os.environ["NODEOPS_LAB_NAME"]
    directory = TOP / ".lab" / name
    environment = environment_of(directory / "env")
    # Molecule points Ansible at its own inventory and configuration; an operator's shell has neither.
    environment = {name: value for name, value in environment.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))}
    environment["ANSIBLE_CONFIG"] = str(TOP / "ansible.cfg")
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    return Estate(name, directory, environment, environment_of(directory / "administrator.env"))
