# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways out of an estate's network can be given up later."""

from __future__ import annotations

import pytest
from deployments import Deployment
from readers import look

pytestmark = [pytest.mark.long, pytest.mark.variant("sessions")]

NO_GATEWAY = {
    "estate_network_nat_gateways": "none",
    "estate_network_endpoints": ["logs", "secretsmanager", "ssm", "ssmmessages"],
}
GATEWAYS = ("address", "nat_gateway")


def test_the_last_gateway_goes_with_its_address_route_and_alarm(deployment: Deployment) -> None:
    region, name = deployment.estate.region, deployment.estate.name
    before = {kind: look(region, name, kind) for kind in (*GATEWAYS, "route_table", "vpc_endpoint", "alarm")}
    assert [len(before[kind]) for kind in GATEWAYS] == [1, 1]

    assert deployment.estate.provision("--check", **NO_GATEWAY).succeeded().changed
    assert {kind: look(region, name, kind) for kind in before} == before

    deployment.estate.provision(**NO_GATEWAY).succeeded()
    after = {kind: look(region, name, kind) for kind in before}
    assert [after[kind] for kind in GATEWAYS] == [{}, {}]
    routes = {table: found.properties["routes"] for table, found in after["route_table"].items()}
    assert routes == {
        f"{name}-public": {"0.0.0.0/0": f"{name}-internet"},
        f"{name}-private-1": {},
        f"{name}-private-2": {},
    }
    endpoints = [f"{name}-{service}" for service in ("logs", "s3", "secretsmanager", "ssm", "ssmmessages")]
    assert sorted(after["vpc_endpoint"]) == endpoints
    # Purging routes leaves the one of the endpoint.
    assert after["vpc_endpoint"][f"{name}-s3"] == before["vpc_endpoint"][f"{name}-s3"]
    assert before["alarm"].keys() - after["alarm"].keys() == {f"{name}-ports-nat-{region.name}a"}
    assert deployment.estate.provision(**NO_GATEWAY).succeeded().changed == []
