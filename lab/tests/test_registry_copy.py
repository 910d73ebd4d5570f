# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are copied byte for byte, between registries as strict as real ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from nodeops_lab.errors import LabError
from nodeops_lab.registry_copy import INDEX_TYPES, MANIFEST_TYPES, Repository, copy_tag, digest_of, parse_name

TEST_NAMES = [
    ("public.ecr.aws/chainlink/chainlink", ("https://public.ecr.aws", "chainlink/chainlink")),
    ("registry.test:5000/node", ("https://registry.test:5000", "node")),
    ("127.0.0.1:5000/a/b", ("http://127.0.0.1:5000", "a/b")),
    ("localhost/a", ("http://localhost", "a")),
    ("smartcontract/chainlink", ("https://registry-1.docker.io", "smartcontract/chainlink")),
    ("debian", ("https://registry-1.docker.io", "library/debian")),
]


@pytest.mark.parametrize(("name", "parsed"), TEST_NAMES)
def test_names(name: str, parsed: tuple[str, str]) -> None:
    assert parse_name(name) == parsed


@pytest.mark.parametrize("name", ["public.ecr.aws/a/b:1.0.0", "public.ecr.aws/a/b@sha256:0", "a/b:tag"])
def test_a_name_with_a_tag_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="without a tag"):
        parse_name(name)


@dataclass
class Store:
    """A registry's content and its habits."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    token: str = ""
    """What it asks for, unless empty."""
    uploads: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def repository(self) -> Repository:
        return Repository(f"127.0.0.1:{self.port}/vendor/node")

    def add(self, content: bytes) -> dict[str, Any]:
        digest = digest_of(content)
        self.blobs[digest] = content
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}

    def add_manifest(self, document: Any, media_type: str, tag: str = "") -> dict[str, Any]:
        content = json.dumps(document, indent=3).encode()  # no two writers format alike: the bytes must stay
        self.manifests[tag or digest_of(content)] = content, media_type
        return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def store(self) -> Store:
        return cast(Store, self.server.store)  # type: ignore[attr-defined]

    def log_message(self, *_arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/token":
            assert parse_qs(parts.query) == {"service": ["test"], "scope": ["repository:vendor/node:pull"]}
            self.answer(200, json.dumps({"token": self.store.token}).encode())
        elif self.refuses():
            return
        elif parts.path.startswith("/v2/vendor/node/manifests/"):
            content, media_type = self.store.manifests.get(parts.path.rpartition("/")[2], (b"", ""))
            known = media_type and media_type in self.headers["Accept"]
            self.answer(200 if known else 404, content, {"Content-Type": media_type})
        else:
            blob = self.store.blobs.get(parts.path.rpartition("/")[2])
            self.answer(404 if blob is None else 200, blob or b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def refuses(self) -> bool:
        if not self.store.token or self.headers.get("Authorization") == f"Bearer {self.store.token}":
            return False
        realm = f"http://127.0.0.1:{self.store.port}/token"
        challenge = f'Bearer realm="{realm}",service="test",scope="repository:vendor/node:pull"'
        self.answer(401, b"", {"WWW-Authenticate": challenge})
        return True

    def do_POST(self) -> None:
        # As docker-registry: the location has parameters of its own and is relative.
        self.answer(202, b"", {"Location": "/v2/vendor/node/blobs/uploads/1?_state=x"})

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        if parts.path.startswith("/v2/vendor/node/manifests/"):
            document = json.loads(content)
            wanted = [item["digest"] for item in document.get("manifests", [])]
            assert all(digest in self.store.manifests for digest in wanted), "a part of the index is missing"
            blobs = [*document.get("layers", []), *([document["config"]] if "config" in document else [])]
            assert all(item["digest"] in self.store.blobs for item in blobs), "a blob is missing"
            self.store.manifests[parts.path.rpartition("/")[2]] = content, self.headers["Content-Type"]
        else:
            query = parse_qs(parts.query)
            assert query["_state"] == ["x"]
            assert query["digest"] == [digest_of(content)]
            self.store.blobs[digest_of(content)] = content
            self.store.uploads.append(digest_of(content))
        self.answer(201, b"")

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def stores() -> Iterator[tuple[Store, Store]]:
    """A source that wants a token, with an index of two platforms that share a layer, and an empty target."""
    source, target = Store(token="anonymous-token"), Store()
    servers = []
    for store in (source, target):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.store = store  # type: ignore[attr-defined]
        server.daemon_threads = True
        store.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
    shared = source.add(b"the layer of both platforms" * 100_000)
    platforms = []
    for architecture in ("amd64", "arm64"):
        config, layer = source.add(f'{{"architecture":"{architecture}"}}'.encode()), source.add(architecture.encode())
        document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPES[0], "config": config, "layers": [shared, layer]}
        item = source.add_manifest(document, MANIFEST_TYPES[0])
        platforms.append({**item, "platform": {"architecture": architecture, "os": "linux"}})
    source.add_manifest({"schemaVersion": 2, "manifests": platforms}, INDEX_TYPES[0], tag="2.46.0")
    yield source, target
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_copy_is_the_same_to_the_byte(stores: tuple[Store, Store]) -> None:
    source, target = stores
    digest = copy_tag(source.repository, target.repository, "2.46.0")
    assert digest == digest_of(source.manifests["2.46.0"][0])
    assert target.manifests == source.manifests
    assert target.blobs == source.blobs
    assert len(target.uploads) == len(set(target.uploads)) == 5
    # A second tag of the same content brings no blob again.
    source.manifests["2.45.0"] = source.manifests["2.46.0"]
    assert copy_tag(source.repository, target.repository, "2.45.0") == digest
    assert len(target.uploads) == 5


def test_a_tag_that_is_not_there(stores: tuple[Store, Store]) -> None:
    source, target = stores
    with pytest.raises(LabError, match=r"manifests/2\.30\.0: 404"):
        copy_tag(source.repository, target.repository, "2.30.0")
    assert not target.manifests


def test_content_with_another_digest_is_refused(stores: tuple[Store, Store]) -> None:
    source, target = stores
    [first, *_] = [digest for digest in source.blobs if len(source.blobs[digest]) > 1000]
    source.blobs[first] = b"something else"
    with pytest.raises(LabError, match=f"what came for {first} is {digest_of(b'something else')}"):
        copy_tag(source.repository, target.repository, "2.46.0")
    assert not target.manifests


def test_no_registry_there(stores: tuple[Store, Store]) -> None:
    _, target = stores
    with pytest.raises(LabError, match="vendor/node: GET"):
        copy_tag(Repository("127.0.0.1:1/vendor/node"), target.repository, "2.46.0")
