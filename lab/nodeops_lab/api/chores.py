# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS's services do by themselves about metrics, alarms and backups."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import backup_jobs
from .alarms.keeper import AlarmKeeper
from .backends import LOCK
from .rds_events import EventTeller

if TYPE_CHECKING:
    from .settings import Settings

LOGGER = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0


class Chores:
    """A thread that does each chore every second, under the lock of all requests."""

    def __init__(self, settings: Settings) -> None:
        alarms = AlarmKeeper(settings)
        events = EventTeller(settings.region)
        self._chores: dict[str, Callable[[float], None]] = {
            "alarms": alarms.look,
            "backups": lambda _now: backup_jobs.tell(settings.region),
            "database events": lambda _now: events.look(),
        }
        self._told: dict[str, str] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until what is being done is done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            for name, chore in self._chores.items():
                with LOCK:
                    self._do(name, chore)

    def _do(self, name: str, chore: Callable[[float], None]) -> None:
        try:
            chore(time.time())
        except Exception as error:
            # One chore's fault must not end the others. Told once, not every second.
            if self._told.get(name) != str(error):
                LOGGER.exception("chore %s failed", name)
            self._told[name] = str(error)
        else:
            self._told.pop(name, None)
