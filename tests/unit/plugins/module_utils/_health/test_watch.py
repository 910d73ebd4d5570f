# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database.query import Lease
from ansible_collections.nodeops.chainlink.plugins.module_utils._health.judge import HostReport
from ansible_collections.nodeops.chainlink.plugins.module_utils._health.watch import (
    CALL,
    NOTHING,
    REPLACE,
    RESTART,
    Limits,
    Sight,
    Watch,
)

LIMITS = Limits(hung=30, unable=900, between_restarts=300)


def lease(expires_in: float = 9.0, mine: bool | None = True, writable: bool = True, own_sessions: int = 1) -> Lease:
    return Lease("6f1a8f1e", expires_in, "Chainlink", "10.42.32.11", mine, own_sessions, writable)


OTHERS_ALONE = lease(mine=False, own_sessions=0)
OWN, OTHERS, UNSEEN, FREE = lease(), lease(mine=False), lease(mine=None), lease(-20.0, mine=None)


def decisions(role: str, found: Lease | None, unit: str = "active", seconds: int = 2000, step: int = 10) -> list[Any]:
    """(second, action) of all that a watch does that sees the same for a time."""
    watch = Watch(LIMITS)
    seen = ((at, watch.decide(Sight(at, HostReport(role, lease=found), unit))) for at in range(0, seconds, step))
    return [(at, decision.action) for at, decision in seen if decision.action != NOTHING]


# (role, lease, state of the unit): where nothing is touched, however long it lasts, and nobody called
TEST_LEFT_ALONE = [
    ("active", OWN, "active"),
    ("active", UNSEEN, "active"),
    # The database does not answer, or the server that does cannot write: a restart would help nobody.
    ("active", None, "active"),
    ("active", lease(-20.0, writable=False), "active"),
    ("standby", OTHERS, "active"),
    ("standby", UNSEEN, "active"),
    ("migrating", OWN, "active"),
    # Stopped by somebody.
    ("down", OTHERS, "inactive"),
    ("down", OTHERS, "deactivating"),
    ("down", OTHERS, "failed"),
    ("failed", OTHERS, "failed"),
    ("down", None, "failed"),
]


@pytest.mark.parametrize(("role", "found", "unit"), TEST_LEFT_ALONE)
def test_left_alone(role: str, found: Lease | None, unit: str) -> None:
    assert decisions(role, found, unit) == []


# (role, lease, state of the unit): where there is nothing to do but to call people, after as long as a start may take
TEST_CALLED = [
    # The database does not answer, or the server that does cannot write: a restart would help nobody.
    ("failed", None, "active"),
    ("failed", lease(-20.0, writable=False), "active"),
    # Its HTTP server hangs, and it renews its lease: its jobs may well run.
    ("failed", OWN, "active"),
    ("starting", OWN, "active"),
    # The engine does not answer; the node that it started is on the database.
    ("down", OTHERS, "active"),
    # Nobody serves: what keeps both from running, a new host would not mend.
    ("down", FREE, "activating"),
    ("down", UNSEEN, "activating"),
    ("failed", lease(-20.0, mine=False), "activating"),
    # Nothing could be rendered, or the database refuses the password that was: does the other one serve? Nobody knows.
    ("down", None, "activating"),
]


@pytest.mark.parametrize(("role", "found", "unit"), TEST_CALLED)
def test_people_are_called(role: str, found: Lease | None, unit: str) -> None:
    assert decisions(role, found, unit, seconds=921) == [(900, CALL), (910, CALL), (920, CALL)]


def test_people_are_called_and_what_hangs_is_started_anew_all_the_same() -> None:
    found = decisions("failed", FREE, seconds=971)
    assert [(at, action) for at, action in found if action == RESTART] == [
        (60, RESTART),
        (360, RESTART),
        (660, RESTART),
        (960, RESTART),
    ]
    assert [at for at, action in found if action == CALL] == [900, 910, 920, 930, 940, 950, 970]


# (role, lease, after how long): what is started anew, and not again before five minutes
TEST_HANGS = [
    ("active", FREE, 30),
    ("active", OTHERS, 30),
    ("active", lease(-1.0), 30),
    ("failed", FREE, 60),
    ("failed", lease(-1.0), 60),
]


