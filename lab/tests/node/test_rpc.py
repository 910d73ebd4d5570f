# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in node and the fake Ethereum endpoint together: heads, balances, failures and recoveries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from node_workshop import CHAIN, RPC_KEY, Ethereum, NodeProcess, Workshop, free_port, toml_chain, wait_for

LISTENER = f"EVM.{CHAIN}.HeadTracker.HeadListener"
NOT_CONNECTED = {LISTENER: "Listener is not connected"}
NO_HEADS = {LISTENER: "Listener is not receiving heads"}


def states(node: NodeProcess) -> dict[str, int]:
    found = {}
    for state in ("Alive", "OutOfSync", "Unreachable", "InvalidChainID"):
        count = node.metric("multi_node_states", chainId=CHAIN, state=state)
        assert count is not None
        if count:
            found[state] = int(count)
    return found


def fails_with(node: NodeProcess, expected: dict[str, str]) -> None:
    wait_for(lambda: node.failing() == expected, f"failing with {expected}, not {node.failing()}")
    assert node.get("/health").status == 207
    # What is outside does not make the node itself unready.
    assert node.get("/readyz").status == 200


def test_a_fresh_node_fails_until_the_first_head(workshop: Workshop) -> None:
    env = {"CHAINLINK_STAND_IN_REDIAL_SECONDS": "1"}
    node = workshop.toml_node(env=env).wait_active()
    assert node.failing() == NOT_CONNECTED
    node.wait_healthy()
    assert node.get("/health").status == 200


def test_heads_and_balances_are_the_endpoints(workshop: Workshop, ethereum: Ethereum) -> None:
    node = workshop.toml_node().wait_healthy()
    head = node.metric("head_tracker_current_head", evmChainID=CHAIN)
    assert head is not None
    assert abs(head - ethereum.status()["height"]) <= 3
    wait_for(lambda: (node.metric("head_tracker_current_head", evmChainID=CHAIN) or 0) > head, "a later head")
    assert node.metric("pool_rpc_node_highest_seen_block", nodeName="primary") is not None
    [key] = node.get("/v2/keys/eth", **node.login()).json()["data"]
    assert (key["attributes"]["ethBalance"], key["attributes"]["linkBalance"]) == ("1.000000000000000000", "0")
    address = key["attributes"]["address"]
    ethereum.behave(balances={address: 25 * 10**17}, link_balances={address: 7 * 10**18})
    [key] = node.get("/v2/keys/eth", **node.login()).json()["data"]
    assert key["attributes"]["ethBalance"] == "2.500000000000000000"
    assert key["attributes"]["linkBalance"] == "7000000000000000000"
    assert wait_for(lambda: node.metric("node_balance", account=address), "the balance metric") in (1, 2.5)
    ethereum.behave("http_500")
    [key] = node.get("/v2/keys/eth", **node.login()).json()["data"]
    assert key["attributes"]["ethBalance"] is None
    assert ethereum.status()["subscriptions"].get(CHAIN, 0) == 0


TEST_FAILURES: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    ("http_500", {}, NOT_CONNECTED, "Unreachable"),
    ("http_429", {}, NOT_CONNECTED, "Unreachable"),
    ("refuse", {}, NOT_CONNECTED, "Unreachable"),
    ("wrong_chain_id", {"chain_id": 1}, NOT_CONNECTED, "InvalidChainID"),
    # The last live node of a pool is not given up for its silence.
    ("no_heads", {}, NO_HEADS, "Alive"),
    ("hang", {}, NO_HEADS, "Alive"),
    ("http_500", {"transport": "ws"}, NOT_CONNECTED, "Unreachable"),
]


@pytest.mark.parametrize(("mode", "more", "expected", "state"), TEST_FAILURES)
def test_a_failing_endpoint(
    workshop: Workshop, ethereum: Ethereum, mode: str, more: dict[str, Any], expected: dict[str, str], state: str
) -> None:
    """The node runs on, its check fails and passes again, its pool tells the state."""
    node = workshop.toml_node(chain=workshop.chain("NoNewHeadsThreshold = '1s'")).wait_healthy()
    ethereum.behave(mode, **more)
    fails_with(node, expected)
    wait_for(lambda: states(node) == {state: 1}, f"the state {state}, not {states(node)}")
    ethereum.behave()
    node.wait_healthy()
    wait_for(lambda: states(node) == {"Alive": 1}, "the recovery")
    assert node.stop() == 0


# (release, what it calls the node, what it hides of its URLs in a field of all its lines)
TEST_QUOTED = [("1.12.0", "EVM Node", "xxxxx"), ("1.13.3", "EVM Node", "xxxxx"), ("2.46.0", "Node", "hidden-word")]


