# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented policies of an operator, as a lab's operator has them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from nodeops_lab.api.access.accounts import operator_policies
from nodeops_lab.api.access.conditions import Condition
from nodeops_lab.api.access.policy import parse
from nodeops_lab.api.backends import ACCOUNT_ID
from nodeops_lab.settings import OPERATOR_POLICIES

LONGEST = 6144
MOST = 10
"""AWS: characters of a managed policy without blanks, and policies attached to one user or role (IAM quotas)."""

UNSCOPED = {
    "backup-storage:MountCapsule",
    "devops-guru:RemoveNotificationChannel",
    "devops-guru:UpdateResourceCollection",
    "route53:AssociateVPCWithHostedZone",
}
"""What AWS knows no resource for (Service Authorization Reference): a policy can allow it on everything only. The
hosted zones of interface endpoints are AWS's own, whose ids nobody knows beforehand."""

POLICIES = operator_policies(OPERATOR_POLICIES, "demo", "eu-west-1")


@pytest.mark.parametrize("name", POLICIES)
def test_each_fits_a_managed_policy(name: str) -> None:
    # The longest names that an estate and a region may have.
    longest = operator_policies(OPERATOR_POLICIES, "e" * 20, "ap-southeast-99")
    assert len(longest[name.replace("demo", "e" * 20)]) <= LONGEST
    assert "<" not in POLICIES[name]
    assert [statement["Effect"] for statement in json.loads(POLICIES[name])["Statement"]].count("Deny") == 0


def test_they_can_all_be_attached() -> None:
    assert 0 < len(POLICIES) <= MOST
    names = [statement.sid for document in POLICIES.values() for statement in parse(document).statements]
    assert len(names) == len(set(names))
    assert all(name.isalnum() for name in names)


def test_nothing_is_allowed_on_everything_but_looking() -> None:
    """What may be done to any resource is to describe it, or is limited by a condition on the request."""
    for document in POLICIES.values():
        for statement in parse(document).statements:
            assert "*" not in statement.actions
            if "*" not in statement.resources:
                continue
            limited = any(_limits(condition) for condition in statement.conditions)
            for action in statement.actions:
                reads = action.partition(":")[2].startswith(("Describe", "List", "Get"))
                assert reads or limited or action in UNSCOPED, f"{statement.sid} allows {action} on everything"


def _limits(condition: Condition) -> bool:
    return condition.key.startswith("aws:RequestTag/")


def _lookup(keys: dict[str, str]) -> Callable[[str], tuple[str, ...] | None]:
    """Return the function that tells the condition keys of a request."""
    return lambda key: (keys[key.lower()],) if key.lower() in keys else None


USER = {"aws:username": "alice", "aws:userid": "AIDAALICE"}
ROLE = {"aws:userid": "AROAOPERATOR:alice"}
STARTED_BY = "ssm:resourcetag/aws:ssmmessages:session-id"
"""The tag that Session Manager gives a session: the id of whoever started it (Systems Manager user guide, "Allow a user
to end only sessions they started")."""

#: Who asks and what the session's tag says, the session's id, and whether it is the caller's own.
TEST_SESSIONS: list[tuple[dict[str, str], str, bool]] = [
    (USER, "alice-0a1b2c", True),
    (USER | {STARTED_BY: "AIDAALICE"}, "alice-0a1b2c", True),
    (USER | {STARTED_BY: "AIDABOB"}, "bob-0a1b2c", False),
    (ROLE | {STARTED_BY: "AROAOPERATOR:alice"}, "alice-0a1b2c", True),
    (ROLE, "AROAOPERATOR:alice-0a1b2c", True),
    (ROLE | {STARTED_BY: "AROAOPERATOR:alicea"}, "alicea-0a1b2c", False),
    (ROLE | {STARTED_BY: "AIDAALICE"}, "alice-0a1b2c", False),
]


@pytest.mark.parametrize(("keys", "session", "own"), TEST_SESSIONS)
def test_whoever_started_a_session_ends_it(keys: dict[str, str], session: str, own: bool) -> None:
    policies = [parse(document) for document in POLICIES.values()]
    resource = f"arn:aws:ssm:eu-west-1:{ACCOUNT_ID}:session/{session}"
    for action in ("ssm:ResumeSession", "ssm:TerminateSession"):
        found = [policy.matching(action, resource, _lookup(keys), allows=True) for policy in policies]
        assert any(found) == own, action


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT_ID}:key/k"
BY_SECRETS_MANAGER = {"kms:viaservice": "secretsmanager.eu-west-1.amazonaws.com"}
SECRET_ARN = "kms:encryptioncontext:secretarn"
SECRETS = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT_ID}:secret"

#: What services do with the operator's permissions: action, resource, the request's keys, and whether it may be.
TEST_SERVICES: list[tuple[str, str, dict[str, str], bool]] = [
    ("kms:GenerateDataKey", KEY, BY_SECRETS_MANAGER | {SECRET_ARN: f"{SECRETS}:demo/api-AbCdEf"}, True),
    # Before it makes a secret, Secrets Manager sees whether its key is of use.
    ("kms:GenerateDataKey", KEY, BY_SECRETS_MANAGER | {SECRET_ARN: "RequestToValidateKeyAccess"}, True),
    ("kms:Decrypt", KEY, BY_SECRETS_MANAGER | {SECRET_ARN: "RequestToValidateKeyAccess"}, True),
    ("kms:Decrypt", KEY, {SECRET_ARN: "RequestToValidateKeyAccess"}, False),
    ("kms:Decrypt", KEY, BY_SECRETS_MANAGER | {SECRET_ARN: f"{SECRETS}:other/api-AbCdEf"}, False),
    *(
        (
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/{service}.amazonaws.com/AWSServiceRoleFor{name}",
            {"iam:awsservicename": f"{service}.amazonaws.com"},
            allowed,
        )
        for service, name, allowed in (
            ("autoscaling", "AutoScaling", True),
            ("backup", "Backup", True),
            ("devops-guru", "DevOpsGuru", True),
            ("ecs", "ECS", False),
            ("elasticloadbalancing", "ElasticLoadBalancing", True),
            ("rds", "RDS", True),
        )
    ),
]


@pytest.mark.parametrize(("action", "resource", "keys", "allowed"), TEST_SERVICES)
def test_what_services_do_for_the_operator(action: str, resource: str, keys: dict[str, str], allowed: bool) -> None:
    policies = [parse(document) for document in POLICIES.values()]
    assert any(policy.matching(action, resource, _lookup(keys), allows=True) for policy in policies) == allowed
