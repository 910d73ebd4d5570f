# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager's managed instances: the agents that report, and the commands that they run.

Statuses and time limits: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html. Nothing
here runs anything: an agent on the host fetches its messages, as AWS's does, and reports what came of them.
"""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LOST_SECONDS = 30.0
"""After so long without a ping an agent counts as lost. AWS waits some minutes; its agent pings every five minutes,
the lab's every five seconds."""
DELIVERY_SECONDS = 3600
EXECUTION_SECONDS = 3600
OUTPUT_CHARACTERS = 24000
"""What GetCommandInvocation returns of an output; ListCommandInvocations returns less."""
LISTED_CHARACTERS = 2500
FINAL = frozenset({"Success", "Cancelled", "TimedOut", "Failed"})


def now() -> datetime.datetime:
    """Return the present moment."""
    return datetime.datetime.now(datetime.UTC)


@dataclass
class Agent:
    """An agent that has reported."""

    instance_id: str
    information: dict[str, Any]
    role: str
    registered: datetime.datetime = field(default_factory=now)
    pinged: datetime.datetime = field(default_factory=now)
    heard: float = field(default_factory=time.monotonic)

    @property
    def online(self) -> bool:
        """Whether it has reported lately."""
        return time.monotonic() - self.heard < LOST_SECONDS


@dataclass
class Invocation:
    """A command on one instance."""

    instance_id: str
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Pending"
    details: str = "Pending"
    code: int = -1
    output: str = ""
    errors: str = ""
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    told: bool = False
    """Whether the agent has been handed it."""
    cancelling: bool = False
    cancel_told: bool = False

    def end(self, status: str, details: str | None = None) -> None:
        """Put it into a final state, in which it stays."""
        self.status, self.details = status, details or status
        self.ended = now()


@dataclass
class Command:
    """A command on a number of instances."""

    document: str
    parameters: dict[str, list[str]]
    comment: str
    delivery_seconds: int
    max_concurrency: str
    max_errors: str
    instance_ids: list[str]
    targets: list[dict[str, Any]]
    invocations: list[Invocation]
    command_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    requested: datetime.datetime = field(default_factory=now)

    @property
    def execution_seconds(self) -> int:
        """How long its script may run."""
        return int((self.parameters.get("executionTimeout") or [str(EXECUTION_SECONDS)])[0])

    @property
    def expires(self) -> datetime.datetime:
        """When it is over at the latest."""
        return self.requested + datetime.timedelta(seconds=self.delivery_seconds + self.execution_seconds)

    @property
    def errors(self) -> int:
        """How many instances have failed."""
        return sum(item.status in ("Failed", "TimedOut") for item in self.invocations)

    @property
    def completed(self) -> int:
        """How many instances have come to an end."""
        return sum(item.status in FINAL for item in self.invocations)

    def status(self) -> tuple[str, str]:
        """Return its status and the status' details, which follow from its invocations'."""
        if not self.invocations:
            return "Failed", "NoInstancesInTag"
        if self.completed < len(self.invocations):
            begun = any(item.status != "Pending" for item in self.invocations)
            state = "Cancelling" if any(item.cancelling for item in self.invocations) else "InProgress"
            return (state, state) if begun or state == "Cancelling" else ("Pending", "Pending")
        for state in ("Failed", "TimedOut", "Cancelled"):
            found = [item for item in self.invocations if item.status == state]
            if found:
                return state, found[0].details
        return "Success", "Success"

    def deliverable(self) -> set[str]:
        """Return the instances that may be told now, as MaxConcurrency and MaxErrors have it."""
        if self.errors > _share(self.max_errors, len(self.invocations), 0):
            for item in self.invocations:
                if item.status == "Pending" and not item.told:
                    item.end("Cancelled", "Terminated")
            return set()
        running = sum(item.told and item.status not in FINAL for item in self.invocations)
        free = _share(self.max_concurrency, len(self.invocations), 50) - running
        waiting = [item.instance_id for item in self.invocations if not item.told and item.status == "Pending"]
        return set(waiting[: max(0, free)])


