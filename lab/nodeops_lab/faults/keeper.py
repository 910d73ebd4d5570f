# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps faults in force in the daemon's rounds: containers restart, and new ones come into a lost zone."""

from __future__ import annotations

import logging

from ..settings import LabSettings
from . import filters
from .instances import KillInstance
from .places import Places
from .registry import KINDS
from .store import Store

LOGGER = logging.getLogger(__name__)


class Keeper:
    """The faults of one lab, as its rounds see them."""

    def __init__(self, settings: LabSettings) -> None:
        self._settings = settings
        self._store = Store(settings.state_directory)
        self._loader = filters.Loader()

    @property
    def due(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self._store.faults())

    def down(self) -> set[str]:
        """Return the instances whose hosts have lost their power and are not to be started."""
        return {fault.facts["instance"] for fault in self._store.faults() if fault.kind == KillInstance.name}

    def keep(self) -> None:
        """See that everything in force is, and forget what has ended. Raises LabError."""
        places = Places(self._settings)
        with self._store.locked():
            for fault in self._store.faults():
                if not KINDS[fault.kind].hold(fault, places):
                    self._store.remove(fault.fault_id)
                    LOGGER.info("fault %s has ended", fault.text())
            self._loader.load(filters.merged(KINDS[fault.kind].rules(fault, places) for fault in self._store.faults()))
