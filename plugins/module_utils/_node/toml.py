# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes TOML 1.0: any document of strings, booleans, integers, finite floats, lists and mappings with text keys.

And reads what programs write of it, each key with its value on a line of its own. Python's own tomllib only reads, and
only from 3.11 on, while a node host may have 3.9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\(?:[btnfr"\\]|u[0-9A-Fa-f]{4}))*"'
_LITERAL = r"'[^'\x00-\x08\x0a-\x1f\x7f]*'"
_TEXT = re.compile(f"{_BASIC}|{_LITERAL}")
_KEY = re.compile(f"{_BASIC}|{_LITERAL}|{_BARE_KEY.pattern}")
_NUMBER = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)(?P<fraction>\.[0-9](?:_?[0-9])*)?(?P<exponent>[eE][+-]?[0-9]+)?")
_SWITCH = re.compile(r"true|false")


class TomlError(ValueError):
    """A text that cannot be read; the message names the line and no value."""


def string(value: str) -> str:
    """A TOML basic string. JSON's escapes are all TOML's too; DEL, which TOML does not allow bare, JSON does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def write(document: Mapping[str, Any]) -> str:
    """The document as text, keys in the order of the mapping; raises TypeError for a value that TOML has not."""
    blocks: list[list[str]] = []
    _table(document, (), "", blocks)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...], header: str, blocks: list[list[str]]) -> None:
    """Add the block of one table and those of the tables in it, which must follow its own keys."""
    values = {key: value for key, value in table.items() if not _has_header(value)}
    inner = {key: value for key, value in table.items() if key not in values}
    # A table with nothing of its own is made by the first table in it; an element of a list is made by its header.
    if header and (values or not inner or header.startswith("[[")):
        blocks.append([header])
    elif values:
        blocks.append([])
    if values:
        blocks[-1] += [f"{_key(key)} = {_value(value)}" for key, value in values.items()]
    for key, value in inner.items():
        below = (*path, _key(key))
        name = ".".join(below)
        if isinstance(value, Mapping):
            _table(value, below, f"[{name}]", blocks)
        else:
            for element in value:
                _table(element, below, f"[[{name}]]", blocks)


def _has_header(value: Any) -> bool:
    """Whether a value is written as [table] or [[table]]."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(element, Mapping) for element in value)
    return isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else string(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def read(text: str) -> dict[str, Any]:
    """The document that a text holds; raises TomlError.

    Left out is what no program writes that is known here: values over several lines, dates, numbers of other bases.
    """
    document: dict[str, Any] = {}
    table = document
    for number, line in enumerate(text.split("\n"), start=1):
        reader = _Line(line.rstrip("\r"))
        try:
            if reader.sees("[["):
                path = reader.between("[[", "]]")
                table = {}
                _append(_below(document, path[:-1]), path[-1], table)
            elif reader.sees("["):
                path = reader.between("[", "]")
                table = _below(document, path)
            elif not reader.ended():
                path = reader.path()
                reader.expect("=")
                _set(_below(table, path[:-1]), path[-1], reader.value())
            reader.end()
        except ValueError as error:
            raise TomlError(f"line {number} {error}") from None
    return document


def _below(table: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """The table at a path, made where there is none; of a list of tables the last one."""
    for key in path:
        found = table.setdefault(key, {})
        if isinstance(found, list) and found and isinstance(found[-1], dict):
            found = found[-1]
        if not isinstance(found, dict):
            raise ValueError("takes a value for a table")
        table = found
    return table


def _append(table: dict[str, Any], key: str, element: dict[str, Any]) -> None:
    found = table.setdefault(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError("takes something else for a list of tables")
    found.append(element)


def _set(table: dict[str, Any], key: str, value: Any) -> None:
    if key in table:
        raise ValueError("has a key that stood there before")
    table[key] = value


class _Line:
    """One line, read from its left."""

    def __init__(self, text: str) -> None:
        self._rest = text.strip(" \t")

    def sees(self, sign: str) -> bool:
        return self._rest.startswith(sign)

    def expect(self, sign: str) -> None:
        if not self.sees(sign):
            raise ValueError(f"lacks {sign}")
        self._rest = self._rest[len(sign) :].lstrip(" \t")

    def ended(self) -> bool:
        return not self._rest or self.sees("#")

    def end(self) -> None:
        if not self.ended():
            raise ValueError("goes on after its value")

    def between(self, opening: str, closing: str) -> list[str]:
        self.expect(opening)
        path = self.path()
        self.expect(closing)
        return path

    def path(self) -> list[str]:
        """A key, dotted or not, by its parts."""
        path = [self._key()]
        while self.sees("."):
            self.expect(".")
            path.append(self._key())
        return path

    def value(self) -> Any:
        if self.sees("["):
            return list(self._items("[", "]", self.value))
        if self.sees("{"):
            table: dict[str, Any] = {}
            for path, value in self._items("{", "}", self._pair):
                _set(_below(table, path[:-1]), path[-1], value)
            return table
        text = self._take(_TEXT)
        if text is not None:
            return _text(text.group())
        switch = self._take(_SWITCH)
        if switch is not None:
            return switch.group() == "true"
        number = self._take(_NUMBER)
        if number is None:
            raise ValueError("has a value of a kind that is not read here")
        digits = number.group().replace("_", "")
        return float(digits) if number["fraction"] or number["exponent"] else int(digits)

    def _pair(self) -> tuple[list[str], Any]:
        path = self.path()
        self.expect("=")
        return path, self.value()

    def _items(self, opening: str, closing: str, read_item: Callable[[], Any]) -> Iterator[Any]:
        self.expect(opening)
        while not self.sees(closing):
            yield read_item()
            if not self.sees(","):
                break
            self.expect(",")
        self.expect(closing)

    def _key(self) -> str:
        key = self._take(_KEY)
        if key is None:
            raise ValueError("has no key where one is due")
        return _text(key.group())

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._rest)
        if match:
            self._rest = self._rest[match.end() :].lstrip(" \t")
        return match


def _text(written: str) -> str:
    """What a string, or a key, says."""
    if written[0] == "'":
        return written[1:-1]
    # Of the escapes that _BASIC lets through, JSON has all; a tab may stand bare in TOML alone.
    return str(json.loads(written, strict=False)) if written[0] == '"' else written
