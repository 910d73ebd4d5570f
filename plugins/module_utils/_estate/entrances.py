# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks what an operator says of the ways in from outside: the user interface and other nodes.

Pure: what AWS holds (certificate, hosted zone) is looked at by the module chainlink_domain_info.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

Problem = tuple[str, str]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: ACM takes no longer first name (RequestCertificate, DomainName), and one that it signs has it as its common name.
LONGEST_REQUESTED_DOMAIN = 64
#: Ports that the node, or the host beside it, has other uses for.
TAKEN_PORTS = (6688, 6689)

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]+")
#: The policies that bring no TLS before 1.2 (ALB guide, "Security policies").
_POLICY = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)(-[A-Za-z0-9]+)*")


def problems(inputs: Mapping[str, Any], network: Callable[[Any], Network]) -> list[Problem]:
    """Every problem of the inputs; one that is None is taken as not given.

    network gives the network of a CIDR text, or raises ValueError with a message for the operator.
    """
    return [*_ui_names(inputs), *_ui_numbers(inputs, network), *_p2p(inputs)]


def domain_problem(value: Any) -> str | None:
    """What is wrong with the name of a host or zone."""
    if isinstance(value, str) and len(value) <= 253 and _DOMAIN.fullmatch(value):
        return None
    return f"{value!r} is not a host's name in small letters; write one such as chainlink.my-company.com"


def _ui_names(inputs: Mapping[str, Any]) -> list[Problem]:
    arn = inputs.get("estate_ui_certificate_arn") or None
    domain = inputs.get("estate_ui_domain") or None
    zone = inputs.get("estate_ui_zone") or None
    found: list[Problem] = []
    if arn is not None:
        found += _certificate_arn(arn, inputs.get("estate_region"))
    for variable, value in (("estate_ui_domain", domain), ("estate_ui_zone", zone)):
        message = None if value is None else domain_problem(value)
        if message:
            found.append((variable, message))
    if domain is None and (arn or zone):
        found.append(("estate_ui_domain", "is required with a certificate or a zone; name the host of the UI"))
    if domain is not None and not (arn or zone):
        found.append(
            (
                "estate_ui_domain",
                "has no certificate; give estate_ui_certificate_arn, or estate_ui_zone to have one requested",
            )
        )
    if found or not isinstance(domain, str):
        return found
    if isinstance(zone, str) and domain != zone and not domain.endswith("." + zone):
        found.append(("estate_ui_domain", f"{domain} is not in estate_ui_zone {zone}"))
    if arn is None and len(domain) > LONGEST_REQUESTED_DOMAIN:
        found.append(
            ("estate_ui_domain", f"has {len(domain)} characters, and ACM requests up to {LONGEST_REQUESTED_DOMAIN}")
        )
    return found


def _certificate_arn(value: Any, region: Any) -> list[Problem]:
    variable = "estate_ui_certificate_arn"
    match = _CERTIFICATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return [(variable, f"{value!r} is not the ARN of an ACM certificate; copy it from Certificate Manager")]
    if isinstance(region, str) and match.group(1) != region:
        return [
            (
                variable,
                f"is a certificate of {match.group(1)}, and a load balancer takes those of its own region, {region}; "
                "request or import it there",
            )
        ]
    return []


def _ui_numbers(inputs: Mapping[str, Any], network: Callable[[Any], Network]) -> list[Problem]:
    found = [("estate_ui_cidrs", message) for message in _ui_cidrs(inputs.get("estate_ui_cidrs"), network)]
    policy = inputs.get("estate_ui_ssl_policy")
    if policy is not None and not (isinstance(policy, str) and _POLICY.fullmatch(policy)):
        found.append(
            (
                "estate_ui_ssl_policy",
                f"{policy!r} is not known to refuse TLS before 1.2; write ELBSecurityPolicy-TLS13-1-2-2021-06",
            )
        )
    timeout = inputs.get("estate_ui_idle_timeout_seconds")
    if timeout is not None and not _whole(timeout, 1, 4000):
        found.append(("estate_ui_idle_timeout_seconds", f"{timeout!r} must be a number of seconds from 1 to 4000"))
    return found


def _ui_cidrs(value: Any, network: Callable[[Any], Network]) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not value:
        return ["must be a list of networks such as 198.51.100.0/24"]
    messages = []
    for item in value:
        try:
            parsed = network(item)
        except ValueError as error:
            messages.append(str(error))
            continue
        if parsed.version != 4:
            messages.append(f"{item} is an IPv6 network, and the load balancer has IPv4 addresses")
        elif parsed.prefixlen == 0:
            messages.append(f"{item} opens the UI to the whole internet; name the networks of those who use it")
    return messages


def _p2p(inputs: Mapping[str, Any]) -> list[Problem]:
    port = inputs.get("estate_p2p_port")
    if port is None:
        return []
    if not _whole(port, 1024, 65535):
        return [("estate_p2p_port", f"{port!r} must be a port from 1024 to 65535")]
    if port in TAKEN_PORTS:
        return [("estate_p2p_port", f"{port} is a port of the node's UI; choose another, such as 6690")]
    return []


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
