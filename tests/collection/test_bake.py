# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is made of a standby that this run has proven, and of nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
ACTIVE = {"host": "i-1", "role": "active", "release": "2.46.0"}

# What was seen of each node host; None: nothing, as where the playbook is run alone.
TEST_SEEN: list[dict[str, dict[str, str] | None]] = [{}, {"i-1": None}, {"i-1": ACTIVE}, {"i-1": ACTIVE, "i-2": None}]


@pytest.mark.parametrize("seen", TEST_SEEN, ids=str)
def test_refused_without_a_standby(tmp_path: Path, seen: dict[str, dict[str, str] | None]) -> None:
    hosts = [
        {"name": name, "groups": "nodes"} | ({} if health is None else {"chainlink_node_health": health})
        for name, health in seen.items()
    ]
    tasks = [{"ansible.builtin.add_host": host} for host in hosts]
    before: dict[str, Any] = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    play = tmp_path / "play.yml"
    play.write_text(yaml.safe_dump([before, {"import_playbook": str(TOP / "playbooks/bake.yml")}]), encoding="utf-8")
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(play)],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    assert "No node of the estate has been seen as a standby in this run" in answer.stdout
