# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a configuration as TOML, for ``node validate`` (the standard library only reads TOML)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value) if "'" in value or "\n" in value else f"'{value}'"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)


def dumps(table: Mapping[str, Any], path: str = "") -> str:
    """TOML of ``table``: plain values first, then tables and arrays of tables."""
    lines = []
    nested = []
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            nested.append(f"\n[{here}]\n{dumps(value, here)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            nested += [f"\n[[{here}]]\n{dumps(item, here)}" for item in value]
        else:
            lines.append(f"{key} = {_value(value)}\n")
    return "".join(lines + nested)


def redacted(table: Mapping[str, Any]) -> dict[str, Any]:
    """``table`` with every text replaced by ``xxxxx``."""
    result: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            result[key] = redacted(value)
        elif isinstance(value, list):
            result[key] = [redacted(item) if isinstance(item, dict) else "xxxxx" for item in value]
        else:
            result[key] = value if isinstance(value, bool) else "xxxxx"
    return result
