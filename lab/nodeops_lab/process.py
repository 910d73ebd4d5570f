# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's process, as the `lab` command sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .errors import LabError
from .settings import CHECKOUT, LAB_DIRECTORY

MODULE = "nodeops_lab.daemon"
PID_FILE = "daemon.pid"
LOG_FILE = "daemon.log"
STOP_SECONDS = 15.0
"""How long the daemon may take to end its jobs. One may be waiting for a host to shut down: that is cut short."""
PASSED_ON = ("PATH", "HOME", "LANG", "DOCKER_HOST", "SSL_CERT_FILE")
"""What of the operator's environment the daemon gets: nothing of AWS, and no credentials that happen to be there."""


def running_pid(state_directory: Path) -> int | None:
    """Return the daemon's process id, or None where it does not run.

    The process's command line is compared: after a crash the number may be another process's.
    """
    try:
        pid = int((state_directory / PID_FILE).read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid if all(word.encode() in arguments for word in (MODULE, state_directory.name)) else None


def memory_mib(pid: int) -> int:
    """Return the memory that a process holds, in MiB; 0 for one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")), 0)


def start(state_directory: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the daemon of a lab, apart from this terminal."""
    with (state_directory / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, state_directory.name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=CHECKOUT,
            # This checkout's code, whichever one the environment has installed.
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ}
            | {"PYTHONPATH": str(LAB_DIRECTORY)},
            start_new_session=True,
        )
    (state_directory / PID_FILE).write_text(f"{process.pid}\n")
    return process


def stop(state_directory: Path) -> None:
    """End the daemon and wait until it has; one that does not run is fine.

    Raises:
        LabError: it does not end.
    """
    pid = running_pid(state_directory)
    if pid is None:
        return
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 10.0)):
        os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if running_pid(state_directory) is None:
                return
            time.sleep(0.1)
    raise LabError(f"The daemon (process {pid}) does not end.")
