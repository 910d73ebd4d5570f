# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an estate may be destroyed, and what stays of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import destroy
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.destroy import (
    Cluster,
    Found,
    Group,
    Key,
    Secret,
    Snapshot,
    Vault,
    Wish,
)

WHOLE = Found(
    "demo",
    clusters=[Cluster("demo-database", "available", "demo")],
    secrets=[Secret("demo/keystore"), Secret("demo/api")],
    key=Key("5c1f"),
    log_groups=[Group("/demo/node", 2**30)],
    groups=["demo-node"],
    tagged={"vpc": ["vpc-1"], "image": ["ami-1"]},
)
GONE = Found("demo")
MEANT = Wish(confirm="demo", lift_deletion_protection=True)
GIVEN_UP = replace(MEANT, give_up_keys="demo")
SNAPSHOT = Snapshot("demo-2-46-0-final-20261128093000", "demo-database")

TEST_IS_OF = [
    ("demo", "demo-database", True),
    ("demo", "demo-database-20261128093000", True),
    ("demo", "demo-database-copy", False),
    ("demo", "demo-2-database", False),
    ("demo", "other-database", False),
    ("d.mo", "demo-database", False),
]

#: What stands, what the operator says, and how each refusal begins.
TEST_REFUSALS: list[tuple[Found, Wish, list[str]]] = [
    (WHOLE, MEANT, []),
    (GONE, MEANT, []),
    (WHOLE, GIVEN_UP, []),
    (
        WHOLE,
        Wish(),
        [
            "estate_destroy_confirm is ''; write the name of the estate to destroy it: demo",
            "demo-database cannot be deleted",
        ],
    ),
    (GONE, Wish("dmeo"), ["estate_destroy_confirm is 'dmeo'"]),
    (WHOLE, replace(MEANT, give_up_keys="yes"), ["estate_destroy_give_up_keys is 'yes'"]),
    (WHOLE, Wish("demo"), ["demo-database cannot be deleted while protected"]),
    (
        replace(WHOLE, clusters=[Cluster("demo-database-1", "available", "")]),
        MEANT,
        ["cluster demo-database-1 has a name of this estate and bears no tag"],
    ),
    (
        replace(WHOLE, clusters=[Cluster("demo-database", "available", "other")]),
        MEANT,
        ["cluster demo-database has a name of this estate and bears the tag nodeops:estate=other"],
    ),
    (
        replace(WHOLE, clusters=[Cluster("demo-database", "stopped", "demo")]),
        MEANT,
        ["cluster demo-database is stopped"],
    ),
    (replace(WHOLE, clusters=[Cluster("demo-database", "stopped", "demo")]), GIVEN_UP, []),
    (replace(WHOLE, clusters=[Cluster("demo-database", "creating", "demo")]), MEANT, []),
    (replace(WHOLE, clusters=[Cluster("demo-database", "deleting", "demo")]), MEANT, []),
    (replace(WHOLE, secrets=[Secret("demo/api")]), MEANT, ["secret demo/keystore, without which nobody"]),
    (
        replace(WHOLE, secrets=[Secret("demo/keystore", going=True)]),
        MEANT,
        ["secret demo/keystore, without which nobody can use the keys in the database, is scheduled for deletion"],
    ),
    (replace(WHOLE, secrets=[]), GIVEN_UP, []),
    (replace(WHOLE, key=None), MEANT, ["the estate's key alias/demo is gone"]),
    (
        replace(WHOLE, key=Key("5c1f", "PendingDeletion", "2026-12-28")),
        MEANT,
        ["the estate's key 5c1f is PendingDeletion"],
    ),
    (replace(WHOLE, clusters=[], key=None, secrets=[]), MEANT, []),
    (replace(WHOLE, protected=["i-1"]), MEANT, ["instance i-1 is protected against termination"]),
    (replace(WHOLE, strangers=["i-2"]), MEANT, ["instance i-2 is in the estate's network"]),
]

#: What stands, what the operator says: whether the keystore's password stays, and whether the key does.
TEST_KEEPS: list[tuple[Found, Wish, bool, bool]] = [
    (WHOLE, MEANT, True, True),
    (WHOLE, GIVEN_UP, False, False),
    (replace(WHOLE, clusters=[], snapshots=[SNAPSHOT]), MEANT, True, True),
    (replace(WHOLE, clusters=[], snapshots=[SNAPSHOT]), GIVEN_UP, False, False),
    # Creation was interrupted before there was a database.
    (replace(WHOLE, clusters=[]), MEANT, False, False),
    (replace(WHOLE, clusters=[]), replace(MEANT, keep_logs=True), False, True),
    (replace(WHOLE, clusters=[]), replace(GIVEN_UP, keep_logs=True), False, False),
    (replace(WHOLE, clusters=[], images=["ami-1"]), MEANT, False, True),
    (GONE, MEANT, False, False),
]


@pytest.mark.parametrize(("estate", "cluster", "answer"), TEST_IS_OF)
def test_is_of(estate: str, cluster: str, answer: bool) -> None:
    assert destroy.is_of(estate, cluster) is answer


