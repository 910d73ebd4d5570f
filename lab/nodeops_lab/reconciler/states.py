# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the API how far the hosts are: instance states and status checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from docker.models.containers import Container

from ..api import machine
from .console import Consoles
from .endings import Ending, ending
from .hosts import runs
from .region import Region


def tell(
    region_name: str, region: Region, hosts: Mapping[str, Container], busy: Collection[str], consoles: Consoles
) -> None:
    """Let the API's instances reach the states that their hosts have reached, and tell how the hosts are.

    Args:
        region_name: the region's name.
        region: the region as this round saw it.
        hosts: the host containers that the round found, by instance id.
        busy: instances whose host is being worked on.
    """
    machine.settle(region_name, {instance_id: runs(found) for instance_id, found in hosts.items()}, busy)
    statuses = {}
    for instance_id in region.instances:
        found = hosts.get(instance_id)
        if found is not None and not runs(found) and instance_id not in busy:
            statuses[instance_id] = (
                machine.IMPAIRED if ending(found.attrs["State"]) is Ending.DIED else machine.INITIALIZING
            )
        elif found is not None and runs(found) and consoles.boot_seconds(instance_id) is not None:
            statuses[instance_id] = machine.OK
        else:
            statuses[instance_id] = machine.INITIALIZING
    machine.set_health(statuses)
