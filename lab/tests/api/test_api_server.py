# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server: listeners, routing, failures, logs."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from nodeops_lab.api import patches
from nodeops_lab.api.access.credentials import AccessKey
from nodeops_lab.api.server import ApiServer
from nodeops_lab.api.settings import ApiSettings

Clients = Callable[[str], Any]


def test_each_patch_has_a_test() -> None:
    """Whether it fails without the patch is shown by needed.py."""
    marked = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r'@pytest\.mark\.patch\("([a-z0-9_.]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert marked == set(patches.names())


def test_unknown_patch_is_refused(settings: ApiSettings) -> None:
    with pytest.raises(ValueError, match=r"^no such patches: ec2\.nothing$"):
        ApiServer([], settings, frozenset({"ec2.nothing"}))


def test_listeners_share_one_region(server: ApiServer, client: Clients, administrator_key: AccessKey) -> None:
    client("ssm").put_parameter(Name="/test/shared", Value="seen", Type="String")
    address, port = server.listeners[1]
    other = boto3.client(
        "ssm",
        endpoint_url=f"http://{address}:{port}",
        region_name="us-east-1",
        aws_access_key_id=administrator_key.key_id,
        aws_secret_access_key=administrator_key.secret,
    )
    assert address == "127.0.0.2"
    assert other.get_parameter(Name="/test/shared")["Parameter"]["Value"] == "seen"


def test_taken_port_is_an_error_and_leaves_nothing_open(settings: ApiSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as freed:
        free = freed.getsockname()[1]
        freed.close()
        server = ApiServer([("127.0.0.1", free), ("127.0.0.1", taken.getsockname()[1])], settings)
        with pytest.raises(OSError, match=r"^cannot listen on 127\.0\.0\.1:"):
            server.start()
    with socket.create_server(("127.0.0.1", free)):
        assert server.listeners == []


# Real host names, as a proxy in front of the API passes them on; the credential scope says the service.
BY_HOST = [
    ("secretsmanager", "secretsmanager.ListSecrets", "{}", "SecretList"),
    ("ssm", "AmazonSSM.DescribeParameters", "{}", "Parameters"),
    ("kms", "TrentService.ListKeys", "{}", "Keys"),
    ("logs", "Logs_20140328.DescribeLogGroups", "{}", "logGroups"),
]


@pytest.mark.parametrize(("service", "target", "body", "key"), BY_HOST)
def test_real_host_names(
    endpoint: str, administrator_key: AccessKey, service: str, target: str, body: str, key: str
) -> None:
    host = f"{service}.us-east-1.amazonaws.com"
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"https://{host}/", data=body, headers=headers)
    credentials = Credentials(administrator_key.key_id, administrator_key.secret)
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    answer = requests.post(endpoint, data=body, headers={**dict(request.headers), "Host": host}, timeout=10)
    assert (answer.status_code, key in answer.json()) == (200, True)


def test_assumed_role_has_keys_that_work(client: Clients, endpoint: str, lab_key: AccessKey) -> None:
    # The lab's own key stands for EC2, which takes the roles of instances.
    lab = boto3.Session(lab_key.key_id, lab_key.secret, region_name="us-east-1")
    allow = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    role = client("iam").create_role(RoleName="node", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = lab.client("sts", endpoint_url=endpoint)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="i-0123456789abcdef0")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
    identity = session.client("sts", endpoint_url=endpoint).get_caller_identity()
    assert keys["AccessKeyId"].startswith("ASIA")
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/node/i-0123456789abcdef0"
    client("secretsmanager").create_secret(Name="estate/keystore", SecretString="a password")
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [read]})
    client("iam").put_role_policy(RoleName="node", PolicyName="read", PolicyDocument=document)
    secret = session.client("secretsmanager", endpoint_url=endpoint).get_secret_value(SecretId="estate/keystore")
    assert secret["SecretString"] == "a password"


def not_emulated_ec2(client: Clients) -> Any:
    return client("ec2").describe_fpga_images()


def not_emulated_query(client: Clients) -> Any:
    return client("rds").describe_certificates()


def not_emulated_json(client: Clients) -> Any:
    return client("ssm").describe_ops_items()


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (not_emulated_ec2, "DescribeFpgaImages"),
        (not_emulated_query, "DescribeCertificates"),
        (not_emulated_json, "AmazonSSM.DescribeOpsItems"),
    ],
)
def test_missing_operation_is_said(client: Clients, call: Callable[[Clients], Any], operation: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(client)
    error = caught.value.response
    assert error["Error"]["Code"] == "NotImplemented"
    assert error["Error"]["Message"] == f"the lab does not emulate {operation}"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error["ResponseMetadata"]["RetryAttempts"] == 0


def test_log_holds_no_request(
    client: Clients, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither a served request nor one that breaks the emulation leaves its content in a log."""
    secret = "kept-out-of-every-log"
    with caplog.at_level(logging.DEBUG):
        client("secretsmanager").create_secret(Name="quiet", SecretString=secret)
        with pytest.raises(botocore.exceptions.ClientError):
            client("secretsmanager").validate_resource_policy(ResourcePolicy=secret)
    # botocore itself logs requests at debug level; the server must not.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("boto", "urllib3"))]
    output = capfd.readouterr()
    assert any("ValidateResourcePolicy" in line for line in logged)
    assert not [line for line in logged if secret in line]
    assert secret not in output.out + output.err


def test_runs_by_itself_until_terminated(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nodeops_lab.api", "--port", "0", "--state-directory", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"serving on (http://127\.0\.0\.1:\d+)$", line)
        assert found, line
        assert requests.get(f"{found[1]}/moto-api/data.json", timeout=10).status_code == 200
        process.terminate()
        assert process.wait(10) == 0
