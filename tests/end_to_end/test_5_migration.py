# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From 1.12 by way of 1.13 to 2.x: refused by accident and with all that speaks against it, gone back on, and done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hunt import own_process
from nodes import active_and_standby, sql, wait_for_role
from operations import deploy_anew, fail, printed_way_back, releases, succeed
from outage import HealthClient
from playbook_output import recap
from support import Estate

pytestmark = pytest.mark.long

OLDER, OLD, NEW = "1.12.0", "1.13.3", "2.9.0"
CRASHES, MIGRATION_FAILS = "2.46.101", "2.46.103"
# How soon a test gives up on a release that will not serve; an operator gives it half an hour.
SHORT = {"estate_upgrade_timeout": 45, "chainlink_node_start_timeout": 45}
DOCKERS_OWN = {"HOME", "HOSTNAME", "PATH"}


def migrate(estate: Estate, release: str, **variables: Any) -> dict[str, Any]:
    """Return the variables of a migration that is meant."""
    return {"estate_migration_release": release, "estate_migration_confirm": estate.name, **variables}


def rows(estate: Estate) -> list[list[list[Any]]]:
    """Return what the nodes and their operator have put into the database, wherever a release has it."""
    keys = "SELECT COALESCE(to_regclass('evm.key_states'), to_regclass('eth_key_states'))::text"
    ((table,),) = sql(estate, keys)
    return [
        sql(estate, "SELECT said FROM operator_rows ORDER BY said"),
        sql(estate, "SELECT email, hashed_password, created_at::text FROM users ORDER BY email"),
        sql(
            estate, f"SELECT encode(address, 'hex'), evm_chain_id::text, created_at::text FROM {table} ORDER BY address"
        ),
    ]


def environment_of_the_node(estate: Estate, instance_id: str) -> set[str]:
    """Return the names of the variables that the node's process has got."""
    host = estate.host(instance_id)
    return set(
        host.check_output(f"tr '\\0' '\\n' < /proc/{own_process(host)}/environ | cut --delimiter== --fields=1").split()
    )


@contextmanager
def other_endpoints(estate: Estate, **changes: Any) -> Iterator[None]:
    """Give the estate's endpoints other values for a while; the nodes that run know nothing of it."""
    manager = estate.client("secretsmanager")
    name = f"{estate.name}/rpc"
    before = manager.get_secret_value(SecretId=name)["SecretString"]
    document = json.loads(before)
    changed = {chain: [{**endpoint, **changes} for endpoint in rpc] for chain, rpc in document.items()}
    manager.put_secret_value(SecretId=name, SecretString=json.dumps(changed))
    try:
        yield
    finally:
        manager.put_secret_value(SecretId=name, SecretString=before)


@pytest.fixture(scope="module", autouse=True)
def older_release(estate: Estate) -> None:
    """Have an older release of 1.x, with a row in a table that no node knows; the file before leaves one."""
    if estate.record["release"]["tag"] != OLDER:
        deploy_anew(estate, OLDER)
    sql(estate, "CREATE TABLE operator_rows (said text)", "INSERT INTO operator_rows VALUES ('before')")


@pytest.fixture
def kept(estate: Estate) -> Iterator[None]:
    """The rows that were there are there afterwards."""
    before = rows(estate)
    assert all(before), before
    yield
    assert rows(estate) == before


@pytest.fixture
def untouched(estate: Estate) -> Iterator[None]:
    """Record, endpoints, nodes and rows are afterwards what they were."""

    def secret() -> str:
        return str(estate.client("secretsmanager").get_secret_value(SecretId=f"{estate.name}/rpc")["SecretString"])

    before = estate.record, secret(), active_and_standby(estate), rows(estate)
    yield
    assert (estate.record, secret(), active_and_standby(estate), rows(estate)) == before
    assert releases(estate) == {OLD}


def test_an_older_release_goes_by_way_of_1_13(estate: Estate, kept: None) -> None:
    output = fail(estate, "migrate", **migrate(estate, NEW))
    assert f"{OLDER} runs, and only 1.13.x can say its settings as 2.x reads them; upgrade to 1.13.x first" in output
    succeed(estate, "upgrade", estate_upgrade_series="1.13")
    assert releases(estate) == {OLD}


@pytest.mark.parametrize("variables", [{"estate_upgrade_release": NEW}, {"estate_upgrade_series": "2"}])
def test_an_upgrade_does_not_take_the_step_by_accident(
    estate: Estate, untouched: None, variables: dict[str, str]
) -> None:
    output = fail(estate, "upgrade", **variables)
    assert "this is a migration and no upgrade" in output


