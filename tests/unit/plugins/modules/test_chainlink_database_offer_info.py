# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_database_offer_info as module


class NoClusterError(Exception):
    """There is no such cluster."""


class Offers:
    """RDS of a region with two versions and one class."""

    exceptions = SimpleNamespace(DBClusterNotFoundFault=NoClusterError)
    cluster: dict[str, Any] | None = None

    def describe_db_clusters(self, DBClusterIdentifier: str) -> Any:  # noqa: N803 - boto3's name
        if self.cluster is None:
            raise NoClusterError
        return {"DBClusters": [self.cluster]}

    def get_paginator(self, operation: str) -> Any:
        def paginate(**arguments: Any) -> Any:
            assert arguments["Engine"] == "aurora-postgresql"
            if operation == "describe_db_engine_versions":
                versions = [{"EngineVersion": "16.9"}, {"EngineVersion": "17.5", "Status": "available"}]
                return [{"DBEngineVersions": [*versions, {"EngineVersion": "17.6", "Status": "deprecated"}]}]
            zones = [{"Name": "a"}, {"Name": "b"}] if arguments["DBInstanceClass"] == "db.r6g.large" else []
            return [{"OrderableDBInstanceOptions": [{"AvailabilityZones": zones}] if zones else []}]

        return SimpleNamespace(paginate=paginate)


@pytest.fixture
def rds(monkeypatch: pytest.MonkeyPatch) -> Offers:
    offers = Offers()
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: offers)
    return offers


def arguments(**changes: Any) -> dict[str, Any]:
    common = {"cluster": "oracle-database", "instance_class": "db.r6g.large", "zones": ["a", "b"]}
    return {**common, "region": "eu-central-1", **changes}


def test_the_newest_that_can_be_had(run_module: Any, rds: Offers) -> None:
    answer = run_module(module.main, arguments())
    assert (answer["engine_version"], answer["running"], answer["changed"]) == ("17.5", False, False)


def test_what_runs_stays(run_module: Any, rds: Offers) -> None:
    rds.cluster = {"DBClusterIdentifier": "oracle-database", "EngineVersion": "14.3", "Port": 5432}
    answer = run_module(module.main, arguments(instance_class="db.gone"))
    assert (answer["engine_version"], answer["running"], answer["problems"]) == ("14.3", True, [])


def test_another_version_of_what_runs_is_told(run_module: Any, rds: Offers) -> None:
    rds.cluster = {"DBClusterIdentifier": "oracle-database", "EngineVersion": "14.3", "Port": 5432}
    answer = run_module(module.main, arguments(engine_version="17.5", expect_right=False))
    (problem,) = answer["problems"]
    assert (answer["rc"], answer["engine_version"]) == (0, None)
    assert problem["variable"] == "estate_database_engine_version"


def test_what_cannot_be_had_is_told(run_module: Any, rds: Offers) -> None:
    answer = run_module(module.main, arguments(instance_class="db.t3.medium"))
    assert answer["rc"] == 1
    (problem,) = answer["problems"]
    assert problem["variable"] == "estate_database_instance_class"
    assert "nothing has been changed" in answer["msg"]
