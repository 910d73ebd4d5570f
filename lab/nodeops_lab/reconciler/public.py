# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public addresses: the gateway has them all and translates each to a private one, as an internet gateway does."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..engine import container, enter
from ..errors import LabError
from ..settings import LabSettings

PROGRAM = ["/usr/bin/python3", "/usr/local/lib/nodeops-lab/public_addresses.py"]


class PublicAddresses:
    """The public addresses of one lab."""

    def __init__(self, settings: LabSettings) -> None:
        self._settings = settings
        self._set: tuple[str, dict[str, str]] | None = None
        """(start of the gateway, mapping) of what was last set."""

    def set(self, targets: Mapping[str, str]) -> None:
        """Let exactly these lead somewhere: private address by public address.

        Raises:
            LabError: the gateway is gone, or does not take them.
        """
        gateway = container(self._settings.container("gateway"))
        if gateway is None:
            raise LabError(f"The container {self._settings.container('gateway')} is gone: `lab down`, then `lab up`.")
        wanted = (str(gateway.attrs["State"]["StartedAt"]), dict(targets))
        if wanted == self._set:
            return
        content = {
            "network": self._settings.public_cidr,
            "own": self._settings.public_gateway,
            "client": self._settings.client_address,
            "targets": dict(targets),
        }
        enter(gateway, PROGRAM, text=json.dumps(content))
        self._set = wanted
