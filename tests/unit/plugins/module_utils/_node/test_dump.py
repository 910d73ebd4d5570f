# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import api, dump

CREDENTIALS = api.Credentials("operator@nodeops.test", "api-canary-0123456789", "oracle/api")
TOML = "[Log]\nLevel = 'info'\n"


class Node:
    """The part of a 1.13 node's interface that is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.sign_in = 200
        self.answer: tuple[int, str] = (200, json.dumps({"data": {"attributes": {"config": TOML}}}))
        self.sessions: set[str] = set()


@pytest.fixture
def node() -> Iterator[tuple[Node, str]]:
    told = Node()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: str = "", cookie: str = "") -> None:
            self.send_response(status)
            if cookie:
                self.send_header("Set-Cookie", f"{cookie}; Path=/; HttpOnly")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append(("POST", self.path))
            assert document == {"email": CREDENTIALS.email, "password": CREDENTIALS.password}
            if told.sign_in == 200:
                told.sessions.add("clsession=abc")
            self.answer(told.sign_in, cookie="clsession=abc" if told.sign_in == 200 else "")

        def do_GET(self) -> None:
            told.asked.append(("GET", self.path))
            assert self.headers["Cookie"] in told.sessions
            self.answer(*told.answer)

        def do_DELETE(self) -> None:
            told.asked.append(("DELETE", self.path))
            told.sessions.remove(self.headers["Cookie"])
            self.answer(200)

        def log_message(self, *_arguments: Any) -> None:
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_ask(node: tuple[Node, str]) -> None:
    told, url = node
    assert dump.ask(url, CREDENTIALS) == TOML
    assert told.asked == [("POST", "/sessions"), ("GET", dump.PATH), ("DELETE", "/sessions")]
    assert told.sessions == set()


# (status of the sign-in, answer, message)
TEST_REFUSED = [
    (401, (200, ""), "the node's first user cannot sign in with the password of the secret oracle/api"),
    (429, (200, ""), "the node lets nobody sign in for 20 seconds after five attempts"),
    (500, (200, ""), "the node's first user could not sign in (HTTP status 500)"),
    (200, (404, "canary"), "the node does not say its settings as TOML (HTTP status 404); releases 1.13.x do"),
    (200, (200, "canary"), "the node's answer is no configuration"),
    (200, (200, '{"data": {"attributes": {"config": 1}}}'), "the node's answer is no configuration"),
    (200, (200, '{"data": []}'), "the node's answer is no configuration"),
]


@pytest.mark.parametrize(("sign_in", "answer", "message"), TEST_REFUSED)
def test_refused(node: tuple[Node, str], sign_in: int, answer: tuple[int, str], message: str) -> None:
    told, url = node
    told.sign_in, told.answer = sign_in, answer
    with pytest.raises(api.ApiError) as caught:
        dump.ask(url, CREDENTIALS)
    assert message in str(caught.value)
    assert "canary" not in str(caught.value)
    assert told.sessions == set()


def test_a_node_that_does_not_answer() -> None:
    with pytest.raises(api.ApiError, match=r"^the node at http://127\.0\.0\.1:1 does not answer \(ConnectionRefused"):
        dump.ask("http://127.0.0.1:1", CREDENTIALS)


def test_credentials_do_not_show_the_password() -> None:
    assert "canary" not in repr(CREDENTIALS)
