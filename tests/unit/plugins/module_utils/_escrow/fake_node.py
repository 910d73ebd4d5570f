# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a node's own interface that an export asks, as the official one answers."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

EMAIL = "operator@nodeops.test"


class FakeNode:
    """A node with some keys: kind -> id -> attributes. .faults: (method, path) -> status."""

    def __init__(self, password: str, keys: dict[str, dict[str, dict[str, Any]]]) -> None:
        self.password = password
        self.keys = keys
        self.faults: dict[tuple[str, str], int] = {}
        self.asked: list[tuple[str, str]] = []
        self.sign_ins = 0
        self.sessions: set[str] = set()
        self.transport: set[str] = set()
        node = self

        class Handler(BaseHTTPRequestHandler):
            def serve(self) -> None:
                path = urlsplit(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, answer, cookie = node.answer(
                    self.command, path.path, parse_qs(path.query), body, self.headers["Cookie"] or ""
                )
                text = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                if cookie:
                    self.send_header("Set-Cookie", f"{cookie}; Path=/; HttpOnly")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self) -> None:
                self.serve()

            def do_POST(self) -> None:
                self.serve()

            def do_DELETE(self) -> None:
                self.serve()

            def log_message(self, *_arguments: Any) -> None:
                """Keep silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: bytes, cookie: str
    ) -> tuple[int, Any, str]:
        self.asked.append((method, path))
        if (method, path) in self.faults:
            return self.faults[method, path], {"errors": [{"detail": "canary"}]}, ""
        if path == "/sessions" and method == "POST":
            assert json.loads(body)["password"] == self.password
            self.sign_ins += 1
            self.sessions.add(f"clsession={self.sign_ins}")
            return 200, {}, f"clsession={self.sign_ins}"
        if cookie not in self.sessions:
            return 401, None, ""
        if path == "/sessions":
            self.sessions.remove(cookie)
            return 200, {}, ""
        return (*self._keys([unquote(part) for part in path.split("/")[3:]], query, body), "")

    def _keys(self, parts: list[str], query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        kind = self.keys.get(parts[0])
        if kind is None:
            return 404, None
        if len(parts) == 1:
            resources = [{"type": "k", "id": identity, "attributes": more} for identity, more in kind.items()]
            return 200, {"data": resources}
        if parts[1] == "export":
            [password] = query["newpassword"]
            self.transport.add(password)
            sealed = {"id": parts[2], "attributes": kind[parts[2]], "password": password}
            encrypted: dict[str, Any] = {"crypto": {"ciphertext": json.dumps(sealed)}}
            return 200, {"vrf_key": encrypted} if parts[0] == "vrf" else {"keyType": parts[0], **encrypted}
        document = json.loads(body)
        sealed = json.loads((document["vrf_key"] if parts[0] == "vrf" else document)["crypto"]["ciphertext"])
        [password] = query["oldpassword"]
        if password != sealed["password"] or sealed["id"] in kind:
            return 500, {"errors": [{"detail": "canary"}]}
        kind[sealed["id"]] = sealed["attributes"]
        return 201, {"data": {"id": sealed["id"]}}
