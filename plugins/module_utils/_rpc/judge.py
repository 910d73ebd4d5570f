# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges what RPC endpoints told of their chain.

A node that an endpoint tells another chain id goes on without that endpoint (chainlink-framework, multinode's state
InvalidChainID); without another one it does nothing for its jobs, and says so in log and metrics alone. No message
holds a URL, in which providers have their access keys. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: What the answer of an endpoint comes to.
RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"


@dataclass(frozen=True)
class Endpoint:
    """One URL of an endpoint, as an operator names them. kind: ws_url or http_url."""

    network: str
    chain_id: str
    name: str
    kind: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Told:
    """What an endpoint told: the id of its chain, or why none is known."""

    chain_id: str | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one endpoint's answer means."""

    endpoint: Endpoint
    told: Told
    state: str

    @property
    def message(self) -> str:
        """What to do about it; empty where nothing is to be done."""
        where = f"{self.endpoint.network}: rpc endpoint {self.endpoint.name}: {self.endpoint.kind}"
        if self.state == WRONG:
            return (
                f"{where} is one of chain {self.told.chain_id}, not of {self.endpoint.chain_id}; write the URL of your "
                f"provider for {self.endpoint.network}"
            )
        return f"{where} {self.told.trouble}" if self.state == UNKNOWN else ""


def judge(answers: Iterable[tuple[Endpoint, Told]]) -> list[Verdict]:
    """What each answer means, in their order."""
    return [Verdict(endpoint, told, _state(endpoint, told)) for endpoint, told in answers]


def _state(endpoint: Endpoint, told: Told) -> str:
    if told.chain_id is None:
        return UNKNOWN
    return RIGHT if told.chain_id == endpoint.chain_id else WRONG
