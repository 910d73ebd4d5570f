# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: processes that can be suspended, and what a group may be asked about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.autoscaling import models, responses
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from ..autoscaling.errors import invalid
from ..autoscaling.records import record_of
from ..autoscaling.termination import POLICIES
from ._registry import add, patch, replace
from .autoscaling import group_of

if TYPE_CHECKING:
    from ..settings import Settings

    Group = models.FakeAutoScalingGroup
    Response = responses.AutoScalingResponse

PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)


def _named(response: Response) -> list[str]:
    named = response._get_param("ScalingProcesses", []) or list(PROCESSES)
    for process in named:
        if process not in PROCESSES:
            raise invalid(f"Invalid scaling process: {process}")
    return list(named)


@patch
def suspension(_settings: Settings) -> None:
    """Suspend and resume a group's processes, and tell since when.

    AWS: all of them if none is named; SuspensionReason "User suspended at <time>" (API reference, SuspendProcesses,
    SuspendedProcess). Moto: takes any name, in random order, without a reason.
    """

    def suspend_processes(self: Response) -> ActionResult:
        suspended = record_of(group_of(self)).suspended
        for process in _named(self):
            suspended.setdefault(process, utcnow())
        return EmptyResult()

    def resume_processes(self: Response) -> ActionResult:
        suspended = record_of(group_of(self)).suspended
        for process in _named(self):
            suspended.pop(process, None)
        return EmptyResult()

    def suspended_processes(self: Group) -> list[dict[str, str]]:
        return [
            {"ProcessName": process, "SuspensionReason": f"User suspended at {since:%Y-%m-%dT%H:%M:%SZ}"}
            for process, since in record_of(self).suspended.items()
        ]

    def ignore(_self: Group, _processes: list[str]) -> None:
        """Moto empties the list when it makes a group: nothing is suspended yet."""

    replace(responses.AutoScalingResponse, "suspend_processes", suspend_processes)
    replace(responses.AutoScalingResponse, "resume_processes", resume_processes)
    replace(models.FakeAutoScalingGroup, "suspended_processes", property(suspended_processes, ignore))


@patch
def types(_settings: Settings) -> None:
    """Tell which processes and termination policies there are.

    AWS: DescribeScalingProcessTypes, DescribeTerminationPolicyTypes (API reference). Moto: neither.
    """

    def describe_scaling_process_types(_self: Response) -> ActionResult:
        return ActionResult({"Processes": [{"ProcessName": process} for process in sorted(PROCESSES)]})

    def describe_termination_policy_types(_self: Response) -> ActionResult:
        answer: dict[str, Any] = {"TerminationPolicyTypes": sorted(POLICIES)}
        return ActionResult(answer)

    add(responses.AutoScalingResponse, "describe_scaling_process_types", describe_scaling_process_types)
    add(responses.AutoScalingResponse, "describe_termination_policy_types", describe_termination_policy_types)
