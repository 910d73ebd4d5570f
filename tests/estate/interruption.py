# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that are killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import Any

from region import BIN, TOP, Estate


def kill_at(estate: Estate, playbook: str, task: str, **variables: Any) -> str:
    """Run a playbook and kill it, workers and all, when it begins a task; return what it printed until then."""
    path = estate.directory / "interrupted.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    inventory = str(estate.directory / "inventory")
    process = subprocess.Popen(
        [str(BIN / "ansible-playbook"), "-i", inventory, playbook, "--extra-vars", f"@{path}"],
        cwd=TOP,
        env=estate.environment | {"PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            if line.startswith("TASK [") and task in line:
                return printed
    finally:
        # Its own session, so that nothing of it goes on.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    raise AssertionError(f"it never came to {task!r}:\n{printed[-6000:]}")
