# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS does by itself, without a request: at present, keeping Auto Scaling groups as they are wanted."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from moto.core.utils import utcnow

from .autoscaling.rounds import look_after
from .backends import LOCK, autoscaling

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup

    from .settings import Settings

LOGGER = logging.getLogger(__name__)
INTERVAL_SECONDS = 0.25
"""Seconds between two looks at a group. AWS takes some seconds from one state of an instance to the next; nobody should
rely on how many, but everybody on there being some: no request of Auto Scaling has its effect before it returns."""


class GroupKeeper:
    """A thread that looks after the region's Auto Scaling groups."""

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
            look_after(group, utcnow())
        except Exception as error:
            # One group's fault must not hold up the others. What AWS tells of failed launches is an activity; what
            # comes here is the emulation's own fault, told once, not at every look.
            if self._told.get(group.name) != str(error):
                LOGGER.exception("cannot look after the group %s", group.name)
            self._told[group.name] = str(error)
        else:
            self._told.pop(group.name, None)
