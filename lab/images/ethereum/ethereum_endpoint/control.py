# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the endpoint is told to do: a file that the lab's daemon writes (nodeops_lab/ethereum.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WELL = "well"
MODES = (WELL, "http_500", "http_429", "refuse", "hang", "no_heads", "wrong_chain_id")
TRANSPORTS = ("both", "http", "ws")
ALL_CHAINS = "*"
WEI = 10**18


@dataclass(frozen=True)
class Fault:
    """How the endpoint of one chain behaves."""

    mode: str = WELL
    transport: str = "both"
    chain_id: int = 0
    """What ``wrong_chain_id`` reports."""

    def on(self, transport: str, *modes: str) -> bool:
        """Whether one of ``modes`` holds for a transport."""
        return self.mode in modes and self.transport in ("both", transport)


@dataclass(frozen=True)
class Control:
    """One state of the control file."""

    generation: int = 0
    block_seconds: float = 2.0
    faults: Mapping[str, Fault] = field(default_factory=dict)
    """By chain id, or ``*``."""
    balances: Mapping[str, int] = field(default_factory=dict)
    """Lower-case address to wei; the others have one ether."""
    link_balances: Mapping[str, int] = field(default_factory=dict)
    """Lower-case address to juels; the others have none."""

    def fault(self, chain: str) -> Fault:
        """The fault of a chain."""
        return self.faults.get(chain) or self.faults.get(ALL_CHAINS) or Fault()

    @property
    def refuses(self) -> bool:
        """Whether the port is closed, which concerns all chains."""
        return any(fault.mode == "refuse" for fault in self.faults.values())


def parse(document: Any) -> Control:
    """The control of a JSON document. Raises ValueError or TypeError for one that says something unknown."""
    faults = {}
    for chain, item in document.get("faults", {}).items():
        fault = Fault(item.get("mode", WELL), item.get("transport", "both"), int(item.get("chain_id", 0)))
        if fault.mode not in MODES or fault.transport not in TRANSPORTS:
            raise ValueError(f"unknown fault {fault}")
        faults[chain] = fault
    return Control(
        generation=int(document.get("generation", 0)),
        block_seconds=float(document.get("block_seconds", 2.0)),
        faults=faults,
        balances={key.lower(): int(value) for key, value in document.get("balances", {}).items()},
        link_balances={key.lower(): int(value) for key, value in document.get("link_balances", {}).items()},
    )
