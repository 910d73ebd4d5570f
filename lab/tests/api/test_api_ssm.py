# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager: what agents report and fetch, and what SendCommand makes of it. The agent here is the test's."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from nodeops_lab.api import managed_instances
from nodeops_lab.api.managed_instances import Command, Invocation

from ..expectations import refusal

Clients = Callable[[str], Any]
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass
class Agent:
    """An agent, as far as the API sees of it."""

    endpoint: str
    instance_id: str

    def call(self, service: str, target: str, body: dict[str, Any]) -> requests.Response:
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        url = f"https://{service}.us-east-1.amazonaws.com/"
        request = AWSRequest("POST", url, data=json.dumps(body), headers=headers)
        SigV4Auth(Credentials("AKIAIOSFODNN7EXAMPLE", "an-example-key"), service, "us-east-1").add_auth(request)
        sent = {**dict(request.headers), "Host": f"{service}.us-east-1.amazonaws.com"}
        return requests.post(self.endpoint, data=json.dumps(body), headers=sent, timeout=10)

    def ping(self) -> requests.Response:
        information = {
            "InstanceId": self.instance_id,
            "AgentVersion": "3.3.0.0",
            "PlatformType": "Linux",
            "PlatformName": "Debian GNU/Linux",
            "PlatformVersion": "12",
            "IPAddress": "10.0.0.4",
            "ComputerName": "ip-10-0-0-4",
        }
        return self.call("ssm", "AmazonSSM.UpdateInstanceInformation", information)

    def messages(self) -> list[dict[str, str]]:
        answer = self.call(
            "ec2messages", "EC2WindowsMessageDeliveryService.GetMessages", {"Destination": self.instance_id}
        )
        return list(answer.json()["Messages"])

    def begin(self) -> str:
        (message,) = self.messages()
        self.call(
            "ec2messages", "EC2WindowsMessageDeliveryService.AcknowledgeMessage", {"MessageId": message["MessageId"]}
        )
        return message["MessageId"]

    def end(self, message_id: str, status: str = "Success", code: int = 0, output: str = "", errors: str = "") -> None:
        payload = {"Status": status, "ReturnCode": code, "StandardOutput": output, "StandardError": errors}
        self.call(
            "ec2messages",
            "EC2WindowsMessageDeliveryService.SendReply",
            {"MessageId": message_id, "Payload": json.dumps(payload)},
        )


@pytest.fixture
def profile(client: Clients) -> str:
    """The name of an instance profile and of its role, which may not do anything yet."""
    iam, name = client("iam"), f"p{uuid.uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


