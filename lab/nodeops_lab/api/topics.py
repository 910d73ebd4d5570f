# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's own services as publishers to SNS topics: whether the topic lets them, and its key."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping
from typing import Any

from moto.kms.models import kms_backends
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import sns_backends

from .backends import ACCOUNT_ID

KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a publisher needs on the key of an encrypted topic (SNS developer guide, "Key management", "Enable
compatibility between event sources from AWS services and encrypted topics")."""


class PublishRefusedError(Exception):
    """The topic, or its key, does not let the service publish; or there is no such topic."""


def publish(
    service: str, region: str, topic_arn: str, subject: str, message: str, by_name: bool = False, **options: Any
) -> None:
    """Publish to a topic as one of AWS's services, such as ``cloudwatch.amazonaws.com``.

    Args:
        by_name: whether the policy must name the service, as AWS Backup's documentation says it must.
        options: further arguments of moto's publish.

    A topic's policy must allow the service, as the default policy does for the account's own services by its condition
    on the source's owner; and an encrypted topic's key must allow it too, which the key that AWS manages never does.

    Raises:
        PublishRefusedError: AWS would not deliver.
    """
    backend = sns_backends[ACCOUNT_ID][region]
    try:
        topic = backend.get_topic(topic_arn)
    except (TopicNotFound, ValueError):
        raise PublishRefusedError(f"Topic does not exist: {topic_arn}") from None
    if not allowed(_statements(topic.policy), service, ("SNS:Publish",), by_name):
        raise PublishRefusedError(f"{service} is not authorized to perform: SNS:Publish on resource: {topic_arn}")
    if topic.kms_master_key_id and not _key_allows(topic.kms_master_key_id, region, service):
        raise PublishRefusedError(
            f"{service.partition('.')[0]} does not have authorization to access the SNS topic encryption key."
        )
    backend.publish(message, arn=topic_arn, subject=subject, **options)


def _statements(policy: str | Mapping[str, Any] | None) -> list[dict[str, Any]]:
    document = json.loads(policy) if isinstance(policy, str) and policy else policy or {}
    statements = document.get("Statement", [])
    return list(statements) if isinstance(statements, list) else [statements]


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [] if value is None else [str(value)]


def allowed(
    statements: Iterable[Mapping[str, Any]], service: str, actions: Iterable[str], by_name: bool = False
) -> bool:
    """Return whether a resource's policy lets a service of this account do all of some actions."""
    allowing: list[Mapping[str, Any]] = []
    denying: list[Mapping[str, Any]] = []
    for statement in statements:
        (allowing if statement.get("Effect") == "Allow" else denying).append(statement)
    return all(
        any(_matches(statement, service, action, by_name) for statement in allowing)
        and not any(_matches(statement, service, action) for statement in denying)
        for action in actions
    )


def _matches(statement: Mapping[str, Any], service: str, action: str, by_name: bool = False) -> bool:
    patterns = _listed(statement.get("Action"))
    if not any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns):
        return False
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))
    named = isinstance(principal, dict) and service in _listed(principal.get("Service"))
    return (named or (everyone and not by_name)) and _conditions_hold(statement.get("Condition") or {})


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Judge the conditions on the source's account; of others nothing is known, so they do not hold."""
    for operator, keys in conditions.items():
        for key, value in keys.items():
            if key.lower() == "aws:sourcearn" and operator.lower() in ("arnlike", "arnequals", "stringlike"):
                if not any(f":{ACCOUNT_ID}:" in pattern or "*" in pattern for pattern in _listed(value)):
                    return False
            elif key.lower() not in ("aws:sourceowner", "aws:sourceaccount") or ACCOUNT_ID not in _listed(value):
                return False
    return True


def _key_allows(key_id: str, region: str, service: str) -> bool:
    backend = kms_backends[ACCOUNT_ID][region]
    if key_id.rpartition(":")[2].startswith("alias/aws/"):
        return False
    name = backend.any_id_to_key_id(key_id)
    key = backend.keys.get(name)
    return key is not None and allowed(_statements(key.policy), service, KEY_ACTIONS)
