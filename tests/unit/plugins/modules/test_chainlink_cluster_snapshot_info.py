# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_cluster_snapshot_info as module

# (name, the type that is asked for)
TEST_TYPES = [
    ("oracle-2-46-0-manual-20261128093000", None),
    ("rds:oracle-database-2026-11-28-03-07", "automated"),
    ("awsbackup:job-5f5c7f0a", "awsbackup"),
    ("rds-oracle", None),
]


@pytest.fixture
def look(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def call(name: str, answer: Any) -> Any:
        asked: list[dict[str, Any]] = []

        def describe_db_cluster_snapshots(**arguments: Any) -> dict[str, Any]:
            asked.append(arguments)
            if isinstance(answer, Exception):
                raise answer
            return {"DBClusterSnapshots": answer}

        client = SimpleNamespace(describe_db_cluster_snapshots=describe_db_cluster_snapshots)
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        return {**run_module(module.main, {"region": "eu-central-1", "name": name}), "asked": asked}

    return call


def refused(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeDBClusterSnapshots")


@pytest.mark.parametrize(("name", "kind"), TEST_TYPES)
def test_types(look: Any, name: str, kind: str | None) -> None:
    tags = [{"Key": "nodeops:release", "Value": "2.46.0"}]
    answer = look(name, [{"DBClusterSnapshotIdentifier": name, "Status": "available", "TagList": tags}])
    assert answer["asked"] == [{"DBClusterSnapshotIdentifier": name, **({"SnapshotType": kind} if kind else {})}]
    (found,) = answer["cluster_snapshots"]
    assert (found["db_cluster_snapshot_identifier"], found["status"]) == (name, "available")
    assert found["tags"] == {"nodeops:release": "2.46.0"}


def test_no_such_snapshot(look: Any) -> None:
    assert look("gone", refused("DBClusterSnapshotNotFoundFault"))["cluster_snapshots"] == []


def test_another_error_is_told_as_it_is(look: Any) -> None:
    assert look("oracle", refused("AccessDenied"))["msg"].startswith("Failed to look at snapshot oracle: ")
