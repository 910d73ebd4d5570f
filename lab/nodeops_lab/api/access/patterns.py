# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of policies: wildcards, variables and ARNs.

Source: IAM user guide, "IAM policy elements: Variables and tags", "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

Lookup = Callable[[str], "tuple[str, ...] | None"]
"""Returns the values of a condition key in the request, or None where the request has none."""

ANY = re.compile(r".*", re.DOTALL)
ARN_SEGMENTS = 6
_TOKEN = re.compile(r"\$\{([^}]*)\}|(.)", re.DOTALL)
_DEFAULT = re.compile(r"^(?P<key>[^,]+?)\s*(?:,\s*'(?P<default>[^']*)')?$")


@dataclass(frozen=True)
class Variable:
    """A reference to a condition key: ``${aws:PrincipalTag/team, 'none'}``."""

    key: str
    default: str | None

    def value(self, lookup: Lookup) -> str | None:
        """Return its value in a request; None where it has no single one, so that nothing matches the text."""
        values = lookup(self.key)
        if values is None:
            return self.default
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True)
class Wildcard:
    """An asterisk or a question mark."""

    sign: str


Token = str | Wildcard | Variable


@functools.cache
def tokens(text: str, variables: bool) -> tuple[Token, ...]:
    """Split a text of a policy into characters, wildcards and variables.

    Policies of the version 2008-10-17 know no variables: there ``${...}`` are plain characters. ``${*}``, ``${?}`` and
    ``${$}`` stand for the character itself.
    """
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        reference, character = match.group(1), match.group(2)
        if character is not None:
            found.append(Wildcard(character) if character in "*?" else character)
        elif not variables:
            found.extend(Wildcard(item) if item in "*?" else item for item in match.group(0))
        elif reference in ("*", "?", "$"):
            found.append(reference)
        else:
            parsed = _DEFAULT.match(reference)
            key, default = (parsed["key"].strip(), parsed["default"]) if parsed else (reference, None)
            found.append(Variable(key, default))
    return tuple(found)


def has_variables(text: str, variables: bool) -> bool:
    """Return whether a text means something else for each request."""
    return any(isinstance(token, Variable) for token in tokens(text, variables))


def without_variables(text: str) -> str:
    """Return a text with an asterisk in the place of each variable."""
    signs = (
        token.sign if isinstance(token, Wildcard) else "*" if isinstance(token, Variable) else token
        for token in tokens(text, True)
    )
    return "".join(signs)


def literal(text: str, variables: bool, lookup: Lookup) -> str | None:
    """Return a text with its variables filled in and no wildcards, or None where a variable has no value."""
    parts = []
    for token in tokens(text, variables):
        part = (
            token.value(lookup) if isinstance(token, Variable) else token.sign if isinstance(token, Wildcard) else token
        )
        if part is None:
            return None
        parts.append(part)
    return "".join(parts)


def wild(text: str, variables: bool, lookup: Lookup) -> re.Pattern[str] | None:
    """Return a pattern for a text with wildcards, or None where a variable has no value."""
    if not has_variables(text, variables):
        return _fixed_wild(text, variables)
    return _compile(text, variables, lookup, arn=False)


def arn(text: str, variables: bool, lookup: Lookup) -> re.Pattern[str] | None:
    """Return a pattern for an ARN with wildcards, or None where a variable has no value.

    An asterisk stays within its segment, of which there are six. AWS completes an ARN with fewer by asterisks
    (IAM user guide, "IAM JSON policy elements: Resource").
    """
    if not has_variables(text, variables):
        return _fixed_arn(text, variables)
    return _compile(text, variables, lookup, arn=True)


@functools.cache
def _fixed_wild(text: str, variables: bool) -> re.Pattern[str]:
    pattern = _compile(text, variables, lambda _key: None, arn=False)
    assert pattern is not None
    return pattern


@functools.cache
def _fixed_arn(text: str, variables: bool) -> re.Pattern[str]:
    pattern = _compile(text, variables, lambda _key: None, arn=True)
    assert pattern is not None
    return pattern


def _compile(text: str, variables: bool, lookup: Lookup, *, arn: bool) -> re.Pattern[str] | None:
    if text == "*":
        return ANY
    if arn and not text.startswith("arn:") and not text.startswith("*"):
        arn = False
    expression: list[str] = []
    segment = 1
    for token in tokens(text, variables):
        within = "[^:]" if arn and segment < ARN_SEGMENTS else "."
        if isinstance(token, Wildcard):
            expression.append(within if token.sign == "?" else f"{within}*")
            continue
        value = token.value(lookup) if isinstance(token, Variable) else token
        if value is None:
            return None
        # Characters of a value that are wildcards elsewhere are themselves here.
        expression.append(re.escape(value))
        segment += value.count(":")
    if arn:
        missing = ARN_SEGMENTS - segment
        expression.extend(":[^:]*" for _ in range(missing - 1))
        if missing > 0:
            expression.append(":.*")
    return re.compile("".join(expression), re.DOTALL)


@functools.cache
def actions(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for any of several actions; actions know no upper and lower case."""
    expressions = ("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in text) for text in texts)
    return re.compile("|".join(expressions), re.IGNORECASE)
