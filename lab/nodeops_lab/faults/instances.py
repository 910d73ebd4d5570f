# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that die."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker.errors

from ..engine import container
from .kind import Argument, Kind
from .places import Places
from .store import Fault


class KillInstance(Kind):
    """A host that loses its power: nothing shuts down, and EC2 goes on calling it running."""

    name = "kill-instance"
    summary = "cut an instance's power; it stays down until healed, or rebooted, stopped or terminated by the API"
    arguments = (Argument("INSTANCE", "instance id, Name tag or address"),)

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the host."""
        instance_id, host = places.running_host("INSTANCE", arguments["instance"])
        return {"instance": instance_id, "container": host.name, "started": host.attrs["State"]["StartedAt"]}

    def apply(self, fault: Fault, places: Places) -> None:
        """Kill its first process, and with it all others."""
        host = container(fault.facts["container"])
        if host is not None:
            # Nobody starts a host again that died: that takes a reboot, as EC2 leaves a crashed system alone.
            host.kill()

    def hold(self, fault: Fault, places: Places) -> bool:
        """The fault has ended once the instance was rebooted, stopped or terminated."""
        instance = places.instances.get(fault.facts["instance"])
        host = container(fault.facts["container"])
        if instance is None or not instance.running or host is None:
            return False
        return bool(host.attrs["State"]["StartedAt"] == fault.facts["started"])

    def undo(self, fault: Fault, places: Places) -> None:
        """Give it power again."""
        host = container(fault.facts["container"])
        instance = places.instances.get(fault.facts["instance"])
        if host is None or instance is None or not instance.running or host.status == "running":
            return
        try:
            host.start()
        except docker.errors.NotFound:
            return
