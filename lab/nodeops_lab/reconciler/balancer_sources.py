# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the targets of a Network Load Balancer let in, where they see the clients' own addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from ..api.balancing import APPLICATION, Balancer, Listener, groups_of
from .region import Region, Rule


def sources(
    balancer: Balancer, listener: Listener, region: Region, members: Mapping[str, Iterable[str]]
) -> tuple[str, ...] | None:
    """Return the networks that may reach a listener's targets through the load balancer, None for all.

    On AWS an NLB hands the client's address on to instances, and the instance's security groups judge the client (NLB
    guide, "Client IP preservation"), unless they let in the NLB's own group. Here the proxy's address arrives at the
    target, so the proxy judges in its place.

    Args:
        members: the addresses of each security group's members, by group id.
    """
    if balancer.kind == APPLICATION:
        return None
    allowed: set[str] = set()
    judged = False
    for arn, _ in groups_of(listener.rules[-1].action):
        group = balancer.target_groups[arn]
        if group.target_type != "instance" or group.attributes.get("preserve_client_ip.enabled") != "true":
            return None
        for target in group.targets:
            instance = region.instances.get(target.target_id)
            if instance is None:
                continue
            judged = True
            for rule in (rule for group_id in instance.group_ids for rule in region.groups.get(group_id, ())):
                if not permits(rule, target.port):
                    continue
                if set(rule.group_ids) & set(balancer.group_ids):
                    return None
                allowed |= {str(ipaddress.IPv4Network(cidr, strict=False)) for cidr in rule.cidrs}
                allowed |= {address for group_id in rule.group_ids for address in members.get(group_id, ())}
    return tuple(sorted(allowed)) if judged else None


def permits(rule: Rule, port: int) -> bool:
    """Return whether a rule is about this TCP port."""
    if rule.protocol == "-1":
        return True
    if rule.protocol not in ("tcp", "6"):
        return False
    if rule.first_port in (None, -1):
        return True
    assert rule.first_port is not None
    return rule.first_port <= port <= (rule.first_port if rule.last_port is None else rule.last_port)
