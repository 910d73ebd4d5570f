# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import throwaway
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import checks, toml
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.render import render
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings
from ansible_collections.nodeops.chainlink.tests.unit import samples

P2P = {"port": 6690, "announce": ["192.0.2.1:6690"]}
RPC = {**samples.RPC, "extra_config": {"EVM": [{"ChainID": "11155111", "FinalityDepth": 70}]}}


def settings_of(tag: str, one: throwaway.Throwaway) -> NodeSettings:
    return throwaway.settings_of(samples.node_settings(tag, samples.secrets(rpc=RPC), p2p=P2P), one)


def test_every_one_is_another() -> None:
    one, other = throwaway.invent(), throwaway.invent()
    assert throwaway.is_name(one.name)
    secrets = [one.database_password, one.keystore_password, one.api_password, other.api_password, throwaway.password()]
    assert len({*secrets, one.name, other.name}) == 7
    for secret in secrets:
        assert checks.password(secret, maximum_bytes=checks.API_PASSWORD_MAXIMUM_BYTES) == []
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
        assert secret not in repr(one)


@pytest.mark.parametrize(
    "name", ["nodeops_escrow_", "nodeops_escrow_0123456789abcdeg", "chainlink", "escrow_0123456789abcdef"]
)
def test_names_of_others(name: str) -> None:
    assert not throwaway.is_name(name)


@pytest.mark.parametrize("tag", ["1.12.0", "1.13.3", "2.9.0", "2.46.0"])
def test_it_has_nothing_of_the_estate_but_release_and_chains(tag: str) -> None:
    one = throwaway.invent()
    settings = settings_of(tag, one)
    assert settings.release == samples.node_settings(tag).release
    assert [chain.chain_id for chain in settings.chains] == ["11155111"]
    files = render(settings)
    text = "\n".join(files.values())
    assert [canary for canary in samples.CANARIES if canary in text] == []
    assert (samples.RECORD["database"]["host"] in text, f"/{one.name}?sslmode=verify-full" in text) == (True, True)
    for secret in (one.database_password, one.keystore_password, one.api_password):
        assert secret in text
    assert "6690" not in text
    assert "FinalityDepth" not in text


def test_it_has_no_way_to_a_chain() -> None:
    for tag in ("1.13.3", "2.46.0"):
        text = "\n".join(render(settings_of(tag, throwaway.invent())).values())
        urls = re.findall(r"(?:ws|http)s?://[^\s\"']+", text)
        reached = [url for url in urls if not re.match(r"(ws|http)://127\.0\.0\.1:9/11155111$", url)]
        assert (len(urls) >= 3, reached) == (True, ["http://localhost:6688"])


def test_several_chains_of_2_x_share_no_name_and_no_url() -> None:
    chains = [{"network": "a", "chain_id": "1", "link_contract_address": None}, *samples.RECORD["chains"]]
    endpoint = {"name": "one", "ws_url": "wss://one.test", "http_url": "https://one.test"}
    secrets = samples.secrets(rpc={**samples.RPC, "1": [endpoint]})
    settings = throwaway.settings_of(samples.node_settings("2.46.0", secrets, chains=chains), throwaway.invent())
    nodes = [chain["Nodes"][0] for chain in toml.read(render(settings)["config.toml"])["EVM"]]
    assert len({node["Name"] for node in nodes}) == len({node["WSURL"] for node in nodes}) == 2
