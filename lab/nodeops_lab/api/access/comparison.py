# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies against what was called: what a policy allows that nobody used, and what was used that it does not allow.

Conditions are not compared: the record holds no values of requests. The gate has judged them when the calls were made.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import patterns
from .policy import Policy, parse
from .record import Need, Recorded


@dataclass(frozen=True)
class Line:
    """How often a principal needed one action on one resource."""

    principal: str
    action: str
    resource: str
    count: int
    denied: int


@dataclass(frozen=True)
class Permission:
    """One action on one resource in a statement that allows it."""

    policy: str
    sid: str
    action: str
    resource: str


@dataclass(frozen=True)
class Comparison:
    """What policies and a record have not in common."""

    unused: tuple[Permission, ...]
    """Permissions that no call needed: actions and resources of statements, each on its own."""
    missing: tuple[Need, ...]
    """What calls needed and no statement allows."""


def summary(calls: Iterable[Recorded], principal: str = "*") -> list[Line]:
    """Return what the principals that match a pattern with wildcards needed, and how often it was denied."""
    counts: Counter[tuple[str, Need]] = Counter()
    denied: Counter[tuple[str, Need]] = Counter()
    for call in calls:
        if not fnmatch.fnmatchcase(call.principal, principal):
            continue
        own = Need(call.operation, "*")
        for need in call.needs or (own,):
            counts[call.principal, need] += 1
        if not call.allowed:
            denied[call.principal, call.denied or own] += 1
    return [
        Line(who, need.action, need.resource, count, denied[who, need])
        for (who, need), count in sorted(
            counts.items(), key=lambda item: (item[0][0], item[0][1].action, item[0][1].resource)
        )
    ]


def compare(documents: Sequence[str], needs: Iterable[Need]) -> Comparison:
    """Compare the policies attached to a principal with what its calls needed.

    A permission is used where a call needed its action on a resource that its statement has, or its resource for an
    action of its statement. Statements that deny and those with ``NotAction`` or ``NotResource`` count for what is
    missing, and list nothing as unused.

    Raises:
        MalformedPolicyError: a document is no policy.
    """
    policies = [parse(document, str(number)) for number, document in enumerate(documents)]
    distinct = list(dict.fromkeys(needs))
    unused = [permission for policy in policies for permission in _unused(policy, distinct)]
    missing = [need for need in distinct if not _allowed(policies, need)]
    return Comparison(tuple(unused), tuple(missing))


def _unused(policy: Policy, needs: Sequence[Need]) -> Iterable[Permission]:
    for statement in policy.statements:
        if not statement.allows or statement.not_actions or statement.not_resources:
            continue
        used = [need for need in needs if _matches(statement.actions, statement.resources, need)]
        for action in statement.actions:
            if not any(_matches((action,), statement.resources, need) for need in used):
                yield Permission(policy.name, statement.sid, action, "*")
        for resource in statement.resources:
            if not any(_matches(statement.actions, (resource,), need) for need in used):
                yield Permission(policy.name, statement.sid, "*", resource)


def _allowed(policies: Iterable[Policy], need: Need) -> bool:
    for policy in policies:
        for statement in policy.statements:
            action = patterns.actions(statement.actions).fullmatch(need.action) is not None
            resource = _has_resource(statement.resources, need.resource)
            if statement.allows and action != statement.not_actions and resource != statement.not_resources:
                return True
    return False


def _matches(actions: tuple[str, ...], resources: tuple[str, ...], need: Need) -> bool:
    return patterns.actions(actions).fullmatch(need.action) is not None and _has_resource(resources, need.resource)


def _has_resource(resources: Iterable[str], resource: str) -> bool:
    """Return whether a resource is among patterns; a variable in one stands for anything."""
    for text in resources:
        pattern = patterns.arn(text, True, lambda _key: None)
        if pattern is None:
            pattern = patterns.arn(patterns.without_variables(text), True, lambda _key: None)
        if pattern is not None and pattern.fullmatch(resource):
            return True
    return False
