# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: what it offers, and its events."""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import pytest
from nodeops_lab.api import database_engines, rds_events

from ..expectations import refusal, until

Clients = Callable[[str], Any]


@pytest.mark.parametrize(
    ("version", "target", "expected"),
    [
        ("16.8", "16.9", True),
        ("16.9", "16.8", False),
        ("16.8", "17.4", True),
        # 17.4 came out before 16.9 and lacks its fixes.
        ("16.9", "17.4", False),
        ("14.17", "16.8", True),
        ("14.18", "16.8", False),
        ("17.4", "16.9", False),
    ],
)
def test_upgrade_targets(version: str, target: str, expected: bool) -> None:
    assert database_engines.upgradable(version, target) is expected
    described = database_engines.describe(version)["ValidUpgradeTarget"]
    assert (target in [item["EngineVersion"] for item in described]) is expected


def test_engine_versions_by_filter(client: Clients) -> None:
    def found(**wanted: Any) -> list[str]:
        answer = client("rds").describe_db_engine_versions(**wanted)
        return [version["EngineVersion"] for version in answer["DBEngineVersions"]]

    filters = [{"Name": "engine-version", "Values": ["15.12", "17.5"]}]
    assert found(Filters=filters) == ["15.12", "17.5"]
    assert found(Filters=[{"Name": "engine-mode", "Values": ["serverless"]}]) == []
    assert found(Engine="aurora-postgresql", DBParameterGroupFamily="aurora-postgresql17") == ["17.4", "17.5"]
    assert found(Engine="aurora-postgresql", EngineVersion="15", DefaultOnly=True) == ["15.13"]
    describe = client("rds").describe_db_engine_versions
    assert refusal(lambda: describe(Engine="mysql")) == "NotImplemented"
    assert refusal(lambda: describe(Engine="aurora-oracle")) == "InvalidParameterValue"
    assert refusal(lambda: describe(Filters=[{"Name": "none", "Values": ["x"]}])) == "InvalidParameterValue"


@pytest.mark.patch("rds_catalogue.orderable_options")
def test_orderable_options(client: Clients) -> None:
    pages = (
        client("rds")
        .get_paginator("describe_orderable_db_instance_options")
        .paginate(Engine="aurora-postgresql", EngineVersion="16.8")
    )
    options = [option for page in pages for option in page["OrderableDBInstanceOptions"]]
    classes = {option["DBInstanceClass"] for option in options}
    assert {"db.t4g.medium", "db.r6g.large", "db.serverless"} <= classes
    assert {option["EngineVersion"] for option in options} == {"16.8"}
    (one, other) = client("rds").describe_orderable_db_instance_options(
        Engine="aurora-postgresql", EngineVersion="16.8", DBInstanceClass="db.r6g.large"
    )["OrderableDBInstanceOptions"]
    assert [one["StorageType"], other["StorageType"]] == ["aurora", "aurora-iopt1"]
    assert [zone["Name"] for zone in one["AvailabilityZones"]] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert len(client("rds").describe_orderable_db_instance_options(Engine="aurora-postgresql", DBInstanceClass="db.x")[
        "OrderableDBInstanceOptions"
    ]) == 0  # fmt: skip


@pytest.mark.patch("rds_catalogue.engine_defaults")
@pytest.mark.parametrize("infix", ["", "cluster_"])
def test_engine_defaults(client: Clients, infix: str) -> None:
    describe = getattr(client("rds"), f"describe_engine_default_{infix}parameters")
    defaults = describe(DBParameterGroupFamily="aurora-postgresql16")["EngineDefaults"]
    by_name = {item["ParameterName"]: item for item in defaults["Parameters"]}
    ssl = by_name["rds.force_ssl"]
    assert (ssl["ParameterValue"], ssl["ApplyType"], ssl["AllowedValues"]) == ("1", "dynamic", "0,1")
    assert by_name["max_connections"]["ApplyType"] == "static"
    assert refusal(lambda: describe(DBParameterGroupFamily="aurora-postgresql9")) == "InvalidParameterValue"


