# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Allow or deny: how the policies that speak of a request count together.

Source: IAM user guide, "Policy evaluation logic", "Policy evaluation for requests within a single account",
"Interaction between resource-based policies and identity-based, permissions boundary and session policies";
KMS developer guide, "Default key policy" ("Allows access to the AWS account and enables IAM policies").
There is one account and no organisation, so no service control policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .patterns import Lookup
from .policy import Policy, Statement
from .principal import Grant, Permissions, Principal

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
RESOURCE = "resource-based policy"
TRUST = "role trust policy"


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of a resource."""

    policy: Policy | None
    """None where the resource has none."""
    decisive: bool = False
    """Whether nothing is allowed that this policy does not allow, if only by naming the account: keys, roles."""
    kind: str = RESOURCE
    also_granted: frozenset[str] = frozenset()
    """Principals (ARNs) that a grant of the key allows the action."""


@dataclass(frozen=True)
class Decision:
    """The answer to one request for one action on one resource."""

    allowed: bool
    kind: str = ""
    """The kind of policy that decided: the one that denied, or the one that failed to allow."""
    explicit: bool = False
    """Whether a statement denies it, rather than none allowing it."""
    policy: str = ""
    statement: Statement | None = None


def decide(
    principal: Principal,
    permissions: Permissions,
    action: str,
    resource: str,
    lookup: Lookup,
    resource_policy: ResourcePolicy | None = None,
) -> Decision:
    """Return whether a principal may do one thing.

    An explicit deny anywhere decides. Otherwise a resource-based policy that names the user or the session itself
    allows; one that names the session's role allows within the role's boundary and the session's policies; and what
    the identity-based policies allow must be allowed by boundary and session policies as well.
    """
    if permissions.everything:
        return Decision(True)
    if (denied := _denial(principal, permissions, action, resource, lookup, resource_policy)) is not None:
        return denied
    grant = _grant(principal, action, resource, lookup, resource_policy)
    if grant is Grant.ITSELF:
        return Decision(True, resource_policy.kind if resource_policy else "")
    if grant is None and resource_policy is not None and (resource_policy.decisive or principal.kind == "Service"):
        return Decision(False, resource_policy.kind)
    allowed = _first(permissions.identity, action, resource, lookup, allows=True)
    if grant is not Grant.ROLE and allowed is None:
        return Decision(False, IDENTITY)
    for kind, policies in ((BOUNDARY, permissions.boundary), (SESSION, permissions.session)):
        if policies is not None and _first(policies, action, resource, lookup, allows=True) is None:
            return Decision(False, kind)
    if allowed is None:
        return Decision(True, RESOURCE)
    return Decision(True, IDENTITY, policy=allowed[0].name, statement=allowed[1])


def _first(
    policies: Iterable[Policy], action: str, resource: str, lookup: Lookup, *, allows: bool
) -> tuple[Policy, Statement] | None:
    for policy in policies:
        statement = policy.matching(action, resource, lookup, allows=allows)
        if statement is not None:
            return policy, statement
    return None


def _denial(
    principal: Principal,
    permissions: Permissions,
    action: str,
    resource: str,
    lookup: Lookup,
    resource_policy: ResourcePolicy | None,
) -> Decision | None:
    groups = ((IDENTITY, permissions.identity), (BOUNDARY, permissions.boundary), (SESSION, permissions.session))
    for kind, policies in groups:
        found = _first(policies or (), action, resource, lookup, allows=False)
        if found is not None:
            return Decision(False, kind, explicit=True, policy=found[0].name, statement=found[1])
    if resource_policy is not None and resource_policy.policy is not None:
        for statement in resource_policy.policy.statements:
            if (
                not statement.allows
                and principal.named_by(statement) is not None
                and statement.speaks_of(action, resource, lookup)
            ):
                return Decision(
                    False, resource_policy.kind, explicit=True, policy=resource_policy.policy.name, statement=statement
                )
    return None


def _grant(
    principal: Principal, action: str, resource: str, lookup: Lookup, resource_policy: ResourcePolicy | None
) -> Grant | None:
    if resource_policy is None:
        return None
    ways = []
    if {principal.arn, principal.role_arn} & resource_policy.also_granted:
        ways.append(Grant.ITSELF)
    if resource_policy.policy is not None:
        for statement in resource_policy.policy.statements:
            if not statement.allows:
                continue
            way = principal.named_by(statement)
            if way is not None and statement.speaks_of(action, resource, lookup):
                ways.append(way)
    return max(ways, default=None)
