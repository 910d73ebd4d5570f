# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's end tells whether it rebooted, powered off or died."""

from __future__ import annotations

from typing import Any

import pytest
from nodeops_lab.reconciler.endings import NEVER, Ending, ending

RAN = {"StartedAt": "2026-11-22T17:40:06.8Z", "Error": ""}
TABLE: list[tuple[dict[str, Any], Ending]] = [
    ({"StartedAt": NEVER, "Error": "", "ExitCode": 0}, Ending.NEVER_RAN),
    # What systemd's reboot and poweroff leave, seen on engine 20.10 with runc 1.1.5.
    ({**RAN, "ExitCode": 129}, Ending.REBOOTED),
    ({**RAN, "ExitCode": 130}, Ending.POWERED_OFF),
    ({**RAN, "ExitCode": 137}, Ending.DIED),
    ({**RAN, "ExitCode": 139}, Ending.DIED),
    ({**RAN, "ExitCode": 0}, Ending.DIED),
    ({**RAN, "ExitCode": 1}, Ending.NOT_STARTED),
    ({**RAN, "ExitCode": 128, "Error": "Address already in use"}, Ending.NOT_STARTED),
    ({"StartedAt": RAN["StartedAt"], "ExitCode": 129}, Ending.REBOOTED),
]


@pytest.mark.parametrize(("state", "expected"), TABLE)
def test_ending(state: dict[str, Any], expected: Ending) -> None:
    assert ending(state) is expected
