# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A provider's endpoint in its moods, as a real HTTP server that a test configures."""

from __future__ import annotations

import json
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

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}/{KEY}"


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
