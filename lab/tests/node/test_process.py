# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in node as a process against a real PostgreSQL: lease, phases, restarts, upgrades, HTTP, commands."""

from __future__ import annotations

import json
import signal
import socket
import struct
import time

import psycopg2
import pytest
from node_workshop import (
    API_EMAIL,
    API_PASSWORD,
    CHAIN,
    DATABASE_PASSWORD,
    KEYSTORE_PASSWORD,
    ROLE,
    RPC_KEY,
    NodeDatabase,
    NodeProcess,
    Workshop,
    free_port,
    toml_config,
    toml_secrets,
    wait_for,
)

WAITING = "Another application is currently holding the database lease (or a previous instance exited uncleanly)"
NEW_PASSWORD = "another-api-password"


def fails(node: NodeProcess, message: str) -> None:
    """The process ends with 1 and that message."""
    assert node.exit_code() == 1
    assert node.says(message), node.text()


# --- One process from start to stop


@pytest.mark.parametrize("version", ["2.9.0", "2.29.0", "2.30.1", "2.46.0"])
def test_life_of_a_toml_node(workshop: Workshop, database: NodeDatabase, version: str) -> None:
    node = workshop.toml_node(version).wait_active()
    assert node.root.stat().st_mode & 0o777 == 0o700
    assert (node.root / "secret").stat().st_mode & 0o777 == 0o600
    messages = node.messages()
    starting = next(i for i, m in enumerate(messages) if m.startswith(f"Starting Chainlink Node {version} at commit"))
    migrated = next(i for i, m in enumerate(messages) if m.startswith("goose: successfully migrated"))
    # Up to 2.29 the configuration is judged first, from 2.30 on the database is migrated first.
    assert (starting < migrated) == (version in ("2.9.0", "2.29.0"))
    [(holder, left)] = database.rows("SELECT client_id::text, expires_at - NOW() > '1 second' FROM lease_lock")
    assert left
    names = [
        name for (name,) in database.rows("SELECT application_name FROM pg_stat_activity WHERE usename = %s", ROLE)
    ]
    assert set(names) == {f"Chainlink {version} | App | {holder}"}
    assert node.stop() == 0
    assert node.messages()[-2] == "Shutting down due to terminated signal received..."
    assert node.ask("/health") is None
    assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]
    assert database.rows("SELECT version FROM node_versions") == [(version,)]


@pytest.mark.parametrize(("version", "mode"), [("1.12.0", "lease"), ("1.12.0", "dual"), ("1.13.3", "dual")])
def test_life_of_an_environment_node(workshop: Workshop, database: NodeDatabase, version: str, mode: str) -> None:
    node = workshop.environment_node(version, DATABASE_LOCKING_MODE=mode).wait_active()
    locks = database.rows("SELECT objid FROM pg_locks WHERE locktype = 'advisory'")
    assert len(locks) == (1 if mode == "dual" else 0)
    answer = node.get("/health", Accept="text/plain")
    assert "*job.spawner" in [check["id"] for check in answer.json()["data"]]
    assert node.get("/health.txt").status == 404
    assert node.stop() == 0
    assert database.rows("SELECT count(*) FROM eth_key_states") == [(1,)]


def test_advisory_lock_keeps_a_second_node_waiting(workshop: Workshop) -> None:
    workshop.environment_node(DATABASE_LOCKING_MODE="advisorylock").wait_active()
    second = workshop.environment_node(DATABASE_LOCKING_MODE="advisorylock")
    wait_for(lambda: second.says("holds the advisory lock"), "waiting for the advisory lock")
    assert second.ask("/health") is None
    assert second.stop() == 1


def test_toml_opt_in_of_1_13_has_global_flags(workshop: Workshop) -> None:
    node = workshop.toml_node("1.13.3").wait_active()
    assert node.stop() == 0
    refused = workshop.call("1.13.3", "node", "-config", "x", "start")
    assert (refused.returncode, refused.stderr) == (1, "Incorrect Usage. flag provided but not defined: -config\n")


