# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as nftables rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from .region import Region, Rule

TABLE = "lab_security_groups"


def ruleset(rules: Iterable[Rule], members: Mapping[str, Iterable[str]], router: str, client: str) -> str:
    """Return the nftables script that lets in what the rules permit, and nothing else.

    It filters before any address translation, so that it also covers ports that an engine inside the host publishes.

    Args:
        rules: the inbound rules of all groups of the host.
        members: the addresses of each group's members, by group id.
        router: the address from which the machine itself connects.
        client: the address as which the region sees the machine.
    """
    inbound, operator = [], []
    for rule in rules:
        what = _what(rule)
        sources = {str(ipaddress.IPv4Network(cidr, strict=False)) for cidr in rule.cidrs}
        sources |= {address for group_id in rule.group_ids for address in members.get(group_id, ())}
        if sources:
            inbound.append(f"ip saddr {{ {', '.join(_merged(sources))} }} {what}accept")
        if any(ipaddress.IPv4Address(client) in ipaddress.IPv4Network(cidr, strict=False) for cidr in rule.cidrs):
            operator.append(f"{what}accept")
    # Made empty before it is deleted: deleting a table that is not there would fail. The whole script is one step.
    return "\n".join(
        [
            f"table inet {TABLE} {{}}",
            f"delete table inet {TABLE}",
            f"table inet {TABLE} {{",
            "  chain inbound {",
            "    type filter hook prerouting priority -150; policy accept;",
            '    iifname != "eth0" accept',
            "    ct state established,related accept",
            f"    ip saddr {router} goto operator",
            *(f"    {line}" for line in inbound),
            "    drop",
            "  }",
            "  chain operator {",
            *(f"    {line}" for line in operator),
            "    drop",
            "  }",
            "}",
            "",
        ]
    )


def _merged(sources: Iterable[str]) -> list[str]:
    """Return the sources without overlap, which a set of nftables refuses."""
    return [str(network) for network in ipaddress.collapse_addresses(map(ipaddress.IPv4Network, sorted(sources)))]


def _what(rule: Rule) -> str:
    """Return the part of an nftables rule that says protocol and ports, with a trailing blank unless empty."""
    if rule.protocol == "-1":
        return ""
    all_ports = rule.first_port in (None, -1)
    if rule.protocol in ("tcp", "udp", "6", "17"):
        name = {"6": "tcp", "17": "udp"}.get(rule.protocol, rule.protocol)
        if all_ports:
            return f"meta l4proto {name} "
        last = rule.first_port if rule.last_port is None else rule.last_port
        ports = str(rule.first_port) if last == rule.first_port else f"{rule.first_port}-{last}"
        return f"{name} dport {ports} "
    if rule.protocol in ("icmp", "1"):
        return "meta l4proto icmp " if all_ports else f"icmp type {rule.first_port} "
    return f"meta l4proto {rule.protocol} "


def members_of_groups(region: Region, database_addresses: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the private addresses of each security group's members, by group id."""
    members: dict[str, list[str]] = {}
    for instance in region.instances.values():
        for group_id in instance.group_ids:
            members.setdefault(group_id, []).append(instance.address)
    for cluster in region.clusters.values():
        address = database_addresses.get(cluster.cluster_id)
        for group_id in cluster.group_ids if address else ():
            members.setdefault(group_id, []).append(str(address))
    return members


def rules_of_groups(region: Region, group_ids: Iterable[str]) -> list[Rule]:
    """Return the inbound rules of these groups."""
    return [rule for group_id in group_ids for rule in region.groups.get(group_id, ())]
