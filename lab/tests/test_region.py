# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from the region: networks, names, addresses of databases."""

from __future__ import annotations

import dataclasses

import pytest
from nodeops_lab.errors import LabError
from nodeops_lab.reconciler.aurora.addresses import free_address
from nodeops_lab.reconciler.names import hosts_file
from nodeops_lab.reconciler.region import Vpc

from .samples import BASTION, REGION


def test_addresses_of_a_vpc() -> None:
    vpc = Vpc("vpc-1", "10.42.0.0/16", False)
    assert (vpc.router, vpc.resolver) == ("10.42.0.1", "10.42.0.2")


def test_the_default_vpc_needs_a_network_only_when_something_lives_there() -> None:
    assert [vpc.vpc_id for vpc in REGION.inhabited_vpcs] == ["vpc-1"]
    moved = dataclasses.replace(BASTION, vpc_id="vpc-0")
    region = dataclasses.replace(REGION, instances={"i-bastion": moved})
    assert [vpc.vpc_id for vpc in region.inhabited_vpcs] == ["vpc-1", "vpc-0"]


def test_hosts_file_names_running_instances_and_endpoints() -> None:
    assert hosts_file(REGION, {"writer.example": "10.42.15.254", "reader.example": "10.42.15.253"}, "ec2.internal") == (
        "10.42.0.4 ip-10-42-0-4.ec2.internal\n10.42.15.253 reader.example\n10.42.15.254 writer.example\n"
    )


TEST_FREE_ADDRESS: list[tuple[list[str], list[str], str]] = [
    (["10.42.0.0/20"], [], "10.42.15.254"),
    (["10.42.0.0/20"], ["10.42.15.254", "10.42.15.253"], "10.42.15.252"),
    (["10.42.0.0/28", "10.42.1.0/28"], [f"10.42.0.{number}" for number in range(4, 15)], "10.42.1.14"),
]


@pytest.mark.parametrize(("subnets", "taken", "address"), TEST_FREE_ADDRESS)
def test_free_address(subnets: list[str], taken: list[str], address: str) -> None:
    assert free_address(subnets, taken) == address


def test_no_free_address() -> None:
    with pytest.raises(LabError) as caught:
        free_address(["10.42.0.0/28"], [f"10.42.0.{number}" for number in range(4, 15)])
    assert str(caught.value) == "No subnet of the database's subnet group has a free address."
