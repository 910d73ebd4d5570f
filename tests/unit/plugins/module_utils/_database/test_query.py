# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import builtins
import socket
from typing import Any

import psycopg2
import psycopg2.extensions
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import query

URL = "postgresql://chainlink:can%40ary@db.test:5432/chainlink?sslmode=verify-full"
ROW = ("6f1a8f1e-6d0e-4d6a-9b53-0d2f4c3a1b7e", 9.5, "Chainlink 2.46.0 | App | 6f1a8f1e", "10.42.32.11", True, 4, True)


class Connection:
    """A database that answers its questions in turn."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.closed = False

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave errors alone."""

    def cursor(self) -> Connection:
        return self

    def execute(self, _statement: str, _values: object = None) -> None:
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]

    def fetchone(self) -> Any:
        return self.answers.pop(0)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def with_answers(*answers: Any) -> Connection:
        connection = Connection(list(answers))
        monkeypatch.setattr(psycopg2, "connect", lambda *_arguments, **_options: connection)
        return connection

    return with_answers


def test_address() -> None:
    assert query.address(URL) == query.Address("db.test", 5432, "chainlink", "chainlink", "verify-full", "")
    other = "postgresql://chain%20link:word@db.test/d?sslrootcert=/etc/ca.pem"
    assert query.address(other) == query.Address("db.test", 5432, "chain link", "d", "prefer", "/etc/ca.pem")


def test_lease(connect: Any) -> None:
    connection = connect((True,), ROW)
    assert query.lease(URL) == query.Lease(*ROW)
    assert connection.closed


@pytest.mark.parametrize("answers", [[(False,)], [(True,), None]])
def test_no_lease_yet(connect: Any, answers: list[Any]) -> None:
    assert (connect(*answers).closed, query.lease(URL)) == (False, None)


def test_a_failing_question_closes_the_connection(connect: Any) -> None:
    connection = connect((True,), psycopg2.errors.QueryCanceled("canceling statement due to statement timeout\nmore"))
    with pytest.raises(query.DatabaseError) as caught:
        query.lease(URL)
    assert str(caught.value) == "canceling statement due to statement timeout"
    assert connection.closed


# (what stands in the URL, what is asked for of it)
TEST_ALIVE: list[tuple[str, dict[str, Any]]] = [
    (
        "",
        {
            "keepalives_idle": "5",
            "keepalives_interval": "5",
            "keepalives_count": "2",
            "tcp_user_timeout": "10000",
        },
    ),
    ("&keepalives_idle=60", {"keepalives_idle": "60", "keepalives_interval": "5", "tcp_user_timeout": "10000"}),
    ("&tcp_user_timeout=0", {"keepalives_idle": "5", "tcp_user_timeout": "0"}),
]


@pytest.mark.parametrize(("own", "expected"), TEST_ALIVE)
def test_a_server_that_vanishes_is_given_up(
    connect: Any, monkeypatch: pytest.MonkeyPatch, own: str, expected: dict[str, Any]
) -> None:
    connection, asked = connect((False,)), []

    def note(url: str, **options: Any) -> Connection:
        # libpq refuses what it does not know.
        asked.append(psycopg2.extensions.parse_dsn(psycopg2.extensions.make_dsn(url, **options)))
        return connection

    monkeypatch.setattr(psycopg2, "connect", note)
    query.lease(URL + own)
    assert {name: asked[0][name] for name in expected} == expected
    assert asked[0]["sslmode"] == "verify-full"


def test_no_error_holds_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **_options: Any) -> None:
        raise psycopg2.OperationalError(f"cannot use {url}, nor can@ary\nDETAIL: can@ary")

    monkeypatch.setattr(psycopg2, "connect", refuse)
    with pytest.raises(query.DatabaseError) as caught:
        query.lease(URL)
    assert str(caught.value) == (
        "cannot use postgresql://chainlink:********@db.test:5432/chainlink?sslmode=verify-full, nor ********"
    )


def test_a_closed_port() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(query.DatabaseError, match="Connection refused"):
        query.lease(f"postgresql://chainlink:word@127.0.0.1:{port}/chainlink")


def test_without_psycopg2(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def fail(name: str, *arguments: Any) -> Any:
        if name == "psycopg2":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(query.DatabaseError) as caught:
        query.lease(URL)
    assert str(caught.value) == "psycopg2 is not installed; install the package python3-psycopg2"
