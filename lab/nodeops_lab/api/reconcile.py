# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS does by itself, without a request: at present, keeping Auto Scaling groups whole."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from .backends import LOCK, autoscaling
from .patches.autoscaling import replace_unhealthy

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup

    from .settings import Settings

LOGGER = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0


class GroupKeeper:
    """A thread that replaces unhealthy and vanished instances of the region's Auto Scaling groups."""

    def __init__(self, settings: Settings) -> None:
        self._region = settings.region
        self._stopped = threading.Event()
        self._told: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="group-keeper", daemon=True)

    def start(self) -> None:
        """Start looking after the groups."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until a look in progress has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            with LOCK:
                for group in list(autoscaling(self._region).autoscaling_groups.values()):
                    self._look_after(group)

    def _look_after(self, group: FakeAutoScalingGroup) -> None:
        try:
            replace_unhealthy(group)
        except Exception as error:
            # One group's fault (a deleted image, a full subnet) must not hold up the others; AWS keeps trying, too.
            # Told once, not every second.
            if self._told.get(group.name) != str(error):
                LOGGER.exception("cannot keep the group %s whole", group.name)
            self._told[group.name] = str(error)
        else:
            self._told.pop(group.name, None)
