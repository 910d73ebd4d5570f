# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/metrics: the main names of the node in Prometheus text; heads advance with the clock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from .health import Check
from .logs import LEVELS
from .settings import Settings
from .versions import Behaviour, Version

_BLOCK_SECONDS = 12
RPC_STATES = ("Alive", "InvalidChainID", "OutOfSync", "Undialed", "Unreachable", "Unusable")
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True)
class Snapshot:
    """What the metrics are made from."""

    version: Version
    behaviour: Behaviour
    settings: Settings
    checks: list[Check]
    log_counts: Mapping[str, int]
    keys: list[tuple[str, str]]
    uptime: float


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return "{" + pairs + "}" if pairs else ""


def _metric(name: str, kind: str, description: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {value:g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _chain_metrics(snapshot: Snapshot) -> list[str]:
    chains = snapshot.settings.chains
    failing = {check.name for check in snapshot.checks if not check.passing}
    head = int(time.time() // _BLOCK_SECONDS)
    heads: list[Sample] = [({"evmChainID": chain.chain_id}, head) for chain in chains]
    received: list[Sample] = [({"ChainID": chain.chain_id}, snapshot.uptime // _BLOCK_SECONDS) for chain in chains]
    states: list[Sample] = []
    for chain in chains:
        actual = "Unreachable" if f"EVM.{chain.chain_id}" in failing else "Alive"
        for state in RPC_STATES:
            count = len(chain.nodes) if state == actual else 0
            if snapshot.behaviour.rpc_state_metric == "multi_node_states":
                labels = {"network": "EVM", "chainId": chain.chain_id, "state": state}
            else:
                labels = {"evmChainID": chain.chain_id, "state": state}
            states.append((labels, count))
    balances: list[Sample] = []
    for address, chain_id in snapshot.keys:
        if snapshot.behaviour.balance_metric == "node_balance":
            balances.append(({"account": address, "chainID": chain_id, "chainFamily": "EVM"}, 0))
        else:
            balances.append(({"account": address, "evmChainID": chain_id}, 0))
    none: list[Sample] = [({"evmChainID": chain.chain_id}, 0) for chain in chains]
    return [
        _metric("head_tracker_current_head", "gauge", "The highest seen head number", heads),
        _metric("head_tracker_heads_received", "counter", "The total number of heads seen", received),
        _metric(snapshot.behaviour.rpc_state_metric, "gauge", "The number of RPC nodes in the given state", states),
        _metric(snapshot.behaviour.balance_metric, "gauge", "Each account's balance", balances),
        _metric("unconfirmed_transactions", "gauge", "Number of currently unconfirmed transactions", none),
        _metric("max_unconfirmed_tx_age", "gauge", "The age of the oldest unconfirmed transaction in seconds", none),
        _metric("max_unconfirmed_blocks", "gauge", "The max number of blocks any transaction has waited", none),
    ]


def render(snapshot: Snapshot) -> str:
    """The whole exposition."""
    checks: list[Sample] = [({"service_id": check.name}, float(check.passing)) for check in snapshot.checks]
    build = {"version": str(snapshot.version), "commit": snapshot.version.commit}
    parts = [
        _metric("health", "gauge", "Health status by service", checks),
        _metric("uptime_seconds", "counter", "Uptime of the application measured in seconds", [({}, snapshot.uptime)]),
        _metric("version", "gauge", "Application version", [(build, 1)]),
    ]
    for level in LEVELS[2:]:
        name = {"crit": "critical"}.get(level, level)
        count = float(snapshot.log_counts.get(level, 0))
        parts.append(_metric(f"log_{name}_count", "counter", f"Number of {name} messages in log", [({}, count)]))
    parts += _chain_metrics(snapshot)
    for name, value in (("max", 100), ("open", 2), ("used", 1)):
        parts.append(_metric(f"db_conns_{name}", "gauge", f"Database connections: {name}", [({}, value)]))
    for name in ("db_wait_count", "db_wait_time_seconds", "pipeline_runs_queued", "pipeline_task_runs_queued"):
        parts.append(_metric(name, "gauge", name.replace("_", " "), [({}, 0)]))
    return "".join(parts)
