# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks one question over a WebSocket (RFC 6455) and takes one answer.

As much of the protocol as that needs, since no client of it is among the packages of controller and hosts.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import os
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL = _MASKED = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127
#: RFC 6455, section 1.3.
_ACCEPTED = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class RefusedError(Exception):
    """The server does not speak WebSocket there; .status is what it answered instead, 101 where it only seems to."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


def ask(url: str, question: bytes, timeout: float, maximum_bytes: int) -> bytes:
    """The first text that comes back for a text of less than 126 bytes.

    Raises OSError, TimeoutError, http.client.HTTPException or RefusedError; none of their texts holds the URL's path.
    """
    deadline = time.monotonic() + timeout
    with _connected(url, timeout) as connection:
        _open(connection, url)
        connection.sendall(_frame(_TEXT, question))
        parts = b""
        while True:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            head, payload = _next_frame(connection, maximum_bytes)
            operation = head & 0x0F
            if operation == _PING:
                connection.sendall(_frame(_PONG, payload))
            elif operation == _CLOSE:
                raise ConnectionResetError("closed by the server")
            elif operation != _PONG:
                parts += payload
                if head & _FINAL:
                    return parts


@contextlib.contextmanager
def _connected(url: str, timeout: float) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "wss"
    with socket.create_connection((host, parts.port or (443 if secure else 80)), timeout) as plain:
        if not secure:
            yield plain
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped:
            yield wrapped


def _open(connection: socket.socket, url: str) -> None:
    """Turn a connection of HTTP into a WebSocket."""
    parts = urlsplit(url)
    key = base64.b64encode(os.urandom(16))
    lines = [
        f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.decode()}",
        "Sec-WebSocket-Version: 13",
        "User-Agent: nodeops.chainlink",
    ]
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}")
    connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
    response = http.client.HTTPResponse(_Unbuffered(connection))  # type: ignore[arg-type]
    response.begin()
    accepted = base64.b64encode(hashlib.sha1(key + _ACCEPTED).digest()).decode()  # noqa: S324 - the protocol's own
    if response.status != http.client.SWITCHING_PROTOCOLS or response.getheader("Sec-WebSocket-Accept") != accepted:
        raise RefusedError(response.status)


class _Unbuffered:
    """Lets http.client read no further than the head of the answer: behind it frames may follow."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> socket.SocketIO:
        return self._connection.makefile("rb", buffering=0)


def _frame(operation: int, payload: bytes) -> bytes:
    """A frame of a client, which has to be masked."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[number % 4] for number, byte in enumerate(payload))
    return bytes([_FINAL | operation, _MASKED | len(payload)]) + mask + masked


def _next_frame(connection: socket.socket, maximum_bytes: int) -> tuple[int, bytes]:
    """The first byte of the next frame, and its payload; a server's frames are not masked."""
    head, length = _read(connection, 2)
    if length == _TWO_BYTES:
        (length,) = struct.unpack("!H", _read(connection, 2))
    elif length == _EIGHT_BYTES:
        (length,) = struct.unpack("!Q", _read(connection, 8))
    if length > maximum_bytes:
        raise ConnectionAbortedError("more than an answer")
    return head, _read(connection, length)


def _read(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        block = connection.recv(size - len(read))
        if not block:
            raise ConnectionResetError("closed by the server")
        read += block
    return read
