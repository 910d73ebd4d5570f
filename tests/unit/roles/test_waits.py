# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait that AWS does not end says: what there is, and what to do. Its modules are stood in for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

#: A module that answers what it is told, whatever it is asked.
STAND_IN = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule

AnsibleModule({{"name": {{}}, "region": {{}}, "filters": {{"type": "dict"}}}}).exit_json(**{answer!r})
"""

GROUPS = [
    {
        "auto_scaling_group_name": "oracle-node",
        "desired_capacity": 2,
        "instances": [
            {"instance_id": "i-1", "lifecycle_state": "InService", "health_status": "Healthy"},
            {"instance_id": "i-2", "lifecycle_state": "Pending:Wait", "health_status": "Healthy"},
        ],
    },
    {"auto_scaling_group_name": "oracle-bastion", "desired_capacity": 1, "instances": []},
]
FAILED = {
    "nat_gateway_id": "nat-1",
    "subnet_id": "subnet-1",
    "state": "failed",
    "failure_message": "Subnet has insufficient free addresses to create this NAT gateway",
}

RESTORED = {
    "__estate_database_id": "restored",
    "__estate_database_source_instances": {"instances": [{}, {}]},
    "estate_database_source_cluster": "oracle-database",
    "estate_database_restore_timeout": 5,
}

#: The tasks, the module that they wait with, its answer, what they know, and what is said.
TEST_WAITS: list[tuple[str, str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "estate_instances/tasks/ready.yml",
        "autoscaling_group_info",
        {"results": GROUPS},
        {},
        [
            "Not every host of estate oracle is in service after ten minutes.",
            "oracle-node wants 2, and has i-1 (InService, Healthy), i-2 (Pending:Wait, Healthy).",
            "oracle-bastion wants 1, and has none.",
            "describe-scaling-activities --region eu-central-1 --auto-scaling-group-name",
        ],
    ),
    (
        "estate_instances/tasks/ready.yml",
        "autoscaling_group_info",
        {"failed": True, "msg": "Failed to describe groups"},
        {},
        ["Not every host of estate oracle is in service: Failed to describe groups"],
    ),
    (
        "estate_database/tasks/ready.yml",
        "rds_instance_info",
        {
            "instances": [
                {"db_instance_identifier": "oracle-1", "db_instance_status": "available"},
                {"db_instance_identifier": "oracle-2", "db_instance_status": "incompatible-parameters"},
            ]
        },
        {"__estate_database_id": "oracle", "__estate_database_instances": {"results": [{}, {}]}},
        [
            "Not every instance of database cluster oracle is available after half an hour.",
            "oracle-1 is available.",
            "oracle-2 is incompatible-parameters.",
        ],
    ),
    (
        "estate_database/tasks/restore_ready.yml",
        "rds_instance_info",
        {"instances": [{"db_instance_identifier": "restored-1", "db_instance_status": "creating"}]},
        RESTORED,
        [
            "Not every instance of cluster restored, which is restored, is available after 5 seconds.",
            "restored-1 is creating.",
            "The nodes still work on cluster oracle-database.",
        ],
    ),
    (
        "estate_database/tasks/restore_ready.yml",
        "rds_instance_info",
        {"failed": True, "msg": "Failed to describe instances"},
        RESTORED,
        ["Not every instance of cluster restored, which is restored, is available: Failed to describe instances"],
    ),
    (
        "estate_network/tasks/gateways_ready.yml",
        "ec2_vpc_nat_gateway_info",
        {"result": [FAILED, {"nat_gateway_id": "nat-2", "subnet_id": "subnet-2", "state": "available"}]},
        {
            "__estate_network_nat_found": {"result": []},
            "__estate_network_nat_created": {"results": [{"state": "pending"}, {"state": "pending"}]},
            "__estate_network_public_subnets": [{"id": "subnet-1"}, {"id": "subnet-2"}],
        },
        [
            "Not every NAT gateway of estate oracle is available.",
            "nat-1 in subnet-1 is failed: Subnet has insufficient free addresses to create this NAT gateway.",
            "aws ec2 delete-nat-gateway --region eu-central-1",
        ],
    ),
]


@pytest.mark.parametrize(("tasks", "module", "answer", "known", "said"), TEST_WAITS)
def test_what_a_wait_says(
    tmp_path: Path, tasks: str, module: str, answer: dict[str, Any], known: dict[str, Any], said: list[str]
) -> None:
    modules = tmp_path / "ansible_collections/amazon/aws/plugins/modules"
    modules.mkdir(parents=True)
    (modules / f"{module}.py").write_text(STAND_IN.format(answer=answer), encoding="utf-8")
    (block,) = play.read(tasks)
    block["block"][0].update(retries=1, delay=0)
    variables = {
        "ansible_python_interpreter": sys.executable,
        "estate_name": "oracle",
        "estate_region": "eu-central-1",
        **known,
    }
    done = play.run(tmp_path, [block], variables, ANSIBLE_CALLBACK_RESULT_FORMAT="json")
    assert done.returncode != 0
    message = json.loads(done.stdout.rsplit("FAILED! => ", 1)[1].split("\n\nPLAY RECAP")[0])["msg"]
    lines = message.splitlines()
    assert [line for line in said if not any(line in told for told in lines)] == [], message
