# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds options whose names an operator has misspelt: Ansible says nothing of a variable that nobody reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

#: How alike two words are of which one is the other with a slip: a letter too few, two of them exchanged, a plural.
_ALIKE = 0.75
_BEGINNING = re.compile(r"(estate|chainlink|host)_")

Problem = tuple[str, str]


def misspelt(values: Mapping[str, Any], known: Collection[str]) -> list[Problem]:
    """Return (variable, message) of every variable that is no option but has nearly the name of one.

    values has all variables of the operator, not yet templated, by name; known the names of all options. A variable
    that another one reads is the operator's own, whatever its name, and so is one that only adds to the name of an
    option.
    """
    names = sorted(known)
    problems = []
    for name in sorted(set(values) - set(known)):
        if _BEGINNING.match(name) is None or any(name.startswith(f"{one}_") for one in names):
            continue
        meant = _nearest(name, names)
        if meant is not None and not _read(name, values):
            problems.append((name, f"is no option of this collection; {meant} is. Rename it, or remove it"))
    return problems


def _nearest(name: str, names: Iterable[str]) -> str | None:
    """The option that a name has been meant for: its words with slips in them, or all of it but for underscores."""
    likenesses = [(_likeness(name, one), one) for one in names]
    best, found = max(likenesses, default=(0.0, ""))
    return found if best >= _ALIKE else None


def _likeness(name: str, other: str) -> float:
    if name.replace("_", "") == other.replace("_", ""):
        return 1.0
    words, others = name.split("_"), other.split("_")
    if len(words) != len(others):
        return 0.0
    return min(difflib.SequenceMatcher(None, *pair).ratio() for pair in zip(words, others, strict=True))


def _read(name: str, values: Mapping[str, Any]) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(text) for other, value in values.items() if other != name for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
