# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security Token Service.

Source: IAM user guide, "Update a role trust policy", "Pass session tags in AWS STS"; STS API reference,
GetCallerIdentity ("No permissions are required"), GetSessionToken ("No permissions are required").
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import state
from ..checks import Check, service, values
from ..decision import TRUST, ResourcePolicy
from ..policy import parse
from ..request import Call

FREE = frozenset({"GetCallerIdentity", "GetSessionToken"})
ASSUMING = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


@service("sts")
def sts(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of STS; none for what everybody may do."""
    if call.operation in FREE:
        return
    if call.operation not in ASSUMING:
        yield Check(call.action)
        return
    given = call.parameters
    role = str(given.get("RoleArn", "*"))
    context = values(
        {
            "sts:ExternalId": given.get("ExternalId"),
            "sts:RoleSessionName": given.get("RoleSessionName"),
            "sts:SourceIdentity": given.get("SourceIdentity"),
        }
    )
    if given.get("TransitiveTagKeys"):
        context["sts:transitivetagkeys"] = tuple(given["TransitiveTagKeys"])
    yield Check(call.action, role, context, resource_policy=lambda: trust(role))
    if call.request_tags:
        yield Check("sts:TagSession", role, context, resource_policy=lambda: trust(role))
    if given.get("SourceIdentity"):
        yield Check("sts:SetSourceIdentity", role, context, resource_policy=lambda: trust(role))


def trust(role_arn: str) -> ResourcePolicy:
    """Return a role's trust policy; a role that does not exist trusts nobody."""
    found = state.role(role_arn)
    document = found.assume_role_policy_document if found else None
    policy = parse(document, role_arn) if document else None
    return ResourcePolicy(policy, decisive=True, kind=TRUST)
