# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was called, one line per request, for comparison with policies. Holds names of resources, no other values."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS_FILE = "calls.jsonl"
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]+)</Code>|\"(?:__type|code|Code)\"\s*:\s*\"([A-Za-z0-9.#]+)\"")


@dataclass(frozen=True)
class Need:
    """One action on one resource that a request needed."""

    action: str
    resource: str


@dataclass(frozen=True)
class Recorded:
    """One request."""

    time: float
    """Seconds since 1970."""
    principal: str
    """Its ARN, ``anonymous`` without credentials, ``unknown`` for credentials that nobody has."""
    operation: str
    """Service and operation, as IAM would name the action; ``unknown`` for a request that was not read."""
    needs: tuple[Need, ...]
    """What it needed: its own action first, then others. Empty for what needs no permission and what was not read."""
    allowed: bool
    error: str | None
    """The code of the answer, where it was an error."""
    denied: Need | None = None
    """The first of the needs that was denied."""


class Recorder:
    """Appends to a file. Used by one thread at a time: requests hold the backends' lock."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(
        self,
        principal: str,
        operation: str,
        needs: Iterable[Need],
        allowed: bool,
        error: str | None,
        denied: Need | None,
    ) -> None:
        """Record one request that was answered now."""
        entry: dict[str, Any] = {
            "time": round(time.time(), 3),
            "principal": principal,
            "operation": operation,
            "needs": [[need.action, need.resource] for need in dict.fromkeys(needs)],
            "allowed": allowed,
        }
        if error:
            entry["error"] = error
        if denied:
            entry["denied"] = [denied.action, denied.resource]
        self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def error_code(body: bytes) -> str:
    """Return the error code in an error's body, or ``unknown``."""
    found = _CODE.search(body[:4096])
    if found is None:
        return "unknown"
    return (found.group(1) or found.group(2)).decode().rpartition("#")[2]


def read(path: Path) -> Iterator[Recorded]:
    """Yield what was recorded; the last line may be under way and is then left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            entry = json.loads(line)
            denied = entry.get("denied")
            yield Recorded(
                time=entry["time"],
                principal=entry["principal"],
                operation=entry["operation"],
                needs=tuple(Need(*need) for need in entry["needs"]),
                allowed=entry["allowed"],
                error=entry.get("error"),
                denied=Need(*denied) if denied else None,
            )
