# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of a throw-away node, made and removed by a master user as Aurora has it, with a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import database, throwaway
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import Database

from .conftest import Server

KEEPER = database.Master("keeper", "canary-master-password")


@pytest.fixture
def place(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Where the estate's database is; afterwards there is nothing of the test."""
    monkeypatch.setattr(database, "DATABASE_CA_FILE", str(server.authority))
    server.run(
        f"CREATE ROLE keeper LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD '{KEEPER.password}'",
        "GRANT pg_signal_backend TO keeper",
        "CREATE ROLE nodeops_escrow_keeper",
        "CREATE DATABASE estate",
    )
    found = Database("localhost", server.port, "estate", "chainlink", "canary")
    yield found
    database.remove(found, KEEPER)
    server.run("DROP DATABASE estate", "DROP ROLE nodeops_escrow_keeper", "DROP ROLE keeper")


def connect(server: Server, one: throwaway.Throwaway, name: str = "") -> Any:
    return psycopg2.connect(
        host="localhost",
        port=server.port,
        dbname=name or one.name,
        user=one.name,
        password=one.database_password,
        sslmode="verify-full",
        sslrootcert=str(server.authority),
    )


def test_it_is_made_and_removed(server: Server, place: Database) -> None:
    one = throwaway.invent()
    database.create(place, KEEPER, one)
    assert database.left(place, KEEPER) == [one.name]
    connection = connect(server, one)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA evm; CREATE TABLE evm.key_states (id int); CREATE TABLE keys (id int)")
    # It is removed under its users' hands.
    assert database.remove(place, KEEPER) == [one.name]
    assert database.left(place, KEEPER) == []
    with pytest.raises(psycopg2.OperationalError):
        connect(server, one)


def test_all_left_overs_go_and_nothing_else(server: Server, place: Database) -> None:
    several = [throwaway.invent() for _ in range(2)]
    for one in several:
        database.create(place, KEEPER, one)
    server.run("DROP DATABASE " + several[0].name)
    assert database.remove(place, KEEPER) == sorted(one.name for one in several)
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'nodeops_escrow_keeper'")
        assert cursor.fetchone() == (1,)
    connection.close()
    assert database.remove(place, KEEPER) == []


def test_two_hosts_remove_at_once(server: Server, place: Database) -> None:
    several = [throwaway.invent() for _ in range(3)]
    for one in several:
        database.create(place, KEEPER, one)
    with ThreadPoolExecutor(4) as hosts:
        removed = list(hosts.map(lambda _number: database.remove(place, KEEPER), range(4)))
    assert sorted(removed, key=len)[:3] == [[], [], []]
    assert sorted(name for names in removed for name in names) == sorted(one.name for one in several)


def test_others_may_not_connect(server: Server, place: Database) -> None:
    one, other = throwaway.invent(), throwaway.invent()
    for each in (one, other):
        database.create(place, KEEPER, each)
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        connect(server, other, one.name)


def test_the_server_never_sees_the_password(server: Server, place: Database) -> None:
    """What a statement holds can be logged by the server."""
    server.run("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    one = throwaway.invent()
    database.create(place, KEEPER, one)
    connect(server, one).close()
    server.run("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")
    log = (server.authority.parent / "log").read_text(encoding="utf-8")
    assert (one.name in log, one.database_password in log) == (True, False)


def test_a_refusal_holds_no_password(place: Database) -> None:
    wrong = database.Master("keeper", "another-canary")
    with pytest.raises(database.DatabaseError) as caught:
        database.create(place, wrong, throwaway.invent())
    assert ("authentication failed" in str(caught.value), "canary" in str(caught.value)) == (True, False)
    one = throwaway.invent()
    database.create(place, KEEPER, one)
    with pytest.raises(database.DatabaseError, match="already exists") as caught:
        database.create(place, KEEPER, one)
    assert "SCRAM" not in str(caught.value)
