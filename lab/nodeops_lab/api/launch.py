# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work out what a launch asks for, from the image, the launch template and the request: pure functions.

AWS: parameters of the request override those of the launch template, which override the image's
(EC2 user guide, "Launch an instance using a launch template").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Device = dict[str, Any]


def overlay_devices(*layers: Iterable[Mapping[str, Any]]) -> list[Device]:
    """Merge block device mappings by device name, later layers over earlier ones.

    A later mapping replaces single ``Ebs`` fields; one with ``NoDevice`` removes the device. A KMS key named for a
    device encrypts it, and one not named is not inherited by a device whose encryption is switched off.
    """
    devices: dict[str, Device] = {}
    for layer in layers:
        for mapping in layer:
            name = mapping["DeviceName"]
            if mapping.get("NoDevice") is not None:
                devices.pop(name, None)
                continue
            inherited = devices.get(name, {}).get("Ebs", {})
            given = {key: value for key, value in dict(mapping.get("Ebs") or {}).items() if value is not None}
            devices[name] = {"DeviceName": name, "Ebs": {**inherited, **given}}
    return list(devices.values())


def primary_groups(interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the security groups of the interface with device index 0; an instance's groups are that one's."""
    for interface in interfaces:
        if int(interface.get("DeviceIndex") or 0) == 0:
            return list(interface.get("Groups") or [])
    return []


def place_interfaces(interfaces: Iterable[Mapping[str, Any]], subnet_id: str | None) -> list[dict[str, Any]]:
    """Return interface specifications for a launch: groups taken out, missing subnets and indices filled in.

    AWS deletes an interface that it created at launch together with its instance unless told otherwise
    (API reference, InstanceNetworkInterfaceSpecification.DeleteOnTermination).
    """
    placed = []
    for index, interface in enumerate(interfaces):
        specification = {key: value for key, value in dict(interface).items() if value is not None}
        specification.setdefault("DeviceIndex", index)
        if int(specification["DeviceIndex"]) == 0:
            specification.pop("Groups", None)
        if "NetworkInterfaceId" not in specification:
            specification.setdefault("DeleteOnTermination", True)
            if subnet_id:
                specification["SubnetId"] = subnet_id
        placed.append(specification)
    return placed


def tags_by_resource(*specifications: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Merge tag specifications by resource type, later ones over earlier ones."""
    merged: dict[str, dict[str, str]] = {}
    for layer in specifications:
        for specification in layer:
            tags = merged.setdefault(specification["ResourceType"], {})
            tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []})
    return merged


def emptiest(candidates: Sequence[tuple[str, str]], used: Sequence[str]) -> str:
    """Return the subnet for a group's next instance.

    AWS Auto Scaling launches into the zone with the fewest instances (user guide, "Distribute instances across
    Availability Zones"); among a zone's subnets the one with the fewest is taken here, in the group's order.

    Args:
        candidates: the group's subnets in its order, as (subnet, zone).
        used: the subnet of each of its instances.

    Raises:
        ValueError: there are no candidates.
    """
    zone_of = dict(candidates)
    zones = [zone_of.get(subnet) for subnet in used]
    order = {subnet: position for position, (subnet, _zone) in enumerate(candidates)}
    return min(order, key=lambda subnet: (zones.count(zone_of[subnet]), used.count(subnet), order[subnet]))
