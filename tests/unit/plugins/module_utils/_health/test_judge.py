# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database.query import Address, Facts, Lease
from ansible_collections.nodeops.chainlink.plugins.module_utils._health import judge
from ansible_collections.nodeops.chainlink.plugins.module_utils._health.observations import (
    Container,
    HttpAnswer,
    Observation,
)

IMAGE = "public.ecr.aws/chainlink/chainlink:2.46.0"
CLOSED = HttpAnswer()
READY, NOT_READY = HttpAnswer(200), HttpAnswer(503)


def checks(**status: str) -> str:
    """The body of /health (core/web/health_controller.go)."""
    return json.dumps(
        {
            "data": [
                {"type": "checks", "id": name, "attributes": {"name": name, "status": value, "output": ""}}
                for name, value in status.items()
            ]
        }
    )


def lease(expires_in: float = 9.0, mine: bool | None = False, own_sessions: int = 1) -> Lease:
    return Lease("6f1a8f1e", expires_in, "Chainlink", "10.42.32.11", mine, own_sessions, True)


def seen(health: HttpAnswer = CLOSED, ready: HttpAnswer = CLOSED, **more: Any) -> Observation:
    container = Container("running", IMAGE, 0, more.pop("age", 30.0), 1795334877.0)
    return Observation(more.pop("container", container), health, ready, more.pop("lease", lease()), **more)


GOOD = checks(JobSpawner="passing", HeadReporter="passing")
BAD = checks(JobSpawner="passing", HeadReporter="failing")
ADDRESS = Address("db.test", 5432, "chainlink", "chainlink", "verify-full", "/ca.pem")
IN_ORDER = Facts(
    "16.8", False, False, "chainlink", "chainlink", "chainlink", True, True, "public", True, True, 1000, 3, 50, -1, -1,
    (), "2.46.0", 291, None,
)  # fmt: skip
NO_CREATE = dataclasses.replace(IN_ORDER, creates_tables=False)
WITHOUT_CREATE = (
    "user chainlink may not create tables in schema public, so its node waits for ever instead of taking the lease; "
    "give it with GRANT CREATE ON SCHEMA public TO chainlink"
)
READER = dataclasses.replace(IN_ORDER, in_recovery=True, read_only=True)
ON_A_READER = (
    "this is a reader: it is in recovery and takes no writes, and a node on it waits for ever; database.host of the "
    "estate record must be the cluster's writer endpoint"
)
REFUSED = (
    "the database refuses user chainlink; its password is not the one in the secret, or the user is missing: "
    "playbooks/nodes.yml sets both (FATAL: password authentication failed)"
)


def looked_at(facts: Facts, **more: Any) -> Observation:
    return seen(database=facts, address=ADDRESS, **more)


FREE = lease(-40.0)
UNTAKEN = "it does not take the lease, which is free for 40 s"

