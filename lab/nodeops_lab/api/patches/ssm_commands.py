# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager: managed instances, and commands that really run on them."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.ssm import responses
from moto.ssm.exceptions import SSMException

from .. import agent_package
from ..backends import ACCOUNT_ID, ec2
from ..errors import NotEmulatedError
from ..managed_instances import (
    DELIVERY_SECONDS,
    FINAL,
    LISTED_CHARACTERS,
    OUTPUT_CHARACTERS,
    Agent,
    Command,
    Fleet,
    Invocation,
    fleet,
)
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance

    from ..settings import Settings

DOCUMENT = "AWS-RunShellScript"
PLUGIN = "aws:runShellScript"
PARAMETERS = frozenset({"commands", "workingDirectory", "executionTimeout"})
STORED_PARAMETER = re.compile(r"\{\{\s*ssm(-secure)?:")
AGENT_ACTIONS = ("ssm:UpdateInstanceInformation", "ec2messages:GetMessages")
"""What the agent cannot do without (user guide, "Systems Manager API actions for agents")."""


def invalid_instances(instance_ids: Iterable[str]) -> SSMException:
    """Return what AWS answers about instances that cannot take a command."""
    listed = ", ".join(f"[{instance_id}]" for instance_id in instance_ids)
    return SSMException("InvalidInstanceId", f"Instances [{listed}] not in a valid state for account {ACCOUNT_ID}")


def running_instance(region: str, instance_id: str) -> Instance | None:
    """Return an instance that runs, else None."""
    found = ec2(region).get_instance_by_id(instance_id)
    return found if found is not None and found.state == "running" else None


def role_of(instance: Instance) -> str | None:
    """Return the name of an instance's role if it may talk to Systems Manager, else None."""
    profile = getattr(instance, "iam_instance_profile", None)
    if not profile:
        return None
    backend = iam_backends[ACCOUNT_ID]["aws"]
    arn = profile["Arn"] if isinstance(profile, dict) else str(profile)
    found = next((item for item in backend.get_instance_profiles() if item.arn == arn), None)
    for role in found.roles if found else []:
        policies = [*role.managed_policies.values(), *role.policies.values()]
        if all(_permits(policies, action) for action in AGENT_ACTIONS):
            return str(role.name)
    return None


def _permits(policies: Sequence[Any], action: str) -> bool:
    results = [IAMPolicy(policy).is_action_permitted(action) for policy in policies]
    return PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results


@patch
def agent(settings: Settings) -> None:
    """Hear the agents, and publish their package.

    AWS: an agent whose instance's role allows it reports by UpdateInstanceInformation (user guide, "Configure instance
    permissions required for Systems Manager"); Debian's images have no agent, its package is in AWS's buckets. Moto:
    no agents. The package in the lab is a stand-in's.
    """
    agent_package.publish(settings.region)

    def update_instance_information(self: responses.SimpleSystemManagerResponse) -> str:
        information = json.loads(self.body)
        instance_id = information["InstanceId"]
        instance = running_instance(self.region, instance_id)
        role = role_of(instance) if instance is not None else None
        if role is None:
            raise SSMException(
                "AccessDeniedException",
                f"Systems Manager's instance management role is not configured for account: {ACCOUNT_ID}",
            )
        fleet(self.region).ping(instance_id, information, role)
        return "{}"

    add(responses.SimpleSystemManagerResponse, "update_instance_information", update_instance_information)


