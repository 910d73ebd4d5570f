# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the node's database, as the node's own user."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_SECONDS = 5
#: A server that vanishes without a word, with its zone, is given up after some 15 s; the kernel would wait for two
#: hours, and statement_timeout is the server's. tcp_user_timeout, in ms, is for a question that has never arrived.
ALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 10000}
APPLICATION_NAME = "nodeops.chainlink"

# A node's sessions carry "Chainlink X.Y.Z | consumer | client id" as application name, cut off after 63 characters
# (core/static/static.go), so only the beginning of the client id can be looked for.
_LEASE = """
SELECT lease.client_id::text,
       EXTRACT(EPOCH FROM lease.expires_at - now())::float8,
       holder.application_name,
       host(holder.client_addr),
       host(holder.client_addr) = host(inet_client_addr()),
       (SELECT count(*)
          FROM pg_stat_activity AS own
         WHERE own.client_addr = inet_client_addr()
           AND own.datname = current_database()
           AND own.application_name <> %(application_name)s),
       NOT pg_is_in_recovery()
  FROM lease_lock AS lease
  LEFT JOIN LATERAL (
       SELECT activity.application_name, activity.client_addr
         FROM pg_stat_activity AS activity
        WHERE position(left(lease.client_id::text, 18) IN activity.application_name) > 0
        LIMIT 1) AS holder ON true
"""


# transaction_read_only is asked for before anything else could set it: the node's sessions would see the same.
# The columns are named as the fields of Facts.
_STANDING = """
SELECT current_setting('server_version') AS server_version,
       pg_is_in_recovery() AS in_recovery,
       current_setting('transaction_read_only')::boolean AS read_only,
       current_user::text AS user,
       current_database()::text AS database,
       pg_get_userbyid(base.datdba)::text AS owner,
       pg_has_role(base.datdba, 'USAGE') AS owns_database,
       has_database_privilege(base.oid, 'CREATE') AS creates_schemas,
       current_schema()::text AS schema,
       COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates_tables,
       COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
       current_setting('max_connections')::integer AS most_connections,
       current_setting('superuser_reserved_connections')::integer AS reserved_connections,
       (SELECT COALESCE(sum(numbackends), 0)::integer FROM pg_stat_database) AS used_connections,
       base.datconnlimit AS database_limit,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS user_limit
  FROM pg_database AS base
 WHERE base.datname = current_database()
"""
_TABLES = """
SELECT wanted.name,
       pg_get_userbyid(class.relowner)::text,
       pg_has_role(class.relowner, 'USAGE'),
       ARRAY(SELECT privilege
               FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
              WHERE NOT has_table_privilege(class.oid, privilege))
  FROM unnest(%(names)s) WITH ORDINALITY AS wanted (name, number)
  JOIN pg_class AS class ON class.oid = to_regclass(wanted.name)
 ORDER BY wanted.number
"""
LEASE_TABLE = "lease_lock"
VERSIONS_TABLE = "node_versions"
MIGRATIONS_TABLE = "goose_migrations"
#: Tables that every release of the node has; what is wrong with one of them is wrong with all.
NODE_TABLES = (LEASE_TABLE, VERSIONS_TABLE, MIGRATIONS_TABLE, "users", "sessions", "jobs", "bridge_types")
_NODE_VERSION = "SELECT version FROM node_versions ORDER BY created_at DESC LIMIT 1"
_SCHEMA_VERSION = "SELECT max(version_id) FROM goose_migrations WHERE is_applied"


class DatabaseError(Exception):
    """The database did not answer; the message holds no password."""


@dataclass(frozen=True)
class Address:
    """What of a connection URL is no secret."""

    host: str
    port: int
    user: str
    database: str
    ssl_mode: str
    #: File of the certificate authorities; empty where the URL names none.
    authorities: str


@dataclass(frozen=True)
class Lease:
    """The row of lease_lock, and who holds it as far as the database shows."""

    client_id: str
    #: Seconds; negative where the lease has run out.
    expires_in: float
    holder_application: str | None
    holder_address: str | None
    #: Whether the holder's sessions come from this host; None where the holder has no session that can be seen.
    mine: bool | None
    #: How many sessions of this host, besides this question, are on the database.
    own_sessions: int
    #: Whether the server that was asked can write; a reader, or a writer of former times, cannot.
    writable: bool


