# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bridge network per VPC, with the gateway as its resolver."""

from __future__ import annotations

import docker.errors
from docker.types import IPAMConfig, IPAMPool

from ..engine import container, engine, network
from ..errors import LabError
from ..settings import LABEL, LABEL_THING, LabSettings
from .region import Vpc

THING = "vpc"


def name_of(settings: LabSettings, vpc_id: str) -> str:
    """Return the name of a VPC's network."""
    return settings.container(vpc_id)


def ensure(settings: LabSettings, vpc: Vpc) -> None:
    """Make the network of a VPC and put the gateway into it."""
    name = name_of(settings, vpc.vpc_id)
    found = network(name)
    if found is None:
        pool = IPAMPool(subnet=vpc.cidr, gateway=vpc.router)
        try:
            found = engine().networks.create(
                name, driver="bridge", ipam=IPAMConfig(pool_configs=[pool]), labels=settings.labels(THING)
            )
        except docker.errors.APIError as error:
            raise LabError(f"{vpc.cidr} cannot be a network of this machine: {error.explanation}.") from error
    gateway = container(settings.container("gateway"))
    if gateway is None:
        raise LabError(f"The container {settings.container('gateway')} is gone: `lab down`, then `lab up`.")
    if name not in gateway.attrs["NetworkSettings"]["Networks"]:
        found.connect(gateway, ipv4_address=vpc.resolver)


def remove(settings: LabSettings, name: str) -> None:
    """Remove the network of a VPC that is no more; the gateway leaves it first."""
    found = network(name)
    if found is None:
        return
    gateway = container(settings.container("gateway"))
    if gateway is not None and name in gateway.attrs["NetworkSettings"]["Networks"]:
        found.disconnect(gateway, force=True)
    found.remove()


def existing(settings: LabSettings) -> set[str]:
    """Return the names of the lab's VPC networks."""
    labels = [f"{LABEL}={settings.name}", f"{LABEL_THING}={THING}"]
    return {str(found.name) for found in engine().networks.list(filters={"label": labels})}
