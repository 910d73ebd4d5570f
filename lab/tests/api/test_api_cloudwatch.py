# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch: alarms evaluate what was put, and act."""

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
from nodeops_lab.api import deliveries
from nodeops_lab.api.settings import ApiSettings

from ..expectations import until

Clients = Callable[[str], Any]


@dataclass
class Watch:
    """A metric, an alarm about it, and the queue that its topic delivers to."""

    cloudwatch: Any
    sqs: Any
    name: str
    topic_arn: str
    queue_url: str

    def put(self, *values: float, seconds_ago: float = 90.0, **more: Any) -> None:
        moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds_ago)
        data = [{"MetricName": self.name, "Value": value, "Timestamp": moment, **more} for value in values]
        self.cloudwatch.put_metric_data(Namespace="Estate", MetricData=data)

    def alarm(self, **parameters: Any) -> None:
        metric = {} if "Metrics" in parameters else {
            "MetricName": self.name, "Namespace": "Estate", "Period": 60, "Statistic": "Maximum"
        }  # fmt: skip
        defaults = {
            "AlarmName": self.name,
            "AlarmDescription": "too much",
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 5.0,
            "AlarmActions": [self.topic_arn],
            "OKActions": [self.topic_arn],
        }
        self.cloudwatch.put_metric_alarm(**{**metric, **defaults, **parameters})

    def described(self, **options: Any) -> dict[str, Any]:
        answer = self.cloudwatch.describe_alarms(AlarmNames=[self.name], **options)
        return dict(answer["MetricAlarms"][0])

    def state(self) -> str:
        return str(self.described()["StateValue"])

    def reaches(self, state: str) -> dict[str, Any]:
        until(lambda: self.state() == state)
        return self.described()

    def stays(self, state: str) -> None:
        """Two evaluations long."""
        time.sleep(2.5)
        assert self.state() == state

    def message(self) -> dict[str, Any]:
        def receive() -> Any:
            return self.sqs.receive_message(QueueUrl=self.queue_url).get("Messages")

        envelope = json.loads(until(receive)[0]["Body"])
        return {"Subject": envelope["Subject"], **json.loads(envelope["Message"])}

    def history(self, **filters: Any) -> list[dict[str, Any]]:
        answer = self.cloudwatch.describe_alarm_history(AlarmName=self.name, **filters)
        return list(answer["AlarmHistoryItems"])


@pytest.fixture
def watch(client: Clients) -> Iterator[Watch]:
    name = f"w{uuid.uuid4().hex[:8]}"
    cloudwatch, sns, sqs = client("cloudwatch"), client("sns"), client("sqs")
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}")
    yield Watch(cloudwatch, sqs, name, topic_arn, queue_url)
    for alarm in cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"], AlarmNamePrefix=name)[
        "CompositeAlarms"
    ]:
        cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])
    for alarm in cloudwatch.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]:
        cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])


@pytest.mark.patch("cloudwatch.alarms_keep_their_state")
def test_an_alarm_begins_without_data_and_a_changed_one_keeps_its_state(watch: Watch) -> None:
    watch.alarm(TreatMissingData="ignore")
    assert watch.described()["StateValue"] == "INSUFFICIENT_DATA"
    assert watch.described()["StateReason"] == "Unchecked: Initial alarm creation"
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="ALARM", StateReason="a test")
    watch.alarm(TreatMissingData="ignore", Threshold=6.0)
    alarm = watch.described()
    assert (alarm["StateValue"], alarm["StateReason"], alarm["Threshold"]) == ("ALARM", "a test", 6.0)


