# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estimate counts what site.yml would make of the same variables."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[2]

#: What the guides tell to run. It needs no credentials.
DOCUMENTED = "ansible-playbook -i localhost, -e @my-inventory/group_vars/all.yml nodeops.chainlink.cost"
GUIDES = ("docs/first-estate.md", "docs/operations/cost.md")

BASE = {
    "NAT gateways": 1460.0,
    "bastion (t3.micro)": 730.0,
    "alarms": 14.0,
    "dashboards": 1.0,
    "secrets": 5.0,
    "images of hosts": 10.0,
    "snapshots of the node hosts": 15.0,
}
"""What tests/estate/table.py says of an estate of the smallest inventory; hours of a month where it runs."""

#: The variables, and what of BASE is different then; None: no such line.
TEST_COUNTS: list[tuple[dict[str, Any], dict[str, float | None]]] = [
    ({}, {}),
    ({"estate_bastion_count": 0}, {"bastion (t3.micro)": None}),
    ({"estate_network_nat_gateways": "one"}, {"NAT gateways": 730.0, "alarms": 13.0}),
    (
        {"estate_network_existing": {"vpc_id": "vpc-1"}, "estate_observability_dashboard": False},
        {"NAT gateways": None, "alarms": 12.0, "dashboards": None},
    ),
    (
        {"estate_database_multi_az": False, "estate_database_instance_class": "db.serverless"},
        {"database, serverless": 1460.0, "alarms": 11.0},
    ),
    (
        {"estate_ui_zone": "example.org", "estate_p2p_enabled": True, "estate_network_endpoints": ["logs", "kms"]},
        {"load balancers": 1460.0, "interface endpoints, in two zones": 2920.0},
    ),
    ({"estate_observability_alarms": False}, {"alarms": None}),
    (
        {"estate_image_bake": False, "estate_backup_method": "aws_backup"},
        {"images of hosts": None, "snapshots of the node hosts": None},
    ),
    (
        {"estate_cost_image_gib": 4, "estate_cost_host_snapshot_gib": "7.5"},
        {"images of hosts": 4.0, "snapshots of the node hosts": 7.5},
    ),
]


@pytest.mark.parametrize(("variables", "different"), TEST_COUNTS)
def test_counts(variables: dict[str, Any], different: dict[str, float | None]) -> None:
    documented = DOCUMENTED.replace("my-inventory", "inventory").replace("nodeops.chainlink.cost", "playbooks/cost.yml")
    program, *arguments = shlex.split(documented)
    without_credentials = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    answer = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments, "-vv", "--extra-vars", json.dumps(variables)],
        cwd=TOP,
        env={**without_credentials, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    result = answer.stdout.split("TASK [Add up", 1)[1].split("localhost] => ", 1)[1].split("\n\n", 1)[0]
    counted = {line["what"]: line["quantity"] for line in json.loads(result)["lines"]}
    expected = {**BASE, **different}
    assert {what: counted.get(what) for what in expected} == expected


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_name_the_line(guide: str) -> None:
    assert DOCUMENTED in (TOP / guide).read_text(encoding="utf-8").splitlines()
