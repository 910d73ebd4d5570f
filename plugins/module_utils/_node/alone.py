# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets one piece of work at a time run on a host, and clean up after itself however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from typing import Any, Callable, NoReturn

_PAUSE_SECONDS = 1.0


class BusyError(Exception):
    """Another process does the same."""


@contextlib.contextmanager
def alone(lock_path: str, seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock file, which the kernel gives back when the process ends; raises BusyError after some seconds."""
    lock_file = os.open(lock_path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + seconds
    with os.fdopen(lock_file, "wb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() + _PAUSE_SECONDS > deadline:
                    raise BusyError(f"{lock_path} is held") from error
            time.sleep(_PAUSE_SECONDS)
        yield


@contextlib.contextmanager
def ending_by_signals() -> Iterator[Callable[[], None]]:
    """Make the signals that end a program raise SystemExit, so that it cleans up; the value makes it deaf to more."""

    def end(number: int, _frame: Any) -> NoReturn:
        raise SystemExit(128 + number)

    def hold() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield hold
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
