# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import upgrade

OLD, NEW = "2.29.0", "2.46.0"
RECORD: dict[str, Any] = {"release": {"tag": OLD}}
PENDING: dict[str, Any] = {
    "release": {"tag": NEW},
    "upgrade": {"from": {"tag": OLD}, "snapshot": "oracle-before", "most_failing": 1},
}


def host(name: str, role: str, release: str | None = OLD, failing: int = 0) -> dict[str, Any]:
    return {"host": name, "role": role, "release": release, "failing": [f"check{n}" for n in range(failing)]}


# (record, hosts, target, (state, first, last, most_failing, snapshot))
TEST_PLAN: list[tuple[dict[str, Any], list[dict[str, Any]], str, tuple[str, str, str, int, str | None]]] = [
    (RECORD, [host("a", "active", failing=2), host("b", "standby")], NEW, ("begin", "b", "a", 2, None)),
    (RECORD, [host("a", "standby"), host("b", "active")], NEW, ("begin", "a", "b", 0, None)),
    (RECORD, [host("a", "active"), host("b", "standby")], OLD, ("done", "b", "a", 0, None)),
    # Interrupted before the standby had the release, and after it.
    (PENDING, [host("a", "active"), host("b", "standby")], NEW, ("continue", "b", "a", 1, "oracle-before")),
    (PENDING, [host("a", "standby", NEW), host("b", "active")], NEW, ("continue", "a", "b", 1, "oracle-before")),
    (PENDING, [host("a", "active"), host("b", "down", None)], NEW, ("continue", "b", "a", 1, "oracle-before")),
    # At the handover: the old one is stopped, the new one takes over.
    (PENDING, [host("a", "down", None), host("b", "migrating", NEW)], NEW, ("finish", "b", "a", 1, "oracle-before")),
    (PENDING, [host("a", "failed", NEW), host("b", "down", None)], NEW, ("finish", "a", "b", 1, "oracle-before")),
    # After it: the other host is down, or has the release as well.
    (PENDING, [host("a", "active", NEW), host("b", "down", None)], NEW, ("finish", "a", "b", 1, "oracle-before")),
    (PENDING, [host("a", "standby", NEW), host("b", "active", NEW)], NEW, ("finish", "b", "a", 1, "oracle-before")),
    # By accident the old one died before the handover and waits again.
    (PENDING, [host("a", "standby", OLD), host("b", "active", NEW)], NEW, ("finish", "b", "a", 1, "oracle-before")),
    (PENDING, [host("a", "down", None), host("b", "down", None)], NEW, ("finish", "b", "a", 1, "oracle-before")),
]


@pytest.mark.parametrize(("record", "hosts", "target", "expected"), TEST_PLAN)
def test_plan(
    record: dict[str, Any],
    hosts: list[dict[str, Any]],
    target: str,
    expected: tuple[str, str, str, int, str | None],
) -> None:
    plan = upgrade.plan(record, hosts, target)
    assert plan.findings == []
    assert (plan.state, plan.first, plan.last, plan.most_failing, plan.snapshot) == expected
    assert (plan.old, plan.new) == (OLD, target)


WHOLE = [host("a", "active"), host("b", "standby")]

TEST_REFUSED: list[tuple[dict[str, Any], list[dict[str, Any]], str, list[str]]] = [
    (RECORD, WHOLE, "2.28.0", ["2.28.0 is older than 2.29.0"]),
    (RECORD, WHOLE, "3.0.0", ["another major series"]),
    (RECORD, WHOLE, "2.46.0-beta.1", ["pre-release"]),
    (RECORD, WHOLE, "latest", ["'latest' is no release"]),
    (
        RECORD,
        [host("a", "active"), host("b", "failed")],
        NEW,
        ["not proven now: b is failed", "not proven now: 0 hosts"],
    ),
    (RECORD, [host("a", "active"), host("b", "unreachable")], "2.1.0", ["b cannot be reached", "is older than"]),
    (RECORD, [host("a", "active")], NEW, ["the inventory shows 1", "not proven"]),
    (RECORD, [host("a", "active"), host("b", "standby", "2.30.1")], NEW, ["b runs 2.30.1; run site.yml first"]),
    (PENDING, WHOLE, "2.30.1", ["from 2.29.0 to 2.46.0 has begun and not ended", "snapshot oracle-before"]),
    (PENDING, [host("a", "active"), host("b", "unreachable")], NEW, ["b cannot be reached"]),
]


@pytest.mark.parametrize(("record", "hosts", "target", "expected"), TEST_REFUSED)
def test_refused(record: dict[str, Any], hosts: list[dict[str, Any]], target: str, expected: list[str]) -> None:
    findings = "; ".join(upgrade.plan(record, hosts, target).findings)
    for words in expected:
        assert words in findings


LAST, TOML = "1.13.3", "2.9.0"
ENVIRONMENT: dict[str, Any] = {"release": {"tag": LAST}}
MIGRATING: dict[str, Any] = {
    "release": {"tag": TOML},
    "upgrade": {"from": {"tag": LAST}, "snapshot": "oracle-before", "most_failing": 0},
}


