# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine already uses."""

from __future__ import annotations

import json
import socket
import subprocess

from .collisions import Machine, OtherLab
from .engine import containers_of, engine
from .settings import LABEL_SETTINGS, LabSettings


def survey(settings: LabSettings) -> Machine:
    """Return what a new lab with these settings could collide with."""
    labs, networks = [], []
    for found in engine().networks.list():
        cidrs = [pool["Subnet"] for pool in found.attrs["IPAM"]["Config"] or [] if ":" not in pool["Subnet"]]
        networks += [(str(found.name), cidr) for cidr in cidrs]
        labels = found.attrs.get("Labels") or {}
        if LABEL_SETTINGS in labels:
            labs.append(OtherLab(**json.loads(labels[LABEL_SETTINGS])))
    known = {"default", *(cidr for _, cidr in networks)}
    output = subprocess.run(["ip", "-json", "-4", "route"], check=True, capture_output=True, text=True).stdout
    return Machine(
        labs=tuple(labs),
        docker_networks=tuple(networks),
        routes=tuple(route["dst"] for route in json.loads(output) if route["dst"] not in known),
        containers=tuple(str(found.name) for found in containers_of(settings.name)),
        api_port_is_free=port_is_free(settings.api_port),
    )


def port_is_free(port: int) -> bool:
    """Return whether a port of 127.0.0.1 can be had; 0 always can."""
    with socket.socket() as probe:
        # As the API's server does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
