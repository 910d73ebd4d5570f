# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of a load balancer's node: follows what the lab writes into /lab, and reports into /report.

/lab/security-groups.nft  the node's inbound rules
/lab/current              the name of the present generation
/lab/<generation>/        haproxy.cfg, its certificates and bodies, and checks.json: {check id: parameters}
/report/report.json       {"generation", "error", "rules", "targets": {check id: {"state", "reason", "description"}}}
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from health import HEALTHY, Check, Checker
from proxy import Proxy, ProxyError, servers_of, with_health

LAB = Path("/lab")
REPORT = Path("/report/report.json")
INTERVAL = 0.5
"""Seconds between two looks at /lab."""


class Node:
    """The node's rules, proxy and health checks."""

    def __init__(self) -> None:
        self._proxy = Proxy()
        self._checkers: dict[str, Checker] = {}
        self._servers: dict[tuple[str, str], str] = {}
        self._generation = ""
        self._tried = ""
        self._error: str | None = None
        self._rules = ""
        self._reported = ""
        self.changed = threading.Event()

    def follow(self) -> None:
        """Do what has become due."""
        self._follow_rules()
        if self._rules:
            # Not a moment without rules.
            self._follow_generation()
        self._follow_health()
        self._report()
        if self._proxy.ended:
            raise SystemExit("balancer: HAProxy has ended")

    def _follow_rules(self) -> None:
        text = _read(LAB / "security-groups.nft")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if text and digest != self._rules:
            subprocess.run(["nft", "-f", "-"], check=True, input=text, text=True)
            self._rules = digest

    def _follow_generation(self) -> None:
        generation = _read(LAB / "current").strip()
        if not generation or generation == self._tried:
            return
        directory = LAB / generation
        try:
            checks = json.loads((directory / "checks.json").read_text())
            text = (directory / "haproxy.cfg").read_text()
        except FileNotFoundError:
            # A newer one has taken its place between two lines of this program.
            return
        self._tried = generation
        self._check(checks)
        try:
            self._proxy.load(with_health(text, str(directory), self._healthy()))
        except ProxyError as error:
            self._error = str(error)
            return
        self._error = None
        self._servers = servers_of(text)
        self._generation = generation

    def _check(self, checks: dict[str, dict[str, Any]]) -> None:
        for check_id in self._checkers.keys() - checks.keys():
            self._checkers.pop(check_id).stop()
        for check_id, parameters in checks.items():
            check = Check(**parameters)
            if check_id in self._checkers:
                self._checkers[check_id].check = check
            else:
                self._checkers[check_id] = Checker(check, self.changed.set)

    def _healthy(self) -> set[str]:
        return {check_id for check_id, checker in self._checkers.items() if checker.health.state == HEALTHY}

    def _follow_health(self) -> None:
        """Have exactly the healthy targets in rotation."""
        if not self._servers:
            return
        healthy = self._healthy()
        try:
            self._rotate(healthy)
        except OSError as error:
            # One worker takes over from another; in a moment this is done again.
            print(f"balancer: HAProxy's socket: {error}", file=sys.stderr, flush=True)

    def _rotate(self, healthy: set[str]) -> None:
        rotation = self._proxy.rotation()
        for (backend, server), check_id in self._servers.items():
            wanted = check_id in healthy
            if rotation.get((backend, server), wanted) != wanted:
                self._proxy.rotate(backend, server, wanted)

    def _report(self) -> None:
        content = {
            "generation": self._generation,
            "error": self._error,
            "rules": self._rules,
            "targets": {
                check_id: {
                    "state": checker.health.state,
                    "reason": checker.health.reason,
                    "description": checker.health.description,
                }
                for check_id, checker in sorted(self._checkers.items())
            },
        }
        text = json.dumps(content, indent=1)
        if text != self._reported:
            draft = REPORT.with_name(".report.draft")
            draft.write_text(text)
            draft.replace(REPORT)
            self._reported = text

    def stop(self) -> None:
        """End the proxy."""
        self._proxy.stop()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def main() -> None:
    """Follow until told to stop."""
    for network in os.environ["OUTSIDE"].split():
        subprocess.run(["ip", "route", "replace", network, "via", os.environ["GATEWAY"]], check=True)
    # What an earlier run of this container reported is no longer so.
    REPORT.unlink(missing_ok=True)
    node = Node()

    def stop(_number: int, _frame: object) -> None:
        node.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        node.follow()
        node.changed.wait(INTERVAL)
        node.changed.clear()


if __name__ == "__main__":
    main()
