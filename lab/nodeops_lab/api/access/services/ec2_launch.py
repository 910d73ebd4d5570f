# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a launch asks for, by RunInstances or by a group's launch template.

Source: EC2 user guide, "Example policies to control access to the Amazon EC2 API" ("Launch instances (RunInstances)"),
"Control access to launch templates"; EBS user guide, "Permissions for Amazon EBS encryption"; Auto Scaling user
guide, "Control Amazon EC2 launch template usage in Auto Scaling groups": whoever gives a group a launch template must
be allowed to launch from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound

from ...backends import ACCOUNT_ID
from ...backends import ec2 as backend
from ..checks import Check, Values
from ..request import tags_of
from . import kms
from .ec2_context import context_of
from .passing import pass_profile

VOLUME_KEY_USES = ("DescribeKey", "CreateGrant", "GenerateDataKeyWithoutPlaintext", "Decrypt")


def launch(
    region: str,
    request: Mapping[str, Any],
    message: str | None = None,
    code: str | None = None,
    *,
    uses_keys: bool = True,
) -> Iterable[Check]:
    """Return the checks of a launch with these parameters, those of its launch template beneath them.

    Args:
        region: where.
        request: the parameters of RunInstances.
        message: how a refusal is worded, if not as EC2 does.
        code: the code of a refusal, if not EC2's.
        uses_keys: whether the caller, not a service, uses the keys of the volumes.
    """
    template = dict(request.get("LaunchTemplate") or {})
    template_id, given = _template(region, template)
    parameters = {**given, **{key: value for key, value in request.items() if value not in (None, [], {})}}
    interfaces = parameters.get("NetworkInterfaces") or []
    common: dict[str, Values] = {"ec2:region": (region,)}
    if template_id:
        common["ec2:launchtemplate"] = (_arn(region, "launch-template", template_id),)
    tags: dict[str, dict[str, str]] = {}
    for specification in (*(given.get("TagSpecifications") or []), *(request.get("TagSpecifications") or [])):
        tags.setdefault(str(specification.get("ResourceType")), {}).update(tags_of(specification))

    def check(kind: str, identifier: str, source: Mapping[str, Any], names: str, **context: str | None) -> Check:
        from_template = template_id and not source.get(names)
        keys: dict[str, Values] = {
            **common,
            "ec2:islaunchtemplateresource": ("true" if from_template else "false",),
            **{f"ec2:{key.lower()}": (value,) for key, value in context.items() if value is not None},
        }
        made = identifier == "*"
        arn = _arn(region, kind, identifier)
        return Check(
            "ec2:RunInstances",
            arn,
            {**context_of(arn, region), **keys},
            tags=dict if made else None,
            request_tags=tags.get(kind, {}) if made else {},
            message=message,
            code=code,
        )

    options = parameters.get("MetadataOptions") or {}
    yield check(
        "instance",
        "*",
        request,
        "InstanceType",
        InstanceType=_text(parameters.get("InstanceType")),
        InstanceProfile=_profile(parameters.get("IamInstanceProfile")),
        MetadataHttpTokens=_text(options.get("HttpTokens")),
        MetadataHttpEndpoint=_text(options.get("HttpEndpoint")),
        MetadataHttpPutResponseHopLimit=_text(options.get("HttpPutResponseHopLimit")),
    )
    image = str(parameters.get("ImageId") or "*")
    yield check("image", image if image.startswith("ami-") else "*", request, "ImageId")
    for interface in interfaces or [{}]:
        yield check("network-interface", str(interface.get("NetworkInterfaceId") or "*"), request, "NetworkInterfaces")
    groups = list(parameters.get("SecurityGroupIds") or [])
    groups += [item for each in interfaces for item in each.get("Groups") or []]
    for group in dict.fromkeys(groups or ["*"]):
        source = request if request.get("SecurityGroupIds") else {"SecurityGroupIds": request.get("NetworkInterfaces")}
        yield check("security-group", str(group), source, "SecurityGroupIds")
    subnets = [parameters.get("SubnetId"), *(each.get("SubnetId") for each in interfaces)]
    for subnet in dict.fromkeys(item for item in subnets if item) or {"*": None}:
        yield check("subnet", str(subnet), request, "SubnetId" if request.get("SubnetId") else "NetworkInterfaces")
    yield check("volume", "*", request, "BlockDeviceMappings")
    if parameters.get("KeyName"):
        yield check("key-pair", str(parameters["KeyName"]), request, "KeyName")
    if template_id:
        yield check("launch-template", template_id, {"LaunchTemplate": True}, "LaunchTemplate")
    for kind, given_tags in tags.items():
        context: dict[str, Values] = {**common, "ec2:createaction": ("RunInstances",)}
        arn = _arn(region, kind, "*")
        yield Check("ec2:CreateTags", arn, context, tags=dict, request_tags=given_tags, message=message, code=code)
    yield from pass_profile(parameters.get("IamInstanceProfile"), message, code)
    if uses_keys:
        for mapping in parameters.get("BlockDeviceMappings") or []:
            identifier = (mapping.get("Ebs") or {}).get("KmsKeyId")
            if kms.is_customers(identifier):
                yield from kms.use_for(VOLUME_KEY_USES, str(identifier), region, "ec2")


def _template(region: str, template: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Return a launch template's id and the data of the version asked for; EC2 itself refuses an unknown one."""
    if not template:
        return None, {}
    identifier = template.get("LaunchTemplateId")
    if not identifier:
        identifier = backend(region).launch_template_name_to_ids.get(str(template.get("LaunchTemplateName")))
    found = backend(region).launch_templates.get(str(identifier))
    if found is None:
        return (str(identifier) if identifier else None), {}
    try:
        return found.id, dict(found.get_version(template.get("Version") or "$Default").data)
    except (InvalidLaunchTemplateVersionNotFound, ValueError):
        return found.id, {}


def _arn(region: str, kind: str, identifier: str) -> str:
    account = "" if kind in ("image", "snapshot") else ACCOUNT_ID
    return f"arn:aws:ec2:{region}:{account}:{kind}/{identifier}"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _profile(profile: Mapping[str, Any] | None) -> str | None:
    if not profile:
        return None
    return str(profile.get("Arn") or f"arn:aws:iam::{ACCOUNT_ID}:instance-profile/{profile.get('Name')}")
