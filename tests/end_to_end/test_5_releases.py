# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: the same playbook deploys every release of it over an empty database, proven, and nothing leaks.

Each with two chains, and for one of them a second endpoint that is sent transactions only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hunt import assert_clean, hunt_in_aws, hunt_in_files, hunt_in_the_region, hunt_on_the_hosts
from nodeops_lab import ethereum
from nodeops_lab.settings import LabSettings
from nodes import active_and_standby, sql
from operations import by_tag, deploy_anew, releases
from support import Estate

pytestmark = pytest.mark.long

RELEASES = ("1.12.0", "1.13.3", "2.9.0", "2.29.0", "2.30.1", "2.46.0")
SEPOLIA, AMOY = "11155111", "80002"


def endpoint(chain_id: str, name: str, send_only: bool = False) -> dict[str, Any]:
    ws_url, http_url = ethereum.endpoint_urls(chain_id, f"canary-{secrets.token_hex(16)}")
    return {"name": name, "ws_url": None if send_only else ws_url, "http_url": http_url, "send_only": send_only}


@pytest.fixture(scope="module")
def chains(estate: Estate) -> Iterator[list[dict[str, Any]]]:
    """Two chains for a while; afterwards those of the inventory again."""
    yield [
        {"network": "Ethereum-Sepolia", "rpc": [endpoint(SEPOLIA, "primary"), endpoint(SEPOLIA, "backup", True)]},
        {"network": "Polygon-Amoy", "rpc": [endpoint(AMOY, "amoy")]},
    ]
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-4000:]


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_deploys_and_proves(estate: Estate, chains: list[dict[str, Any]], release: str) -> None:
    output = deploy_anew(estate, release, "-vvv", "--diff", chainlink_chains=chains)
    for host, role in zip(active_and_standby(estate), ("active", "standby"), strict=True):
        assert re.search(rf"{host} +\S+ +{role} +{re.escape(release)}", output), output[-3000:]
    assert releases(estate) == {release}
    assert sql(estate, "SELECT version FROM node_versions") == [[release]]
    assert estate.record["release"]["tag"] == release
    # The active node alone listens, to the one endpoint of each chain that is not for sending only.
    assert ethereum.status(LabSettings.load(estate.name))["subscriptions"] == {SEPOLIA: 1, AMOY: 1}
    assert_clean(estate, "ansible-playbook -vvv --diff", output)
    # A 1.x node takes its settings by its environment.
    hunt_on_the_hosts(estate, environment_of_the_node=not release.startswith("1."))
    hunt_in_files(estate)
    hunt_in_aws(estate)
    hunt_in_the_region(estate)
