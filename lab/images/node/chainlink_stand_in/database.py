# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to PostgreSQL: who they say they are, and a small pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from .errors import CommandError
from .versions import Version

APPLICATION_NAME_MAXIMUM = 63
_IDLE_CONNECTIONS = 3

Error = psycopg2.Error


def application_name(version: Version, consumer: str, app_id: str) -> str:
    """What pg_stat_activity shows of a connection: release, consumer and process, as static.SetConsumerName."""
    return f"Chainlink {version} | {consumer} | {app_id}"[:APPLICATION_NAME_MAXIMUM]


class Database:
    """Opens connections for one process; ``timeout`` in seconds bounds connecting, statements and a dead network."""

    def __init__(self, url: str, name: str, timeout: float) -> None:
        self._url = url
        self._name = name
        self._timeout = timeout
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._closed = False

    def connect(self) -> Any:
        """A new connection. Raises psycopg2.Error; an unusable URL raises CommandError without quoting it."""
        if not self._url.startswith(("postgres://", "postgresql://")):
            raise CommandError("opening db: failed to open db: cannot parse the database URL")
        milliseconds = int(self._timeout * 1000)
        try:
            connection = psycopg2.connect(
                self._url,
                application_name=self._name,
                connect_timeout=max(2, int(self._timeout)),
                tcp_user_timeout=milliseconds,
            )
        except psycopg2.ProgrammingError:
            raise CommandError("opening db: failed to open db: cannot parse the database URL") from None
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION statement_timeout = %s", (milliseconds,))
        connection.commit()
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor inside one transaction; the connection returns to the pool if it survived."""
        with self._lock:
            if self._closed:
                raise psycopg2.InterfaceError("sql: database is closed")
            connection = self._idle.pop() if self._idle else None
        connection = connection or self.connect()
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if self._closed or len(self._idle) >= _IDLE_CONNECTIONS:
                connection.close()
            else:
                self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections and refuse new transactions."""
        with self._lock:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()


def table_exists(cursor: Any, name: str) -> bool:
    """Whether ``name`` (optionally with its schema) is a table."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (name,))
    return bool(cursor.fetchone()[0])
