# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot may be called, as Ansible judges it: the tasks before the one that asks AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[4]
LONGEST = "e" * 20

# (estate, release, reason, what is said; "" where the name is taken)
TEST_NAMES = [
    ("oracle", "2.46.0", "before-migration", ""),
    (LONGEST, "2.46.0", "r" * 20, ""),
    (LONGEST, "2.46.0", "r" * 21, "names of at most 63 characters: write a reason of at most 20."),
    (LONGEST, "", "r" * 20, "names of at most 63 characters: write a reason of at most 19."),
    ("oracle", "2.46.0", "Before", "estate_backup_reason is 'Before'; write a few words of a-z and 0-9"),
    ("oracle", "2.46.0", "before--it", "estate_backup_reason is 'before--it'; write a few words"),
]


@pytest.mark.parametrize(("estate", "release", "reason", "said"), TEST_NAMES)
def test_names(tmp_path: Path, estate: str, release: str, reason: str, said: str) -> None:
    tasks: list[dict[str, Any]] = yaml.safe_load((TOP / "roles/estate_backup/tasks/main.yml").read_text("utf-8"))
    asks = next(number for number, task in enumerate(tasks) if "amazon.aws.rds_cluster_snapshot" in task)
    known = {"estate_name": estate, "estate_backup_release": release, "estate_backup_reason": reason}
    play = {"hosts": "localhost", "gather_facts": False, "vars": known, "tasks": tasks[:asks]}
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
    assert (done.returncode == 0) == (said == ""), done.stdout
    assert said in " ".join(done.stdout.split())
