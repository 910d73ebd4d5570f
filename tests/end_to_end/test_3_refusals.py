# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused with one clear error before anything is created, all problems together."""

from __future__ import annotations

from typing import Any

import pytest
from playbook_output import recap
from support import Estate

CHAINS_WITHOUT_SCHEME = [
    {
        "network": "Ethereum-Sepolia",
        "rpc": [{"name": "primary", "ws_url": "rpc.invalid/ws", "http_url": "https://rpc.invalid"}],
    }
]
UNKNOWN_NETWORK = [
    {
        "network": "Ethereum-Nowhere",
        "rpc": [{"name": "primary", "ws_url": "wss://rpc.invalid", "http_url": "https://rpc.invalid"}],
    }
]
RELEASE = {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "latest"}

# What the operator writes, and the variable and the words that the error must name.
TEST_REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"estate_region": ""}, ["estate_region"]),
    ({"chainlink_chains": UNKNOWN_NETWORK}, ["chainlink_chains", "Ethereum-Nowhere"]),
    ({"chainlink_chains": CHAINS_WITHOUT_SCHEME}, ["chainlink_chains", "ws_url"]),
    ({"estate_admin_cidrs": ["0.0.0.0/0"]}, ["estate_admin_cidrs", "0.0.0.0/0"]),
    ({"estate_nodes_instance_type": "t3.large"}, ["estate_nodes_instance_type", "t3.large"]),
    ({"estate_nodes_instance_type": "c6i.medium"}, ["estate_nodes_instance_type", "c6i.medium"]),
    ({"chainlink_keystore_password": "Short-canary-1"}, ["chainlink_keystore_password"]),
    ({"chainlink_api_password": "Ends-in-a-blank-canary "}, ["chainlink_api_password"]),
    ({"chainlink_release": RELEASE}, ["chainlink_release", "latest"]),
]


def assert_nothing_was_created(estate: Estate, name: str) -> None:
    found = estate.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "nodeops:estate", "Values": [name]}]
    )["ResourceTagMappingList"]
    assert found == []


def assert_refused(estate: Estate, variables: dict[str, Any], expected: list[str]) -> None:
    answer = estate.playbook("site.yml", estate_name="refused", **variables)
    output = answer.stdout + answer.stderr
    assert answer.returncode != 0, output
    counts = recap(answer.stdout)["localhost"]
    assert (counts["failed"], counts["changed"]) == (1, 0), output
    for words in expected:
        assert words in output, output
    for secret in ("Short-canary-1", "Ends-in-a-blank-canary", "rpc.invalid/ws"):
        assert secret not in output
    assert_nothing_was_created(estate, "refused")


@pytest.mark.parametrize(("variables", "expected"), TEST_REFUSED, ids=lambda value: ",".join(value))
def test_refused(estate: Estate, variables: dict[str, Any], expected: list[str]) -> None:
    assert_refused(estate, variables, expected)


def test_all_problems_are_reported_together(estate: Estate) -> None:
    everything: dict[str, Any] = {}
    words: list[str] = []
    for variables, expected in TEST_REFUSED:
        everything |= variables
        words.append(expected[0])
    assert_refused(estate, everything, sorted(set(words)))


def test_the_release_is_not_changed_in_passing(estate: Estate) -> None:
    """The node's one-way door: a newer release migrates the database, an older one then refuses to start."""
    running = estate.record["release"]
    answer = estate.playbook("site.yml", chainlink_release={**running, "tag": "2.30.1"})
    output = answer.stdout + answer.stderr
    assert answer.returncode != 0
    counts = recap(answer.stdout)["localhost"]
    assert (counts["failed"], counts["changed"]) == (1, 0), output
    assert running["tag"] in output
    assert "2.30.1" in output
