# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host's container ended.

In a PID namespace the kernel turns reboot(2) into a signal that ends the first process: SIGHUP for a restart, SIGINT
for a halt or power-off (man page of reboot(2), "Behavior inside PID namespaces"). So the exit status tells which of the
two systemd came to.
"""

from __future__ import annotations

import enum
import signal
from collections.abc import Mapping
from typing import Any

SIGNALLED = 128
"""The engine adds this to the number of the signal that ended a container's first process."""
NEVER = "0001-01-01T00:00:00Z"
"""The engine's time of what has not happened."""
FAILED = 1
"""Exit status of host-init when it cannot prepare the host (a Python program's, on an exception)."""


class Ending(enum.Enum):
    """What became of a host that does not run."""

    NEVER_RAN = enum.auto()
    REBOOTED = enum.auto()
    POWERED_OFF = enum.auto()
    NOT_STARTED = enum.auto()
    """The lab or the engine could not start it: not the host's own doing."""
    DIED = enum.auto()
    """It was killed or crashed."""


def ending(state: Mapping[str, Any]) -> Ending:
    """Return what became of a host, from the engine's `State` of its container."""
    if state["StartedAt"] == NEVER:
        return Ending.NEVER_RAN
    if state.get("Error") or state["ExitCode"] == FAILED:
        return Ending.NOT_STARTED
    return {
        SIGNALLED + signal.SIGHUP: Ending.REBOOTED,
        SIGNALLED + signal.SIGINT: Ending.POWERED_OFF,
    }.get(state["ExitCode"], Ending.DIED)