@pytest.mark.parametrize(("found", "wish", "beginnings"), TEST_REFUSALS)
def test_refusals(found: Found, wish: Wish, beginnings: list[str]) -> None:
    refusals = destroy.refusals(found, wish)
    assert len(refusals) == len(beginnings), refusals
    for refusal, beginning in zip(refusals, beginnings, strict=True):
        assert refusal.startswith(beginning)


@pytest.mark.parametrize(("found", "wish", "keystore", "key"), TEST_KEEPS)
def test_keeps(found: Found, wish: Wish, keystore: bool, key: bool) -> None:
    assert destroy.keeps_keystore(found, wish) is keystore
    assert destroy.keeps_key(found, wish) is key


def test_holdings_say_what_stands_and_nothing_that_goes_by_itself() -> None:
    assert destroy.holdings(WHOLE, GIVEN_UP) == [
        "Auto Scaling groups: demo-node",
        "database clusters: demo-database",
        "log groups: /demo/node",
        "secrets: demo/api, demo/keystore",
        "keys: 5c1f",
        "vpc: vpc-1",
    ]
    assert destroy.holdings(WHOLE, replace(MEANT, keep_logs=True)) == [
        "Auto Scaling groups: demo-node",
        "database clusters: demo-database",
        "secrets: demo/api",
        "vpc: vpc-1",
    ]
    going = Found(
        "demo", secrets=[Secret("demo/api", going=True)], key=Key("5c1f", "PendingDeletion"), snapshots=[SNAPSHOT]
    )
    assert destroy.holdings(going, MEANT) == []


def test_holdings_say_what_serves_and_watches() -> None:
    found = Found("demo", roles=["demo-backup-eu"], services={"topics": ["demo-b", "demo-a"], "alarms": ["demo-cpu"]})
    assert destroy.holdings(found, MEANT) == [
        "roles and instance profiles: demo-backup-eu",
        "alarms: demo-cpu",
        "topics: demo-a, demo-b",
    ]


# (backups in the vault, what goes, what stays)
TEST_VAULT: list[tuple[int, list[str], list[str]]] = [
    (
        0,
        ["roles and instance profiles: demo-backup-eu, demo-snapshots-eu", "backup vaults: demo-backup"],
        [],
    ),
    (
        2,
        ["roles and instance profiles: demo-snapshots-eu"],
        ["backup vault demo-backup: holds 2 backups", "role demo-backup-eu: with it AWS Backup deletes what expires"],
    ),
]


@pytest.mark.parametrize(("backups", "goes", "stays"), TEST_VAULT)
def test_a_vault_that_holds_backups_stays_with_its_role(backups: int, goes: list[str], stays: list[str]) -> None:
    """Without the role with which a backup was made AWS Backup never deletes it, and it costs for ever."""
    arn = "arn:aws-cn:backup:eu:123456789012:backup-vault:demo-backup"
    found = Found(
        "demo",
        roles=["demo-backup-eu", "demo-snapshots-eu"],
        vault=Vault("demo-backup", "demo-backup-eu", arn, backups=backups),
    )
    assert destroy.holdings(found, MEANT) == goes
    kept = destroy.kept(found, MEANT)
    assert len(kept) == len(stays)
    for item, beginning in zip(kept, stays, strict=True):
        assert f"{item.what} {item.name}: {item.why}".startswith(beginning)
    if kept:
        assert kept[0].remove.startswith("aws backup delete-backup-vault --backup-vault-name demo-backup, once they")
        assert "--policy-arn arn:aws-cn:iam::aws:policy/service-role/AWSBackupServiceRole" in kept[1].remove
        assert kept[1].remove.endswith("aws iam delete-role --role-name demo-backup-eu")


def test_what_is_kept_says_how_to_remove_it() -> None:
    found = Found(
        "demo",
        snapshots=[SNAPSHOT, Snapshot("awsbackup:job-1", "demo-database", "awsbackup")],
        secrets=[Secret("demo/keystore"), Secret("demo/api", going=True)],
        key=Key("5c1f"),
    )
    kept = {item.name: item for item in destroy.kept(found, MEANT)}
    assert kept[SNAPSHOT.name].remove.startswith("destroy.yml again with estate_destroy_confirm=demo and")
    assert kept["awsbackup:job-1"].remove.startswith("aws backup delete-recovery-point")
    assert kept["demo/keystore"].until == ""
    assert kept["demo/api"].until == "the end of its recovery window"
    assert kept["5c1f"].remove.startswith("destroy.yml again")


def test_what_is_kept_says_when_it_becomes_worthless() -> None:
    found = Found("demo", snapshots=[SNAPSHOT], key=Key("5c1f", "PendingDeletion", "2026-12-28"))
    snapshot, key = destroy.kept(found, MEANT)
    assert snapshot.why == "cannot be read after 2026-12-28, when its key is lost"
    assert (key.until, key.remove) == ("the end of its window, 2026-12-28", "")
