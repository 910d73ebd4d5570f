# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Least privilege, measured over everything that the tests before did: nobody was denied, nobody may do more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nodeops_lab.api.access.comparison import compare
from nodeops_lab.api.access.record import CALLS_FILE, Need, Recorded, read
from support import Estate


@pytest.fixture(scope="module")
def calls(estate: Estate) -> list[Recorded]:
    return list(read(estate.directory / CALLS_FILE))


def called_by(calls: list[Recorded], part: str) -> list[Recorded]:
    found = [call for call in calls if part in call.principal]
    assert found, f"nobody called {part} was recorded"
    return found


def needs(calls: list[Recorded]) -> list[Need]:
    return [need for call in calls for need in call.needs]


def test_the_documented_policies_are_enough_for_the_operator(calls: list[Recorded]) -> None:
    denied = {call.denied for call in called_by(calls, ":user/operator") if not call.allowed}
    assert denied == set()


def test_the_nodes_policy_is_what_a_node_needs(estate: Estate, calls: list[Recorded]) -> None:
    role = f"{estate.name}-node-{estate.environment['AWS_REGION']}"
    iam = estate.client("iam")
    documents: list[Any] = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    found = compare(
        [text if isinstance(text, str) else json.dumps(text) for text in documents],
        needs(called_by(calls, f":assumed-role/{role}/")),
    )
    assert found.missing == ()
    # The driver of the logs makes its stream and writes to it; it never lists any. Only a host on which the node cannot
    # run asks whether the estate is being changed, and to be replaced: a test that is marked long.
    assert {(permission.sid, permission.action) for permission in found.unused} <= {
        ("WriteItsLogs", "logs:DescribeLogStreams"),
        ("ReadItsRecordAndWhetherItIsBeingChanged", "*"),
        ("GiveItselfUp", "autoscaling:SetInstanceHealth"),
        ("GiveItselfUp", "*"),
    }
    assert [call.denied for call in called_by(calls, f":assumed-role/{role}/") if not call.allowed] == []
