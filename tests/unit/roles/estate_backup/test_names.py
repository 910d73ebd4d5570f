# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot may be called, as Ansible judges it: the tasks before the one that asks AWS."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

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
    tasks = play.read("estate_backup/tasks/main.yml")
    asks = next(number for number, task in enumerate(tasks) if "amazon.aws.rds_cluster_snapshot" in task)
    known = {"estate_name": estate, "estate_backup_release": release, "estate_backup_reason": reason}
    done = play.run(tmp_path, tasks[:asks], known)
    assert (done.returncode == 0) == (said == ""), done.stdout
    assert said in " ".join(done.stdout.split())
