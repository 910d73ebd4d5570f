# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling.

Source: Auto Scaling user guide, "How Amazon EC2 Auto Scaling works with IAM", "Service-linked roles for Amazon EC2
Auto Scaling", "Control Amazon EC2 launch template usage in Auto Scaling groups".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...backends import autoscaling as backend
from .. import state
from ..checks import Check, Values, service
from ..request import Call
from .ec2_launch import launch
from .passing import pass_profile, pass_role, service_linked_role

ROLE = "AWSServiceRoleForAutoScaling"
SERVICE = "autoscaling.amazonaws.com"
# A group's launch template is checked as if its caller launched from it.
TEMPLATE_USERS = frozenset({"CreateAutoScalingGroup", "UpdateAutoScalingGroup", "StartInstanceRefresh"})
UNSCOPED = frozenset({"GetPredictiveScalingForecast", "PutAccountSetting"})
REFUSED = "AccessDenied"


@service("autoscaling")
def autoscaling(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Auto Scaling."""
    given = call.parameters
    if call.operation.startswith("Describe") or call.operation in UNSCOPED:
        yield Check(call.action)
        return
    if "LaunchConfiguration" in call.operation:
        name = str(given.get("LaunchConfigurationName", "*"))
        yield Check(call.action, call.arn(f"launchConfiguration:*:launchConfigurationName/{name}"))
        if given.get("IamInstanceProfile"):
            profile = str(given["IamInstanceProfile"])
            yield from pass_profile({"Arn": profile} if profile.startswith("arn:") else {"Name": profile})
        return
    context = _context(call)
    groups = list(dict.fromkeys(_groups(call)))
    for name in groups:
        yield Check(call.action, group_arn(call, name), context)
    if call.operation in TEMPLATE_USERS:
        yield from _template(call, groups[0])
    if call.operation == "CreateAutoScalingGroup":
        if given.get("ServiceLinkedRoleARN"):
            yield from pass_role(str(given["ServiceLinkedRoleARN"]), SERVICE)
        else:
            yield from service_linked_role(SERVICE, ROLE)
    for hook in (given, *(given.get("LifecycleHookSpecificationList") or [])):
        yield from pass_role(hook.get("RoleARN"), SERVICE)


def group_arn(call: Call, name: str) -> str:
    """Return a group's ARN; that of a new one has an asterisk for the id that it will get."""
    found = backend(call.region).autoscaling_groups.get(name)
    if found is not None:
        return str(found.arn)
    return call.arn(f"autoScalingGroup:*:autoScalingGroupName/{name}")


def _groups(call: Call) -> Iterable[str]:
    given = call.parameters
    if given.get("AutoScalingGroupName"):
        yield str(given["AutoScalingGroupName"])
    elif call.operation in ("CreateOrUpdateTags", "DeleteTags"):
        for tag in given.get("Tags") or [{}]:
            yield str(tag.get("ResourceId", "*"))
    elif given.get("InstanceId"):
        group = state.group_of(str(given["InstanceId"]), call.region)
        yield group.name if group else "*"
    else:
        yield "*"


def _context(call: Call) -> dict[str, Values]:
    given = call.parameters
    keys: dict[str, Values] = {}
    for name in ("MinSize", "MaxSize", "LaunchConfigurationName"):
        if given.get(name) is not None:
            keys[f"autoscaling:{name.lower()}"] = (str(given[name]),)
    template = _chosen(given)
    if template:
        specified = bool(template.get("Version")) and not str(template["Version"]).startswith("$Default")
        keys["autoscaling:launchtemplateversionspecified"] = (str(specified).lower(),)
    if given.get("TargetGroupARNs"):
        keys["autoscaling:targetgrouparns"] = tuple(given["TargetGroupARNs"])
    return keys


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    """Return the launch template that a request names for its group, or nothing."""
    where = given.get("DesiredConfiguration") or given
    mixed = (where.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    return dict(where.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification") or {})


def _template(call: Call, group: str) -> Iterable[Check]:
    template = _chosen(call.parameters)
    if not template:
        return
    known = backend(call.region).autoscaling_groups.get(group)
    zones = call.parameters.get("VPCZoneIdentifier") or (known.vpc_zone_identifier if known else "") or ""
    name = template.get("LaunchTemplateId") or template.get("LaunchTemplateName")
    message = f"You are not authorized to use launch template: {name}"
    for subnet in [item.strip() for item in str(zones).split(",")]:
        request = {"LaunchTemplate": template, **({"SubnetId": subnet} if subnet else {})}
        yield from launch(call.region, request, message, REFUSED, uses_keys=False)
