# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import networks

TEST_BY_NAME: list[tuple[str, str, str]] = [
    ("Ethereum-Mainnet", "Ethereum-Mainnet", "1"),
    ("Ethereum-Sepolia", "Ethereum-Sepolia", "11155111"),
    ("ethereum sepolia", "Ethereum-Sepolia", "11155111"),
    ("Ethereum_Sepolia_Testnet", "Ethereum-Sepolia", "11155111"),
    # Every living name of the Quick Start's list.
    ("BSC-Mainnet", "BNB-Mainnet", "56"),
    ("BSC-Testnet", "BNB-Testnet", "97"),
    ("Matic-Mainnet", "Polygon-Mainnet", "137"),
    ("RSK-Mainnet", "Rootstock-Mainnet", "30"),
    ("Gnosis-Chain-Mainnet", "Gnosis-Mainnet", "100"),
    ("Avalanche-Mainnet", "Avalanche-Mainnet", "43114"),
    ("Avalanche-Fuji-Testnet", "Avalanche-Fuji", "43113"),
    ("Fantom-Mainnet", "Fantom-Mainnet", "250"),
    ("Fantom-Testnet", "Fantom-Testnet", "4002"),
    ("Arbitrum-Mainnet", "Arbitrum-Mainnet", "42161"),
    ("Optimism-Mainnet", "OP-Mainnet", "10"),
    ("Moonriver-Mainnet", "Moonriver-Mainnet", "1285"),
    ("Moonbeam-Mainnet", "Moonbeam-Mainnet", "1284"),
    ("Metis-Mainnet", "Metis-Mainnet", "1088"),
    ("Klaytn-Baobab-Testnet", "Kaia-Kairos", "1001"),
    # The list of LINK contracts has other chain ids for these two.
    ("Hedera-Mainnet", "Hedera-Mainnet", "295"),
    ("World-Chain-Sepolia-Testnet", "World-Chain-Sepolia", "4801"),
    ("Polygon-Katana", "Katana-Mainnet", "747474"),
    ("zora mainnet", "Zora-Mainnet", "7777777"),
]

TEST_RETIRED: list[tuple[str, str]] = [
    (
        "Ethereum-Goerli-Testnet",
        "network Ethereum-Goerli-Testnet has been shut down; use its successor Ethereum-Sepolia",
    ),
    ("Matic-Mumbai-Testnet", "network Matic-Mumbai-Testnet has been shut down; use its successor Polygon-Amoy"),
    (
        "Arbitrum-Goerli-Testnet",
        "network Arbitrum-Goerli-Testnet has been shut down; use its successor Arbitrum-Sepolia",
    ),
    ("Optimism-Goerli-Testnet", "network Optimism-Goerli-Testnet has been shut down; use its successor OP-Sepolia"),
    ("Ethereum-Holesky", "network Ethereum-Holesky has been shut down; use its successor Ethereum-Hoodi"),
    ("Sonic-Blaze-Testnet", "network Sonic-Blaze-Testnet has been shut down; use its successor Sonic-Testnet"),
    ("Celo-Alfajores", "network Celo-Alfajores is no longer served and has no successor; remove it"),
    ("Heco-Mainnet", "network Heco-Mainnet is no longer served and has no successor; remove it"),
    ("Harmony-Mainnet", "network Harmony-Mainnet is no longer served and has no successor; remove it"),
]


@pytest.mark.parametrize(("name", "canonical", "chain_id"), TEST_BY_NAME)
def test_by_name(name: str, canonical: str, chain_id: str) -> None:
    network = networks.by_name(name)
    assert network is not None
    assert (network.name, network.chain_id) == (canonical, chain_id)


@pytest.mark.parametrize(("name", "message"), TEST_RETIRED)
def test_by_name_refuses_what_is_gone(name: str, message: str) -> None:
    with pytest.raises(networks.NetworkError) as caught:
        networks.by_name(name)
    assert str(caught.value) == message


def test_by_name_of_an_unknown_network() -> None:
    assert networks.by_name("Ethereum-Sepolio") is None
    assert networks.suggestions("Ethereum-Sepolio")[0] == "Ethereum-Sepolia"
    assert networks.suggestions("zzzzzz") == []


def test_by_chain_id() -> None:
    amoy = networks.by_chain_id("80002")
    assert amoy is not None
    assert amoy.name == "Polygon-Amoy"
    assert networks.by_chain_id("31337") is None
    with pytest.raises(networks.NetworkError) as caught:
        networks.by_chain_id("5")
    assert str(caught.value) == "network Ethereum-Goerli has been shut down; use its successor Ethereum-Sepolia"


@pytest.mark.parametrize("network", networks.NETWORKS, ids=lambda network: network.name)
def test_a_name_without_its_closing_word_is_never_another_network(network: networks.Network) -> None:
    """Whoever writes Cronos-zkEVM must not get the test network."""
    if network.name.endswith("-Mainnet"):
        assert networks.by_name(network.name.removesuffix("-Mainnet")) in (None, network)


def test_the_table_is_consistent() -> None:
    chain_ids = [network.chain_id for network in networks.NETWORKS]
    names = [network.name for network in networks.NETWORKS]
    assert len(set(chain_ids)) == len(chain_ids)
    assert len(set(names)) == len(names)
    for network in networks.NETWORKS:
        assert re.fullmatch(r"[A-Z0-9][A-Za-z0-9]*(-[A-Za-z0-9]+)+", network.name)
        assert re.fullmatch(r"[1-9][0-9]*", network.chain_id)
        assert re.fullmatch(r"0x[0-9a-fA-F]{40}", network.link_contract_address)
        assert networks.by_name(network.name) is network
    for chain_id, successor in networks.RETIRED.values():
        assert chain_id not in chain_ids
        assert successor is None or successor in names
