# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and collisions."""

from __future__ import annotations

import pytest
from nodeops_lab.collisions import Machine, OtherLab, collision
from nodeops_lab.errors import LabError
from nodeops_lab.settings import LabSettings

TEST_REFUSED_SETTINGS: list[tuple[dict[str, str], str]] = [
    ({"name": "Demo"}, "--name 'Demo' must be 2 to 20 lower-case letters, digits or single hyphens."),
    ({"name": "a"}, "--name 'a' must be 2 to 20 lower-case letters, digits or single hyphens."),
    ({"name": "demo-"}, "--name 'demo-' must be 2 to 20 lower-case letters, digits or single hyphens."),
    ({"vpc_cidr": "10.0.0.0/8"}, "--vpc-cidr 10.0.0.0/8 must have a prefix between /16 and /28, as in AWS."),
    ({"vpc_cidr": "10.42.0.1/16"}, "--vpc-cidr '10.42.0.1/16' is no IPv4 network: 10.42.0.1/16 has host bits set."),
    (
        {"public_cidr": "198.51.100.0/24"},
        "--client-address 198.51.100.10 must lie outside --public-cidr 198.51.100.0/24.",
    ),
    ({"public_cidr": "198.19.80.0/30"}, "--public-cidr 198.19.80.0/30 must have a prefix between /16 and /28."),
    ({"public_cidr": "10.42.8.0/24"}, "--public-cidr 10.42.8.0/24 overlaps --vpc-cidr 10.42.0.0/16."),
    ({"client_address": "somewhere"}, "--client-address 'somewhere' is no IPv4 address."),
]


@pytest.mark.parametrize(("arguments", "message"), TEST_REFUSED_SETTINGS)
def test_refused_settings(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(LabError) as caught:
        LabSettings(**arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


OTHER = OtherLab("other", "10.50.0.0/16", "198.18.0.0/24", 5000)

TEST_COLLISION: list[tuple[str, Machine, str | None]] = [
    ("nothing there", Machine(), None),
    (
        "another lab beside",
        Machine(labs=(OTHER,), docker_networks=(("bridge", "172.17.0.0/16"),), routes=("10.0.2.0/24",)),
        None,
    ),
    (
        "the same name",
        Machine(labs=(OtherLab("demo", "10.50.0.0/16", "198.18.0.0/24", 5000),)),
        "A lab 'demo' stands already, with other settings or without its daemon: `lab down --name demo` first.",
    ),
    (
        "half of an earlier lab",
        Machine(containers=("nodeops-demo-registry", "nodeops-demo-gateway")),
        "Containers of an earlier lab 'demo' are left (nodeops-demo-gateway, nodeops-demo-registry): "
        "run `lab down --name demo` first.",
    ),
    (
        "the same public addresses",
        Machine(labs=(OtherLab("other", "10.50.0.0/16", "198.19.81.0/24", 5000),)),
        "--public-cidr 198.19.80.0/22 overlaps 198.19.81.0/24 of the lab 'other': choose another.",
    ),
    (
        "the same network",
        Machine(labs=(OtherLab("other", "10.42.0.0/17", "198.18.0.0/24", 5000),)),
        "--vpc-cidr 10.42.0.0/16 overlaps 10.42.0.0/17 of the lab 'other': choose another.",
    ),
    (
        "a docker network",
        Machine(docker_networks=(("compose", "10.42.7.0/24"),)),
        "--vpc-cidr 10.42.0.0/16 overlaps the docker network 'compose' (10.42.7.0/24): choose another.",
    ),
    (
        "a docker network among the public addresses",
        Machine(docker_networks=(("compose", "198.19.82.0/24"),)),
        "--public-cidr 198.19.80.0/22 overlaps the docker network 'compose' (198.19.82.0/24): choose another.",
    ),
    (
        "a network of the machine",
        Machine(routes=("10.0.0.0/8",)),
        "--vpc-cidr 10.42.0.0/16 overlaps 10.0.0.0/8, which this machine routes elsewhere: choose another.",
    ),
    (
        "a taken port",
        Machine(api_port_is_free=False),
        "--api-port 5600 is taken on 127.0.0.1: choose another, or 0 for any free one.",
    ),
]


@pytest.mark.parametrize(
    ("machine", "reason"), [row[1:] for row in TEST_COLLISION], ids=[row[0] for row in TEST_COLLISION]
)
def test_collision(machine: Machine, reason: str | None) -> None:
    assert collision(LabSettings(api_port=5600), machine) == reason


def test_private_domain() -> None:
    assert LabSettings().domain == "ec2.internal"
    assert LabSettings(region="eu-west-1").domain == "eu-west-1.compute.internal"