def _share(text: str, whole: int, default: int) -> int:
    """Return a number, or a percentage of a whole, rounded as Systems Manager does: a concurrency is at least one."""
    if not text:
        return default
    if text.endswith("%"):
        part = whole * int(text[:-1]) // 100
        return max(1, part) if default else part
    return int(text)


class Fleet:
    """The managed instances of a region."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.commands: dict[str, Command] = {}

    def ping(self, instance_id: str, information: Mapping[str, Any], role: str) -> None:
        """Register an agent, or note that it lives."""
        agent = self.agents.get(instance_id)
        if agent is None:
            self.agents[instance_id] = Agent(instance_id, dict(information), role)
            return
        agent.information, agent.role = dict(information), role
        agent.pinged, agent.heard = now(), time.monotonic()

    def online(self, instance_id: str) -> bool:
        """Return whether an instance's agent has reported lately."""
        agent = self.agents.get(instance_id)
        return agent is not None and agent.online

    def send(self, command: Command) -> Command:
        """Take a command; its agents fetch it."""
        self.commands[command.command_id] = command
        return command

    def refresh(self) -> None:
        """End what has run out of time: not fetched, or begun and never reported."""
        for command in self.commands.values():
            for item in command.invocations:
                if item.status in FINAL:
                    continue
                waited = (now() - command.requested).total_seconds()
                if item.started is None:
                    if waited > command.delivery_seconds:
                        item.end("TimedOut", "DeliveryTimedOut")
                elif (now() - item.started).total_seconds() > command.execution_seconds + LOST_SECONDS:
                    item.end("TimedOut", "ExecutionTimedOut")
            command.deliverable()

    def messages(self, instance_id: str) -> list[dict[str, str]]:
        """Return what an agent has not been told yet."""
        found = []
        for command in self.commands.values():
            wanted = command.deliverable()
            for item in command.invocations:
                if item.instance_id != instance_id:
                    continue
                if not item.told and instance_id in wanted:
                    item.told = True
                    payload = {
                        "CommandId": command.command_id,
                        "DocumentName": command.document,
                        "Parameters": command.parameters,
                        "ExecutionTimeout": command.execution_seconds,
                    }
                    found.append(_message(item, "aws.ssm.sendCommand", payload))
                elif item.told and item.cancelling and not item.cancel_told:
                    item.cancel_told = True
                    found.append(_message(item, "aws.ssm.cancelCommand", {"CommandId": command.command_id}))
        return found

    def _invocation(self, message_id: str) -> Invocation | None:
        items: Iterable[Invocation] = (item for command in self.commands.values() for item in command.invocations)
        return next((item for item in items if item.message_id == message_id), None)

    def acknowledge(self, message_id: str) -> None:
        """Note that an agent has begun."""
        item = self._invocation(message_id)
        if item is not None and item.status == "Pending":
            item.status = item.details = "InProgress"
            item.started = now()

    def reply(self, message_id: str, payload: str) -> None:
        """Note how a command ended on an instance."""
        item = self._invocation(message_id)
        if item is None or item.status in FINAL:
            return
        report = json.loads(payload)
        item.output, item.errors = str(report["StandardOutput"]), str(report["StandardError"])
        item.code = int(report["ReturnCode"])
        details = {"TimedOut": "ExecutionTimedOut"}.get(report["Status"])
        item.end(str(report["Status"]), details)

    def cancel(self, command: Command, instance_ids: Iterable[str]) -> None:
        """Cancel a command: what no agent has yet ends now, the rest when its agent has killed it."""
        wanted = set(instance_ids)
        for item in command.invocations:
            if wanted and item.instance_id not in wanted:
                continue
            if not item.told and item.status == "Pending":
                item.end("Cancelled")
            elif item.status not in FINAL:
                item.cancelling = True
                item.status = item.details = "Cancelling"


def _message(item: Invocation, topic: str, payload: Mapping[str, Any]) -> dict[str, str]:
    return {"MessageId": item.message_id, "Topic": topic, "Payload": json.dumps(payload)}


_fleets: dict[str, Fleet] = {}


def fleet(region: str) -> Fleet:
    """Return the managed instances of a region."""
    return _fleets.setdefault(region, Fleet())
