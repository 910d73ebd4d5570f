# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_topic as module

ARN = "arn:aws-cn:sns:cn-north-1:123456789012:oracle-alarms"
HOOK = "https://hooks.test/T0/secret"
SUBSCRIPTIONS = [{"protocol": "email", "endpoint": "ops@nodeops.test"}, {"protocol": "https", "endpoint": HOOK}]


class NotFoundError(Exception):
    """There is no such topic."""


class Topics:
    """SNS and STS, as far as one topic needs them."""

    exceptions = SimpleNamespace(NotFoundException=NotFoundError)

    def __init__(self) -> None:
        self.attributes: dict[str, str] | None = None
        self.tags: list[dict[str, str]] = []
        self.subscriptions: list[dict[str, str]] = []

    def get_caller_identity(self) -> Any:
        return {"Arn": "arn:aws-cn:iam::123456789012:user/operator"}

    def get_topic_attributes(self, TopicArn: str) -> Any:  # noqa: N803 - boto3's name
        assert TopicArn == ARN
        if self.attributes is None:
            raise NotFoundError
        return {"Attributes": self.attributes}

    def list_tags_for_resource(self, ResourceArn: str) -> Any:  # noqa: N803 - boto3's name
        return {"Tags": self.tags}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_subscriptions_by_topic"
        return SimpleNamespace(paginate=lambda **_arguments: [{"Subscriptions": self.subscriptions}])

    def create_topic(self, Name: str, Attributes: dict[str, str], Tags: list[dict[str, str]]) -> None:  # noqa: N803
        assert Name == "oracle-alarms"
        self.attributes, self.tags = dict(Attributes), Tags

    def subscribe(self, TopicArn: str, Protocol: str, Endpoint: str) -> None:  # noqa: N803 - boto3's names
        self.subscriptions.append(
            {"Protocol": Protocol, "Endpoint": Endpoint, "SubscriptionArn": "PendingConfirmation"}
        )

    def delete_topic(self, TopicArn: str) -> None:  # noqa: N803 - boto3's name
        self.attributes = None


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Topics:
    topics = Topics()
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: topics)
    return topics


def arguments(**changes: Any) -> dict[str, Any]:
    common = {"estate": "oracle", "name": "oracle-alarms", "region": "cn-north-1", "key": "key"}
    return {**common, "subscriptions": SUBSCRIPTIONS, **changes}


def test_a_topic_from_nothing_to_nothing(run_module: Any, sns: Topics) -> None:
    dry = run_module(module.main, arguments(), check_mode=True)
    assert (dry["changed"], dry["arn"], sns.attributes) == (True, ARN, None)
    made = run_module(module.main, arguments())
    assert (made["changed"], sns.attributes) == (True, {"KmsMasterKeyId": "key"})
    assert made["pending"] == ["ops@nodeops.test", "https://hooks.test/..."]
    again = run_module(module.main, arguments())
    assert (again["changed"], again["pending"]) == (False, made["pending"])
    assert run_module(module.main, arguments(state="absent", key=None))["changed"] is True
    assert run_module(module.main, arguments(state="absent", key=None))["changed"] is False


def test_a_hook_is_a_secret_and_an_address_is_none(run_module: Any, sns: Topics) -> None:
    made = run_module(module.main, arguments())
    assert "T0/secret" not in made["output"]
    assert "ops@nodeops.test" in made["output"]