@pytest.mark.parametrize("infix", ["", "cluster_"])
def test_default_groups_and_sources(client: Clients, infix: str) -> None:
    describe = getattr(client("rds"), f"describe_db_{infix}parameters")
    key = "DBClusterParameterGroupName" if infix else "DBParameterGroupName"
    every = describe(**{key: "default.aurora-postgresql16"})["Parameters"]
    assert {item["Source"] for item in every} == {"engine-default", "system"}
    assert describe(**{key: "default.aurora-postgresql16"}, Source="user")["Parameters"] == []
    assert refusal(lambda: describe(**{key: "default.aurora-postgresql9"})) == "DBParameterGroupNotFound"


@pytest.mark.patch("rds_catalogue.allowed_values")
@pytest.mark.parametrize("infix", ["", "cluster_"])
def test_values_that_parameters_do_not_take(client: Clients, infix: str) -> None:
    rds, name = client("rds"), f"v{uuid.uuid4().hex[:8]}"
    group = {"DBClusterParameterGroupName" if infix else "DBParameterGroupName": name}
    create = getattr(rds, f"create_db_{infix}parameter_group")
    create(**group, DBParameterGroupFamily="aurora-postgresql16", Description="test")
    modify = getattr(rds, f"modify_db_{infix}parameter_group")

    def put(parameter: str, value: str) -> None:
        change = {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        modify(**group, Parameters=[change])

    for parameter, value in (("rds.force_ssl", "2"), ("work_mem", "1"), ("log_statement", "some")):
        with pytest.raises(botocore.exceptions.ClientError, match=f"Invalid parameter value: {value} for: {parameter}"):
            put(parameter, value)
    put("log_statement", "ddl")
    put("log_min_duration_statement", "-1")
    put("shared_preload_libraries", "pg_stat_statements,pgaudit")
    put("max_connections", "LEAST({DBInstanceClassMemory/9531392},1000)")


@pytest.mark.patch("rds_catalogue.pending_maintenance")
def test_no_maintenance_is_pending(client: Clients) -> None:
    assert client("rds").describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []


@dataclass
class Heard:
    """A topic with a queue, and a name for what the test makes."""

    rds: Any
    sqs: Any
    name: str
    topic_arn: str
    queue_url: str

    def message(self) -> dict[str, Any]:
        def receive() -> Any:
            return self.sqs.receive_message(QueueUrl=self.queue_url).get("Messages")

        envelope = json.loads(until(receive)[0]["Body"])
        return {"attributes": envelope["MessageAttributes"], **json.loads(envelope["Message"])}

    def quiet(self) -> bool:
        time.sleep(2.5)
        return "Messages" not in self.sqs.receive_message(QueueUrl=self.queue_url)


@pytest.fixture
def heard(client: Clients) -> Iterator[Heard]:
    rds, name = client("rds"), f"e{uuid.uuid4().hex[:8]}"
    topic_arn = client("sns").create_topic(Name=name)["TopicArn"]
    queue_url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    endpoint = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=endpoint)
    yield Heard(rds, client("sqs"), name, topic_arn, queue_url)
    for subscription in rds.describe_event_subscriptions()["EventSubscriptionsList"]:
        rds.delete_event_subscription(SubscriptionName=subscription["CustSubscriptionId"])


def make_database(heard: Heard) -> None:
    heard.rds.create_db_cluster(
        DBClusterIdentifier=heard.name, Engine="aurora-postgresql", MasterUsername="operator",
        MasterUserPassword="a password", Tags=[{"Key": "of", "Value": heard.name}],
    )  # fmt: skip
    heard.rds.create_db_instance(
        DBInstanceIdentifier=f"{heard.name}-0", DBClusterIdentifier=heard.name, DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )  # fmt: skip


@pytest.mark.patch("rds_events.subscriptions")
def test_a_subscription_is_told_of_events(heard: Heard) -> None:
    subscription = heard.rds.create_event_subscription(
        SubscriptionName=heard.name, SnsTopicArn=heard.topic_arn, SourceType="db-instance",
        EventCategories=["creation", "failover"],
    )["EventSubscription"]  # fmt: skip
    assert (subscription["Enabled"], subscription["Status"]) == (True, "active")
    make_database(heard)
    message = heard.message()
    assert (message["Event Source"], message["Source ID"]) == ("db-instance", f"{heard.name}-0")
    assert message["Event ID"].endswith("#RDS-EVENT-0005")
    assert message["Event Message"].startswith("DB instance created")
    assert message["attributes"]["EventID"]["Value"] == "RDS-EVENT-0005"
    assert heard.quiet()