@pytest.fixture
def launch(client: Clients, image: str, profile: str, endpoint: str) -> Iterator[Callable[..., Agent]]:
    """Return a function that launches an instance with the profile; its agent has not reported."""
    ec2 = client("ec2")
    made = []

    def start(**tags: str) -> Agent:
        specification = [{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
        answer = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": profile},
            TagSpecifications=specification if tags else [],
        )  # fmt: skip
        made.append(answer["Instances"][0]["InstanceId"])
        return Agent(endpoint, made[-1])

    yield start
    ec2.terminate_instances(InstanceIds=made)


@pytest.fixture
def agent(client: Clients, profile: str, launch: Callable[..., Agent]) -> Agent:
    """An agent that has reported."""
    client("iam").attach_role_policy(RoleName=profile, PolicyArn=CORE)
    agent = launch()
    assert agent.ping().status_code == 200
    return agent


def send(client: Clients, *lines: str, **options: Any) -> str:
    answer = client("ssm").send_command(DocumentName="AWS-RunShellScript", Parameters={"commands": [*lines]}, **options)
    return str(answer["Command"]["CommandId"])


def outcome(client: Clients, command_id: str, agent: Agent) -> dict[str, Any]:
    return dict(client("ssm").get_command_invocation(CommandId=command_id, InstanceId=agent.instance_id))


@pytest.mark.patch("ssm_commands.agent")
def test_an_agent_reports_only_if_its_role_allows_it(
    client: Clients, profile: str, launch: Callable[..., Agent]
) -> None:
    agent = launch()
    denied = agent.ping()
    assert (denied.status_code, denied.json()["__type"]) == (400, "AccessDeniedException")
    client("iam").attach_role_policy(RoleName=profile, PolicyArn=CORE)
    assert agent.ping().status_code == 200


@pytest.mark.patch("ssm_commands.instance_information")
def test_managed_instances_are_described(client: Clients, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def described(**filters: Any) -> list[dict[str, Any]]:
        wanted = [{"Key": "InstanceIds", "Values": [agent.instance_id]}]
        wanted += [{"Key": key, "Values": values} for key, values in filters.items()]
        return list(client("ssm").describe_instance_information(Filters=wanted)["InstanceInformationList"])

    (found,) = described()
    assert (found["PingStatus"], found["PlatformName"]) == ("Online", "Debian GNU/Linux")
    assert described(PingStatus=["ConnectionLost"]) == []
    monkeypatch.setattr(managed_instances, "LOST_SECONDS", 0.0)
    assert described()[0]["PingStatus"] == "ConnectionLost"
    client("ec2").terminate_instances(InstanceIds=[agent.instance_id])
    assert described() == []


@pytest.mark.patch("ssm_commands.commands")
def test_a_command_is_refused_where_no_agent_reports(
    client: Clients, agent: Agent, launch: Callable[..., Agent]
) -> None:
    silent = launch()
    for instance_id in (silent.instance_id, "i-0123456789abcdef0"):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            send(client, "true", InstanceIds=[agent.instance_id, instance_id])
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidInstanceId"
        assert error["Message"] == f"Instances [[{instance_id}]] not in a valid state for account 123456789012"
    client("ec2").stop_instances(InstanceIds=[agent.instance_id])
    assert refusal(lambda: send(client, "true", InstanceIds=[agent.instance_id])) == "InvalidInstanceId"


@pytest.mark.patch("ssm_commands.command_results")
def test_a_command_has_succeeded_only_when_its_agent_says_so(client: Clients, agent: Agent) -> None:
    command_id = send(client, "uname", InstanceIds=[agent.instance_id], Comment="which kernel")
    assert outcome(client, command_id, agent)["Status"] == "Pending"
    message_id = agent.begin()
    assert outcome(client, command_id, agent)["Status"] == "InProgress"
    agent.end(message_id, output="Linux\n")
    found = outcome(client, command_id, agent)
    assert (found["Status"], found["ResponseCode"], found["StandardOutputContent"]) == ("Success", 0, "Linux\n")
    (command,) = client("ssm").list_commands(CommandId=command_id)["Commands"]
    assert (command["Status"], command["CompletedCount"], command["ErrorCount"]) == ("Success", 1, 0)
    (listed,) = client("ssm").list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]
    assert listed["CommandPlugins"][0]["Output"] == "Linux\n"
    waiter = client("ssm").get_waiter("command_executed")
    waiter.wait(CommandId=command_id, InstanceId=agent.instance_id, WaiterConfig={"MaxAttempts": 1})


def test_a_command_that_fails_has_failed(client: Clients, agent: Agent) -> None:
    command_id = send(client, "exit 3", InstanceIds=[agent.instance_id])
    agent.end(agent.begin(), "Failed", 3, errors="no\n")
    found = outcome(client, command_id, agent)
    assert (found["Status"], found["ResponseCode"], found["StandardErrorContent"]) == ("Failed", 3, "no\n")
    assert client("ssm").list_commands(CommandId=command_id)["Commands"][0]["Status"] == "Failed"
    # What has ended stays as it ended.
    assert outcome(client, command_id, agent)["Status"] == "Failed"


@pytest.mark.patch("ssm_commands.cancelling")
def test_a_command_is_cancelled(client: Clients, agent: Agent) -> None:
    waiting = send(client, "sleep 100", InstanceIds=[agent.instance_id])
    client("ssm").cancel_command(CommandId=waiting)
    assert outcome(client, waiting, agent)["Status"] == "Cancelled"
    running = send(client, "sleep 100", InstanceIds=[agent.instance_id])
    message_id = agent.begin()
    client("ssm").cancel_command(CommandId=running)
    assert outcome(client, running, agent)["Status"] == "Cancelling"
    assert [message["Topic"] for message in agent.messages()] == ["aws.ssm.cancelCommand"]
    agent.end(message_id, "Cancelled", 137)
    assert outcome(client, running, agent)["Status"] == "Cancelled"


def test_targets_by_tag(client: Clients, agent: Agent, launch: Callable[..., Agent]) -> None:
    tag = uuid.uuid4().hex
    tagged, silent = launch(group=tag), launch(group=tag)
    tagged.ping()
    command_id = send(client, "true", Targets=[{"Key": "tag:group", "Values": [tag]}])
    assert outcome(client, command_id, tagged)["Status"] == "Pending"
    assert refusal(lambda: outcome(client, command_id, silent)) == "InvocationDoesNotExist"
    nobody = send(client, "true", Targets=[{"Key": "tag:group", "Values": ["nobody"]}])
    assert client("ssm").list_commands(CommandId=nobody)["Commands"][0]["StatusDetails"] == "NoInstancesInTag"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DocumentName": "AWS-RunRemoteScript"}, "NotImplemented"),
        ({"DocumentName": "Nothing"}, "InvalidDocument"),
        ({"Parameters": {}}, "InvalidParameters"),
        ({"Parameters": {"commands": ["true"], "shell": ["bash"]}}, "InvalidParameters"),
        ({"Parameters": {"commands": ["echo {{ ssm:/estate/record }}"]}}, "NotImplemented"),
        ({"OutputS3BucketName": "outputs"}, "NotImplemented"),
    ],
)
def test_what_no_agent_could_run_is_refused(client: Clients, agent: Agent, change: dict[str, Any], code: str) -> None:
    request = {
        "DocumentName": "AWS-RunShellScript",
        "Parameters": {"commands": ["true"]},
        "InstanceIds": [agent.instance_id],
        **change,
    }
    assert refusal(lambda: client("ssm").send_command(**request)) == code
    assert agent.messages() == []


