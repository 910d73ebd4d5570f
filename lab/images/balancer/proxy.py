# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy as a child process: started, reloaded without dropping connections, and steered by its socket."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

DIRECTORY = Path("/run/balancer")
CONFIGURATION = DIRECTORY / "haproxy.cfg"
DRAFT = DIRECTORY / "draft.cfg"
SOCKET = DIRECTORY / "admin.sock"
FILES = "@files@"
TARGET = re.compile(r"^(\s*server \S+ .*) # target (\S+)$")
START_SECONDS = 20.0


class ProxyError(Exception):
    """The proxy refuses a configuration, or does not answer."""


def with_health(text: str, files: str, healthy: set[str]) -> str:
    """Return a configuration with the place of its files, and with the servers out of rotation that are not healthy."""
    lines = []
    for line in text.replace(FILES, files).splitlines():
        found = TARGET.match(line)
        if found:
            server, check = found.groups()
            line = server if check in healthy else f"{server} disabled"
        lines.append(line)
    return "\n".join(lines) + "\n"


def servers_of(text: str) -> dict[tuple[str, str], str]:
    """Return the check that decides about each server, by (backend, server)."""
    found = {}
    backend = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["backend"]:
            backend = words[1]
        target = TARGET.match(line)
        if target:
            found[backend, words[1]] = target.group(2)
    return found


def rotation_of(state: str) -> dict[tuple[str, str], bool]:
    """Return whether each server is in rotation, from the answer to "show servers state"."""
    found = {}
    for line in state.splitlines():
        fields = line.split()
        if len(fields) > 6 and not line.startswith("#"):
            # The operational state; the administrative one keeps a trace of a server's having started disabled.
            found[fields[1], fields[3]] = fields[5] != "0"
    return found


class Proxy:
    """HAProxy with its master process, which hands listening sockets to each new worker."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ended(self) -> bool:
        """Whether it was started and runs no more."""
        return self._process is not None and self._process.poll() is not None

    @property
    def started(self) -> bool:
        """Whether it was started."""
        return self._process is not None

    def load(self, text: str) -> None:
        """Run with a configuration from now on; connections of the earlier one go on.

        Raises:
            ProxyError: the configuration is wrong, and the earlier one stays; or the proxy does not come up.
        """
        DRAFT.write_text(text)
        checked = subprocess.run(["haproxy", "-c", "-f", str(DRAFT)], check=False, capture_output=True, text=True)
        if checked.returncode:
            alerts = [line for line in checked.stderr.splitlines() if "[ALERT]" in line]
            raise ProxyError("; ".join(alerts) or f"haproxy -c ended with {checked.returncode}")
        DRAFT.replace(CONFIGURATION)
        earlier = self._worker() if self._process else None
        if self._process is None:
            self._process = subprocess.Popen(["haproxy", "-W", "-db", "-f", str(CONFIGURATION)])
        else:
            self._process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + START_SECONDS
        while self._worker() in (None, earlier):
            if self.ended or time.monotonic() > deadline:
                raise ProxyError("HAProxy does not come up; its log has the reason")
            time.sleep(0.05)

    def _worker(self) -> str | None:
        try:
            found = re.search(r"^Pid: (\d+)$", self.command("show info"), re.MULTILINE)
        except OSError:
            return None
        return found.group(1) if found else None

    def command(self, line: str) -> str:
        """Return the answer to a command of HAProxy's runtime API.

        Raises:
            OSError: no worker answers.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(SOCKET))
            connection.sendall(line.encode() + b"\n")
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def rotation(self) -> dict[tuple[str, str], bool]:
        """Return whether each server is in rotation, by (backend, server)."""
        return rotation_of(self.command("show servers state"))

    def rotate(self, backend: str, server: str, into: bool) -> None:
        """Take a server into rotation or out of it."""
        self.command(f"set server {backend}/{server} state {'ready' if into else 'maint'}")

    def stop(self) -> None:
        """End at once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
