# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show that each correction to moto is needed: without it, a test that is marked with it fails.

Run ``python lab/tests/api/needed.py [PATCH ...]`` after changing patches, their tests or moto's version; it starts
the API once per patch, some minutes in all, so it is no part of the test run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nodeops_lab.api import patches

PYTEST_TESTS_FAILED = 1


def needed(name: str) -> bool:
    """Return whether a test fails without the patch."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--tb=no",
        "--without-patch",
        name,
        str(Path(__file__).parent),
    ]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    # A server that does not start is an error of the fixtures, without any failing test.
    return finished.returncode == PYTEST_TESTS_FAILED and " failed" in finished.stdout


def main() -> int:
    """Check the patches given, or all of them; return 1 if one is not needed."""
    unneeded = []
    for name in sys.argv[1:] or patches.names():
        found = needed(name)
        print(f"{name}: {'needed' if found else 'NOT SHOWN TO BE NEEDED'}", flush=True)
        if not found:
            unneeded.append(name)
    return 1 if unneeded else 0


if __name__ == "__main__":
    raise SystemExit(main())
