# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP and WebSocket, on one port. Paths are /CHAIN ID/ACCESS KEY, as providers have them; keys go nowhere else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from .chain import METHODS, Answers, Clock, MethodError, header
from .control import Control

_PATH = re.compile(r"/([0-9]{1,20})/([A-Za-z0-9_-]{16,})/?")
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_MAXIMUM_BYTES = 8 * 1024 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
_REASONS |= {411: "Length Required", 413: "Content Too Large", 429: "Too Many Requests", 500: "Internal Server Error"}
_FAILURES = {"http_500": 500, "http_429": 429}


class _EndedError(Exception):
    """The connection is to be closed."""


class Subscriber:
    """A WebSocket connection and its subscriptions to heads."""

    def __init__(self, chain: str, writer: asyncio.StreamWriter) -> None:
        self.chain = chain
        self.writer = writer
        self.subscriptions: set[str] = set()

    async def send(self, document: Any) -> None:
        await self._frame(_TEXT, json.dumps(document).encode())

    async def pong(self, payload: bytes) -> None:
        await self._frame(_PONG, payload)

    async def close(self, code: int) -> None:
        with contextlib.suppress(OSError):
            await self._frame(_CLOSE, code.to_bytes(2, "big"))
        self.writer.close()

    async def _frame(self, operation: int, payload: bytes) -> None:
        length = len(payload)
        head = bytes([0x80 | operation])
        if length < 126:
            head += bytes([length])
        elif length < 1 << 16:
            head += bytes([126]) + length.to_bytes(2, "big")
        else:
            head += bytes([127]) + length.to_bytes(8, "big")
        self.writer.write(head + payload)
        await self.writer.drain()


