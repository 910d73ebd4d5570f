# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show that each correction to moto is needed: without it, every test that is marked with it fails, in one of its cases
at least.

Run ``python lab/tests/api/needed.py [PATCH ...]`` after changing patches, their tests or moto's version; it starts
the API once per patch, some minutes in all, so it is no part of the test run.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from nodeops_lab.api import patches

LONGEST_SECONDS = 300
"""For the tests of one patch: without it, what a test waits for may never come."""
PYTEST_TESTS_FAILED = 1
OUTCOME = re.compile(r"^(PASSED|FAILED) ([^\s\[]+)", re.MULTILINE)


def doubts(name: str) -> list[str]:
    """Return what speaks against the patch being needed: tests that pass without it, or that none fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rpf",
        "--tb=no",
        "--without-patch",
        name,
        str(Path(__file__).parent),
    ]
    try:
        finished = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return [f"its tests did not end in {LONGEST_SECONDS} s"]
    # A server that does not start is an error of the fixtures, without any failing test.
    if finished.returncode != PYTEST_TESTS_FAILED or " failed" not in finished.stdout:
        return ["no test fails"]
    outcomes = OUTCOME.findall(finished.stdout)
    failed = {test for outcome, test in outcomes if outcome == "FAILED"}
    return [f"{test} passes" for test in sorted({test for _outcome, test in outcomes} - failed)]


def main() -> int:
    """Check the patches given, or all of them; return 1 if one is not needed by all its tests."""
    doubted = False
    for name in sys.argv[1:] or patches.names():
        found = doubts(name)
        print(f"{name}: {'needed' if not found else 'NOT SHOWN TO BE NEEDED: ' + ', '.join(found)}", flush=True)
        doubted = doubted or bool(found)
    return int(doubted)


if __name__ == "__main__":
    raise SystemExit(main())
