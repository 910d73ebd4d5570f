# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS Backup refuses while it does not know its role yet is tried again. Its module is stood in for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

#: A module that fails so many times with what it is told, and writes down each time.
STAND_IN = """#!/usr/bin/python
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

names = ("backup_plan_name", "selection_name", "iam_role_arn")
module = AnsibleModule({{**{{name: {{}} for name in names}}, "resources": {{"type": "list"}}}})
calls = Path({calls!r})
calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
if len(calls.read_text()) <= {failures}:
    module.fail_json(msg={message!r})
module.exit_json(changed=True)
"""
BEGINNING = "Failed to create selection: An error occurred ({}) when calling the CreateBackupSelection operation: {}"
ASSUMED = "IAM Role arn:aws:iam::1:role/oracle-backup-eu-central-1 cannot be assumed by AWS Backup"
TAGS = "User: arn:aws:sts::1:assumed-role/oracle-backup/AWSBackup is not authorized to call tag:GetResources"
OTHER = "User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole"

# (error, how often it comes, calls, whether there is a selection)
TEST_SELECTION: list[tuple[str, int, int, bool]] = [
    ("", 0, 1, True),
    (BEGINNING.format("InvalidParameterValueException", ASSUMED), 2, 3, True),
    (BEGINNING.format("AccessDeniedException", TAGS), 2, 3, True),
    (BEGINNING.format("InvalidParameterValueException", ASSUMED), 99, 4, False),
    (BEGINNING.format("AccessDeniedException", OTHER), 1, 1, False),
]


@pytest.mark.parametrize(("message", "failures", "calls", "made"), TEST_SELECTION)
def test_a_selection(tmp_path: Path, message: str, failures: int, calls: int, made: bool) -> None:
    modules = tmp_path / "ansible_collections/amazon/aws/plugins/modules"
    modules.mkdir(parents=True)
    counted = tmp_path / "calls"
    text = STAND_IN.format(calls=str(counted), failures=failures, message=message)
    (modules / "backup_selection.py").write_text(text, encoding="utf-8")
    (task,) = [
        task for task in play.read("estate_backup/tasks/plan_aws_backup.yml") if "amazon.aws.backup_selection" in task
    ]
    assert task["retries"] * task["delay"] == 120
    task.update(retries=3, delay=0)
    known = {
        "ansible_python_interpreter": sys.executable,
        "__estate_backup_plan": "oracle-backup",
        "__estate_backup_plans": {"backup_plans": []},
        "__estate_backup_planned_cluster_arn": "arn:aws:rds:eu-central-1:1:cluster:oracle-database",
        "__estate_backup_role_arns": "arn:aws:iam::1:role",
        "__estate_backup_roles": {"aws_backup": {"name": "oracle-backup-eu-central-1"}},
    }
    done = play.run(tmp_path, [task], known)
    assert (done.returncode == 0) == made, done.stdout
    assert len(counted.read_text(encoding="utf-8")) == calls
    assert made or message in " ".join(done.stdout.replace("\\", "").split())
