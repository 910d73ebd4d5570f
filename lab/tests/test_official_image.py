# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With the official image in place of the stand-in, nothing else changes.

No registry of the official image can be reached where the lab is developed, so another image plays it: one that has
nothing in common with the stand-in but that it is an image.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from docker.models.containers import Container
from nodeops_lab import images
from nodeops_lab.engine import container, engine, remove_container
from nodeops_lab.node_images import (
    BROKEN_RELEASES,
    NODE_IMAGE_VARIABLE,
    NODE_RELEASES,
    NODE_REPOSITORY,
    OTHER_TAGS,
    official_image,
)
from nodeops_lab.registry_copy import INDEX_TYPES, MANIFEST_TYPES, Repository, digest_of
from nodeops_lab.settings import CHECKOUT, LABEL_THING

# What only somebody who knows the inside of the stand-in can name.
INSIDE = re.compile(
    r"chainlink[_-]stand[_-]in|lab_stand_in|org\.nodeops\.stand-in|goose_migrations|node_versions|encrypted_key_rings"
)
# What only somebody who knows the lab can name.
LAB_ONLY = re.compile(r"stand[_-]in|rpc-provider|2\.46\.10[1-6]|nodeops[_-]lab", re.IGNORECASE)


def test_the_lab_knows_nothing_of_the_inside_of_a_node_image() -> None:
    sources = list((CHECKOUT / "lab" / "nodeops_lab").rglob("*.py"))
    others = [
        path
        for path in (CHECKOUT / "lab" / "images").rglob("*")
        if path.is_file() and "node" not in path.relative_to(CHECKOUT / "lab" / "images").parts[:1]
    ]
    assert len(sources) > 30
    found = [path for path in [*sources, *others] if INSIDE.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert found == []


def test_the_collection_knows_nothing_of_the_lab() -> None:
    parts = [CHECKOUT / name for name in ("roles", "plugins", "playbooks")]
    files = [path for part in parts for path in part.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 100
    found = [path for path in files if LAB_ONLY.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert found == []


def test_the_variable_names_the_repository() -> None:
    assert official_image({NODE_IMAGE_VARIABLE: "registry.test/node"}) == "registry.test/node"
    assert official_image({NODE_IMAGE_VARIABLE: ""}) is None
    assert official_image({}) is None


def test_with_the_variable_no_stand_in_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def build(kind: str, _say: images.Say, **_arguments: str) -> str:
        built.append(kind)
        return kind

    def content(registry: str, official: str, _say: images.Say) -> str:
        return f"{registry} with {official}"

    monkeypatch.setattr(images, "_ensure_base", lambda _say: "base")
    monkeypatch.setattr(images, "_ensure", build)
    monkeypatch.setattr(images, "_ensure_official_content", content)
    monkeypatch.setenv(NODE_IMAGE_VARIABLE, "registry.test/node")
    made = images._ensure_images(lambda _text: None)
    assert made.registry == "registry with registry.test/node"
    assert sorted(built) == sorted(images.KINDS)


def test_the_tags_of_the_lab() -> None:
    """Six releases in order, and others that only their numbers or their suffixes tell from them."""
    strict = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")

    def key(tag: str) -> tuple[int, ...]:
        return tuple(int(part) for part in tag.split("."))

    assert list(NODE_RELEASES) == sorted(NODE_RELEASES, key=key)
    assert all(strict.fullmatch(tag) for tag in (*NODE_RELEASES, *BROKEN_RELEASES))
    assert min(map(key, BROKEN_RELEASES)) > max(map(key, NODE_RELEASES))
    assert not any(strict.fullmatch(tag) for tag in OTHER_TAGS)


@pytest.fixture
def vendor() -> Iterator[tuple[str, dict[str, str]]]:
    """A registry with six releases of some image for two platforms: (repository, digest of each tag)."""
    say = print
    base = images._ensure_base(say)
    registry = images._ensure("registry", say, BASE_IMAGE=base)
    name = "nodeops-lab-vendor-registry"
    left = container(name)
    if left is not None:
        remove_container(left)
    running = engine().containers.run(
        registry, name=name, detach=True, ports={"5000/tcp": ("127.0.0.1", 0)}, labels={LABEL_THING: "test"}
    )
    try:
        repository = f"127.0.0.1:{published(running)}/vendor/oracle"
        target = Repository(repository)
        digests = {}
        for release in NODE_RELEASES:
            platforms = [put_platform(target, release, architecture) for architecture in ("amd64", "arm64")]
            index = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPES[0], "manifests": platforms}, indent=5)
            target.put_manifest(release, index.encode(), INDEX_TYPES[0])
            digests[release] = digest_of(index.encode())
        yield repository, digests
    finally:
        remove_container(running)


def put_platform(target: Repository, release: str, architecture: str) -> dict[str, object]:
    """Store an image of one platform; return its entry in an index."""
    items = []
    for content in (json.dumps({"architecture": architecture, "os": "linux"}), f"{release} for {architecture}"):
        data = content.encode()
        target.put_blob(digest_of(data), data)
        items.append({"mediaType": "application/octet-stream", "digest": digest_of(data), "size": len(data)})
    document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPES[0], "config": items[0], "layers": items[1:]}
    content_bytes = json.dumps(document, indent=4).encode()
    target.put_manifest(digest_of(content_bytes), content_bytes, MANIFEST_TYPES[0])
    platform = {"architecture": architecture, "os": "linux"}
    size = len(content_bytes)
    return {"mediaType": MANIFEST_TYPES[0], "digest": digest_of(content_bytes), "size": size, "platform": platform}


def published(running: Container) -> int:
    """Return the machine's port of a registry that answers there."""
    running.reload()
    port = int(running.attrs["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"])
    images._wait_for_port(port)
    return port


@pytest.mark.lab
def test_another_repositorys_releases_are_served_under_the_same_names(vendor: tuple[str, dict[str, str]]) -> None:
    repository, digests = vendor
    base = images._ensure_base(print)
    empty = images._ensure("registry", print, BASE_IMAGE=base)
    # The vendor's port differs at each run, so this content is made anew.
    content = images._ensure_official_content(empty, repository, print)
    serving = engine().containers.run(
        content, detach=True, ports={"5000/tcp": ("127.0.0.1", 0)}, labels={LABEL_THING: "test"}
    )
    try:
        url = f"http://127.0.0.1:{published(serving)}/v2/{NODE_REPOSITORY}"
        assert sorted(requests.get(f"{url}/tags/list", timeout=20).json()["tags"]) == sorted(NODE_RELEASES)
        for release, digest in digests.items():
            answer = requests.get(f"{url}/manifests/{release}", headers={"Accept": INDEX_TYPES[0]}, timeout=20)
            assert answer.headers["Docker-Content-Digest"] == digest == digest_of(answer.content)
            for item in answer.json()["manifests"]:
                part = requests.get(
                    f"{url}/manifests/{item['digest']}", headers={"Accept": item["mediaType"]}, timeout=20
                )
                assert digest_of(part.content) == item["digest"]
                for layer in part.json()["layers"]:
                    blob = requests.get(f"{url}/blobs/{layer['digest']}", timeout=20).content
                    assert digest_of(blob) == layer["digest"]
    finally:
        remove_container(serving)
        engine().images.remove(content)


def test_the_static_checks_see_what_they_look_for() -> None:
    inside = CHECKOUT / "lab" / "images" / "node" / "chainlink_stand_in" / "migrations.py"
    assert INSIDE.search(inside.read_text())
    assert LAB_ONLY.search(Path(images.__file__).read_text())
