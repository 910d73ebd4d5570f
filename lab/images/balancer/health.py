# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks as Elastic Load Balancing makes them: the request, and how results become a target's health.

After the Application and Network Load Balancers guides, "Health checks for target groups": a registered target must
pass one check to become healthy; a healthy one becomes unhealthy after the unhealthy threshold of consecutive
failures, an unhealthy one healthy after the healthy threshold of consecutive successes.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

INITIAL, HEALTHY, UNHEALTHY = "initial", "healthy", "unhealthy"
CHECKING = ("Elb.InitialHealthChecking", "Initial health checks in progress")
TIMEOUT = ("Target.Timeout", "Request timed out")
FAILED = ("Target.FailedHealthChecks", "Health checks failed")
AGENT = "ELB-HealthChecker/2.0"


@dataclass(frozen=True)
class Check:
    """How a target is checked."""

    protocol: str
    address: str
    port: int
    path: str
    matcher: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    detailed: bool
    """Whether failures are told apart, as Application Load Balancers do; Network Load Balancers do not."""


@dataclass(frozen=True)
class Failure:
    """Why a check failed."""

    reason: str
    description: str


@dataclass(frozen=True)
class Health:
    """A target's health, and the run of equal results that led to it."""

    state: str = INITIAL
    reason: str | None = CHECKING[0]
    description: str | None = CHECKING[1]
    successes: int = 0
    failures: int = 0


def after(health: Health, failure: Failure | None, check: Check) -> Health:
    """Return the health after one more check, which succeeded or failed."""
    if failure is None:
        successes = health.successes + 1
        if health.state != UNHEALTHY or successes >= check.healthy_threshold:
            return Health(HEALTHY, None, None, successes=successes)
        return replace(health, successes=successes, failures=0)
    failures = health.failures + 1
    if health.state == UNHEALTHY or failures >= check.unhealthy_threshold:
        return Health(UNHEALTHY, failure.reason, failure.description, failures=failures)
    return replace(health, successes=0, failures=failures)


def matches(status: int, matcher: str) -> bool:
    """Return whether a status code is one of a matcher's, "200", "200,202" or "200-299"."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def probe(check: Check) -> Failure | None:
    """Make one check; return why it failed, or None."""
    try:
        status = _status(check)
    except TimeoutError:
        return Failure(*(TIMEOUT if check.detailed else FAILED))
    except (OSError, http.client.HTTPException, ValueError):
        return Failure(*FAILED)
    if status is None or matches(status, check.matcher):
        return None
    if check.detailed:
        return Failure("Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")
    return Failure(*FAILED)


def _status(check: Check) -> int | None:
    """Return the status code that the target answers with; None where connecting is all that is asked for."""
    if check.protocol == "TCP":
        socket.create_connection((check.address, check.port), timeout=check.timeout).close()
        return None
    connection: http.client.HTTPConnection
    if check.protocol == "HTTPS":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # As ALBs do: "The load balancer does not validate these certificates" (ALB guide, target groups).
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(check.address, check.port, timeout=check.timeout, context=context)
    else:
        connection = http.client.HTTPConnection(check.address, check.port, timeout=check.timeout)
    # The timeout above is for each step; this ends a target that answers one byte at a time.
    deadline = threading.Timer(check.timeout, lambda: _abort(connection))
    began = time.monotonic()
    deadline.daemon = True
    deadline.start()
    try:
        connection.request(
            "GET",
            check.path,
            headers={
                "Host": f"{check.address}:{check.port}",
                "Connection": "close",
                "User-Agent": AGENT,
                "Accept-Encoding": "gzip, compressed",
            },
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() - began >= check.timeout:
            raise TimeoutError from error
        raise
    finally:
        deadline.cancel()
        connection.close()


def _abort(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            # It ended by itself in the meantime.
            return


class Checker:
    """Checks one target over and over, in a thread of its own."""

    def __init__(self, check: Check, changed: Callable[[], None]) -> None:
        """Start checking. `changed` is called, in the checker's thread, when the target's health has changed."""
        self.check = check
        self.health = Health()
        self._changed = changed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Check no more; one in progress counts no longer."""
        self._stopped.set()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            began = time.monotonic()
            check = self.check
            failure = probe(check)
            before, self.health = self.health, after(self.health, failure, check)
            if (before.state, before.description) != (self.health.state, self.health.description):
                self._changed()
            pause = max(0.0, check.interval - (time.monotonic() - began))
