# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks and databases that are slow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from ..engine import container, enter
from ..errors import LabError
from .delay_program import ENTRY, TABLE
from .kind import Argument, Kind, overlapping, whole_number
from .network import ENDS, end
from .places import Places
from .store import Fault

PROGRAM = (Path(__file__).parent / "delay_program.py").read_text()
MILLISECONDS = Argument("MILLISECONDS", "added to each round trip", whole_number(1, 60000))
ALL_PACKETS = "ip version 4"


class Slowness(Kind):
    """Delays what leaves the containers of `facts["matches"]`: what nftables matches it by, by container name."""

    def excludes(self, facts: Mapping[str, Any], arguments: Mapping[str, Any], other: Fault) -> bool:
        """One delay for each container."""
        return "matches" in other.facts and overlapping(facts["matches"], other.facts["matches"])

    def hold(self, fault: Fault, places: Places) -> bool:
        """Start the delay where it does not work, as in a container that was restarted."""
        present = {name: found for name in fault.facts["matches"] if (found := container(name))}
        for name, found in present.items():
            if found.status == "running" and not _is_slow(found):
                _slow(found, fault.arguments["milliseconds"], fault.facts["matches"][name])
        return bool(present)

    def undo(self, fault: Fault, places: Places) -> None:
        """End the delays."""
        for name in fault.facts["matches"]:
            found = container(name)
            if found is not None and found.status == "running":
                _hasten(found)


def _is_slow(found: Container) -> bool:
    # Whole only: a delay whose setting up failed halfway, or whose program died, is set up anew.
    script = f"nft list table netdev {TABLE} >/dev/null 2>&1 && pgrep -f '^python3 - [0-9]+ ' >/dev/null && echo yes"
    return enter(found, ["sh", "-c", f"{script} || true"]).strip() == "yes"


def _slow(found: Container, milliseconds: int, match: str) -> None:
    _hasten(found)
    try:
        enter(found, ["python3", "-", str(milliseconds), match], text=PROGRAM)
    except LabError as error:
        _hasten(found)
        raise LabError(
            f"{found.name} cannot be slowed (Linux 5.16 or later with nftables' egress hook is needed): {error}"
        ) from error


def _hasten(found: Container) -> None:
    enter(found, ["nft", "-f", "-"], text=f"table netdev {TABLE} {{}}\ndelete table netdev {TABLE}\n")
    enter(found, ["sh", "-euc", f"if [ -d /sys/class/net/{ENTRY} ]; then ip link delete {ENTRY}; fi"])


class SlowNetwork(Slowness):
    """What a place sends leaves it late, so that each round trip takes longer, to wherever or to one end."""

    name = "slow-network"
    summary = "delay what a place sends, to everything or to one end"
    arguments = (
        Argument("TARGET", "instance, database, zone or KEY=VALUE of a tag"),
        MILLISECONDS,
        Argument("--to", ENDS),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the containers and what of their traffic is meant."""
        chosen = places.some("TARGET", arguments["target"])
        if arguments["to"] is None:
            return {"matches": {place.container: ALL_PACKETS for place in chosen}}
        other = end("--to", arguments["to"], places)
        matches = {place.container: match for place in chosen for match in other.match("daddr", place, places)}
        if not matches:
            raise LabError("TARGET and --to are the same.")
        return {"matches": matches}


class SlowDatabase(Slowness):
    """A server whose answers come late: each statement takes so much longer."""

    name = "slow-database"
    summary = "delay everything that a database server answers"
    arguments = (Argument("DATABASE", "cluster (its writer) or database instance"), MILLISECONDS)

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the server."""
        name, port = places.database("DATABASE", arguments["database"])
        return {"matches": {name: f"tcp sport {port}"}}
