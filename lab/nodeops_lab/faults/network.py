# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that are cut: a path, a zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import LabError
from .filters import Rules
from .kind import Argument, Kind
from .places import Place, Places
from .store import Fault

METADATA = "169.254.169.254"
SERVICES = {
    "api": "AWS's endpoints, the registry's among them",
    "dns": "the VPC's resolver",
    "internet": "whatever is outside the region, the operator included",
    "metadata": "instance metadata",
    "operator": "the operator's address",
}
ENDS = f"instance, database, zone, KEY=VALUE of a tag, or {', '.join(SERVICES)}"


@dataclass(frozen=True)
class End:
    """One end of a path."""

    places: tuple[Place, ...]
    service: str = ""

    def match(self, side: str, place: Place, places: Places) -> list[str]:
        """Return what nftables matches this end by, in the network of a place; `side` is saddr or daddr."""
        port = {"saddr": "sport", "daddr": "dport"}[side]
        if self.service == "api":
            return [f"ip {side} {place.resolver} tcp {port} {{ 80, 443 }}"]
        if self.service == "dns":
            return [f"ip {side} {place.resolver} meta l4proto {{ tcp, udp }} th {port} 53"]
        if self.service == "internet":
            inside = (place.vpc_cidr, places.settings.public_cidr, "169.254.0.0/16", "127.0.0.0/8")
            return [f"ip {side} != {{ {', '.join(inside)} }}"]
        if self.service == "metadata":
            return [f"ip {side} {METADATA}"]
        if self.service == "operator":
            return [f"ip {side} {places.settings.client_address}"]
        addresses = sorted({address for other in self.places if other != place for address in other.addresses})
        return [f"ip {side} {{ {', '.join(addresses)} }}"] if addresses else []


def end(argument: str, text: str, places: Places) -> End:
    """Return an end of a path.

    Raises:
        LabError: there is nothing of that name.
    """
    return End((), text) if text in SERVICES else End(tuple(places.some(argument, text)))


class CutNetwork(Kind):
    """Packets in one direction are lost, as a wrong route or a partition loses them: nothing is refused."""

    name = "cut-network"
    summary = "lose every packet from one end to another; the other direction stands"
    arguments = (Argument("FROM", ENDS), Argument("TO", ENDS))

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """See that both ends exist and that one of them is a place of the region."""
        source, target = end("FROM", arguments["from"], places), end("TO", arguments["to"], places)
        if not source.places and not target.places:
            raise LabError(f"FROM {source.service} and TO {target.service}: one of both must be in the region.")
        rules = path_rules(source, target, places)
        if not rules:
            raise LabError("FROM and TO are the same.")
        return {"containers": sorted(rules)}

    def rules(self, fault: Fault, places: Places) -> Rules:
        """Drop where the packets leave, or, where that is no place of the region, where they arrive."""
        try:
            source = end("FROM", fault.arguments["from"], places)
            target = end("TO", fault.arguments["to"], places)
        except LabError:
            return {}  # an end that is gone, perhaps for a while only
        return path_rules(source, target, places)

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing but the rules."""


def path_rules(source: End, target: End, places: Places) -> Rules:
    """Return the rules that lose packets from one end to another."""
    rules: Rules = {}
    if source.places:
        for place in source.places:
            for match in target.match("daddr", place, places):
                rules.setdefault(place.container, []).append(("outbound", f'oifname "eth0" {match} drop'))
    else:
        for place in target.places:
            for match in source.match("saddr", place, places):
                rules.setdefault(place.container, []).append(("inbound", f'iifname "eth0" {match} drop'))
    return rules


class LoseZone(Kind):
    """A zone whose network is gone. What is launched there meanwhile is cut off as soon as its host stands."""

    name = "lose-zone"
    summary = "cut every host, database and load balancer node of a zone off the network, the operator's way included"
    arguments = (Argument("ZONE", "name of a zone, as us-east-1a"),)

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """See that there is such a zone."""
        if arguments["zone"] not in places.zones:
            raise LabError(f"ZONE {arguments['zone']!r} is none of {', '.join(sorted(places.zones))}.")
        return {}

    def rules(self, fault: Fault, places: Places) -> Rules:
        """Drop everything that comes or goes."""
        everything = [("inbound", 'iifname "eth0" drop'), ("outbound", 'oifname "eth0" drop')]
        return {place.container: list(everything) for place in places.all if place.zone == fault.arguments["zone"]}

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing but the rules."""
