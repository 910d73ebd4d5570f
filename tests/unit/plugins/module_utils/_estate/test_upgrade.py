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
