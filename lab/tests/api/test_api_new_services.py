# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that moto lacks: the Data Lifecycle Manager, DevOps Guru, and both by CloudFormation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import pytest

from ..expectations import refusal

Clients = Callable[[str], Any]
ROLE = "arn:aws:iam::123456789012:role/dlm"


def details(estate: str = "one") -> dict[str, Any]:
    return {
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "nodeops:estate", "Value": estate}],
        "Schedules": [
            {
                "Name": "daily",
                "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:00"]},
                "RetainRule": {"Count": 7},
            }
        ],
    }


@pytest.fixture
def estate(client: Clients) -> Iterator[str]:
    """The name of an estate; whatever policies aim at it are deleted."""
    name = uuid.uuid4().hex[:8]
    yield name
    dlm = client("dlm")
    for policy in dlm.get_lifecycle_policies(TargetTags=[f"nodeops:estate={name}"])["Policies"]:
        dlm.delete_lifecycle_policy(PolicyId=policy["PolicyId"])


@pytest.mark.patch("services.own")
def test_a_lifecycle_policy_lives_and_dies(client: Clients, estate: str) -> None:
    dlm = client("dlm")
    policy_id = dlm.create_lifecycle_policy(
        ExecutionRoleArn=ROLE, Description="nightly", State="ENABLED", PolicyDetails=details(estate), Tags={"a": "1"}
    )["PolicyId"]
    policy = dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]
    assert policy["PolicyDetails"]["PolicyType"] == "EBS_SNAPSHOT_MANAGEMENT"
    assert policy["PolicyDetails"]["Schedules"] == details(estate)["Schedules"]
    assert (policy["State"], policy["Tags"]) == ("ENABLED", {"a": "1"})
    assert policy["PolicyArn"] == f"arn:aws:dlm:us-east-1:123456789012:policy/{policy_id}"
    dlm.update_lifecycle_policy(PolicyId=policy_id, State="DISABLED", Description="never")
    dlm.tag_resource(ResourceArn=policy["PolicyArn"], Tags={"b": "2"})
    dlm.untag_resource(ResourceArn=policy["PolicyArn"], TagKeys=["a"])
    assert dlm.list_tags_for_resource(ResourceArn=policy["PolicyArn"])["Tags"] == {"b": "2"}
    target = f"nodeops:estate={estate}"
    (found,) = dlm.get_lifecycle_policies(State="DISABLED", ResourceTypes=["VOLUME"], TargetTags=[target])["Policies"]
    assert (found["PolicyId"], found["Description"], found["State"]) == (policy_id, "never", "DISABLED")
    assert dlm.get_lifecycle_policies(State="ENABLED", TargetTags=[target])["Policies"] == []
    dlm.delete_lifecycle_policy(PolicyId=policy_id)
    assert refusal(lambda: dlm.get_lifecycle_policy(PolicyId=policy_id)) == "ResourceNotFoundException"
    assert refusal(lambda: dlm.delete_lifecycle_policy(PolicyId=policy_id)) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TargetTags": None}, "InvalidRequestException"),
        ({"Schedules": [{"Name": "x", "CreateRule": {}, "RetainRule": {"Count": 1}}]}, "InvalidRequestException"),
        ({"PolicyLanguage": "SIMPLIFIED"}, "NotImplemented"),
    ],
)
def test_policies_that_make_no_sense(client: Clients, change: dict[str, Any], code: str) -> None:
    request = {"ExecutionRoleArn": ROLE, "Description": "x", "State": "ENABLED"}
    wrong = {key: value for key, value in {**details(), **change}.items() if value is not None}
    assert refusal(lambda: client("dlm").create_lifecycle_policy(**request, PolicyDetails=wrong)) == code


def test_tagged_policies_are_found_by_their_tags(client: Clients, estate: str) -> None:
    client("dlm").create_lifecycle_policy(
        ExecutionRoleArn=ROLE, Description="x", State="ENABLED", PolicyDetails=details(estate), Tags={"of": estate}
    )
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "of", "Values": [estate]}])
    assert [":dlm:" in item["ResourceARN"] for item in found["ResourceTagMappingList"]] == [True]


@pytest.fixture
def topics(client: Clients) -> Iterator[list[str]]:
    """Three topics; the channels are removed afterwards."""
    names = [f"guru-{uuid.uuid4().hex[:8]}" for _ in range(3)]
    yield [client("sns").create_topic(Name=name)["TopicArn"] for name in names]
    guru = client("devops-guru")
    for channel in guru.list_notification_channels()["Channels"]:
        guru.remove_notification_channel(Id=channel["Id"])


def test_notification_channels(client: Clients, topics: list[str]) -> None:
    guru = client("devops-guru")

    def add(arn: str) -> str:
        return str(guru.add_notification_channel(Config={"Sns": {"TopicArn": arn}})["Id"])

    first = add(topics[0])
    assert refusal(lambda: add(topics[0])) == "ConflictException"
    assert refusal(lambda: add("arn:aws:sns:us-east-1:123456789012:none")) == "ResourceNotFoundException"
    second = add(topics[1])
    assert refusal(lambda: add(topics[2])) == "ServiceQuotaExceededException"
    assert [channel["Id"] for channel in guru.list_notification_channels()["Channels"]] == [first, second]
    guru.remove_notification_channel(Id=first)
    assert refusal(lambda: guru.remove_notification_channel(Id=first)) == "ResourceNotFoundException"


