# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What already stands on the machine and would collide with a new lab."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from .settings import LabSettings

Network = ipaddress.IPv4Network


@dataclass(frozen=True)
class OtherLab:
    """A lab that lives on the machine, as its fabric network's labels tell."""

    name: str
    vpc_cidr: str
    public_cidr: str
    api_port: int


@dataclass(frozen=True)
class Machine:
    """What the machine already uses."""

    labs: tuple[OtherLab, ...] = ()
    docker_networks: tuple[tuple[str, str], ...] = ()
    """(name, CIDR) of each network of the engine."""
    routes: tuple[str, ...] = ()
    """CIDRs that the machine routes somewhere."""
    containers: tuple[str, ...] = ()
    """Names of containers that carry the new lab's label."""
    api_port_is_free: bool = True


def collision(settings: LabSettings, machine: Machine) -> str | None:
    """Return one sentence that says why this lab cannot be made here, or None."""
    for lab in machine.labs:
        if lab.name == settings.name:
            return (
                f"A lab {lab.name!r} stands already, with other settings or without its daemon: "
                f"`lab down --name {lab.name}` first."
            )
    if machine.containers:
        return (
            f"Containers of an earlier lab {settings.name!r} are left ({', '.join(sorted(machine.containers)[:3])}): "
            f"run `lab down --name {settings.name}` first."
        )
    for option, cidr in (("--public-cidr", settings.public_cidr), ("--vpc-cidr", settings.vpc_cidr)):
        for lab in machine.labs:
            for other in (lab.public_cidr, lab.vpc_cidr):
                if _overlap(cidr, other):
                    return f"{option} {cidr} overlaps {other} of the lab {lab.name!r}: choose another."
        for name, other in machine.docker_networks:
            if _overlap(cidr, other):
                return f"{option} {cidr} overlaps the docker network {name!r} ({other}): choose another."
        for other in machine.routes:
            if _overlap(cidr, other):
                return f"{option} {cidr} overlaps {other}, which this machine routes elsewhere: choose another."
    if not machine.api_port_is_free:
        return f"--api-port {settings.api_port} is taken on 127.0.0.1: choose another, or 0 for any free one."
    return None


def _overlap(first: str, second: str) -> bool:
    return Network(first).overlaps(Network(second))