@dataclass(frozen=True)
class Table:
    """One table of the node that exists."""

    name: str
    owner: str
    #: Whether the user is the owner or a member of it.
    owned: bool
    #: Which of SELECT, INSERT, UPDATE and DELETE the user may not do.
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What the node's own user finds in its database."""

    server_version: str
    in_recovery: bool
    read_only: bool
    user: str
    database: str
    owner: str
    owns_database: bool
    creates_schemas: bool
    #: Where tables are created; None where the user may use no schema of its search path.
    schema: str | None
    creates_tables: bool
    encrypted: bool
    most_connections: int
    #: Kept by the server for superusers.
    reserved_connections: int
    #: Of everybody on this server, this question included.
    used_connections: int
    #: -1 where there is none.
    database_limit: int
    user_limit: int
    tables: tuple[Table, ...]
    #: The newest release that has used the database; None before the first, or where it may not be read.
    node_version: str | None
    #: The last migration; None likewise.
    schema_version: int | None
    lease: Lease | None


def address(url: str) -> Address:
    """Where a connection URL leads, with libpq's defaults; raises ValueError for one that cannot be read."""
    parts = urlsplit(url)
    parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return Address(
        host=parts.hostname or "",
        port=parts.port or 5432,
        user=unquote(parts.username or ""),
        database=unquote(parts.path[1:]),
        ssl_mode=parameters.get("sslmode", "prefer"),
        authorities=parameters.get("sslrootcert", ""),
    )


def lease(url: str) -> Lease | None:
    """The lease of the database behind a connection URL, or None where no node has ever asked for it.

    Raises DatabaseError.
    """
    with _session(url, "-c default_transaction_read_only=on") as cursor:
        return _lease(cursor)


def look(url: str) -> Facts:
    """What the user of a connection URL finds; only reads. Raises DatabaseError."""
    with _session(url) as cursor:
        cursor.execute(_STANDING)
        standing = dict(zip([column.name for column in cursor.description], cursor.fetchone()))
        cursor.execute(_TABLES, {"names": list(NODE_TABLES)})
        tables = tuple(Table(name, owner, owned, tuple(lacking)) for name, owner, owned, lacking in cursor.fetchall())
        readable = {table.name for table in tables if "SELECT" not in table.lacking}
        return Facts(
            **standing,
            tables=tables,
            node_version=_value(cursor, _NODE_VERSION) if VERSIONS_TABLE in readable else None,
            schema_version=_value(cursor, _SCHEMA_VERSION) if MIGRATIONS_TABLE in readable else None,
            lease=_lease(cursor) if LEASE_TABLE in readable else None,
        )


@contextlib.contextmanager
def _session(url: str, options: str = "") -> Iterator[Any]:
    """A cursor of one session, in which every statement stands for itself; raises DatabaseError."""
    try:
        import psycopg2
    except ImportError as error:
        raise DatabaseError("psycopg2 is not installed; install the package python3-psycopg2") from error
    try:
        connection = psycopg2.connect(
            url,
            **_alive(url),
            connect_timeout=TIMEOUT_SECONDS,
            application_name=APPLICATION_NAME,
            options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000} {options}".rstrip(),
        )
    except psycopg2.Error as error:
        raise DatabaseError(_words(error, url)) from error
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise DatabaseError(_words(error, url)) from error
    finally:
        connection.close()


def _alive(url: str) -> dict[str, int]:
    """What of ALIVE a URL does not say itself: psycopg2 prefers its arguments to the URL."""
    own = parse_qs(urlsplit(url).query)
    return {name: value for name, value in ALIVE.items() if name not in own}


def _lease(cursor: Any) -> Lease | None:
    if not _value(cursor, "SELECT to_regclass('lease_lock') IS NOT NULL"):
        return None
    cursor.execute(_LEASE, {"application_name": APPLICATION_NAME})
    row = cursor.fetchone()
    return None if row is None else Lease(*row)


def _value(cursor: Any, statement: str) -> Any:
    """The first column of the first row, or None."""
    cursor.execute(statement)
    row = cursor.fetchone()
    return None if row is None else row[0]


def _words(error: Any, url: str) -> str:
    """The first line of a database error without the password, encoded or not."""
    lines = str(error).strip().splitlines()
    message = lines[0] if lines else type(error).__name__
    encoded = urlsplit(url).password
    for password in filter(None, (encoded, unquote(encoded or ""))):
        message = message.replace(password, "********")
    return message
