# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that are rotated: site.yml brings them to the nodes, and neither the new nor the old ones lie anywhere."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hunt import assert_clean, hunt_in_aws, hunt_in_files, hunt_in_the_image, hunt_in_the_region, hunt_on_the_hosts
from nodes import active_and_standby, sql
from operations import by_tag
from outage import HealthClient
from playbook_output import recap
from support import Estate

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Rotated(Estate):
    """The estate after its secrets were rotated; the hunt looks for those before as well."""

    former: dict[str, str]

    def secrets(self) -> dict[str, str]:
        return {**super().secrets(), **self.former}


@dataclass(frozen=True)
class Rotation:
    estate: Rotated
    output: str
    outages: list[Any]
    new: dict[str, str]


def new_endpoints(estate: Estate, canary: str) -> list[dict[str, Any]]:
    """Return the chains as the inventory names them, with another key of the provider's."""
    text = (estate.directory / "inventory/group_vars/all.yml").read_text(encoding="utf-8")
    chains: list[dict[str, Any]] = yaml.safe_load(text)["chainlink_chains"]
    for endpoint in (endpoint for chain in chains for endpoint in chain["rpc"]):
        for kind in ("ws_url", "http_url"):
            endpoint[kind] = f"{endpoint[kind].rpartition('/')[0]}/{canary}"
    return chains


@pytest.fixture(scope="module")
def rotation(estate: Estate) -> Rotation:
    """Give the database user another password and the nodes another key of their RPC provider."""
    manager = estate.client("secretsmanager")
    database = json.loads(manager.get_secret_value(SecretId=f"{estate.name}/database")["SecretString"])
    new = {"database": f"rotated-{secrets.token_hex(16)}", "rpc": f"canary-{secrets.token_hex(16)}"}
    before = estate.secrets()
    manager.put_secret_value(
        SecretId=f"{estate.name}/database", SecretString=json.dumps({**database, "password": new["database"]})
    )
    with HealthClient(estate) as client:
        answer = estate.playbook(
            "site.yml",
            "-vvv",
            "--diff",
            chainlink_release=by_tag(estate),
            chainlink_chains=new_endpoints(estate, new["rpc"]),
        )
    assert answer.returncode == 0, answer.stdout[-6000:]
    kept = set(estate.secrets().values())
    former = {f"former {name}": value for name, value in before.items() if value not in kept}
    print(f"rotation: nobody served for {client.longest:.1f} s")
    return Rotation(Rotated(**vars(estate), former=former), answer.stdout + answer.stderr, client.outages, new)


def test_the_nodes_have_what_is_new_and_nothing_else(rotation: Rotation) -> None:
    # The password and both URLs.
    assert len(rotation.estate.former) == 3
    for host in rotation.estate.nodes().values():
        rendered = host.check_output("cat /run/chainlink/*.toml")
        assert all(value in rendered for value in rotation.new.values())
        assert [name for name, value in rotation.estate.former.items() if value in rendered] == []


def test_it_cost_one_handover_and_the_database_takes_the_new_password_alone(rotation: Rotation) -> None:
    active_and_standby(rotation.estate)
    assert len(rotation.outages) == 1
    assert sql(rotation.estate, "SELECT count(*) > 0 FROM node_versions") == [[True]]


def test_nothing_leaks(rotation: Rotation) -> None:
    # The operator gave the new RPC URLs on the command line of ansible-playbook, which -vvv does not repeat.
    assert_clean(rotation.estate, "ansible-playbook -vvv --diff", rotation.output)
    hunt_on_the_hosts(rotation.estate, environment_of_the_node=True)
    hunt_in_files(rotation.estate)
    hunt_in_aws(rotation.estate)
    hunt_in_the_region(rotation.estate)
    hunt_in_the_image(rotation.estate)


def test_a_second_run_changes_nothing(rotation: Rotation) -> None:
    answer = rotation.estate.playbook(
        "site.yml",
        chainlink_release=by_tag(rotation.estate),
        chainlink_chains=new_endpoints(rotation.estate, rotation.new["rpc"]),
    )
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert {counts["changed"] for counts in recap(answer.stdout).values()} == {0}