def test_flags_on_both_levels_are_refused(workshop: Workshop) -> None:
    refused = workshop.call("2.46.0", "-config", "x", "node", "-config", "y", "start")
    assert refused.returncode == 1
    assert refused.stderr.startswith("multiple commands with --config or --secrets flags")


@pytest.mark.parametrize("name", ["ROOT", "LOG_LEVEL", "DATABASE_URL"])
def test_a_legacy_variable_stops_a_2_x_node(workshop: Workshop, database: NodeDatabase, name: str) -> None:
    fails(workshop.toml_node(env={name: ""}), f"environment variable {name} must not be set")
    assert database.rows("SELECT to_regclass('lease_lock')") == [(None,)]


def test_everything_from_cl_variables(workshop: Workshop, database: NodeDatabase) -> None:
    port = free_port()
    root = workshop.directory / "root"
    env = {
        "CL_CONFIG": toml_config(root, port),
        "CL_DATABASE_URL": database.url,
        "CL_PASSWORD_KEYSTORE": KEYSTORE_PASSWORD,
    }
    words = ["local", "node", "-a", str(workshop.api_file())]
    node = workshop.start("2.46.0", words, port, root, env).wait_active()
    assert node.stop() == 0


# --- The lease


def test_standby_is_closed_and_takes_over_from_a_stopped_active(workshop: Workshop) -> None:
    active = workshop.toml_node().wait_active()
    standby = workshop.toml_node().wait_standby()
    assert [m for m in standby.messages() if m.startswith(WAITING)]
    assert standby.ask("/health") is None
    assert standby.ask("/metrics") is None
    assert active.stop() == 0
    began = time.monotonic()
    standby.wait_active()
    # Less than the lease of two seconds: the active gave it back.
    assert time.monotonic() - began < 2


PEERS = "[OCR2]\nEnabled = true\n[P2P.V2]\nEnabled = true\nListenAddresses = ['127.0.0.1:{}']\n"


