# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health checks: which there are, and their cached results.

No RPC endpoint is ever dialled: heads are simulated and every check passes, unless table ``lab_stand_in_faults``
names it. A fault named after a check fails that check and, as in the node, the checks above it by name.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any

from .database import Database, Error, table_exists
from .logs import Logger
from .settings import Chain
from .versions import Behaviour

REFRESH_SECONDS = 15.0

_GO_TYPES = (
    "*fluxmonitor.concreteFluxMonitor",
    "*gas.BlockHistoryEstimator",
    "*headtracker.headBroadcaster",
    "*headtracker.headTracker",
    "*job.spawner",
    "*log.broadcaster",
    "*monitor.balanceMonitor",
    "*pipeline.runner",
    "*promreporter.promReporter",
    "*txmgr.Txm",
)
_COMMON = (
    "JobSpawner",
    "Mailbox.Monitor",
    "Mercury.WSRPCPool",
    "PipelineORM",
    "PipelineRunner",
    "PipelineRunner.BridgeCache",
    "TelemetryManager",
)
_PER_CHAIN = (
    "",
    ".BalanceMonitor",
    ".HeadBroadcaster",
    ".HeadTracker",
    ".HeadTracker.HeadListener",
    ".LogBroadcaster",
    ".Txm",
    ".Txm.BlockHistoryEstimator",
    ".Txm.Broadcaster",
    ".Txm.Confirmer",
    ".Txm.WrappedEvmEstimator",
)


@dataclass(frozen=True)
class Check:
    """One check's result; ``output`` is empty while it passes."""

    name: str
    passing: bool
    output: str
    ready: bool


def check_names(behaviour: Behaviour, chains: tuple[Chain, ...]) -> list[str]:
    """The names of all checks of a release, sorted."""
    if behaviour.go_type_check_names:
        return sorted(_GO_TYPES)
    names = [*_COMMON, behaviour.head_reporter]
    names += [f"EVM.{chain.chain_id}{suffix}" for chain in chains for suffix in _PER_CHAIN]
    return sorted(names)


def results(names: list[str], faults: dict[str, tuple[str, bool]]) -> list[Check]:
    """The results under ``faults`` (check name to output and readiness); a fault may add its own name."""
    checks = []
    for name in sorted({*names, *faults}):
        below = [fault for fault in faults if fault == name or fault.startswith(name + ".")]
        output = "; ".join(faults[fault][0] for fault in sorted(below))
        checks.append(Check(name, not below, output, all(faults[fault][1] for fault in below)))
    return checks


class HealthChecker:
    """Refreshes the results every 15 seconds, as the node does; CHAINLINK_STAND_IN_HEALTH_SECONDS is for tests."""

    def __init__(self, database: Database, behaviour: Behaviour, chains: tuple[Chain, ...], log: Logger) -> None:
        self._database = database
        self._names = check_names(behaviour, chains)
        self._log = log.named("HealthChecker")
        self._interval = float(os.environ.get("CHAINLINK_STAND_IN_HEALTH_SECONDS", REFRESH_SECONDS))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._checks = results(self._names, {})

    def start(self) -> None:
        self._refresh()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def checks(self) -> list[Check]:
        return self._checks

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self._refresh()

    def _refresh(self) -> None:
        try:
            self._checks = results(self._names, self._faults())
        except Error as error:
            # The node keeps running and answering from its cache when the database is away.
            self._log.error("Failed to refresh health checks", err=str(error).strip())

    def _faults(self) -> dict[str, tuple[str, bool]]:
        with self._database.transaction() as cursor:
            if not table_exists(cursor, "lab_stand_in_faults"):
                return {}
            cursor.execute("SELECT check_name, output, ready FROM lab_stand_in_faults")
            return {name: (output, ready) for name, output, ready in cursor.fetchall()}


def resource(check: Check) -> dict[str, Any]:
    """A check as a JSON:API resource."""
    return {
        "type": "checks",
        "id": check.name,
        "attributes": {
            "name": check.name,
            "status": "passing" if check.passing else "failing",
            "output": check.output,
        },
    }


def as_text(checks: list[Check]) -> str:
    """Checks as /health.txt writes them."""
    lines = []
    for check in checks:
        lines.append(f"{'ok ' if check.passing else '!  '} {check.name}\n")
        if check.output:
            lines += [f"\t{line}\n" for line in check.output.splitlines()]
    return "".join(lines)
