# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.endpoints import Change, Plan, Wanted, plan

LOGS, SSM = "com.amazonaws.eu-central-1.logs", "com.amazonaws.eu-central-1.ssm"
WANTED = Wanted(
    estate="oracle",
    vpc_id="vpc-1",
    names={LOGS: "oracle-logs"},
    subnet_ids=frozenset({"subnet-a", "subnet-b"}),
    group_ids=frozenset({"sg-1"}),
)
TAGS = {"nodeops:estate": "oracle", "Name": "oracle-logs"}


def endpoint(**more: Any) -> dict[str, Any]:
    tags = more.pop("tags", TAGS)
    return {
        "VpcEndpointId": "vpce-1",
        "ServiceName": LOGS,
        "State": "Available",
        "SubnetIds": ["subnet-b", "subnet-a"],
        "Groups": [{"GroupId": "sg-1"}],
        "PrivateDnsEnabled": True,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        **more,
    }


def planned(**parts: Any) -> Plan:
    return Plan(**{"create": [], "change": [], "delete": [], **parts})


# (found, plan)
TEST_PLAN: list[tuple[list[dict[str, Any]], Plan]] = [
    ([], planned(create=[LOGS])),
    ([endpoint()], planned()),
    ([endpoint(State="pending")], planned()),
    ([endpoint(State="deleted")], planned(create=[LOGS])),
    ([endpoint(State="failed")], planned(create=[LOGS], delete=["vpce-1"])),
    ([endpoint(), endpoint(VpcEndpointId="vpce-2", ServiceName=SSM)], planned(delete=["vpce-2"])),
    (
        [endpoint(SubnetIds=["subnet-a", "subnet-c"], Groups=[{"GroupId": "sg-2"}], PrivateDnsEnabled=False)],
        planned(
            change=[
                Change(
                    "vpce-1",
                    {
                        "AddSubnetIds": ["subnet-b"],
                        "RemoveSubnetIds": ["subnet-c"],
                        "AddSecurityGroupIds": ["sg-1"],
                        "RemoveSecurityGroupIds": ["sg-2"],
                        "PrivateDnsEnabled": True,
                    },
                    {},
                )
            ]
        ),
    ),
    (
        [endpoint(tags={"nodeops:estate": "oracle", "Name": "other", "cost": "1"})],
        planned(change=[Change("vpce-1", {}, {"Name": "oracle-logs"})]),
    ),
]


@pytest.mark.parametrize(("found", "expected"), TEST_PLAN)
def test_plan(found: list[dict[str, Any]], expected: Plan) -> None:
    assert plan(WANTED, found) == expected
    assert expected.empty == (expected == planned())


GATEWAY = Wanted(
    estate="oracle",
    vpc_id="vpc-1",
    names={LOGS: "oracle-logs"},
    route_table_ids=frozenset({"rtb-a", "rtb-b"}),
    type="Gateway",
)
# (route tables of the endpoint, plan)
TEST_PLAN_GATEWAY: list[tuple[list[str], Plan]] = [
    (["rtb-b", "rtb-a"], planned()),
    (["rtb-b"], planned(change=[Change("vpce-1", {"AddRouteTableIds": ["rtb-a"]}, {})])),
    (["rtb-a", "rtb-b", "rtb-c"], planned(change=[Change("vpce-1", {"RemoveRouteTableIds": ["rtb-c"]}, {})])),
]


@pytest.mark.parametrize(("tables", "expected"), TEST_PLAN_GATEWAY)
def test_plan_of_a_gateway(tables: list[str], expected: Plan) -> None:
    found = endpoint(SubnetIds=[], Groups=[], PrivateDnsEnabled=False, RouteTableIds=tables)
    assert plan(GATEWAY, [found]) == expected
