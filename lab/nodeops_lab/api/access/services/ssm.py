# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems Manager, above all its parameters.

Source: Systems Manager user guide, "Restricting access to Parameter Store parameters using IAM policies", "AWS KMS
encryption for AWS Systems Manager Parameter Store SecureString parameters", "Calling public parameters", "Referencing
AWS Secrets Manager secrets from Parameter Store parameters".
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import state
from ..checks import Check, resources, service, values
from ..request import Call
from . import kms, secretsmanager

PUBLIC = "/aws/service/"
SECRETS = "/aws/reference/secretsmanager/"
TABLE = {
    "CancelMaintenanceWindowExecution": ["maintenancewindow/{WindowId}"],
    "CreateDocument": ["document/{Name}"],
    "DeleteDocument": ["document/{Name}"],
    "DescribeDocument": ["document/{Name}"],
    "DescribeDocumentPermission": ["document/{Name}"],
    "GetDocument": ["document/{Name}"],
    "GetAutomationExecution": ["automation-execution/{AutomationExecutionId}"],
    "ListDocumentVersions": ["document/{Name}"],
    "ModifyDocumentPermission": ["document/{Name}"],
    "ResumeSession": ["session/{SessionId}"],
    "SendCommand": ["document/{DocumentName}"],
    "StartAutomationExecution": ["document/{DocumentName}"],
    "StartSession": ["document/{DocumentName}?"],
    "TerminateSession": ["session/{SessionId}"],
    "UpdateDocument": ["document/{Name}"],
    "UpdateDocumentDefaultVersion": ["document/{Name}"],
}
# Operations on instances, which belong to EC2, and the parameters that name them.
INSTANCES = {"SendCommand": "InstanceIds", "StartSession": "Target", "UpdateInstanceInformation": "InstanceId"}
TAGGED = {
    "Document": "document",
    "MaintenanceWindow": "maintenancewindow",
    "ManagedInstance": "managed-instance",
    "Automation": "automation-execution",
}
PARAMETERS = {
    "DeleteParameter": "Name",
    "DeleteParameters": "Names",
    "GetParameter": "Name",
    "GetParameterHistory": "Name",
    "GetParameters": "Names",
    "GetParametersByPath": "Path",
    "LabelParameterVersion": "Name",
    "PutParameter": "Name",
    "UnlabelParameterVersion": "Name",
}


@service("ssm")
def ssm(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of Systems Manager."""
    if call.operation in PARAMETERS:
        given = call.parameters.get(PARAMETERS[call.operation])
        for name in given if isinstance(given, list) else [given]:
            yield from _parameter(call, str(name or "*"))
        return
    if call.operation in ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"):
        kind, identifier = call.parameters.get("ResourceType"), str(call.parameters.get("ResourceId", "*"))
        if kind == "Parameter":
            yield Check(call.action, parameter_arn(call, identifier))
        else:
            yield Check(call.action, call.arn(f"{TAGGED.get(str(kind), '*')}/{identifier}"))
        return
    yield from (Check(call.action, resource) for resource in resources(call, TABLE))
    if call.operation in INSTANCES:
        given = call.parameters.get(INSTANCES[call.operation])
        for instance_id in given if isinstance(given, list) else [given]:
            if instance_id:
                yield Check(call.action, call.arn(f"instance/{instance_id}", service="ec2"))


def parameter_arn(call: Call, name: str) -> str:
    """Return a parameter's ARN; those that AWS publishes belong to no account."""
    if name.startswith("arn:"):
        return name
    path = name.removeprefix("/")
    if f"/{path}".startswith(PUBLIC):
        return f"arn:aws:ssm:{call.region}::parameter/{path}"
    return call.arn(f"parameter/{path}")


def _parameter(call: Call, name: str) -> Iterable[Check]:
    bare = name if name.startswith("arn:") else name.partition(":")[0]
    if bare.startswith("arn:"):
        bare = bare.partition(":parameter/")[2].partition(":")[0]
        bare = bare if state.parameter(bare, call.region) else f"/{bare}"
    resource = parameter_arn(call, bare)
    given = call.parameters
    context = values(
        {
            "ssm:Overwrite": str(given.get("Overwrite", False)).lower() if call.operation == "PutParameter" else None,
            "ssm:Recursive": str(given["Recursive"]).lower() if "Recursive" in given else None,
        }
    )
    yield Check(call.action, resource, context)
    if bare.startswith(SECRETS):
        # A secret read as a parameter is read with the caller's permission on the secret.
        secret = bare.removeprefix(SECRETS)
        yield from secretsmanager.reading_or_writing(call, "secretsmanager:GetSecretValue", secret)
    elif call.operation == "PutParameter":
        if call.request_tags:
            yield Check("ssm:AddTagsToResource", resource)
        if given.get("Type") == "SecureString" and kms.is_customers(given.get("KeyId")):
            operation = "GenerateDataKey" if given.get("Tier") == "Advanced" else "Encrypt"
            yield from kms.use_for([operation], str(given["KeyId"]), call.region, "ssm", {"PARAMETER_ARN": resource})
    elif given.get("WithDecryption"):
        yield from _decryption(call, bare)


def _decryption(call: Call, name: str) -> Iterable[Check]:
    names = [name]
    if call.operation == "GetParametersByPath":
        # More than the answer will hold where it is not recursive or filtered, never less.
        prefix = name.rstrip("/") + "/"
        names = [known for known in state.parameter_names(call.region) if known.startswith(prefix)]
    for each in names:
        stored = state.parameter(each, call.region)
        if stored is not None and stored.parameter_type == "SecureString" and kms.is_customers(stored.keyid):
            context = {"PARAMETER_ARN": parameter_arn(call, each)}
            yield from kms.use_for(["Decrypt"], str(stored.keyid), call.region, "ssm", context)