def reaches_peer(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_peers_reach_the_active_alone(workshop: Workshop) -> None:
    ports = free_port(), free_port()
    active = workshop.toml_node(more=PEERS.format(ports[0])).wait_active()
    standby = workshop.toml_node(more=PEERS.format(ports[1])).wait_standby()
    assert [reaches_peer(port) for port in ports] == [True, False]
    assert active.stop() == 0
    standby.wait_active()
    assert [reaches_peer(port) for port in ports] == [False, True]


def test_peers_of_a_1_x_node_come_by_the_second_stack(workshop: Workshop) -> None:
    ports = free_port(), free_port()
    listen = " ".join(f"127.0.0.1:{port}" for port in ports)
    workshop.environment_node(
        "1.13.3", FEATURE_OFFCHAIN_REPORTING="true", P2P_NETWORKING_STACK="V2", P2PV2_LISTEN_ADDRESSES=listen
    ).wait_active()
    assert [reaches_peer(port) for port in ports] == [True, True]


def test_sigterm_while_waiting_ends_with_1(workshop: Workshop) -> None:
    workshop.toml_node().wait_active()
    standby = workshop.toml_node().wait_standby()
    began = time.monotonic()
    assert standby.stop() == 1
    assert time.monotonic() - began < 1
    assert standby.says("opening db: failed to take initial lease on database: stopped")


def test_a_killed_active_leaves_its_lease(workshop: Workshop, database: NodeDatabase) -> None:
    active = workshop.toml_node().wait_active()
    standby = workshop.toml_node().wait_standby()
    assert active.stop(signal.SIGKILL) == -signal.SIGKILL
    assert database.rows("SELECT expires_at > NOW() + '1 second' FROM lease_lock") == [(True,)]
    began = time.monotonic()
    standby.wait_active()
    assert time.monotonic() - began > 1


def test_a_paused_active_that_lost_its_lease_exits_at_once(workshop: Workshop) -> None:
    active = workshop.toml_node().wait_active()
    standby = workshop.toml_node().wait_standby()
    active.process.send_signal(signal.SIGSTOP)
    standby.wait_active()
    active.process.send_signal(signal.SIGCONT)
    fails(active, "Another node has taken the lease, exiting immediately")
    assert standby.wait_healthy().get("/health").status == 200


def test_a_refresh_error_is_only_logged(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node().wait_healthy()
    database.rows("ALTER TABLE lease_lock RENAME TO lease_lock_away")
    wait_for(lambda: node.says("Error trying to refresh database lease"), "the refresh error")
    assert node.get("/health").status == 200
    database.rows("ALTER TABLE lease_lock_away RENAME TO lease_lock")
    wait_for(lambda: database.rows("SELECT 1 FROM lease_lock WHERE expires_at > NOW() + '1.5 s'"), "a new refresh")
    assert node.stop() == 0


def test_a_cut_connection_is_replaced(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node().wait_active()
    database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", ROLE)
    wait_for(lambda: node.says("DB connection was unexpectedly closed"), "the new connection")
    wait_for(lambda: database.rows("SELECT 1 FROM lease_lock WHERE expires_at > NOW() + '1.5 s'"), "a new refresh")
    assert node.process.poll() is None
    assert node.stop() == 0


def test_a_missing_privilege_looks_like_waiting(workshop: Workshop, database: NodeDatabase) -> None:
    database.rows("ALTER DATABASE " + database.name + " OWNER TO " + database.server.superuser)
    node = workshop.toml_node().wait_standby()
    time.sleep(1)
    assert node.process.poll() is None
    assert "permission denied" not in node.text()
    assert node.stop() == 1


def test_no_database_ends_with_1(workshop: Workshop, database: NodeDatabase) -> None:
    secrets = toml_secrets(database).replace(f":{database.server.port}/", f":{free_port()}/")
    config = workshop.file("c", toml_config(workshop.directory / "root", free_port()))
    words = ["node", "-config", str(config), "-secrets", str(workshop.file("s", secrets)), "start"]
    result = workshop.call("2.46.0", *words, "-p", str(workshop.password_file()))
    assert result.returncode == 1
    assert "opening db: failed to open db: " in result.stderr
    assert DATABASE_PASSWORD not in result.stderr


# --- Phases and upgrades

TEST_MIGRATION_PHASE = [("2.46.0", (204, 503)), ("2.29.0", (204, 404)), ("2.9.0", None), ("1.13.3", None)]


@pytest.mark.parametrize(("version", "statuses"), TEST_MIGRATION_PHASE)
def test_port_while_migrating(
    workshop: Workshop, database: NodeDatabase, version: str, statuses: tuple[int, int] | None
) -> None:
    database.rows("CREATE TABLE lab_stand_in_delays (phase text PRIMARY KEY, seconds double precision NOT NULL)")
    database.rows("GRANT SELECT ON lab_stand_in_delays TO chainlink")
    database.rows("INSERT INTO lab_stand_in_delays VALUES ('migrate', 1), ('keystore', 1)")
    node = workshop.toml_node(version)
    wait_for(lambda: database.rows("SELECT to_regclass('lease_lock')") != [(None,)], "the lease")
    if statuses:
        assert wait_for(lambda: node.ask("/health"), "the migration server").status == statuses[0]
        assert node.get("/").status == statuses[1]
        wait_for(lambda: node.ask("/health") is None, "the port closing for the keystore")
    else:
        time.sleep(0.3)
        assert node.ask("/health") is None
    node.wait_active()


def test_a_sigterm_while_starting_gives_the_lease_back(workshop: Workshop, database: NodeDatabase) -> None:
    workshop.toml_node().wait_active().stop()
    database.rows("INSERT INTO lab_stand_in_delays VALUES ('keystore', 30)")
    node = workshop.toml_node()
    wait_for(lambda: node.says("goose: no migrations to run"), "the migrations")
    time.sleep(0.2)
    assert node.stop() == 1
    assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]


def test_upgrade_keeps_keys_and_users_and_is_a_one_way_door(workshop: Workshop, database: NodeDatabase) -> None:
    addresses = []
    for version in ("1.12.0", "1.13.3"):
        node = workshop.environment_node(version).wait_active()
        addresses.append(node.get("/v2/keys/eth", **node.login()).json()["data"][0]["attributes"]["address"])
        assert node.stop() == 0
    for version in ("2.29.0", "2.46.0"):
        node = workshop.toml_node(version).wait_active()
        addresses.append(node.get("/v2/keys/eth", **node.login()).json()["data"][0]["attributes"]["address"])
        assert node.stop() == 0
    assert len(set(addresses)) == 1
    assert database.rows("SELECT MAX(version_id) FROM goose_migrations") == [(292,)]
    assert database.rows("SELECT count(*) FROM goose_migrations") == [(292,)]
    message = (
        "Application version (2.30.1) is lower than database version (2.46.0). "
        "Only Chainlink 2.46.0 or higher can be run on this database"
    )
    fails(workshop.toml_node("2.30.1"), message)
    assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]
    fails(workshop.toml_node("2.9.0", env={"CL_SKIP_APP_VERSION_CHECK": "true"}), "Only Chainlink 2.46.0 or higher")
    workshop.toml_node("2.30.1", env={"CL_SKIP_APP_VERSION_CHECK": "true"}).wait_active()


def test_a_bad_configuration_migrates_only_from_2_30_on(workshop: Workshop, database: NodeDatabase) -> None:
    chain = f"[[EVM]]\nChainID = '{CHAIN}'\n"
    message = "config validation failed: invalid configuration: EVM.0.Nodes: missing: must have at least one node"
    fails(workshop.toml_node("2.29.0", chain=chain), message)
    assert database.rows("SELECT to_regclass('lease_lock'), to_regclass('goose_migrations')") == [(None, None)]
    fails(workshop.toml_node("2.30.1", chain=chain), message)
    assert database.rows("SELECT version FROM node_versions") == [("2.30.1",)]


@pytest.mark.parametrize("path", [None, "/nonexistent"])
def test_backup_before_an_upgrade(workshop: Workshop, database: NodeDatabase, path: str | None) -> None:
    workshop.toml_node("2.29.0").wait_active().stop()
    chain = f"[Database.Backup]\nMode = 'full'\n[[EVM]]\nChainID = '{CHAIN}'\n[[EVM.Nodes]]\nName = 'a'\n"
    chain += f"WSURL = 'wss://{RPC_KEY}.invalid'\nHTTPURL = 'https://{RPC_KEY}.invalid'\n"
    node = workshop.toml_node("2.46.0", chain=chain, env={"PATH": path} if path else {})
    if path:
        fails(node, "database backup failed: ")
        assert database.rows("SELECT version FROM node_versions") == [("2.29.0",)]
    else:
        node.wait_active()
        assert (node.root / "backup" / "cl_backup_2.46.0.dump").read_bytes().startswith(b"PGDMP")


# --- Secrets


def test_keystore_password(workshop: Workshop, database: NodeDatabase) -> None:
    fails(workshop.toml_node(keystore="too-short"), "password does not meet the requirements.")
    assert database.rows("SELECT count(*) FROM encrypted_key_rings") == [(0,)]
    workshop.toml_node().wait_active().stop()
    [(ring,)] = database.rows("SELECT encrypted_keys FROM encrypted_key_rings")
    assert ring["kdf"] == "scrypt"
    # The rule holds for an empty key store only; after that the password must open it, whatever its form.
    for wrong in ("too-short", KEYSTORE_PASSWORD + "2"):
        fails(workshop.toml_node(keystore=wrong), "could not decrypt key with given password")
    workshop.toml_node().wait_active()
    assert database.rows("SELECT encrypted_keys FROM encrypted_key_rings") == [(ring,)]


def test_api_file_seeds_once_and_must_exist(workshop: Workshop, database: NodeDatabase) -> None:
    missing = workshop.directory / "missing"
    fails(workshop.toml_node(api=missing), f"error creating api initializer: open {missing}: no such file or directory")
    fails(workshop.toml_node(api=workshop.file("api", API_EMAIL)), "does not have at least two lines")
    fails(workshop.toml_node(api=workshop.api_file("short")), "failed to instantiate new user: password does not meet")
    workshop.toml_node().wait_active().stop()
    node = workshop.toml_node(api=workshop.api_file(NEW_PASSWORD)).wait_active()
    assert node.login()
    answer = node.ask("/sessions", "POST", {"email": API_EMAIL, "password": NEW_PASSWORD})
    assert answer is not None
    assert answer.status == 401
    node.stop()
    fails(workshop.toml_node(api=missing), "no such file or directory")


def test_a_missing_api_file_is_noticed_only_with_the_lease(workshop: Workshop) -> None:
    active = workshop.toml_node().wait_active()
    standby = workshop.toml_node(api=workshop.directory / "missing").wait_standby()
    active.stop()
    fails(standby, "no such file or directory")


def test_no_user_and_no_file(workshop: Workshop, database: NodeDatabase) -> None:
    env = {"CL_CONFIG": toml_config(workshop.directory / "root", free_port()), "CL_DATABASE_URL": database.url}
    result = workshop.call("2.46.0", "node", "start", env={**env, "CL_PASSWORD_KEYSTORE": KEYSTORE_PASSWORD})
    assert result.returncode == 1
    assert "API credentials must be supplied" in result.stderr


@pytest.mark.parametrize("version", ["2.29.0", "2.46.0"])
def test_root_directory_that_cannot_be_made(workshop: Workshop, version: str) -> None:
    root = workshop.file("plain-file", "") / "root"
    fails(workshop.toml_node(version, config=toml_config(root, free_port())), "failed to create root directory")


# --- HTTP of an active node


def test_health_in_its_forms(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_healthy()
    answer = node.get("/health")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/vnd.api+json")
    checks = answer.json()["data"]
    assert checks[0]["type"] == "checks"
    assert checks[0]["attributes"] == {"name": checks[0]["id"], "status": "passing", "output": ""}
    names = [check["id"] for check in checks]
    assert names == sorted(names)
    assert f"EVM.{CHAIN}.Txm" in names
    text = node.get("/health", Accept="text/plain").text
    assert text == node.get("/health.txt").text == "".join(f"ok  {name}\n" for name in names)
    assert node.get("/health", Accept="text/html").headers["content-type"].startswith("text/html")
    assert node.get("/health", Accept="*/*").json() == answer.json()
    assert node.get("/health?failing").json() == {"data": []}
    assert (node.get("/readyz").status, node.get("/readyz").text) == (200, "")
    assert "Operator UI" in node.get("/").text
    assert node.get("/nothing").status == 404


def test_a_client_that_goes_away_is_not_logged(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_healthy()
    before = node.text()
    client = socket.create_connection(("127.0.0.1", node.port))
    # Closed with an answer unread, so with a reset.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.recv(1)
    client.close()
    assert node.get("/readyz").status == 200
    time.sleep(0.2)
    assert node.text() == before


TEST_FAILING = [("2.46.0", 207), ("2.9.0", 207), ("1.12.0", 200)]


@pytest.mark.parametrize(("version", "status"), TEST_FAILING)
def test_a_failing_check(workshop: Workshop, database: NodeDatabase, version: str, status: int) -> None:
    make = workshop.environment_node if version.startswith("1.") else workshop.toml_node
    node = make(version).wait_healthy()
    name = "*txmgr.Txm" if version.startswith("1.") else f"EVM.{CHAIN}.Txm"
    database.rows("INSERT INTO lab_stand_in_faults VALUES (%s, 'no live RPC', false)", name)
    wait_for(lambda: '"failing"' in node.get("/health").text, "the failing check")
    answer = node.get("/health?failing")
    assert answer.status == status
    found = {check["id"]: check["attributes"] for check in answer.json()["data"]}
    assert found[name] == {"name": name, "status": "failing", "output": "no live RPC"}
    # The checks above it by name pass, and only newer releases leave out what passes.
    assert [found[key]["status"] for key in found if key != name] == ["passing"] * (len(found) - 1)
    assert (len(found) == 1) == (version == "2.46.0")
    assert node.get("/readyz").status == 503
    assert node.get("/readyz?full").status == 200
    database.rows("DELETE FROM lab_stand_in_faults")
    wait_for(lambda: node.get("/readyz").status == 200, "the recovery")


def test_the_port_answers_while_the_database_is_away(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node().wait_healthy()
    connection = database.server.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database.name,))
    wait_for(lambda: node.says("Failed to refresh health checks"), "the failing refresh")
    assert node.get("/health").status == 200
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
    connection.close()
    wait_for(lambda: database.rows("SELECT 1 FROM lease_lock WHERE expires_at > NOW() + '1.5 s'"), "a new refresh")
    assert node.stop() == 0


def test_login_and_what_it_opens(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node().wait_active()
    for path in ("/v2/ping", "/v2/build_info", "/v2/keys/eth", "/v2/users"):
        assert node.get(path).status == 401
    cookie = node.login()
    assert node.get("/v2/ping", **cookie).json() == {"message": "pong"}
    info = node.get("/v2/build_info", **cookie).json()
    assert (info["version"], set(info)) == ("2.46.0", {"version", "versionTag", "commitSHA"})
    [key] = node.get("/v2/keys/eth", **cookie).json()["data"]
    assert key["attributes"]["evmChainID"] == CHAIN
    assert key["id"].startswith(f"{CHAIN}/0x")
    forged = {"Cookie": cookie["Cookie"][:-1] + ("0" if cookie["Cookie"][-1] != "0" else "1")}
    assert node.get("/v2/ping", **forged).status == 401
    node.stop()
    assert database.rows("SELECT count(*) FROM evm.key_states") == [(1,)]


def test_cookie_flags_and_origins(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    answer = node.ask("/sessions", "POST", {"email": API_EMAIL, "password": API_PASSWORD})
    assert answer is not None
    assert "; HttpOnly; Secure; SameSite=Strict" in answer.headers["set-cookie"]
    allowed = node.get("/health", Origin="http://localhost:6688").headers
    assert allowed["access-control-allow-origin"] == "http://localhost:6688"
    assert "access-control-allow-origin" not in node.get("/health", Origin="https://evil.example").headers


def test_change_of_the_api_password(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    cookie = node.login()

    def change(old: str, new: str) -> int:
        document = {"oldPassword": old, "newPassword": new}
        answer = node.ask("/v2/user/password", "PATCH", document, cookie)
        assert answer is not None
        return answer.status

    assert change("wrong", NEW_PASSWORD) == 409
    assert change(API_PASSWORD, "short") == 422
    assert change(API_PASSWORD, f"x{API_EMAIL}x") == 422
    assert change(API_PASSWORD, "x" * 51) == 422
    assert change(API_PASSWORD, NEW_PASSWORD) == 200
    assert node.get("/v2/ping", **cookie).status == 401
    assert node.get("/v2/ping", **node.login(NEW_PASSWORD)).status == 200


def test_users_are_made_over_http_and_two_admins_need_a_name(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    second = {"email": "second@example.invalid", "password": NEW_PASSWORD, "role": "admin"}
    answer = node.ask("/v2/users", "POST", second, node.login())
    assert answer is not None
    assert answer.status == 200
    assert node.ask("/v2/users", "POST", {**second, "role": "king"}, node.login()).status == 400  # type: ignore[union-attr]
    node.stop()
    unknown = workshop.file("api", f"nobody@example.invalid\n{API_PASSWORD}\n")
    fails(workshop.toml_node(api=unknown), "sql: no rows in result set")
    workshop.toml_node().wait_active()


def test_logins_are_limited(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_healthy()
    statuses = []
    for _ in range(6):
        answer = node.ask("/sessions", "POST", {"email": API_EMAIL, "password": "wrong"})
        assert answer is not None
        statuses.append(answer.status)
    assert statuses == [401] * 5 + [429]
    assert node.get("/health").status == 200


def test_metrics_with_a_token(workshop: Workshop) -> None:
    node = workshop.toml_node(env={"CL_PROMETHEUS_AUTH_TOKEN": "canary-token"}).wait_active()
    assert node.get("/metrics").status == 401
    assert node.get("/metrics", Authorization="Bearer wrong").status == 401
    text = node.get("/metrics", Authorization="Bearer canary-token").text
    assert f'head_tracker_current_head{{evmChainID="{CHAIN}"}}' in text
    assert 'version{version="2.46.0",commit="' in text
    assert "canary" not in node.text()


def test_https_port_without_certificate_is_critical_but_not_fatal(workshop: Workshop) -> None:
    port = free_port()
    config = toml_config(workshop.directory / "root", port, chain=workshop.chain())
    config = config.replace("HTTPSPort = 0", f"HTTPSPort = {free_port()}")
    root = workshop.directory / "root"
    words = ["node", "-config", str(workshop.file("c", config)), "-secrets"]
    words += [str(workshop.file("s", toml_secrets(workshop.database))), "start"]
    words += ["-p", str(workshop.password_file()), "-a", str(workshop.api_file())]
    node = workshop.start("2.46.0", words, port, root).wait_healthy()
    wait_for(lambda: node.says("Error starting server: failed to run TLS server"), "the critical line")
    assert '"level": "crit"' in node.text()
    assert node.get("/health").status == 200


def test_shutdown_beyond_the_grace_period(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node(more="ShutdownGracePeriod = '300ms'").wait_active()
    database.rows("INSERT INTO lab_stand_in_delays VALUES ('stop', 20)")
    assert node.stop() == 255
    assert node.says("Shutdown grace period of 0.3s exceeded, closing DB and exiting...")
    assert database.rows("SELECT expires_at <= NOW() FROM lease_lock") == [(True,)]


def test_log_file(workshop: Workshop, database: NodeDatabase) -> None:
    port = free_port()
    root = workshop.directory / "root"
    config = toml_config(root, port).replace("MaxSize = '0b'", "MaxSize = '1mb'")
    env = {"CL_CONFIG": config, "CL_DATABASE_URL": database.url, "CL_PASSWORD_KEYSTORE": KEYSTORE_PASSWORD}
    node = workshop.start("2.46.0", ["node", "start", "-a", str(workshop.api_file())], port, root, env).wait_active()
    assert node.stop() == 0
    assert (root / "chainlink_debug.log").read_text().splitlines() == node.text().splitlines()


# --- Commands


def test_validate(workshop: Workshop, database: NodeDatabase) -> None:
    config = workshop.file("config.toml", toml_config(workshop.directory / "root", 6688))
    secrets = workshop.file("secrets.toml", toml_secrets(database) + f"[Password]\nKeystore = '{KEYSTORE_PASSWORD}'\n")
    result = workshop.call("2.46.0", "node", "-config", str(config), "-secrets", str(secrets), "validate")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("Valid configuration.\n")
    assert "Keystore = 'xxxxx'" in result.stdout
    assert DATABASE_PASSWORD not in result.stdout
    assert KEYSTORE_PASSWORD not in result.stdout
    assert RPC_KEY in result.stdout  # as officially: the output is sensitive
    assert database.rows("SELECT to_regclass('lease_lock')") == [(None,)]


def test_validate_of_a_bad_configuration(workshop: Workshop) -> None:
    config = workshop.file("config.toml", "[[EVM]]\nChainID = '1'\n")
    result = workshop.call("2.46.0", "node", "-config", str(config), "validate")
    assert (result.returncode, result.stderr) == (1, "invalid configuration\n")
    expected = "Invalid configuration: invalid configuration: EVM.0.Nodes: missing: must have at least one node"
    assert expected in result.stdout
    undecodable = workshop.file("config.toml", "[Unknown]\n")
    result = workshop.call("2.46.0", "node", "-config", str(undecodable), "validate")
    assert result.returncode == 1
    assert result.stderr.startswith("failed to decode config TOML: ")


def test_health_command(workshop: Workshop, database: NodeDatabase) -> None:
    node = workshop.toml_node().wait_healthy()
    url = f"--remote-node-url=http://127.0.0.1:{node.port}"
    database.rows("INSERT INTO lab_stand_in_faults (check_name) VALUES ('JobSpawner')")
    wait_for(lambda: node.get("/health").status == 207, "the failing check")
    result = workshop.call("2.46.0", url, "health", "-failing")
    assert (result.returncode, result.stdout) == (0, "!   JobSpawner\n\tstand-in fault\n")
    assert json.loads(workshop.call("2.46.0", url, "health", "-json").stdout)["data"]
    node.stop()
    refused = workshop.call("2.46.0", url, "health")
    assert refused.returncode == 1
    assert "Connection refused" in refused.stderr
    assert workshop.call("1.12.0", url, "health").returncode == 3


def test_admin_login_status_and_keys(workshop: Workshop) -> None:
    node = workshop.toml_node("2.30.1").wait_active()
    url = f"--remote-node-url=http://127.0.0.1:{node.port}"
    api = str(workshop.api_file())
    status = workshop.call("2.30.1", url, "admin", "status")
    assert (status.returncode, "JobSpawner | passing" in status.stdout) == (0, True)
    assert workshop.call("2.30.1", url, "keys", "eth", "list").returncode == 1
    assert workshop.call("2.30.1", url, "admin", "login", "-f", api).returncode == 0
    assert f"EVM Chain ID: {CHAIN}" in workshop.call("2.30.1", url, "keys", "eth", "list").stdout
    other = workshop.call("2.46.0", url, "admin", "login", "-f", api)
    assert other.returncode == 1
    assert "version mismatch, CLI 2.46.0, remote 2.30.1" in other.stderr
    assert workshop.call("2.46.0", url, "admin", "login", "-f", api, "--bypass-version-check").returncode == 0


def test_database_commands_take_no_lease(workshop: Workshop, database: NodeDatabase) -> None:
    secrets = str(workshop.file("secrets.toml", toml_secrets(database)))

    def call(version: str, command: str) -> str:
        result = workshop.call(version, "node", "-secrets", secrets, "db", command)
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    assert "Database version: 0" in call("2.29.0", "version")
    call("2.29.0", "migrate")
    assert "Database version: 275" in call("2.46.0", "version")
    lines = call("2.46.0", "status").splitlines()
    assert lines[0].startswith("version:1, path:0001_initial.sql, type:sql, state:applied, appliedAt: 2")
    assert lines[-1] == "version:292, path:0292_stand_in.sql, type:sql, state:pending, appliedAt: "
    assert database.rows("SELECT to_regclass('lease_lock')") == [(None,)]


def test_database_command_refuses_a_weak_password(workshop: Workshop, database: NodeDatabase) -> None:
    weak = toml_secrets(database).replace(DATABASE_PASSWORD, "short")
    result = workshop.call("2.46.0", "node", "-secrets", str(workshop.file("s", weak)), "db", "version")
    assert (result.returncode, result.stderr) == (1, "invalid configuration\n")
    assert "Database.URL: invalid value (*****): password does not meet the requirements." in result.stdout


def test_version_and_unknown_commands(workshop: Workshop) -> None:
    assert workshop.call("2.46.0", "--version").stdout.startswith("chainlink version 2.46.0@")
    assert workshop.call("2.46.0").returncode == 0
    unknown = workshop.call("2.46.0", "nonsense")
    assert (unknown.returncode, unknown.stderr) == (3, "No help topic for 'nonsense'\n")


def test_the_role_of_the_tests_needs_its_password(database: NodeDatabase) -> None:
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(database.url.replace(DATABASE_PASSWORD, "wrong"))
