# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet filters of faults: one nftables table of their own in the network of each container concerned."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from docker.models.containers import Container

from ..engine import container, enter

TABLE = "lab_faults"
RELOADED_SECONDS = 10.0
"""After this time rules are loaded again, in case something inside a host flushed its whole rule set."""

# Before any address translation but for what leaves, so that containers inside a host are concerned as well. A reset
# can only be sent from the later hooks.
CHAINS = {
    "inbound": "type filter hook prerouting priority -200",
    "outbound": "type filter hook postrouting priority -200",
    "input": "type filter hook input priority -200",
    "output": "type filter hook output priority -200",
    "forward": "type filter hook forward priority -200",
}

Rules = dict[str, list[tuple[str, str]]]
"""(chain, rule) pairs by container name."""


def merged(all_rules: Iterable[Rules]) -> Rules:
    """Return the rules of several faults together."""
    together: Rules = {}
    for rules in all_rules:
        for name, pairs in rules.items():
            together.setdefault(name, []).extend(pair for pair in pairs if pair not in together.get(name, []))
    return together


def ruleset(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the nftables script that puts these rules, and no others, in force; without any it removes the table."""
    by_chain: dict[str, list[str]] = {}
    for chain, rule in pairs:
        by_chain.setdefault(chain, []).append(rule)
    lines = [f"table inet {TABLE} {{}}", f"delete table inet {TABLE}"]
    if by_chain:
        lines.append(f"table inet {TABLE} {{")
        for chain, rules in by_chain.items():
            lines += [f"  chain {chain} {{", f"    {CHAINS[chain]}; policy accept;"]
            lines += [*(f"    {rule}" for rule in rules), "  }"]
        lines.append("}")
    return "\n".join([*lines, ""])


class Loader:
    """Loads rules where they are not in force yet."""

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[str, str, float]] = {}
        """(container start, script, time of loading) by container name."""

    def load(self, rules: Mapping[str, list[tuple[str, str]]]) -> None:
        """Load the rules of each container that runs, and remove those loaded before that are no more."""
        for name in {*rules, *self._loaded}:
            found = container(name)
            if found is None or found.status != "running":
                self._loaded.pop(name, None)
                continue
            script = ruleset(rules.get(name, []))
            state = (str(found.attrs["State"]["StartedAt"]), script)
            known = self._loaded.get(name)
            if known is None or known[:2] != state or time.monotonic() - known[2] > RELOADED_SECONDS:
                load(found, script)
                self._loaded[name] = (*state, time.monotonic())
            if name not in rules:
                self._loaded.pop(name)


def load(found: Container, script: str) -> None:
    """Load a script in the network of a running container."""
    enter(found, ["nft", "-f", "-"], text=script)