@patch
def instance_information(_settings: Settings) -> None:
    """Describe the managed instances.

    AWS: DescribeInstanceInformation (API reference), of instances that are not terminated. Moto: not implemented.
    """

    def describe_instance_information(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        wanted: dict[str, list[str]] = {}
        for entry in self._get_param("Filters", []):
            wanted[entry["Key"]] = entry["Values"]
        for entry in self._get_param("InstanceInformationFilterList", []):
            wanted[entry["key"]] = entry["valueSet"]
        listed = []
        for item in fleet(self.region).agents.values():
            instance = ec2(self.region).get_instance_by_id(item.instance_id)
            if instance is None or instance.state in ("shutting-down", "terminated"):
                continue
            described = _describe(item, instance.state == "running")
            if all(_passes(described, key, values, instance) for key, values in wanted.items()):
                listed.append(described)
        return ActionResult({"InstanceInformationList": listed})

    add(responses.SimpleSystemManagerResponse, "describe_instance_information", describe_instance_information)


def _describe(item: Agent, running: bool) -> dict[str, Any]:
    information = item.information
    return {
        "InstanceId": item.instance_id,
        "PingStatus": "Online" if item.online and running else "ConnectionLost",
        "LastPingDateTime": item.pinged.replace(tzinfo=None),
        "AgentVersion": information["AgentVersion"],
        "IsLatestVersion": True,
        "PlatformType": information["PlatformType"],
        "PlatformName": information["PlatformName"],
        "PlatformVersion": information["PlatformVersion"],
        "ResourceType": "EC2Instance",
        "IPAddress": information["IPAddress"],
        "ComputerName": information["ComputerName"],
        "SourceId": item.instance_id,
        "SourceType": "AWS::EC2::Instance",
    }


FILTERS = {
    "InstanceIds": "InstanceId",
    "AgentVersion": "AgentVersion",
    "PingStatus": "PingStatus",
    "PlatformTypes": "PlatformType",
    "ResourceType": "ResourceType",
}


def _passes(described: dict[str, Any], key: str, values: list[str], instance: Instance) -> bool:
    if key.startswith("tag:"):
        return any(tag["key"] == key[4:] and tag["value"] in values for tag in instance.get_tags())
    if key == "tag-key":
        return any(tag["key"] in values for tag in instance.get_tags())
    if key not in FILTERS:
        raise SSMException("InvalidFilterKey", f"The filter key {key} is not valid or not known to the lab.")
    return described[FILTERS[key]] in values


@patch
def commands(_settings: Settings) -> None:
    """Run commands on hosts, and say what became of them.

    AWS: SendCommand refuses instances whose agent does not report; others fetch the command and run it (user guide,
    "Run Command"). Moto: success at once, on any instance, and nothing runs.
    """

    def send_command(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        command = _command_of(self)
        instances = fleet(self.region)
        return ActionResult({"Command": _summary(instances.send(command))})

    replace(responses.SimpleSystemManagerResponse, "send_command", send_command)


def _command_of(response: responses.SimpleSystemManagerResponse) -> Command:
    get = response._get_param
    _check_document(response, str(get("DocumentName")))
    for name in ("OutputS3BucketName", "CloudWatchOutputConfig", "NotificationConfig", "AlarmConfiguration"):
        if get(name):
            raise NotEmulatedError(f"{name} of SendCommand")
    parameters = dict(get("Parameters") or {})
    unknown = sorted(parameters.keys() - PARAMETERS)
    if unknown or not parameters.get("commands"):
        raise SSMException("InvalidParameters", f"Document {DOCUMENT} does not take these parameters: {unknown}")
    if any(STORED_PARAMETER.search(line) for line in parameters["commands"]):
        raise NotEmulatedError("references to parameters in commands")
    timeout = (parameters.get("executionTimeout") or ["3600"])[0]
    if not timeout.isdigit() or not 1 <= int(timeout) <= 172800:
        raise SSMException("InvalidParameters", "executionTimeout must be 1 to 172800 seconds")
    instance_ids, targets = list(get("InstanceIds") or []), list(get("Targets") or [])
    if len(instance_ids) != len(set(instance_ids)):
        raise SSMException("DuplicateInstanceId", "You can't specify an instance ID in more than one association.")
    instances = fleet(response.region)
    region = response.region
    refused = [item for item in instance_ids if not _ready(instances, region, item)]
    if refused:
        raise invalid_instances(refused)
    if targets:
        chosen = [item for item in instances.agents if _targeted(region, item, targets)]
        named = [value for target in targets if target["Key"] == "InstanceIds" for value in target["Values"]]
        lost = [item for item in named if not _ready(instances, region, item)]
        if lost:
            raise invalid_instances(lost)
        instance_ids = [*instance_ids, *(item for item in chosen if item not in instance_ids)]
    elif not instance_ids:
        raise SSMException("ValidationException", "Either InstanceIds or Targets must be given")
    return Command(
        document=DOCUMENT,
        parameters=parameters,
        comment=str(get("Comment") or ""),
        delivery_seconds=int(get("TimeoutSeconds") or DELIVERY_SECONDS),
        max_concurrency=str(get("MaxConcurrency") or "50"),
        max_errors=str(get("MaxErrors") or "0"),
        instance_ids=[] if targets else instance_ids,
        targets=targets,
        invocations=[Invocation(instance_id) for instance_id in instance_ids],
    )


def _check_document(response: responses.SimpleSystemManagerResponse, name: str) -> None:
    plain = name.rpartition("/")[2] if name.startswith("arn:") else name
    if plain == DOCUMENT:
        return
    if plain.startswith("AWS-") or plain in response.ssm_backend._documents:
        raise NotEmulatedError(f"running the document {plain}")
    raise SSMException("InvalidDocument", f"Document {plain} does not exist in your account")


def _ready(instances: Fleet, region: str, instance_id: str) -> bool:
    return instances.online(instance_id) and running_instance(region, instance_id) is not None


def _targeted(region: str, instance_id: str, targets: Iterable[dict[str, Any]]) -> bool:
    """Return whether an instance is among the targets: it must match each of them."""
    instance = running_instance(region, instance_id)
    if instance is None:
        return False
    for target in targets:
        key, values = target["Key"], target["Values"]
        if key == "InstanceIds":
            if instance_id not in values:
                return False
        elif key.startswith("tag:"):
            if not any(tag["key"] == key[4:] and tag["value"] in values for tag in instance.get_tags()):
                return False
        else:
            raise NotEmulatedError(f"targets by {key}")
    return True


def _find(region: str, command_id: str) -> Command:
    instances = fleet(region)
    instances.refresh()
    if command_id not in instances.commands:
        raise SSMException("InvalidCommandId", f"The command {command_id} does not exist")
    return instances.commands[command_id]


@patch
def command_results(_settings: Settings) -> None:
    """Tell the outcome of commands.

    AWS: GetCommandInvocation, ListCommands and ListCommandInvocations (API reference). Moto: the first two with its
    invented success, the last not at all.
    """

    def get_command_invocation(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        command = _find(self.region, self._get_param("CommandId"))
        wanted = self._get_param("InstanceId")
        item = next((one for one in command.invocations if one.instance_id == wanted), None)
        if item is None:
            raise SSMException("InvocationDoesNotExist", "")
        if self._get_param("PluginName", PLUGIN) not in (PLUGIN, "runShellScript"):
            raise SSMException("InvalidPluginName", "")
        return ActionResult(_invocation(command, item))

    def list_commands(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        if self._get_param("Filters"):
            raise NotEmulatedError("filters of ListCommands")
        return ActionResult({"Commands": [_summary(item) for item in _listed(self)]})

    def list_command_invocations(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        if self._get_param("Filters"):
            raise NotEmulatedError("filters of ListCommandInvocations")
        instance_id, details = self._get_param("InstanceId"), bool(self._get_param("Details"))
        listed = [
            _listed_invocation(command, item, details)
            for command in _listed(self)
            for item in command.invocations
            if not instance_id or item.instance_id == instance_id
        ]
        return ActionResult({"CommandInvocations": listed})

    replace(responses.SimpleSystemManagerResponse, "get_command_invocation", get_command_invocation)
    replace(responses.SimpleSystemManagerResponse, "list_commands", list_commands)
    add(responses.SimpleSystemManagerResponse, "list_command_invocations", list_command_invocations)


def _listed(response: responses.SimpleSystemManagerResponse) -> list[Command]:
    """Return the commands of a request, the newest first."""
    command_id, instance_id = response._get_param("CommandId"), response._get_param("InstanceId")
    if command_id:
        return [_find(response.region, command_id)]
    instances = fleet(response.region)
    instances.refresh()
    return [
        command
        for command in reversed(instances.commands.values())
        if not instance_id or any(item.instance_id == instance_id for item in command.invocations)
    ]


def _plain(moment: datetime.datetime | None) -> datetime.datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def _summary(command: Command) -> dict[str, Any]:
    status, details = command.status()
    return {
        "CommandId": command.command_id,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "Comment": command.comment,
        "ExpiresAfter": _plain(command.expires),
        "Parameters": command.parameters,
        "InstanceIds": command.instance_ids,
        "Targets": command.targets,
        "RequestedDateTime": _plain(command.requested),
        "Status": status,
        "StatusDetails": details,
        "MaxConcurrency": command.max_concurrency,
        "MaxErrors": command.max_errors,
        "TargetCount": len(command.invocations),
        "CompletedCount": command.completed,
        "ErrorCount": command.errors,
        "DeliveryTimedOutCount": sum(item.details == "DeliveryTimedOut" for item in command.invocations),
        "TimeoutSeconds": command.delivery_seconds,
    }


def _iso(moment: datetime.datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z" if moment else ""


def _invocation(command: Command, item: Invocation) -> dict[str, Any]:
    elapsed = ((item.ended - item.started).total_seconds() if item.ended and item.started else None) or 0.0
    return {
        "CommandId": command.command_id,
        "InstanceId": item.instance_id,
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "PluginName": PLUGIN,
        "ResponseCode": item.code,
        "ExecutionStartDateTime": _iso(item.started),
        "ExecutionElapsedTime": f"PT{elapsed:.3f}S" if item.started and item.status in FINAL else "",
        "ExecutionEndDateTime": _iso(item.ended) if item.started else "",
        "Status": item.status,
        "StatusDetails": item.details,
        "StandardOutputContent": item.output[:OUTPUT_CHARACTERS],
        "StandardOutputUrl": "",
        "StandardErrorContent": item.errors[:OUTPUT_CHARACTERS],
        "StandardErrorUrl": "",
    }


def _listed_invocation(command: Command, item: Invocation, details: bool) -> dict[str, Any]:
    # Both outputs, as the agent puts them together.
    output = item.output + (f"\n----------ERROR-------\n{item.errors}" if item.errors else "")
    plugin = {
        "Name": PLUGIN,
        "Status": {"Cancelling": "InProgress"}.get(item.status, item.status),
        "StatusDetails": item.details,
        "ResponseCode": item.code,
        "ResponseStartDateTime": _plain(item.started),
        "ResponseFinishDateTime": _plain(item.ended),
        "Output": output[:LISTED_CHARACTERS],
    }
    return {
        "CommandId": command.command_id,
        "InstanceId": item.instance_id,
        "InstanceName": "",
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "RequestedDateTime": _plain(command.requested),
        "Status": item.status,
        "StatusDetails": item.details,
        "CommandPlugins": [plugin] if details else [],
    }


@patch
def cancelling(_settings: Settings) -> None:
    """Cancel commands.

    AWS: CancelCommand; what no agent has fetched ends at once, the rest when the agent has stopped it (API reference).
    Moto: not implemented.
    """

    def cancel_command(self: responses.SimpleSystemManagerResponse) -> EmptyResult:
        command = _find(self.region, self._get_param("CommandId"))
        instance_ids = self._get_param("InstanceIds") or []
        unknown = set(instance_ids) - {item.instance_id for item in command.invocations}
        if unknown:
            raise invalid_instances(sorted(unknown))
        fleet(self.region).cancel(command, instance_ids)
        return EmptyResult()

    add(responses.SimpleSystemManagerResponse, "cancel_command", cancel_command)


@patch
def sessions(_settings: Settings) -> None:
    """Refuse sessions.

    AWS: StartSession answers with a web socket to the instance's agent, or TargetNotConnected (API reference). Moto:
    not implemented. The lab has no plugin for the client's side and no web socket: it says so.
    """

    def start_session(self: responses.SimpleSystemManagerResponse) -> ActionResult:
        target = str(self._get_param("Target"))
        if not _ready(fleet(self.region), self.region, target):
            raise SSMException("TargetNotConnected", f"{target} is not connected.")
        raise NotEmulatedError("sessions of Systems Manager")

    add(responses.SimpleSystemManagerResponse, "start_session", start_session)
