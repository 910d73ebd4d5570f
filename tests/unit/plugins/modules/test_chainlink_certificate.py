# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_certificate as module

DOMAIN = "chainlink.nodeops.test"
RECORD = {"Name": f"_a.{DOMAIN}.", "Type": "CNAME", "Value": "_b.acm-validations.aws."}
CHANGE = {
    "Name": RECORD["Name"],
    "Type": "CNAME",
    "TTL": 300,
    "ResourceRecords": [{"Value": RECORD["Value"]}],
}
OWN = {"nodeops:estate": "oracle"}
ARGUMENTS = {"region": "eu-central-1", "domain": DOMAIN, "estate": "oracle", "zone_id": "Z1"}


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Aws:
    """Certificate Manager and Route 53 in one. A certificate is issued at the third look after its record stands."""

    def __init__(self) -> None:
        self.certificates: dict[str, dict[str, Any]] = {}
        self.records: list[dict[str, Any]] = []
        self.did: list[str] = []
        self.tokens: list[str] = []
        self.ends_as = "ISSUED"
        self.looks = 0
        #: How often a deletion is refused, and with what.
        self.refusals = 0
        self.refused_with = "ResourceInUseException"
        self.in_use_by = [f"arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/{name}/1" for name in "ab"]

    def add(self, arn: str, domain: str = DOMAIN, status: str = "ISSUED", tags: dict[str, str] | None = None) -> None:
        self.certificates[arn] = {"domain": domain, "status": status, "tags": OWN if tags is None else tags}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_certificates"
        return self

    def paginate(self, CertificateStatuses: list[str], Includes: Any) -> list[Any]:  # noqa: N803 - boto3's names
        assert "EC_prime256v1" in Includes["keyTypes"]
        found = [
            {"CertificateArn": arn, "DomainName": item["domain"], "Status": item["status"]}
            for arn, item in self.certificates.items()
            if item["status"] in CertificateStatuses
        ]
        return [{"CertificateSummaryList": found[:1]}, {"CertificateSummaryList": found[1:]}]

    def list_tags_for_certificate(self, CertificateArn: str) -> Any:  # noqa: N803
        tags = self.certificates[CertificateArn]["tags"]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def request_certificate(self, DomainName: str, ValidationMethod: str, IdempotencyToken: str, Tags: Any) -> Any:  # noqa: N803
        assert (DomainName, ValidationMethod, len(IdempotencyToken)) == (DOMAIN, "DNS", 32)
        assert {"Key": "nodeops:estate", "Value": "oracle"} in Tags
        self.did.append("request")
        self.tokens.append(IdempotencyToken)
        self.add("new", status="PENDING_VALIDATION")
        return {"CertificateArn": "new"}

    def describe_certificate(self, CertificateArn: str) -> Any:  # noqa: N803
        found = self.certificates[CertificateArn]
        self.looks += 1
        option: dict[str, Any] = {"DomainName": DOMAIN}
        if self.looks > 1 or found["status"] == "ISSUED":
            option["ResourceRecord"] = RECORD
        if found["status"] == "PENDING_VALIDATION" and self.records and self.looks > 3:
            found["status"] = self.ends_as
        users = self.in_use_by if self.refusals else []
        return {"Certificate": {"Status": found["status"], "DomainValidationOptions": [option], "InUseBy": users}}

    def delete_certificate(self, CertificateArn: str) -> None:  # noqa: N803
        self.did.append(f"delete {CertificateArn}")
        if self.refusals:
            self.refusals -= 1
            error: Any = {"Error": {"Code": self.refused_with, "Message": "in use"}}
            raise botocore.exceptions.ClientError(error, "DeleteCertificate")
        del self.certificates[CertificateArn]

    def list_resource_record_sets(self, HostedZoneId: str, **_more: Any) -> Any:  # noqa: N803
        assert HostedZoneId == "Z1"
        return {"ResourceRecordSets": self.records}

    def change_resource_record_sets(self, HostedZoneId: str, ChangeBatch: Any) -> None:  # noqa: N803
        assert HostedZoneId == "Z1"
        (change,) = ChangeBatch["Changes"]
        self.did.append(change["Action"])
        assert change["ResourceRecordSet"] == CHANGE
        self.records = [CHANGE] if change["Action"] == "UPSERT" else []


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    client = Aws()
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
    monkeypatch.setattr(module, "time", Clock())
    return client


def test_a_certificate_is_requested_and_proved(run_module: Any, aws: Aws) -> None:
    aws.add("another estate's", tags={"nodeops:estate": "other"})
    aws.add("another name's", domain="nodeops.test")
    answer = run_module(module.main, ARGUMENTS)
    assert (answer["rc"], answer["changed"], answer["certificate_arn"]) == (0, True, "new")
    assert aws.did == ["request", "UPSERT"]


def test_after_its_deletion_another_one_is_requested(run_module: Any, aws: Aws) -> None:
    """For an hour AWS may answer a token that it knows with the certificate that there was."""
    for arguments in (ARGUMENTS, {**ARGUMENTS, "state": "absent"}, ARGUMENTS):
        assert run_module(module.main, arguments)["changed"] is True
    first, second = aws.tokens
    assert first != second


