# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told when something is wrong: alarms and events reach a subscriber, and nothing is red while all is well."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nodeops_lab.api import deliveries
from support import BIN, Estate

ADDRESS = "operators@nodeops.test"
LOST = {"level": "fatal", "msg": "Another node has taken the lease, exiting immediately"}


@pytest.fixture
def mail(estate: Estate) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Subscribe and confirm, as an operator does; return a function that returns what came since."""
    sns = estate.client("sns")
    arn = next(one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(":" + topic(estate)))
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS)
    subprocess.run(
        [str(BIN / "lab"), "deliveries", "--name", estate.name, "--confirm"], check=True, capture_output=True
    )
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert subscription["SubscriptionArn"].startswith(arn), "it is confirmed"
    before = len(list(deliveries.read(estate.directory)))
    yield lambda: list(deliveries.read(estate.directory))[before:]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def topic(estate: Estate) -> str:
    return f"{estate.name}-alarms"


def wait_for(mail: Callable[[], list[dict[str, Any]]], words: str, seconds: float) -> dict[str, Any]:
    """Return the first message that holds some words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for message in mail():
            if words in json.dumps(message):
                return message
        time.sleep(0.5)
    raise AssertionError(f"nothing about {words!r} came within {seconds} s: {mail()}")


def test_nothing_is_red_while_one_node_serves_and_the_other_waits(estate: Estate) -> None:
    def red() -> list[str]:
        alarms = estate.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{estate.name}-")["MetricAlarms"]
        assert len(alarms) >= 14
        return [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]

    # Until the first node served there was none, and what tells of it comes once a minute.
    deadline = time.monotonic() + 90
    while red() and time.monotonic() < deadline:
        time.sleep(1)
    assert red() == []


def test_an_alarm_is_told_through_the_encrypted_topic(estate: Estate, mail: Callable[[], list[dict[str, Any]]]) -> None:
    name = f"{estate.name}-node-critical"
    cloudwatch = estate.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried by a test")
    try:
        message = wait_for(mail, name, 20)
    finally:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="tried by a test")
    assert "tried by a test" in json.dumps(message)


@pytest.mark.long
def test_an_event_of_the_database_is_told(estate: Estate, mail: Callable[[], list[dict[str, Any]]]) -> None:
    cluster = estate.record["database"]["cluster"]
    rds = estate.client("rds")
    (found,) = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    reader = next(one["DBInstanceIdentifier"] for one in found["DBClusterMembers"] if not one["IsClusterWriter"])
    rds.reboot_db_instance(DBInstanceIdentifier=reader)
    wait_for(mail, reader, 60)
    rds.get_waiter("db_instance_available").wait(
        DBInstanceIdentifier=reader, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


@pytest.mark.long
def test_a_line_of_the_log_becomes_an_alarm(estate: Estate, mail: Callable[[], list[dict[str, Any]]]) -> None:
    logs, group, stream = estate.client("logs"), f"/{estate.name}/node", "tried-by-a-test"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    try:
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(LOST)}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
        wait_for(mail, f"{estate.name}-node-lease-lost", 180)
    finally:
        logs.delete_log_stream(logGroupName=group, logStreamName=stream)
