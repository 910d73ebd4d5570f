# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a composite alarm: pure functions.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html, AlarmRule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

TOKEN = re.compile(
    r"\s*(?:(?P<call>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'"
    r"|(?P<bare>[^\s\"'()]+))\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<sign>[()]))"
)


class RuleError(ValueError):
    """The rule cannot be read."""


def alarm_name(reference: str) -> str:
    """Return the name of an alarm that a rule names by name or ARN."""
    return reference.partition(":alarm:")[2] if reference.startswith("arn:") else reference


def references(rule: str) -> list[str]:
    """Return the names of the alarms that a rule speaks of, each once, in its order.

    Raises:
        RuleError: it cannot be read.
    """
    names: list[str] = []

    def remember(name: str, _state: str) -> bool:
        if name not in names:
            names.append(name)
        return False

    _Parser(rule, remember).whole()
    return names


def holds(rule: str, states: Mapping[str, str]) -> bool:
    """Return whether a rule is true with these states of alarms; an alarm that is no more is in no state."""
    return _Parser(rule, lambda name, state: states.get(name) == state).whole()


class _Parser:
    """A descent without short cuts: every part is read, so that :func:`references` sees all of them."""

    def __init__(self, rule: str, ask: Callable[[str, str], bool]) -> None:
        self._ask = ask
        self._tokens: list[re.Match[str]] = []
        self._next = 0
        text, position = rule.strip(), 0
        while position < len(text):
            found = TOKEN.match(text, position)
            if found is None:
                raise RuleError(
                    "AlarmRule must contain only alarm functions, AND, OR, NOT, TRUE, FALSE and parentheses"
                )
            self._tokens.append(found)
            position = found.end()

    def whole(self) -> bool:
        value = self._either()
        if self._next < len(self._tokens):
            raise RuleError("AlarmRule does not end where it should")
        return value

    def _word(self) -> str:
        if self._next == len(self._tokens):
            return ""
        token = self._tokens[self._next]
        return token["word"] or token["sign"] or token["call"]

    def _take(self) -> re.Match[str]:
        if self._next == len(self._tokens):
            raise RuleError("AlarmRule ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _either(self) -> bool:
        value = self._both()
        while self._word() == "OR":
            self._take()
            other = self._both()
            value = value or other
        return value

    def _both(self) -> bool:
        value = self._single()
        while self._word() == "AND":
            self._take()
            other = self._single()
            value = value and other
        return value

    def _single(self) -> bool:
        token = self._take()
        if token["call"]:
            return self._ask(alarm_name(token["quoted"] or token["single"] or token["bare"]), token["call"])
        if token["sign"] == "(":
            value = self._either()
            if self._take()["sign"] != ")":
                raise RuleError("AlarmRule has an open parenthesis")
            return value
        match token["word"]:
            case "NOT":
                return not self._single()
            case "TRUE":
                return True
            case "FALSE":
                return False
        raise RuleError("AlarmRule has an operator without its operands")
