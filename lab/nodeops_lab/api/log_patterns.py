# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter patterns of CloudWatch Logs: a small parser and matcher, pure functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html: terms, with ``-`` and ``?``,
quoted phrases and regular expressions; JSON by ``{ $.selector = value && ... }``; fields by ``[a, b = 4*, ...]``.
"""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, str]
"""What a match gives names to, such as $status for a field; empty for terms."""


class PatternError(ValueError):
    """The pattern is not one that CloudWatch Logs takes."""


@dataclass(frozen=True)
class Pattern:
    """A filter pattern that has been read."""

    text: str
    match: Callable[[str], Fields | None] = field(compare=False)
    """The fields of a message that matches, or None."""

    def matches(self, message: str) -> bool:
        """Return whether a message matches."""
        return self.match(message) is not None

    def value(self, message: str, expression: str) -> float | None:
        """Return what a metric filter's metricValue is for a message that matches.

        It is a number, or a reference: ``$.selector`` into JSON, ``$name`` of a field. None where there is no number.
        """
        try:
            return float(expression)
        except ValueError:
            pass
        return _number(self._referred(message, expression))

    def text_of(self, message: str, reference: str) -> str | None:
        """Return what a metric filter's dimension is for a message that matches; None where it has no such value."""
        found = self._referred(message, reference)
        return str(found) if isinstance(found, str | int | float) and found != "" else None

    def _referred(self, message: str, reference: str) -> Any:
        if reference.startswith("$."):
            return _select(_parsed(message), reference)
        return (self.match(message) or {}).get(reference)


