# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import api, dump
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_migration_info
from ansible_collections.nodeops.chainlink.tests.unit import samples

OPTIONS = {"estate": "oracle", "release": "2.9.0"}
ENDPOINT = samples.RPC["11155111"][0]
DUMP = f"""[[EVM]]
ChainID = '11155111'
FinalityDepth = 70

[[EVM.Nodes]]
Name = 'eth-primary-0'
WSURL = '{ENDPOINT["ws_url"]}'
"""
UNDECIDED = (
    "EVM.11155111.FinalityDepth is 70 now and would be the release's default; write it into chainlink_extra_config, or "
    "name it in estate_migration_dropped"
)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch, instance: Any) -> Any:
    """A 1.13 node on this host: .dump is what it says, or how it fails."""
    instance.record = samples.record_text("1.13.3")
    instance.dump = DUMP

    def ask(url: str, credentials: api.Credentials) -> str:
        assert (url, credentials.password) == ("http://127.0.0.1:6688", samples.API_PASSWORD)
        if isinstance(instance.dump, Exception):
            raise instance.dump
        return str(instance.dump)

    monkeypatch.setattr(chainlink_migration_info, "InstanceMetadata", lambda: instance)
    monkeypatch.setattr(chainlink_migration_info, "client", instance.client)
    monkeypatch.setattr(dump, "ask", ask)
    return instance


def tell(run_module: Any, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = run_module(chainlink_migration_info.main, {**OPTIONS, **options})
    assert (answer["rc"], answer["changed"]) == (0, False)
    assert [canary for canary in samples.CANARIES if canary in answer["output"]] == []
    return answer


def additions(depth: int, chain_id: str = "11155111") -> str:
    return json.dumps({"EVM": [{"ChainID": chain_id, "FinalityDepth": depth}]})


# (options, problems, dropped)
TEST_TELL: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, [UNDECIDED], []),
    ({"additions": additions(70)}, [], []),
    (
        {"dropped": ["EVM.11155111.FinalityDepth"]},
        [],
        ["EVM.11155111.FinalityDepth is 70 now and would be the release's default"],
    ),
    ({"serves": False}, [], []),
    (
        {"serves": False, "additions": additions(70, "1")},
        ["chainlink_extra_config: EVM.ChainID '1' is no chain of chainlink_chains (11155111)"],
        [],
    ),
]


@pytest.mark.parametrize(("options", "problems", "dropped"), TEST_TELL)
def test_tell(run_module: Any, node: Any, options: dict[str, Any], problems: list[str], dropped: list[str]) -> None:
    answer = tell(run_module, **options)
    assert (answer["problems"], answer["dropped"]) == (problems, dropped)


def test_the_secret_may_hold_the_additions_already(run_module: Any, node: Any) -> None:
    node.secrets = samples.secrets(rpc={**samples.RPC, "extra_config": json.loads(additions(70))})
    assert tell(run_module)["problems"] == []
    assert tell(run_module, additions="{}")["problems"] == [UNDECIDED]


def test_an_endpoint_that_1_x_could_do_with_and_2_x_cannot(run_module: Any, node: Any) -> None:
    node.secrets = samples.secrets(rpc={"11155111": [{**ENDPOINT, "http_url": None}]})
    assert tell(run_module)["problems"] == [
        "chainlink_chains: Ethereum-Sepolia, rpc endpoint primary has no http_url; give one that begins with https://"
    ]


# (what the node says, problem)
TEST_UNSAID: list[tuple[Any, str]] = [
    (api.ApiError("it does not answer"), "it does not answer"),
    ("[[EVM", "the settings that the node says cannot be read: line 1 lacks ]]"),
]


@pytest.mark.parametrize(("said", "problem"), TEST_UNSAID)
def test_a_node_that_does_not_say_its_settings(run_module: Any, node: Any, said: Any, problem: str) -> None:
    node.dump = said
    assert tell(run_module)["problems"] == [problem]


def test_it_fails_where_nothing_can_be_told(run_module: Any, node: Any) -> None:
    answer = run_module(chainlink_migration_info.main, {**OPTIONS, "release": "latest"})
    assert (answer["rc"], "'latest' is no release" in answer["msg"]) == (1, True)
    node.record = "{"
    answer = run_module(chainlink_migration_info.main, OPTIONS)
    assert (answer["rc"], "the estate record is not JSON" in answer["msg"]) == (1, True)
