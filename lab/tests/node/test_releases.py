# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between the six releases that the lab serves, and what is wrong with the broken ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from chainlink_stand_in import defects, health
from chainlink_stand_in.errors import CommandError
from chainlink_stand_in.schema import decode, schemas
from chainlink_stand_in.versions import Behaviour, Version
from node_workshop import (
    CHAIN,
    KEYSTORE_PASSWORD,
    NodeDatabase,
    NodeProcess,
    Workshop,
    free_port,
    toml_secrets,
    wait_for,
)

RELEASES = ("1.12.0", "1.13.3", "2.9.0", "2.29.0", "2.30.1", "2.46.0")

# One row per documented difference: its values in the order of RELEASES.
TEST_DIFFERENCES: list[tuple[str, list[Any]]] = [
    ("toml_only", [False, False, True, True, True, True]),
    ("cl_config_last", [False, True, True, True, True, True]),
    ("many_secrets_files", [False, False, True, True, True, True]),
    ("config_dump", [True, True, False, False, False, False]),
    ("admin_status", [False, False, True, True, True, True]),
    ("health_command", [False, False, True, True, True, True]),
    ("validates_before_lease", [True, True, True, True, False, False]),
    ("p2p_v2_default", [False, False, True, True, True, True]),
    ("ocr_needs_p2p_v2", [False, False, False, True, True, True]),
    ("simple_passwords", [True, True, False, False, False, False]),
    ("maximum_connections", [20, 20, 20, 100, 100, 100]),
    ("gnosis_chain_type", ["xdai", "xdai", "xdai", "gnosis", "gnosis", "gnosis"]),
    ("skips_version_check", [False, False, False, True, True, True]),
    ("postgres_client", [14, 14, 15, 16, 16, 16]),
    ("failing_health_status", [200, 200, 207, 207, 207, 207]),
    ("health_by_accept", [False, False, True, True, True, True]),
    ("health_failing_query", [False, False, False, True, True, True]),
    ("migration_server", ["never", "never", "backup", "always", "always", "always"]),
    ("migration_server_other_status", [404, 404, 404, 404, 404, 503]),
    ("chain_in_key_id", [False, False, False, True, True, True]),
    ("go_type_check_names", [True, True, False, False, False, False]),
    ("head_reporter", ["PromReporter"] * 3 + ["HeadReporter"] * 3),
    ("chain_agnostic_pool", [False, False, True, True, True, True]),
    ("balance_metric", ["eth_balance"] * 5 + ["node_balance"]),
    ("schema", [159, 165, 223, 275, 279, 292]),
]


@pytest.mark.parametrize(("name", "values"), TEST_DIFFERENCES)
def test_difference(name: str, values: list[Any]) -> None:
    assert [getattr(Behaviour.of(Version.parse(release)), name) for release in RELEASES] == values


def test_every_difference_has_its_row() -> None:
    assert {name for name, _ in TEST_DIFFERENCES} == set(Behaviour.__dataclass_fields__) - {"version"}


# A key of config.toml, and which of RELEASES know it.
TEST_KEYS: list[tuple[str, str]] = [
    ("[Terra]\nEnabled = true", "x....."),
    ("[[EVM]]\nAutoCreateKey = false", ".xxxxx"),
    ("[[EVM]]\n[EVM.HeadTracker]\nBlockEmissionIdleWarningThreshold = '1m'", "xx...."),
    ("ExplorerURL = 'https://explorer.invalid'", "xx...."),
    ("[P2P.V1]\nEnabled = false", "xx...."),
    ("[P2P.V2]\nEnabled = true", "xxxxxx"),
    ("[TelemetryIngress]\nURL = 'https://telemetry.invalid'", "xx...."),
    ("[[TelemetryIngress.Endpoints]]\nNetwork = 'EVM'", "..xxxx"),
    ("[[EVM]]\n[[EVM.Nodes]]\nOrder = 5", "..xxxx"),
    ("[WebServer]\nListenIP = '127.0.0.1'", "..xxxx"),
    ("[WebServer]\nAuthenticationMethod = 'local'", "..xxxx"),
    ("[WebServer.TLS]\nHTTPSPort = 0", "xxxxxx"),
    ("[Tracing]\nEnabled = false", "..xxxx"),
    ("[[EVM]]\nLogPrunePageSize = 1", "...xxx"),
    ("[JobPipeline]\nVerboseLogging = true", "...xxx"),
    ("[[EVM]]\n[EVM.NodePool]\nNodeIsSyncingEnabled = true", "...xxx"),
    ("[[EVM]]\n[EVM.NodePool]\nFinalizedBlockPollInterval = '5s'", "...xxx"),
    ("[[EVM]]\n[EVM.NodePool]\nNewHeadsPollInterval = '5s'", "...xxx"),
    ("[[EVM]]\n[EVM.Transactions.AutoPurge]\nEnabled = true", "...xxx"),
    ("[[EVM]]\n[EVM.HeadTracker]\nMaxAllowedFinalityDepth = 1", "...xxx"),
]


