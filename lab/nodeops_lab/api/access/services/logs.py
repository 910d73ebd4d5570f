# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs.

Source: CloudWatch Logs user guide, "Overview of managing access permissions" (ARNs: policies on log groups end in
``:*`` except for tagging), "Encrypt log data in CloudWatch Logs using AWS Key Management Service"; CreateLogGroup
("To give tags, you must also have logs:TagResource").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..checks import Check, service
from ..principal import Permissions, Principal
from ..request import Call
from . import kms

STREAMS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
TAGGING = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
UNSCOPED = frozenset(
    {
        "CancelExportTask",
        "DeleteAccountPolicy",
        "DeleteQueryDefinition",
        "DeleteResourcePolicy",
        "DescribeAccountPolicies",
        "DescribeDeliveries",
        "DescribeDestinations",
        "DescribeExportTasks",
        "DescribeQueries",
        "DescribeQueryDefinitions",
        "DescribeResourcePolicies",
        "GetQueryResults",
        "ListLogGroups",
        "PutAccountPolicy",
        "PutQueryDefinition",
        "PutResourcePolicy",
        "StopQuery",
        "TestMetricFilter",
    }
)
KEY_USES = ("Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey")


@service("logs")
def logs(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of CloudWatch Logs."""
    given = call.parameters
    if call.operation in UNSCOPED:
        yield Check(call.action)
        return
    if call.operation in TAGGING:
        yield Check(call.action, str(given.get("resourceArn", "*")).removesuffix(":*"))
        return
    names = _names(given)
    for name in names:
        stream = str(given.get("logStreamName", "")) if call.operation in STREAMS else ""
        yield Check(call.action, f"{group_arn(call, name)}:log-stream:{stream}")
    if call.operation == "CreateLogGroup" and call.request_tags:
        yield Check("logs:TagResource", group_arn(call, names[0]))
    if given.get("kmsKeyId"):
        group = given.get("logGroupName") or given.get("resourceIdentifier")
        yield from _key(call, str(given["kmsKeyId"]), group_arn(call, str(group)))


def group_arn(call: Call, name: str) -> str:
    """Return the ARN of a log group by its name or its ARN."""
    return name.removesuffix(":*") if name.startswith("arn:") else call.arn(f"log-group:{name}")


def _names(given: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name in ("logGroupName", "logGroupIdentifier", "resourceIdentifier"):
        if given.get(name):
            found.append(str(given[name]))
    for name in ("logGroupNames", "logGroupIdentifiers"):
        found.extend(str(item) for item in given.get(name) or [])
    # Without a group, as to DescribeLogGroups, the request is about log-group::log-stream:, which log-group:* covers.
    return found or [""]


def _key(call: Call, identifier: str, group: str) -> Iterable[Check]:
    """The service itself uses the key: it is the key's policy that must name it."""
    principal = Principal(arn=f"logs.{call.region}.amazonaws.com", kind="Service", name="logs")
    context = kms.encryption_context({"aws:logs:arn": group})
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
    for operation in KEY_USES:
        check = kms.use(f"kms:{operation}", identifier, call.region, context)
        yield Check(
            check.action,
            check.resource,
            check.context,
            resource_policy=check.resource_policy,
            message=message,
            code="InvalidParameterException",
            on_behalf=principal,
            permissions=Permissions(),
        )
