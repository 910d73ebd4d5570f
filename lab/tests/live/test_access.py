# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance may do: its role's policies, judged for each call, from inside a host with boto3 as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from nodeops_lab.api.access.record import CALLS_FILE, Need, read

from .live_lab import TRUST, Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

ROLE = "live-access"
# Reads a list of [service, operation, parameters] and prints, for each, "ok" or the error's code and message.
PROGRAM = """
import boto3, json, sys
answers = []
for service, operation, parameters in json.load(sys.stdin):
    client = boto3.client(service, region_name="us-east-1")
    try:
        getattr(client, operation)(**parameters)
        answers.append(["ok", ""])
    except client.exceptions.ClientError as error:
        answers.append([error.response["Error"]["Code"], error.response["Error"]["Message"]])
print(json.dumps(answers))
"""
Call = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Inhabited:
    """A host whose role may read one of two secrets."""

    host: Host
    own: str
    other: str

    @property
    def principal(self) -> str:
        """Who the host is to AWS."""
        return f"arn:aws:sts::123456789012:assumed-role/{ROLE}/{self.host.instance_id}"

    def ask(self, *calls: Call) -> list[tuple[str, str]]:
        """Make calls from inside the host with its role's credentials."""
        output = self.host.run(f"python3 -c '{PROGRAM}'", text=json.dumps(calls))
        return [(code, message) for code, message in json.loads(output)]


def allow(live: LiveLab, *statements: dict[str, Any]) -> None:
    """Give the role these permissions and no others."""
    full = [{"Effect": "Allow", **statement} for statement in statements]
    document = json.dumps({"Version": "2012-10-17", "Statement": full})
    live.client("iam").put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=document)


@pytest.fixture(scope="module")
def inhabited(live: LiveLab) -> Iterator[Inhabited]:
    iam, manager = live.client("iam"), live.client("secretsmanager")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName=ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    own, other = (
        manager.create_secret(Name=f"live-access/{name}", SecretString="s")["ARN"] for name in ("own", "other")
    )
    host = live.launch(IamInstanceProfile={"Name": ROLE})
    yield Inhabited(host, own, other)
    live.terminate(host)
    for arn in (own, other):
        manager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    iam.delete_instance_profile(InstanceProfileName=ROLE)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="own")
    iam.delete_role(RoleName=ROLE)


def test_a_host_may_do_what_its_role_may(live: LiveLab, inhabited: Inhabited) -> None:
    own: Call = ("secretsmanager", "get_secret_value", {"SecretId": inhabited.own})
    other: Call = ("secretsmanager", "get_secret_value", {"SecretId": inhabited.other})
    vpcs: Call = ("ec2", "describe_vpcs", {})
    identity: Call = ("sts", "get_caller_identity", {})
    allow(live, {"Action": "secretsmanager:GetSecretValue", "Resource": inhabited.own})
    answers = inhabited.ask(identity, own, other, vpcs)
    assert [code for code, _message in answers] == ["ok", "ok", "AccessDeniedException", "UnauthorizedOperation"]
    action = "secretsmanager:GetSecretValue"
    assert answers[2][1] == (
        f"User: {inhabited.principal} is not authorized to perform: {action} on resource: {inhabited.other} "
        f"because no identity-based policy allows the {action} action"
    )
    # The same credentials, other policies: a change counts from the next call on.
    allow(live, {"Action": "secretsmanager:GetSecretValue", "Resource": inhabited.other})
    assert [code for code, _message in inhabited.ask(own, other)] == ["AccessDeniedException", "ok"]


def test_a_hosts_calls_come_from_its_public_address_over_tls(live: LiveLab, inhabited: Inhabited) -> None:
    vpcs: Call = ("ec2", "describe_vpcs", {})
    read_vpcs = {"Action": "ec2:DescribeVpcs", "Resource": "*"}
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    for address, expected in ((inhabited.host.public_address, "ok"), ("203.0.113.9", "UnauthorizedOperation")):
        allow(live, {**read_vpcs, "Condition": {"IpAddress": {"aws:SourceIp": address}, **secure}})
        assert [code for code, _message in inhabited.ask(vpcs)] == [expected]
    instance = f"arn:aws:ec2:us-east-1:123456789012:instance/{inhabited.host.instance_id}"
    allow(live, {**read_vpcs, "Condition": {"ArnEquals": {"ec2:SourceInstanceARN": instance}}})
    assert [code for code, _message in inhabited.ask(vpcs)] == ["ok"]


def test_calls_are_recorded_by_principal(live: LiveLab, inhabited: Inhabited) -> None:
    allow(live, {"Action": "secretsmanager:GetSecretValue", "Resource": inhabited.own})
    inhabited.ask(("secretsmanager", "get_secret_value", {"SecretId": inhabited.other}))
    need = Need("secretsmanager:GetSecretValue", inhabited.other)
    *_, last = (
        call for call in read(live.settings.state_directory / CALLS_FILE) if call.principal == inhabited.principal
    )
    assert (last.needs, last.allowed, last.error, last.denied) == ((need,), False, "AccessDeniedException", need)
    shown = lab("calls", "--principal", f"*:assumed-role/{ROLE}/*", "--json").stdout
    lines = [json.loads(line) for line in shown.splitlines()]
    assert {line["principal"] for line in lines} == {inhabited.principal}
    (line,) = [line for line in lines if (line["action"], line["resource"]) == (need.action, need.resource)]
    assert line["denied"] >= 2
    assert "AKIA" not in shown


def test_a_role_that_does_not_trust_ec2_gives_a_host_no_credentials(live: LiveLab, inhabited: Inhabited) -> None:
    """EC2 user guide, "Troubleshoot IAM roles for EC2": the metadata says why."""
    iam, name = live.client("iam"), "live-distrust"
    trust = json.dumps(TRUST).replace("ec2.amazonaws.com", "rds.amazonaws.com")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    ec2, instance_id = live.client("ec2"), inhabited.host.instance_id
    (before,) = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance_id]}]
    )["IamInstanceProfileAssociations"] or [None]
    if before is None:
        ec2.associate_iam_instance_profile(InstanceId=instance_id, IamInstanceProfile={"Name": name})
    else:
        ec2.replace_iam_instance_profile_association(
            AssociationId=before["AssociationId"], IamInstanceProfile={"Name": name}
        )

    def refusal_is_told() -> bool:
        url = "http://169.254.169.254/latest"
        token = f"$(curl -sS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' {url}/api/token)"
        credentials = f"{url}/meta-data/iam/security-credentials/{name}"
        return "AssumeRoleUnauthorizedAccess" in inhabited.host.run(
            f'curl -sS -H "X-aws-ec2-metadata-token: {token}" {credentials}'
        )

    until(refusal_is_told, seconds=60)
    (after,) = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance_id]}]
    )["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=after["AssociationId"])
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=name)
