# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import restore
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.restore import Wish

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
RUNNING = {"registry": "r", "repository": "c", "tag": "2.46.0", "digest": "sha256:new"}
BEFORE = {"registry": "r", "repository": "c", "tag": "2.30.1", "digest": "sha256:old"}
RECORD: dict[str, Any] = {"estate": "oracle", "release": RUNNING, "database": {"cluster": "oracle-database"}}
UPGRADED = {**RECORD, "previous": {"release": BEFORE, "ended": "2026-11-28T10:00:00Z", "snapshot": "before"}}
NOTED_TWICE = {**UPGRADED, "previous": {**UPGRADED["previous"], "begun": "2026-11-28T09:00:00Z"}}
UPGRADING = {**RECORD, "upgrade": {"from": BEFORE, "begun": "2026-11-28T11:00:00Z", "snapshot": "before"}}
RESTORING = {
    **RECORD,
    "database": {"cluster": "oracle-database-1"},
    "restore": {
        "source": "snap",
        "cluster": "oracle-database-1",
        "old_cluster": "oracle-database",
        "release": BEFORE,
    },
}
BEGUN = {**RESTORING, "database": {"cluster": "oracle-database"}}
CLUSTER = {
    "earliest_restorable_time": "2026-11-21T00:00:00.5+00:00",
    "latest_restorable_time": "2026-11-28T11:59:00+00:00",
}


def snapshot(release: str | None = None, digest: str = "", **changes: Any) -> dict[str, Any]:
    tags = [{"key": "nodeops:release", "value": release}, {"key": "nodeops:digest", "value": digest}] if release else []
    return {
        "status": "available",
        "db_cluster_identifier": "oracle-database",
        "snapshot_create_time": "2026-11-28T08:00:00+00:00",
        "tag_list": tags,
        "tags": {},
        **changes,
    }


SNAP = Wish(snapshot="snap")
NEW_CLUSTER = "oracle-database-20261128120000"

# (record, snapshot, wish, (cluster, release tag, digest))
TEST_PLAN: list[tuple[dict[str, Any], Any, Wish, tuple[str, str, str | None]]] = [
    (RECORD, snapshot("2.46.0"), SNAP, (NEW_CLUSTER, "2.46.0", "sha256:new")),
    (UPGRADED, snapshot("2.30.1"), SNAP, (NEW_CLUSTER, "2.30.1", "sha256:old")),
    (RECORD, snapshot("2.29.0", "sha256:tagged"), SNAP, (NEW_CLUSTER, "2.29.0", "sha256:tagged")),
    (RECORD, snapshot("2.29.0"), SNAP, (NEW_CLUSTER, "2.29.0", None)),
    (RECORD, snapshot(None, tags={"nodeops:release": "2.29.0"}), SNAP, (NEW_CLUSTER, "2.29.0", None)),
    (RECORD, snapshot(), Wish("snap", release="2.9.0"), (NEW_CLUSTER, "2.9.0", None)),
    (RECORD, snapshot("2.29.0"), Wish("snap", release="2.46.0"), (NEW_CLUSTER, "2.46.0", "sha256:new")),
    (RECORD, None, Wish(time="2026-11-28T09:30:00Z"), (NEW_CLUSTER, "2.46.0", "sha256:new")),
    (UPGRADED, None, Wish(time="2026-11-28T09:30:00Z"), (NEW_CLUSTER, "2.30.1", "sha256:old")),
    (UPGRADED, None, Wish(time="2026-11-28T10:30:00Z"), (NEW_CLUSTER, "2.46.0", "sha256:new")),
    # Between the two the database may be migrated already.
    (NOTED_TWICE, None, Wish(time="2026-11-28T08:59:59Z"), (NEW_CLUSTER, "2.30.1", "sha256:old")),
    (NOTED_TWICE, None, Wish(time="2026-11-28T09:00:00Z"), (NEW_CLUSTER, "2.46.0", "sha256:new")),
    (NOTED_TWICE, None, Wish(time="2026-11-28T09:59:59Z"), (NEW_CLUSTER, "2.46.0", "sha256:new")),
    (UPGRADING, None, Wish(time="2026-11-28T10:30:00Z"), (NEW_CLUSTER, "2.30.1", "sha256:old")),
    (UPGRADING, None, Wish(time="2026-11-21T00:00:00Z"), (NEW_CLUSTER, "2.30.1", "sha256:old")),
    # An interrupted one goes on with what it had noted.
    (RESTORING, snapshot(), SNAP, ("oracle-database-1", "2.30.1", "sha256:old")),
    # But for the release, where the operator says another.
    (RESTORING, snapshot(), Wish("snap", release="2.46.0"), ("oracle-database-1", "2.46.0", "sha256:new")),
    (RESTORING, snapshot("2.30.1"), Wish("snap", release="2.31.0"), ("oracle-database-1", "2.31.0", None)),
    (BEGUN, snapshot(), Wish("snap", release="2.30.1"), ("oracle-database-1", "2.30.1", "sha256:old")),
]