def decodes(text: str, schema: dict[str, Any]) -> bool:
    try:
        decode(text, schema, "config")
    except CommandError as error:
        if "missing field" in str(error):
            return False
        raise
    return True


@pytest.mark.parametrize(("text", "known"), TEST_KEYS)
def test_keys_of_the_configuration(text: str, known: str) -> None:
    found = ""
    for release in RELEASES:
        config, _ = schemas(Version.parse(release))
        found += "x" if decodes(text, config) else "."
    assert found == known


def test_explorer_secrets_went_with_2_6() -> None:
    for release in RELEASES:
        _, secrets = schemas(Version.parse(release))
        assert ("Explorer" in secrets) == release.startswith("1.")


def test_check_names_grow_with_the_releases() -> None:
    names = [set(health.check_names(Behaviour.of(Version.parse(release)), [CHAIN])) for release in RELEASES]
    assert names[0] == names[1]
    assert all(name.startswith("*") for name in names[0])
    for older, newer in ((2, 3), (3, 4), (4, 5)):
        assert names[older] - names[newer] <= {"PromReporter"}
    assert f"EVM.{CHAIN}.Txm.Finalizer" in names[3] - names[2]


# --- Commands that came, went or moved


@pytest.mark.parametrize("release", RELEASES)
def test_where_the_status_command_is(workshop: Workshop, release: str) -> None:
    url = f"--remote-node-url=http://127.0.0.1:{free_port()}"
    results = {name: workshop.call(release, url, name, "status") for name in ("node", "admin")}
    there, gone = ("node", "admin") if release.startswith("1.") else ("admin", "node")
    assert "Connection refused" in results[there].stderr
    assert "Connection refused" not in results[gone].stderr
    assert results[gone].returncode != 0


def test_several_secrets_files_need_2_4(workshop: Workshop, database: NodeDatabase) -> None:
    config = str(workshop.file("config.toml", workshop.chain()))
    one = str(workshop.file("one.toml", toml_secrets(database)))
    two = str(workshop.file("two.toml", f"[Password]\nKeystore = '{KEYSTORE_PASSWORD}'\n"))
    flags = ["-config", config, "-secrets", one, "-secrets", two]
    assert workshop.call("2.9.0", "node", *flags, "validate").returncode == 0
    refused = workshop.call("1.13.3", *flags, "config", "validate")
    assert (refused.returncode, "only one secrets file" in refused.stderr) == (1, True)


@pytest.mark.parametrize("release", ["1.12.0", "1.13.3"])
def test_config_dump_leads_to_a_2_x_configuration(workshop: Workshop, database: NodeDatabase, release: str) -> None:
    node = workshop.environment_node(release, LINK_CONTRACT_ADDRESS="0x" + "1" * 40).wait_active()
    url = f"--remote-node-url=http://127.0.0.1:{node.port}"
    assert workshop.call(release, url, "config", "dump").returncode == 1  # not logged in
    login = workshop.call(release, url, "admin", "login", "-f", str(workshop.api_file()))
    assert login.returncode == 0, login.stderr
    dumped = workshop.call(release, url, "config", "dump")
    assert dumped.returncode == 0
    secrets = toml_secrets(database) + f"[Password]\nKeystore = '{KEYSTORE_PASSWORD}'\n"
    flags = ["-config", str(workshop.file("c", dumped.stdout)), "-secrets", str(workshop.file("s", secrets))]
    for newer in ("2.9.0", "2.46.0"):
        validated = workshop.call(newer, "node", *flags, "validate")
        assert validated.returncode == 0, validated.stderr
        assert f"WSURL = '{workshop.ethereum.url('ws')}'" in validated.stdout
    assert workshop.call("2.9.0", url, "config", "dump").returncode == 3


