# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of policies.

Source: IAM user guide, "IAM JSON policy elements: Condition operators", "Single-valued vs. multivalued context keys",
"Evaluation logic for multiple context keys or values".
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from . import patterns
from .patterns import Lookup

Values = tuple[str, ...]
Comparison = Callable[[str, str, bool, Lookup], bool]
"""Compares a value of the request with a value of the policy (which may hold variables)."""

QUANTIFIERS = ("ForAllValues", "ForAnyValue")


class UnknownOperatorError(ValueError):
    """A policy has a condition operator that does not exist."""


def _text(compare: Callable[[str, str], bool]) -> Comparison:
    def comparison(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
        filled = patterns.literal(wanted, variables, lookup)
        return filled is not None and compare(value, filled)

    return comparison


def _like(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
    pattern = patterns.wild(wanted, variables, lookup)
    return pattern is not None and pattern.fullmatch(value) is not None


def _arn(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
    pattern = patterns.arn(wanted, variables, lookup)
    return pattern is not None and pattern.fullmatch(value) is not None


def _number(compare: Callable[[Decimal, Decimal], bool]) -> Comparison:
    def comparison(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
        filled = patterns.literal(wanted, variables, lookup)
        try:
            return filled is not None and compare(Decimal(value), Decimal(filled))
        except InvalidOperation:
            return False

    return comparison


def _date(compare: Callable[[float, float], bool]) -> Comparison:
    def comparison(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
        filled = patterns.literal(wanted, variables, lookup)
        left, right = _moment(value), _moment(filled) if filled is not None else None
        return left is not None and right is not None and compare(left, right)

    return comparison


@functools.lru_cache(maxsize=1024)
def _moment(text: str) -> float | None:
    """Return seconds since 1970 of an ISO 8601 date or of such seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _address(value: str, wanted: str, variables: bool, lookup: Lookup) -> bool:
    filled = patterns.literal(wanted, variables, lookup)
    try:
        return filled is not None and ipaddress.ip_address(value) in ipaddress.ip_network(filled, strict=False)
    except ValueError:
        return False


# Negated operators are true where none of the policy's values match: (comparison, negated).
OPERATORS: dict[str, tuple[Comparison, bool]] = {
    "StringEquals": (_text(lambda value, wanted: value == wanted), False),
    "StringNotEquals": (_text(lambda value, wanted: value == wanted), True),
    "StringEqualsIgnoreCase": (_text(lambda value, wanted: value.casefold() == wanted.casefold()), False),
    "StringNotEqualsIgnoreCase": (_text(lambda value, wanted: value.casefold() == wanted.casefold()), True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "NumericEquals": (_number(lambda value, wanted: value == wanted), False),
    "NumericNotEquals": (_number(lambda value, wanted: value == wanted), True),
    "NumericLessThan": (_number(lambda value, wanted: value < wanted), False),
    "NumericLessThanEquals": (_number(lambda value, wanted: value <= wanted), False),
    "NumericGreaterThan": (_number(lambda value, wanted: value > wanted), False),
    "NumericGreaterThanEquals": (_number(lambda value, wanted: value >= wanted), False),
    "DateEquals": (_date(lambda value, wanted: value == wanted), False),
    "DateNotEquals": (_date(lambda value, wanted: value == wanted), True),
    "DateLessThan": (_date(lambda value, wanted: value < wanted), False),
    "DateLessThanEquals": (_date(lambda value, wanted: value <= wanted), False),
    "DateGreaterThan": (_date(lambda value, wanted: value > wanted), False),
    "DateGreaterThanEquals": (_date(lambda value, wanted: value >= wanted), False),
    "Bool": (_text(lambda value, wanted: value.lower() == wanted.lower()), False),
    "BinaryEquals": (_text(lambda value, wanted: value == wanted), False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
    # ArnEquals takes wildcards as ArnLike does.
    "ArnEquals": (_arn, False),
    "ArnLike": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnNotLike": (_arn, True),
}
_BY_LOWER_NAME = {name.lower(): entry for name, entry in OPERATORS.items()}


@dataclass(frozen=True)
class Condition:
    """One operator on one key: every condition of a statement must hold."""

    operator: str
    """As written, with quantifier and ``IfExists``."""
    key: str
    wanted: Values
    variables: bool
    """Whether ``${...}`` in the values are variables."""

    def __post_init__(self) -> None:
        """Refuse an operator that does not exist."""
        if self._name() != "null" and self._name() not in _BY_LOWER_NAME:
            raise UnknownOperatorError(f"there is no condition operator {self.operator}")

    def _quantifier(self) -> str:
        return self.operator.partition(":")[0].lower() if ":" in self.operator else ""

    def _if_exists(self) -> bool:
        return self.operator.lower().endswith("ifexists")

    def _name(self) -> str:
        name = self.operator.rpartition(":")[2].lower()
        return name.removesuffix("ifexists")

    def holds(self, lookup: Lookup) -> bool:
        """Return whether the condition holds for a request."""
        values = lookup(self.key)
        name = self._name()
        if name == "null":
            absent = "true" if not values else "false"
            return any(wanted.lower() == absent for wanted in self.wanted)
        comparison, negated = _BY_LOWER_NAME[name]

        def matches(value: str) -> bool:
            return any(comparison(value, wanted, self.variables, lookup) for wanted in self.wanted) != negated

        quantifier = self._quantifier()
        if quantifier == "forallvalues":
            return all(matches(value) for value in values or ())
        if values is None:
            # An absent key fails what asks for a value and passes what asks for none.
            return self._if_exists() or (negated and not quantifier)
        if negated and not quantifier:
            return all(matches(value) for value in values)
        return any(matches(value) for value in values)
