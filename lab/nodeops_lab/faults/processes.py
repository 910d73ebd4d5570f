# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of a host that are killed or stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import container, enter
from ..errors import LabError
from .kind import Argument, Kind
from .places import Places
from .store import Fault


class KillProcess(Kind):
    """Signals reach processes of containers inside the host, too: its process ids cover theirs."""

    name = "kill-process"
    summary = "kill a host's processes whose command line matches, or stop them (STOP) until healed"
    arguments = (
        Argument("HOST", "instance id, Name tag or address"),
        Argument("PATTERN", "extended regular expression for the whole command line, as of pgrep -f"),
        Argument("--signal", "KILL or STOP (%(default)s)", default="KILL", choices=("KILL", "STOP")),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the processes."""
        _, host = places.running_host("HOST", arguments["host"])
        try:
            output = enter(host, ["pgrep", "--full", "--", arguments["pattern"]])
        except LabError as error:
            raise LabError(f"PATTERN {arguments['pattern']!r} matches no process of {arguments['host']}.") from error
        pids = [int(line) for line in output.split()]
        if 1 in pids:
            raise LabError(
                f"PATTERN {arguments['pattern']!r} matches the host's first process: kill-instance kills a host."
            )
        return {"container": host.name, "pids": pids}

    def lasts(self, arguments: Mapping[str, Any]) -> bool:
        """Only what is stopped can go on."""
        return bool(arguments["signal"] == "STOP")

    def apply(self, fault: Fault, places: Places) -> None:
        """Send the signal."""
        _signal(fault, fault.arguments["signal"])

    def undo(self, fault: Fault, places: Places) -> None:
        """Let stopped processes go on."""
        if fault.arguments["signal"] == "STOP":
            _signal(fault, "CONT")


def _signal(fault: Fault, signal: str) -> None:
    """Signal each process that is still there."""
    host = container(fault.facts["container"])
    if host is None or host.status != "running":
        return
    pids = " ".join(map(str, fault.facts["pids"]))
    script = f"for pid in {pids}; do if [ -d /proc/$pid ]; then kill -{signal} $pid || [ ! -d /proc/$pid ]; fi; done"
    enter(host, ["sh", "-euc", script])
