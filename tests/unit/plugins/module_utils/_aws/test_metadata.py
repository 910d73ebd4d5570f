# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import metadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError


class Service(http.server.ThreadingHTTPServer):
    """A metadata service of version 2 that serves `paths` to bearers of its token."""

    token_status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths = {"instance-id": "i-0123456789abcdef0", "placement/region": "eu-central-1"}
        self.tokens = 0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Service

    def do_PUT(self) -> None:
        assert self.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "300"
        self.server.tokens += 1
        self.answer(self.server.token_status, "token")

    def do_GET(self) -> None:
        if self.headers["X-aws-ec2-metadata-token"] != "token":
            self.answer(401, "")
            return
        text = self.server.paths.get(self.path.removeprefix("/latest/meta-data/"))
        self.answer(404 if text is None else 200, text or "")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(service: Service) -> metadata.InstanceMetadata:
    return metadata.InstanceMetadata(port=service.server_port, address="127.0.0.1")


def test_identity(service: Service) -> None:
    service.paths["tags/instance/nodeops:estate"] = "oracle"
    asked = ask(service)
    assert asked.instance_id() == "i-0123456789abcdef0"
    assert asked.region() == "eu-central-1"
    assert asked.estate() == "oracle"
    assert service.tokens == 1


def test_without_the_tag(service: Service) -> None:
    with pytest.raises(AwsError) as caught:
        ask(service).estate()
    assert caught.value.retryable
    assert str(caught.value) == (
        "the instance metadata have no tag nodeops:estate: tag the instance with its estate's name and set "
        "InstanceMetadataTags to enabled"
    )


def test_without_a_token(service: Service) -> None:
    service.token_status = 403
    with pytest.raises(AwsError) as caught:
        ask(service).region()
    assert str(caught.value) == "the instance metadata service gave no token (HTTP status 403)"


def test_without_a_service() -> None:
    with Service() as server:
        port = server.server_port
    with pytest.raises(AwsError) as caught:
        metadata.InstanceMetadata(address="127.0.0.1", port=port).region()
    assert caught.value.retryable
    assert str(caught.value) == (
        "no answer from the instance metadata service at 127.0.0.1 (ConnectionRefusedError): this must run on an EC2 "
        "instance with the service enabled"
    )
