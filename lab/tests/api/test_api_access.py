# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: who asks, what may be asked for, and how a refusal is worded."""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from nodeops_lab.api import backends
from nodeops_lab.api.access.credentials import AccessKey
from nodeops_lab.api.access.record import CALLS_FILE, Need, read
from nodeops_lab.api.settings import ApiSettings

if TYPE_CHECKING:
    from conftest import Someone

Clients = Callable[[str], Any]
People = Callable[..., "Someone"]
ACCOUNT = "123456789012"
ONCE = Config(retries={"max_attempts": 0})


def refused(call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """Return code, message and status of a call that must be refused."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return {
        "code": response["Error"]["Code"],
        "message": response["Error"]["Message"],
        "status": response["ResponseMetadata"]["HTTPStatusCode"],
    }


def document(*statements: dict[str, Any]) -> str:
    full = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


def trusting(**principal: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# One operation of each protocol, its refusal's code and status, and the resource that the message names.
TEST_DENIED: list[tuple[str, str, dict[str, Any], str, int, str, str]] = [
    ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", 403, "ec2:DescribeVpcs", ""),
    ("iam", "list_roles", {}, "AccessDenied", 403, "iam:ListRoles", ""),
    (
        "rds",
        "describe_db_clusters",
        {"DBClusterIdentifier": "Main"},
        "AccessDenied",
        403,
        "rds:DescribeDBClusters",
        f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:main",
    ),
    (
        "sns",
        "create_topic",
        {"Name": "alarms"},
        "AuthorizationError",
        403,
        "SNS:CreateTopic",
        f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms",
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "/estate/record"},
        "AccessDeniedException",
        400,
        "ssm:GetParameter",
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/estate/record",
    ),
    (
        "logs",
        "put_log_events",
        {"logGroupName": "/g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]},
        "AccessDeniedException",
        400,
        "logs:PutLogEvents",
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/g:log-stream:s",
    ),
    (
        "cloudwatch",
        "describe_alarms",
        {"AlarmNames": ["a"]},
        "AccessDeniedException",
        400,
        "cloudwatch:DescribeAlarms",
        f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a",
    ),
    (
        "backup",
        "describe_backup_vault",
        {"BackupVaultName": "v"},
        "AccessDeniedException",
        403,
        "backup:DescribeBackupVault",
        f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:v",
    ),
    (
        "devops-guru",
        "get_resource_collection",
        {"ResourceCollectionType": "AWS_TAGS"},
        "AccessDeniedException",
        403,
        "devops-guru:GetResourceCollection",
        "",
    ),
    (
        "route53",
        "get_hosted_zone",
        {"Id": "Z123"},
        "AccessDenied",
        403,
        "route53:GetHostedZone",
        "arn:aws:route53:::hostedzone/Z123",
    ),
    ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "AccessDenied", 403, "s3:GetObject", '"arn:aws:s3:::b/k"'),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "code", "status", "action", "resource"), TEST_DENIED)
def test_denied(
    user: People,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
    status: int,
    action: str,
    resource: str,
) -> None:
    someone = user()
    found = refused(getattr(someone.client(service), operation), **parameters)
    where = f" on resource: {resource}" if resource else ""
    message = (
        f"User: {someone.arn} is not authorized to perform: {action}{where} "
        f"because no identity-based policy allows the {action} action"
    )
    if service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    assert found == {"code": code, "message": message, "status": status}


@pytest.mark.parametrize("service", ["ec2", "ssm"])
def test_an_allowed_call_passes(user: People, service: str) -> None:
    someone = user({"Action": ["ec2:DescribeVpcs", "ssm:DescribeParameters"]})
    answer = someone.client("ec2").describe_vpcs() if service == "ec2" else someone.client("ssm").describe_parameters()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_explicit_deny_is_told_as_such(user: People) -> None:
    someone = user({"Action": "*"}, {"Action": "ssm:*", "Effect": "Deny"})
    found = refused(someone.client("ssm").describe_parameters)
    assert found["message"].endswith(
        "is not authorized to perform: ssm:DescribeParameters with an explicit deny in an identity-based policy"
    )


def test_a_change_of_a_policy_counts_at_once(user: People, client: Clients) -> None:
    someone = user()
    parameters = someone.client("ssm")
    assert refused(parameters.describe_parameters)["code"] == "AccessDeniedException"
    client("iam").put_user_policy(
        UserName=someone.name, PolicyName="own", PolicyDocument=document({"Action": "ssm:DescribeParameters"})
    )
    parameters.describe_parameters()
    client("iam").delete_user_policy(UserName=someone.name, PolicyName="own")
    assert refused(parameters.describe_parameters)["code"] == "AccessDeniedException"


def test_groups_and_managed_policies_count(user: People, client: Clients) -> None:
    someone, name, iam = user(), f"group-{uuid.uuid4().hex[:8]}", client("iam")
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document({"Action": "none:None"}))["Policy"]["Arn"]
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.add_user_to_group(GroupName=name, UserName=someone.name)
    assert refused(someone.client("ssm").describe_parameters)["code"] == "AccessDeniedException"
    allows = document({"Action": "ssm:DescribeParameters"})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allows, SetAsDefault=True)
    someone.client("ssm").describe_parameters()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert refused(someone.client("ssm").describe_parameters)["code"] == "AccessDeniedException"


UNKNOWN = AccessKey("AKIAUNKNOWNUNKNOWN00", "a-secret-that-nobody-gave-out")
TEST_UNKNOWN: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("ec2", "describe_vpcs", {}, "AuthFailure", 401),
    ("iam", "list_roles", {}, "InvalidClientTokenId", 403),
    ("sts", "get_caller_identity", {}, "InvalidClientTokenId", 403),
    ("ssm", "describe_parameters", {}, "UnrecognizedClientException", 400),
    ("backup", "list_backup_vaults", {}, "UnrecognizedClientException", 403),
    ("route53", "list_hosted_zones", {}, "InvalidClientTokenId", 403),
    ("s3", "list_buckets", {}, "InvalidAccessKeyId", 403),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "code", "status"), TEST_UNKNOWN)
def test_unknown_key(
    endpoint: str, service: str, operation: str, parameters: dict[str, Any], code: str, status: int
) -> None:
    session = boto3.Session(UNKNOWN.key_id, UNKNOWN.secret, region_name="us-east-1")
    connect: Any = session.client
    found = refused(getattr(connect(service, endpoint_url=endpoint, config=ONCE), operation), **parameters)
    assert (found["code"], found["status"]) == (code, status)


TEST_WRONG_SECRET: list[tuple[str, str, str, int]] = [
    ("ec2", "describe_vpcs", "AuthFailure", 401),
    ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
    ("ssm", "describe_parameters", "InvalidSignatureException", 400),
    ("backup", "list_backup_vaults", "InvalidSignatureException", 403),
    ("s3", "list_buckets", "SignatureDoesNotMatch", 403),
]


@pytest.mark.parametrize(("service", "operation", "code", "status"), TEST_WRONG_SECRET)
def test_wrong_secret(
    endpoint: str, administrator_key: AccessKey, service: str, operation: str, code: str, status: int
) -> None:
    connect: Any = boto3.Session(administrator_key.key_id, "another-secret", region_name="us-east-1").client
    found = refused(getattr(connect(service, endpoint_url=endpoint, config=ONCE), operation))
    assert (found["code"], found["status"]) == (code, status)


def test_a_signature_covers_the_body(endpoint: str, administrator_key: AccessKey) -> None:
    headers = {"X-Amz-Target": "AmazonSSM.DescribeParameters", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{endpoint}/", data="{}", headers=headers)
    SigV4Auth(Credentials(administrator_key.key_id, administrator_key.secret), "ssm", "us-east-1").add_auth(request)
    genuine = requests.post(endpoint, data="{}", headers=dict(request.headers), timeout=10)
    altered = requests.post(endpoint, data='{"MaxResults": 1}', headers=dict(request.headers), timeout=10)
    assert genuine.status_code == 200
    assert (altered.status_code, altered.json()["__type"]) == (400, "InvalidSignatureException")


def test_an_old_signature_is_refused(endpoint: str, administrator_key: AccessKey) -> None:
    headers = {"X-Amz-Target": "AmazonSSM.DescribeParameters", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{endpoint}/", data="{}", headers=headers)
    signer = SigV4Auth(Credentials(administrator_key.key_id, administrator_key.secret), "ssm", "us-east-1")
    old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=16)
    request.context["timestamp"] = old.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    answer = requests.post(endpoint, data="{}", headers=dict(request.headers), timeout=10)
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidSignatureException")
    assert answer.json()["message"].startswith("Signature expired")


def test_odd_paths_and_queries_are_signed_as_s3_does(client: Clients) -> None:
    s3, name = client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    for key in ("a b/c+d", "über//ö", "x%20y", "tail/", "~-_.!*'()"):
        s3.put_object(Bucket=name, Key=key, Body=b"content")
        assert s3.get_object(Bucket=name, Key=key)["Body"].read() == b"content"
    listed = s3.list_objects_v2(Bucket=name, Prefix="a b/")["Contents"]
    assert [item["Key"] for item in listed] == ["a b/c+d"]


def test_presigned_url(endpoint: str, administrator_key: AccessKey) -> None:
    connect: Any = boto3.Session(administrator_key.key_id, administrator_key.secret, region_name="us-east-1").client
    s3 = connect("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"content")
    signed: Any = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"}, ExpiresIn=60)
    assert requests.get(signed, timeout=10).content == b"content"
    assert requests.get(signed.replace("/k?", "/other?"), timeout=10).status_code == 403


TEST_UNSIGNED: list[tuple[dict[str, str], str, int, str]] = [
    ({"X-Amz-Target": "AmazonSSM.DescribeParameters"}, "{}", 400, "MissingAuthenticationTokenException"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, "Action=ListRoles", 403, "MissingAuthenticationToken"),
    ({}, "", 403, "AccessDenied"),
]


@pytest.mark.parametrize(("headers", "body", "status", "code"), TEST_UNSIGNED)
def test_unsigned(endpoint: str, headers: dict[str, str], body: str, status: int, code: str) -> None:
    answer = requests.post(endpoint, data=body, headers=headers, timeout=10)
    assert answer.status_code == status
    assert code in answer.text


def test_no_other_account_by_a_header_of_the_emulator(endpoint: str, administrator_key: AccessKey) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", f"{endpoint}/", data=body, headers=headers)
    SigV4Auth(Credentials(administrator_key.key_id, administrator_key.secret), "sts", "us-east-1").add_auth(request)
    headers = {**request.headers, "x-moto-account-id": "999999999999"}
    answer = requests.post(endpoint, data=body, headers=headers, timeout=10)
    assert f"<Account>{ACCOUNT}</Account>" in answer.text


def test_the_callers_identity_needs_no_permission(user: People, instance_role: People) -> None:
    for someone in (user(), instance_role()):
        assert someone.client("sts").get_caller_identity()["Arn"] == someone.arn


def test_inactive_and_deleted_keys(user: People, client: Clients) -> None:
    someone, iam = user(), client("iam")
    (key,) = iam.list_access_keys(UserName=someone.name)["AccessKeyMetadata"]
    names = {"UserName": someone.name, "AccessKeyId": key["AccessKeyId"]}
    identity = someone.client("sts").get_caller_identity
    iam.update_access_key(**names, Status="Inactive")
    assert refused(identity)["code"] == "InvalidClientTokenId"
    iam.update_access_key(**names, Status="Active")
    identity()
    iam.delete_access_key(**names)
    assert refused(identity)["code"] == "InvalidClientTokenId"


def test_temporary_credentials_expire(instance_role: People) -> None:
    someone = instance_role()
    key_id = someone.session.get_credentials().access_key
    with backends.LOCK:
        from moto.sts.models import sts_backends

        session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(key_id)
        assert session is not None
        session.expiration = session.expiration - datetime.timedelta(hours=2)
    assert refused(someone.client("sts").get_caller_identity)["code"] == "ExpiredToken"
    found = refused(someone.client("ssm").describe_parameters)
    assert (found["code"], found["status"]) == ("ExpiredTokenException", 400)
    assert refused(someone.client("ec2").describe_vpcs)["code"] == "RequestExpired"


def test_temporary_credentials_need_their_token(instance_role: People, endpoint: str) -> None:
    keys = instance_role().session.get_credentials()
    connect: Any = boto3.Session(keys.access_key, keys.secret_key, region_name="us-east-1").client
    assert refused(connect("sts", endpoint_url=endpoint).get_caller_identity)["code"] == "InvalidClientTokenId"


def test_sessions_end_with_their_role(instance_role: People, client: Clients) -> None:
    someone, iam = instance_role(), client("iam")
    iam.delete_role(RoleName=someone.name)
    assert refused(someone.client("sts").get_caller_identity)["code"] == "InvalidClientTokenId"
    iam.create_role(RoleName=someone.name, AssumeRolePolicyDocument=trusting(Service="ec2.amazonaws.com"))
    assert refused(someone.client("sts").get_caller_identity)["code"] == "InvalidClientTokenId"


def test_a_role_must_trust_ec2_for_its_instances(client: Clients, endpoint: str, lab_key: AccessKey) -> None:
    name = f"role-{uuid.uuid4().hex[:8]}"
    role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trusting(Service="rds.amazonaws.com"))
    connect: Any = boto3.Session(lab_key.key_id, lab_key.secret, region_name="us-east-1").client
    sts = connect("sts", endpoint_url=endpoint)
    found = refused(sts.assume_role, RoleArn=role["Role"]["Arn"], RoleSessionName="i-1")
    assert found["code"] == "AccessDenied"
    assert found["message"] == (
        f"User: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {role['Role']['Arn']} "
        "because no role trust policy allows the sts:AssumeRole action"
    )


def test_trust_policies_and_external_ids(user: People, client: Clients, endpoint: str) -> None:
    someone, iam, name = user({"Action": "sts:AssumeRole"}), client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    other = user({"Action": "sts:AssumeRole"})
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": someone.arn},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    ask = {"RoleArn": arn, "RoleSessionName": "session"}
    assert refused(someone.client("sts").assume_role, **ask)["code"] == "AccessDenied"
    assert refused(other.client("sts").assume_role, **ask, ExternalId="agreed")["code"] == "AccessDenied"
    keys = someone.client("sts").assume_role(**ask, ExternalId="agreed")["Credentials"]
    session: Any = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
    identity = session.client("sts", endpoint_url=endpoint).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"
    missing = f"arn:aws:iam::{ACCOUNT}:role/is-not-there"
    assert (
        refused(someone.client("sts").assume_role, RoleArn=missing, RoleSessionName="session")["code"] == "AccessDenied"
    )


@pytest.mark.patch("sts.session_attributes")
def test_session_policies_and_tags(user: People, client: Clients, endpoint: str) -> None:
    someone, iam, name = user(), client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(AWS=someone.arn))["Role"]["Arn"]
    own = {"Action": "ssm:*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(own))
    managed = iam.create_policy(PolicyName=name, PolicyDocument=document({"Action": "ssm:DescribeParameters"}))

    def parameters(**options: Any) -> Any:
        keys = someone.client("sts").assume_role(RoleArn=arn, RoleSessionName="session", **options)["Credentials"]
        session: Any = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
        return session.client("ssm", endpoint_url=endpoint)

    blue = {"Tags": [{"Key": "team", "Value": "blue"}]}
    assert refused(parameters().describe_parameters)["code"] == "AccessDeniedException"
    parameters(**blue).describe_parameters()
    limited = parameters(**blue, PolicyArns=[{"arn": managed["Policy"]["Arn"]}])
    limited.describe_parameters()
    found = refused(limited.put_parameter, Name="/x", Value="v", Type="String")
    assert found["message"].endswith("because no session policy allows the ssm:PutParameter action")
    inline = parameters(**blue, Policy=document({"Action": "ssm:PutParameter"}))
    assert "no session policy allows" in refused(inline.describe_parameters)["message"]


@pytest.mark.patch("iam.user_permissions_boundary")
def test_permissions_boundaries_of_users(user: People, client: Clients) -> None:
    someone, iam = user({"Action": "ssm:*"}), client("iam")
    boundary = iam.create_policy(
        PolicyName=f"boundary-{uuid.uuid4().hex[:8]}", PolicyDocument=document({"Action": "ssm:Describe*"})
    )["Policy"]["Arn"]
    put = someone.client("ssm").put_parameter
    iam.put_user_permissions_boundary(UserName=someone.name, PermissionsBoundary=boundary)
    assert iam.get_user(UserName=someone.name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    someone.client("ssm").describe_parameters()
    found = refused(put, Name="/bounded", Value="v", Type="String")
    assert found["message"].endswith("because no permissions boundary allows the ssm:PutParameter action")
    iam.delete_user_permissions_boundary(UserName=someone.name)
    put(Name="/bounded", Value="v", Type="String")
    bounded = user({"Action": "ssm:*"}, PermissionsBoundary=boundary)
    assert refused(bounded.client("ssm").put_parameter, Name="/bounded", Value="v", Type="String", Overwrite=True)


def test_permissions_boundaries_of_roles(instance_role: People, client: Clients) -> None:
    boundary = client("iam").create_policy(
        PolicyName=f"boundary-{uuid.uuid4().hex[:8]}", PolicyDocument=document({"Action": "ssm:Describe*"})
    )["Policy"]["Arn"]
    someone = instance_role({"Action": "ssm:*"}, PermissionsBoundary=boundary)
    someone.client("ssm").describe_parameters()
    found = refused(someone.client("ssm").get_parameter, Name="/x")
    assert found["message"].endswith("because no permissions boundary allows the ssm:GetParameter action")


def test_dry_run(user: People, client: Clients) -> None:
    allowed, denied = user({"Action": "ec2:CreateVpc"}), user()
    found = refused(allowed.client("ec2").create_vpc, CidrBlock="10.250.0.0/16", DryRun=True)
    assert (found["code"], found["status"]) == ("DryRunOperation", 412)
    assert refused(denied.client("ec2").create_vpc, CidrBlock="10.250.0.0/16", DryRun=True)["code"] == (
        "UnauthorizedOperation"
    )
    cidrs = [vpc["CidrBlock"] for vpc in client("ec2").describe_vpcs()["Vpcs"]]
    assert "10.250.0.0/16" not in cidrs


def test_the_emulators_own_controls_are_for_this_machine_only(endpoint: str) -> None:
    assert requests.get(f"{endpoint}/moto-api/config", timeout=10).status_code == 201


def test_calls_are_recorded(user: People, client: Clients, settings: ApiSettings) -> None:
    someone = user({"Action": "secretsmanager:CreateSecret"})
    name = f"recorded/{uuid.uuid4().hex}"
    arn = someone.client("secretsmanager").create_secret(Name=name, SecretString="never-in-the-record")["ARN"]
    refused(someone.client("secretsmanager").get_secret_value, SecretId=name)
    refused(client("secretsmanager").get_secret_value, SecretId=f"{name}-missing")
    path = settings.state_directory / CALLS_FILE
    created, denied = (call for call in read(path) if call.principal == someone.arn)
    assert created.operation == "secretsmanager:CreateSecret"
    assert created.needs == (
        Need("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-??????"),
    )
    assert (created.allowed, created.error, created.denied) == (True, None, None)
    assert abs(created.time - time.time()) < 60
    assert (denied.allowed, denied.error) == (False, "AccessDeniedException")
    assert denied.denied == Need("secretsmanager:GetSecretValue", arn)
    *_, last = (call for call in read(path) if call.principal.endswith(":user/administrator"))
    assert (last.allowed, last.error) == (True, "ResourceNotFoundException")
    assert "never-in-the-record" not in path.read_text(encoding="utf-8")
    assert all(call.principal != "lab" for call in read(path))
