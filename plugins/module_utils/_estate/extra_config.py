# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what an operator adds to the node's configuration; on the controller, whose Python reads TOML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tomllib

from .._node import extra
from .._release import version

VARIABLE = "chainlink_extra_config"
#: A secret of Secrets Manager holds 65,536 bytes, and the RPC endpoints are in the same one.
MOST_CHARACTERS = 16_384


class TomlError(ValueError):
    """A text that is not TOML; the message holds no value."""


def read(text: str) -> dict[str, Any]:
    """The document that a text of TOML holds; raises TomlError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(f"is not TOML: {error}") from None
    except RecursionError:
        raise TomlError("is nested too deeply") from None


def problems(value: object, chain_ids: Sequence[str] | None, generation: str) -> list[tuple[str, str]]:
    """What is wrong with the variable, as (variable, message); None and an empty text are nothing."""
    if value is None or value == "":
        return []
    if not isinstance(value, str):
        return [(VARIABLE, "must be text of TOML; write it as a block that begins with |")]
    found = []
    if generation == version.ENVIRONMENT:
        found.append(extra.NOT_FOR_1X)
    if len(value) > MOST_CHARACTERS:
        found.append(f"has {len(value)} characters, and {MOST_CHARACTERS} fit into its secret; make it shorter")
    try:
        found += extra.problems(read(value), chain_ids)
    except TomlError as error:
        found.append(str(error))
    return [(VARIABLE, message) for message in found]
