# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers that hang, or refuse connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker.models.containers import Container

from ..engine import container, enter
from .filters import Rules
from .kind import Argument, Kind
from .metadata import HOW
from .places import Places
from .store import Fault


class BreakDatabase(Kind):
    """A server that hangs is stopped by SIGSTOP: its host takes connections, which nobody serves."""

    name = "break-database"
    summary = "let a database server hang (ended by its restart, too), or refuse every connection"
    arguments = (
        Argument("DATABASE", "cluster (its writer) or database instance"),
        Argument("--how", "hang or refuse (%(default)s)", str, "hang", HOW),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the server."""
        name, port = places.database("DATABASE", arguments["database"])
        found = container(name)
        assert found is not None, "found a moment ago"
        return {"container": name, "port": port, "started": found.attrs["State"]["StartedAt"]}

    def excludes(self, facts: Mapping[str, Any], arguments: Mapping[str, Any], other: Fault) -> bool:
        """A server can be broken in one way only."""
        return other.kind == self.name and bool(other.facts["container"] == facts["container"])

    def apply(self, fault: Fault, places: Places) -> None:
        """Stop its processes."""
        found = container(fault.facts["container"])
        if found is not None and fault.arguments["how"] == "hang":
            _signal_all(found, "STOP")

    def hold(self, fault: Fault, places: Places) -> bool:
        """A server that was started again is well."""
        found = container(fault.facts["container"])
        if found is None:
            return False
        return fault.arguments["how"] != "hang" or bool(found.attrs["State"]["StartedAt"] == fault.facts["started"])

    def rules(self, fault: Fault, places: Places) -> Rules:
        """Refuse connections from outside, those that stand included; the lab's own are local."""
        if fault.arguments["how"] != "refuse":
            return {}
        rule = f'iifname "eth0" tcp dport {fault.facts["port"]} reject with tcp reset'
        return {fault.facts["container"]: [("input", rule)]}

    def undo(self, fault: Fault, places: Places) -> None:
        """Let its processes go on."""
        found = container(fault.facts["container"])
        if found is None or found.status != "running" or fault.arguments["how"] != "hang":
            return
        if found.attrs["State"]["StartedAt"] == fault.facts["started"]:
            _signal_all(found, "CONT")


def _signal_all(found: Container, signal: str) -> None:
    """Signal every process of a container; the first takes such signals from outside only."""
    # The -1 spares the sender itself: a shell's own kill, not a process beside it.
    others = ["bash", "-c", f"kill -{signal} -1"]
    if signal == "STOP":
        found.kill(signal=f"SIG{signal}")
        enter(found, others)
    else:
        enter(found, others)
        found.kill(signal=f"SIG{signal}")
