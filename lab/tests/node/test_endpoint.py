# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake Ethereum endpoint, and the stand-in's WebSocket client, each against an independent implementation."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import requests
from aiohttp import web
from chainlink_stand_in.rpc import RpcError, SocketClient
from ethereum_endpoint.chain import METHODS, Clock
from ethereum_endpoint.control import MODES, parse
from node_workshop import CHAIN, RPC_KEY, Ethereum, free_port, wait_for

ACCOUNT = "0x" + "ab" * 20
LINK = "0x779877A7B0D9E8603169DdbD7836e478b4624789"


def ask(ethereum: Ethereum, method: str, *parameters: Any, chain: str = CHAIN) -> Any:
    request = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(parameters)}
    answer = requests.post(ethereum.url("http", chain), json=request, timeout=5)
    assert answer.status_code == 200
    document = answer.json()
    assert (document["jsonrpc"], document["id"]) == ("2.0", 7)
    return document.get("result", document.get("error"))


TEST_ANSWERS: list[tuple[str, list[Any], Any]] = [
    ("eth_chainId", [], hex(int(CHAIN))),
    ("net_version", [], CHAIN),
    ("net_listening", [], True),
    ("eth_syncing", [], False),
    ("eth_getBalance", [ACCOUNT, "latest"], hex(10**18)),
    ("eth_getTransactionCount", [ACCOUNT, "pending"], "0x0"),
    ("eth_gasPrice", [], hex(10**9)),
    ("eth_getLogs", [{}], []),
    ("eth_call", [{"to": LINK, "data": "0x70a08231" + ACCOUNT[2:].rjust(64, "0")}, "latest"], "0x" + "0" * 64),
    ("eth_nothing", [], {"code": -32601, "message": "the method eth_nothing does not exist/is not available"}),
    ("eth_getBalance", [], {"code": -32602, "message": "invalid argument"}),
    ("eth_subscribe", ["newHeads"], {"code": -32601, "message": "notifications not supported"}),
]


@pytest.mark.parametrize(("method", "parameters", "result"), TEST_ANSWERS)
def test_answers_over_http(ethereum: Ethereum, method: str, parameters: list[Any], result: Any) -> None:
    assert ask(ethereum, method, *parameters) == result


def test_every_method_that_an_operator_needs_is_there() -> None:
    needed = {"eth_chainId", "net_version", "eth_blockNumber", "eth_getBlockByNumber", "eth_getBalance", "eth_gasPrice"}
    assert needed | {"eth_call", "eth_getTransactionCount", "web3_clientVersion"} <= set(METHODS)


def test_blocks_hang_together(ethereum: Ethereum) -> None:
    latest = ask(ethereum, "eth_getBlockByNumber", "latest", False)
    parent = ask(ethereum, "eth_getBlockByNumber", hex(int(latest["number"], 16) - 1), False)
    assert latest["parentHash"] == parent["hash"]
    assert ask(ethereum, "eth_getBlockByNumber", hex(int(latest["number"], 16) + 100), False) is None
    other = ask(ethereum, "eth_getBlockByNumber", parent["number"], False, chain="1")
    assert other["hash"] != parent["hash"]
    wait_for(lambda: ask(ethereum, "eth_blockNumber") != latest["number"], "the next block")


def test_balances_are_told(ethereum: Ethereum) -> None:
    ethereum.behave(balances={ACCOUNT.upper().replace("0X", "0x"): 5}, link_balances={ACCOUNT: 6})
    assert ask(ethereum, "eth_getBalance", ACCOUNT, "latest") == "0x5"
    call = {"to": LINK, "input": "0x70a08231" + ACCOUNT[2:].rjust(64, "0")}
    assert int(ask(ethereum, "eth_call", call, "latest"), 16) == 6


def test_a_batch(ethereum: Ethereum) -> None:
    batch = [{"jsonrpc": "2.0", "id": number, "method": "eth_chainId"} for number in (1, 2)]
    answers = requests.post(ethereum.url("http"), json=batch, timeout=5).json()
    assert [answer["id"] for answer in answers] == [1, 2]


TEST_REFUSED = [("", 404), ("/", 404), ("/nothing", 404), (f"/{CHAIN}", 401), (f"/{CHAIN}/short", 404)]


@pytest.mark.parametrize(("path", "status"), TEST_REFUSED)
def test_a_path_needs_chain_and_key(ethereum: Ethereum, path: str, status: int) -> None:
    base = ethereum.url("http").removesuffix(f"/{CHAIN}/{RPC_KEY}")
    assert requests.post(base + path, json={}, timeout=5).status_code == status


TEST_STATUS = [("http_500", 500), ("http_429", 429)]


@pytest.mark.parametrize(("mode", "status"), TEST_STATUS)
def test_http_failures_concern_their_chain(ethereum: Ethereum, mode: str, status: int) -> None:
    ethereum.behave(mode, chain=CHAIN)
    assert requests.post(ethereum.url("http"), json={}, timeout=5).status_code == status
    assert ask(ethereum, "eth_chainId", chain="1") == "0x1"


