# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds of faults."""

from __future__ import annotations

from .api import ApiFail, ApiSlow, ApiThrottle
from .clock import SkewClock
from .credentials import ExpireCredentials
from .databases import BreakDatabase
from .disks import FillDisk
from .instances import KillInstance
from .kind import Kind
from .metadata import StopMetadata
from .network import CutNetwork, LoseZone
from .processes import KillProcess
from .registry_service import LoseRegistry
from .slowness import SlowDatabase, SlowNetwork

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        KillProcess(),
        KillInstance(),
        LoseZone(),
        CutNetwork(),
        SlowNetwork(),
        BreakDatabase(),
        SlowDatabase(),
        FillDisk(),
        StopMetadata(),
        LoseRegistry(),
        ExpireCredentials(),
        SkewClock(),
        ApiFail(),
        ApiThrottle(),
        ApiSlow(),
    )
}
