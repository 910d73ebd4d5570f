# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that the VPC resolver answers by itself."""

from __future__ import annotations

from collections.abc import Mapping

from ..api.balancing import NETWORK
from .region import Region


def hosts_file(region: Region, endpoints: Mapping[str, str], domain: str) -> str:
    """Return the lines of a hosts file: instances by private names, databases by endpoints, load balancers.

    An internet-facing load balancer's name leads to its public addresses also from inside the network ("DNS name",
    Elastic Load Balancing user guide, "Load balancer scheme").
    """
    lines = [
        f"{instance.address} {instance.short_name}.{domain}"
        for instance in region.instances.values()
        if instance.running
    ]
    lines += [f"{address} {endpoint}" for endpoint, address in endpoints.items()]
    for balancer in region.balancers.values():
        for node in balancer.nodes:
            lines.append(f"{node.public_address or node.address} {balancer.dns_name}")
            if balancer.kind == NETWORK:
                lines.append(f"{node.public_address or node.address} {node.zone}.{balancer.dns_name}")
    return "".join(f"{line}\n" for line in sorted(lines))
