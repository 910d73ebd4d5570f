# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that an estate can name: chain id and LINK token contract of each.

Source: docs.chain.link, resources/link-token-contracts, as of 2026-08-21. Chain ids there contain typing errors, so
a row stands here only where the id is confirmed by a second source; a network that is missing can still be used by
giving its chain id and LINK contract address.

The names of the AWS Quick Start for Chainlink (deprecated 2024-10) are understood: names of living networks as
other spellings, names of networks that are gone as refusals which name the successor.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass


class NetworkError(ValueError):
    """A network that cannot be used; the message says which to use instead."""


@dataclass(frozen=True)
class Network:
    """One living network."""

    name: str
    chain_id: str
    link_contract_address: str
    other_names: tuple[str, ...] = ()


NETWORKS = (
    Network("Ethereum-Mainnet", "1", "0x514910771AF9Ca656af840dff83E8264EcF986CA", ("Ethereum",)),
    Network("Ethereum-Sepolia", "11155111", "0x779877A7B0D9E8603169DdbD7836e478b4624789", ("Sepolia",)),
    Network("Ethereum-Hoodi", "560048", "0x76c00B055414de203B79B4955E28119BF459033e", ("Hoodi",)),
    Network("BNB-Mainnet", "56", "0x404460C6A5EdE2D891e8297795264fDe62ADBB75", ("BSC-Mainnet", "BNB-Chain-Mainnet")),
    Network("BNB-Testnet", "97", "0x84b9B910527Ad5C03A9Ca831909E21e236EA7b06", ("BSC-Testnet", "BNB-Chain-Testnet")),
    Network("Polygon-Mainnet", "137", "0xb0897686c545045aFc77CF20eC7A532E3120E0F1", ("Matic-Mainnet", "Polygon")),
    Network("Polygon-Amoy", "80002", "0x0Fd9e8d3aF1aaee056EB9e802c3A762a667b1904"),
    Network("Arbitrum-Mainnet", "42161", "0xf97f4df75117a78c1A5a0DBb814Af92458539FB4", ("Arbitrum", "Arbitrum-One")),
    Network("Arbitrum-Sepolia", "421614", "0xb1D4538B4571d411F07960EF2838Ce337FE1E80E"),
    Network("OP-Mainnet", "10", "0x350a791Bfc2C21F9Ed5d10980Dad2e2638ffa7f6", ("Optimism-Mainnet", "Optimism")),
    Network("OP-Sepolia", "11155420", "0xE4aB69C077896252FAFBD49EFD26B5D171A32410", ("Optimism-Sepolia",)),
    Network("Base-Mainnet", "8453", "0x88Fb150BDc53A65fe94Dea0c9BA0a6dAf8C6e196", ("Base",)),
    Network("Base-Sepolia", "84532", "0xE4aB69C077896252FAFBD49EFD26B5D171A32410"),
    Network("Avalanche-Mainnet", "43114", "0x5947BB275c521040051D82396192181b413227A3", ("Avalanche",)),
    Network("Avalanche-Fuji", "43113", "0x0b9d5D9136855f6FEc3c0993feE6E9CE8a297846"),
    Network("Gnosis-Mainnet", "100", "0xE2e73A1c69ecF83F464EFCE6A5be353a37cA09b2", ("Gnosis-Chain-Mainnet",)),
    Network("Gnosis-Chiado", "10200", "0xDCA67FD8324990792C0bfaE95903B8A64097754F"),
    Network("Linea-Mainnet", "59144", "0xa18152629128738a5c081eb226335FEd4B9C95e9", ("Linea",)),
    Network("Linea-Sepolia", "59141", "0xF64E6E064a71B45514691D397ad4204972cD6508"),
    Network("Scroll-Mainnet", "534352", "0x548C6944cba02B9D1C0570102c89de64D258d3Ac", ("Scroll",)),
    Network("Scroll-Sepolia", "534351", "0x231d45b53C905c3d6201318156BDC725c9c3B9B1"),
    Network(
        "ZKsync-Mainnet", "324", "0x52869bae3E091e36b0915941577F2D47d8d8B534", ("ZKsync-Era", "ZKsync-Era-Mainnet")
    ),
    Network("ZKsync-Sepolia", "300", "0x23A1aFD896c8c8876AF46aDc38521f4432658d1e"),
    Network("Celo-Mainnet", "42220", "0xd07294e6E917e07dfDcee882dd1e2565085C2ae0", ("Celo",)),
    Network("Mantle-Mainnet", "5000", "0xfe36cF0B43aAe49fBc5cFC5c0AF22a623114E043", ("Mantle",)),
    Network("Metis-Mainnet", "1088", "0xd2FE54D1E5F568eB710ba9d898Bf4bD02C7c0353", ("Metis-Andromeda", "Metis")),
    Network("Moonbeam-Mainnet", "1284", "0x012414A392F9FA442a3109f1320c439C45518aC3", ("Moonbeam",)),
    Network("Moonriver-Mainnet", "1285", "0x8b12Ac23BFe11cAb03a634C1F117D64a7f2cFD3e", ("Moonriver",)),
    Network("Fantom-Mainnet", "250", "0x6F43FF82CCA38001B6699a8AC47A2d0E66939407", ("Fantom-Opera", "Fantom")),
    Network("Fantom-Testnet", "4002", "0xfaFedb041c0DD4fA2Dc0d87a6B0979Ee6FA7af5F"),
    Network("Sonic-Mainnet", "146", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F", ("Sonic",)),
    Network("Kaia-Mainnet", "8217", "0x7311ded199cc28d80e58e81e8589aa160199fcd2", ("Klaytn-Mainnet", "Kaia")),
    Network(
        "Kaia-Kairos",
        "1001",
        "0xaf3243f975afe2269da8ffa835ca3a8f8b6a5a36",
        ("Klaytn-Baobab-Testnet", "Klaytn-Baobab"),
    ),
    Network("Rootstock-Mainnet", "30", "0x938D84942f5D924070A6bb82F8e56a5E2b3098A4", ("RSK-Mainnet", "Rootstock")),
    Network("Rootstock-Testnet", "31", "0x39dD98CcCC3a51b2c0007e23517488e363581264", ("RSK-Testnet",)),
    Network("Ronin-Mainnet", "2020", "0x3902228D6A3d2Dc44731fD9d45FeE6a61c722D0b", ("Ronin",)),
    Network("Unichain-Mainnet", "130", "0xEF66491eab4bbB582c57b14778afd8dFb70D8A1A", ("Unichain",)),
    Network("World-Chain-Mainnet", "480", "0x915b648e994d5f31059B38223b9fbe98ae185473", ("World-Chain",)),
)

#: Networks that are gone: name -> (chain id, successor in this table or None).
RETIRED: dict[str, tuple[str, str | None]] = {
    "Ethereum-Ropsten": ("3", "Ethereum-Sepolia"),
    "Ethereum-Rinkeby": ("4", "Ethereum-Sepolia"),
    "Ethereum-Goerli": ("5", "Ethereum-Sepolia"),
    "Ethereum-Kovan": ("42", "Ethereum-Sepolia"),
    "Ethereum-Holesky": ("17000", "Ethereum-Hoodi"),
    "Matic-Mumbai": ("80001", "Polygon-Amoy"),
    "Polygon-Mumbai": ("80001", "Polygon-Amoy"),
    "Arbitrum-Rinkeby": ("421611", "Arbitrum-Sepolia"),
    "Arbitrum-Goerli": ("421613", "Arbitrum-Sepolia"),
    "Optimism-Kovan": ("69", "OP-Sepolia"),
    "Optimism-Goerli": ("420", "OP-Sepolia"),
    "Base-Goerli": ("84531", "Base-Sepolia"),
    "Heco-Mainnet": ("128", None),
    "Harmony-Mainnet": ("1666600000", None),
}


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
