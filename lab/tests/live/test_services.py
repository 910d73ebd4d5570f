# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that reach a host: commands of Systems Manager, and from a container's log to an operator's mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from .live_lab import TRUST, Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

PROFILE = "live-managed"
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}],
}
IMAGE = "public.ecr.aws/chainlink/chainlink:2.46.0"
DOWNLOAD = "import urllib.request, sys; urllib.request.urlretrieve(sys.argv[1], '/tmp/agent.deb')"
PACKAGE = "https://s3.us-east-1.amazonaws.com/amazon-ssm-us-east-1/latest/debian_amd64/amazon-ssm-agent.deb"


@pytest.fixture(scope="module")
def host(live: LiveLab) -> Iterator[Host]:
    """An instance whose role lets it talk to Systems Manager and write logs."""
    iam = live.client("iam")
    iam.create_role(RoleName=PROFILE, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName=PROFILE, PolicyArn=CORE)
    iam.put_role_policy(RoleName=PROFILE, PolicyName="logs", PolicyDocument=json.dumps(LOGS))
    iam.create_instance_profile(InstanceProfileName=PROFILE)
    iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)
    found = live.launch(IamInstanceProfile={"Name": PROFILE})
    yield found
    live.terminate(found)
    iam.remove_role_from_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)
    iam.delete_instance_profile(InstanceProfileName=PROFILE)
    iam.delete_role_policy(RoleName=PROFILE, PolicyName="logs")
    iam.detach_role_policy(RoleName=PROFILE, PolicyArn=CORE)
    iam.delete_role(RoleName=PROFILE)


def deliveries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in lab("deliveries", "--json").stdout.splitlines()]


@pytest.fixture(scope="module")
def alarm(live: LiveLab, host: Host) -> Iterator[str]:
    """An alarm on errors in a container's log, which it has just written; an operator is to be told by mail."""
    name = "live-errors"
    logs, sns, cloudwatch = live.client("logs"), live.client("sns"), live.client("cloudwatch")
    logs.create_log_group(logGroupName=name)
    transformation = {"metricName": name, "metricNamespace": "Live", "metricValue": "1", "defaultValue": 0.0}
    logs.put_metric_filter(
        logGroupName=name,
        filterName="errors",
        filterPattern='{ $.level = "error" }',
        metricTransformations=[transformation],
    )
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="email", Endpoint="operator@example.org")
    assert "confirmed operator@example.org" in lab("deliveries", "--confirm").stderr
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="Live", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=0.0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
        AlarmActions=[topic_arn],
    )  # fmt: skip
    options = f"--log-driver=awslogs --log-opt=awslogs-region=us-east-1 --log-opt=awslogs-group={name}"
    options += " --log-opt=awslogs-stream=node"
    line = json.dumps({"level": "error", "msg": "no RPC"})
    host.run(f"sudo docker run --rm {options} --entrypoint /bin/sh {IMAGE} -c 'echo \"$0\"' '{line}'")
    yield name
    cloudwatch.delete_alarms(AlarmNames=[name])
    sns.delete_topic(TopicArn=topic_arn)
    logs.delete_log_group(logGroupName=name)


@pytest.fixture(scope="module")
def managed(live: LiveLab, host: Host, alarm: str) -> Host:
    """The instance with the agent installed, as on AWS: Debian's image has none."""
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidInstanceId"):
        send(live, host, "true")
    host.run(f'python3 -c "{DOWNLOAD}" {PACKAGE} && sudo dpkg --install /tmp/agent.deb')

    def online() -> bool:
        return ping_status(live, host) == "Online"

    until(online)
    return host


def ping_status(live: LiveLab, host: Host) -> str | None:
    filters = [{"Key": "InstanceIds", "Values": [host.instance_id]}]
    listed = live.client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]
    return str(listed[0]["PingStatus"]) if listed else None


def send(live: LiveLab, host: Host, *lines: str, **parameters: list[str]) -> str:
    command = live.client("ssm").send_command(
        InstanceIds=[host.instance_id],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": [*lines], **parameters},
    )
    return str(command["Command"]["CommandId"])


def outcome(live: LiveLab, host: Host, command_id: str) -> dict[str, Any]:
    """Wait until a command has ended on the host, and return how."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        answer = live.client("ssm").get_command_invocation(CommandId=command_id, InstanceId=host.instance_id)
        found.update(answer)
        return found["Status"] not in ("Pending", "InProgress", "Cancelling")

    until(ended)
    return found


def test_commands_run_on_the_host_as_root_and_tell_their_outcome(live: LiveLab, managed: Host) -> None:
    wrong = send(live, managed, "id -un", "hostname", "echo oops >&2", "exit 3")
    right = send(live, managed, "pwd; touch /run/was-here", workingDirectory=["/var/tmp"])
    failed = outcome(live, managed, wrong)
    assert (failed["Status"], failed["ResponseCode"]) == ("Failed", 3)
    assert failed["StandardOutputContent"].splitlines() == ["root", managed.run("hostname")]
    assert failed["StandardErrorContent"] == "oops\n"
    succeeded = outcome(live, managed, right)
    assert (succeeded["Status"], succeeded["StandardOutputContent"]) == ("Success", "/var/tmp\n")
    assert managed.ssh("test -e /run/was-here").returncode == 0


def test_commands_end_by_their_time_limit_or_when_they_are_cancelled(live: LiveLab, managed: Host) -> None:
    late = send(live, managed, "sleep 3001", executionTimeout=["2"])
    cancelled = send(live, managed, "sleep 3002")

    def running() -> bool:
        return managed.ssh("pgrep --full '^sleep 3002'").returncode == 0

    until(running)
    live.client("ssm").cancel_command(CommandId=cancelled)
    assert outcome(live, managed, cancelled)["Status"] == "Cancelled"
    ended = outcome(live, managed, late)
    assert (ended["Status"], ended["StatusDetails"], ended["ResponseCode"]) == ("TimedOut", "ExecutionTimedOut", 137)
    assert managed.ssh("pgrep --full '^sleep 300[12]'").returncode == 1


def test_an_operator_who_has_confirmed_is_told_of_an_error_in_a_containers_log(
    live: LiveLab, managed: Host, alarm: str
) -> None:
    (event,) = live.client("logs").filter_log_events(logGroupName=alarm)["events"]
    assert json.loads(event["message"]) == {"level": "error", "msg": "no RPC"}

    def told() -> bool:
        return any((item["subject"] or "").startswith(f'ALARM: "{alarm}"') for item in deliveries())

    # A minute must be over before its datapoint counts.
    until(told, seconds=100.0)
    (mail,) = [item for item in deliveries() if (item["subject"] or "").startswith("ALARM")]
    assert (mail["protocol"], mail["endpoint"]) == ("email", "operator@example.org")
    assert json.loads(mail["message"])["Trigger"]["MetricName"] == alarm


def test_an_agent_that_stops_is_lost_and_takes_no_commands(live: LiveLab, managed: Host) -> None:
    managed.run("sudo systemctl stop amazon-ssm-agent")

    def lost() -> bool:
        return ping_status(live, managed) == "ConnectionLost"

    until(lost, seconds=60.0)
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidInstanceId"):
        send(live, managed, "true")
