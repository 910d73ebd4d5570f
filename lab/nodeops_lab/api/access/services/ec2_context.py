# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition keys of EC2's resources, whatever the operation.

Source: service authorization reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from ...backends import ec2 as ec2_backend
from ..checks import Values


def region_key(region: str) -> dict[str, Values]:
    """Return the condition key that every operation has."""
    return {"ec2:region": (region,)}


def context_of(arn: str, region: str) -> dict[str, Values]:
    """Return the condition keys of an existing resource."""
    keys = region_key(region)
    backend = ec2_backend(region)
    kind, _, identifier = arn.split(":", 5)[5].partition("/")
    vpc_id: str | None = None
    if kind == "vpc":
        keys["ec2:vpcid"] = (identifier,)
    elif kind == "subnet":
        subnets = (zone.get(identifier) for zone in backend.subnets.values())
        vpc_id = next((subnet.vpc_id for subnet in subnets if subnet is not None), None)
        keys["ec2:subnetid"] = (identifier,)
    elif kind == "security-group":
        group = backend.get_security_group_from_id(identifier)
        vpc_id = group.vpc_id if group else None
        keys["ec2:securitygroupid"] = (identifier,)
    elif kind == "route-table":
        table = backend.route_tables.get(identifier)
        vpc_id = table.vpc_id if table else None
        keys["ec2:routetableid"] = (identifier,)
    elif kind == "instance":
        instance = next((item for item in backend.all_instances() if item.id == identifier), None)
        if instance is not None:
            keys["ec2:instanceid"] = (identifier,)
            keys["ec2:instancetype"] = (str(instance.instance_type),)
    if vpc_id:
        keys["ec2:vpc"] = (f"arn:aws:ec2:{region}:{arn.split(':')[4]}:vpc/{vpc_id}",)
    return keys
