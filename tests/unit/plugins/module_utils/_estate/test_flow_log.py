# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.flow_log import Plan, Wanted, plan

WANTED = Wanted("oracle", "oracle-network", "vpc-1", "REJECT", "/oracle/network", "arn:aws:iam::1:role/writer")
LOG: dict[str, Any] = {
    "FlowLogId": "fl-1",
    "ResourceId": "vpc-1",
    "TrafficType": "REJECT",
    "LogGroupName": "/oracle/network",
    "DeliverLogsPermissionArn": "arn:aws:iam::1:role/writer",
    "Tags": [{"Key": "nodeops:estate", "Value": "oracle"}, {"Key": "Name", "Value": "oracle-network"}],
}
AS_IT_IS = Plan(create=False, delete=[], keep="fl-1", tags={})
ANEW = Plan(create=True, delete=["fl-1"], keep=None, tags={})

# (wanted, found, plan)
TEST_PLAN: list[tuple[dict[str, Any], list[dict[str, Any]], Plan]] = [
    ({}, [], Plan(create=True, delete=[], keep=None, tags={})),
    ({}, [LOG], AS_IT_IS),
    ({}, [LOG, {**LOG, "FlowLogId": "fl-2", "TrafficType": "ALL"}], replace(AS_IT_IS, delete=["fl-2"])),
    ({}, [{**LOG, "Tags": LOG["Tags"][:1]}], replace(AS_IT_IS, tags={"Name": "oracle-network"})),
    ({"traffic": "ALL"}, [LOG], ANEW),
    ({"vpc_id": "vpc-2"}, [LOG], ANEW),
    ({"log_group": "/oracle/other"}, [LOG], ANEW),
    ({"role_arn": "arn:aws:iam::1:role/other"}, [LOG], ANEW),
    ({"traffic": None}, [LOG], Plan(create=False, delete=["fl-1"], keep=None, tags={})),
    ({"traffic": None}, [], Plan(create=False, delete=[], keep=None, tags={})),
]


@pytest.mark.parametrize(("wanted", "found", "expected"), TEST_PLAN)
def test_plan(wanted: dict[str, Any], found: list[dict[str, Any]], expected: Plan) -> None:
    assert plan(replace(WANTED, **wanted), found) == expected
    assert expected.empty == (not (expected.create or expected.delete or expected.tags))
