# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's images: built once, named by their content, shared by all labs of the machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker.errors
import requests

from .engine import container, engine, remove_container
from .errors import LabError
from .settings import LAB_DIRECTORY, LABEL_THING, NODE_REPOSITORY, NODE_VERSIONS

IMAGES = LAB_DIRECTORY / "images"
REPOSITORY = "nodeops-lab"
OFFICIAL_DEBIAN = "debian:12"
DEBIAN_RELEASE = "bookworm"
KINDS = ("host", "gateway", "database", "registry", "balancer")
NODE_IMAGE_VARIABLE = "NODEOPS_LAB_NODE_IMAGE"
"""Environment variable: registry/repository of an official node image to use in place of lab/images/node."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Images:
    """The tags of one set of images."""

    host: str
    gateway: str
    database: str
    registry: str
    """With the node images in its storage."""
    balancer: str


def content_hash(directory: Path, *more: str) -> str:
    """Return a short hash of everything that decides an image: its directory's files, their modes, and `more`."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(directory.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(directory)}\0{path.stat().st_mode & 0o111:o}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def ensure_images(say: Say) -> Images:
    """Build what is missing, one image after the other, and return the tags.

    Raises:
        LabError: an image cannot be built.
    """
    with _one_builder(say):
        return _ensure_images(say)


@contextlib.contextmanager
def _one_builder(say: Say) -> Iterator[None]:
    """Let one `lab up` of the machine build at a time; another then finds the images made."""
    path = Path(tempfile.gettempdir(), "nodeops-lab-images.lock")
    if not path.exists():
        path.touch(mode=0o644)
    # For reading only: the file may be another user's, and a lock needs no more.
    with path.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("images: waiting for another `lab up` that builds them")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure_images(say: Say) -> Images:
    base = _ensure_base(say)
    tags = {kind: _ensure(kind, say, BASE_IMAGE=base) for kind in KINDS}
    nodes = _ensure_node_images(base, say)
    return Images(
        host=tags["host"],
        gateway=tags["gateway"],
        database=tags["database"],
        registry=_ensure_registry_content(tags["registry"], nodes, say),
        balancer=tags["balancer"],
    )


def _exists(tag: str) -> bool:
    try:
        engine().images.get(tag)
    except docker.errors.ImageNotFound:
        return False
    return True


def _ensure(kind: str, say: Say, **arguments: str) -> str:
    directory = IMAGES / kind
    named = [f"{name}={value}" for name, value in sorted(arguments.items())]
    tag = f"{REPOSITORY}/{kind}:{content_hash(directory, *named)}"
    if not _exists(tag):
        _build(directory, tag, arguments, say)
    return tag


def _build(directory: Path, tag: str, arguments: dict[str, str], say: Say) -> None:
    """Build with the engine's classic builder: BuildKit is not everywhere, and nothing here needs it."""
    if not (directory / "Dockerfile").exists():
        raise LabError(f"There is no Dockerfile in {directory}.")
    began = time.monotonic()
    say(f"image {tag}: building")
    last: list[str] = []
    for message in engine().api.build(
        path=str(directory), tag=tag, buildargs=arguments, rm=True, forcerm=True, decode=True
    ):
        text = str(message.get("stream", "")).strip()
        if text:
            last = [*last[-20:], text]
        if text.startswith("Step "):
            say(f"  {text[:110]}")
        if "error" in message:
            raise LabError("\n".join([f"Building {tag} failed: {message['error'].strip()}", *last]))
    say(f"image {tag}: built in {time.monotonic() - began:.0f} s")


def _ensure_base(say: Say) -> str:
    directory = IMAGES / "base"
    tag = f"{REPOSITORY}/base:{content_hash(directory)}"
    if not _exists(tag):
        _build(directory, tag, {"ROOTFS": _root_file_system(say)}, say)
    return tag


def _root_file_system(say: Say) -> str:
    """Return an image of Debian 12: the official one, or one from the machine's own package mirror."""
    if _exists(OFFICIAL_DEBIAN):
        return OFFICIAL_DEBIAN
    say(f"image {OFFICIAL_DEBIAN}: pulling")
    try:
        engine().images.pull(OFFICIAL_DEBIAN)
        return OFFICIAL_DEBIAN
    except (docker.errors.APIError, requests.RequestException):
        say("  no registry can be reached: making one with mmdebstrap from this machine's apt sources")
    return _bootstrap(say)