def test_the_postgresql_client_refuses_a_newer_server(workshop: Workshop, database: NodeDatabase) -> None:
    """The tests' server is 15: the client of 1.13 is 14, that of 2.9 is 15."""
    backup = {"DATABASE_BACKUP_MODE": "full"}
    assert workshop.environment_node("1.12.0", **backup).wait_active().stop() == 0
    node = workshop.environment_node("1.13.3", **backup)
    assert node.exit_code() == 1
    assert node.says("aborting because of server version mismatch")
    assert database.rows("SELECT version FROM node_versions") == [("1.12.0",)]
    chain = "[Database.Backup]\nMode = 'full'\n" + workshop.chain()
    assert workshop.toml_node("2.9.0", chain=chain).wait_active().stop() == 0


@pytest.mark.parametrize("release", ["2.29.0", "2.30.1", "2.46.0"])
def test_each_release_upgrades_the_one_before(workshop: Workshop, database: NodeDatabase, release: str) -> None:
    before = RELEASES[RELEASES.index(release) - 1]
    assert workshop.toml_node(before).wait_active().stop() == 0
    [(old,)] = database.rows("SELECT MAX(version_id) FROM goose_migrations")
    assert workshop.toml_node(release).wait_active().stop() == 0
    [(new,)] = database.rows("SELECT MAX(version_id) FROM goose_migrations")
    assert new > old
    rows = database.rows("SELECT version FROM node_versions ORDER BY created_at")
    assert rows == [(before,), (release,)]


def test_several_chains_of_a_1_x_node(workshop: Workshop) -> None:
    nodes = [
        {"name": f"n{chain}", "evmChainId": chain, "wsUrl": workshop.ethereum.url("ws", chain), "sendOnly": False}
        for chain in ("1", CHAIN)
    ]
    node = workshop.environment_node("1.13.3", EVM_NODES=json.dumps(nodes), ETH_URL="", ETH_HTTP_URL="").wait_healthy()
    assert wait_for(lambda: node.metric("head_tracker_current_head", evmChainID="1"), "heads of the other chain")
    assert node.metric("evm_pool_rpc_node_states", evmChainID=CHAIN, state="Alive") == 1


# --- The broken releases


def validates(workshop: Workshop, database: NodeDatabase, release: str) -> bool:
    secrets = toml_secrets(database) + f"[Password]\nKeystore = '{KEYSTORE_PASSWORD}'\n"
    config = "[Log.File]\nMaxSize = '0b'\n" + workshop.chain()
    flags = ["-config", str(workshop.file("c", config)), "-secrets", str(workshop.file("s", secrets))]
    return workshop.call(release, "node", *flags, "validate").returncode == 0


def broken(defect: str) -> str:
    [release] = [release for release, known in defects.DEFECTS.items() if known == defect]
    return release


def test_broken_releases_look_like_ordinary_upgrades() -> None:
    newest = Version.parse(RELEASES[-1])
    for release in defects.DEFECTS:
        version = Version.parse(release)
        assert version > newest
        assert (version.major, version.pre_release) == (newest.major, "")
        assert Behaviour.of(version).schema > Behaviour.of(newest).schema


def test_only_one_broken_release_fails_to_validate(workshop: Workshop, database: NodeDatabase) -> None:
    refusing = [release for release in defects.DEFECTS if not validates(workshop, database, release)]
    assert refusing == [broken(defects.REMOVED_KEY)]
    assert validates(workshop, database, "2.46.0")


def old_node_still_starts(workshop: Workshop) -> None:
    assert workshop.toml_node("2.46.0").wait_active().stop() == 0