@pytest.mark.parametrize(("record", "found", "wish", "expected"), TEST_PLAN)
def test_plan(record: dict[str, Any], found: Any, wish: Wish, expected: tuple[str, str, str | None]) -> None:
    plan = restore.plan(record, CLUSTER, found, wish, NOW)
    assert plan.findings == []
    assert (plan.cluster, plan.release["tag"], plan.release["digest"]) == expected
    assert plan.old_cluster == "oracle-database"
    assert plan.moment == (wish.time or "2026-11-28T08:00:00+00:00")


TEST_REFUSED: list[tuple[dict[str, Any], Any, Any, Wish, list[str]]] = [
    (RECORD, CLUSTER, None, Wish(), ["set either estate_restore_snapshot"]),
    (RECORD, CLUSTER, None, Wish("snap", "2026-11-28T09:30:00Z"), ["set either estate_restore_snapshot"]),
    (RECORD, CLUSTER, None, SNAP, ["there is no cluster snapshot snap", "does not say which release"]),
    (RECORD, CLUSTER, snapshot("2.46.0", status="creating"), SNAP, ["snapshot snap is creating, not available"]),
    (
        RECORD,
        CLUSTER,
        snapshot("2.46.0", db_cluster_identifier="oracle-database-of-another"),
        SNAP,
        ["is of cluster oracle-database-of-another, not of estate oracle"],
    ),
    (RECORD, CLUSTER, snapshot(), SNAP, ["set estate_restore_release"]),
    (RECORD, CLUSTER, snapshot(), Wish("snap", release="latest"), ["estate_restore_release: 'latest' is no release"]),
    (RECORD, CLUSTER, None, Wish(time="yesterday"), ["estate_restore_time is 'yesterday'"]),
    (
        RECORD,
        CLUSTER,
        None,
        Wish(time="2026-11-28T11:59:01Z"),
        ["is 2026-11-28T11:59:01Z, and the cluster keeps 2026-11-21T00:00:00Z to 2026-11-28T11:59:00Z"],
    ),
    (RECORD, None, snapshot("2.46.0", status="failed"), SNAP, ["does not exist", "is failed"]),
    (
        RESTORING,
        CLUSTER,
        snapshot("2.46.0"),
        Wish("other"),
        ["a restore from snap has begun and not ended; end it with the same source"],
    ),
    (
        BEGUN,
        CLUSTER,
        snapshot("2.46.0"),
        Wish("other"),
        ["end it with the same source, or leave it with estate_restore_abandon=true"],
    ),
    (
        RESTORING,
        CLUSTER,
        snapshot(),
        Wish("snap", release="latest"),
        ["estate_restore_release: 'latest' is no release"],
    ),
]


@pytest.mark.parametrize(("record", "cluster", "found", "wish", "expected"), TEST_REFUSED)
def test_refused(record: dict[str, Any], cluster: Any, found: Any, wish: Wish, expected: list[str]) -> None:
    findings = restore.plan(record, cluster, found, wish, NOW).findings
    assert len(findings) == len(expected)
    for finding, words in zip(findings, expected, strict=True):
        assert words in finding


def test_a_restore_that_has_begun_is_left() -> None:
    plan = restore.abandon(BEGUN, Wish())
    assert plan.findings == []
    # The record names what served before, and the cluster that was made is told.
    assert (plan.source, plan.cluster, plan.old_cluster) == ("snap", "oracle-database-1", "oracle-database")
    assert plan.release == RUNNING


# (record, wish, findings)
TEST_NOT_LEFT: list[tuple[dict[str, Any], Wish, list[str]]] = [
    (RECORD, Wish(), ["no restore has begun that could be left"]),
    ({**RECORD, "restore": None}, Wish(), ["no restore has begun that could be left"]),
    (RESTORING, Wish(), ["the estate is switched over to cluster oracle-database-1 already"]),
    (BEGUN, SNAP, ["estate_restore_abandon leaves a restore and begins none"]),
    (BEGUN, Wish(release="2.46.0"), ["estate_restore_abandon leaves a restore and begins none"]),
    (RECORD, Wish(time="now"), ["begins none", "no restore has begun"]),
]


@pytest.mark.parametrize(("record", "wish", "expected"), TEST_NOT_LEFT)
def test_not_left(record: dict[str, Any], wish: Wish, expected: list[str]) -> None:
    findings = restore.abandon(record, wish).findings
    assert len(findings) == len(expected)
    for finding, words in zip(findings, expected, strict=True):
        assert words in finding


def test_old_cluster_of_a_record_from_before_restores() -> None:
    assert restore.old_cluster({"estate": "oracle", "database": {}}) == "oracle-database"
