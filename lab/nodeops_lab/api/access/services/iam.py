# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity and Access Management.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management (IAM)"; API reference, AddRoleToInstanceProfile ("the caller ... must be granted the PassRole permission").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...backends import ACCOUNT_ID
from ...backends import iam as backend
from ..checks import Check, service, values
from ..request import Call
from .passing import pass_role

# Operations are about the first of these that they name, but for those that put one thing into another.
PARAMETERS = {
    "PolicyArn": "policy",
    "InstanceProfileName": "instance-profile",
    "RoleName": "role",
    "GroupName": "group",
    "UserName": "user",
    "PolicyName": "policy",
    "OpenIDConnectProviderArn": "oidc-provider",
    "SAMLProviderArn": "saml-provider",
    "ServerCertificateName": "server-certificate",
    "SerialNumber": "mfa",
    "VirtualMFADeviceName": "mfa",
    "PolicySourceArn": "*",
}
ON_POLICIES = frozenset(
    {
        "CreatePolicy",
        "CreatePolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "GetPolicy",
        "GetPolicyVersion",
        "ListEntitiesForPolicy",
        "ListPolicyTags",
        "ListPolicyVersions",
        "SetDefaultPolicyVersion",
        "TagPolicy",
        "UntagPolicy",
    }
)
# Tags given at creation need the action of tagging too.
TAGGING = {
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreatePolicy": "iam:TagPolicy",
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
}
UNSCOPED = frozenset({"SimulateCustomPolicy", "UpdateAccountPasswordPolicy"})


@service("iam")
def iam(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of IAM."""
    given = call.parameters
    if call.operation == "CreateServiceLinkedRole":
        name = str(given.get("AWSServiceName", "*"))
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/{name}/*"
        yield Check(call.action, arn, values({"iam:AWSServiceName": name}))
        return
    context = values(
        {"iam:PolicyARN": given.get("PolicyArn"), "iam:PermissionsBoundary": given.get("PermissionsBoundary")}
    )
    arn = _resource(call)
    yield Check(call.action, arn, context)
    if call.operation in TAGGING and call.request_tags:
        yield Check(TAGGING[call.operation], arn)
    if call.operation == "AddRoleToInstanceProfile":
        yield from pass_role(_existing("role", str(given.get("RoleName"))), "ec2.amazonaws.com", associated=arn)


def _resource(call: Call) -> str:
    given = call.parameters
    if call.operation in UNSCOPED:
        return "*"
    for name, kind in PARAMETERS.items():
        if given.get(name) is None or (kind == "policy" and call.operation not in ON_POLICIES):
            continue
        value = str(given[name])
        if value.startswith("arn:"):
            return value
        path = str(given.get("Path", "/")) if call.operation.startswith("Create") else None
        return _existing(kind, value, path)
    # Without a name, these are about the caller's own user.
    if call.operation in ("GetUser", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"):
        return f"arn:aws:iam::{ACCOUNT_ID}:user/{call.caller or '*'}"
    return "*"


def _existing(kind: str, name: str, path: str | None = None) -> str:
    """Return the ARN of an entity with its path."""
    if path is None:
        path = next((item.path for item in _entities(kind) if item.name == name), "/") or "/"
    return f"arn:aws:iam::{ACCOUNT_ID}:{kind}{path}{name}"


def _entities(kind: str) -> Iterator[Any]:
    known = backend()
    groups: dict[str, Mapping[str, Any]] = {
        "group": known.groups,
        "instance-profile": known.instance_profiles,
        "role": known.roles,
        "user": known.users,
    }
    yield from groups.get(kind, {}).values()
