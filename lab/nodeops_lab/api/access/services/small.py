# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of which an estate uses little: ACM, Data Lifecycle Manager, CloudFormation, DevOps Guru.

Source: Service Authorization Reference, the page of each; DevOps Guru user guide, "Using service-linked roles".
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, resources, service, simple
from ..request import Call
from .passing import pass_role, service_linked_role

_CERTIFICATE = "{CertificateArn}"
CERTIFICATES = {
    "AddTagsToCertificate": [_CERTIFICATE],
    "DeleteCertificate": [_CERTIFICATE],
    "DescribeCertificate": [_CERTIFICATE],
    "ExportCertificate": [_CERTIFICATE],
    "GetCertificate": [_CERTIFICATE],
    "ImportCertificate": ["certificate/{CertificateArn}"],
    "ListTagsForCertificate": [_CERTIFICATE],
    "RemoveTagsFromCertificate": [_CERTIFICATE],
    "RenewCertificate": [_CERTIFICATE],
    "ResendValidationEmail": [_CERTIFICATE],
    "UpdateCertificateOptions": [_CERTIFICATE],
}
LIFECYCLES = {
    "DeleteLifecyclePolicy": ["policy/{PolicyId}"],
    "GetLifecyclePolicy": ["policy/{PolicyId}"],
    "ListTagsForResource": ["{ResourceArn}"],
    "TagResource": ["{ResourceArn}"],
    "UntagResource": ["{ResourceArn}"],
    "UpdateLifecyclePolicy": ["policy/{PolicyId}"],
}
_STACK = "stack/{StackName}/*"
STACKS = {
    name: [_STACK]
    for name in (
        "CancelUpdateStack",
        "ContinueUpdateRollback",
        "CreateChangeSet",
        "CreateStack",
        "DeleteChangeSet",
        "DeleteStack",
        "DescribeChangeSet",
        "DescribeStackEvents",
        "DescribeStackResource",
        "DescribeStackResources",
        "DescribeStacks",
        "ExecuteChangeSet",
        "GetStackPolicy",
        "GetTemplate",
        "ListChangeSets",
        "ListStackResources",
        "SetStackPolicy",
        "UpdateStack",
        "UpdateTerminationProtection",
    )
}
CHANNELS = {"AddNotificationChannel": ["{Config.Sns.TopicArn}"]}


@service("acm")
def acm(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of ACM."""
    found = simple(call, CERTIFICATES)
    if call.operation in ("ImportCertificate", "RequestCertificate") and call.request_tags:
        arn = found[0].resource if call.operation == "ImportCertificate" else call.arn("certificate/*")
        found.append(Check("acm:AddTagsToCertificate", arn))
    return found


@service("dlm")
def dlm(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Data Lifecycle Manager."""
    yield from simple(call, LIFECYCLES)
    if call.operation == "CreateLifecyclePolicy" and call.request_tags:
        yield Check("dlm:TagResource", call.arn("policy/*"))
    yield from pass_role(call.parameters.get("ExecutionRoleArn"), "dlm.amazonaws.com")


@service("cloudformation")
def cloudformation(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of CloudFormation, not of what its stacks then do."""
    for arn in resources(call, STACKS):
        yield Check(call.action, arn)
    yield from pass_role(call.parameters.get("RoleARN"), "cloudformation.amazonaws.com")


@service("devops-guru")
def devops_guru(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of DevOps Guru."""
    yield from simple(call, CHANNELS)
    if call.operation == "UpdateResourceCollection":
        yield from service_linked_role("devops-guru.amazonaws.com", "AWSServiceRoleForDevOpsGuru")
