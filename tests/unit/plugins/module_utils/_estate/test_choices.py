# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import choices

EXISTING = {
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-1", "subnet-2"],
    "private_subnet_tags": {"tier": "private"},
}
SERVICES = ", ".join(choices.ENDPOINTS)
NEW_ONLY = "is for a network that the estate makes, and estate_network_existing names one; leave one of them out"

TEST_GOOD: list[dict[str, Any]] = [
    {},
    {"estate_network_existing": {}},
    {
        "estate_network_existing": EXISTING,
        "estate_network_cidr": "10.42.0.0/16",
        "estate_network_nat_gateways": "per_zone",
    },
    {
        "estate_network_existing": {
            "vpc_tags": {"Name": "a"},
            "public_subnet_tags": {"t": "1"},
            "private_subnet_ids": ["subnet-1"],
        }
    },
    {"estate_network_nat_gateways": "none", "estate_network_endpoints": ["logs", "secretsmanager", "ssm"]},
    {"estate_bastion_count": 0, "estate_access_ssm": True},
    {"estate_bastion_count": 2, "estate_access_ssm": True, "estate_connection_via": "ssm"},
    {"estate_account_expected": "123456789012", "estate_network_zones": ["eu-central-1a", "eu-central-1b"]},
    {"estate_instances_image": "ubuntu-24.04", "estate_ssh_user": "ubuntu"},
    {"estate_instances_image": "amazon-linux-2023", "estate_ssh_user": "ec2-user"},
    {"estate_ssh_user": "admin"},
    # Of an image of one's own nobody else knows the user.
    {"estate_ssh_user": "oracle", "estate_nodes_image_parameter": "/our/image"},
]

# (inputs, problems)
TEST_PROBLEMS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        {"estate_account_expected": "1234"},
        [("estate_account_expected", "'1234' is not an AWS account id; write its 12 digits in quotes")],
    ),
    ({"estate_bastion_count": 3}, [("estate_bastion_count", "3 must be one of 0, 1, 2")]),
    ({"estate_bastion_count": True}, [("estate_bastion_count", "True must be one of 0, 1, 2")]),
    (
        {"estate_bastion_count": 0},
        [("estate_bastion_count", "0 leaves no way to the nodes; set estate_access_ssm to true, or run a bastion")],
    ),
    (
        {"estate_connection_via": "ssm"},
        [("estate_connection_via", "ssm needs estate_access_ssm; set it to true")],
    ),
    (
        {"estate_connection_via": "bastion", "estate_bastion_count": 0, "estate_access_ssm": True},
        [("estate_connection_via", "bastion needs one, and estate_bastion_count is 0; set it to ssm")],
    ),
    (
        {"estate_connection_via": "carrier-pigeon"},
        [("estate_connection_via", "'carrier-pigeon' must be one of bastion, ssm")],
    ),
    (
        {"estate_network_nat_gateways": "none", "estate_network_endpoints": ["ssm"], "estate_access_ssm": True},
        [
            (
                "estate_network_nat_gateways",
                "none leaves the nodes without a way to logs, secretsmanager, ssmmessages; add them to "
                "estate_network_endpoints",
            )
        ],
    ),
    (
        {"estate_network_nat_gateways": "two"},
        [("estate_network_nat_gateways", "'two' must be one of per_zone, one, none")],
    ),
    (
        {"estate_network_endpoints": ["s3", "ecr.api", "logs", "logs"]},
        [
            ("estate_network_endpoints", f"'s3' must be one of {SERVICES}"),
            ("estate_network_endpoints", f"'ecr.api' must be one of {SERVICES}"),
            ("estate_network_endpoints", "logs stands in it more than once"),
        ],
    ),
    ({"estate_network_endpoints": "logs"}, [("estate_network_endpoints", f"must be a list of {SERVICES}")]),
    (
        {"estate_network_flow_logs": "some"},
        [("estate_network_flow_logs", "'some' must be one of none, accept, all, reject")],
    ),
    ({"estate_network_tenancy": "host"}, [("estate_network_tenancy", "'host' must be one of default, dedicated")]),
    (
        {"estate_network_zones": ["eu-central-1a", "eu-central-1a"]},
        [("estate_network_zones", "must be a list of two availability zones, such as eu-central-1a and eu-central-1b")],
    ),
    (
        {"estate_network_zones": ["eu-central-1a", "Frankfurt"]},
        [("estate_network_zones", "'Frankfurt' is not the name of an availability zone")],
    ),
    (
        {
            "estate_network_existing": EXISTING,
            "estate_network_cidr": "10.43.0.0/16",
            "estate_network_tenancy": "dedicated",
            "estate_network_nat_gateways": "one",
        },
        [
            ("estate_network_cidr", NEW_ONLY),
            ("estate_network_tenancy", NEW_ONLY),
            ("estate_network_nat_gateways", NEW_ONLY),
        ],
    ),
    (
        {"estate_network_existing": "vpc-1"},
        [("estate_network_existing", "must be a mapping with vpc_id or vpc_tags, and ids or tags of the subnets")],
    ),
    (
        {
            "estate_network_existing": {
                "vpc_id": "10.0.0.0/16",
                "vpc_tags": {"Name": "shared"},
                "public_subnet_ids": ["subnet-1", "vpc-1"],
                "private_subnet_tags": {"tier": 1},
                "subnets": [],
            }
        },
        [
            (
                "estate_network_existing",
                "subnets is not known; it knows private_subnet_ids, private_subnet_tags, public_subnet_ids, "
                "public_subnet_tags, vpc_id, vpc_tags",
            ),
            ("estate_network_existing", "must name the network by vpc_id or by vpc_tags, one of the two"),
            ("estate_network_existing", "private_subnet_tags must be a mapping of tags to their values"),
            ("estate_network_existing", "vpc_id: '10.0.0.0/16' is not an id that begins with vpc-"),
            ("estate_network_existing", "public_subnet_ids: 'vpc-1' is not an id that begins with subnet-"),
        ],
    ),
    (
        {"estate_network_existing": {"vpc_id": "vpc-1"}},
        [
            (
                "estate_network_existing",
                "must name its public subnets by public_subnet_ids or by public_subnet_tags, one of the two",
            ),
            (
                "estate_network_existing",
                "must name its private subnets by private_subnet_ids or by private_subnet_tags, one of the two",
            ),
        ],
    ),
    (
        {"estate_instances_image": "windows"},
        [("estate_instances_image", "'windows' must be one of amazon-linux-2023, debian-12, ubuntu-24.04")],
    ),
    (
        {"estate_instances_image": "ubuntu-24.04", "estate_ssh_user": "admin"},
        [("estate_ssh_user", "admin does not exist on ubuntu-24.04, whose user is ubuntu")],
    ),
]


@pytest.mark.parametrize("inputs", TEST_GOOD)
def test_good_choices(inputs: dict[str, Any]) -> None:
    assert choices.problems(inputs, lambda program: f"/usr/bin/{program}") == []


@pytest.mark.parametrize(("inputs", "expected"), TEST_PROBLEMS)
def test_problems(inputs: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert choices.problems(inputs, lambda program: f"/usr/bin/{program}") == expected


def test_sessions_need_two_programs() -> None:
    inputs = {"estate_bastion_count": 0, "estate_access_ssm": True}
    assert choices.problems(
        inputs, lambda program: None if program == "session-manager-plugin" else "/usr/bin/aws"
    ) == [
        (
            "estate_connection_via",
            "ssm needs session-manager-plugin on this machine, and the PATH has none; install them, or reach the nodes "
            "through a bastion",
        )
    ]
