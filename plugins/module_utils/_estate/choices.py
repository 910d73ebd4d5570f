# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks what an operator chooses of the network, the ways in, the hosts and the release.

The part that needs no look at AWS."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

NAT_CHOICES = ("per_zone", "one", "none")
TENANCIES = ("default", "dedicated")
SIGNATURE_MODES = ("auto", "required", "off")
FLOW_LOGS = ("none", "accept", "all", "reject")
#: What interface endpoints can be made for: what a host of an estate may call, or lets a session reach it by.
ENDPOINTS = ("autoscaling", "ec2messages", "kms", "logs", "monitoring", "secretsmanager", "ssm", "ssmmessages")
#: A node calls these at every start: without them a network without NAT holds no node.
NODE_ENDPOINTS = ("logs", "secretsmanager", "ssm")
#: The agent of Systems Manager calls these. ec2messages is for agents older than 3.3.40.
SESSION_ENDPOINTS = ("ssm", "ssmmessages")
#: The user that each image makes, by the image's name.
IMAGE_USERS = {"amazon-linux-2023": "ec2-user", "debian-12": "admin", "ubuntu-24.04": "ubuntu"}
#: What AWS documents for SSH through Session Manager.
SESSION_PROGRAMS = ("aws", "session-manager-plugin")

_ACCOUNT = re.compile(r"[0-9]{12}")
_ZONE = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9][a-z]")
# Choices for a network that the estate makes, and their defaults, which count as not given.
_NEW_NETWORK_ONLY = {
    "estate_network_cidr": "10.42.0.0/16",
    "estate_network_tenancy": "default",
    "estate_network_nat_gateways": "per_zone",
}
_EXISTING_KEYS = {"vpc_id", "vpc_tags"} | {
    f"{kind}_subnet_{how}" for kind in ("public", "private") for how in ("ids", "tags")
}

Problem = tuple[str, str]


def problems(inputs: Mapping[str, Any], find: Callable[[str], str | None]) -> list[Problem]:
    """Every problem with these choices; find tells where a program of this machine is, as shutil.which does."""
    found: list[Problem] = []
    for variable, judge in _CHECKS.items():
        value = inputs.get(variable)
        if value is not None:
            found.extend((variable, message) for message in judge(value))
    return found + _network(inputs) + _ways_in(inputs, find) + _user(inputs)


# --- single values -------------------------------------------------------------------------------------------------


def _choice(choices: tuple[Any, ...]) -> Callable[[Any], list[str]]:
    def judge(value: Any) -> list[str]:
        if value in choices and not isinstance(value, bool):
            return []
        return [f"{value!r} must be one of {', '.join(str(choice) for choice in choices)}"]

    return judge


def _account(value: Any) -> list[str]:
    return (
        [] if _ACCOUNT.fullmatch(str(value)) else [f"{value!r} is not an AWS account id; write its 12 digits in quotes"]
    )


def _zones(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) != 2 or len(set(value)) != 2:
        return ["must be a list of two availability zones, such as eu-central-1a and eu-central-1b"]
    return [f"{zone!r} is not the name of an availability zone" for zone in value if not _ZONE.fullmatch(str(zone))]


def _endpoints(value: Any) -> list[str]:
    if not isinstance(value, list):
        return [f"must be a list of {', '.join(ENDPOINTS)}"]
    found = [f"{service!r} must be one of {', '.join(ENDPOINTS)}" for service in value if service not in ENDPOINTS]
    found += [f"{service} stands in it more than once" for service in sorted({*value}) if value.count(service) > 1]
    return found


def _existing(value: Any) -> list[str]:
    if not value:
        return []
    if not isinstance(value, Mapping):
        return ["must be a mapping with vpc_id or vpc_tags, and ids or tags of the subnets"]
    found = [
        f"{key} is not known; it knows {', '.join(sorted(_EXISTING_KEYS))}" for key in sorted({*value} - _EXISTING_KEYS)
    ]
    for by_id, by_tags, what in (
        ("vpc_id", "vpc_tags", "the network"),
        ("public_subnet_ids", "public_subnet_tags", "its public subnets"),
        ("private_subnet_ids", "private_subnet_tags", "its private subnets"),
    ):
        if bool(value.get(by_id)) == bool(value.get(by_tags)):
            found.append(f"must name {what} by {by_id} or by {by_tags}, one of the two")
        if value.get(by_tags) and not _is_tags(value[by_tags]):
            found.append(f"{by_tags} must be a mapping of tags to their values")
    for key, prefix in (("vpc_id", "vpc-"), ("public_subnet_ids", "subnet-"), ("private_subnet_ids", "subnet-")):
        ids = value.get(key) or []
        for item in [ids] if isinstance(ids, str) else ids:
            if not str(item).startswith(prefix):
                found.append(f"{key}: {item!r} is not an id that begins with {prefix}")
    return found


