# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_rpc_info

from ..rpc_provider import KEY, Provider, provider

__all__ = ["provider"]

WRONG = (
    "Ethereum-Sepolia: rpc endpoint primary: http_url is one of chain 1, not of 11155111; write the URL of your "
    "provider for Ethereum-Sepolia"
)


def told(chain_id: str, status: int = 200) -> tuple[int, bytes]:
    return status, json.dumps({"result": chain_id}).encode()


def said(answer: dict[str, Any]) -> str:
    """Return all that was printed: with Ansible's controller imported, warnings go to it and not into the answer."""
    return re.sub(r"\s+", " ", answer["output"])


def chains(provider: Provider, *names: str) -> list[dict[str, Any]]:
    return [
        {
            "network": "Ethereum-Sepolia",
            "rpc": [
                {"name": name, "ws_url": provider.url(f"{name}-socket", "ws"), "http_url": provider.url(name)}
                for name in names
            ],
        }
    ]


@pytest.mark.parametrize("check_mode", [False, True])
def test_from_the_controller_nothing_fails_and_all_is_told(
    run_module: Any, provider: Provider, check_mode: bool
) -> None:
    provider.answers = {"primary": told("0x1"), "second": told("0xaa36a7"), "third": (503, b"")}
    provider.answers |= {"primary-socket": told("0xaa36a7", 101), "second-socket": told("0x5", 101)}
    provider.answers["third-socket"] = (503, b"")
    options = {"chains": chains(provider, "primary", "second", "third")}
    answer = run_module(chainlink_rpc_info.main, options, check_mode=check_mode)
    assert (answer["rc"], answer["changed"]) == (0, False)
    assert [problem["variable"] for problem in answer["problems"]] == ["chainlink_chains"] * 2
    assert answer["problems"][0]["message"] == WRONG
    assert answer["problems"][1]["message"].startswith(
        "Ethereum-Sepolia: rpc endpoint second: ws_url is one of chain 5,"
    )
    assert [(one["name"], one["kind"], one["state"], one["told"]) for one in answer["endpoints"]] == [
        ("primary", "ws_url", "right", "11155111"),
        ("primary", "http_url", "wrong", "1"),
        ("second", "ws_url", "wrong", "5"),
        ("second", "http_url", "right", "11155111"),
        ("third", "ws_url", "unknown", None),
        ("third", "http_url", "unknown", None),
    ]
    assert {one["chain_id"] for one in answer["endpoints"]} == {"11155111"}
    assert KEY not in answer["output"]
    assert "it may be of another chain" not in said(answer)


def test_chains_of_a_network_that_the_operator_describes(run_module: Any, provider: Provider) -> None:
    provider.answers = {"own": told("0x3039"), "own-socket": told("0x3039", 101)}
    options = {"chains": [{**chains(provider, "own")[0], "network": "My-Own", "chain_id": 12345}]}
    assert run_module(chainlink_rpc_info.main, options)["problems"] == []


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch, instance: Any, provider: Provider) -> Provider:
    """The estate of the instance, whose endpoints are the provider's."""
    monkeypatch.setattr(chainlink_rpc_info, "InstanceMetadata", lambda: instance)
    monkeypatch.setattr(chainlink_rpc_info, "client", instance.client)
    document = json.loads(instance.secrets.rpc)
    for chain_endpoints in document.values():
        for endpoint in chain_endpoints if isinstance(chain_endpoints, list) else []:
            endpoint["http_url"] = provider.url("rpc")
            endpoint["ws_url"] = provider.url("socket", "ws")
    provider.answers["socket"] = told("0xaa36a7", 101)
    instance.secrets = dataclasses.replace(instance.secrets, rpc=json.dumps(document))
    return provider


def test_on_a_host_an_endpoint_of_another_chain_is_refused(run_module: Any, estate: Provider) -> None:
    estate.answers["rpc"] = told("0x7")
    answer = run_module(chainlink_rpc_info.main, {"estate": "oracle", "expect_right": True})
    assert answer["rc"] == 1
    assert answer["msg"].startswith("chainlink_chains: ")
    assert "is one of chain 7, not of " in answer["msg"]
    assert KEY not in answer["output"]
    assert estate.asked


def test_on_a_host_a_provider_that_is_down_is_a_warning(run_module: Any, estate: Provider) -> None:
    estate.answers["rpc"] = (503, b"")
    answer = run_module(chainlink_rpc_info.main, {"estate": "oracle", "expect_right": True})
    assert answer["rc"] == 0
    assert "rpc endpoint primary: http_url answers with HTTP status 503; it may be of another chain" in said(answer)
    assert KEY not in answer["output"]


@pytest.mark.parametrize("options", [{}, {"estate": "oracle", "chains": []}])
def test_one_of_both(run_module: Any, options: dict[str, Any]) -> None:
    assert run_module(chainlink_rpc_info.main, options)["rc"] == 1