@pytest.mark.patch("ssm_commands.sessions")
def test_sessions_are_refused(client: Clients, agent: Agent, launch: Callable[..., Agent]) -> None:
    ssm = client("ssm")
    assert refusal(lambda: ssm.start_session(Target=launch().instance_id)) == "TargetNotConnected"
    with pytest.raises(botocore.exceptions.ClientError, match="the lab does not emulate sessions of Systems Manager"):
        ssm.start_session(Target=agent.instance_id)


def command(number: int, **limits: str) -> Command:
    invocations = [Invocation(f"i-{index}") for index in range(number)]
    settings = {"max_concurrency": "50", "max_errors": "0", **limits}
    return Command("AWS-RunShellScript", {"commands": ["true"]}, "", 60, settings["max_concurrency"],
                   settings["max_errors"], [], [], invocations)  # fmt: skip


def test_no_more_run_at_a_time_than_were_asked_for() -> None:
    rolling = command(4, max_concurrency="50%")
    assert rolling.deliverable() == {"i-0", "i-1"}
    for item in rolling.invocations[:2]:
        item.told = True
    assert rolling.deliverable() == set()
    rolling.invocations[0].end("Success")
    assert rolling.deliverable() == {"i-2"}


def test_too_many_errors_end_what_has_not_begun() -> None:
    rolling = command(3, max_concurrency="1", max_errors="0")
    rolling.invocations[0].told = True
    rolling.invocations[0].end("Failed")
    assert rolling.deliverable() == set()
    assert [(item.status, item.details) for item in rolling.invocations[1:]] == [("Cancelled", "Terminated")] * 2
    assert rolling.status() == ("Failed", "Failed")


def test_what_is_not_fetched_or_never_reported_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = managed_instances.Fleet()
    late = command(2)
    late.parameters["executionTimeout"] = ["1"]
    fleet.send(late)
    fleet.messages("i-0")
    fleet.acknowledge(late.invocations[0].message_id)
    later = managed_instances.now() + (late.expires - late.requested) * 3
    monkeypatch.setattr(managed_instances, "now", lambda: later)
    fleet.refresh()
    assert [item.details for item in late.invocations] == ["ExecutionTimedOut", "DeliveryTimedOut"]


def test_anybody_can_fetch_the_package_and_install_it(endpoint: str, tmp_path: Path) -> None:
    answer = requests.get(
        f"{endpoint}/amazon-ssm-us-east-1/latest/debian_amd64/amazon-ssm-agent.deb",
        headers={"Host": "s3.us-east-1.amazonaws.com"},
        timeout=10,
    )
    assert answer.status_code == 200
    package = tmp_path / "agent.deb"
    package.write_bytes(answer.content)
    described = subprocess.run(
        ["dpkg-deb", "--info", str(package)], check=True, capture_output=True, text=True, timeout=10
    )
    assert "Package: amazon-ssm-agent" in described.stdout
    raw = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], check=True, capture_output=True, timeout=10)
    with tarfile.open(fileobj=io.BytesIO(raw.stdout)) as archive:
        assert "./usr/bin/amazon-ssm-agent" in archive.getnames()


def test_the_package_is_in_no_bucket_of_ours(client: Clients) -> None:
    assert "amazon-ssm-us-east-1" not in [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