def _is_tags(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for pair in value.items() for item in pair)


_CHECKS: dict[str, Callable[[Any], list[str]]] = {
    "estate_account_expected": _account,
    "estate_bastion_count": _choice((0, 1, 2)),
    "estate_bastion_tenancy": _choice(TENANCIES),
    "estate_connection_via": _choice(("bastion", "ssm")),
    "estate_instances_image": _choice(tuple(IMAGE_USERS)),
    "estate_network_endpoints": _endpoints,
    "estate_network_existing": _existing,
    "estate_network_flow_logs": _choice(FLOW_LOGS),
    "estate_network_nat_gateways": _choice(NAT_CHOICES),
    "estate_network_tenancy": _choice(TENANCIES),
    "estate_network_zones": _zones,
    "estate_nodes_tenancy": _choice(TENANCIES),
    "estate_release_signature_mode": _choice(SIGNATURE_MODES),
}


# --- values that belong together ------------------------------------------------------------------------------------


def _network(inputs: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    if inputs.get("estate_network_existing"):
        found += [
            (
                variable,
                "is for a network that the estate makes, and estate_network_existing names one; leave one of them out",
            )
            for variable, default in _NEW_NETWORK_ONLY.items()
            if inputs.get(variable) not in (None, default)
        ]
    endpoints = inputs.get("estate_network_endpoints") or []
    if inputs.get("estate_network_nat_gateways") == "none" and isinstance(endpoints, list):
        missing = [service for service in NODE_ENDPOINTS if service not in endpoints]
        if inputs.get("estate_access_ssm"):
            missing += [service for service in SESSION_ENDPOINTS if service not in [*endpoints, *missing]]
        if missing:
            found.append(
                (
                    "estate_network_nat_gateways",
                    f"none leaves the nodes without a way to {', '.join(missing)}; add them to "
                    "estate_network_endpoints",
                )
            )
    return found


def _ways_in(inputs: Mapping[str, Any], find: Callable[[str], str | None]) -> list[Problem]:
    """Somebody must be able to reach the nodes, and this run too."""
    count, ssm, via = (
        inputs.get(name) for name in ("estate_bastion_count", "estate_access_ssm", "estate_connection_via")
    )
    no_bastion = count == 0 and not isinstance(count, bool)
    if no_bastion and not ssm:
        return [
            ("estate_bastion_count", "0 leaves no way to the nodes; set estate_access_ssm to true, or run a bastion")
        ]
    if via == "ssm" and not ssm:
        return [("estate_connection_via", "ssm needs estate_access_ssm; set it to true")]
    if via == "bastion" and no_bastion:
        return [("estate_connection_via", "bastion needs one, and estate_bastion_count is 0; set it to ssm")]
    if via == "ssm" or no_bastion:
        missing = [program for program in SESSION_PROGRAMS if find(program) is None]
        if missing:
            return [
                (
                    "estate_connection_via",
                    f"ssm needs {' and '.join(missing)} on this machine, and the PATH has none; install them, or "
                    "reach the "
                    "nodes through a bastion",
                )
            ]
    return []


def _user(inputs: Mapping[str, Any]) -> list[Problem]:
    image, user = inputs.get("estate_instances_image") or "debian-12", inputs.get("estate_ssh_user")
    own_image = inputs.get("estate_nodes_image_parameter") or inputs.get("estate_bastion_image_parameter")
    if user is None or own_image or image not in IMAGE_USERS or user == IMAGE_USERS[image]:
        return []
    return [("estate_ssh_user", f"{user} does not exist on {image}, whose user is {IMAGE_USERS[image]}")]
