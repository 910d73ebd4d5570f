# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance metadata that does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .filters import Rules
from .kind import Argument, Kind
from .network import METADATA
from .places import HOST, Places
from .store import Fault

ALL = "all"
HOW = ("hang", "refuse")
ACTIONS = {"hang": "drop", "refuse": "meta l4proto tcp reject with tcp reset"}


class StopMetadata(Kind):
    """Imitated in the host's own network: the service of all other hosts goes on."""

    name = "stop-metadata"
    summary = "stop the instance metadata service of one instance or of all"
    arguments = (
        Argument("INSTANCE", "instance id, Name tag or address (all)", default=ALL, required=False),
        Argument("--how", "hang: nothing answers; refuse: connections are refused (%(default)s)", str, "hang", HOW),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the host."""
        if arguments["instance"] == ALL:
            return {}
        return {"container": places.host("INSTANCE", arguments["instance"])[1].name}

    def rules(self, fault: Fault, places: Places) -> Rules:
        """Keep the host, and the containers inside it, from reaching the service."""
        action = f'oifname "eth0" ip daddr {METADATA} {ACTIONS[fault.arguments["how"]]}'
        only = fault.facts.get("container")
        return {
            place.container: [("output", action), ("forward", action)]
            for place in places.all
            if place.thing == HOST and only in (None, place.container)
        }

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing but the rules."""
