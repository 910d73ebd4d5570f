# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sudden end of a database server, told by the engine at once rather than found in the next round."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import docker.errors
import requests

from ...engine import engine
from ...settings import LABEL, LABEL_THING, LabSettings
from .instances import THING

LOGGER = logging.getLogger(__name__)
PAUSE_SECONDS = 2.0


class Deaths:
    """A thread that listens to the engine."""

    def __init__(self, settings: LabSettings, told: Callable[[], None]) -> None:
        """``told`` is called whenever a database's container has ended or has been paused."""
        self._filters = {
            "type": "container",
            "event": ["die", "pause"],
            "label": [f"{LABEL}={settings.name}", f"{LABEL_THING}={THING}"],
        }
        self._told = told
        self._stopping = threading.Event()
        self._stream: Any = None
        self._thread = threading.Thread(target=self._run, name="deaths", daemon=True)

    def start(self) -> None:
        """Start to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        if self._stream is not None:
            self._stream.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._stream = engine().api.events(decode=True, filters=self._filters)
                for _event in self._stream:
                    self._told()
            except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
                # The rounds find what is missed here; a stream that was closed fails in several ways.
                if not self._stopping.is_set():
                    LOGGER.warning("the engine tells no events: %s", error)
            self._stopping.wait(PAUSE_SECONDS)
