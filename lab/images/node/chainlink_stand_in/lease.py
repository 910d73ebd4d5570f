# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database lease: one row that says which process is the node, judged by the database's clock.

The order of errors is the official one: while waiting, every error but a closed connection is swallowed and
looks like waiting; while holding, an error is only logged, but a lease held by another ends the process.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .database import Database, Error
from .errors import CommandError, StoppedError
from .logs import Logger
from .settings import Settings

WAITING = (
    "Another application is currently holding the database lease (or a previous instance exited uncleanly), "
    "waiting for lease to expire..."
)
LOST = "Another node has taken the lease, exiting immediately"

_CREATE = (
    "CREATE TABLE IF NOT EXISTS lease_lock (client_id uuid NOT NULL, expires_at timestamptz NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS only_one_lease_lock ON lease_lock ((client_id IS NOT NULL))",
)
_UPSERT = """
INSERT INTO lease_lock AS held (client_id, expires_at)
VALUES (%(id)s::uuid, NOW() + make_interval(secs => %(seconds)s))
ON CONFLICT ((client_id IS NOT NULL)) DO UPDATE
SET client_id = EXCLUDED.client_id, expires_at = EXCLUDED.expires_at
WHERE held.client_id = %(id)s::uuid OR held.expires_at < NOW()
"""
_RELEASE = "UPDATE lease_lock SET expires_at = NOW() WHERE client_id = %s::uuid AND expires_at > NOW()"


def is_logged(try_count: int) -> bool:
    """Waiting is logged at tries 0, 1, 2, 4 ... 512 and then every thousandth."""
    return try_count % 1000 == 0 or (try_count < 1000 and try_count & (try_count - 1) == 0)


class LeaseLock:
    """The lease of one process. ``take`` blocks, then a thread refreshes until ``release``."""

    def __init__(
        self,
        database: Database,
        app_id: str,
        settings: Settings,
        log: Logger,
        on_lost: Callable[[], None],
        *,
        leaks: bool = False,
    ) -> None:
        """``leaks`` is the defect of a broken release: the lease is left to run out."""
        if settings.lease_refresh_interval > settings.lease_duration / 2:
            raise CommandError("refresh interval must be <= half the lease duration")
        self._database = database
        self._app_id = app_id
        self._settings = settings
        self._log = log.named("LeaseLock", appID=app_id)
        self._on_lost = on_lost
        self._leaks = leaks
        self._connection: Any = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, stop: threading.Event) -> None:
        """Block until the lease is ours. Raises StoppedError, or CommandError where no connection can be had."""
        uses_lease = self._settings.locking_mode in ("lease", "dual")
        uses_advisory = self._settings.locking_mode in ("advisorylock", "dual")
        if uses_lease:
            self._wait(self._try_lease, stop, WAITING)
            self._thread = threading.Thread(target=self._hold, name="lease", daemon=True)
            self._thread.start()
        if uses_advisory:
            try:
                self._wait(self._try_advisory, stop, "Another application holds the advisory lock, waiting...")
            except (StoppedError, CommandError):
                self.release()
                raise

    def release(self) -> None:
        """Let the lease expire now; blocks until that is written. Harmless when nothing is held."""
        self._stop.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        self._close()

    def _wait(self, attempt: Callable[[bool], bool], stop: threading.Event, waiting: str) -> None:
        tries = 0
        first = True
        while True:
            if self._connection is None:
                self._connection = self._checkout()
            try:
                if attempt(first):
                    return
            except Error as error:
                if self._connection.closed:
                    self._log.warn("DB connection was unexpectedly closed; checking out a new one", err=str(error))
                    self._close()
                    continue
            first = False
            if is_logged(tries):
                self._log.info(waiting, tryCount=tries)
            tries += 1
            if stop.wait(self._settings.lease_refresh_interval * random.uniform(0.9, 1.1)):
                self._close()
                raise StoppedError("failed to take initial lease on database: stopped")

    def _checkout(self) -> Any:
        milliseconds = int(self._settings.lease_duration * 1000)
        try:
            connection = self._database.connect()
            with connection, connection.cursor() as cursor:
                cursor.execute("SET SESSION lock_timeout = %s", (milliseconds,))
                cursor.execute("SET SESSION idle_in_transaction_session_timeout = %s", (milliseconds,))
        except Error as error:
            raise CommandError(f"opening db: failed to open db: {str(error).strip()}") from error
        return connection

    def _try_lease(self, create: bool) -> bool:
        with self._connection, self._connection.cursor() as cursor:
            for statement in _CREATE if create else ():
                cursor.execute(statement)
            cursor.execute(_UPSERT, {"id": self._app_id, "seconds": self._settings.lease_duration})
            return bool(cursor.rowcount)

    def _try_advisory(self, _first: bool) -> bool:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (self._settings.advisory_lock_id,))
            return bool(cursor.fetchone()[0])

    def _hold(self) -> None:
        while not self._stop.wait(self._settings.lease_refresh_interval):
            try:
                if self._connection is None or self._connection.closed:
                    self._log.warn("DB connection was unexpectedly closed; checking out a new one")
                    self._connection = self._checkout()
                held = self._try_lease(False)
            except (Error, CommandError) as error:
                self._log.error("Error trying to refresh database lease", err=str(error).strip())
                continue
            if not held:
                self._database.close()
                self._log.fatal(LOST)
                self._on_lost()
                return
        if self._leaks:
            return
        try:
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(_RELEASE, (self._app_id,))
        except Error as error:
            self._log.warn("Error trying to release lease on cancelled ctx", err=str(error).strip())

    def _close(self) -> None:
        if self._connection is not None:
            # A connection that the server has already cut cannot be closed again; both ends mean gone.
            with suppress(Error):
                self._connection.close()
            self._connection = None