class Endpoint:
    """The provider. ``apply`` changes how it behaves; nothing of it survives a restart but the height of its chains."""

    def __init__(self, host: str, port: int) -> None:
        self.control = Control()
        self.requests: dict[str, Counter[str]] = {}
        self._host, self.port = host, port
        self._clock = Clock(self.control.block_seconds)
        self._frozen: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._subscribers: set[Subscriber] = set()
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connection, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def heads(self) -> None:
        """Tell every subscriber of each new block, for ever."""
        told = self._clock.height()
        while True:
            await asyncio.sleep(self._clock.wait())
            number = self._clock.height()
            if number == told:
                continue  # woken a moment too early
            told = number
            for subscriber in list(self._subscribers):
                fault = self.control.fault(subscriber.chain)
                if fault.on("ws", "no_heads", "hang"):
                    continue
                for subscription in subscriber.subscriptions:
                    result = header(subscriber.chain, number)
                    parameters = {"subscription": subscription, "result": result}
                    notification = {"jsonrpc": "2.0", "method": "eth_subscription", "params": parameters}
                    with contextlib.suppress(OSError):  # its reader notices, too
                        await subscriber.send(notification)

    async def apply(self, control: Control) -> None:
        """Behave as ``control`` says from now on: open connections too."""
        before, self.control = self.control, control
        self._clock.set_pace(control.block_seconds)
        chains = {subscriber.chain for subscriber in self._subscribers} | set(self.requests)
        for chain in chains:
            if control.fault(chain).mode == "no_heads":
                self._frozen.setdefault(chain, self._clock.height())
            else:
                self._frozen.pop(chain, None)
        self._changed.set()
        self._changed = asyncio.Event()
        for subscriber in list(self._subscribers):
            fault = control.fault(subscriber.chain)
            # A provider that fails, or that is another chain of a sudden, does not keep its connections.
            if fault != before.fault(subscriber.chain) and fault.on("ws", *_FAILURES, "wrong_chain_id"):
                await subscriber.close(1011)
            # What hung has lost its answers: the connection is as good as broken.
            if before.fault(subscriber.chain).on("ws", "hang") and not fault.on("ws", "hang"):
                await subscriber.close(1012)
        await self._open_or_close(control.refuses)

    async def _open_or_close(self, refuses: bool) -> None:
        if refuses and self._server is not None:
            self._server.close()
            self._server = None
            for writer in list(self._writers):
                writer.transport.abort()
        elif not refuses and self._server is None:
            await self.start()

    def status(self) -> dict[str, Any]:
        """What the daemon may read: no access key is in it."""
        return {
            "generation": self.control.generation,
            "height": self._clock.height(),
            "subscriptions": dict(Counter(item.chain for item in self._subscribers for _ in item.subscriptions)),
            "requests": {chain: dict(counter) for chain, counter in self.requests.items()},
        }

    def _answers(self, chain: str, transport: str) -> Answers:
        fault = self.control.fault(chain)
        reported = fault.chain_id if fault.on(transport, "wrong_chain_id") else int(chain)
        height = self._clock.height()
        if fault.on(transport, "no_heads"):
            height = self._frozen.setdefault(chain, height)
        return Answers(chain, reported, height, self.control)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                await self._request(reader, writer)
        except (_EndedError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the other side went, or is not worth talking to
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        path = _PATH.fullmatch(target.partition("?")[0])
        if path is None:
            known = re.fullmatch(r"/[0-9]+/?", target)
            await _reply(writer, 401 if known else 404, {"error": "access key missing" if known else "not found"})
            raise _EndedError
        chain = path[1]
        transport = "ws" if headers.get("upgrade", "").lower() == "websocket" else "http"
        body = b""
        if transport == "http":
            if method != "POST":
                await _reply(writer, 405, {"error": "POST only"})
                raise _EndedError
            if "content-length" not in headers or int(headers["content-length"]) > _MAXIMUM_BYTES:
                await _reply(writer, 413 if "content-length" in headers else 411, {"error": "length"})
                raise _EndedError
            body = await reader.readexactly(int(headers["content-length"]))
        await self._fail(chain, transport, writer)
        if transport == "ws":
            await self._socket(chain, headers, reader, writer)
            raise _EndedError
        answer = await self._answer(chain, body, self._http_call(chain))
        await _reply(writer, 200, answer)
        if headers.get("connection", "").lower() == "close":
            raise _EndedError

    async def _fail(self, chain: str, transport: str, writer: asyncio.StreamWriter) -> None:
        """Fail a request as the fault says. Raises _EndedError."""
        fault = self.control.fault(chain)
        for mode, status in _FAILURES.items():
            if fault.on(transport, mode):
                error = {"code": -32005, "message": _REASONS[status]}
                await _reply(writer, status, {"jsonrpc": "2.0", "id": None, "error": error})
                raise _EndedError
        if fault.on(transport, "hang"):
            while self.control.fault(chain).on(transport, "hang") and not writer.is_closing():
                await self._changed.wait()
            raise _EndedError

    def _http_call(self, chain: str) -> Callable[[str, list[Any]], Awaitable[Any]]:
        async def call(method: str, parameters: list[Any]) -> Any:
            if method in ("eth_subscribe", "eth_unsubscribe"):
                raise MethodError(-32601, "notifications not supported")
            return self._answers(chain, "http").call(method, parameters)

        return call

    def _socket_call(self, subscriber: Subscriber) -> Callable[[str, list[Any]], Awaitable[Any]]:
        async def call(method: str, parameters: list[Any]) -> Any:
            if method == "eth_subscribe":
                if not parameters or parameters[0] not in ("newHeads", "logs"):
                    raise MethodError(-32602, "no such subscription")
                subscription = f"0x{next(self._numbers):x}"
                if parameters[0] == "newHeads":
                    subscriber.subscriptions.add(subscription)
                return subscription
            if method == "eth_unsubscribe":
                known = bool(parameters) and parameters[0] in subscriber.subscriptions
                subscriber.subscriptions.discard(parameters[0] if parameters else "")
                return known
            return self._answers(subscriber.chain, "ws").call(method, parameters)

        return call

    async def _answer(self, chain: str, body: bytes, call: Callable[[str, list[Any]], Awaitable[Any]]) -> Any:
        """The JSON-RPC response to a request or a batch."""
        try:
            request = json.loads(body)
        except ValueError:
            return _error(None, -32700, "parse error")
        if isinstance(request, list):
            return [await self._one(chain, item, call) for item in request]
        return await self._one(chain, request, call)

    async def _one(self, chain: str, request: Any, call: Callable[[str, list[Any]], Awaitable[Any]]) -> Any:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, -32600, "invalid request")
        method, parameters = request["method"], request.get("params") or []
        # Names that clients make up are not counted one by one.
        name = method if method in METHODS or method == "eth_subscribe" else "other"
        self.requests.setdefault(chain, Counter())[name] += 1
        try:
            result = await call(method, parameters if isinstance(parameters, list) else [])
        except MethodError as error:
            return _error(request.get("id"), error.code, str(error))
        return {"jsonrpc": "2.0", "id": request.get("id"), "result": result}

    async def _socket(
        self, chain: str, headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if "sec-websocket-key" not in headers or headers.get("sec-websocket-version") != "13":
            await _reply(writer, 400, {"error": "no WebSocket handshake of version 13"})
            return
        digest = hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode(), usedforsecurity=False).digest()
        accept = base64.b64encode(digest).decode()
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        await writer.drain()
        subscriber = Subscriber(chain, writer)
        self._subscribers.add(subscriber)
        try:
            while True:
                message = await _message(reader, subscriber)
                while self.control.fault(chain).on("ws", "hang"):
                    await self._changed.wait()
                await subscriber.send(await self._answer(chain, message, self._socket_call(subscriber)))
        finally:
            self._subscribers.discard(subscriber)


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


async def _reply(writer: asyncio.StreamWriter, status: int, document: Any) -> None:
    body = json.dumps(document).encode()
    retry = "Retry-After: 1\r\n" if status == 429 else ""
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n{retry}"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def _message(reader: asyncio.StreamReader, subscriber: Subscriber) -> bytes:
    """The next whole message of a client, whose frames are masked. Raises _EndedError."""
    message = b""
    while True:
        first, second = await reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        if not second & 0x80 or length + len(message) > _MAXIMUM_BYTES:
            raise _EndedError
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        operation = first & 0x0F
        if operation == _CLOSE:
            await subscriber.close(1000)
            raise _EndedError
        if operation == _PING:
            await subscriber.pong(payload)
        elif operation != _PONG:
            message += payload
            if first & 0x80:
                return message