def test_a_crash_at_start_touches_nothing(workshop: Workshop, database: NodeDatabase) -> None:
    old_node_still_starts(workshop)
    node = workshop.toml_node(broken(defects.CRASHES))
    assert node.exit_code() == 2
    assert node.says("panic: runtime error")
    assert node.says("goroutine 1 [running]:")
    assert database.rows("SELECT MAX(version_id) FROM goose_migrations") == [(292,)]
    old_node_still_starts(workshop)


def test_a_removed_key_stops_the_start_too(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node(broken(defects.REMOVED_KEY))
    assert node.exit_code() == 1
    assert node.says("failed to decode config TOML: strict mode")
    assert node.says("Log.File: missing field")
    assert database.rows("SELECT to_regclass('lease_lock')") == [(None,)]


def test_a_migration_that_fails_in_the_middle(workshop: Workshop, database: NodeDatabase) -> None:
    old_node_still_starts(workshop)
    for _attempt in range(2):
        node = workshop.toml_node(broken(defects.MIGRATION_FAILS))
        assert node.exit_code() == 1
        assert node.says(
            'failed to migrate: ERROR 0294_job_owner.sql: failed to run SQL migration: relation "job_owners"'
        )
        # The migration before it stays, of the failed one nothing does, and the release is not recorded.
        assert database.rows("SELECT MAX(version_id), count(*) FROM goose_migrations") == [(293, 293)]
        columns = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = %s"
        assert database.rows(columns, "note") == [("bridge_types",)]
        assert database.rows(columns, "owner") == []
        assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]
    assert database.rows("SELECT version FROM node_versions") == [("2.46.0",)]
    old_node_still_starts(workshop)


def test_a_release_that_never_becomes_healthy_holds_the_lease(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node(broken(defects.NEVER_HEALTHY))
    wait_for(lambda: (answer := node.ask("/health")) is not None and answer.status == 503, "its answer")
    standby = workshop.toml_node(broken(defects.LEAKS_LEASE)).wait_standby()
    time.sleep(1)
    assert (node.get("/health").status, node.get("/health").text) == (503, "")
    assert node.get("/readyz").status == 503
    assert standby.ask("/health") is None
    assert database.rows("SELECT expires_at > NOW() FROM lease_lock") == [(True,)]
    # The database has gone through the door: the old release starts no more.
    assert database.rows("SELECT version FROM node_versions") == [("2.46.102",)]
    assert node.stop() == 1
    standby.wait_active()


def test_a_slow_start_answers_204_and_then_nothing(workshop: Workshop) -> None:
    assert defects.slow_seconds(Version.parse(broken(defects.STARTS_SLOWLY))) == 120
    node = workshop.toml_node(broken(defects.STARTS_SLOWLY), env={"CHAINLINK_STAND_IN_SLOW_SECONDS": "6"})
    assert wait_for(lambda: node.ask("/health"), "the migration server").status == 204
    answered = time.monotonic()
    wait_for(lambda: node.ask("/health") is None, "the closed port")
    closed = time.monotonic()
    node.wait_active()
    # Any release answers and is silent for a moment; this one for half of its time each.
    assert closed - answered > 2
    assert time.monotonic() - closed > 2
    assert node.stop() == 0


def test_a_slow_start_can_be_stopped(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node(broken(defects.STARTS_SLOWLY))
    wait_for(lambda: node.ask("/health"), "the migration server")
    began = time.monotonic()
    assert node.stop() == 1
    assert time.monotonic() - began < 5
    assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]


TEST_HANDOVER: list[tuple[str, Callable[[float], bool]]] = [
    ("2.46.0", lambda seconds: seconds < 2),
    (broken(defects.LEAKS_LEASE), lambda seconds: seconds > 2.5),
]


@pytest.mark.parametrize(("release", "expected"), TEST_HANDOVER)
def test_a_leaked_lease_runs_out(workshop: Workshop, release: str, expected: Callable[[float], bool]) -> None:
    active: NodeProcess = workshop.toml_node(release, lease="4s").wait_active()
    standby = workshop.toml_node(release, lease="4s").wait_standby()
    assert active.stop() == 0
    began = time.monotonic()
    standby.wait_active()
    assert expected(time.monotonic() - began)
