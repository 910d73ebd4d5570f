# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the groups where a run looks at the nodes twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[4]

# (roles of a and b at the first look, at the second, what is refused; "" where the run goes on)
TEST_LOOKS = [
    (("active", "standby"), ("active", "standby"), ""),
    (("active", "standby"), ("down", "down"), ""),
    (("down", "active"), ("standby", "active"), ""),
    (("active", "standby"), ("standby", "active"), "a, b of estate oracle changed between active and standby"),
    (("down", "standby"), ("standby", "active"), "b of estate oracle changed between active and standby"),
]


@pytest.mark.parametrize(("first", "second", "refused"), TEST_LOOKS)
def test_looks(tmp_path: Path, first: tuple[str, str], second: tuple[str, str], refused: str) -> None:
    role = TOP / "roles/estate_operation"
    order = yaml.safe_load((role / "tasks/order.yml").read_text("utf-8"))
    tasks: list[dict[str, Any]] = []
    for roles in (first, second):
        for name, seen in zip("ab", roles, strict=True):
            report = {"host": name, "role": seen}
            tasks.append(
                {"ansible.builtin.add_host": {"name": name, "groups": "nodes", "chainlink_node_health": report}}
            )
        tasks += order
    known = yaml.safe_load((role / "vars/main.yml").read_text("utf-8")) | {"estate_name": "oracle"}
    play = {"hosts": "localhost", "gather_facts": False, "vars": known, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    (tmp_path / "ansible.cfg").touch()
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "play.yml"],
        cwd=tmp_path,
        env=os.environ | {"ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg")},
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode == 0) == (refused == ""), done.stdout
    assert refused in " ".join(done.stdout.split())
