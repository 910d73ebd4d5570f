# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import web

HOST = "chainlink.nodeops.test"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", f"https://{self.headers['Host']}/")
        else:
            self.send_response(200 if self.headers["Host"] == HOST else 421)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory = tmp_path_factory.mktemp("web")
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", "/CN=x", "-addext", f"subjectAltName=DNS:{HOST}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture(params=["https", "http"])
def server(request: pytest.FixtureRequest, certificate: tuple[Path, Path]) -> Iterator[tuple[str, int]]:
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        if request.param == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
        yield request.param, listening.server_port
        listening.shutdown()


def test_ask(server: tuple[str, int], certificate: tuple[Path, Path]) -> None:
    scheme, port = server
    url = f"{scheme}://{HOST}:{port}"
    assert web.ask("127.0.0.1", f"{url}/", str(certificate[0])) == web.Answer(200)
    assert web.ask("127.0.0.1", f"{url}/moved", str(certificate[0])) == web.Answer(301, f"https://{HOST}/")


@pytest.mark.parametrize("server", ["https"], indirect=True)
def test_a_certificate_must_be_trusted_and_for_the_name(
    server: tuple[str, int], certificate: tuple[Path, Path]
) -> None:
    port = server[1]
    untrusted = web.ask("127.0.0.1", f"https://{HOST}:{port}/")
    assert untrusted.error == f"its certificate is not trusted for {HOST}: self-signed certificate"
    other = web.ask("127.0.0.1", f"https://other.test:{port}/", str(certificate[0]))
    assert other.error is not None
    assert other.error.startswith("its certificate is not trusted for other.test: Hostname mismatch")


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    answer = web.ask("127.0.0.1", f"https://{HOST}:{port}/", timeout=1)
    assert answer.status is None
    assert "refused" in (answer.error or "")


def test_resolve() -> None:
    assert web.resolve("localhost") == ["127.0.0.1"]
    assert web.resolve("nobody.invalid") == []
