# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that asks both nodes for their health ten times a second, and says when nobody served."""

from __future__ import annotations

import subprocess
import threading
import time
from types import TracebackType

from support import Estate

# Runs on a node host until its SSH session ends: prints a moment (seconds since 1970) and 1 or 0 whenever its node
# begins or ceases to serve. A node answers 1,000 requests a minute, so a client that stayed would be one too many.
PROGRAM = """
import http.client, os, time
last, parent = None, os.getppid()
while os.getppid() == parent:
    connection = http.client.HTTPConnection("127.0.0.1", 6688, timeout=1)
    try:
        connection.request("GET", "/health", headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        serves = answer.status in (200, 207)
    except (OSError, http.client.HTTPException):
        serves = False
    finally:
        connection.close()
    if serves != last:
        print(f"{time.time():.3f} {serves:d}", flush=True)
        last = serves
    time.sleep(0.1)
"""


class HealthClient:
    """Watches from __enter__ to __exit__; then .outages are the (begin, end) in which no node served."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.events: list[tuple[float, str, bool]] = []
        self.began = self.ended = 0.0
        self._stop = threading.Event()
        self._first = threading.Semaphore(0)
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> HealthClient:
        nodes = sorted(self.estate.nodes())
        for instance_id in nodes:
            thread = threading.Thread(target=self._watch, args=(instance_id,))
            thread.start()
            self._threads.append(thread)
        for _instance_id in nodes:
            assert self._first.acquire(timeout=30), "a node host does not tell its node's health"
        self.began = time.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended = time.time()
        self._stop.set()
        for process in self._processes.values():
            process.kill()
        for thread in self._threads:
            thread.join(timeout=30)

    def _watch(self, instance_id: str) -> None:
        """Read one host's events, and connect again after it was rebooted."""
        command = [
            "ssh",
            "-F",
            str(self.estate.ssh_config()),
            "-o",
            "ConnectTimeout=3",
            instance_id,
            "python3",
            "-u",
            "-",
        ]
        while not self._stop.is_set():
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            self._processes[instance_id] = process
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(PROGRAM)
                process.stdin.close()
                for line in process.stdout:
                    moment, serves = line.split()
                    self.events.append((float(moment), instance_id, serves == "1"))
                    self._first.release()
            except BrokenPipeError:
                pass
            process.kill()
            process.wait()
            if not self._stop.is_set():
                self.events.append((time.time(), instance_id, False))

    @property
    def outages(self) -> list[tuple[float, float]]:
        """Every time in which nobody served, from the beginning of the watch to its end."""
        serving: set[str] = set()
        found: list[tuple[float, float]] = []
        since: float | None = self.began
        for moment, host, serves in sorted(self.events):
            (serving.add if serves else serving.discard)(host)
            if not serving and since is None:
                since = moment
            elif serving and since is not None:
                if moment > max(since, self.began):
                    found.append((max(since, self.began), moment))
                since = None
        if since is not None:
            found.append((since, self.ended))
        return found

    @property
    def longest(self) -> float:
        """The longest outage in seconds."""
        return max((end - begin for begin, end in self.outages), default=0.0)
