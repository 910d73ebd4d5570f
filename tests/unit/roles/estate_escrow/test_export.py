# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the export says where the program that encrypts cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]


def test_a_distribution_without_the_package_is_told_what_to_do(tmp_path: Path) -> None:
    step = {"name": "Export", "ansible.builtin.include_tasks": str(TOP / "roles/estate_escrow/tasks/export.yml")}
    play = {"name": "Export", "hosts": "localhost", "gather_facts": False, "tasks": [step]}
    playbook = tmp_path / "export.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    # In check mode, so that no package is looked for anywhere.
    answer = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "ansible-playbook"), "--check", "--inventory", "localhost,"),
            *("--connection", "local", "--extra-vars", json.dumps({"estate_escrow_packages": ["age-of-nobody"]})),
            str(playbook),
        ],
        cwd=TOP,
        env={**os.environ, "ANSIBLE_CONFIG": str(TOP / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    said = " ".join(answer.stdout.split())
    assert answer.returncode != 0
    assert "age-of-nobody, which encrypts them for every kind of recipient, could not be installed on localhost" in said
    assert """run this again with -e '{"estate_escrow_packages": []}'""" in said
