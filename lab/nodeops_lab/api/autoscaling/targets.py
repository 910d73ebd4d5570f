# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target groups of an Auto Scaling group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.exceptions import InvalidTargetError, TargetGroupNotFoundError
from moto.elbv2.responses import ELBV2Response

from .members import Member

if TYPE_CHECKING:
    from moto.autoscaling.models import FakeAutoScalingGroup as Group
    from moto.elbv2.models import ELBv2Backend


class _Question:
    """A DescribeTargetHealth request, without the HTTP: the answer is what everybody gets, whoever emulates it."""

    def __init__(self, backend: ELBv2Backend, arn: str, instance_id: str) -> None:
        self.elbv2_backend = backend
        self._parameters = {"TargetGroupArn": arn, "Targets": [{"Id": instance_id}]}

    def _get_param(self, name: str, default: Any = None) -> Any:
        return self._parameters.get(name, default)

    def states(self) -> set[str]:
        """Return the states of the target, one for each port."""
        answer: Any = ELBV2Response.describe_target_health(self).result  # type: ignore[arg-type]
        return {
            # Moto answers with objects, the lab with what the API says.
            str(found["TargetHealth"]["State"] if isinstance(found, dict) else found.status)
            for found in answer["TargetHealthDescriptions"]
        }


def register(group: Group, members: list[Member], arns: list[str] | None = None) -> None:
    """Register instances with the group's target groups; one that was deleted meanwhile is no matter."""
    backend = group.autoscaling_backend.elbv2_backend
    for arn in group.target_group_arns if arns is None else arns:
        target_group = backend.target_groups.get(arn)
        if target_group is not None and members:
            # The target group's own port: an Auto Scaling group knows no other.
            backend.register_targets(arn, [{"Id": member.instance_id} for member in members])


def deregister(group: Group, members: list[Member], arns: list[str] | None = None) -> None:
    """Deregister instances from the group's target groups, where they are registered."""
    backend = group.autoscaling_backend.elbv2_backend
    for arn in group.target_group_arns if arns is None else arns:
        for member in members:
            try:
                backend.deregister_targets(arn, [{"Id": member.instance_id}])
            except (TargetGroupNotFoundError, InvalidTargetError):
                continue


def states(group: Group, member: Member) -> set[str]:
    """Return the states in which DescribeTargetHealth shows an instance: healthy, unhealthy, draining, and so on."""
    backend = group.autoscaling_backend.elbv2_backend
    found: set[str] = set()
    for arn in group.target_group_arns:
        try:
            found |= _Question(backend, arn, member.instance_id).states()
        except TargetGroupNotFoundError:
            continue
    return found


def draining(group: Group, member: Member) -> bool:
    """Return whether a load balancer still finishes requests to an instance, which only one that runs can serve."""
    return member.alive and "draining" in states(group, member)
