# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic Load Balancing.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Elastic Load Balancing V2";
Elastic Load Balancing user guide, "Grant permission to tag resources during creation", "Elastic Load Balancing API
permissions".
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, resources, service
from ..request import Call
from .passing import service_linked_role

_BALANCER = "{LoadBalancerArn}"
_GROUP = "{TargetGroupArn}"
_LISTENER = "{ListenerArn}"
_RULE = "{RuleArn}"
TABLE = {
    "AddListenerCertificates": [_LISTENER],
    "AddTags": ["{ResourceArns}"],
    "CreateListener": [_BALANCER],
    "CreateRule": [_LISTENER],
    "CreateTargetGroup": ["targetgroup/{Name}/*"],
    "DeleteListener": [_LISTENER],
    "DeleteLoadBalancer": [_BALANCER],
    "DeleteRule": [_RULE],
    "DeleteTargetGroup": [_GROUP],
    "DeregisterTargets": [_GROUP],
    "ModifyListener": [_LISTENER],
    "ModifyListenerAttributes": [_LISTENER],
    "ModifyLoadBalancerAttributes": [_BALANCER],
    "ModifyRule": [_RULE],
    "ModifyTargetGroup": [_GROUP],
    "ModifyTargetGroupAttributes": [_GROUP],
    "RegisterTargets": [_GROUP],
    "RemoveListenerCertificates": [_LISTENER],
    "RemoveTags": ["{ResourceArns}"],
    "SetIpAddressType": [_BALANCER],
    "SetRulePriorities": ["{RulePriorities.RuleArn}"],
    "SetSecurityGroups": [_BALANCER],
    "SetSubnets": [_BALANCER],
}
TYPES = {"application": "app", "network": "net", "gateway": "gwy"}


@service("elasticloadbalancing")
def elasticloadbalancing(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Elastic Load Balancing."""
    if call.operation == "CreateLoadBalancer":
        kind = TYPES.get(str(call.parameters.get("Type", "application")), "app")
        found = [call.arn(f"loadbalancer/{kind}/{call.parameters.get('Name', '*')}/*")]
    else:
        found = resources(call, TABLE)
    for arn in found:
        yield Check(call.action, arn)
    if call.operation.startswith("Create") and call.request_tags:
        context = {"elasticloadbalancing:createaction": (call.operation,)}
        yield Check("elasticloadbalancing:AddTags", found[0], context, tags=dict)
    if call.operation == "CreateLoadBalancer":
        # Which platforms the account has decides where a load balancer may stand, and the caller is who looks.
        yield Check("ec2:DescribeAccountAttributes")
        yield from service_linked_role("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing")
