# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/metrics: the main names of the node in Prometheus text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .health import Check
from .logs import LEVELS
from .pool import STATES, ChainPool, RpcNode
from .versions import Behaviour, Version

_TRANSITIONS = {
    "Alive": "alive",
    "OutOfSync": "out_of_sync",
    "Unreachable": "unreachable",
    "InvalidChainID": "invalid_chain_id",
    "Unusable": "unusable",
}
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True)
class Snapshot:
    """What the metrics are made from."""

    version: Version
    behaviour: Behaviour
    checks: list[Check]
    pools: Mapping[str, ChainPool]
    log_counts: Mapping[str, int]
    maximum_connections: int
    uptime: float


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    pairs = ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
    return "{" + pairs + "}" if pairs else ""


def _metric(name: str, kind: str, description: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _chain_metrics(snapshot: Snapshot) -> list[str]:
    chains = snapshot.pools
    states: list[Sample] = []
    balances: list[Sample] = []
    for chain_id, pool in chains.items():
        for state in STATES:
            count = sum(node.state == state for node in pool.nodes)
            if snapshot.behaviour.chain_agnostic_pool:
                labels = {"network": "EVM", "chainId": chain_id, "state": state}
            else:
                labels = {"evmChainID": chain_id, "state": state}
            states.append((labels, count))
        for address, wei in pool.balances.items():
            if snapshot.behaviour.balance_metric == "node_balance":
                balances.append(({"account": address, "chainID": chain_id, "chainFamily": "EVM"}, wei / 1e18))
            else:
                balances.append(({"account": address, "evmChainID": chain_id}, wei / 1e18))
    heads: list[Sample] = [({"evmChainID": name}, pool.current_head) for name, pool in chains.items()]
    received: list[Sample] = [({"ChainID": name}, pool.counts["heads_received"]) for name, pool in chains.items()]
    errors: list[Sample] = [({"ChainID": name}, pool.counts["connection_errors"]) for name, pool in chains.items()]
    none: list[Sample] = [({"evmChainID": name}, 0) for name in chains]
    state_metric = "multi_node_states" if snapshot.behaviour.chain_agnostic_pool else "evm_pool_rpc_node_states"
    return [
        _metric("head_tracker_current_head", "gauge", "The highest seen head number", heads),
        _metric("head_tracker_heads_received", "counter", "The total number of heads seen", received),
        _metric("head_tracker_connection_errors", "counter", "The total number of node connection errors", errors),
        _metric(state_metric, "gauge", "The number of RPC nodes in the given state", states),
        *_node_metrics(snapshot),
        _metric(snapshot.behaviour.balance_metric, "gauge", "Each account's balance", balances),
        _metric("unconfirmed_transactions", "gauge", "Number of currently unconfirmed transactions", none),
        _metric("max_unconfirmed_tx_age", "gauge", "The age of the oldest unconfirmed transaction in seconds", none),
        _metric("max_unconfirmed_blocks", "gauge", "The max number of blocks any transaction has waited", none),
    ]


def _node_metrics(snapshot: Snapshot) -> list[str]:
    prefix, chain_label = "evm_pool_rpc_node", "evmChainID"
    if snapshot.behaviour.chain_agnostic_pool:
        prefix, chain_label = "pool_rpc_node", "chainID"
    nodes: list[tuple[dict[str, str], RpcNode]] = [
        ({chain_label: chain_id, "nodeName": node.endpoint.name}, node)
        for chain_id, pool in snapshot.pools.items()
        for node in pool.nodes
    ]
    seen: list[Sample] = [(labels, node.head) for labels, node in nodes if node.head >= 0]
    parts = [_metric(f"{prefix}_highest_seen_block", "gauge", "The highest seen block for the given RPC node", seen)]
    for name in ("num_seen_blocks", "polls_total", "polls_failed", "polls_success"):
        counted: list[Sample] = [(labels, node.counts[name.removeprefix("num_")]) for labels, node in nodes]
        parts.append(_metric(f"{prefix}_{name}", "counter", f"RPC node: {name.replace('_', ' ')}", counted))
    for state, name in _TRANSITIONS.items():
        moved: list[Sample] = [(labels, node.transitions[state]) for labels, node in nodes]
        full = f"{prefix}_num_transitions_to_{name}"
        parts.append(_metric(full, "counter", f"Total number of times node has transitioned to {state}", moved))
    return parts


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
    for name, value in (("max", snapshot.maximum_connections), ("open", 2), ("used", 1)):
        parts.append(_metric(f"db_conns_{name}", "gauge", f"Database connections: {name}", [({}, value)]))
    for name in ("db_wait_count", "db_wait_time_seconds", "pipeline_runs_queued", "pipeline_task_runs_queued"):
        parts.append(_metric(name, "gauge", name.replace("_", " "), [({}, 0)]))
    return "".join(parts)
