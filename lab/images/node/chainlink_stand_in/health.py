# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health checks: which there are, and their cached results.

A chain's head listener fails while its RPC endpoints bring no heads; all other checks pass, unless table
``lab_stand_in_faults`` names them. A failing check does not fail those above it by name: the official tests
(testdata/scripts/health of the node's repository) show ``EVM.1`` passing above a failing
``EVM.1.HeadTracker.HeadListener``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .database import Database, Error, table_exists
from .logs import Logger
from .pool import Pools
from .versions import Behaviour, Version

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
# Name to the releases that have it: from the first, up to but without the second. The names are those of the official
# tests; the releases are inferred.
_NAMES = (
    ("Heartbeat", "2.17.0", ""),
    ("JobSpawner", "2.0.0", ""),
    ("LLOTransmissionReaper", "2.20.0", ""),
    ("Mailbox.Monitor", "2.0.0", ""),
    ("Mercury.WSRPCPool", "2.0.0", ""),
    ("Mercury.WSRPCPool.CacheSet", "2.9.0", ""),
    ("PipelineORM", "2.0.0", ""),
    ("PipelineRunner", "2.0.0", ""),
    ("PipelineRunner.BridgeCache", "2.0.0", ""),
    ("RetirementReportCache", "2.17.0", ""),
    ("TelemetryManager", "2.0.0", ""),
    ("WorkflowDBStore", "2.17.0", "2.20.0"),
    ("WorkflowStore", "2.20.0", ""),
    ("EVM.*", "2.0.0", ""),
    ("EVM.*.BalanceMonitor", "2.0.0", ""),
    ("EVM.*.HeadBroadcaster", "2.0.0", ""),
    ("EVM.*.HeadTracker", "2.0.0", ""),
    ("EVM.*.HeadTracker.HeadListener", "2.0.0", ""),
    ("EVM.*.LogBroadcaster", "2.0.0", ""),
    ("EVM.*.Relayer", "2.9.0", ""),
    ("EVM.*.Txm", "2.0.0", ""),
    ("EVM.*.Txm.BlockHistoryEstimator", "2.0.0", ""),
    ("EVM.*.Txm.Broadcaster", "2.0.0", ""),
    ("EVM.*.Txm.Confirmer", "2.0.0", ""),
    ("EVM.*.Txm.Finalizer", "2.16.0", ""),
    ("EVM.*.Txm.WrappedEvmEstimator", "2.0.0", ""),
)


@dataclass(frozen=True)
class Check:
    """One check's result; ``output`` is empty while it passes."""

    name: str
    passing: bool
    output: str
    ready: bool


def check_names(behaviour: Behaviour, chains: Iterable[str]) -> list[str]:
    """The names of all checks of a release with these chain ids, sorted."""
    if behaviour.go_type_check_names:
        return sorted(_GO_TYPES)
    version = behaviour.version
    templates = [
        name
        for name, since, until in _NAMES
        if Version.parse(since) <= version and not (until and Version.parse(until) <= version)
    ]
    names = [behaviour.head_reporter, *(name for name in templates if "*" not in name)]
    names += [name.replace("*", chain) for chain in chains for name in templates if "*" in name]
    return sorted(names)


def listener_name(behaviour: Behaviour, chain_id: str) -> str:
    """The check that tells whether heads arrive."""
    if behaviour.go_type_check_names:
        return "*headtracker.headTracker"
    return f"EVM.{chain_id}.HeadTracker.HeadListener"


def results(names: list[str], faults: dict[str, tuple[str, bool]]) -> list[Check]:
    """The results under ``faults`` (check name to output and readiness); a fault may add its own name."""
    well = ("", True)
    return [Check(name, name not in faults, *faults.get(name, well)) for name in sorted({*names, *faults})]


class HealthChecker:
    """Refreshes the results every 15 seconds, as the node does; CHAINLINK_STAND_IN_HEALTH_SECONDS is for tests."""

    def __init__(self, database: Database, behaviour: Behaviour, pools: Pools, log: Logger) -> None:
        self._database = database
        self._behaviour = behaviour
        self._pools = pools
        self._names = check_names(behaviour, pools.by_chain)
        self._log = log.named("HealthChecker")
        self._interval = float(os.environ.get("CHAINLINK_STAND_IN_HEALTH_SECONDS", REFRESH_SECONDS))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._injected: dict[str, tuple[str, bool]] = {}
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
            self._injected = self._faults()
        except Error as error:
            # The node keeps running and answering when the database is away.
            self._log.error("Failed to refresh health checks", err=str(error).strip())
        heads = {
            listener_name(self._behaviour, chain_id): (problem, True)
            for chain_id, problem in self._pools.problems().items()
        }
        self._checks = results(self._names, {**heads, **self._injected})

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
