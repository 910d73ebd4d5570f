# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs about single resources, several at a time, one per resource, with their errors kept for `lab status`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

LOGGER = logging.getLogger(__name__)
PAUSE_AFTER_FAILURE = 5.0
"""Seconds before a failed job is tried again."""


class Work:
    """Runs jobs by key. A failure concerns its resource only: it is logged once, kept, and tried again."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="work")
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._errors: dict[str, str] = {}
        self._not_before: dict[str, float] = {}

    def submit(self, key: str, job: Callable[[], None]) -> bool:
        """Start a job unless one of the same key runs, or failed a moment ago; return whether it was started."""
        with self._lock:
            if key in self._busy or self._not_before.get(key, 0.0) > time.monotonic():
                return False
            self._busy.add(key)
        self._pool.submit(self._run, key, job)
        return True

    def attempt(self, key: str, job: Callable[[], None]) -> bool:
        """Run a job here and now; return whether it succeeded."""
        with self._lock:
            self._busy.add(key)
        self._run(key, job)
        with self._lock:
            return key not in self._errors

    def _run(self, key: str, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # whatever one resource's job raises must not end the others'
            message = f"{type(error).__name__}: {error}"
            with self._lock:
                known = self._errors.get(key)
                self._errors[key] = message
                self._not_before[key] = time.monotonic() + PAUSE_AFTER_FAILURE
            if known != message:
                LOGGER.error("%s: %s", key, message, exc_info=error)
        else:
            with self._lock:
                recovered = self._errors.pop(key, None)
                self._not_before.pop(key, None)
            if recovered:
                LOGGER.info("%s: well again", key)
        finally:
            with self._lock:
                self._busy.discard(key)

    def keep(self, keys: set[str]) -> None:
        """Drop the errors of all other keys: their resources are no more."""
        with self._lock:
            self._errors = {key: message for key, message in self._errors.items() if key in keys}

    @property
    def errors(self) -> dict[str, str]:
        """The present error of each resource that has one."""
        with self._lock:
            return dict(self._errors)

    @property
    def busy(self) -> set[str]:
        """The keys of the jobs that run."""
        with self._lock:
            return set(self._busy)

    def close(self) -> None:
        """Wait for the running jobs and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