def test_hanging_and_refusing(ethereum: Ethereum) -> None:
    ethereum.behave("hang")
    with pytest.raises(requests.ReadTimeout):
        requests.post(ethereum.url("http"), json={}, timeout=0.5)
    ethereum.behave("refuse")
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.post(ethereum.url("http"), json={}, timeout=5)
    ethereum.behave()
    assert ask(ethereum, "eth_chainId") == hex(int(CHAIN))


def test_the_wrong_chain_and_the_frozen_one(ethereum: Ethereum) -> None:
    ethereum.behave("wrong_chain_id", chain_id=5)
    assert ask(ethereum, "eth_chainId") == "0x5"
    ethereum.behave("no_heads")
    number = ask(ethereum, "eth_blockNumber")
    time.sleep(0.5)
    assert ask(ethereum, "eth_blockNumber") == number
    ethereum.behave()
    assert ask(ethereum, "eth_blockNumber") != number


def test_status_counts_without_keys(ethereum: Ethereum) -> None:
    ask(ethereum, "eth_chainId")
    ask(ethereum, "eth_madeUp")
    status = ethereum.status()
    assert status["requests"][CHAIN]["eth_chainId"] >= 1
    assert "eth_madeUp" not in status["requests"][CHAIN]
    assert RPC_KEY not in json.dumps(status)


def test_an_unknown_fault_is_no_control() -> None:
    for fault in ({"mode": "explode"}, {"mode": "hang", "transport": "pigeon"}):
        with pytest.raises(ValueError, match="unknown fault"):
            parse({"faults": {"*": fault}})
    assert parse({}).fault("1").mode == MODES[0]


def test_the_height_never_goes_back() -> None:
    clock = Clock(0.01)
    heights = []
    for seconds in (0.01, 5.0, 0.02, 60.0):
        clock.set_pace(seconds)
        time.sleep(0.03)
        heights.append(clock.height())
    assert heights == sorted(heights)
    assert 0 < clock.wait() <= 60


def test_heads_reach_an_independent_client(ethereum: Ethereum) -> None:
    """aiohttp's WebSocket client: handshake, masked frames, ping, a large message, close."""

    async def talk() -> list[int]:
        numbers = []
        async with aiohttp.ClientSession() as session, session.ws_connect(ethereum.url("ws")) as socket:
            await socket.ping(b"x")
            await socket.send_json(
                {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"], "padding": "x" * 70000}
            )
            answer = await socket.receive_json(timeout=5)
            subscription = answer["result"]
            while len(numbers) < 3:
                message = await socket.receive_json(timeout=5)
                assert message["method"] == "eth_subscription"
                assert message["params"]["subscription"] == subscription
                numbers.append(int(message["params"]["result"]["number"], 16))
            await socket.send_json({"jsonrpc": "2.0", "id": 2, "method": "eth_unsubscribe", "params": [subscription]})
            while (await socket.receive_json(timeout=5)).get("result") is not True:
                pass
        return numbers

    # In order, each once; the chain follows the clock, so a busy machine may be too late for one.
    first, second, third = asyncio.run(talk())
    assert first < second < third
    wait_for(lambda: not ethereum.status()["subscriptions"], "the end of the subscription")


@pytest.fixture
def independent() -> Iterator[str]:
    """aiohttp's WebSocket server: it answers with what the message asks for."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            asked = json.loads(message.data)
            if asked["method"] == "close":
                await socket.close()
            elif asked["method"] == "hang":
                continue
            else:
                await socket.ping(b"are you there")
                notification = {"method": "eth_subscription", "params": {"result": {"number": "0x10"}}}
                await socket.send_json(notification)
                await socket.send_json({"id": asked["id"], "result": "y" * asked["params"][0]})
        return socket

    loop = asyncio.new_event_loop()
    port = free_port()

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_get("/path", handle)
        runner = web.AppRunner(application, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield f"ws://127.0.0.1:{port}/path"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536, 300_000])
def test_the_stand_ins_client_talks_to_an_independent_server(independent: str, length: int) -> None:
    client = SocketClient(independent, 5)
    assert client.call("echo", [length]) == "y" * length
    assert client.head(1) == 16
    assert client.head(0.1) is None
    client.close()


def test_the_stand_ins_client_says_what_went_wrong(independent: str) -> None:
    with pytest.raises(RpcError, match=r"bad handshake \(HTTP status 404 Not Found\)"):
        SocketClient(independent.replace("/path", "/canary-other"), 5)
    url = f"ws://127.0.0.1:{free_port()}/canary"
    with pytest.raises(RpcError, match=f"^error while dialing websocket: {url}: .*refused"):
        SocketClient(url, 5)
    client = SocketClient(independent, 5)
    with pytest.raises(RpcError, match="deadline exceeded"):
        client.call("hang", [], timeout=0.3)
    with pytest.raises(RpcError, match="closed"):
        client.call("close", [], timeout=5)