@pytest.mark.parametrize(("role", "found", "after"), TEST_HANGS)
def test_hangs(role: str, found: Lease, after: int) -> None:
    assert decisions(role, found, seconds=700) == [(at, RESTART) for at in (after, after + 300, after + 600)]


# (role, state of the unit): a host that gives itself up, while another one serves
TEST_CANNOT_RUN = [("down", "activating"), ("down", "active"), ("starting", "activating"), ("failed", "activating")]


@pytest.mark.parametrize(("role", "unit"), TEST_CANNOT_RUN)
def test_cannot_run(role: str, unit: str) -> None:
    alone = lease(mine=False, own_sessions=0)
    assert decisions(role, alone, unit, seconds=921) == [(900, REPLACE), (910, REPLACE), (920, REPLACE)]


def test_a_node_that_hangs_for_ever_is_restarted_and_in_the_end_replaced() -> None:
    found = decisions("failed", OTHERS, seconds=911)
    assert found == [(60, RESTART), (360, RESTART), (660, RESTART), (900, REPLACE), (910, REPLACE)]


def test_both_hang_after_a_failover_and_are_not_restarted_at_once() -> None:
    """The database takes writes again at 0; a node that is started anew serves, or waits, half a minute later."""
    restarts: dict[str, list[int]] = {"active": [], "failed": []}
    watches = {role: Watch(LIMITS) for role in restarts}
    for at in range(0, 200, 5):
        serves = bool(restarts["active"]) and at >= restarts["active"][0] + 30
        found = {
            "active": HostReport("active", lease=OWN if serves else FREE),
            "failed": HostReport("failed", lease=OTHERS if serves else FREE),
        }
        for role, watch in watches.items():
            if not restarts[role] and watch.decide(Sight(at, found[role], "active")).action == RESTART:
                restarts[role].append(at)
    assert restarts == {"active": [30], "failed": [60]}


def test_a_trouble_that_ends_is_forgotten() -> None:
    watch = Watch(LIMITS)
    hung, well = HostReport("active", lease=FREE), HostReport("active", lease=OWN)
    for at in range(0, 2000, 10):
        report = well if at % 30 == 20 else hung
        assert watch.decide(Sight(at, report, "active")).action == NOTHING
    unable, standby = HostReport("down", lease=OTHERS), HostReport("standby", lease=OTHERS)
    for at in range(2000, 6000, 10):
        report = standby if at % 900 == 0 else unable
        assert watch.decide(Sight(at, report, "activating")).action == NOTHING


def test_a_start_that_fails_ends_no_trouble() -> None:
    """Between two tries systemd tidies up after the first, which may be just what is seen."""
    for found, action in ((OTHERS_ALONE, REPLACE), (None, CALL)):
        watch = Watch(LIMITS)
        seen = [
            watch.decide(Sight(at, HostReport("down", lease=found), "deactivating" if at % 50 == 0 else "activating"))
            for at in range(0, 911, 10)
        ]
        assert [decision.action for decision in seen] == [NOTHING] * 91 + [action]


def test_two_troubles_in_turn_are_not_one() -> None:
    watch = Watch(LIMITS)
    for at, found in ((0, FREE), (10, FREE), (20, OTHERS), (30, OTHERS), (40, OTHERS)):
        assert watch.decide(Sight(at, HostReport("active", lease=found), "active")).action == NOTHING
    decision = watch.decide(Sight(50, HostReport("active", lease=OTHERS), "active"))
    assert (decision.action, decision.reason) == (RESTART, "it serves while another node holds the lease, for 30 s")


def test_the_reason_for_a_replacement_has_what_is_wrong() -> None:
    watch = Watch(LIMITS)
    report = HostReport("down", findings=("there is no container of the node",), lease=OTHERS)
    watch.decide(Sight(0, report, "activating"))
    decision = watch.decide(Sight(900, report, "activating"))
    assert decision.reason == (
        "the node has not run for 900 s, and another one serves: down (there is no container of the node)"
    )


def test_never_both() -> None:
    """Whatever two hosts see of one lease, at most one of them gives itself up: only where the other one holds it."""
    for holder in ("first", "second", None):
        given_up = [
            name
            for name in ("first", "second")
            if (900, REPLACE) in decisions("down", lease(mine=None if holder is None else holder == name), "activating")
        ]
        assert len(given_up) == (0 if holder is None else 1)
