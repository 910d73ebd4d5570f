# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `lab status` and `lab wait` read."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from ..files import write_atomically
from ..settings import REPORT_FILE
from .aurora.databases import Databases
from .console import Consoles
from .region import Region
from .work import Work


def report(
    state: Path,
    region: Region,
    hosts: dict[str, Container],
    addresses: dict[str, str],
    databases: Databases,
    consoles: Consoles,
    work: Work,
    balancers: list[dict[str, Any]],
    unsettled: set[str],
    down: Collection[str],
) -> None:
    """Write how far the machine follows the region.

    Args:
        state: the lab's state directory.
        region: the region as this round saw it.
        hosts: the host containers that the round found, by instance id.
        addresses: the databases' addresses, by instance id.
        balancers: what to tell of the load balancers.
        unsettled: the instances, snapshots and load balancers that are on their way to a state.
        down: instances whose hosts are down by a fault, which nobody needs to wait for.
    """
    busy = work.busy
    instances = [
        {
            "id": instance.instance_id,
            "name": instance.tags.get("Name", ""),
            "address": instance.address,
            "public_address": instance.public_address,
            "state": instance.state,
            "host": hosts[instance_id].status if instance_id in hosts else "missing",
            "boot_seconds": consoles.boot_seconds(instance_id) if instance.running else None,
        }
        for instance_id, instance in region.instances.items()
    ]
    members = [
        {
            "id": instance_id,
            "cluster": database.cluster_id,
            "address": addresses.get(instance_id),
            "status": database.status,
            "role": databases.role(database),
            "endpoint": region.clusters[database.cluster_id].endpoint,
        }
        for instance_id, database in region.databases.items()
    ]
    pending = {
        *(str(item["id"]) for item in instances if (item["state"] == "running") != (item["host"] == "running")),
        *(str(item["id"]) for item in instances if item["state"] == "running" and item["boot_seconds"] is None),
        *databases.pending(region),
        *(instance_id for instance_id in region.instances if f"host {instance_id}" in busy),
        *(hosts.keys() - region.instances.keys()),
        *unsettled,
    }
    content = {
        "written_at": time.time(),
        "instances": instances,
        "databases": members,
        "balancers": balancers,
        "errors": {**work.errors, **databases.errors},
        "pending": sorted(pending.difference(down)),
    }
    write_atomically(state / REPORT_FILE, json.dumps(content, indent=1))
