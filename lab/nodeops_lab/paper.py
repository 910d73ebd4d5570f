# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region on paper: no machine follows it, and what machines would report is told at once.

The API carries out by itself what nobody follows: instances run and databases are available as soon as they are asked
for. Only load balancers wait for a report of their nodes. Nothing can be reached, and no target fails a check.
"""

from __future__ import annotations

import logging
import threading

from .api import balancing
from .api.target_health import HEALTHY, Health
from .settings import LabSettings

LOGGER = logging.getLogger(__name__)
INTERVAL_SECONDS = 0.1


class Paper:
    """A thread that stands for all machines of a region."""

    def __init__(self, settings: LabSettings) -> None:
        self._settings = settings
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paper", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until what is being told is told."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            try:
                self._balancers()
            except Exception:
                # The region goes on; its log says what was not told.
                LOGGER.exception("the load balancers could not be told of")

    def _balancers(self) -> None:
        """Let every node of every load balancer answer, and find its targets healthy."""
        found = balancing.snapshot(self._settings.region)
        reports = {
            node.interface_id: balancing.NodeReport(
                "paper",
                {
                    group.check_id(target): Health(HEALTHY)
                    for group in balancer.target_groups.values()
                    for target in balancer.targets_of(node, group)
                },
            )
            for balancer in found.values()
            for node in balancer.nodes
        }
        balancing.report(reports, set(found))
