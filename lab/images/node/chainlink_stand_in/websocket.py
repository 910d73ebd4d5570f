# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WebSocket client (RFC 6455) for one JSON-RPC connection: the standard library has none."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_MAXIMUM_BYTES = 16 * 1024 * 1024
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
"""Where Go looks first for the authorities to trust."""


def tls_context() -> ssl.SSLContext:
    """What an RPC provider's certificate is judged by: the bundle of the image, or SSL_CERT_FILE, as in Go."""
    context = ssl.create_default_context()
    bundle = Path(os.environ.get("SSL_CERT_FILE") or CA_BUNDLE)
    if bundle.exists():
        context.load_verify_locations(cafile=str(bundle))
    return context


class WebSocket:
    """One open connection. Every failure is an OSError without the URL: who knows it, quotes it."""

    def __init__(self, url: str, timeout: float) -> None:
        """Connect and shake hands within ``timeout`` seconds for each step."""
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        self._buffer = b""
        self._socket: socket.socket = socket.create_connection((parts.hostname or "", port), timeout)
        try:
            if secure:
                self._socket = tls_context().wrap_socket(self._socket, server_hostname=parts.hostname)
            self._shake_hands(parts.netloc.rpartition("@")[2], parts.path + (f"?{parts.query}" if parts.query else ""))
        except BaseException:
            self.close()
            raise

    def _shake_hands(self, host: str, path: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._socket.sendall(
            f"GET {path or '/'} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        words = status.split(" ", 2)
        if len(words) < 2 or words[1] != "101":
            raise ConnectionError(f"websocket: bad handshake (HTTP status {' '.join(words[1:])})")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        expected = base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise ConnectionError("websocket: bad handshake (Sec-WebSocket-Accept)")

    def send(self, text: str) -> None:
        """Send one message."""
        self._send_frame(_TEXT, text.encode())

    def _send_frame(self, operation: int, payload: bytes) -> None:
        mask = secrets.token_bytes(4)
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | operation, 0x80 | length])
        elif length < 1 << 16:
            head = bytes([0x80 | operation, 0x80 | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([0x80 | operation, 0x80 | 127]) + length.to_bytes(8, "big")
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def receive(self, timeout: float) -> str | None:
        """The next message; None where none came within ``timeout`` seconds."""
        end = time.monotonic() + timeout
        message = b""
        while True:
            frame = self._frame(end)
            if frame is None:
                return None
            operation, final, payload = frame
            if operation == _CLOSE:
                raise ConnectionError("websocket: closed by the other side")
            if operation == _PING:
                self._send_frame(_PONG, payload)
            elif operation != _PONG:
                message += payload
                if final:
                    return message.decode()
                end = time.monotonic() + timeout  # the rest of a message belongs to it

    def _frame(self, end: float) -> tuple[int, bool, bytes] | None:
        """(operation, whether final, payload) of the next frame; None where it is not there whole by ``end``."""
        while True:
            parsed = self._parse()
            if parsed is not None:
                return parsed
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                self._fill()
            except TimeoutError:
                return None

    def _parse(self) -> tuple[int, bool, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            wide = 2 if length == 126 else 8
            if len(buffer) < 2 + wide:
                return None
            length, start = int.from_bytes(buffer[2 : 2 + wide], "big"), 2 + wide
        if length > _MAXIMUM_BYTES:
            raise ConnectionError("websocket: read limit exceeded")
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 0x0F, bool(buffer[0] & 0x80), buffer[start : start + length]

    def _fill(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("websocket: connection closed")
        self._buffer += data

    def close(self) -> None:
        """Drop the connection; a reader in another thread ends with an error."""
        with contextlib.suppress(OSError):  # gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
