# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what has to happen to an estate's flow log. A flow log cannot be changed, only made and deleted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """The one flow log of an estate, of one network to one log group."""

    estate: str
    name: str
    vpc_id: str
    #: ACCEPT, ALL or REJECT; None for no flow log.
    traffic: str | None
    log_group: str | None = None
    role_arn: str | None = None


@dataclass(frozen=True)
class Plan:
    create: bool
    delete: list[str]
    #: The flow log that stays, and the tags that it lacks.
    keep: str | None
    tags: Mapping[str, str]

    @property
    def empty(self) -> bool:
        return not (self.create or self.delete or self.tags)


def tags(wanted: Wanted) -> dict[str, str]:
    return {"nodeops:estate": wanted.estate, "Name": wanted.name}


def plan(wanted: Wanted, found: Sequence[Mapping[str, Any]]) -> Plan:
    """Compare with what DescribeFlowLogs says of the estate's flow logs."""
    kept = None if wanted.traffic is None else next((log for log in found if _fits(wanted, log)), None)
    missing: dict[str, str] = {}
    if kept is not None:
        known = {str(tag["Key"]): str(tag["Value"]) for tag in kept.get("Tags", [])}
        missing = {key: value for key, value in tags(wanted).items() if known.get(key) != value}
    return Plan(
        create=wanted.traffic is not None and kept is None,
        delete=sorted(str(log["FlowLogId"]) for log in found if log is not kept),
        keep=None if kept is None else str(kept["FlowLogId"]),
        tags=missing,
    )


def _fits(wanted: Wanted, log: Mapping[str, Any]) -> bool:
    return (
        log.get("ResourceId") == wanted.vpc_id
        and log.get("TrafficType") == wanted.traffic
        and log.get("LogGroupName") == wanted.log_group
        and log.get("DeliverLogsPermissionArn") == wanted.role_arn
    )
