# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Allow or deny: how policies count together. The cases follow AWS's documentation of the evaluation logic."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from nodeops_lab.api.access.decision import BOUNDARY, IDENTITY, RESOURCE, SESSION, TRUST, ResourcePolicy, decide
from nodeops_lab.api.access.policy import Policy, parse
from nodeops_lab.api.access.principal import Permissions, Principal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/node"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/node/i-1"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
BUCKET = "arn:aws:s3:::bucket"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"

ALICE = Principal(USER, "User", ACCOUNT, name="alice")
NODE = Principal(SESSION_ARN, "AssumedRole", ACCOUNT, name="node", role_arn=ROLE)
EC2 = Principal("ec2.amazonaws.com", "Service")
NOBODY = Principal("anonymous", "Anonymous")


def statement(effect: str, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement; a keyword with a leading underscore removes nothing, it only adds."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> Policy:
    return parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


ALL = policy(statement("Allow", "*"))
READ = policy(statement("Allow", "s3:Get*", f"{BUCKET}/*"))
NOTHING = policy(statement("Allow", "none:None"))
DENY = policy(statement("Deny", "s3:GetObject"))


def resource(effect: str, principal: Any, decisive: bool = False, kind: str = RESOURCE, **more: Any) -> ResourcePolicy:
    return ResourcePolicy(policy(statement(effect, "*", "*", Principal=principal, **more)), decisive, kind)


@dataclass(frozen=True)
class Case:
    """One case: who, with what, is answered how: allowed, or by which kind of policy denied, explicitly or not."""

    name: str
    principal: Principal
    expected: bool | tuple[str, bool]
    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    resource: ResourcePolicy | None = None
    action: str = "s3:GetObject"
    target: str = f"{BUCKET}/key"
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


CASES = [
    # "Policy evaluation logic": implicit deny, allow, explicit deny.
    Case("nothing attached", ALICE, (IDENTITY, False)),
    Case("allowed", ALICE, True, (READ,)),
    Case("another action", ALICE, (IDENTITY, False), (READ,), action="s3:PutObject"),
    Case("another resource", ALICE, (IDENTITY, False), (READ,), target="arn:aws:s3:::other/key"),
    Case("an explicit deny beats an allow", ALICE, (IDENTITY, True), (ALL, DENY)),
    Case("a deny of something else", ALICE, True, (ALL, DENY), action="s3:PutObject"),
    Case("two policies add up", ALICE, True, (NOTHING, READ)),
    # NotAction, NotResource: "IAM JSON policy elements".
    Case(
        "NotAction", ALICE, True, (parse('{"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}'),)
    ),
    Case(
        "NotAction names it",
        ALICE,
        (IDENTITY, False),
        (parse('{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}'),),
    ),
    Case(
        "deny all but one bucket (NotResource)",
        ALICE,
        (IDENTITY, True),
        (ALL, parse(f'{{"Statement": {{"Effect": "Deny", "Action": "s3:*", "NotResource": "{BUCKET}"}}}}')),
    ),
    Case(
        "deny all but one bucket, its objects",
        ALICE,
        True,
        (ALL, parse(f'{{"Statement": {{"Effect": "Deny", "Action": "s3:*", "NotResource": "{BUCKET}/*"}}}}')),
    ),
    # "AWS: Denies access to AWS based on the requested Region".
    Case(
        "deny outside a region",
        ALICE,
        (IDENTITY, True),
        (
            ALL,
            policy(statement("Deny", "*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}})),
        ),
        keys={"aws:requestedregion": ("us-east-1",)},
    ),
    Case(
        "conditions all have to hold",
        ALICE,
        (IDENTITY, False),
        (
            policy(
                statement(
                    "Allow",
                    "*",
                    Condition={
                        "StringEquals": {"aws:RequestedRegion": "us-east-1", "aws:username": "alice"},
                        "Bool": {"aws:SecureTransport": "true"},
                    },
                )
            ),
        ),
        keys={"aws:requestedregion": ("us-east-1",), "aws:username": ("alice",), "aws:securetransport": ("false",)},
    ),
    # "Permissions boundaries for IAM entities": "Evaluating effective permissions with boundaries".
    Case("a boundary allows nothing by itself", ALICE, (IDENTITY, False), boundary=(ALL,)),
    Case("identity and boundary", ALICE, True, (ALL,), boundary=(READ,)),
    Case("a boundary limits", ALICE, (BOUNDARY, False), (ALL,), boundary=(READ,), action="iam:CreateUser"),
    Case("a boundary denies", ALICE, (BOUNDARY, True), (ALL,), boundary=(ALL, DENY)),
    Case("a deleted boundary", ALICE, (BOUNDARY, False), (ALL,), boundary=()),
    # "Session policies".
    Case("session policies allow nothing by themselves", NODE, (IDENTITY, False), session=(ALL,)),
    Case("session policies limit", NODE, (SESSION, False), (ALL,), session=(NOTHING,)),
    Case("a session policy denies", NODE, (SESSION, True), (ALL,), session=(ALL, DENY)),
    Case("all three", NODE, True, (ALL,), boundary=(READ,), session=(ALL,)),
    # Resource-based policies within an account.
    Case("a resource's policy alone allows a user", ALICE, True, resource=resource("Allow", {"AWS": USER})),
    Case("a resource's policy for others", ALICE, (IDENTITY, False), resource=resource("Allow", {"AWS": ROLE})),
    Case("a resource's policy denies", ALICE, (RESOURCE, True), (ALL,), resource=resource("Deny", {"AWS": USER})),
    Case("a resource's policy denies everybody", NODE, (RESOURCE, True), (ALL,), resource=resource("Deny", "*")),
    Case("naming the account leaves it to IAM", ALICE, (IDENTITY, False), resource=resource("Allow", {"AWS": ROOT})),
    Case("naming the account, IAM allows", ALICE, True, (READ,), resource=resource("Allow", {"AWS": ACCOUNT})),
    # "Interaction between resource-based policies and other policy types": who is named decides what still limits.
    Case(
        "naming a user passes its boundary", ALICE, True, boundary=(NOTHING,), resource=resource("Allow", {"AWS": USER})
    ),
    Case(
        "naming a role stays within its boundary",
        NODE,
        (BOUNDARY, False),
        boundary=(NOTHING,),
        resource=resource("Allow", {"AWS": ROLE}),
    ),
    Case(
        "naming a role stays within the session's policies",
        NODE,
        (SESSION, False),
        session=(NOTHING,),
        resource=resource("Allow", {"AWS": ROLE}),
    ),
    Case("naming a role needs no identity policy", NODE, True, resource=resource("Allow", {"AWS": ROLE})),
    Case(
        "naming a session passes boundary and session policies",
        NODE,
        True,
        boundary=(NOTHING,),
        session=(NOTHING,),
        resource=resource("Allow", {"AWS": SESSION_ARN}),
    ),
    Case(
        "an explicit deny in the boundary beats the resource's policy",
        ALICE,
        (BOUNDARY, True),
        boundary=(DENY,),
        resource=resource("Allow", {"AWS": USER}),
    ),
    # Public buckets.
    Case("everybody", NOBODY, True, resource=resource("Allow", "*")),
    Case("everybody with AWS credentials", NOBODY, True, resource=resource("Allow", {"AWS": "*"})),
    Case("nobody", NOBODY, (IDENTITY, False), resource=resource("Allow", {"AWS": USER})),
    Case("a service", EC2, True, resource=resource("Allow", {"Service": "ec2.amazonaws.com"})),
    Case("another service", EC2, (RESOURCE, False), resource=resource("Allow", {"Service": "rds.amazonaws.com"})),
    Case("a service is no AWS principal", EC2, (RESOURCE, False), resource=resource("Allow", {"AWS": "*"})),
    # Keys: KMS developer guide, "Default key policy".
    Case("the default key policy, IAM allows", NODE, True, (ALL,), resource=resource("Allow", {"AWS": ROOT}, True)),
    Case("the default key policy alone", NODE, (IDENTITY, False), resource=resource("Allow", {"AWS": ROOT}, True)),
    Case(
        "a key that leaves nothing to IAM",
        NODE,
        (RESOURCE, False),
        (ALL,),
        resource=resource("Allow", {"AWS": USER}, True),
    ),
    Case("a key's policy alone", NODE, True, resource=resource("Allow", {"AWS": ROLE}, True)),
    Case(
        "a grant of the key",
        NODE,
        True,
        resource=ResourcePolicy(NOTHING, decisive=True, also_granted=frozenset({ROLE})),
    ),
    Case(
        "a key whose condition does not hold",
        NODE,
        (RESOURCE, False),
        (ALL,),
        resource=resource("Allow", {"AWS": ROOT}, True, Condition={"StringEquals": {"kms:ViaService": "x"}}),
    ),
    # Trust policies.
    Case(
        "a role trusts a service", EC2, True, resource=resource("Allow", {"Service": "ec2.amazonaws.com"}, True, TRUST)
    ),
    Case(
        "a role trusts another", ALICE, (TRUST, False), (ALL,), resource=resource("Allow", {"AWS": ROLE}, True, TRUST)
    ),
    Case("a role trusts the account", ALICE, (IDENTITY, False), resource=resource("Allow", {"AWS": ROOT}, True, TRUST)),
    Case("a role trusts the user", ALICE, True, resource=resource("Allow", {"AWS": USER}, True, TRUST)),
    Case("a role that is not there", ALICE, (TRUST, False), (ALL,), resource=ResourcePolicy(None, True, TRUST)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decide(case: Case) -> None:
    permissions = Permissions(case.identity, case.boundary, case.session)
    found = decide(
        case.principal, permissions, case.action, case.target, lambda key: case.keys.get(key.lower()), case.resource
    )
    if case.expected is True:
        assert found.allowed, found
    else:
        assert (found.allowed, found.kind, found.explicit) == (False, *case.expected)  # type: ignore[misc]


def test_not_principal_denies_all_but_the_named() -> None:
    """IAM user guide, "AWS JSON policy elements: NotPrincipal"."""
    document = {"Effect": "Deny", "NotPrincipal": {"AWS": [USER]}, "Action": "*", "Resource": "*"}
    guarded = ResourcePolicy(policy(document))
    allowed = decide(ALICE, Permissions((ALL,)), "s3:GetObject", BUCKET, lambda _key: None, guarded)
    refused = decide(NODE, Permissions((ALL,)), "s3:GetObject", BUCKET, lambda _key: None, guarded)
    assert allowed.allowed
    assert (refused.allowed, refused.explicit, refused.kind) == (False, True, RESOURCE)


def test_the_lab_itself_may_do_anything() -> None:
    everything = Permissions(identity=(DENY,), everything=True)
    assert decide(EC2, everything, "s3:GetObject", BUCKET, lambda _key: None, resource("Deny", "*")).allowed
