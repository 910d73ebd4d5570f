# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents: parsed once, matched often.

Source: IAM user guide, "IAM JSON policy reference".
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import patterns
from .conditions import Condition, UnknownOperatorError
from .patterns import Lookup

CURRENT_VERSION = "2012-10-17"


class MalformedPolicyError(ValueError):
    """A document is no policy."""


@dataclass(frozen=True)
class Grantee:
    """One principal of a resource-based policy: its type (``AWS``, ``Service``, ``*``...) and its value."""

    kind: str
    value: str


@dataclass(frozen=True)
class Statement:
    """One statement."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    """Empty in a trust policy, which speaks of its own role only."""
    not_resources: bool
    grantees: tuple[Grantee, ...]
    not_grantees: bool
    conditions: tuple[Condition, ...]
    variables: bool

    def speaks_of(self, action: str, resource: str, lookup: Lookup) -> bool:
        """Return whether the statement is about a request, its principal aside."""
        return (
            self._has_action(action)
            and self._has_resource(resource, lookup)
            and all(condition.holds(lookup) for condition in self.conditions)
        )

    @functools.cached_property
    def _action_pattern(self) -> re.Pattern[str]:
        return patterns.actions(self.actions)

    def _has_action(self, action: str) -> bool:
        return (self._action_pattern.fullmatch(action) is not None) != self.not_actions

    def _has_resource(self, resource: str, lookup: Lookup) -> bool:
        if not self.resources:
            return True
        for text in self.resources:
            pattern = patterns.arn(text, self.variables, lookup)
            if pattern is not None and pattern.fullmatch(resource):
                return not self.not_resources
        return self.not_resources


@dataclass(frozen=True)
class Policy:
    """A policy."""

    name: str
    statements: tuple[Statement, ...]

    def matching(self, action: str, resource: str, lookup: Lookup, *, allows: bool) -> Statement | None:
        """Return the first statement with this effect that is about a request, its principal aside."""
        for statement in self.statements:
            if statement.allows == allows and statement.speaks_of(action, resource, lookup):
                return statement
        return None


@functools.lru_cache(maxsize=4096)
def parse(document: str, name: str = "") -> Policy:
    """Return a policy from its JSON document.

    Raises:
        MalformedPolicyError: the document is no policy.
    """
    try:
        parsed = json.loads(document)
        version = parsed.get("Version", "2008-10-17")
        return Policy(name, tuple(_statement(item, version == CURRENT_VERSION) for item in _list(parsed["Statement"])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedPolicyError(f"policy {name or document[:60]}: {type(error).__name__} {error}") from error


def _statement(item: dict[str, Any], variables: bool) -> Statement:
    effect = item["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"the effect {effect} is neither Allow nor Deny")
    if ("Action" in item) == ("NotAction" in item):
        raise ValueError("a statement needs either Action or NotAction")
    return Statement(
        sid=str(item.get("Sid", "")),
        allows=effect == "Allow",
        actions=tuple(_texts(item.get("Action", item.get("NotAction")))),
        not_actions="NotAction" in item,
        resources=tuple(_texts(item.get("Resource", item.get("NotResource", [])))),
        not_resources="NotResource" in item,
        grantees=tuple(_grantees(item.get("Principal", item.get("NotPrincipal")))),
        not_grantees="NotPrincipal" in item,
        conditions=tuple(_conditions(item.get("Condition", {}), variables)),
        variables=variables,
    )


def _conditions(block: dict[str, dict[str, Any]], variables: bool) -> Iterable[Condition]:
    for operator, keys in block.items():
        for key, wanted in keys.items():
            try:
                yield Condition(operator, key, tuple(_texts(wanted)), variables)
            except UnknownOperatorError as error:
                raise ValueError(str(error)) from error


def _grantees(principal: Any) -> Iterable[Grantee]:
    if principal is None:
        return
    if isinstance(principal, str):
        # A bare asterisk is everyone, the same as {"AWS": "*"} and also those without credentials.
        yield Grantee("*", principal)
        return
    for kind, values in principal.items():
        for value in _texts(values):
            yield Grantee(kind, value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    """Return a value or a list of values as texts; JSON's numbers and truth values count as their words."""
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in _list(value)]
