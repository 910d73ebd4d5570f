# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of database instances, and what the endpoints lead to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from ...api.aurora.model import AVAILABLE, CREATING, Cluster, Database
from ...errors import LabError

ENDPOINT_SECONDS = 5
"""For how long a reader endpoint leads to the same one of several readers; the time to live of Aurora's names."""


def free_address(subnet_cidrs: Iterable[str], taken: Iterable[str]) -> str:
    """Return the highest free address of the first subnet that has one; instances are numbered from below.

    Raises:
        LabError: the subnets are full.
    """
    used = {ipaddress.IPv4Address(address) for address in taken}
    for cidr in subnet_cidrs:
        network = ipaddress.IPv4Network(cidr)
        # AWS keeps the last address and the first four of each subnet.
        for number in range(network.num_addresses - 2, 3, -1):
            if network[number] not in used:
                return str(network[number])
    raise LabError("No subnet of the database's subnet group has a free address.")


def endpoints(cluster: Cluster, addresses: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the address that each of a cluster's endpoints leads to; one that leads nowhere is left out.

    The reader endpoint leads to one reader at a time, in turn, and to the writer where there is no reader
    (AuroraUserGuide, Aurora.Overview.Endpoints).

    Args:
        addresses: the instances' addresses by instance id.
        now: a time in seconds, by which the readers take turns.
    """
    if cluster.stands:
        return {}
    known = [one for one in cluster.databases if one.instance_id in addresses and one.status != CREATING]
    names = {one.endpoint: addresses[one.instance_id] for one in known}
    writer = next((one for one in known if one.is_writer), None)
    readers = [one for one in known if not one.is_writer and one.status == AVAILABLE]
    if writer is not None:
        names[cluster.endpoint] = addresses[writer.instance_id]
    reader: Database | None = readers[int(now // ENDPOINT_SECONDS) % len(readers)] if readers else writer
    if reader is not None:
        names[cluster.reader_endpoint] = addresses[reader.instance_id]
    return names
