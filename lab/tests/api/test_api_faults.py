# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the API: which calls they concern, what is answered, and that nothing is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from nodeops_lab.api.access.credentials import AccessKey
from nodeops_lab.api.settings import ApiSettings
from nodeops_lab.faults.orders import parse
from nodeops_lab.faults.registry import KINDS
from nodeops_lab.faults.store import Fault, Store

from .conftest import REGION, Someone

Break = Callable[..., None]


@pytest.fixture
def impatient(endpoint: str, administrator_key: AccessKey) -> Callable[..., Any]:
    """Return a function that makes clients which try once."""

    def make(service: str, key: AccessKey = administrator_key) -> Any:
        session: Any = boto3.Session(aws_access_key_id=key.key_id, aws_secret_access_key=key.secret, region_name=REGION)
        return session.client(service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}))

    return make


@pytest.fixture
def break_(settings: ApiSettings) -> Iterator[Break]:
    """Return a function that puts a fault in force; the end of the test heals it."""
    store = Store(settings.state_directory)

    def put(kind: str, facts: dict[str, Any] | None = None, **given: str) -> None:
        with store.locked():
            store.add(Fault(store.new_id(kind), kind, parse(KINDS[kind], given), facts or {}))

    yield put
    with store.locked():
        for fault in store.faults():
            store.remove(fault.fault_id)


def code_of(call: Callable[..., Any], **parameters: Any) -> tuple[int, str]:
    """Return status and code of a call that fails."""
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


# One call of each protocol: EC2's, query, JSON, REST with JSON, REST with XML, S3's.
CALLS = [
    ("ec2:DescribeVpcs", "ec2", "describe_vpcs", {}),
    ("autoscaling:DescribeAutoScalingGroups", "autoscaling", "describe_auto_scaling_groups", {}),
    ("secretsmanager:ListSecrets", "secretsmanager", "list_secrets", {}),
    ("backup:ListBackupVaults", "backup", "list_backup_vaults", {}),
    ("route53:ListHostedZones", "route53", "list_hosted_zones", {}),
    ("s3:ListBuckets", "s3", "list_buckets", {}),
    ("elbv2:DescribeLoadBalancers", "elbv2", "describe_load_balancers", {}),
    ("cloudwatch:DescribeAlarms", "cloudwatch", "describe_alarms", {}),
]
CODES = {
    "ec2": ((500, "InternalError"), (503, "RequestLimitExceeded")),
    "s3": ((500, "InternalError"), (503, "SlowDown")),
    "secretsmanager": ((500, "InternalFailure"), (400, "ThrottlingException")),
    "backup": ((500, "InternalFailure"), (429, "ThrottlingException")),
}
USUAL = ((500, "InternalFailure"), (400, "Throttling"))


@pytest.mark.parametrize(("call", "service", "method", "parameters"), CALLS, ids=[call for call, *_ in CALLS])
def test_a_call_fails_and_is_throttled_in_its_protocol(
    impatient: Callable[..., Any], break_: Break, call: str, service: str, method: str, parameters: dict[str, Any]
) -> None:
    operation = getattr(impatient(service), method)
    expected = CODES.get(service, USUAL)
    break_("api-fail", call=call, count="1")
    found = code_of(operation, **parameters)
    # The fault's count is used up: the next call gets through to the next fault.
    break_("api-throttle", call=call)
    throttled = code_of(operation, **parameters)
    if service == "cloudwatch" and throttled[1] == "ThrottlingException":
        expected = (USUAL[0], (400, "ThrottlingException"))  # clients of late speak another protocol
    assert (found, throttled) == expected


def test_healing_ends_it_and_other_calls_go_on(
    impatient: Callable[..., Any], break_: Break, settings: ApiSettings
) -> None:
    ec2 = impatient("ec2")
    break_("api-fail", call="ec2:CreateVpc")
    before = len(ec2.describe_vpcs()["Vpcs"])
    assert code_of(ec2.create_vpc, CidrBlock="10.99.0.0/16") == (500, "InternalError")
    assert len(ec2.describe_vpcs()["Vpcs"]) == before
    assert impatient("sts").get_caller_identity()["Account"]
    Store(settings.state_directory).remove("api-fail")
    ec2.delete_vpc(VpcId=ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"])


def test_a_whole_service_fails_but_never_for_the_lab_itself(
    impatient: Callable[..., Any], break_: Break, lab_key: AccessKey
) -> None:
    break_("api-fail", call="sts")
    assert code_of(impatient("sts").get_caller_identity)[0] == 500
    assert impatient("sts", lab_key).get_caller_identity()["Account"]


def test_a_call_is_slow_and_others_do_not_wait_for_it(impatient: Callable[..., Any], break_: Break) -> None:
    break_("api-slow", call="ec2:DescribeVpcs", seconds="6")
    ec2, sts = impatient("ec2"), impatient("sts")
    took: list[float] = []

    def call() -> None:
        began = time.monotonic()
        ec2.describe_vpcs()
        took.append(time.monotonic() - began)

    waiting = threading.Thread(target=call)
    waiting.start()
    sts.get_caller_identity()
    assert waiting.is_alive()
    waiting.join()
    assert took[0] >= 6


def test_a_probability_strikes_some(impatient: Callable[..., Any], break_: Break) -> None:
    break_("api-throttle", call="sts:GetCallerIdentity", probability="0.5")
    sts = impatient("sts")
    struck = 0
    for _ in range(60):
        try:
            sts.get_caller_identity()
        except botocore.exceptions.ClientError:
            struck += 1
    assert 5 < struck < 55  # beyond is less likely than 1 in 10**10


def test_clients_try_again(client: Callable[[str], Any], break_: Break) -> None:
    """botocore's own retries take these errors for what they are."""
    break_("api-throttle", call="ec2:DescribeVpcs", count="2")
    assert client("ec2").describe_vpcs()["ResponseMetadata"]["RetryAttempts"] == 2


def test_an_expired_key_is_refused_and_no_other(
    impatient: Callable[..., Any], break_: Break, administrator_key: AccessKey, user: Callable[..., Someone]
) -> None:
    other = user()
    break_("expire-credentials", {"key_id": administrator_key.key_id}, instance="i-1")
    assert code_of(impatient("sts").get_caller_identity) == (403, "ExpiredToken")
    assert code_of(impatient("ec2").describe_vpcs) == (400, "RequestExpired")
    assert code_of(impatient("secretsmanager").list_secrets) == (400, "ExpiredTokenException")
    assert other.client("sts").get_caller_identity()["Account"]


@pytest.mark.parametrize(("seconds", "refused"), [("-1000", True), ("1000", True), ("-800", False), ("800", False)])
def test_a_clock_that_is_wrong_by_a_quarter_of_an_hour_is_noticed(
    instance_role: Callable[..., Someone], client: Callable[[str], Any], break_: Break, seconds: str, refused: bool
) -> None:
    """IAM user guide, "Troubleshoot Signature Version 4 requests": five to fifteen minutes, by service."""
    host = instance_role({"Action": ["ssm:DescribeParameters", "ec2:DescribeVpcs"]})
    break_("skew-clock", {"instance": "i-0123456789abcdef0"}, instance="i-0123456789abcdef0", seconds=seconds)
    if refused:
        assert code_of(host.client("ssm").describe_parameters) == (400, "InvalidSignatureException")
        assert code_of(host.client("ec2").describe_vpcs) == (400, "RequestExpired")
    else:
        host.client("ssm").describe_parameters()
    client("ssm").describe_parameters()
