# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command-line flags as Go's flag package reads them: one or two dashes, stop at the first other word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .errors import CommandError

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


@dataclass(frozen=True)
class Flag:
    """A flag: the first name is the one its value is stored under; ``kind`` is text, texts or switch."""

    names: tuple[str, ...]
    kind: str = "text"


@dataclass
class Flags:
    """Parsed flags and the words after them."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return self.texts.get(name, [])

    def text(self, name: str, default: str = "") -> str:
        return self.texts[name][-1] if name in self.texts else default

    def on(self, name: str) -> bool:
        return self.text(name) in _TRUE


def parse(words: Sequence[str], known: Sequence[Flag]) -> Flags:
    """Read the flags at the start of ``words``.

    Raises CommandError as the official program does for unknown flags, missing and malformed values.
    """
    by_name = {name: flag for flag in known for name in flag.names}
    result = Flags()
    position = 0
    while position < len(words):
        word = words[position]
        if not word.startswith("-") or word == "-":
            break
        position += 1
        if word == "--":
            break
        name, equals, value = word.lstrip("-").partition("=")
        if name not in by_name:
            raise CommandError(f"Incorrect Usage. flag provided but not defined: -{name}")
        flag = by_name[name]
        if flag.kind == "switch":
            value = value if equals else "true"
            if value not in _TRUE | _FALSE:
                raise CommandError(f'Incorrect Usage. invalid boolean value "{value}" for -{name}: parse error')
        elif not equals:
            if position == len(words):
                raise CommandError(f"Incorrect Usage. flag needs an argument: -{name}")
            value = words[position]
            position += 1
        result.texts.setdefault(flag.names[0], []).append(value)
    result.rest = list(words[position:])
    return result
