# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's images: built once, named by their content, shared by all labs of the machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker.errors
import requests

from .engine import container, engine, remove_container
from .errors import LabError
from .node_images import BROKEN_RELEASES, NODE_RELEASES, NODE_REPOSITORY, OTHER_TAGS, official_image
from .registry_copy import Repository, copy_tag
from .settings import LAB_DIRECTORY, LABEL_THING

IMAGES = LAB_DIRECTORY / "images"
REPOSITORY = "nodeops-lab"
OFFICIAL_DEBIAN = "debian:12"
DEBIAN_RELEASE = "bookworm"
KINDS = ("host", "gateway", "database", "registry", "ethereum", "balancer")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Images:
    """The tags of one set of images."""

    host: str
    gateway: str
    database: str
    registry: str
    """With the node images in its storage."""
    ethereum: str
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


def ensure_host_images(say: Say, dnf: bool) -> dict[str, str]:
    """Build what hosts without a region need, and return their images by package manager, apt and perhaps dnf.

    Raises:
        LabError: an image cannot be built.
    """
    with _one_builder(say):
        host = _ensure("host", say, BASE_IMAGE=_ensure_base(say))
        return {"apt": host} | ({"dnf": _ensure("dnf-host", say, BASE_IMAGE=host)} if dnf else {})


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
    official = official_image()
    if official:
        content = _ensure_official_content(tags["registry"], official, say)
    else:
        content = _ensure_stand_in_content(tags["registry"], _ensure_node_images(base, say), say)
    return Images(
        host=tags["host"],
        gateway=tags["gateway"],
        database=tags["database"],
        registry=content,
        ethereum=tags["ethereum"],
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
    _follow(engine().api.build(path=str(directory), tag=tag, buildargs=arguments, rm=True, decode=True), tag, say)
    say(f"image {tag}: built in {time.monotonic() - began:.0f} s")


def _follow(messages: Iterator[dict[str, str]], tag: str, say: Say) -> None:
    """Tell the steps of a build. Raises LabError with its end where it fails."""
    last: list[str] = []
    for message in messages:
        text = str(message.get("stream", "")).strip()
        if text:
            last = [*last[-20:], text]
        if text.startswith("Step "):
            say(f"  {text[:110]}")
        if "error" in message:
            raise LabError("\n".join([f"Building {tag} failed: {message['error'].strip()}", *last]))


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
    """Return the stand-in's image for each tag; several tags may share one."""
    shared = _ensure("node", say, BASE_IMAGE=base)
    nodes = {release: _ensure_release(shared, release, say) for release in (*NODE_RELEASES, *BROKEN_RELEASES)}
    return nodes | dict.fromkeys(OTHER_TAGS, nodes[NODE_RELEASES[-1]])


def _ensure_release(shared: str, release: str, say: Say) -> str:
    """Return one release of the stand-in: a version file on the image that all share."""
    tag = f"{REPOSITORY}/node-release:{release}-{shared.partition(':')[2]}"
    if not _exists(tag):
        dockerfile = (IMAGES / "node" / "release" / "Dockerfile").read_bytes()
        context = archive({"Dockerfile": dockerfile, "VERSION": f"{release}\n".encode()})
        arguments = {"SHARED_IMAGE": shared, "VERSION": release}
        # Its steps are not worth a line each.
        _follow(
            engine().api.build(
                fileobj=context, custom_context=True, tag=tag, buildargs=arguments, rm=True, decode=True
            ),
            tag,
            lambda _text: None,
        )
        say(f"image {tag}: built")
    return tag


def archive(files: dict[str, bytes]) -> io.BytesIO:
    """Return a tar archive of files that everybody may read."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    stream.seek(0)
    return stream


def _ensure_stand_in_content(registry: str, nodes: dict[str, str], say: Say) -> str:
    """Return the registry's image with the stand-in in its storage, pushed once and committed."""
    identities = [f"{tag}={engine().images.get(image).id}" for tag, image in sorted(nodes.items())]

    def fill(repository: str) -> None:
        for tag, image in nodes.items():
            _push(image, repository, tag, say)

    return ensure_registry_content(registry, identities, fill, say)


def _ensure_official_content(registry: str, official: str, say: Say) -> str:
    """Return the registry's image with the releases of another repository in its storage, byte for byte.

    Known by names, not by digests, so that `lab up` needs that repository only once: a release's tag does not move.
    """

    def fill(repository: str) -> None:
        source, target = Repository(official), Repository(repository)
        for release in NODE_RELEASES:
            say(f"  copying {official}:{release}")
            copy_tag(source, target, release)

    return ensure_registry_content(registry, [official, *NODE_RELEASES], fill, say)


def ensure_registry_content(registry: str, identities: list[str], fill: Callable[[str], None], say: Say) -> str:
    """Return an image of the registry whose storage holds what `fill` puts into the repository that it is given.

    Args:
        registry: the image of an empty registry.
        identities: all that decides the content.
        fill: called with the repository's name, once, where no such image exists.
        say: told of the progress.
    """
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
        fill(f"127.0.0.1:{port}/{NODE_REPOSITORY}")
        filling.stop()
        repository, _, version = tag.partition(":")
        filling.commit(repository=repository, tag=version)
    finally:
        remove_container(filling)
    say(f"image {tag}: filled in {time.monotonic() - began:.0f} s")
    return tag


def _push(image: str, repository: str, version: str, say: Say) -> None:
    engine().images.get(image).tag(repository, version)
    try:
        for message in engine().api.push(repository, tag=version, stream=True, decode=True):
            if "error" in message:
                raise LabError(f"Pushing {image} into the lab's registry failed: {message['error']}")
    finally:
        engine().images.remove(f"{repository}:{version}")
    say(f"  pushed {NODE_REPOSITORY}:{version}")


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
