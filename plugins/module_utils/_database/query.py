# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the node's database, as the node's own user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 5
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


class DatabaseError(Exception):
    """The database did not answer; the message holds no password."""


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


def lease(url: str) -> Lease | None:
    """The lease of the database behind a connection URL, or None where no node has ever asked for it.

    Raises DatabaseError.
    """
    try:
        import psycopg2
    except ImportError as error:
        raise DatabaseError("psycopg2 is not installed; install the package python3-psycopg2") from error
    try:
        connection = psycopg2.connect(
            url,
            connect_timeout=TIMEOUT_SECONDS,
            application_name=APPLICATION_NAME,
            options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000} -c default_transaction_read_only=on",
        )
    except psycopg2.Error as error:
        raise DatabaseError(_words(error, url)) from error
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('lease_lock') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return None
            cursor.execute(_LEASE, {"application_name": APPLICATION_NAME})
            row = cursor.fetchone()
    except psycopg2.Error as error:
        raise DatabaseError(_words(error, url)) from error
    finally:
        connection.close()
    return None if row is None else Lease(*row)


def _words(error: Any, url: str) -> str:
    """The first line of a database error without the password, encoded or not."""
    lines = str(error).strip().splitlines()
    message = lines[0] if lines else type(error).__name__
    encoded = urlsplit(url).password
    for password in filter(None, (encoded, unquote(encoded or ""))):
        message = message.replace(password, "********")
    return message
