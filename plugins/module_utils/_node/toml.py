# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes TOML 1.0: any document of strings, booleans, integers, finite floats, lists and mappings with text keys.

Python's own tomllib only reads, and only from 3.11 on, while a node host may have 3.9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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
