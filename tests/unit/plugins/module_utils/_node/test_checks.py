# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import checks
from hypothesis import given
from hypothesis import strategies as st

TEST_PASSWORD: list[tuple[Any, dict[str, Any], list[str]]] = [
    ("0123456789abcdef", {}, []),
    ("inner blanks are all right", {}, []),
    ("\u00e9" * 8, {}, []),
    ("\u00e9" * 25, {"maximum_bytes": 50}, []),
    ("", {}, ["is empty"]),
    (None, {}, ["is empty"]),
    (1234567890123456, {}, ["is empty"]),
    ("0123456789abcde", {}, ["is shorter than 16 bytes; choose a longer one"]),
    ("\u00e9" * 26, {"maximum_bytes": 50}, ["is longer than 50 bytes; choose a shorter one"]),
    (" 0123456789abcdef", {}, ["begins or ends with a blank; remove it"]),
    ("0123456789abcdef\r", {}, ["begins or ends with a blank; remove it"]),
    ("0123456789abcdef\u00a0", {}, ["begins or ends with a blank; remove it"]),
    ("01234567\n89abcdef", {}, ["contains a line break or another control character; remove it"]),
    ("01234567\x0089abcdef", {}, ["contains a line break or another control character; remove it"]),
    ("01234567\u202889abcdef", {}, ["contains a line break or another control character; remove it"]),
    ("0123456789abcdef\ud800", {}, ["is not valid Unicode text"]),
    (
        "xx-Me@Nodeops.Test-xx",
        {"disallowed": ["me@nodeops.test"]},
        ["contains the e-mail address, which the node refuses; choose another"],
    ),
    ("short ", {}, ["is shorter than 16 bytes; choose a longer one", "begins or ends with a blank; remove it"]),
]

NO_SCHEME = "has no scheme, or one that does not fit here; it must begin with wss:// or ws://"
TEST_RPC_URL: list[tuple[Any, list[str]]] = [
    ("wss://rpc.test/v3?key=a&tier=2%20#x", []),
    ("ws://10.0.0.1:8546", []),
    ("WSS://rpc.test", []),
    ("wss://user:word@rpc.test:443/%7Ea?q=50%", []),
    ("wss://[2001:db8::1]:8546/", []),
    ("", ["is empty; write a URL that begins with wss:// or ws://"]),
    ("rpc.test/v3/key", [NO_SCHEME]),
    ("https://rpc.test", [NO_SCHEME]),
    ("wss:rpc.test", [NO_SCHEME]),
    ("wss://", ["names no host"]),
    ("wss:///v3", ["names no host"]),
    ("wss://rpc.test:port/", ["is not a URL: its host or port cannot be read"]),
    ("wss://rpc.test:99999/", ["is not a URL: its host or port cannot be read"]),
    ("wss://[::1", ["is not a URL: its host or port cannot be read"]),
    ("wss://rpc.test/a b", ["contains a blank or a control character; remove it"]),
    ("wss://rpc.test/\n", ["contains a blank or a control character; remove it"]),
    (
        "wss://rpc.test/50%",
        ["contains a % that is not followed by two hexadecimal digits; write %25 for the sign itself"],
    ),
]

TEST_EMAIL: list[tuple[Any, list[str]]] = [
    ("operator@nodeops.test", []),
    ("a@b", []),
    ("", ["is empty; write the e-mail address of the node's first user"]),
    ("operator", ["is not an e-mail address such as operator@your.domain"]),
    ("Operator <a@b.test>", ["is not an e-mail address such as operator@your.domain"]),
    ("a@b.test\n", ["is not an e-mail address such as operator@your.domain"]),
]

TEST_WEB_URL: list[tuple[str, list[str]]] = [
    ("https://node.nodeops.test", []),
    ("https://node.nodeops.test:8443/", []),
    (
        "https://node.nodeops.test/ui",
        ["must be scheme, host and optionally port alone, for example https://node.example.com"],
    ),
    ("node.nodeops.test", ["has no scheme, or one that does not fit here; it must begin with https:// or http://"]),
]


@pytest.mark.parametrize(("value", "limits", "expected"), TEST_PASSWORD)
def test_password(value: Any, limits: dict[str, Any], expected: list[str]) -> None:
    assert checks.password(value, **limits) == expected


@pytest.mark.parametrize(("value", "expected"), TEST_RPC_URL)
def test_rpc_url(value: Any, expected: list[str]) -> None:
    assert checks.rpc_url(value, ("wss", "ws")) == expected


@pytest.mark.parametrize(("value", "expected"), TEST_EMAIL)
def test_email(value: Any, expected: list[str]) -> None:
    assert checks.email(value) == expected


@pytest.mark.parametrize(("value", "expected"), TEST_WEB_URL)
def test_web_url(value: str, expected: list[str]) -> None:
    assert checks.web_url(value) == expected


@given(st.text(min_size=4))
def test_no_message_repeats_its_value(value: str) -> None:
    secret = f"\u2603{value}"
    messages = checks.password(secret, maximum_bytes=50) + checks.rpc_url(secret, ("wss",)) + checks.email(secret)
    assert messages
    assert not any(secret in message for message in messages)


@given(st.text())
def test_rpc_url_never_raises(value: str) -> None:
    assert isinstance(checks.rpc_url(f"wss://{value}", ("wss",)), list)
