# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several tests expect of a call."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest


def refusal(call: Callable[[], Any]) -> str:
    """Return the error code with which AWS refuses a call."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for a condition and return what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)
    return found


def refused_by_nft(script: str) -> str:
    """Return what nftables has against a script; empty where it takes it.

    In a network namespace of its own: checking needs the kernel, and must not touch the machine's rules.
    """
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "nft", "--check", "-f", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.stderr or ("" if done.returncode == 0 else f"it ended with {done.returncode}")
