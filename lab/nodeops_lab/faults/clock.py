# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose clock is wrong, as AWS notices it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .kind import Argument, Kind, decimal
from .places import Places
from .store import Fault

DAY_SECONDS = 86400.0


class SkewClock(Kind):
    """The API takes what an instance signs for signed so much earlier or later, and refuses it beyond 15 minutes.

    Imitated: the host's own programs see the machine's time, since containers share it and the kernel's time
    namespaces leave the time of day alone.
    """

    name = "skew-clock"
    summary = "let the API see an instance's clock as wrong: beyond 15 minutes its signatures are refused"
    arguments = (
        Argument("INSTANCE", "instance id, Name tag or address"),
        Argument("SECONDS", "by which it is ahead; behind, with a minus", decimal(-DAY_SECONDS, DAY_SECONDS)),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the host."""
        return {"instance": places.host("INSTANCE", arguments["instance"])[0]}

    def excludes(self, facts: Mapping[str, Any], arguments: Mapping[str, Any], other: Fault) -> bool:
        """A clock is wrong in one way only."""
        return other.kind == self.name and bool(other.facts["instance"] == facts["instance"])

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing: the API reads that it is no more."""


def skews(faults: Iterable[Fault]) -> dict[str, float]:
    """Return by how many seconds clocks are ahead, by instance id."""
    return {fault.facts["instance"]: fault.arguments["seconds"] for fault in faults if fault.kind == SkewClock.name}
