# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In an account that never had a database RDS makes a role for itself, and refuses until IAM knows it everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

#: A module that fails with a message as often as it is told, whatever it is asked, and then has made something.
STAND_IN = """#!/usr/bin/python
import json
with open({calls!r}, "a+") as file:
    file.write(".")
    file.seek(0)
    number = len(file.read())
print(json.dumps({{"failed": True, "msg": {message!r}}} if number <= {failures} else {{"changed": True}}))
"""

NO_CREDENTIALS = (
    "Failed to create a new subnet group.: An error occurred (InvalidParameterValue) when calling the "
    "CreateDBSubnetGroup operation: Missing necessary credentials. Please check "
    "http://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html"
)
NO_ROLE = (
    "Unable to create DB {}: An error occurred (InvalidParameterValue) when calling the CreateDB{} operation: Unable "
    "to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try "
    "again later"
)
OTHER = (
    "Unable to create DB cluster: An error occurred (InvalidParameterValue) when calling the CreateDBCluster "
    "operation: The parameter MasterUserPassword is not a valid password."
)
KNOWN: dict[str, Any] = {
    "ansible_python_interpreter": sys.executable,
    "__estate_database_name": "oracle-database",
    "__estate_database_id": "oracle-database",
    "__estate_database_tags": {},
    "__estate_database_purges_tags": False,
    "__estate_database_master": {"username": "u", "password": "p"},
    "__estate_database_instance_parameter_group": "g",
    "__estate_database_monitoring_role_arn": "r",
    "estate_name": "oracle",
    "estate_network_private_subnet_ids": ["subnet-1"],
    "estate_network_private_zones": ["a"],
    "estate_database_version": "16.8",
    "estate_database_name": "chainlink",
    "estate_database_port": 5432,
    "estate_security_key_arn": "k",
    "estate_database_instance_class": "db.r6g.large",
    "estate_database_auto_minor_version_upgrade": True,
    "estate_database_maintenance_window": "",
    "estate_database_ca_certificate": "",
    "estate_database_monitoring_interval": 0,
    "estate_database_performance_insights": False,
    "estate_database_multi_az": True,
}

#: The tasks, the module that makes something there, what RDS says, how often, and how often it is asked.
TEST_FIRST_USE: list[tuple[str, str, str, int, int]] = [
    ("parameters.yml", "rds_subnet_group", NO_CREDENTIALS, 2, 3),
    ("parameters.yml", "rds_subnet_group", OTHER, 1, 1),
    ("cluster.yml", "rds_cluster", NO_ROLE.format("cluster", "Cluster"), 2, 3),
    ("cluster.yml", "rds_cluster", OTHER, 1, 1),
    ("instances.yml", "rds_instance", NO_ROLE.format("instance", "Instance"), 2, 3),
    ("instances.yml", "rds_instance", OTHER, 1, 1),
]


def with_module(tasks: Sequence[dict[str, Any]], module: str) -> Iterator[dict[str, Any]]:
    """The tasks of a module, those in blocks as well."""
    for task in tasks:
        if module in task:
            yield task
        yield from with_module(task.get("block", []), module)


@pytest.mark.parametrize(("tasks", "module", "message", "failures", "asked"), TEST_FIRST_USE)
def test_only_a_role_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, tasks: str, module: str, message: str, failures: int, asked: int
) -> None:
    modules = tmp_path / "ansible_collections/amazon/aws/plugins/modules"
    modules.mkdir(parents=True)
    calls = tmp_path / "calls"
    source = STAND_IN.format(calls=str(calls), message=message, failures=failures)
    (modules / f"{module}.py").write_text(source, encoding="utf-8")
    task = next(with_module(play.read(f"estate_database/tasks/{tasks}"), f"amazon.aws.{module}"))
    task.pop("no_log", None)
    if "until" in task:
        task["delay"] = 0
    own = play.read("estate_database/vars/main.yml")
    known = KNOWN | {name: value for name, value in own.items() if name == "__estate_database_role_missing"}
    done = play.run(tmp_path, [task], known)
    assert (calls.read_text(encoding="utf-8"), done.returncode) == ("." * asked, 2 if asked == 1 else 0), done.stdout
    assert ("changed=1" in done.stdout, message in done.stdout) == (asked > 1, asked == 1), done.stdout