def test_an_alarm_evaluates_what_was_put_and_tells_its_topic(watch: Watch) -> None:
    watch.alarm()
    watch.put(3.0, 99.5)
    alarm = watch.reaches("ALARM")
    assert "1 out of the last 1 datapoint [99.5 (" in alarm["StateReason"]
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [99.5]
    message = watch.message()
    assert message["Subject"] == f'ALARM: "{watch.name}" in US East (N. Virginia)'
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["NewStateReason"] == alarm["StateReason"]
    assert message["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{watch.name}"
    assert message["Trigger"] == {
        "MetricName": watch.name,
        "Namespace": "Estate",
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": None,
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_an_alarm_returns_to_ok_when_its_metric_does(watch: Watch) -> None:
    watch.alarm(Period=10)
    watch.put(99.0, seconds_ago=12, StorageResolution=1)
    watch.reaches("ALARM")
    watch.put(1.0, seconds_ago=0, StorageResolution=1)
    watch.reaches("OK")
    assert [watch.message()["NewStateValue"] for _ in range(2)] == ["ALARM", "OK"]


def test_all_datapoints_count_that_an_alarm_asks_for(watch: Watch) -> None:
    watch.alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    watch.put(9.0, seconds_ago=90)
    watch.put(1.0, seconds_ago=150)
    watch.put(1.0, seconds_ago=210)
    watch.reaches("OK")
    watch.put(9.0, seconds_ago=150)
    watch.reaches("ALARM")


def test_dimensions_make_a_metric_of_its_own(watch: Watch) -> None:
    dimensions = [{"Name": "Role", "Value": "node"}]
    watch.alarm(Dimensions=dimensions)
    watch.put(99.0)
    watch.put(99.0, Dimensions=[*dimensions, {"Name": "Zone", "Value": "a"}])
    watch.stays("INSUFFICIENT_DATA")
    watch.put(99.0, Dimensions=dimensions)
    watch.reaches("ALARM")


def test_missing_data_is_treated_as_the_alarm_says(watch: Watch) -> None:
    watch.alarm(TreatMissingData="breaching")
    watch.reaches("ALARM")
    watch.alarm(TreatMissingData="notBreaching")
    watch.reaches("OK")
    watch.alarm()
    watch.reaches("INSUFFICIENT_DATA")


def test_percentiles(watch: Watch) -> None:
    watch.alarm(Statistic="Average", Threshold=50.0)
    watch.put(*range(101))
    watch.reaches("OK")
    watch.cloudwatch.put_metric_alarm(
        AlarmName=watch.name, MetricName=watch.name, Namespace="Estate", Period=60, ExtendedStatistic="p90",
        EvaluationPeriods=1, ComparisonOperator="GreaterThanOrEqualToThreshold", Threshold=90.0,
    )  # fmt: skip
    watch.reaches("ALARM")
    watch.cloudwatch.put_metric_alarm(
        AlarmName=watch.name, MetricName=watch.name, Namespace="Estate", Period=60, ExtendedStatistic="p99",
        EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", Threshold=1000.0,
        EvaluateLowSampleCountPercentile="ignore",
    )  # fmt: skip
    # A hundred samples are too few for p99: the state stays.
    watch.stays("ALARM")


def queries(watch: Watch, expression: str) -> list[dict[str, Any]]:
    metric = {"Namespace": "Estate", "MetricName": watch.name}
    errors = {"Namespace": "Estate", "MetricName": watch.name, "Dimensions": [{"Name": "Kind", "Value": "error"}]}
    return [
        {"Id": "share", "Expression": expression, "Label": "share", "ReturnData": True},
        {"Id": "every", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "wrong", "MetricStat": {"Metric": errors, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
    ]


def test_alarms_on_metric_math(watch: Watch) -> None:
    watch.alarm(Metrics=queries(watch, "100 * wrong / every"))
    watch.put(50.0)
    watch.put(2.0, Dimensions=[{"Name": "Kind", "Value": "error"}])
    watch.reaches("OK")
    watch.put(1.0, Dimensions=[{"Name": "Kind", "Value": "error"}])
    watch.reaches("ALARM")
    watch.message()
    trigger = watch.message()["Trigger"]
    assert trigger["Period"] == 60
    assert [query.get("Expression") for query in trigger["Metrics"]] == ["100 * wrong / every", None, None]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "NotImplemented"),
        ({"Period": 45}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"math": "ANOMALY_DETECTION_BAND(every, 2)"}, "NotImplemented"),
        ({"math": "none / every"}, "ValidationError"),
    ],
)
def test_what_could_not_be_evaluated_is_refused(watch: Watch, parameters: dict[str, Any], code: str) -> None:
    math = parameters.pop("math", None)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        watch.alarm(**({"Metrics": queries(watch, math)} if math else parameters))
    assert caught.value.response["Error"]["Code"] == code
    assert watch.cloudwatch.describe_alarms(AlarmNames=[watch.name])["MetricAlarms"] == []


