# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_region_info as module

ZONES = ["eu-central-1a", "eu-central-1b"]
ARGUMENTS = {
    "estate": "oracle",
    "region": "eu-central-1",
    "instance_types": {"estate_nodes_instance_type": "m6i.large"},
    "cidr": "10.42.0.0/16",
}


class Aws:
    """An account with one network, whose quotas it may read or not."""

    def __init__(self, refusal: str | None = None, aurora: bool | str = True, **lists: list[dict[str, Any]]) -> None:
        self.refusal = refusal
        self.aurora = aurora
        offerings = [{"InstanceType": "m6i.large", "Location": zone} for zone in reversed(ZONES)]
        other = {"VpcId": "vpc-other", "CidrBlock": "10.42.16.0/20"}
        self.lists: dict[str, list[dict[str, Any]]] = {
            "InstanceTypeOfferings": offerings,
            "Vpcs": [other],
            "NatGateways": [],
            **lists,
        }
        self.asked: list[str] = []
        self.meta = SimpleNamespace(region_name="eu-central-1")

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws-us-gov:iam::123456789012:user/me"}

    def describe_availability_zones(self, **_filters: Any) -> dict[str, Any]:
        return {"AvailabilityZones": [{"ZoneName": zone} for zone in reversed(ZONES)]}

    def get_paginator(self, operation: str) -> Any:
        key = "".join(part.capitalize() for part in operation.removeprefix("describe_").split("_"))
        return SimpleNamespace(paginate=lambda **_filters: [{key: self.lists[key]}])

    def describe_addresses(self) -> dict[str, Any]:
        own = [{"Key": "nodeops:estate", "Value": "oracle"}, {"Key": "Name", "Value": "oracle-p2p-1"}]
        return {"Addresses": [{"Tags": own}, {}, {}, {}]}

    def describe_region_settings(self) -> dict[str, Any]:
        self.asked.append("opt-in")
        if isinstance(self.aurora, str):
            error: Any = {"Error": {"Code": self.aurora, "Message": "no"}}
            raise botocore.exceptions.ClientError(error, "DescribeRegionSettings")
        return {"ResourceTypeOptInPreference": {"Aurora": self.aurora, "EBS": False}}

    def get_service_quota(self, **code: str) -> dict[str, Any]:
        self.asked.append(code["QuotaCode"])
        if self.refusal:
            error: Any = {"Error": {"Code": self.refusal, "Message": "no"}}
            raise botocore.exceptions.ClientError(error, "GetServiceQuota")
        return {"Quota": {"Value": 5.0}}


@pytest.fixture
def run(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def call(client: Aws, **more: Any) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        return run_module(module.main, {**ARGUMENTS, **more})

    return call


def test_what_is_there_is_told(run: Any) -> None:
    answer = run(Aws(), nat_gateways="one")
    assert (answer["rc"], answer["changed"], answer["network"]) == (0, False, None)
    assert (answer["account"], answer["partition"], answer["zones"]) == ("123456789012", "aws-us-gov", ZONES)
    assert "can never be peered" in answer["output"]


def test_problems_are_told_together(run: Any) -> None:
    answer = run(Aws(), account_expected="999999999999")
    assert answer["rc"] == 1
    assert answer["msg"].splitlines()[0] == "2 problems, nothing has been changed:"
    assert [problem["variable"] for problem in answer["problems"]] == [
        "estate_account_expected",
        "estate_network_nat_gateways",
    ]


def test_problems_are_left_to_a_caller_who_tells_them(run: Any) -> None:
    answer = run(Aws(), nat_gateways="one", account_expected="999999999999", expect_right=False)
    (problem,) = answer["problems"]
    assert (answer["rc"], problem["variable"], answer["account"]) == (0, "estate_account_expected", "123456789012")


def test_quotas_that_may_not_be_read_are_passed_over(run: Any) -> None:
    answer = run(Aws(refusal="AccessDeniedException"))
    assert answer["rc"] == 0
    for code in ("L-F678F1CE of vpc", "L-0263D0A3 of ec2", "L-1216C47A of ec2"):
        assert f"Quota {code} could not be read and is not checked" in answer["output"]


def test_the_estates_own_addresses_are_there_already(run: Any) -> None:
    assert run(Aws(), nat_gateways="none", p2p=True)["rc"] == 0
    (problem,) = run(Aws(), nat_gateways="one", p2p=True)["problems"]
    assert problem["message"].startswith("needs 1 more Elastic IP address besides 1 for NAT gateways, and account")


def test_an_existing_network_has_a_quota_for_p2p_alone(run: Any) -> None:
    shared = {"vpc_tags": {"Name": "shared"}}
    for wanted, codes in ((True, ["L-0263D0A3"]), (False, [])):
        aws = Aws(Vpcs=[])
        run(aws, existing=shared, p2p=wanted, instance_types={})
        assert aws.asked == codes


def test_hosts_have_a_quota_in_every_network(run: Any) -> None:
    large = {"instance_types": {"estate_nodes_instance_type": "m6i.xlarge"}}
    offered = {"InstanceTypeOfferings": [{"InstanceType": "m6i.xlarge", "Location": zone} for zone in ZONES]}
    (problem,) = run(Aws(**offered), nat_gateways="none", **large)["problems"]
    assert (problem["variable"], "need 8 vCPUs" in problem["message"]) == ("estate_nodes_instance_type", True)
    aws = Aws(Vpcs=[], **offered)
    found = run(aws, existing={"vpc_tags": {"Name": "shared"}}, **large)["problems"]
    assert "estate_nodes_instance_type" in [problem["variable"] for problem in found]
    assert aws.asked == ["L-1216C47A"]


# (method, setting for Aurora or the error of reading it, variables of problems, whether it is asked)
TEST_BACKUPS: list[tuple[str, bool | str, list[str], bool]] = [
    ("aws_backup", True, [], True),
    ("aws_backup", False, ["estate_backup_method"], True),
    ("aws_backup", "AccessDeniedException", [], True),
    ("snapshots", False, [], False),
    ("none", False, [], False),
]


@pytest.mark.parametrize(("method", "aurora", "variables", "asked"), TEST_BACKUPS)
def test_the_opt_in_of_aws_backup(run: Any, method: str, aurora: bool | str, variables: list[str], asked: bool) -> None:
    aws = Aws(aurora=aurora)
    answer = run(aws, nat_gateways="none", backup_method=method, expect_right=False)
    assert [problem["variable"] for problem in answer["problems"]] == variables
    assert ("opt-in" in aws.asked) is asked
    # Warnings of the runs before are told as well.
    assert not isinstance(aurora, str) or "opt-in setting for Aurora could not be read" in answer["output"]


def test_another_error_is_none_to_pass_over(run: Any) -> None:
    assert run(Aws(aurora="ServiceException"), backup_method="aws_backup")["msg"].startswith("Failed to look at the")
    assert run(Aws(refusal="ServiceException"))["msg"].startswith("Failed to look at the account and its region: ")


def test_an_existing_network_that_is_not_there(run: Any) -> None:
    answer = run(Aws(Vpcs=[]), existing={"vpc_tags": {"Name": "shared"}})
    assert answer["msg"].splitlines()[1:] == [
        "estate_network_existing: must name one network of eu-central-1, and Name=shared fits none"
    ]
