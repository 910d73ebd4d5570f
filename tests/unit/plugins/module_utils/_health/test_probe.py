# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import query
from ansible_collections.nodeops.chainlink.plugins.module_utils._health import probe
from ansible_collections.nodeops.chainlink.plugins.module_utils._health.observations import Container, HttpAnswer

IMAGE = "public.ecr.aws/chainlink/chainlink:2.46.0"
DOCUMENT = {
    "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-22T13:00:00.123456789Z"},
    "Config": {"Image": IMAGE},
}
STARTED = 1795352400.0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        assert "Accept" not in self.headers
        status, body = self.server.answers.get(self.path, (404, ""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: Any) -> None:
        """Keep the test's output clean."""

    def address_string(self) -> str:
        return "test"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    answers: dict[str, tuple[int, str]]


@contextlib.contextmanager
def serving(server: Any, answers: dict[str, tuple[int, str]]) -> Iterator[Any]:
    server.answers = answers
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def http_server() -> Any:
    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.mark.parametrize("answer", [(200, "{}"), (204, ""), (207, "{}"), (503, "no")])
def test_get(answer: tuple[int, str]) -> None:
    with serving(http_server(), {"/health": answer}) as server:
        assert probe.get(f"http://127.0.0.1:{server.server_port}", "/health") == HttpAnswer(*answer)


def test_get_of_a_closed_port(closed_port: int) -> None:
    answer = probe.get(f"http://127.0.0.1:{closed_port}", "/health")
    assert answer.closed


@pytest.mark.parametrize("reset", [True, False])
def test_get_of_a_proxied_port_with_nobody_behind_it(reset: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _address = listener.accept()
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                connection.recv(4096)
            connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        answer = probe.get(f"http://127.0.0.1:{listener.getsockname()[1]}", "/health")
        thread.join()
    assert answer.closed


def test_get_of_a_silent_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answer = probe.get(url, "/health", timeout=0.1)
    assert answer == HttpAnswer(error=f"{url} does not answer (TimeoutError)")


def test_inspect_container(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    answers = {"/containers/chainlink/json": (200, json.dumps(DOCUMENT)), "/containers/broken/json": (200, "{}")}
    with serving(UnixServer(path, Handler), answers):
        found = probe.inspect_container(path, "chainlink")
        assert found is not None
        assert (found.image, found.running) == (IMAGE, True)
        assert probe.inspect_container(path, "other") is None
        with pytest.raises(probe.ProbeError, match=r"does not answer at .* \(KeyError\)$"):
            probe.inspect_container(path, "broken")


def test_inspect_without_an_engine(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    with pytest.raises(probe.ProbeError) as caught:
        probe.inspect_container(path, "chainlink")
    assert str(caught.value) == f"Docker Engine does not answer at {path} (FileNotFoundError)"


def test_parse_container() -> None:
    assert probe.parse_container(DOCUMENT, STARTED + 60) == Container("running", IMAGE, 0, 60.0, STARTED)
    assert probe.parse_container(DOCUMENT, STARTED - 60).age == 0.0
    never = {**DOCUMENT, "State": {"Status": "created", "ExitCode": 128, "StartedAt": "0001-01-01T00:00:00Z"}}
    assert probe.parse_container(never, STARTED) == Container("created", IMAGE, 128, 0.0)


def test_observe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = query.Lease("6f1a8f1e", 9.0, None, None, None, 1, True)
    asked = []

    def answer(url: str) -> query.Lease:
        asked.append(url)
        return lease

    monkeypatch.setattr(query, "lease", answer)
    (tmp_path / "secrets.toml").write_text('[Database]\nURL = "postgresql://a:b@c:5432/d"\n')
    path = str(tmp_path / "docker.sock")
    with (
        serving(UnixServer(path, Handler), {"/containers/chainlink/json": (200, json.dumps(DOCUMENT))}),
        serving(http_server(), {"/health": (200, "{}"), "/readyz": (200, "")}) as server,
    ):
        seen = probe.observe(f"http://127.0.0.1:{server.server_port}", "chainlink", str(tmp_path), path)
    assert asked == ["postgresql://a:b@c:5432/d"]
    assert (seen.health, seen.ready, seen.lease) == (HttpAnswer(200, "{}"), HttpAnswer(200), lease)
    assert (seen.container_error, seen.lease_error) == ("", "")


def test_observe_a_closed_port(tmp_path: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = query.Lease("6f1a8f1e", 9.0, None, None, None, 1, True)
    facts = query.Facts(
        "16.8", False, False, "a", "d", "a", True, True, "public", True, True, 100, 3, 5, -1, -1, (), None, None, lease
    )
    monkeypatch.setattr(query, "look", lambda _url: facts)
    (tmp_path / "secrets.toml").write_text('[Database]\nURL = "postgresql://a:canary@c:5432/d"\n')
    seen = probe.observe(f"http://127.0.0.1:{closed_port}", "chainlink", str(tmp_path), str(tmp_path / "docker.sock"))
    assert (seen.lease, seen.database) == (lease, facts)
    assert seen.address == query.Address("c", 5432, "a", "d", "prefer", "")
    assert "canary" not in repr(seen)


def test_observe_nothing(tmp_path: Path, closed_port: int) -> None:
    path = str(tmp_path / "docker.sock")
    seen = probe.observe(f"http://127.0.0.1:{closed_port}", "chainlink", str(tmp_path / "node"), path)
    assert seen.container is None
    assert seen.container_error == f"Docker Engine does not answer at {path} (FileNotFoundError)"
    assert seen.health.closed
    assert seen.lease_error == "no database URL in .env or secrets.toml"
