# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of the estate, and its return under the same name with its old keys. Last: nothing stands in between."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nodes import active_and_standby, database_settings
from operations import by_tag
from playbook_output import changed_tasks
from support import Estate

pytestmark = pytest.mark.long

# Reads the connection from standard input, prints the addresses of the node's keys.
KEYS = """
import json, sys, psycopg2
connection = psycopg2.connect(**json.load(sys.stdin))
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT encode(address, 'hex') FROM evm.key_states ORDER BY 1")
    print(json.dumps([address for (address,) in cursor.fetchall()]))
"""


def keys(estate: Estate) -> list[Any]:
    text = json.dumps(database_settings(estate))
    found = list(json.loads(estate.run_on(next(iter(estate.nodes())), ["python3", "-c", KEYS], text=text)))
    assert found, "the node has no keys yet"
    return found


def succeed(estate: Estate, name: str, **variables: Any) -> str:
    answer = estate.playbook(name, timeout=1500, **variables)
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr[-2000:]
    return answer.stdout


def test_a_destroyed_estate_comes_back_with_its_keys(estate: Estate) -> None:
    before = keys(estate)
    output = succeed(
        estate,
        "playbooks/destroy.yml",
        estate_destroy_confirm=estate.name,
        estate_destroy_lift_deletion_protection=True,
    )
    assert estate.instances("node") == estate.instances("bastion") == []
    rds = estate.client("rds")
    assert rds.describe_db_clusters()["DBClusters"] == []
    final = [
        snapshot["DBClusterSnapshotIdentifier"]
        for snapshot in rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
        if "-final-" in snapshot["DBClusterSnapshotIdentifier"]
    ]
    assert final
    assert all(name in output for name in final)

    succeed(estate, "site.yml")
    assert keys(estate) != before

    # The newest is that of the cluster in use: the ones of old clusters were made before.
    snapshots = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    newest = max(
        (snapshot for snapshot in snapshots if snapshot["DBClusterSnapshotIdentifier"] in final),
        key=lambda snapshot: snapshot["SnapshotCreateTime"],
    )["DBClusterSnapshotIdentifier"]
    succeed(estate, "playbooks/restore.yml", estate_restore_snapshot=newest, estate_restore_confirm=estate.name)
    active_and_standby(estate)
    assert keys(estate) == before

    old = f"{estate.name}-database"
    output = succeed(estate, "playbooks/forget.yml", estate_forget_cluster=old)
    assert old not in [cluster["DBClusterIdentifier"] for cluster in rds.describe_db_clusters()["DBClusters"]]
    # With the release of the snapshot, which an earlier test may have chosen: another one site.yml refuses. Then
    # replacements are to be launched from an image with that one.
    output = succeed(estate, "site.yml", chainlink_release=by_tag(estate))
    assert [task for task in changed_tasks(output) if "estate_image" not in task] == []
