# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what ansible-playbook prints."""

from __future__ import annotations

import re


def recap(output: str) -> dict[str, dict[str, int]]:
    """Return the play recap by host."""
    found = {}
    for host, counts in re.findall(r"^(\S+)\s+: (ok=\d+.*)$", output, re.MULTILINE):
        found[host] = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts)}
    return found


def changed_tasks(output: str) -> list[str]:
    """Return the tasks that report a change, once for each host and item."""
    found, task = [], ""
    for line in output.splitlines():
        if begun := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\] \*", line):
            task = begun[1]
        elif line.startswith("changed: "):
            found.append(task)
    return found