def read(text: str) -> Pattern:
    """Read a filter pattern.

    Raises:
        PatternError: it is none.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        if not stripped.endswith("}"):
            raise PatternError("Invalid metric filter pattern")
        condition = _Conditions(stripped[1:-1]).whole()
        return Pattern(text, lambda message: _json_match(condition, message))
    if stripped.startswith("["):
        if not stripped.endswith("]"):
            raise PatternError("Invalid metric filter pattern")
        columns = _Columns(stripped[1:-1])
        return Pattern(text, columns.match)
    terms = _terms(stripped)
    return Pattern(text, lambda message: {} if _terms_match(terms, message) else None)


# Terms -------------------------------------------------------------------------------------------------------------

TERM = re.compile(r"\s*(?P<sign>[-?]?)(?:\"(?P<phrase>(?:[^\"\\]|\\.)*)\"|%(?P<expression>[^%]+)%|(?P<word>[^\s\"%]+))")


@dataclass(frozen=True)
class _Term:
    sign: str
    found_in: Callable[[str], bool] = field(compare=False)


def _terms(text: str) -> list[_Term]:
    terms, position = [], 0
    while position < len(text):
        found = TERM.match(text, position)
        if found is None:
            raise PatternError("Invalid metric filter pattern")
        if found["expression"]:
            terms.append(_Term(found["sign"], _expression(found["expression"])))
        else:
            phrase = found["phrase"].replace('\\"', '"') if found["phrase"] is not None else found["word"]
            if found["word"] and not re.fullmatch(r"\w+", found["word"]):
                # "Terms that include characters other than alphanumeric or underscore must be in double quotes."
                raise PatternError("Invalid metric filter pattern")
            terms.append(_Term(found["sign"], lambda message, phrase=phrase: phrase in message))  # type: ignore[misc]
        position = found.end()
    return terms


def _expression(text: str) -> Callable[[str], bool]:
    try:
        compiled = re.compile(text)
    except re.error:
        raise PatternError("Invalid regular expression in the filter pattern") from None
    return lambda message: compiled.search(message) is not None


def _terms_match(terms: Sequence[_Term], message: str) -> bool:
    """All plain terms, none of those with a minus, and one of those with a question mark.

    Together with other terms the question marks count for nothing (the page above, "Using OR").
    """
    plain = [term for term in terms if not term.sign]
    optional = [term for term in terms if term.sign == "?"]
    excluded = [term for term in terms if term.sign == "-"]
    if any(term.found_in(message) for term in excluded):
        return False
    if plain or excluded or not optional:
        return all(term.found_in(message) for term in plain)
    return any(term.found_in(message) for term in optional)


# Comparisons -------------------------------------------------------------------------------------------------------

NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else None


def _compare(actual: Any, sign: str, wanted: str, quoted: bool) -> bool:
    """Compare as a number where both are numbers, else as text with ``*`` for anything."""
    expected = None if quoted else _number(wanted)
    number = _number(actual)
    if expected is not None and number is not None:
        return NUMERIC[sign](number, expected)
    if sign not in ("=", "!="):
        return False
    text = str(actual).lower() if isinstance(actual, bool) else str(actual)
    pattern = wanted.replace("[", "[[]").replace("?", "[?]")
    return fnmatch.fnmatchcase(text, pattern) == (sign == "=")


# JSON --------------------------------------------------------------------------------------------------------------

MISSING = object()
SELECTOR = re.compile(
    r"\.(?P<name>[A-Za-z0-9_-]+)|\[\s*(?:(?P<index>\d+)|'(?P<text>[^']*)'|\"(?P<double>[^\"]*)\")\s*\]"
)
CONDITION = re.compile(
    r"\s*(?:(?P<selector>\$(?:\.[A-Za-z0-9_-]+|\[[^\]]+\])+)|(?P<sign>&&|\|\||!=|<=|>=|[=<>()])"
    r"|\"(?P<phrase>(?:[^\"\\]|\\.)*)\"|%(?P<expression>[^%]+)%|(?P<word>[^\s()&|=<>!\"]+))"
)


def _parsed(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return MISSING


def _select(document: Any, selector: str) -> Any:
    found = document
    for part in SELECTOR.finditer(selector[1:]):
        if part["index"] is not None:
            if not isinstance(found, list) or int(part["index"]) >= len(found):
                return MISSING
            found = found[int(part["index"])]
        else:
            name = part["name"] or part["text"] or part["double"]
            if not isinstance(found, dict) or name not in found:
                return MISSING
            found = found[name]
    return found


Condition = Callable[[Any], bool]


def _json_match(condition: Condition, message: str) -> Fields | None:
    document = _parsed(message)
    return {} if document is not MISSING and condition(document) else None


class _Conditions:
    """``&&`` binds tighter than ``||``; parentheses group."""

    def __init__(self, text: str) -> None:
        self._tokens: list[re.Match[str]] = []
        self._next = 0
        position, text = 0, text.strip()
        while position < len(text):
            found = CONDITION.match(text, position)
            if found is None:
                raise PatternError("Invalid metric filter pattern")
            self._tokens.append(found)
            position = found.end()

    def whole(self) -> Condition:
        condition = self._either()
        if self._next < len(self._tokens) or not self._tokens:
            raise PatternError("Invalid metric filter pattern")
        return condition

    def _sign(self) -> str:
        return self._tokens[self._next]["sign"] or "" if self._next < len(self._tokens) else ""

    def _take(self) -> re.Match[str]:
        if self._next == len(self._tokens):
            raise PatternError("Invalid metric filter pattern")
        self._next += 1
        return self._tokens[self._next - 1]

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._sign() == "||":
            self._take()
            parts.append(self._both())
        return lambda document: any(part(document) for part in parts)

    def _both(self) -> Condition:
        parts = [self._single()]
        while self._sign() == "&&":
            self._take()
            parts.append(self._single())
        return lambda document: all(part(document) for part in parts)

    def _single(self) -> Condition:
        token = self._take()
        if token["sign"] == "(":
            condition = self._either()
            if self._take()["sign"] != ")":
                raise PatternError("Invalid metric filter pattern")
            return condition
        if not token["selector"]:
            raise PatternError("Invalid metric filter pattern")
        return self._comparison(token["selector"])

    def _comparison(self, selector: str) -> Condition:
        token = self._take()
        if token["word"] in ("IS", "NOT"):
            return self._worded(selector, token["word"], self._take()["word"] or "")
        sign = token["sign"]
        if sign not in NUMERIC:
            raise PatternError("Invalid metric filter pattern")
        wanted = self._take()
        if wanted["expression"]:
            search = _expression(wanted["expression"])

            def searched(document: Any) -> bool:
                value = _select(document, selector)
                return isinstance(value, str | int | float) and search(str(value)) == (sign == "=")

            return searched
        if wanted["sign"] or wanted["selector"]:
            raise PatternError("Invalid metric filter pattern")
        quoted = wanted["phrase"] is not None
        text = wanted["phrase"].replace('\\"', '"') if quoted else wanted["word"]

        def compared(document: Any) -> bool:
            value = _select(document, selector)
            # "If it points to an array or object, the filter will not be applied."
            if value is MISSING or value is None or isinstance(value, dict | list):
                return False
            return _compare(value, sign, text, quoted)

        return compared

    @staticmethod
    def _worded(selector: str, verb: str, noun: str) -> Condition:
        wanted = {("IS", "NULL"): None, ("IS", "TRUE"): True, ("IS", "FALSE"): False}
        if (verb, noun) == ("NOT", "EXISTS"):
            return lambda document: _select(document, selector) is MISSING
        if (verb, noun) not in wanted:
            raise PatternError("Invalid metric filter pattern")
        return lambda document: _select(document, selector) is wanted[verb, noun]


# Fields ------------------------------------------------------------------------------------------------------------

FIELD = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)')
COLUMN = re.compile(
    r"\s*(?P<name>[\w$-]+)\s*(?P<sign>!=|<=|>=|[=<>])\s*(?:\"(?P<phrase>[^\"]*)\"|%(?P<expression>[^%]+)%|(?P<word>[^\s&|]+))\s*"
)


class _Columns:
    """The names and conditions of space-delimited fields; an ellipsis stands for any number of them."""

    def __init__(self, text: str) -> None:
        self._columns = [column.strip() for column in text.split(",")]
        if self._columns.count("...") > 1:
            raise PatternError("Invalid metric filter pattern")
        self._conditions = [_column(column) for column in self._columns]

    def match(self, message: str) -> Fields | None:
        values = [next(group for group in found.groups() if group is not None) for found in FIELD.finditer(message)]
        conditions = self._conditions
        if "..." in self._columns:
            position = self._columns.index("...")
            lacking = len(values) - (len(conditions) - 1)
            if lacking < 0:
                return None
            anything: list[tuple[str, Callable[[str], bool]]] = [("", lambda _value: True)] * lacking
            conditions = [*conditions[:position], *anything, *conditions[position + 1 :]]
        if len(conditions) != len(values):
            return None
        fields: Fields = {}
        for number, ((name, holds), value) in enumerate(zip(conditions, values, strict=True), 1):
            if not holds(value):
                return None
            fields[f"${name or number}"] = value
        return fields


def _column(text: str) -> tuple[str, Callable[[str], bool]]:
    if not text or text == "...":
        return "", lambda _value: True
    if re.fullmatch(r"[\w$-]+", text):
        return text, lambda _value: True
    parts: list[str | re.Match[str]] = []
    name = ""
    for joint in re.split(r"(&&|\|\|)", text):
        if joint in ("&&", "||"):
            parts.append(joint)
            continue
        found = COLUMN.fullmatch(joint)
        if found is None:
            raise PatternError("Invalid metric filter pattern")
        name = found["name"]
        parts.append(found)

    def holds(value: str) -> bool:
        result, joint = True, "&&"
        for part in parts:
            if isinstance(part, str):
                joint = part
                continue
            this = _column_holds(part, value)
            result = (result and this) if joint == "&&" else (result or this)
        return result

    return name, holds


def _column_holds(part: re.Match[str], value: str) -> bool:
    if part["expression"]:
        return (re.search(part["expression"], value) is not None) == (part["sign"] == "=")
    quoted = part["phrase"] is not None
    return _compare(value, part["sign"], part["phrase"] if quoted else part["word"], quoted)