@pytest.mark.patch("cloudwatch.state_changes_act")
def test_setting_a_state_acts_and_lasts_until_the_next_evaluation(watch: Watch) -> None:
    watch.alarm()
    watch.put(1.0)
    watch.reaches("OK")
    watch.message()
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="ALARM", StateReason="a drill")
    assert watch.message()["NewStateReason"] == "a drill"
    watch.reaches("OK")


def test_disabled_actions_are_not_done(watch: Watch) -> None:
    watch.alarm(ActionsEnabled=False, TreatMissingData="breaching")
    watch.reaches("ALARM")
    assert "Messages" not in watch.sqs.receive_message(QueueUrl=watch.queue_url)
    assert watch.history(HistoryItemType="Action") == []


@pytest.mark.patch("cloudwatch.alarm_history")
def test_history(watch: Watch) -> None:
    watch.alarm(TreatMissingData="breaching")
    watch.reaches("ALARM")
    watch.message()
    items = watch.history()
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("Action", f"Successfully executed action {watch.topic_arn}"),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("ConfigurationUpdate", f'Alarm "{watch.name}" created'),
    ]
    assert json.loads(items[1]["HistoryData"])["newState"]["stateValue"] == "ALARM"
    assert len(watch.history(HistoryItemType="StateUpdate")) == 1


