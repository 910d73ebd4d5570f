# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks: what a host starts with, and what a snapshot holds.

A host's disk is two things to the engine: the container's own file system, and the volume at /var/lib/docker, where
the host's engine keeps its images and containers (overlay2 cannot lie on overlay). A snapshot holds both as of one
moment: an image committed from the container, and a volume with a copy. Neither holds what lies in memory (/run) or
comes from the lab (/lab). A new host shares the image's layers and gets a copy of the volume.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator

import docker.errors
from docker.models.containers import Container
from docker.types import Mount

from ..engine import engine, remove_container
from ..errors import LabError
from ..settings import LABEL, LABEL_THING, PUBLISHED_DISK, LabSettings

LOGGER = logging.getLogger(__name__)
REPOSITORY = "nodeops-lab/disk"
STORAGE = "/var/lib/docker"
"""The host's directory that is a volume."""
THING_DISK = "disk"
THING_STORAGE = "storage"


class Disks:
    """The disks of one lab."""

    def __init__(self, settings: LabSettings, published: str) -> None:
        """`published` is the image of the lab's own hosts, which the API offers as Debian's."""
        self._settings = settings
        self._published = published
        self._held: dict[str, str] = {}
        """The engine's id of each captured disk's image."""

    @property
    def held(self) -> dict[str, str]:
        """The engine's image id of each captured disk, by disk."""
        return dict(self._held)

    def image(self, disk: str) -> str:
        """Return the image that a host with this disk is made of."""
        return self._published if disk == PUBLISHED_DISK else f"{REPOSITORY}:{self._settings.name}-{disk}"

    def make_storage(self, instance_id: str, disk: str) -> str:
        """Make the volume of a new host, with the disk's content, and return its name."""
        name = self._settings.container(instance_id)
        _remove_volume(name)  # of an attempt that failed half-way
        engine().volumes.create(name, labels=self._settings.labels(THING_STORAGE))
        if disk != PUBLISHED_DISK:
            began = time.monotonic()
            self._copy(self._settings.container(disk), name)
            LOGGER.info("%s: disk %s copied in %.1f s", instance_id, disk, time.monotonic() - began)
        return name

    def remove_storage(self, instance_id: str) -> None:
        """Remove the volume of a host that is no more."""
        _remove_volume(self._settings.container(instance_id))

    def capture(self, disk: str, host: Container) -> None:
        """Capture a host's disk as it is at one moment; a host that runs stands still meanwhile.

        Raises:
            LabError, docker.errors.DockerException: it cannot be captured; nothing is left of it.
        """
        began = time.monotonic()
        try:
            with _standing_still(host):
                self._capture(disk, host)
        except BaseException:
            self._discard(disk)
            raise
        LOGGER.info("%s: disk captured as %s in %.1f s", host.name, disk, time.monotonic() - began)

    def _capture(self, disk: str, host: Container) -> None:
        storage = next((mount["Name"] for mount in host.attrs["Mounts"] if mount["Destination"] == STORAGE), None)
        if storage is None:
            raise LabError(f"{host.name} has no volume at {STORAGE}.")
        labels = self._settings.labels(THING_DISK)
        repository, _, tag = self.image(disk).partition(":")
        made = host.commit(
            repository=repository,
            tag=tag,
            pause=False,  # it stands still already, for the volume's copy as well
            changes=[f"LABEL {key}={value}" for key, value in labels.items()],
        )
        volume = self._settings.container(disk)
        engine().volumes.create(volume, labels=labels)
        self._copy(storage, volume)
        self._held[disk] = str(made.id)

    def remove(self, disk: str) -> None:
        """Remove a captured disk that neither a snapshot nor a host has any more."""
        self._discard(disk)
        self._held.pop(disk, None)
        LOGGER.info("disk %s: removed", disk)

    def _discard(self, disk: str) -> None:
        _remove_volume(self._settings.container(disk))
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine().images.remove(self.image(disk))

    def _copy(self, source: str, target: str) -> None:
        """Copy a volume with all that overlay2 keeps in it: owners, links, device files and trusted attributes."""
        copier = engine().containers.create(
            self._published,
            ["cp", "-a", "/from/.", "/to/"],
            labels=self._settings.labels("copier"),
            # To read and write trusted.overlay.*, without which directories would show what upper layers hide.
            cap_add=["SYS_ADMIN"],
            network_mode="none",
            mounts=[Mount("/from", source, read_only=True), Mount("/to", target, no_copy=True)],
        )
        try:
            copier.start()
            status = copier.wait()["StatusCode"]
            if status:
                errors = copier.logs(tail=5).decode(errors="replace").strip()
                raise LabError(f"Copying volume {source} failed with {status}: {errors}")
        finally:
            remove_container(copier)


@contextlib.contextmanager
def _standing_still(host: Container) -> Iterator[None]:
    """Freeze a running host, so that all of its disk is of one moment."""
    host.reload()
    if host.status != "running":
        yield
        return
    host.pause()
    try:
        yield
    finally:
        host.unpause()


def _remove_volume(name: str) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        engine().volumes.get(name).remove()


def remove_disks(lab: str) -> list[str]:
    """Remove the disks and volumes of a lab whose containers are gone; return their names.

    Raises:
        docker.errors.APIError: something outside the lab uses one.
    """
    label = f"{LABEL}={lab}"
    removed = []
    for volume in engine().volumes.list(filters={"label": label}):
        volume.remove()
        removed.append(str(volume.name))
    images = engine().images.list(filters={"label": [label, f"{LABEL_THING}={THING_DISK}"]})
    # A name goes even where a later disk was made from the image: the engine drops layers with their last user.
    for tag in [tag for image in images for tag in image.tags if tag.startswith(f"{REPOSITORY}:{lab}-")]:
        engine().images.remove(tag)
        removed.append(tag)
    return removed