def _bootstrap(say: Say) -> str:
    tag = f"{REPOSITORY}/rootfs:{DEBIAN_RELEASE}"
    if _exists(tag):
        return tag
    began = time.monotonic()
    # apt knows its mirrors; only Debian's own belong into a Debian image.
    sources = _output(
        "apt-get",
        "indextargets",
        "--format",
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages",
        "Origin: Debian",
    )
    lines = sorted({line for line in sources.splitlines() if f" {DEBIAN_RELEASE}" in line})
    if not lines:
        raise LabError(f"This machine's apt knows no Debian {DEBIAN_RELEASE}: run `apt-get update` first.")
    with tempfile.TemporaryDirectory() as temporary:
        source_list, archive = Path(temporary, "sources.list"), Path(temporary, "rootfs.tar")
        source_list.write_text("\n".join(lines) + "\n")
        _output(
            "mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", DEBIAN_RELEASE,
            str(archive), str(source_list),
        )  # fmt: skip
        repository, _, version = tag.partition(":")
        engine().api.import_image_from_file(str(archive), repository=repository, tag=version)
    say(f"image {tag}: made in {time.monotonic() - began:.0f} s")
    return tag


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed on this machine, and no registry can be reached.") from None
    if done.returncode:
        raise LabError(f"{command[0]} failed with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _ensure_node_images(base: str, say: Say) -> dict[str, str]:
    """Return the tag of each node version: the stand-in from lab/images/node, or the official image if asked for."""
    official = os.environ.get(NODE_IMAGE_VARIABLE)
    nodes = {}
    for version in NODE_VERSIONS:
        if official:
            nodes[version] = f"{official}:{version}"
            if not _exists(nodes[version]):
                say(f"image {nodes[version]}: pulling")
                try:
                    engine().images.pull(official, tag=version)
                except docker.errors.APIError as error:
                    raise LabError(f"{nodes[version]} ({NODE_IMAGE_VARIABLE}) cannot be pulled: {error}.") from error
        else:
            nodes[version] = _ensure("node", say, BASE_IMAGE=base, VERSION=version)
    return nodes


def _ensure_registry_content(registry: str, nodes: dict[str, str], say: Say) -> str:
    """Return the registry's image with the node images in its storage, pushed once and committed."""
    identities = [f"{version}={engine().images.get(tag).id}" for version, tag in sorted(nodes.items())]
    content = hashlib.sha256("\0".join([registry, *identities]).encode()).hexdigest()[:12]
    tag = f"{REPOSITORY}/registry-content:{content}"
    if _exists(tag):
        return tag
    began = time.monotonic()
    say(f"image {tag}: filling")
    name = "nodeops-lab-registry-filling"
    left = container(name)
    if left is not None:
        remove_container(left)
    filling = engine().containers.run(
        registry, name=name, detach=True, ports={"5000/tcp": ("127.0.0.1", 0)}, labels={LABEL_THING: "filling"}
    )
    try:
        filling.reload()
        port = int(filling.attrs["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"])
        _wait_for_port(port)
        for version, node in nodes.items():
            _push(node, f"127.0.0.1:{port}/{NODE_REPOSITORY}", version, say)
        filling.stop()
        repository, _, version = tag.partition(":")
        filling.commit(repository=repository, tag=version)
    finally:
        remove_container(filling)
    say(f"image {tag}: filled in {time.monotonic() - began:.0f} s")
    return tag


def _push(image: str, repository: str, version: str, say: Say) -> None:
    say(f"  pushing {NODE_REPOSITORY}:{version}")
    engine().images.get(image).tag(repository, version)
    try:
        for message in engine().api.push(repository, tag=version, stream=True, decode=True):
            if "error" in message:
                raise LabError(f"Pushing {image} into the lab's registry failed: {message['error']}")
    finally:
        engine().images.remove(f"{repository}:{version}")


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            # The engine's proxy accepts before the registry listens: only an answer counts.
            requests.get(f"http://127.0.0.1:{port}/v2/", timeout=2)
            return
        except (OSError, requests.RequestException) as error:
            if time.monotonic() > deadline:
                raise LabError(f"The registry did not answer within 20 s: {error}.") from error
            time.sleep(0.2)
