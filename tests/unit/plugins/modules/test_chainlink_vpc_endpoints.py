# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_vpc_endpoints as module

SERVICE = "com.amazonaws.eu-central-1.logs"
ARGUMENTS = {
    "estate": "oracle",
    "region": "eu-central-1",
    "vpc_id": "vpc-1",
    "services": ["logs"],
    "subnet_ids": ["subnet-a", "subnet-b"],
    "security_group_ids": ["sg-1"],
}


def endpoint(state: str) -> dict[str, Any]:
    return {
        "VpcEndpointId": "vpce-1",
        "ServiceName": SERVICE,
        "State": state,
        "SubnetIds": ["subnet-a", "subnet-b"],
        "Groups": [{"GroupId": "sg-1"}],
        "PrivateDnsEnabled": True,
        "Tags": [{"Key": "nodeops:estate", "Value": "oracle"}, {"Key": "Name", "Value": "oracle-logs"}],
    }


class Ec2:
    """Shows the endpoints of each look in turn, the last for ever."""

    def __init__(self, *looks: list[dict[str, Any]], unsuccessful: list[dict[str, Any]] | None = None) -> None:
        self.looks = list(looks)
        self.unsuccessful = unsuccessful or []
        self.meta = SimpleNamespace(region_name="eu-central-1")
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.filters: list[str] = []

    def get_paginator(self, operation: str) -> Any:
        assert operation == "describe_vpc_endpoints"
        return self

    def paginate(self, Filters: list[dict[str, Any]]) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
        self.filters = [item["Name"] for item in Filters]
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return [{"VpcEndpoints": look}]

    def create_vpc_endpoint(self, **arguments: Any) -> None:
        self.calls.append(("create", arguments))

    def delete_vpc_endpoints(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append(("delete", arguments))
        return {"Unsuccessful": self.unsuccessful}


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
    def call(client: Ec2, check_mode: bool = False, **more: Any) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        monkeypatch.setattr(module, "time", Clock())
        return run_module(module.main, {**ARGUMENTS, **more}, check_mode=check_mode)

    return call


def test_one_is_made_and_waited_for(run: Any) -> None:
    client = Ec2([], [endpoint("pending")], [endpoint("pending")], [endpoint("available")])
    answer = run(client)
    assert (answer["rc"], answer["changed"], answer["created"]) == (0, True, [SERVICE])
    assert client.calls == [
        (
            "create",
            {
                "VpcId": "vpc-1",
                "VpcEndpointType": "Interface",
                "ServiceName": SERVICE,
                "SubnetIds": ["subnet-a", "subnet-b"],
                "SecurityGroupIds": ["sg-1"],
                "PrivateDnsEnabled": True,
                "TagSpecifications": [{"ResourceType": "vpc-endpoint", "Tags": endpoint("")["Tags"]}],
            },
        )
    ]


def test_a_gateway_is_made(run: Any) -> None:
    client = Ec2([], [endpoint("available")])
    answer = run(client, type="Gateway", route_table_ids=["rtb-b", "rtb-a"], subnet_ids=[], security_group_ids=[])
    assert (answer["rc"], answer["changed"]) == (0, True)
    ((_, made),) = client.calls
    assert (made["VpcEndpointType"], made["RouteTableIds"]) == ("Gateway", ["rtb-a", "rtb-b"])
    assert not made.keys() & {"SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"}


def test_check_mode_makes_none(run: Any) -> None:
    client = Ec2([])
    assert run(client, check_mode=True)["created"] == [SERVICE]
    assert client.calls == []


def test_one_that_is_there_stays(run: Any) -> None:
    client = Ec2([endpoint("available")])
    assert run(client)["changed"] is False
    assert client.calls == []


@pytest.mark.parametrize(("state", "seconds"), [("pending", 12), ("failed", 600)])
def test_one_that_never_works_is_told(run: Any, state: str, seconds: int) -> None:
    answer = run(Ec2([], [endpoint(state)]), wait_timeout=seconds)
    assert answer["rc"] == 1
    assert answer["msg"] == f"vpce-1 for {SERVICE} is {state} after waiting up to {seconds} s; run this again"


def test_all_are_deleted_wherever_they_are(run: Any) -> None:
    client = Ec2([endpoint("available")], [endpoint("deleting")], [])
    answer = run(client, services=[], vpc_id=None, subnet_ids=[], security_group_ids=[])
    assert (answer["rc"], answer["deleted"]) == (0, ["vpce-1"])
    assert client.calls == [("delete", {"VpcEndpointIds": ["vpce-1"]})]
    assert "vpc-id" not in client.filters


def test_a_refused_deletion_is_an_error(run: Any) -> None:
    refusal = {"ResourceId": "vpce-1", "Error": {"Code": "OperationNotPermitted", "Message": "it is managed"}}
    answer = run(Ec2([endpoint("available")], unsuccessful=[refusal]), services=[])
    assert answer["rc"] == 1
    assert "OperationNotPermitted" in answer["msg"]


def test_services_need_a_place(run: Any) -> None:
    assert run(Ec2([]), subnet_ids=[])["msg"] == "services need vpc_id, subnet_ids and security_group_ids"
    assert run(Ec2([]), type="Gateway")["msg"] == "services need vpc_id and route_table_ids"


def test_an_aws_error(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Ec2([])

    def deny(**_arguments: Any) -> None:
        error: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
        raise botocore.exceptions.ClientError(error, "CreateVpcEndpoint")

    monkeypatch.setattr(client, "create_vpc_endpoint", deny)
    assert run(client)["msg"].startswith("Failed to keep the VPC endpoints: An error occurred (Unauthorized")
