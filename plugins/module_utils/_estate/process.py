# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names the ansible-playbook process that this code runs under, so that a later one can tell whether it still runs."""

from __future__ import annotations

import os

_PROC = "/proc"
_PROGRAM = "ansible-playbook"


def controller_process(pid: int | None = None, proc: str = _PROC) -> str:
    """The topmost ancestor that is an ansible-playbook, as boot-number-start; empty where /proc does not tell."""
    found = ""
    current = os.getpid() if pid is None else pid
    while current > 1:
        try:
            name = identity(current, proc)
            with open(f"{proc}/{current}/cmdline", "rb") as stream:
                arguments = stream.read().decode("utf-8", errors="replace").split("\0")
        except OSError:
            break
        if any(os.path.basename(argument) == _PROGRAM for argument in arguments[:3]):
            found = name
        current = _parent(current, proc)
    return found


def is_running(process: str, proc: str = _PROC) -> bool:
    """Whether the process of that name still runs on this host."""
    try:
        return identity(int(process.split("-")[1]), proc) == process
    except (OSError, ValueError, IndexError):
        return False


def identity(pid: int, proc: str = _PROC) -> str:
    """What tells a process from every other before and after it; raises OSError where there is none."""
    with open(f"{proc}/sys/kernel/random/boot_id", encoding="ascii") as stream:
        boot = stream.read().strip().split("-", maxsplit=1)[0]
    # Field 22 of stat(5), counted behind the name in brackets, which may hold blanks.
    return f"{boot}-{pid}-{_fields(pid, proc)[19]}"


def _parent(pid: int, proc: str) -> int:
    try:
        return int(_fields(pid, proc)[1])
    except OSError:
        return 0


def _fields(pid: int, proc: str) -> list[str]:
    with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as stream:
        return stream.read().rpartition(")")[2].split()