def test_a_disabled_subscription_is_told_nothing(heard: Heard) -> None:
    heard.rds.create_event_subscription(
        SubscriptionName=heard.name, SnsTopicArn=heard.topic_arn, SourceType="db-instance", Enabled=False
    )
    make_database(heard)
    assert heard.quiet()


def test_subscriptions_to_what_does_not_exist_are_refused(heard: Heard) -> None:
    def create(**change: Any) -> str:
        request = {"SubscriptionName": heard.name, "SnsTopicArn": heard.topic_arn, "SourceType": "db-cluster", **change}
        return refusal(lambda: heard.rds.create_event_subscription(**request))

    assert create(SnsTopicArn="arn:aws:sns:us-east-1:123456789012:none") == "SNSTopicArnNotFound"
    assert create(SourceIds=["none"]) == "SourceNotFound"
    assert create(EventCategories=["backup"]) == "SubscriptionCategoryNotFound"
    assert create(SourceType="db-thing") == "InvalidParameterValue"
    assert heard.rds.describe_event_subscriptions()["EventSubscriptionsList"] == []


@pytest.mark.patch("rds_events.changed_subscriptions")
def test_subscriptions_are_changed(heard: Heard) -> None:
    make_database(heard)
    rds, name = heard.rds, {"SubscriptionName": heard.name}
    rds.create_event_subscription(**name, SnsTopicArn=heard.topic_arn, SourceType="db-cluster")
    changed = rds.modify_event_subscription(**name, EventCategories=["failover"], Enabled=False)["EventSubscription"]
    assert (changed["EventCategoriesList"], changed["Enabled"]) == (["failover"], False)
    unknown = {"EventCategories": ["none"]}
    assert refusal(lambda: rds.modify_event_subscription(**name, **unknown)) == "SubscriptionCategoryNotFound"
    add, remove = rds.add_source_identifier_to_subscription, rds.remove_source_identifier_from_subscription
    assert add(**name, SourceIdentifier=heard.name)["EventSubscription"]["SourceIdsList"] == [heard.name]
    assert refusal(lambda: add(**name, SourceIdentifier="none")) == "SourceNotFound"
    remove(**name, SourceIdentifier=heard.name)
    (found,) = rds.describe_event_subscriptions(**name)["EventSubscriptionsList"]
    assert (found["SourceIdsList"], found["EventCategoriesList"]) == ([], ["failover"])
    categories = rds.describe_event_categories(SourceType="db-cluster")["EventCategoriesMapList"][0]
    assert "failover" in categories["EventCategories"]


@pytest.mark.patch("rds_events.recent_events")
def test_events_of_a_time_and_of_categories(heard: Heard) -> None:
    make_database(heard)

    def found(**wanted: Any) -> int:
        answer = heard.rds.describe_events(SourceIdentifier=f"{heard.name}-0", SourceType="db-instance", **wanted)
        return len(answer["Events"])

    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    assert found(EventCategories=["creation"]) == 1
    assert found(EventCategories=["failover"]) == 0
    assert found(StartTime=before, EndTime=before + datetime.timedelta(hours=1)) == 0
    assert found(Duration=5) >= 1


@pytest.mark.parametrize(
    ("kind", "message", "number"),
    [
        ("db-cluster", "Started cross AZ failover to DB instance: one-1.", "RDS-EVENT-0073"),
        ("db-cluster", "Completed failover to DB instance: one-1.", "RDS-EVENT-0071"),
        ("db-instance", "DB instance restarted.", "RDS-EVENT-0006"),
        ("db-cluster", "something else", None),
    ],
)
def test_numbers_of_events(kind: str, message: str, number: str | None) -> None:
    assert rds_events.number_of(kind, message) == number
