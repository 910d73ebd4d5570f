# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vault that holds backups keeps the role with which AWS Backup deletes them. The modules are stood in for."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

#: A module that answers what it is told, and writes down what it is asked.
STAND_IN = """#!/usr/bin/python
import json
import sys
from pathlib import Path

from ansible.module_utils import basic

basic._load_params()
given = json.loads(basic._ANSIBLE_ARGS)["ANSIBLE_MODULE_ARGS"]
given = {{key: value for key, value in given.items() if not key.startswith("_ansible_")}}
with Path({calls!r}).open("a") as calls:
    calls.write(json.dumps(given) + "\\n")
answer = {answer!r}
print(json.dumps(answer))
sys.exit(1 if answer.get("failed") else 0)
"""
HOLDS = {
    "failed": True,
    "msg": "Failed to delete the Backup Vault: An error occurred (InvalidRequestException) when calling the "
    "DeleteBackupVault operation: Backup vault cannot be deleted because it contains recovery points.",
}
DENIED = {"failed": True, "msg": "Failed to delete the Backup Vault: An error occurred (AccessDeniedException)"}

# (what the vault's module answers, whether the tasks end well, the state of the role)
TEST_VAULT: list[tuple[dict[str, Any], bool, list[str]]] = [
    ({"changed": True, "vault": {"number_of_recovery_points": 0}}, True, ["absent"]),
    ({"changed": False, "exists": False}, True, ["absent"]),
    (HOLDS, True, ["present"]),
    (DENIED, False, []),
]


@pytest.mark.parametrize(("answer", "well", "states"), TEST_VAULT)
def test_the_role_of_a_vault(tmp_path: Path, answer: dict[str, Any], well: bool, states: list[str]) -> None:
    modules = tmp_path / "ansible_collections/amazon/aws/plugins/modules"
    modules.mkdir(parents=True)
    answers = {
        "backup_plan": {"changed": True},
        "backup_plan_info": {"backup_plans": []},
        "backup_selection": {"changed": True},
        "backup_vault": answer,
        "iam_role": {"changed": True},
    }
    for name, told in answers.items():
        text = STAND_IN.format(answer=told, calls=str(tmp_path / name))
        (modules / f"{name}.py").write_text(text, encoding="utf-8")
    shutil.copy(play.ROLES / "estate_backup/tasks/plan_role.yml", tmp_path)
    known = {
        **play.read("estate_backup/vars/main.yml"),
        "ansible_python_interpreter": sys.executable,
        "estate_name": "oracle",
        "estate_region": "eu-central-1",
        "estate_account_id": "123456789012",
        "estate_partition": "aws-cn",
    }
    done = play.run(tmp_path, play.read("estate_backup/tasks/remove_aws_backup.yml"), known)
    assert (done.returncode == 0) == well, done.stdout
    assert well or answer["msg"] in " ".join(done.stdout.split())
    asked = tmp_path / "iam_role"
    roles = [json.loads(line) for line in asked.read_text(encoding="utf-8").splitlines()] if asked.exists() else []
    assert [role.get("state", "present") for role in roles] == states
    assert {role["name"] for role in roles} <= {"oracle-backup-eu-central-1"}
    for role in roles if states == ["present"] else []:
        (statement,) = role["assume_role_policy_document"]["Statement"]
        assert statement["Principal"] == {"Service": "backup.amazonaws.com"}
        assert role["managed_policies"] == [
            "arn:aws-cn:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
        ]
        words = " ".join(done.stdout.split())
        assert "Vault oracle-backup holds backups, so it stays with what they cost until they expire" in words
        assert "aws iam delete-role --role-name oracle-backup-eu-central-1" in words
