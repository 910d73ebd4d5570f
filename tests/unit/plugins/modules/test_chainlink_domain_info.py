# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_domain_info as module

DOMAIN = "chainlink.nodeops.test"
ARGUMENTS = {"region": "eu-central-1", "domain": DOMAIN, "load_balancer": "oracle-ui"}


class Aws:
    """Certificate Manager and Route 53 in one."""

    def __init__(self, certificate: Any = None, zones: int = 1, records: Any = ()) -> None:
        self.certificate = certificate
        self.zones = zones
        self.records = records

    def describe_certificate(self, CertificateArn: str) -> Any:  # noqa: N803 - boto3's names
        assert CertificateArn == "arn"
        if self.certificate is None:
            raise botocore.exceptions.ClientError(
                {"Error": {"Code": "ResourceNotFoundException"}}, "DescribeCertificate"
            )
        return {"Certificate": self.certificate}

    def list_hosted_zones_by_name(self, DNSName: str) -> Any:  # noqa: N803
        return {
            "HostedZones": [{"Id": f"/hostedzone/Z{number}", "Name": f"{DNSName}."} for number in range(self.zones)]
        }

    def list_resource_record_sets(self, HostedZoneId: str, **_more: Any) -> Any:  # noqa: N803
        assert HostedZoneId == "Z0"
        return {"ResourceRecordSets": self.records}


@pytest.fixture
def look(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(aws: Aws, **arguments: Any) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: aws)
        return run_module(module.main, {**ARGUMENTS, **arguments})

    return run


def test_good(look: Any) -> None:
    issued = {"Status": "ISSUED", "DomainName": DOMAIN}
    assert look(Aws(issued), certificate_arn="arn", zone="nodeops.test")["zone_id"] == "Z0"
    assert look(Aws(issued), certificate_arn="arn")["zone_id"] is None


def test_every_problem_in_one_message(look: Any) -> None:
    answer = look(
        Aws({"Status": "EXPIRED", "DomainName": "x.test"}, zones=0), certificate_arn="arn", zone="nodeops.test"
    )
    assert answer["msg"].splitlines() == [
        "3 problems with the inputs, nothing has been changed:",
        "estate_ui_certificate_arn: has the status EXPIRED; request or import another",
        f"estate_ui_certificate_arn: is for x.test, which does not cover estate_ui_domain {DOMAIN}",
        "estate_ui_zone: nodeops.test is not a public hosted zone of this account; create it, or name one that exists",
    ]


def test_problems_are_left_to_a_caller_who_tells_them(look: Any) -> None:
    answer = look(Aws(zones=2), zone="nodeops.test", expect_right=False)
    (problem,) = answer["problems"]
    assert (answer["rc"], answer["zone_id"], problem["variable"]) == (0, None, "estate_ui_zone")


def test_a_certificate_that_is_not_there(look: Any) -> None:
    assert look(Aws(), certificate_arn="arn")["msg"].splitlines() == [
        "1 problem with the inputs, nothing has been changed:",
        "estate_ui_certificate_arn: does not exist in this account and region; copy the ARN from Certificate Manager",
    ]


def test_a_name_that_leads_elsewhere(look: Any) -> None:
    record = {"Name": f"{DOMAIN}.", "Type": "A", "ResourceRecords": [{"Value": "198.51.100.7"}]}
    assert look(Aws(records=[record]), zone="nodeops.test")["msg"].splitlines()[1] == (
        f"estate_ui_domain: {DOMAIN} has a record already, A 198.51.100.7; delete it, or choose another name"
    )
