# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults in force, in a file of the lab's state directory that command and daemon share."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files import write_atomically

FAULTS_FILE = "faults.json"
LOCK_FILE = "faults.lock"


@dataclass(frozen=True)
class Fault:
    """One fault in force."""

    fault_id: str
    kind: str
    arguments: dict[str, Any]
    """As the operator gave them, parsed."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What they led to when the fault was made: containers, process ids, key ids."""
    since: float = 0.0
    """Seconds since the epoch."""

    def text(self) -> str:
        """Return the fault in one line."""
        given = " ".join(f"{name}={value}" for name, value in self.arguments.items() if value is not None)
        return f"{self.fault_id}: {given}".rstrip(": ")


class Store:
    """The file. Reading needs no lock; whoever changes the world or the file holds `locked`."""

    def __init__(self, state_directory: Path) -> None:
        self._state = state_directory
        self._path = state_directory / FAULTS_FILE
        self._read: tuple[tuple[int, int], tuple[Fault, ...]] | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from changing faults."""
        with (self._state / LOCK_FILE).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def faults(self) -> tuple[Fault, ...]:
        """Return what is in force, reading the file only when it has changed."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return ()
        version = (status.st_mtime_ns, status.st_ino)
        known = self._read
        if known is None or known[0] != version:
            content = json.loads(self._path.read_text())
            known = self._read = (version, tuple(Fault(**item) for item in content["faults"]))
        return known[1]

    def new_id(self, kind: str) -> str:
        """Return a name for a new fault: the kind, with a number where one of that kind is in force."""
        taken = {fault.fault_id for fault in self.faults()}
        number = 2
        name = kind
        while name in taken:
            name = f"{kind}-{number}"
            number += 1
        return name

    def add(self, fault: Fault) -> Fault:
        """Put a fault, with the present time, into the file; return it as written."""
        written = dataclasses.replace(fault, since=time.time())
        self._write([*(item for item in self.faults() if item.fault_id != fault.fault_id), written])
        return written

    def remove(self, fault_id: str) -> None:
        """Take a fault out of the file; one that is not there is fine."""
        self._write([fault for fault in self.faults() if fault.fault_id != fault_id])

    def _write(self, faults: list[Fault]) -> None:
        content = {"faults": [dataclasses.asdict(fault) for fault in faults]}
        write_atomically(self._path, json.dumps(content, indent=1))