def test_a_topic_whose_key_or_policy_bars_cloudwatch_is_told_nothing(watch: Watch, client: Clients) -> None:
    sns = client("sns")
    sns.set_topic_attributes(TopicArn=watch.topic_arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    watch.alarm(TreatMissingData="breaching")
    watch.reaches("ALARM")
    summary = watch.history(HistoryItemType="Action")[0]["HistorySummary"]
    assert "does not have authorization to access the SNS topic encryption key" in summary
    key = client("kms").create_key()["KeyMetadata"]
    sns.set_topic_attributes(TopicArn=watch.topic_arn, AttributeName="KmsMasterKeyId", AttributeValue=key["KeyId"])
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="OK", StateReason="again")
    assert "encryption key" in watch.history(HistoryItemType="Action")[0]["HistorySummary"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    policy = json.loads(client("kms").get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    policy["Statement"].append(statement)
    client("kms").put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    watch.reaches("ALARM")
    assert watch.message()["NewStateValue"] == "ALARM"
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": "*", "Action": "sns:Subscribe"}]}
    sns.set_topic_attributes(TopicArn=watch.topic_arn, AttributeName="Policy", AttributeValue=json.dumps(document))
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="OK", StateReason="again")
    assert "is not authorized to perform: SNS:Publish" in watch.history(HistoryItemType="Action")[0]["HistorySummary"]


def test_an_action_that_the_lab_cannot_do_is_said(watch: Watch) -> None:
    watch.alarm(TreatMissingData="breaching", AlarmActions=["arn:aws:automate:us-east-1:ec2:recover"])
    watch.reaches("ALARM")
    action = watch.history(HistoryItemType="Action")[0]
    assert action["HistorySummary"].startswith("Failed to execute action")
    assert json.loads(action["HistoryData"])["error"] == "the lab does not emulate ec2:recover"


def test_an_alarm_stops_its_instance(watch: Watch, client: Clients, image: str) -> None:
    ec2 = client("ec2")
    instance_id = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    watch.alarm(
        TreatMissingData="breaching",
        Dimensions=[{"Name": "InstanceId", "Value": instance_id}],
        AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"],
    )
    watch.reaches("ALARM")
    described = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    assert described["State"]["Name"] in ("stopping", "stopped")


@pytest.mark.patch("cloudwatch.composite_alarms")
def test_composite_alarms(watch: Watch) -> None:
    watch.alarm(AlarmActions=[], OKActions=[])
    name = f"{watch.name}-both"
    watch.cloudwatch.put_composite_alarm(
        AlarmName=name, AlarmRule=f'ALARM("{watch.name}") AND NOT FALSE', AlarmActions=[watch.topic_arn]
    )

    def composite() -> dict[str, Any]:
        answer = watch.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        return dict(answer["CompositeAlarms"][0])

    assert composite()["AlarmRule"] == f'ALARM("{watch.name}") AND NOT FALSE'
    until(lambda: composite()["StateValue"] == "OK")
    watch.put(99.0)
    until(lambda: composite()["StateValue"] == "ALARM")
    message = watch.message()
    assert message["AlarmRule"] == composite()["AlarmRule"]
    assert message["TriggeringChildren"][0]["Arn"].endswith(f":alarm:{watch.name}")
    with pytest.raises(botocore.exceptions.ClientError, match=r"alarms \[none\] in the alarm rule do not exist"):
        watch.cloudwatch.put_composite_alarm(AlarmName=f"{name}2", AlarmRule="ALARM(none)")


@pytest.mark.patch("cloudwatch.alarm_types")
def test_alarms_are_described_by_all_conditions_together(watch: Watch) -> None:
    watch.alarm(TreatMissingData="ignore")
    described = watch.cloudwatch.describe_alarms
    assert described(AlarmNamePrefix=watch.name, StateValue="ALARM")["MetricAlarms"] == []
    assert len(described(AlarmNamePrefix=watch.name, StateValue="INSUFFICIENT_DATA")["MetricAlarms"]) == 1
    assert described(AlarmNames=[watch.name], AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == []


@pytest.mark.patch("cloudwatch.unknown_alarm")
def test_an_unknown_alarm_cannot_be_deleted(watch: Watch) -> None:
    watch.alarm()
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFound"):
        watch.cloudwatch.delete_alarms(AlarmNames=[watch.name, "none"])
    assert watch.state()


def minutes_ago(number: float) -> datetime.datetime:
    now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=number)


@pytest.mark.patch("cloudwatch.metric_statistics")
def test_statistics_are_of_one_metric_by_whole_minutes(watch: Watch) -> None:
    watch.put(1.0, 3.0, seconds_ago=(datetime.datetime.now(datetime.UTC) - minutes_ago(5)).total_seconds() - 17)
    watch.put(100.0, Dimensions=[{"Name": "Role", "Value": "node"}], seconds_ago=300)
    answer = watch.cloudwatch.get_metric_statistics(
        Namespace="Estate", MetricName=watch.name, StartTime=minutes_ago(10), EndTime=minutes_ago(0), Period=60,
        Statistics=["Average", "SampleCount"], ExtendedStatistics=["p50"],
    )  # fmt: skip
    (point,) = answer["Datapoints"]
    assert (point["Timestamp"], point["Average"], point["SampleCount"]) == (minutes_ago(5), 2.0, 2.0)
    assert point["ExtendedStatistics"] == {"p50": 2.0}


@pytest.mark.patch("cloudwatch.metric_data")
def test_metric_math_over_metric_data(watch: Watch) -> None:
    watch.put(50.0, seconds_ago=90)
    watch.put(2.0, seconds_ago=90, Dimensions=[{"Name": "Kind", "Value": "error"}])
    wanted = [{**query, "ReturnData": query["Id"] != "wrong"} for query in queries(watch, "100 * wrong / every")]
    answer = watch.cloudwatch.get_metric_data(
        MetricDataQueries=wanted, StartTime=minutes_ago(10), EndTime=minutes_ago(0)
    )
    values = {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}
    assert values == {"share": [4.0], "every": [50.0]}


@pytest.mark.patch("cloudwatch.storage_resolution")
def test_only_samples_of_high_resolution_keep_their_seconds(watch: Watch) -> None:
    watch.put(1.0, seconds_ago=(datetime.datetime.now(datetime.UTC) - minutes_ago(3)).total_seconds() - 25)
    watch.put(
        2.0,
        seconds_ago=(datetime.datetime.now(datetime.UTC) - minutes_ago(3)).total_seconds() - 25,
        StorageResolution=1,
    )
    answer = watch.cloudwatch.get_metric_statistics(
        Namespace="Estate", MetricName=watch.name, StartTime=minutes_ago(5), EndTime=minutes_ago(0), Period=10,
        Statistics=["Sum"],
    )  # fmt: skip
    found = {point["Sum"]: (point["Timestamp"] - minutes_ago(3)).total_seconds() for point in answer["Datapoints"]}
    assert found == {1.0: 0.0, 2.0: 20.0}


def test_deliveries_to_a_queue_are_noted_too(watch: Watch, settings: ApiSettings) -> None:
    watch.alarm(TreatMissingData="breaching")
    watch.message()
    noted = [item for item in deliveries.read(settings.state_directory) if item["topic"] == watch.topic_arn]
    assert [(item["protocol"], item["type"]) for item in noted] == [("sqs", "Notification")]
    assert json.loads(noted[0]["message"])["AlarmName"] == watch.name
