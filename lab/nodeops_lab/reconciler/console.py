# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts' consoles, as files that the API's GetConsoleOutput reads, and what they tell of the boot."""

from __future__ import annotations

import datetime
import re
import time
from dataclasses import dataclass

from docker.models.containers import Container

from ..files import write_atomically
from ..settings import LabSettings

# cloud-init's last words at every boot (its module final-message).
BOOT_FINISHED = re.compile(r"Cloud-init v\. \S+ finished at")
LINES_KEPT = 2000
REFRESH_SECONDS = 10.0
"""How often a booted host's console is read; until then at every round."""


@dataclass
class Boot:
    """One boot of a host."""

    started_at: str
    seconds: float | None = None
    """How long it took until cloud-init was done, or None while it is not."""
    read_at: float = 0.0
    power_on: int = 1
    """When the instance was last started (seconds since 1970, positive): its console begins there."""


class Consoles:
    """Follows the consoles of all hosts of a lab."""

    def __init__(self, settings: LabSettings) -> None:
        self._directory = settings.state_directory / "console"
        self._directory.mkdir(exist_ok=True)
        self._boots: dict[str, Boot] = {}
        self._stopped: set[str] = set()

    def boot_seconds(self, instance_id: str) -> float | None:
        """Return how long the host's present boot took, or None while it boots or stands still."""
        boot = self._boots.get(instance_id)
        return boot.seconds if boot else None

    def refresh(self, instance_id: str, found: Container, stopped: bool = False) -> None:
        """Copy a host's console where it is due.

        It reaches back over reboots, but not over a stop: AWS starts an instance on other hardware, with a console of
        its own, so the host keys that the first boot printed are gone then.

        Args:
            stopped: whether the instance is stopped.
        """
        started_at = found.attrs["State"]["StartedAt"]
        boot = self._boots.get(instance_id)
        if boot is None or boot.started_at != started_at:
            power_on = boot.power_on if boot else 1
            if instance_id in self._stopped:
                power_on = int(datetime.datetime.fromisoformat(_microseconds(started_at)).timestamp())
                self._stopped.discard(instance_id)
            boot = self._boots[instance_id] = Boot(started_at, power_on=power_on)
        if stopped:
            self._stopped.add(instance_id)
        now = time.monotonic()
        if boot.seconds is not None and now - boot.read_at < REFRESH_SECONDS:
            return
        boot.read_at = now
        output = found.logs(tail=LINES_KEPT, since=boot.power_on).decode(errors="replace")
        write_atomically(self._directory / f"{instance_id}.log", output, mode=0o600)
        if boot.seconds is None and found.status == "running":
            began = datetime.datetime.fromisoformat(_microseconds(started_at))
            if BOOT_FINISHED.search(found.logs(since=began).decode(errors="replace")):
                boot.seconds = round((datetime.datetime.now(datetime.UTC) - began).total_seconds(), 1)

    def forget(self, instance_id: str) -> None:
        """Stop following a host; its last console stays readable, as on EC2."""
        self._boots.pop(instance_id, None)
        self._stopped.discard(instance_id)


def _microseconds(timestamp: str) -> str:
    """Return the engine's timestamp (nanoseconds) with the precision that Python reads."""
    return re.sub(r"(\.\d{6})\d*Z$", r"\1+00:00", timestamp).replace("Z", "+00:00")
