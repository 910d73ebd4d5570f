# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import container
from ..errors import LabError
from .kind import Argument, Kind
from .metadata import HOW
from .places import Places
from .store import Fault

THING = "registry"


class LoseRegistry(Kind):
    """The region's image registry stands still: its front answers with an error, or with nothing."""

    name = "lose-registry"
    summary = "lose the image registry: its endpoint answers 502 (refuse), or not at all (hang)"
    arguments = (Argument("--how", "refuse or hang (%(default)s)", str, "refuse", HOW),)

    def excludes(self, facts: Mapping[str, Any], arguments: Mapping[str, Any], other: Fault) -> bool:
        """It can be lost in one way only."""
        return other.kind == self.name

    def hold(self, fault: Fault, places: Places) -> bool:
        """Stop or freeze its container."""
        found = container(places.settings.container(THING))
        if found is None:
            raise LabError("The lab has no registry.")
        if found.status == "running":
            if fault.arguments["how"] == "hang":
                found.pause()
            else:
                found.stop(timeout=1)
        return True

    def undo(self, fault: Fault, places: Places) -> None:
        """Let it run."""
        found = container(places.settings.container(THING))
        if found is None:
            return
        if found.status == "paused":
            found.unpause()
        elif found.status != "running":
            found.start()
