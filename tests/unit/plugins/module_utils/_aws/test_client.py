# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials of an instance are found where its metadata service takes its time."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client

DELAY_SECONDS = 1.5
ROLE = "/latest/meta-data/iam/security-credentials/"
CREDENTIALS = {
    "Code": "Success",
    "AccessKeyId": "ASIA-OF-THE-ROLE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}


class Handler(http.server.BaseHTTPRequestHandler):
    """A slow metadata service with one role."""

    def do_PUT(self) -> None:
        self.answer("token")

    def do_GET(self) -> None:
        self.answer("role" if self.path == ROLE else json.dumps(CREDENTIALS))

    def answer(self, text: str) -> None:
        time.sleep(DELAY_SECONDS)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Have the credentials nowhere but there."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("metadata")
def test_a_slow_metadata_service_has_credentials_too() -> None:
    credentials = client("ssm", "eu-central-1")._request_signer._credentials
    assert credentials is not None
    assert credentials.access_key == "ASIA-OF-THE-ROLE"
