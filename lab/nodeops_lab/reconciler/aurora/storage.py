# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of clusters and snapshots, and the jobs on them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import docker.errors

from ...engine import container, engine, remove_container
from ...errors import LabError
from ...settings import LABEL, LABEL_THING, LabSettings

LOGGER = logging.getLogger(__name__)
THING = "database-storage"
JOB_THING = "database-job"
LABEL_KEY = "nodeops.storage"
PROGRAM = ["python3", "/usr/local/lib/nodeops-lab/storage_job.py"]
JOB_SECONDS = 900


class Storage:
    """The volumes of one lab's clusters and snapshots, named by their keys."""

    def __init__(self, settings: LabSettings, image: str) -> None:
        self._settings = settings
        self._image = image

    def volume(self, key: str) -> str:
        """Return the name of a volume."""
        return self._settings.container(f"storage-{key.lower()}")

    def create(self, key: str) -> None:
        """Make a volume; one that is there is fine."""
        labels = {**self._settings.labels(THING), LABEL_KEY: key}
        engine().volumes.create(self.volume(key), labels=labels)

    def run(self, name: str, job: Iterable[str], mounts: Mapping[str, str], files: Path | None = None) -> None:
        """Run a job to its end.

        Args:
            name: of the container, in which only one job runs at a time.
            job: the job and its arguments, none of them secret.
            mounts: keys of volumes by mount point; ``/source`` and ``/base`` are read only.
            files: a directory that the job sees as /job.

        Raises:
            LabError: it failed; the message holds the end of its log.
        """
        full_name = self._settings.container(name)
        left = container(full_name)
        if left is not None:
            remove_container(left)
        volumes = {}
        for mount, key in mounts.items():
            reads = mount in ("/source", "/base")
            if not reads:
                self.create(key)
            volumes[self.volume(key)] = {"bind": mount, "mode": "ro" if reads else "rw"}
        if files is not None:
            volumes[str(files)] = {"bind": "/job", "mode": "ro"}
        running = engine().containers.run(
            self._image,
            [*PROGRAM, *job],
            name=full_name,
            labels=self._settings.labels(JOB_THING),
            volumes=volumes,
            network_mode="none",
            detach=True,
        )
        try:
            code = running.wait(timeout=JOB_SECONDS)["StatusCode"]
            if code:
                log = running.logs(tail=15).decode(errors="replace").strip()
                raise LabError(f"The storage job {name} failed with {code}: {log}")
        finally:
            remove_container(running)

    def keep(self, needed: Callable[[], Iterable[str]]) -> None:
        """Remove the volumes that nothing needs; ``needed`` is asked after they have been counted."""
        labels = [f"{LABEL}={self._settings.name}", f"{LABEL_THING}={THING}"]
        volumes = engine().volumes.list(filters={"label": labels})
        keys = {key.lower() for key in needed()}
        for volume in volumes:
            if volume.attrs["Labels"][LABEL_KEY].lower() in keys:
                continue
            try:
                volume.remove()
                LOGGER.info("storage %s: removed", volume.name)
            except docker.errors.NotFound:
                continue