# (what is seen, role, failing checks, findings)
TEST_JUDGE_HOST: list[tuple[Observation, str, list[str], list[str]]] = [
    (seen(HttpAnswer(200, GOOD), READY), "active", [], []),
    (seen(HttpAnswer(207, BAD), READY), "active", ["HeadReporter"], []),
    # Before 2.9.0 the status is 200 whatever the checks say.
    (seen(HttpAnswer(200, BAD), READY), "active", ["HeadReporter"], []),
    (seen(HttpAnswer(503, BAD), NOT_READY), "active", ["HeadReporter"], ["/readyz answers that the node is not ready"]),
    (seen(HttpAnswer(200, GOOD), NOT_READY), "active", [], ["/readyz answers that the node is not ready"]),
    (seen(HttpAnswer(200, GOOD), HttpAnswer(404)), "active", [], ["/readyz answers HTTP status 404"]),
    (
        seen(HttpAnswer(200, "<html>"), READY),
        "active",
        [],
        ["/health answers 200 without checks that can be read"],
    ),
    (seen(HttpAnswer(204), HttpAnswer(404)), "migrating", [], ["the database is being migrated"]),
    (seen(HttpAnswer(503), NOT_READY), "starting", [], ["/health answers HTTP status 503"]),
    (seen(HttpAnswer(404, "no"), READY), "failed", [], ["/health answers HTTP status 404"]),
    (seen(HttpAnswer(500, BAD), READY), "failed", ["HeadReporter"], ["/health answers HTTP status 500"]),
    (seen(HttpAnswer(error="it hangs")), "starting", [], ["it hangs"]),
    (seen(HttpAnswer(error="it hangs"), age=121.0), "failed", [], ["it hangs"]),
    (seen(), "standby", [], []),
    (seen(age=1e6), "standby", [], []),
    # The holder has just died: its sessions are gone, its lease is not.
    (seen(lease=lease(3.0, mine=None)), "standby", [], []),
    (seen(lease=lease(mine=True)), "starting", [], ["it holds the lease and does not serve yet"]),
    # A takeover after days of standing by may take as long as it takes.
    (seen(lease=lease(mine=True), age=1e6), "starting", [], ["it holds the lease and does not serve yet"]),
    (seen(lease=lease(own_sessions=0)), "starting", [], ["it has no session on the database"]),
    (seen(lease=lease(own_sessions=0), age=121.0), "failed", [], ["it has no session on the database"]),
    (seen(lease=lease(-2.0)), "starting", [], ["the lease has just become free"]),
    (seen(lease=lease(-2.0), age=1e6), "starting", [], ["the lease has just become free"]),
    (
        seen(lease=FREE, age=300.0),
        "failed",
        [],
        [UNTAKEN, "nothing speaks against the database; the node's log may tell more"],
    ),
    (looked_at(NO_CREATE, lease=FREE, age=300.0), "failed", [], [UNTAKEN, WITHOUT_CREATE]),
    (looked_at(READER, lease=FREE, age=300.0), "failed", [], [UNTAKEN, ON_A_READER]),
    (looked_at(NO_CREATE, lease=lease(-2.0)), "starting", [], ["the lease has just become free", WITHOUT_CREATE]),
    (looked_at(NO_CREATE, lease=None, age=121.0), "failed", [], ["no node has taken the lease yet", WITHOUT_CREATE]),
    # It waits as it must, and would go on waiting when its turn comes.
    (looked_at(NO_CREATE), "standby", [], [WITHOUT_CREATE]),
    (looked_at(READER), "standby", [], []),
    (looked_at(IN_ORDER), "standby", [], []),
    (
        seen(lease=None, lease_error="FATAL: password authentication failed", address=ADDRESS, age=121.0),
        "failed",
        [],
        [REFUSED],
    ),
    (seen(lease=None), "starting", [], ["no node has taken the lease yet"]),
    (seen(lease=None, age=121.0), "failed", [], ["no node has taken the lease yet"]),
    (
        seen(lease=None, lease_error="no route", age=121.0),
        "failed",
        [],
        ["the lease cannot be read: no route"],
    ),
    # A serving node is active whatever can be learnt of the lease.
    (seen(HttpAnswer(200, GOOD), READY, lease=None, lease_error="no route"), "active", [], []),
    (seen(container=None), "down", [], ["there is no container of the node"]),
    (seen(container=None, container_error="no engine"), "down", [], ["no engine"]),
    (
        seen(container=Container("exited", IMAGE, 1, 5.0)),
        "failed",
        [],
        ["the container is exited, exit code 1"],
    ),
    (
        seen(container=Container("created", IMAGE, 0, 0.0)),
        "starting",
        [],
        ["the container is created, exit code 0"],
    ),
    (
        seen(container=Container("paused", IMAGE, 0, 5.0)),
        "failed",
        [],
        ["the container is paused, exit code 0"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("observation", "role", "failing", "findings"), TEST_JUDGE_HOST)
def test_judge_host(observation: Observation, role: str, failing: list[str], findings: list[str]) -> None:
    report = judge.judge_host(observation)
    assert (report.role, report.failing, list(report.findings)) == (role, failing, findings)
    assert report.release == (None if observation.container is None else "2.46.0")


@pytest.mark.parametrize("seconds", [-30.0, 30.0])
def test_a_clock_that_was_set_by_half_a_minute_changes_neither_active_nor_standby(seconds: float) -> None:
    """What a host's clock is asked for is the container's age alone; the lease has the database's clock."""
    for observation, role, failing, findings in TEST_JUDGE_HOST:
        if observation.container is None or role not in (judge.ACTIVE, judge.STANDBY):
            continue
        age = max(0.0, observation.container.age + seconds)
        other = dataclasses.replace(observation, container=dataclasses.replace(observation.container, age=age))
        report = judge.judge_host(other)
        assert (report.role, report.failing, list(report.findings)) == (role, failing, findings)


TEST_PARSE_CHECKS: list[tuple[str, dict[str, str] | None]] = [
    (GOOD, {"JobSpawner": "passing", "HeadReporter": "passing"}),
    ('{"data": []}', {}),
    ("", None),
    ("[]", None),
    ("null", None),
    ('{"data": [1]}', None),
    (checks(A="odd"), None),
]


@pytest.mark.parametrize(("body", "expected"), TEST_PARSE_CHECKS)
def test_parse_checks(body: str, expected: dict[str, str] | None) -> None:
    assert judge.parse_checks(body) == expected


def host(name: str, role: str, *findings: str) -> dict[str, Any]:
    return {"host": name, "role": role, "findings": list(findings)}


# (hosts, active, standby, findings)
TEST_JUDGE_ESTATE: list[tuple[list[dict[str, Any]], list[str], list[str], list[str]]] = [
    ([host("a", "active"), host("b", "standby")], ["a"], ["b"], []),
    ([host("c", "standby"), host("b", "active"), host("a", "standby")], ["b"], ["a", "c"], []),
    (
        [host("a", "active"), host("b", "active")],
        ["a", "b"],
        [],
        [
            "2 hosts are active and it must be exactly one: a is active, b is active",
            "0 hosts stand by and it must be 1 at least",
        ],
    ),
    (
        [host("a", "standby"), host("b", "starting", "it holds the lease and does not serve yet")],
        [],
        ["a"],
        [
            "no hosts are active and it must be exactly one: a is standby, b is starting",
            "b is starting: it holds the lease and does not serve yet",
        ],
    ),
    (
        [host("a", "active"), host("b", "failed", "one", "two")],
        ["a"],
        [],
        ["b is failed: one; two", "0 hosts stand by and it must be 1 at least"],
    ),
    (
        [host("a", "active"), {}],
        ["a"],
        [],
        ["host 2 is down: no reason was reported", "0 hosts stand by and it must be 1 at least"],
    ),
    (
        [host("a", "active"), host("b", "standby", "one", "two")],
        ["a"],
        ["b"],
        ["b stands by on a database that it cannot work on: one; two"],
    ),
    (
        [],
        [],
        [],
        [
            "no hosts are active and it must be exactly one: there is no host",
            "0 hosts stand by and it must be 1 at least",
        ],
    ),
]


@pytest.mark.parametrize(("hosts", "active", "standby", "findings"), TEST_JUDGE_ESTATE)
def test_judge_estate(hosts: list[dict[str, Any]], active: list[str], standby: list[str], findings: list[str]) -> None:
    assert judge.judge_estate(hosts, 1) == judge.EstateReport(active, standby, findings)


def test_what_speaks_against_the_active_host_counts_where_it_must_be_ready() -> None:
    hosts = [host("a", "active", "one", "two"), host("b", "standby")]
    assert judge.judge_estate(hosts, 1).findings == []
    assert judge.judge_estate(hosts, 1, ready=True).findings == ["a is active and not ready: one; two"]
    assert judge.judge_estate([{**host("a", "active"), "failing": ["EVM.1"]}], 0, ready=True).findings == []


def test_one_host_alone_can_be_an_estate() -> None:
    assert judge.judge_estate([host("a", "active")], 0).findings == []


def test_as_dict() -> None:
    assert judge.judge_host(seen(HttpAnswer(207, BAD), READY, lease=lease(9.25, mine=True))).as_dict() == {
        "role": "active",
        "checks": {"JobSpawner": "passing", "HeadReporter": "failing"},
        "failing": ["HeadReporter"],
        "findings": [],
        "release": "2.46.0",
        "started": 1795334877.0,
        "lease": {
            "client_id": "6f1a8f1e",
            "expires_in": 9.25,
            "age": 0.75,
            "holder_application": "Chainlink",
            "holder_address": "10.42.32.11",
            "mine": True,
            "own_sessions": 1,
            "writable": True,
        },
    }


def test_in_words() -> None:
    assert judge.judge_host(seen()).in_words() == "standby"
    assert judge.judge_host(seen(HttpAnswer(207, BAD), NOT_READY)).in_words() == (
        "active (/readyz answers that the node is not ready; failing checks: HeadReporter)"
    )
