# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the throw-away node's database in the estate's cluster, as the master user, and removes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .._database.query import ALIVE
from .._node.settings import DATABASE_CA_FILE, Database
from . import throwaway

CONNECT_SECONDS = 10
#: Aurora makes a database in a second or two, and may be busy.
STATEMENT_SECONDS = 120
APPLICATION_NAME = "nodeops.chainlink escrow"
#: The number of an advisory lock of the estate's database, which nobody else has.
_REMOVING = 0x6E6F6465_65736372


class DatabaseError(Exception):
    """The database refused; the message holds no password."""


@dataclass(frozen=True)
class Master:
    """The master user of the estate's cluster."""

    username: str
    password: str = field(repr=False)


def create(database: Database, master: Master, one: throwaway.Throwaway) -> None:
    """Make an empty database and the user that owns it; raises DatabaseError."""
    with _session(database, master) as cursor:
        extensions, sql = _psycopg2()
        # The server stores what it is given, and logs the statement perhaps: it never sees the password.
        verifier = extensions.encrypt_password(one.database_password, one.name, cursor.connection, "scram-sha-256")
        name, user = sql.Identifier(one.name), sql.Identifier(master.username)
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                name, sql.Literal(verifier)
            )
        )
        # Only a member of a role may give something to it.
        cursor.execute(sql.SQL("GRANT {} TO {}").format(name, user))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        # By default everybody may connect to a new database.
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def remove(database: Database, master: Master) -> list[str]:
    """Remove every throw-away database and user that is there, and return their names; raises DatabaseError."""
    with _session(database, master) as cursor:
        _extensions, sql = _psycopg2()
        # Both node hosts may be at it; the session's end gives the lock back.
        cursor.execute("SELECT pg_advisory_lock(%s)", (_REMOVING,))
        databases, users = _left(cursor)
        for name in databases:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for name in users:
            cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
        return sorted({*databases, *users})


def left(database: Database, master: Master) -> list[str]:
    """The throw-away databases and users that are there; raises DatabaseError."""
    with _session(database, master) as cursor:
        databases, users = _left(cursor)
        return sorted({*databases, *users})


def _left(cursor: Any) -> tuple[list[str], list[str]]:
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (throwaway.NAME_LIKE,))
    databases = [name for (name,) in cursor.fetchall() if throwaway.is_name(name)]
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", (throwaway.NAME_LIKE,))
    return databases, [name for (name,) in cursor.fetchall() if throwaway.is_name(name)]


@contextlib.contextmanager
def _session(database: Database, master: Master) -> Iterator[Any]:
    """A cursor of one session of the master user, in which every statement stands for itself."""
    try:
        import psycopg2
    except ImportError as error:
        raise DatabaseError("psycopg2 is not installed; install the package python3-psycopg2") from error
    connection = None
    try:
        connection = psycopg2.connect(
            host=database.host,
            port=database.port,
            dbname=database.name,
            user=master.username,
            password=master.password,
            sslmode="verify-full",
            sslrootcert=DATABASE_CA_FILE,
            **ALIVE,
            connect_timeout=CONNECT_SECONDS,
            application_name=APPLICATION_NAME,
            options=f"-c statement_timeout={STATEMENT_SECONDS * 1000}",
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise DatabaseError(_words(error, master)) from error
    finally:
        if connection is not None:
            connection.close()


def _psycopg2() -> tuple[Any, Any]:
    from psycopg2 import extensions, sql

    return extensions, sql


def _words(error: Exception, master: Master) -> str:
    """What the server said, in its first line: the lines after it repeat the statement."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].replace(master.password, "***") if master.password else lines[0]