@pytest.mark.parametrize(("version", "kind", "shown"), TEST_QUOTED)
def test_a_node_quotes_the_url_that_it_cannot_dial(workshop: Workshop, version: str, kind: str, shown: str) -> None:
    """Redacted as Go does it: the password of a user is hidden, the key in the path is not."""
    address = f"user:{{}}@127.0.0.1:{free_port()}/{CHAIN}/{RPC_KEY}?network=one"
    urls = [f"{scheme}://{address}" for scheme in ("ws", "http")]
    ws_url, http_url = (url.format("hidden-word") for url in urls)
    if version == "1.12.0":
        node = workshop.environment_node(version, ETH_URL=ws_url, ETH_HTTP_URL=http_url)
    else:
        node = workshop.toml_node(version, chain=toml_chain(ws_url, http_url))
    wait_for(lambda: node.says(f"Dial failed: {kind} is unreachable"), "the failing dial")
    [line] = [json.loads(line) for line in node.text().splitlines() if "Dial failed" in line]
    assert line["level"] == "error"
    assert line["err"].startswith(f"error while dialing websocket: {urls[0].format('xxxxx')}: ")
    assert line["node"].partition(":")[2] == ":".join(urls).format(shown, shown)


def test_a_failing_poll_quotes_the_url(workshop: Workshop, ethereum: Ethereum) -> None:
    node = workshop.toml_node(chain=workshop.chain("NodePool.PollInterval = '200ms'")).wait_healthy()
    ethereum.behave("http_500", transport="http")
    both = f"{ethereum.url('ws')}:{ethereum.url('http')}"
    poll = f"Poll failure, RPC endpoint (primary)primary:{both} failed to respond properly"
    wait_for(lambda: node.says(poll), "the failing poll")


@pytest.mark.parametrize("mode", ["http_500", "refuse", "hang", "wrong_chain_id", "no_heads"])
def test_a_node_starts_without_its_endpoint(workshop: Workshop, ethereum: Ethereum, mode: str) -> None:
    ethereum.behave(mode, chain_id=1)
    node = workshop.toml_node().wait_active()
    fails_with(node, NO_HEADS if mode == "no_heads" else NOT_CONNECTED)
    # What hangs is given up after ten seconds, as officially: not waited for here.
    if mode != "hang":
        ethereum.behave()
        node.wait_healthy()
    assert node.stop() == 0


def test_failing_polls_alone_leave_the_only_node_alive(workshop: Workshop, ethereum: Ethereum) -> None:
    """Heads go on over the WebSocket; the log and the metrics tell."""
    pool = "NodePool.PollInterval = '200ms'\nNodePool.PollFailureThreshold = 2"
    node = workshop.toml_node(chain=workshop.chain(pool)).wait_healthy()
    ethereum.behave("http_500", transport="http")
    wait_for(lambda: node.says("RPC endpoint failed to respond to polls; but cannot disable"), "the critical line")
    assert node.failing() == {}
    assert (node.metric("pool_rpc_node_polls_failed", nodeName="primary") or 0) >= 2
    assert states(node) == {"Alive": 1}


TEST_SECOND = [("no_heads", "OutOfSync"), ("http_500", "Unreachable"), ("wrong_chain_id", "InvalidChainID")]


@pytest.mark.parametrize(("mode", "state"), TEST_SECOND)
def test_a_second_node_takes_over(workshop: Workshop, ethereum: Ethereum, mode: str, state: str) -> None:
    """Two endpoints of one chain; the second hides behind another chain's path, so that it can fail alone."""
    other = Ethereum()
    try:
        other.behave()
        second = f"[[EVM.Nodes]]\nName = 'second'\nWSURL = '{other.url('ws')}'\nHTTPURL = '{other.url('http')}'\n"
        chain = workshop.chain("NoNewHeadsThreshold = '1s'") + second
        node = workshop.toml_node(chain=chain).wait_healthy()
        wait_for(lambda: states(node) == {"Alive": 2}, "both alive")
        ethereum.behave(mode, chain_id=1)
        wait_for(lambda: states(node) == {"Alive": 1, state: 1}, f"one {state}")
        node.wait_healthy()
        ethereum.behave()
        wait_for(lambda: states(node) == {"Alive": 2}, "both alive again")
    finally:
        other.close()


def test_heads_can_be_polled_over_http(workshop: Workshop, ethereum: Ethereum) -> None:
    polled = "LogBroadcasterEnabled = false\nNodePool.NewHeadsPollInterval = '200ms'"
    chain = toml_chain("ws://x.invalid", ethereum.url("http"), polled).replace("WSURL = 'ws://x.invalid'", "")
    node = workshop.toml_node(chain=chain).wait_healthy()
    assert ethereum.status()["subscriptions"] == {}
    assert node.get("/health").status == 200


def test_an_old_node_tells_it_by_a_check_and_200(workshop: Workshop, ethereum: Ethereum) -> None:
    node = workshop.environment_node("1.12.0").wait_healthy()
    ethereum.behave("refuse")
    wait_for(lambda: node.failing() == {"*headtracker.headTracker": "Listener is not connected"}, "the failing check")
    assert node.get("/health").status == 200
    assert node.metric("evm_pool_rpc_node_states", evmChainID=CHAIN, state="Unreachable") == 1


def test_a_key_that_the_provider_does_not_know(workshop: Workshop, ethereum: Ethereum) -> None:
    base = ethereum.url("ws", key="")
    node = workshop.toml_node(chain=toml_chain(base, base.replace("ws:", "http:"))).wait_active()
    wait_for(lambda: node.says("bad handshake (HTTP status 401 Unauthorized)"), "the refusal")
    assert node.failing() == NOT_CONNECTED
