# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what a host does about a node that does not recover by itself.

systemd starts a node anew that has ended. Two things it cannot see:

- A node that hangs: it does not end, and neither serves nor waits for the lease, or it serves and no longer renews its
  lease, as after a failover of the database that left its connections with a server that only reads
  (github.com/smartcontractkit/chainlink/issues/12834, open). It is restarted.
- A host on which the node cannot run, whatever systemd tries. Auto Scaling is told that the instance is unhealthy and
  replaces it.

The holder of a lease that runs is never touched, nor is a node that waits for it, nor one that an operator stopped. A
host gives itself up only while another one holds the lease: what keeps every node from running, such as the database
or a secret, no new host would mend, and so never both are replaced at once. What keeps one from starting that the other
has read long ago, such as the same secret, no new host would mend either: so chainlink-watch keeps a host on which the
node has never served or stood by, and at most one is replaced in vain.

Where a node does not run and its host may not be given up, or nobody can see whether it may, people are called: until
they come, the other node is the only one, or there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._database.query import Lease
from .judge import ACTIVE, DOWN, FAILED, MIGRATING, STANDBY, STARTING, HostReport

NOTHING = "nothing"
RESTART = "restart"
REPLACE = "replace"
CALL = "call"

#: systemd's words for a unit that somebody has stopped. A waiting node ends with status 1 when it is
#: stopped, which makes its unit "failed" for good; one that ends by itself is "activating" again, being tried for ever.
STOPPED = ("inactive", "failed")
STOPPING = "deactivating"
RUNNING = "active"


@dataclass(frozen=True)
class Limits:
    """How long a trouble must last until something is done about it; all in seconds."""

    #: A lease lasts 10 s and its renewal is tried every second. One that waits and hangs is given twice that: after a
    #: failover of the database both may hang at once, and are not to be started anew at once.
    hung: float = 30.0
    #: More than any start and migration that is not stuck. Then the host is given up, or people are called.
    unable: float = 900.0
    #: Between two restarts: a start takes its time, and one that did not help will not help at once.
    between_restarts: float = 300.0


@dataclass(frozen=True)
class Sight:
    """One look at this host."""

    #: Seconds of a clock that never jumps.
    at: float
    report: HostReport
    #: systemd's state of the node's unit: active, activating, deactivating, failed or inactive.
    unit: str


@dataclass(frozen=True)
class Decision:
    action: str
    #: For the journal; empty where there is nothing to say.
    reason: str = ""


class Watch:
    """Remembers since when a trouble lasts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._hung: tuple[str, float] | None = None
        self._unable_since: float | None = None
        self._missed_since: float | None = None
        self._restarted: float | None = None

    def decide(self, sight: Sight) -> Decision:
        """What is to be done now."""
        if sight.unit == STOPPING:
            # A start that fails comes by here, too, as systemd tidies up: it ends no trouble.
            return Decision(NOTHING)
        hung = hangs(sight.report) if sight.unit == RUNNING else ""
        if not hung:
            self._hung = None
        elif self._hung is None or self._hung[0] != hung:
            self._hung = (hung, sight.at)
        if not cannot_run(sight):
            self._unable_since = None
        elif self._unable_since is None:
            self._unable_since = sight.at
        if not is_missed(sight):
            self._missed_since = None
        elif self._missed_since is None:
            self._missed_since = sight.at
        if self._unable_since is not None and sight.at - self._unable_since >= self._limits.unable:
            return Decision(
                REPLACE,
                f"the node has not run for {sight.at - self._unable_since:.0f} s, and another one serves: "
                f"{sight.report.in_words()}",
            )
        patience = self._limits.hung if sight.report.role == ACTIVE else 2 * self._limits.hung
        if self._hung is not None and sight.at - self._hung[1] >= patience and self._may_restart(sight.at):
            self._restarted = sight.at
            return Decision(RESTART, f"{self._hung[0]}, for {sight.at - self._hung[1]:.0f} s")
        if self._missed_since is not None and sight.at - self._missed_since >= self._limits.unable:
            return Decision(
                CALL,
                f"the node has neither served nor stood by for {sight.at - self._missed_since:.0f} s: "
                f"{sight.report.in_words()}",
            )
        return Decision(NOTHING)

    def _may_restart(self, now: float) -> bool:
        return self._restarted is None or now - self._restarted >= self._limits.between_restarts


def hangs(report: HostReport) -> str:
    """Why a node whose process runs must be started anew; empty where it need not.

    Only what the database itself confirms counts, asked at a server that can write: without it a restart would help
    nobody, and the node may be well.
    """
    lease = report.lease
    if lease is None or not lease.writable:
        return ""
    if report.role == ACTIVE:
        if lease.expires_in <= 0:
            return "it serves and does not renew its lease"
        if lease.mine is False:
            return "it serves while another node holds the lease"
    if report.role == FAILED and not (lease.mine and lease.expires_in > 0):
        return "it neither serves nor waits for the lease"
    return ""


def is_missed(sight: Sight) -> bool:
    """Whether this host's node neither serves nor stands by, though nobody stopped it."""
    if sight.unit in STOPPED or sight.report.role in (ACTIVE, STANDBY, MIGRATING):
        return False
    assert sight.report.role in (DOWN, FAILED, STARTING)
    return True


def cannot_run(sight: Sight) -> bool:
    """Whether this host's node is missed for a reason that a new host may mend, while another host's node serves."""
    if not is_missed(sight):
        return False
    if sight.report.role == DOWN and sight.unit == RUNNING and is_connected(sight.report.lease):
        # The engine does not answer, and its containers run on without it.
        return False
    return another_serves(sight.report.lease)


def is_connected(lease: Lease | None) -> bool:
    """Whether the database sees a session of this host's node."""
    return lease is not None and lease.own_sessions > 0


def another_serves(lease: Lease | None) -> bool:
    """Whether the session of another host is seen to hold a lease that runs."""
    return lease is not None and lease.expires_in > 0 and lease.mine is False
