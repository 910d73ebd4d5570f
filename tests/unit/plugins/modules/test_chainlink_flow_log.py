# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_flow_log as module

ARGUMENTS = {
    "estate": "oracle",
    "region": "eu-central-1",
    "vpc_id": "vpc-1",
    "log_group": "/oracle/network",
    "role_arn": "arn:aws:iam::1:role/writer",
}
LOG = {
    "FlowLogId": "fl-1",
    "ResourceId": "vpc-1",
    "TrafficType": "REJECT",
    "LogGroupName": "/oracle/network",
    "DeliverLogsPermissionArn": "arn:aws:iam::1:role/writer",
    "Tags": [{"Key": "nodeops:estate", "Value": "oracle"}, {"Key": "Name", "Value": "oracle-network"}],
}
UNKNOWN_ROLE = {"Code": "InvalidParameter", "Message": "Unable to assume given IAM role"}
LIMIT = {"Code": "FlowLogsLimitExceeded", "Message": "too many"}


class Ec2:
    """Has flow logs, and refuses to make one for so many times."""

    def __init__(self, *logs: dict[str, Any], refusals: list[dict[str, str]] | None = None) -> None:
        self.logs = list(logs)
        self.refusals = refusals or []
        self.calls: list[str] = []

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, **_filters: Any) -> list[dict[str, Any]]:
        return [{"FlowLogs": self.logs}]

    def create_flow_logs(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append(f"create {arguments['TrafficType']}")
        if self.refusals:
            return {"FlowLogIds": [], "Unsuccessful": [{"ResourceId": "vpc-1", "Error": self.refusals.pop(0)}]}
        return {"FlowLogIds": ["fl-new"], "Unsuccessful": []}

    def delete_flow_logs(self, FlowLogIds: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(f"delete {' '.join(FlowLogIds)}")
        return {}

    def create_tags(self, **_arguments: Any) -> None:
        self.calls.append("tag")


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def run(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def call(client: Any, check_mode: bool = False, **more: Any) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        monkeypatch.setattr(module, "time", Clock())
        return run_module(module.main, {**ARGUMENTS, **more}, check_mode=check_mode)

    return call


# (flow logs, arguments, check mode, changed, flow log, calls)
TEST_KEEP: list[tuple[list[dict[str, Any]], dict[str, Any], bool, bool, str | None, list[str]]] = [
    ([], {}, False, True, "fl-new", ["create REJECT"]),
    ([], {}, True, True, None, []),
    ([LOG], {}, False, False, "fl-1", []),
    ([LOG], {"traffic": "all"}, False, True, "fl-new", ["delete fl-1", "create ALL"]),
    ([{**LOG, "Tags": LOG["Tags"][:1]}], {}, False, True, "fl-1", ["tag"]),
    ([LOG], {"state": "absent"}, False, True, None, ["delete fl-1"]),
    ([LOG], {"state": "absent"}, True, True, None, []),
    ([], {"state": "absent", "vpc_id": None, "log_group": None, "role_arn": None}, False, False, None, []),
]


@pytest.mark.parametrize(("logs", "arguments", "check_mode", "changed", "flow_log", "calls"), TEST_KEEP)
def test_keep(
    run: Any,
    logs: list[dict[str, Any]],
    arguments: dict[str, Any],
    check_mode: bool,
    changed: bool,
    flow_log: str | None,
    calls: list[str],
) -> None:
    client = Ec2(*logs)
    answer = run(client, check_mode, **arguments)
    assert (answer["rc"], answer["changed"], answer["flow_log_id"]) == (0, changed, flow_log)
    assert client.calls == calls


def test_a_role_that_is_new_is_tried_again(run: Any) -> None:
    client = Ec2(refusals=[UNKNOWN_ROLE, UNKNOWN_ROLE])
    assert run(client)["flow_log_id"] == "fl-new"
    assert client.calls == ["create REJECT"] * 3


def test_a_role_that_never_works_is_told(run: Any) -> None:
    answer = run(Ec2(refusals=[UNKNOWN_ROLE] * 9), wait_timeout=12)
    assert answer["rc"] == 1
    assert "Unable to assume given IAM role" in answer["msg"]


def test_another_refusal_is_told_at_once(run: Any) -> None:
    client = Ec2(refusals=[LIMIT])
    assert "FlowLogsLimitExceeded" in run(client)["msg"]
    assert client.calls == ["create REJECT"]


def test_an_aws_error(run: Any) -> None:
    class Denied(Ec2):
        def paginate(self, **_filters: Any) -> list[dict[str, Any]]:
            error: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
            raise botocore.exceptions.ClientError(error, "DescribeFlowLogs")

    assert run(Denied())["msg"].startswith("Failed to keep the flow log: An error occurred (UnauthorizedOperation)")
