# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups as nftables rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

from .region import Region, Rule, Vpc

TABLE = "lab_security_groups"
ENDPOINTS = ipaddress.IPv4Address("52.94.0.1")
"""As which outbound rules judge what the gateway serves by HTTPS: on AWS these are public addresses outside the VPC."""


def ruleset(
    inbound: Iterable[Rule], outbound: Iterable[Rule] | None, members: Mapping[str, Iterable[str]], vpc: Vpc
) -> str:
    """Return the nftables script that lets in and out what the rules permit, and nothing else.

    It filters before any address translation, so that it also covers ports that an engine inside the host publishes,
    and what its containers send. The machine, which has an address in every network, is let in nowhere: it reaches
    the region through public addresses only.

    Args:
        inbound: the inbound rules of all groups of the host.
        outbound: the outbound ones; None where none apply, as to a database, which opens no connections.
        members: the addresses of each group's members, by group id.
        vpc: the network that the host lives in.
    """
    # Made empty before it is deleted: deleting a table that is not there would fail. The whole script is one step.
    lines = [
        f"table inet {TABLE} {{}}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        "  chain inbound {",
        "    type filter hook prerouting priority -150; policy accept;",
        '    iifname != "eth0" accept',
        "    ct state established,related accept",
        f"    ip saddr {vpc.router} drop",
        *(f"    {line}" for line in _accepts("saddr", inbound, members)),
        "    drop",
        "  }",
    ]
    if outbound is not None:
        outbound = list(outbound)
        lines += [
            "  chain outbound {",
            "    type filter hook postrouting priority -150; policy accept;",
            '    oifname != "eth0" accept',
            "    ct state established,related accept",
            # Never filtered on AWS: the resolver, instance metadata, time (VPC guide, "Security groups").
            f"    ip daddr {vpc.resolver} meta l4proto {{ tcp, udp }} th dport 53 accept",
            "    ip daddr { 169.254.169.254, 169.254.169.123 } accept",
            *(f"    {line}" for line in _to_endpoints(outbound, vpc)),
            f"    ip daddr {vpc.resolver} drop",
            *(f"    {line}" for line in _accepts("daddr", outbound, members)),
            "    drop",
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def _accepts(side: str, rules: Iterable[Rule], members: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Return an nftables rule for each rule that names anybody; `side` is saddr or daddr."""
    for rule in rules:
        peers = {str(ipaddress.IPv4Network(cidr, strict=False)) for cidr in rule.cidrs}
        peers |= {address for group_id in rule.group_ids for address in members.get(group_id, ())}
        if peers:
            yield f"ip {side} {{ {', '.join(_merged(peers))} }} {_what(rule)}accept"


def _to_endpoints(rules: Iterable[Rule], vpc: Vpc) -> Iterator[str]:
    """Return the nftables rules that let out to AWS's endpoints, which the gateway serves at the resolver's address."""
    for rule in rules:
        if any(ENDPOINTS in ipaddress.IPv4Network(cidr, strict=False) for cidr in rule.cidrs):
            yield f"ip daddr {vpc.resolver} {_what(rule)}accept"


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
    for database in region.databases.values():
        address = database_addresses.get(database.instance_id)
        for group_id in database.group_ids if address else ():
            members.setdefault(group_id, []).append(str(address))
    for balancer in region.balancers.values():
        for group_id in balancer.group_ids:
            members.setdefault(group_id, []).extend(node.address for node in balancer.nodes)
    return members


def rules_of_groups(groups: Mapping[str, Iterable[Rule]], group_ids: Iterable[str]) -> list[Rule]:
    """Return the rules of these groups, of the region's inbound or outbound ones."""
    return [rule for group_id in group_ids for rule in groups.get(group_id, ())]