def test_nothing_changes_where_it_is_issued(run_module: Any, aws: Aws) -> None:
    aws.add("own")
    aws.records = [CHANGE]
    answer = run_module(module.main, ARGUMENTS)
    assert (answer["rc"], answer["changed"], answer["certificate_arn"], aws.did) == (0, False, "own", [])


def test_a_lost_record_is_written_again(run_module: Any, aws: Aws) -> None:
    aws.add("own")
    assert run_module(module.main, ARGUMENTS, check_mode=True)["changed"] is True
    assert aws.did == []
    assert run_module(module.main, ARGUMENTS)["changed"] is True
    assert aws.did == ["UPSERT"]


def test_check_mode_requests_nothing(run_module: Any, aws: Aws) -> None:
    answer = run_module(module.main, ARGUMENTS, check_mode=True)
    assert (answer["changed"], answer["certificate_arn"], aws.did) == (True, None, [])


def test_the_issued_one_goes_before_one_that_waits(run_module: Any, aws: Aws) -> None:
    aws.add("waiting", status="PENDING_VALIDATION")
    aws.add("own")
    aws.records = [CHANGE]
    assert run_module(module.main, ARGUMENTS)["certificate_arn"] == "own"


def test_a_zone_that_nobody_asks_is_said(run_module: Any, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "change_resource_record_sets", lambda **_arguments: None)
    answer = run_module(module.main, {**ARGUMENTS, "wait_timeout": 60})
    assert answer["rc"] == 1
    assert answer["msg"] == (
        f"The certificate of {DOMAIN} is not issued yet. Is its zone Z1 the one that the domain's registrar delegates "
        "to? Its name servers stand in Route 53. Run again to go on waiting."
    )


def test_a_certificate_that_fails_is_said(run_module: Any, aws: Aws) -> None:
    aws.ends_as = "FAILED"
    answer = run_module(module.main, ARGUMENTS)
    assert answer["msg"] == f"The certificate of {DOMAIN} ended as FAILED (no reason given): new. Delete it, run again."


# (others' certificates for the domain, what is done)
TEST_ABSENT: list[tuple[int, list[str]]] = [(0, ["DELETE", "delete own"]), (1, ["delete own"])]


@pytest.mark.parametrize(("others", "did"), TEST_ABSENT)
def test_absent(run_module: Any, aws: Aws, others: int, did: list[str]) -> None:
    aws.add("own")
    for number in range(others):
        aws.add(f"other {number}", tags={})
    aws.records = [CHANGE]
    absent = {**ARGUMENTS, "state": "absent"}
    assert run_module(module.main, absent, check_mode=True)["changed"] is True
    assert aws.did == []
    answer = run_module(module.main, absent)
    assert (answer["changed"], answer["certificate_arn"], aws.did) == (True, None, did)
    assert run_module(module.main, absent)["changed"] is False


def test_a_certificate_is_in_use_for_a_while_after_its_load_balancer(run_module: Any, aws: Aws) -> None:
    """Certificate Manager takes up to minutes to notice that a load balancer is gone."""
    aws.add("own")
    aws.refusals = 30
    answer = run_module(module.main, {**ARGUMENTS, "state": "absent"})
    assert (answer["rc"], answer["changed"], aws.certificates) == (0, True, {})
    assert aws.did == ["delete own"] * 31


# (what uses it according to AWS, what is said of that)
TEST_IN_USE: list[tuple[list[str], str]] = [
    (["balancer-a", "balancer-b"], "balancer-a, balancer-b"),
    ([], "something that Certificate Manager does not name"),
]


@pytest.mark.parametrize(("users", "said"), TEST_IN_USE)
def test_what_uses_a_certificate_for_ever_is_said(run_module: Any, aws: Aws, users: list[str], said: str) -> None:
    aws.add("own")
    aws.refusals, aws.in_use_by = 1000, users
    answer = run_module(module.main, {**ARGUMENTS, "state": "absent", "wait_timeout": 600})
    assert answer["rc"] == 1
    assert answer["msg"] == (
        f"The certificate of {DOMAIN}, own, cannot be deleted: it is still used by {said}. Take it off there and run "
        "again."
    )
    # Tried every five seconds, at the end of the ten minutes too.
    assert len(aws.did) == 600 / 5 + 1


def test_another_refusal_to_delete_is_told_at_once(run_module: Any, aws: Aws) -> None:
    aws.add("own")
    aws.refusals, aws.refused_with = 1, "AccessDeniedException"
    answer = run_module(module.main, {**ARGUMENTS, "state": "absent"})
    assert "AccessDeniedException" in answer["msg"]
    assert aws.did == ["delete own"]


def test_without_a_zone_the_record_stays_and_the_certificate_goes(run_module: Any, aws: Aws) -> None:
    aws.add("own")
    aws.records = [CHANGE]
    arguments = {key: value for key, value in ARGUMENTS.items() if key != "zone_id"}
    answer = run_module(module.main, {**arguments, "state": "absent"})
    assert (answer["rc"], answer["changed"], aws.did) == (0, True, ["delete own"])
    assert "zone_id" in run_module(module.main, arguments)["msg"]
