# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broken releases: numbers that no official release has, in the form of ordinary stable ones.

Each behaves as 2.46.0 but for three more migrations and its one defect, and passes ``node validate`` unless that is
where it is broken: what an upgrade can meet although its tag looks like any other.
"""

from __future__ import annotations

import os

from .versions import Version

CRASHES = "crashes"
NEVER_HEALTHY = "never healthy"
MIGRATION_FAILS = "migration fails"
STARTS_SLOWLY = "starts slowly"
LEAKS_LEASE = "leaks the lease"
REMOVED_KEY = "removed key"

DEFECTS = {
    "2.46.101": CRASHES,
    "2.46.102": NEVER_HEALTHY,
    "2.46.103": MIGRATION_FAILS,
    "2.46.104": STARTS_SLOWLY,
    "2.46.105": LEAKS_LEASE,
    "2.46.106": REMOVED_KEY,
}

SLOW_SECONDS = 120.0
FAILING_MIGRATION = 294
_REMOVED_KEY = "Log.File"

PANIC = """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x2f1c8a4]

goroutine 1 [running]:
main.main()
\tnodeops-lab/stand-in/main.go:13 +0x24"""
PANIC_EXIT_CODE = 2
"""What Go's runtime exits with after a panic."""


def defect_of(version: Version) -> str | None:
    """What is wrong with a release; None for the sound ones."""
    return DEFECTS.get(str(version))


def removed_keys(version: Version) -> tuple[str, ...]:
    """Paths of config.toml that a broken release no longer knows."""
    return (_REMOVED_KEY,) if defect_of(version) == REMOVED_KEY else ()


def slow_seconds(version: Version) -> float:
    """Seconds that a release takes longer to start; CHAINLINK_STAND_IN_SLOW_SECONDS is for tests."""
    if defect_of(version) != STARTS_SLOWLY:
        return 0.0
    return float(os.environ.get("CHAINLINK_STAND_IN_SLOW_SECONDS", SLOW_SECONDS))
