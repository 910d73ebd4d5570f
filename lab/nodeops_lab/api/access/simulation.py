# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy would decide, without a request: for ``iam:SimulatePrincipalPolicy`` and ``iam:SimulateCustomPolicy``.

Source: IAM API reference, SimulatePrincipalPolicy. Called with the backends' lock held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..backends import ACCOUNT_ID, iam
from . import credentials
from .checks import Values
from .decision import BOUNDARY, RESOURCE, Decision, ResourcePolicy, decide
from .policy import Policy, parse
from .principal import Permissions, Principal


class UnknownSourceError(LookupError):
    """There is no user, group or role of this ARN."""


@dataclass(frozen=True)
class Simulation:
    """What to simulate."""

    actions: Sequence[str]
    resources: Sequence[str] = ("*",)
    source: str | None = None
    """The ARN of the user, group or role whose policies count; None for those that are given only."""
    policies: Sequence[str] = ()
    """Documents that count besides."""
    boundaries: Sequence[str] = ()
    """Documents in the place of the permissions boundary."""
    resource_policy: str | None = None
    caller: str | None = None
    """The ARN of the user who is taken to ask."""
    context: dict[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The decision on one action on one resource."""

    action: str
    resource: str
    decision: Decision
    missing: tuple[str, ...]
    """Condition keys that policies asked for and the simulation was not given."""

    @property
    def word(self) -> str:
        """The decision in the API's words."""
        if self.decision.allowed:
            return "allowed"
        return "explicitDeny" if self.decision.explicit else "implicitDeny"

    @property
    def source_type(self) -> str:
        """The kind of the policy that decided, in the API's words."""
        return {RESOURCE: "resource", BOUNDARY: "permissions-boundary"}.get(self.decision.kind, "IAM Policy")


def simulate(asked: Simulation) -> list[Result]:
    """Return the decision for every action on every resource.

    Raises:
        UnknownSourceError: the source does not exist.
        MalformedPolicyError: a document is no policy.
    """
    principal, permissions = _source(asked.caller or asked.source)
    if asked.source is None:
        permissions = Permissions()
    elif asked.caller:
        permissions = _source(asked.source)[1]
    given = tuple(parse(document, f"PolicyInputList.{number}") for number, document in enumerate(asked.policies, 1))
    permissions = replace(permissions, identity=(*permissions.identity, *given))
    if asked.boundaries:
        limits: tuple[Policy, ...] = tuple(parse(document) for document in asked.boundaries)
        permissions = replace(permissions, boundary=limits)
    resource = ResourcePolicy(parse(asked.resource_policy)) if asked.resource_policy else None
    return [
        _one(asked, principal, permissions, resource, action, arn)
        for action in asked.actions
        for arn in asked.resources
    ]


def _one(
    asked: Simulation,
    principal: Principal,
    permissions: Permissions,
    resource: ResourcePolicy | None,
    action: str,
    arn: str,
) -> Result:
    missing: dict[str, None] = {}
    keys = {name.lower(): values for name, values in asked.context.items()}

    def lookup(key: str) -> Values | None:
        found = keys.get(key.lower())
        if found is None:
            missing[key] = None
        return found

    return Result(action, arn, decide(principal, permissions, action, arn, lookup, resource), tuple(missing))


def _source(arn: str | None) -> tuple[Principal, Permissions]:
    if arn is None:
        return Principal(
            arn=f"arn:aws:iam::{ACCOUNT_ID}:user/simulated", kind="User", account=ACCOUNT_ID
        ), Permissions()
    backend = iam()
    for user in backend.users.values():
        if user.arn == arn:
            return credentials.user_principal(user), credentials.user_permissions(user)
    for role in backend.roles.values():
        if role.arn == arn:
            return credentials.role_principal(role, "simulated"), credentials.role_permissions(role)
    for group in backend.groups.values():
        if group.arn == arn:
            return Principal(arn=arn, kind="User", account=ACCOUNT_ID), credentials.group_permissions(group)
    raise UnknownSourceError(arn)
