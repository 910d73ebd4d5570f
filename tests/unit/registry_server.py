# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry on the loopback interface that speaks the protocol: tokens, pages, indexes, blobs, refusals.

It speaks plain HTTP. :meth:`Server.opener` takes the product's HTTPS opener and changes its last step alone: what
would go to a server by TLS goes to this one. So nothing in the product needs to allow http://.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.nodeops.chainlink.plugins.module_utils._release import registry

# The product's own, also where a test puts another in its place.
_https_opener = registry.https_opener

TOKEN = "anonymous-token"
INDEX = "application/vnd.oci.image.index.v1+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
FIRST = "application/vnd.docker.distribution.manifest.v1+prettyjws"
AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64", "variant": "v8"}
CHALLENGE = 'Bearer realm="https://auth.test/token/",service="registry.test",scope="aws"'


def digest_of(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


@dataclass
class Served:
    """What the registry has, and how it behaves."""

    page_size: int = 3
    challenge: str | None = CHALLENGE
    token_status: int = 200
    token_document: dict[str, Any] = field(default_factory=lambda: {"token": TOKEN, "expires_in": 300})
    next_in_body: bool = False
    #: Where the next page is, if not where it should be.
    next_page: str | None = None
    announce: str | None = None
    redirect_blobs_to: str | None = None
    tags: list[str] = field(default_factory=list)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    #: Answers that come first, one a request: (status, headers, body).
    first: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    #: (host, path, had a token) of every request.
    requests: list[tuple[str, str, bool]] = field(default_factory=list)

    def index(self, tag: str, *platforms: dict[str, str], kind: str = INDEX) -> str:
        entries = [{"digest": digest_of(json.dumps(platform).encode()), "platform": platform} for platform in platforms]
        return self.manifest(tag, kind, {"schemaVersion": 2, "mediaType": kind, "manifests": entries})

    def single(self, tag: str, platform: dict[str, str], kind: str = OCI) -> str:
        config = json.dumps({**platform, "rootfs": {}}).encode()
        self.blobs[digest_of(config)] = config
        return self.manifest(tag, kind, {"schemaVersion": 2, "config": {"digest": digest_of(config)}, "layers": []})

    def manifest(self, tag: str, kind: str, document: Any) -> str:
        body = json.dumps(document).encode()
        self.tags.append(tag)
        self.manifests[tag] = (kind, body)
        return digest_of(body)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        served: Served = self.server.served
        parts = urlsplit(self.path)
        authorization = self.headers.get("Authorization")
        served.requests.append((self.headers["Host"], self.path, authorization is not None))
        if served.first:
            self._send(*served.first.pop(0))
        elif parts.path == "/token/":
            self._send(served.token_status, {}, json.dumps(served.token_document).encode())
        elif parts.path.startswith("/storage/"):
            self._send(200, {}, served.blobs[parts.path.rpartition("/")[2]])
        elif served.challenge and authorization != f"Bearer {TOKEN}":
            self._send(401, {"WWW-Authenticate": served.challenge}, b'{"errors": []}')
        else:
            self._registry(served, parts.path.removeprefix("/v2/chainlink/chainlink/"), parse_qs(parts.query))

    def _registry(self, served: Served, path: str, query: dict[str, list[str]]) -> None:
        kind, _slash, name = path.partition("/")
        if path == "tags/list" and served.tags:
            self._tags(served, query)
        elif kind == "manifests" and name in served.manifests:
            assert INDEX in self.headers["Accept"]
            media_type, body = served.manifests[name]
            announced = served.announce or digest_of(body)
            self._send(200, {"Content-Type": media_type, "Docker-Content-Digest": announced}, body)
        elif kind == "blobs" and name in served.blobs and served.redirect_blobs_to:
            self._send(307, {"Location": f"{served.redirect_blobs_to}/storage/{name}"}, b"")
        elif kind == "blobs" and name in served.blobs:
            self._send(200, {"Content-Type": "application/octet-stream"}, served.blobs[name])
        else:
            self._send(404, {}, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')

    def _tags(self, served: Served, query: dict[str, list[str]]) -> None:
        rest = sorted(tag for tag in served.tags if tag > query.get("last", [""])[0])
        page = rest[: served.page_size]
        document: dict[str, Any] = {"name": "chainlink/chainlink", "tags": page}
        headers = {}
        if len(rest) > len(page):
            target = served.next_page or f"/v2/chainlink/chainlink/tags/list?last={page[-1]}&n=1000"
            if served.next_in_body:
                document["next"] = target
            else:
                headers["Link"] = f'<{target}>; rel="next"'
        self._send(200, headers, json.dumps(document).encode())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Keep the test's output clean."""


class Loopback(urllib.request.HTTPSHandler):
    """Takes what goes to https:// to a port of this machine instead; the Host header still names the server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._connect, req)  # type: ignore[arg-type]

    def _connect(self, _host: str, timeout: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)


@dataclass
class Server:
    served: Served
    port: int

    def opener(self) -> urllib.request.OpenerDirector:
        return _https_opener(Loopback(self.port))


@contextlib.contextmanager
def serving(served: Served) -> Iterator[Server]:
    httpd: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.served = served
    with httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Server(served, httpd.server_port)
        finally:
            httpd.shutdown()
            thread.join()