def pair(release: str) -> list[dict[str, Any]]:
    return [host("a", "active", release), host("b", "standby", release)]


# (record, hosts, target, state)
TEST_MIGRATION: list[tuple[dict[str, Any], list[dict[str, Any]], str, str]] = [
    (ENVIRONMENT, pair(LAST), TOML, "begin"),
    (ENVIRONMENT, pair(LAST), "2.46.0", "begin"),
    ({"release": {"tag": "1.13.0"}}, pair("1.13.0"), "2.0.0", "begin"),
    ({"release": {"tag": TOML}}, pair(TOML), TOML, "done"),
    (MIGRATING, [host("a", "active", LAST), host("b", "standby", TOML)], TOML, "continue"),
    (MIGRATING, [host("a", "down", None), host("b", "migrating", TOML)], TOML, "finish"),
]


@pytest.mark.parametrize(("record", "hosts", "target", "state"), TEST_MIGRATION)
def test_migration(record: dict[str, Any], hosts: list[dict[str, Any]], target: str, state: str) -> None:
    plan = upgrade.plan(record, hosts, target, upgrade.MIGRATION)
    assert (plan.findings, plan.state, plan.first, plan.last) == ([], state, "b", "a")


# (record, hosts, target, operation, problems, findings)
TEST_MIGRATION_REFUSED: list[tuple[dict[str, Any], list[dict[str, Any]], str, str, list[str], list[str]]] = [
    # By accident.
    (
        ENVIRONMENT,
        pair(LAST),
        TOML,
        "upgrade",
        [],
        [
            "2.9.0 is of another major series than 1.13.3, which runs: 2.x reads files where 1.x reads its "
            "environment, so this is a migration and no upgrade; run migrate.yml, from 1.13.x"
        ],
    ),
    (
        {"release": {"tag": "1.12.0"}},
        pair("1.12.0"),
        TOML,
        "migration",
        [],
        [
            "1.12.0 runs, and only 1.13.x can say its settings as 2.x reads them; upgrade to 1.13.x first "
            "(upgrade.yml with estate_upgrade_series=1.13)"
        ],
    ),
    (
        RECORD,
        pair(OLD),
        NEW,
        "migration",
        [],
        ["2.29.0 runs, which is a 2.x release already; upgrade.yml brings a newer one"],
    ),
    (
        ENVIRONMENT,
        pair(LAST),
        LAST,
        "migration",
        [],
        ["1.13.3 is no 2.x release; name one, such as 2.9.0, or go there with upgrade.yml"],
    ),
    (
        ENVIRONMENT,
        pair(LAST),
        "3.0.0",
        "migration",
        [],
        ["3.0.0 is of a series that this collection does not know; it knows 1.x and 2.x"],
    ),
    # All at once.
    (
        {"release": {"tag": "1.12.0"}},
        [host("a", "active", "1.12.0"), host("b", "down", None)],
        "1.13.3",
        "migration",
        ["an RPC endpoint has no http_url"],
        [
            "1.13.3 is no 2.x release; name one, such as 2.9.0, or go there with upgrade.yml",
            "1.12.0 runs, and only 1.13.x can say its settings as 2.x reads them; upgrade to 1.13.x first "
            "(upgrade.yml with estate_upgrade_series=1.13)",
            "the estate is not proven now: b is down: no reason was reported",
            "the estate is not proven now: 0 hosts stand by and it must be 1 at least",
            "an RPC endpoint has no http_url",
        ],
    ),
    # What the registry and the plan both say is told once.
    (ENVIRONMENT, pair(LAST), "latest", "migration", ["release: {}"], ["{}"]),
    # One operation does not end the other's.
    (
        MIGRATING,
        pair(LAST),
        TOML,
        "upgrade",
        [],
        [
            "a migration from 1.13.3 to 2.9.0 has begun and not ended; end it with migrate.yml and release 2.9.0, or "
            "go back with restore.yml and snapshot oracle-before"
        ],
    ),
    (
        MIGRATING,
        pair(LAST),
        "2.46.0",
        "migration",
        ["the registry does not answer"],
        [
            "the registry does not answer",
            "a migration from 1.13.3 to 2.9.0 has begun and not ended; end it with migrate.yml and release 2.9.0, or "
            "go back with restore.yml and snapshot oracle-before",
        ],
    ),
    (
        PENDING,
        WHOLE,
        NEW,
        "migration",
        [],
        [
            "an upgrade from 2.29.0 to 2.46.0 has begun and not ended; end it with upgrade.yml and release 2.46.0, or "
            "go back with restore.yml and snapshot oracle-before"
        ],
    ),
]
LATEST = "'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"


@pytest.mark.parametrize(("record", "hosts", "target", "operation", "problems", "findings"), TEST_MIGRATION_REFUSED)
def test_migration_refused(
    record: dict[str, Any],
    hosts: list[dict[str, Any]],
    target: str,
    operation: str,
    problems: list[str],
    findings: list[str],
) -> None:
    plan = upgrade.plan(record, hosts, target, operation, [problem.format(LATEST) for problem in problems])
    assert plan.findings == [finding.format(LATEST) for finding in findings]
