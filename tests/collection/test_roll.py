# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What upgrade.yml and migrate.yml share does nothing where nothing is to be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]


def test_nothing_to_do(tmp_path: Path) -> None:
    plan = {"hosts": "localhost", "gather_facts": False, "tasks": []}
    plan["tasks"] = [{"ansible.builtin.set_fact": {"estate_upgrade_plan": {"state": "done", "operation": "upgrade"}}}]
    play = tmp_path / "play.yml"
    play.write_text(yaml.safe_dump([plan, {"import_playbook": str(TOP / "playbooks/roll.yml")}]), encoding="utf-8")
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(play)],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "changed=0" in answer.stdout
