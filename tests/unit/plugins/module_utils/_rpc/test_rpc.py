# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of an endpoint's answer, whatever it is; nothing that is said holds its URL."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._rpc import ask, judge

from ...rpc_provider import KEY, Provider

SEPOLIA = "11155111"


def result(value: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


#: status and body of the answer; the chain that it tells, or the trouble.
TEST_ANSWERS: list[tuple[int, bytes, str | None, str]] = [
    (200, result("0xaa36a7"), SEPOLIA, ""),
    (200, result("0x1"), "1", ""),
    (200, result("0X01"), "1", ""),
    (200, result(None), None, "does not tell its chain id when it is asked for it"),
    (200, result(1), None, "does not tell its chain id when it is asked for it"),
    (200, result("one"), None, "does not tell its chain id when it is asked for it"),
    (200, b'{"error": {"code": -32000, "message": "canary-access-key"}}', None,
     "does not tell its chain id when it is asked for it"),
    (200, b"[]", None, "does not tell its chain id when it is asked for it"),
    (200, b"<html>canary-access-key</html>", None, "answers with something that is no JSON"),
    (200, b'"' + b"x" * 100_000 + b'"', None, "answers with something that is no JSON"),
    (401, b"canary-access-key", None, "answers with HTTP status 401"),
    (429, b"", None, "answers with HTTP status 429"),
    (500, b"", None, "answers with HTTP status 500"),
    (307, b"", None, "answers with HTTP status 307"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "chain_id", "trouble"), TEST_ANSWERS)
def test_answers(provider: Provider, status: int, body: bytes, chain_id: str | None, trouble: str) -> None:
    provider.answers["rpc"] = (status, body)
    told = ask.ask(provider.url("rpc"), 5)
    assert told == judge.Told(chain_id, trouble)
    assert KEY not in repr(told)
    (asked,) = provider.asked
    assert asked["document"] == {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    assert asked["headers"]["Content-Type"] == "application/json"


#: status and body of the answer over a WebSocket; the chain that it tells, or the trouble.
TEST_WEBSOCKETS: list[tuple[int, bytes, str | None, str]] = [
    (101, result("0xaa36a7"), SEPOLIA, ""),
    (101, result("0x1") + b" " * 400, "1", ""),
    (101, result(None), None, "does not tell its chain id when it is asked for it"),
    (101, b"canary-access-key", None, "answers with something that is no JSON"),
    (101, b"close", None, "broke the connection off (ConnectionResetError)"),
    (401, b"", None, "answers with HTTP status 401 and opens no WebSocket"),
    (200, b"", None, "answers with HTTP status 200 and opens no WebSocket"),
]


@pytest.mark.parametrize(("status", "body", "chain_id", "trouble"), TEST_WEBSOCKETS)
def test_websockets(provider: Provider, status: int, body: bytes, chain_id: str | None, trouble: str) -> None:
    provider.answers["rpc"] = (status, body)
    told = ask.ask(provider.url("rpc", "ws").replace("://", "://user:pass%20word@"), 5)
    assert told == judge.Told(chain_id, trouble)
    if status == 101:
        (asked,) = provider.asked
        assert asked["document"] == {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        assert asked["headers"]["Authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
        assert "user" not in asked["headers"]["Host"]


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_nobody_answers(provider: Provider, scheme: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert ask.ask(f"{scheme}://127.0.0.1:{port}/{KEY}", 5) == judge.Told(trouble="refuses connections")
    assert ask.ask(f"{scheme}://nobody.invalid/{KEY}", 5) == judge.Told(trouble="has a name that is not known here")
    told = ask.ask(provider.url("rpc", f"{scheme}s"), 5)
    assert told.trouble == "cannot be reached from here (SSLError)"


def test_all_are_asked_at_once_and_who_is_silent_keeps_nobody(provider: Provider) -> None:
    provider.answers = {"right": (101, result("0xaa36a7")), "wrong": (200, result("0x1")), "silent": None}
    endpoints = [
        judge.Endpoint("Ethereum-Sepolia", SEPOLIA, "one", kind, provider.url(name, scheme))
        for name, kind, scheme in (
            ("silent", "http_url", "http"),
            ("right", "ws_url", "ws"),
            ("wrong", "http_url", "http"),
        )
    ]
    began = time.monotonic()
    verdicts = judge.judge(ask.ask_all(endpoints, 1))
    assert time.monotonic() - began < 2
    assert [verdict.state for verdict in verdicts] == [judge.UNKNOWN, judge.RIGHT, judge.WRONG]
    assert [verdict.message for verdict in verdicts] == [
        "Ethereum-Sepolia: rpc endpoint one: http_url did not answer in time",
        "",
        "Ethereum-Sepolia: rpc endpoint one: http_url is one of chain 1, not of 11155111; write the URL of your "
        "provider for Ethereum-Sepolia",
    ]
    assert KEY not in repr(verdicts)
