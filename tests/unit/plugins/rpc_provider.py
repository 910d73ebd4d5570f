# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A provider's endpoint in its moods, as a real HTTP server that a test configures."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

KEY = "canary-access-key"


class Provider(ThreadingHTTPServer):
    """Answers every path of it with its answer for it: a status and a body, or silence."""

    daemon_threads = True
    answers: dict[str, tuple[int, bytes] | None]
    asked: list[dict[str, Any]]

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.server_address[1]}/{path}/{KEY}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append({"headers": dict(self.headers), "document": json.loads(body)})
        answer = self.server.answers[self.path.split("/")[1]]
        if answer is None:
            threading.Event().wait(3)
            return
        self.send_response(answer[0])
        self.end_headers()
        self.wfile.write(answer[1])

    def do_GET(self) -> None:
        """Open a WebSocket where the answer is one of status 101: a ping first, then the body in two frames."""
        answer = self.server.answers[self.path.split("/")[1]]
        assert answer is not None
        self.send_response(answer[0])
        if answer[0] != 101:
            self.end_headers()
            return
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.server.asked.append({"headers": dict(self.headers), "document": json.loads(self.masked())})
        if answer[1] == b"close":
            self.wfile.write(bytes([0x88, 0]))
            return
        self.wfile.write(bytes([0x89, 4]) + b"ping")
        assert self.masked() == b"ping"
        half = len(answer[1]) // 2
        for head, part in ((0x01, answer[1][:half]), (0x80, answer[1][half:])):
            length = bytes([len(part)]) if len(part) < 126 else struct.pack("!BH", 126, len(part))
            self.wfile.write(bytes([head]) + length + part)

    def masked(self) -> bytes:
        """Read a frame of a client."""
        length = self.rfile.read(2)[1] & 0x7F
        mask, payload = self.rfile.read(4), self.rfile.read(length)
        return bytes(byte ^ mask[number % 4] for number, byte in enumerate(payload))

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider(("127.0.0.1", 0), Handler)
    server.answers, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
