# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that have expired."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import LabError
from .kind import Argument, Kind
from .places import Places
from .store import Fault

PREFIX = "meta-data/iam/security-credentials/"


class ExpireCredentials(Kind):
    """The API takes an instance's present credentials for expired; instance metadata goes on handing them out.

    Imitated: their `Expiration` still lies ahead. When the lab renews them, a quarter of an hour before that, the new
    ones are good.
    """

    name = "expire-credentials"
    summary = "let the credentials of an instance's role expire; metadata hands them out until they are renewed"
    arguments = (Argument("INSTANCE", "instance id, Name tag or address"),)

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """Find the key that instance metadata hands out."""
        instance_id, _ = places.host("INSTANCE", arguments["instance"])
        address = places.instances[instance_id].address
        path = places.settings.state_directory / "metadata" / f"{address}.json"
        tree = json.loads(path.read_text())["tree"] if path.exists() else {}
        document: dict[str, str] = next(
            (json.loads(text) for name, text in tree.items() if name.startswith(PREFIX)), {}
        )
        if "AccessKeyId" not in document:
            raise LabError(f"INSTANCE {arguments['instance']!r} has no role, or no credentials of it.")
        return {"key_id": document["AccessKeyId"]}

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing: the API reads that it is no more."""
