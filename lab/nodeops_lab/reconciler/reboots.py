# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reboots that were asked for.

RebootInstances leaves no trace in what the API describes, so the backend's own method reports it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import InstanceBackend

_requests: queue.SimpleQueue[str] = queue.SimpleQueue()


def watch() -> None:
    """Report the reboots that this process's API is asked for from now on."""
    original: Callable[..., Any] = InstanceBackend.reboot_instances

    def reboot_instances(self: InstanceBackend, instance_ids: list[str]) -> Any:
        rebooted = original(self, instance_ids)
        for instance_id in instance_ids:
            _requests.put(instance_id)
        return rebooted

    InstanceBackend.reboot_instances = reboot_instances  # type: ignore[method-assign]


def requested() -> set[str]:
    """Return the instances whose reboot was asked for since the last call."""
    instance_ids = set()
    while True:
        try:
            instance_ids.add(_requests.get_nowait())
        except queue.Empty:
            return instance_ids
