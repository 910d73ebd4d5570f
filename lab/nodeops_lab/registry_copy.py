# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies images from one registry to another, byte for byte, so that every digest stays what it was.

An engine cannot do that: it pulls one platform and compresses the layers anew when it pushes. The protocol is the OCI
distribution specification's, with the anonymous bearer tokens of public.ecr.aws and Docker Hub.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import requests

from .errors import LabError

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join((*INDEX_TYPES, *MANIFEST_TYPES))
_BLOCK = 1 << 20
_SECONDS = 60.0


def parse_name(name: str) -> tuple[str, str]:
    """Return (base URL, repository) of an image name without tag, by the engine's rules.

    What stands before the first slash is a registry if it has a dot or a colon or is localhost; else the name is one
    of Docker Hub. A registry on loopback speaks plain HTTP.

    Raises:
        LabError: the name has a tag or a digest.
    """
    first, slash, rest = name.partition("/")
    if slash and (re.search(r"[.:]", first) or first == "localhost"):
        registry, repository = first, rest
    else:
        registry, repository = "registry-1.docker.io", name if slash else f"library/{name}"
    if ":" in repository or "@" in repository:
        raise LabError(f"{name} must be registry/repository, without a tag.")
    local = registry.partition(":")[0] in ("localhost", "127.0.0.1")
    return f"{'http' if local else 'https'}://{registry}", repository


class Repository:
    """One repository of a registry."""

    def __init__(self, name: str) -> None:
        """`name` is registry/repository."""
        self.name = name
        self._base, self._repository = parse_name(name)
        self._session = requests.Session()

    def _url(self, path: str) -> str:
        return f"{self._base}/v2/{self._repository}/{path}"

    def _ask(self, method: str, url: str, expected: tuple[int, ...], **options: Any) -> requests.Response:
        """Send a request, once more with a token where the registry asks for one.

        Raises:
            LabError: no answer, or none of the `expected` statuses.
        """
        try:
            answer = self._session.request(method, url, timeout=_SECONDS, **options)
            if answer.status_code == 401 and self._take_token(answer.headers.get("WWW-Authenticate", "")):
                answer = self._session.request(method, url, timeout=_SECONDS, **options)
        except requests.RequestException as error:
            raise LabError(f"{self.name}: {method} {url}: {error}.") from error
        if answer.status_code not in expected:
            raise LabError(f"{self.name}: {method} {url}: {answer.status_code} {answer.text[:200].strip()}")
        return answer

    def _take_token(self, challenge: str) -> bool:
        """Get an anonymous bearer token as a challenge asks for; return whether it asks for one."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            return False
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        answer = requests.get(
            wanted["realm"],
            params={key: wanted[key] for key in ("service", "scope") if key in wanted},
            timeout=_SECONDS,
        )
        answer.raise_for_status()
        document = answer.json()
        self._session.headers["Authorization"] = f"Bearer {document.get('token') or document['access_token']}"
        return True

    def manifest(self, reference: str) -> tuple[bytes, str]:
        """Return the manifest of a tag or digest as it is, and its media type.

        Raises:
            LabError: there is none, or a digest does not fit.
        """
        answer = self._ask("GET", self._url(f"manifests/{reference}"), (200,), headers={"Accept": _ACCEPT})
        content = answer.content
        _check(content, reference, self.name)
        return content, answer.headers["Content-Type"].partition(";")[0]

    def has_blob(self, digest: str) -> bool:
        """Return whether a blob is there already."""
        return self._ask("HEAD", self._url(f"blobs/{digest}"), (200, 404)).status_code == 200

    def blob(self, digest: str) -> Iterator[bytes]:
        """Yield the content of a blob in blocks."""
        answer = self._ask("GET", self._url(f"blobs/{digest}"), (200,), stream=True)
        yield from answer.iter_content(_BLOCK)

    def put_blob(self, digest: str, content: Any) -> None:
        """Upload a blob from a file."""
        started = self._ask("POST", self._url("blobs/uploads/"), (202,))
        location = urljoin(started.url, started.headers["Location"])
        headers = {"Content-Type": "application/octet-stream"}
        # The location has parameters of its own; requests adds the digest to them.
        self._ask("PUT", location, (201,), params={"digest": digest}, data=content, headers=headers)

    def put_manifest(self, reference: str, content: bytes, media_type: str) -> None:
        """Store a manifest under a tag or its digest."""
        url = self._url(f"manifests/{reference}")
        self._ask("PUT", url, (201,), data=content, headers={"Content-Type": media_type})


def digest_of(content: bytes) -> str:
    """Return the digest of a manifest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _check(content: bytes, reference: str, name: str) -> None:
    if reference.startswith("sha256:") and digest_of(content) != reference:
        raise LabError(f"{name}: what came for {reference} is {digest_of(content)}.")


def copy_tag(source: Repository, target: Repository, tag: str) -> str:
    """Copy what a tag names, with every platform that it lists, and return its digest.

    Raises:
        LabError: either registry refuses, or something does not have the digest that it was asked by.
    """
    return _copy(source, target, tag)


def _copy(source: Repository, target: Repository, reference: str) -> str:
    content, media_type = source.manifest(reference)
    document = json.loads(content)
    if media_type in INDEX_TYPES:
        for item in document["manifests"]:
            _copy(source, target, item["digest"])
    else:
        for item in [document["config"], *document["layers"]]:
            _copy_blob(source, target, item["digest"])
    target.put_manifest(reference, content, media_type)
    return digest_of(content)


def _copy_blob(source: Repository, target: Repository, digest: str) -> None:
    if target.has_blob(digest):
        return
    found = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        for block in source.blob(digest):
            found.update(block)
            file.write(block)
        if f"sha256:{found.hexdigest()}" != digest:
            raise LabError(f"{source.name}: what came for {digest} is sha256:{found.hexdigest()}.")
        file.seek(0)
        target.put_blob(digest, file)