def test_resource_collection(client: Clients) -> None:
    guru = client("devops-guru")

    def update(action: str, *values: str) -> None:
        tag = {"AppBoundaryKey": "Devops-Guru-estate", "TagValues": [*values]}
        guru.update_resource_collection(Action=action, ResourceCollection={"Tags": [tag]})

    def values() -> list[str]:
        answer = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")
        return list(answer["ResourceCollection"]["Tags"][0]["TagValues"])

    assert refusal(values) == "ResourceNotFoundException"
    update("ADD", "one", "two")
    update("ADD", "two", "three")
    update("REMOVE", "one")
    assert values() == ["two", "three"]
    stacks = {"CloudFormation": {"StackNames": ["stack"]}}
    assert refusal(lambda: guru.update_resource_collection(Action="ADD", ResourceCollection=stacks)) == "NotImplemented"
    update("REMOVE", "two", "three")
    assert refusal(values) == "ResourceNotFoundException"
    wrong = {"Tags": [{"AppBoundaryKey": "estate", "TagValues": ["one"]}]}
    assert (
        refusal(lambda: guru.update_resource_collection(Action="ADD", ResourceCollection=wrong))
        == "ValidationException"
    )


def test_health_and_integrations_of_devops_guru(client: Clients) -> None:
    guru = client("devops-guru")
    assert guru.describe_account_health()["OpenReactiveInsights"] == 0
    guru.update_service_integration(ServiceIntegration={"OpsCenter": {"OptInStatus": "ENABLED"}})
    found = guru.describe_service_integration()["ServiceIntegration"]
    assert (found["OpsCenter"]["OptInStatus"], found["LogsAnomalyDetection"]["OptInStatus"]) == ("ENABLED", "DISABLED")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        guru.list_insights(StatusFilter={"Ongoing": {"Type": "REACTIVE"}})
    assert caught.value.response["Error"]["Code"] == "NotImplemented"


def template(estate: str, topic_arn: str, description: str = "nightly") -> str:
    resources = {
        "Snapshots": {
            "Type": "AWS::DLM::LifecyclePolicy",
            "Properties": {
                "Description": description,
                "ExecutionRoleArn": ROLE,
                "State": "ENABLED",
                "PolicyDetails": details(estate),
                "Tags": [{"Key": "of", "Value": estate}],
            },
        },
        "Channel": {
            "Type": "AWS::DevOpsGuru::NotificationChannel",
            "Properties": {"Config": {"Sns": {"TopicArn": topic_arn}}},
        },
        "Watched": {
            "Type": "AWS::DevOpsGuru::ResourceCollection",
            "Properties": {
                "ResourceCollectionFilter": {
                    "Tags": [{"AppBoundaryKey": "Devops-guru-estate", "TagValues": [{"Ref": "AWS::StackName"}]}]
                }
            },
        },
        "Board": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": estate, "DashboardBody": '{"widgets": []}'},
        },
    }
    outputs = {"Policy": {"Value": {"Ref": "Snapshots"}}, "Arn": {"Value": {"Fn::GetAtt": ["Snapshots", "Arn"]}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.mark.patch("cloudformation.unchanged_stack")
def test_a_stack_makes_changes_and_deletes_the_real_things(client: Clients, estate: str, topics: list[str]) -> None:
    stacks, guru, dlm = client("cloudformation"), client("devops-guru"), client("dlm")
    name = f"stack-{estate}"
    stacks.create_stack(StackName=name, TemplateBody=template(estate, topics[0]))
    described = stacks.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in described["Outputs"]}
    policy_id = outputs["Policy"]
    assert dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]["PolicyArn"] == outputs["Arn"]
    (channel,) = guru.list_notification_channels()["Channels"]
    collection = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")["ResourceCollection"]
    assert collection == {"Tags": [{"AppBoundaryKey": "Devops-guru-estate", "TagValues": [name]}]}
    assert client("cloudwatch").get_dashboard(DashboardName=estate)["DashboardBody"] == '{"widgets": []}'
    physical = {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for item in stacks.describe_stack_resources(StackName=name)["StackResources"]
    }
    assert physical == {"Snapshots": policy_id, "Channel": channel["Id"], "Watched": "AWS_TAGS", "Board": estate}

    same = json.dumps(json.loads(template(estate, topics[0])), indent=2)
    with pytest.raises(botocore.exceptions.ClientError, match="No updates are to be performed"):
        stacks.update_stack(StackName=name, TemplateBody=same)
    stacks.update_stack(StackName=name, TemplateBody=template(estate, topics[0], "hourly"))
    assert dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]["Description"] == "hourly"

    stacks.delete_stack(StackName=name)
    assert refusal(lambda: dlm.get_lifecycle_policy(PolicyId=policy_id)) == "ResourceNotFoundException"
    assert guru.list_notification_channels()["Channels"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")
    assert refusal(lambda: client("cloudwatch").get_dashboard(DashboardName=estate)).startswith("ResourceNotFound")


@pytest.mark.patch("cloudformation.unknown_types")
def test_a_type_that_is_not_emulated_is_refused(client: Clients) -> None:
    body = json.dumps({"Resources": {"Canary": {"Type": "AWS::Synthetics::Canary", "Properties": {"Name": "x"}}}})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client("cloudformation").create_stack(StackName=f"s{uuid.uuid4().hex[:8]}", TemplateBody=body)
    error = caught.value.response["Error"]
    assert error["Code"] == "NotImplemented"
    assert error["Message"] == "the lab does not emulate the resource type AWS::Synthetics::Canary"


@pytest.mark.patch("services.unknown_service")
def test_a_service_that_is_not_emulated_is_said(client: Clients) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client("health").describe_events()
    assert caught.value.response["Error"] == {
        "Code": "NotImplemented",
        "Message": "the lab does not emulate the service health",
    }
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.patch("services.unknown_path")
def test_a_rest_operation_that_is_not_emulated_is_said(client: Clients) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client("eks").list_insights(clusterName="none")
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
