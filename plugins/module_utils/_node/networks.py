# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the networks that an estate names, in network_table.

A network that is missing there can still be used by giving its chain id and LINK contract address.

The names of the AWS Quick Start for Chainlink (deprecated 2024-10) are understood: names of living networks as
other spellings, names of networks that are gone as refusals which name the successor.
"""

from __future__ import annotations

import difflib
import re

from .network_table import NETWORKS, RETIRED, Network


class NetworkError(ValueError):
    """A network that cannot be used; the message says which to use instead."""


def _key(name: str) -> str:
    """One key for the spellings of a name: case, blanks, underscores and a closing -Testnet do not matter."""
    key = re.sub(r"[\s_-]+", "-", name.strip().lower())
    short = key[: -len("-testnet")] if key.endswith("-testnet") else key
    # BNB-Testnet and the like have no name but this.
    return short if "-" in short else key


def _index() -> dict[str, Network]:
    index: dict[str, Network] = {}
    for network in NETWORKS:
        for name in (network.name, *network.other_names):
            if index.setdefault(_key(name), network) is not network:
                raise AssertionError(f"two networks are called {name}")
    return index


_BY_NAME = _index()
_BY_CHAIN_ID = {network.chain_id: network for network in NETWORKS}
_RETIRED_BY_NAME = {_key(name): (chain_id, successor) for name, (chain_id, successor) in RETIRED.items()}


def by_name(name: str) -> Network | None:
    """The network of a name in any known spelling, or None where the table does not have it.

    Raises NetworkError, naming the successor, for a network that is gone.
    """
    retired = _RETIRED_BY_NAME.get(_key(name))
    if retired:
        raise NetworkError(_gone(name, retired[1]))
    return _BY_NAME.get(_key(name))


def by_chain_id(chain_id: str) -> Network | None:
    """The network of a chain id, or None; raises NetworkError for a network that is gone."""
    for name, (retired_id, successor) in RETIRED.items():
        if retired_id == chain_id:
            raise NetworkError(_gone(name, successor))
    return _BY_CHAIN_ID.get(chain_id)


def suggestions(name: str) -> list[str]:
    """Names of the table that look like the given one, the nearest first."""
    close = difflib.get_close_matches(_key(name), _BY_NAME, n=3, cutoff=0.6)
    return list(dict.fromkeys(_BY_NAME[key].name for key in close))


def _gone(name: str, successor: str | None) -> str:
    if successor:
        return f"network {name} has been shut down; use its successor {successor}"
    return f"network {name} is no longer served and has no successor; remove it"