def test_site_does_not_take_the_step_by_accident(estate: Estate, untouched: None) -> None:
    answer = estate.playbook(
        "site.yml", chainlink_release={"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": NEW}
    )
    assert answer.returncode != 0
    assert "migrate.yml the step from 1.13 to 2.x" in re.sub(r"\s+", " ", answer.stdout)


def test_everything_that_speaks_against_it_is_told_at_once(estate: Estate, untouched: None) -> None:
    _active, standby = active_and_standby(estate)
    estate.host(standby).check_output("systemctl stop chainlink.service")
    with other_endpoints(estate, http_url=None):
        output = fail(estate, "migrate", **migrate(estate, "2.99.0"))
    estate.host(standby).check_output("systemctl start chainlink.service")
    wait_for_role(estate, standby, "standby", timeout=60)
    for words in ("The migration cannot begin:", f"{standby} is down", "primary has no http_url", "no release 2.99.0"):
        assert words in output
    assert "Nothing has been changed" in output


def test_what_the_node_has_of_its_own_is_not_lost_unasked(estate: Estate, untouched: None) -> None:
    # What the running node has got is now in its database alone.
    with other_endpoints(estate, name="new", ws_url="wss://new.rpc.test/ws", http_url="https://new.rpc.test/http"):
        output = fail(estate, "migrate", **migrate(estate, NEW))
        key = re.search(r"(EVM\.11155111\.Nodes\.\S+) is an RPC endpoint of the running node", output)
        assert key, output[-3000:]
        asked = fail(estate, "migrate", estate_migration_release=NEW, estate_migration_dropped=["EVM.11155111.Nodes"])
    assert f"{key.group(1)} is an RPC endpoint of the running node" in asked
    assert f"run this again with estate_migration_confirm={estate.name}" in asked


def test_check_mode_says_what_would_happen(estate: Estate, untouched: None) -> None:
    answer = estate.playbook("playbooks/migrate.yml", "--check", estate_migration_release=NEW)
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert f"Migration from {OLD} to {NEW}: pull and validate on both hosts" in re.sub(r"\s+", " ", answer.stdout)


def test_a_release_that_fails_before_the_handover_is_undone(estate: Estate, kept: None) -> None:
    active, standby = active_and_standby(estate)
    before = estate.record
    with HealthClient(estate) as client:
        output = fail(estate, "migrate", **migrate(estate, CRASHES), **SHORT)
    assert "The migration was undone before its handover" in output
    assert client.outages == []
    assert estate.record == before
    assert active_and_standby(estate) == (active, standby)
    assert releases(estate) == {OLD}


def test_a_release_that_fails_after_the_handover_prints_the_way_back(estate: Estate, kept: None) -> None:
    output = fail(estate, "migrate", **migrate(estate, MIGRATION_FAILS), **SHORT)
    assert "mend the cause and run migrate.yml again" in output
    assert "has begun and not ended; end it with migrate.yml" in fail(
        estate, "upgrade", estate_upgrade_release=MIGRATION_FAILS
    )
    succeed(estate, "restore", **printed_way_back(estate, output))
    assert releases(estate) == {OLD}
    assert {"upgrade", "restore"} & set(estate.record) == set()


def test_migration(estate: Estate, kept: None) -> None:
    active, standby = active_and_standby(estate)
    assert "ETH_URL" in environment_of_the_node(estate, active)
    with HealthClient(estate) as client:
        succeed(estate, "migrate", **migrate(estate, NEW))
    print(f"migration: nobody served for {client.longest:.1f} s")
    assert active_and_standby(estate) == (standby, active)
    assert releases(estate) == {NEW}
    assert len(client.outages) == 1
    after = estate.record
    assert (after["release"]["tag"], after["previous"]["release"]["tag"]) == (NEW, OLD)
    assert "upgrade" not in after
    for instance_id, host in estate.nodes().items():
        assert environment_of_the_node(estate, instance_id) <= DOCKERS_OWN
        assert not host.file("/run/chainlink/.env").exists
        # What the operator's inventory adds has come along.
        assert host.run("grep -q '^FinalityDepth = 20$' /run/chainlink/config.toml").rc == 0


def test_a_second_migration_changes_nothing(estate: Estate) -> None:
    output = succeed(estate, "migrate", estate_migration_release=NEW)
    assert "Nothing to do" in output
    assert all(counts["changed"] == 0 for counts in recap(output).values()), output


def test_another_release_is_an_upgrade_again(estate: Estate) -> None:
    assert "upgrade.yml brings a newer one" in fail(estate, "migrate", **migrate(estate, "2.29.0"))
