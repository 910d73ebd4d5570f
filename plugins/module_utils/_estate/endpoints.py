# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what of the VPC endpoints of an estate has to be made, changed and deleted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: States of endpoints that are gone or about to be, and of those that will never work and have to be deleted.
GONE = frozenset({"deleting", "deleted"})
BROKEN = frozenset({"failed", "rejected", "expired"})
INTERFACE = "Interface"
GATEWAY = "Gateway"


@dataclass(frozen=True)
class Wanted:
    """The endpoints of one estate in one network; services by their full names.

    Interface endpoints have subnets and security groups, gateway endpoints route tables.
    """

    estate: str
    vpc_id: str | None
    #: Service: the value of its endpoint's tag Name.
    names: Mapping[str, str]
    subnet_ids: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()
    route_table_ids: frozenset[str] = frozenset()
    type: str = INTERFACE


@dataclass(frozen=True)
class Change:
    """One call of ModifyVpcEndpoint, and the tags to set."""

    endpoint_id: str
    arguments: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    create: list[str]
    change: list[Change]
    delete: list[str]

    @property
    def empty(self) -> bool:
        return not (self.create or self.change or self.delete)


def state(endpoint: Mapping[str, Any]) -> str:
    """An endpoint's state; the API writes it with a capital, some clients do not."""
    return str(endpoint["State"]).lower()


def tags(wanted: Wanted, service: str) -> dict[str, str]:
    return {"nodeops:estate": wanted.estate, "Name": wanted.names[service]}


def plan(wanted: Wanted, found: Sequence[Mapping[str, Any]]) -> Plan:
    """Compare with what DescribeVpcEndpoints says of the estate's own endpoints of this type."""
    there = [endpoint for endpoint in found if state(endpoint) not in GONE]
    by_service = {str(endpoint["ServiceName"]): endpoint for endpoint in there if state(endpoint) not in BROKEN}
    changes = [_change(wanted, by_service[service]) for service in wanted.names if service in by_service]
    return Plan(
        create=[service for service in wanted.names if service not in by_service],
        change=[change for change in changes if change.arguments or change.tags],
        delete=sorted(
            str(endpoint["VpcEndpointId"])
            for endpoint in there
            if endpoint["ServiceName"] not in wanted.names
            or endpoint is not by_service.get(str(endpoint["ServiceName"]))
        ),
    )


def _change(wanted: Wanted, endpoint: Mapping[str, Any]) -> Change:
    subnets = {str(item) for item in endpoint.get("SubnetIds", [])}
    groups = {str(group["GroupId"]) for group in endpoint.get("Groups", [])}
    tables = {str(item) for item in endpoint.get("RouteTableIds", [])}
    arguments: dict[str, Any] = {
        "AddRouteTableIds": sorted(wanted.route_table_ids - tables),
        "RemoveRouteTableIds": sorted(tables - wanted.route_table_ids),
        "AddSubnetIds": sorted(wanted.subnet_ids - subnets),
        "RemoveSubnetIds": sorted(subnets - wanted.subnet_ids),
        "AddSecurityGroupIds": sorted(wanted.group_ids - groups),
        "RemoveSecurityGroupIds": sorted(groups - wanted.group_ids),
    }
    if wanted.type == INTERFACE and not endpoint.get("PrivateDnsEnabled"):
        arguments["PrivateDnsEnabled"] = True
    known = {str(tag["Key"]): str(tag["Value"]) for tag in endpoint.get("Tags", [])}
    missing = {
        key: value for key, value in tags(wanted, str(endpoint["ServiceName"])).items() if known.get(key) != value
    }
    return Change(str(endpoint["VpcEndpointId"]), {key: value for key, value in arguments.items() if value}, missing)
