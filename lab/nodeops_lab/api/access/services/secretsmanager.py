# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager.

Source: Secrets Manager user guide, "Authentication and access control", "Secret encryption and decryption"; API
reference, "Required permissions" of each operation.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import state
from ..checks import Check, service, values
from ..decision import ResourcePolicy
from ..policy import parse
from ..request import Call
from . import kms

UNSCOPED = frozenset({"BatchGetSecretValue", "GetRandomPassword", "ListSecrets"})
WRITES = frozenset({"CreateSecret", "PutSecretValue", "UpdateSecret", "RotateSecret"})
KEY_REFUSED = "Access to KMS is not allowed"
# AWS appends six characters that nobody can foretell to the name of a new secret.
SUFFIX = "-??????"


@service("secretsmanager")
def secretsmanager(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Secrets Manager."""
    if call.operation in UNSCOPED:
        yield Check(call.action)
        for identifier in call.parameters.get("SecretIdList") or []:
            yield from reading_or_writing(call, "secretsmanager:GetSecretValue", str(identifier))
        return
    name = call.parameters.get("Name") if call.operation == "CreateSecret" else call.parameters.get("SecretId")
    yield from reading_or_writing(call, call.action, str(name or "*"))
    if call.operation == "CreateSecret" and call.request_tags:
        yield _check(call, "secretsmanager:TagResource", str(name or "*"))


def reading_or_writing(call: Call, action: str, identifier: str) -> Iterable[Check]:
    """Return the checks of an action on a secret: the action's own, and those on its key where it reads or writes."""
    checked = _check(call, action, identifier)
    yield checked
    found = state.secret(identifier, call.region)
    current = getattr(found, "kms_key_id", None)
    wanted = call.parameters.get("KmsKeyId") or current
    context = {"SecretARN": checked.resource}
    changes = call.operation == "CreateSecret" or any(
        call.parameters.get(part) is not None for part in ("SecretString", "SecretBinary", "KmsKeyId", "RotationRules")
    )
    if action.endswith(":GetSecretValue") and kms.is_customers(current):
        yield from kms.use_for(
            ["Decrypt"], str(current), call.region, "secretsmanager", context, KEY_REFUSED, "AccessDeniedException"
        )
    elif call.operation in WRITES and changes and kms.is_customers(wanted):
        yield from kms.use_for(
            ["GenerateDataKey", "Decrypt"],
            str(wanted),
            call.region,
            "secretsmanager",
            context,
            KEY_REFUSED,
            "AccessDeniedException",
        )


def _check(call: Call, action: str, identifier: str) -> Check:
    found = state.secret(identifier, call.region)
    if found is not None:
        resource = found.arn
    elif identifier.startswith("arn:"):
        resource = identifier
    else:
        suffix = "" if identifier == "*" else SUFFIX
        resource = call.arn(f"secret:{identifier}{suffix}", service="secretsmanager")
    given = call.parameters
    context = values(
        {
            "secretsmanager:SecretId": resource if found is not None else given.get("SecretId"),
            "secretsmanager:Name": given.get("Name"),
            "secretsmanager:KmsKeyId": given.get("KmsKeyId"),
            "secretsmanager:Description": given.get("Description"),
            "secretsmanager:VersionId": given.get("VersionId"),
            "secretsmanager:VersionStage": given.get("VersionStage")
            or ("AWSCURRENT" if action.endswith(":GetSecretValue") else None),
            "secretsmanager:RecoveryWindowInDays": _text(given.get("RecoveryWindowInDays")),
            "secretsmanager:ForceDeleteWithoutRecovery": _text(given.get("ForceDeleteWithoutRecovery")),
        }
    )
    document = getattr(found, "policy", None)
    if not document:
        return Check(action, resource, context)
    return Check(action, resource, context, resource_policy=lambda: ResourcePolicy(parse(document, resource)))


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower()
