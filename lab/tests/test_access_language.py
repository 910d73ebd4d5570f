# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy language: wildcards, variables, ARNs, conditions."""

from __future__ import annotations

from typing import Any

import pytest
from nodeops_lab.api.access import patterns
from nodeops_lab.api.access.conditions import Condition, UnknownOperatorError
from nodeops_lab.api.access.policy import MalformedPolicyError, parse

ACCOUNT = "123456789012"

# The request's condition keys in these tests.
KEYS: dict[str, tuple[str, ...]] = {
    "aws:username": ("alice",),
    "aws:principaltag/team": ("blue*",),
    "aws:requestedregion": ("eu-west-1",),
    "aws:tagkeys": ("cost", "owner"),
    "aws:sourceip": ("203.0.113.7",),
    "aws:currenttime": ("2026-11-22T12:00:00Z",),
    "aws:securetransport": ("true",),
    "s3:max-keys": ("10",),
    "aws:principalarn": (f"arn:aws:iam::{ACCOUNT}:role/path/node",),
}


def lookup(key: str) -> tuple[str, ...] | None:
    return KEYS.get(key.lower())


TEST_ARN: list[tuple[str, str, bool]] = [
    ("*", "arn:aws:s3:::bucket/key", True),
    ("*", "*", True),
    ("arn:aws:s3:::*", "*", False),
    ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
    ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
    ("arn:aws:s3:::bucke?", "arn:aws:s3:::bucket", True),
    ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
    # An asterisk stays in its segment, and the last segment may hold colons.
    ("arn:aws:ec2:*:instance/*", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1", False),
    ("arn:aws:ec2:*:*:instance/*", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1", True),
    ("arn:aws:logs:us-east-1:*:log-stream:c", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a/b:log-stream:c", False),
    ("arn:aws:logs:*:*:log-group:/a/*", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a/b:log-stream:c", True),
    ("arn:aws:logs:*:*:log-group:/a/b", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a/b:log-stream:c", False),
    ("arn:aws:logs:*:*:log-group:/a/b:*", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a/b:log-stream:c", True),
    # An empty segment matches an asterisk and nothing else.
    ("arn:aws:ssm:*:*:parameter/aws/*", "arn:aws:ssm:us-east-1::parameter/aws/service/x", True),
    (f"arn:aws:ssm:*:{ACCOUNT}:parameter/aws/*", "arn:aws:ssm:us-east-1::parameter/aws/service/x", False),
    # Missing segments count as asterisks ("specifying arn:aws:sqs is equivalent to arn:aws:sqs:*:*:*").
    ("arn:aws:sqs", f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue", True),
    ("arn:aws:sqs:us-east-1", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue", False),
    # Variables.
    ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/alice/file", True),
    ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/bob/file", False),
    ("arn:aws:s3:::home/${AWS:UserName}/*", "arn:aws:s3:::home/alice/file", True),
    # A wildcard in a variable's value is a plain character.
    ("arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:s3:::blue*", True),
    ("arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:s3:::bluebird", False),
    # Without a value, nothing matches, unless there is a default.
    ("arn:aws:s3:::${aws:PrincipalTag/none}", "arn:aws:s3:::", False),
    ("arn:aws:s3:::${aws:PrincipalTag/none, 'all'}", "arn:aws:s3:::all", True),
    ("arn:aws:s3:::${*}", "arn:aws:s3:::*", True),
    ("arn:aws:s3:::${*}", "arn:aws:s3:::bucket", False),
]


@pytest.mark.parametrize(("text", "resource", "expected"), TEST_ARN)
def test_arn(text: str, resource: str, expected: bool) -> None:
    pattern = patterns.arn(text, True, lookup)
    assert (pattern is not None and pattern.fullmatch(resource) is not None) is expected


def test_the_old_version_knows_no_variables() -> None:
    pattern = patterns.arn("arn:aws:s3:::${aws:username}", False, lookup)
    assert pattern is not None
    assert pattern.fullmatch("arn:aws:s3:::${aws:username}")
    assert not pattern.fullmatch("arn:aws:s3:::alice")


TEST_ACTIONS: list[tuple[str, str, bool]] = [
    ("s3:GetObject", "s3:GetObject", True),
    ("S3:getobject", "s3:GetObject", True),
    ("s3:Get*", "s3:GetObjectVersion", True),
    ("s3:Get*", "s3:PutObject", False),
    ("*", "iam:CreateUser", True),
    ("*:Describe*", "ec2:DescribeVpcs", True),
    ("iam:*AccessKey*", "iam:UpdateAccessKey", True),
    ("ec2:DescribeVpc?", "ec2:DescribeVpcs", True),
    ("ec2:DescribeVpc?", "ec2:DescribeVpc", False),
    ("s3:Get.bject", "s3:GetObject", False),
]


@pytest.mark.parametrize(("text", "action", "expected"), TEST_ACTIONS)
def test_actions(text: str, action: str, expected: bool) -> None:
    assert (patterns.actions((text,)).fullmatch(action) is not None) is expected


# Operator, key, the policy's values, and whether it holds with the keys above.
TEST_CONDITION: list[tuple[str, str, Any, bool]] = [
    ("StringEquals", "aws:username", ["alice", "bob"], True),
    ("StringEquals", "aws:UserName", ["Alice"], False),
    ("StringEqualsIgnoreCase", "aws:username", ["ALICE"], True),
    ("StringNotEquals", "aws:username", ["bob"], True),
    ("StringNotEquals", "aws:username", ["bob", "alice"], False),
    ("StringNotEqualsIgnoreCase", "aws:username", ["ALICE"], False),
    ("StringLike", "aws:username", ["al*"], True),
    ("StringLike", "aws:username", ["al?"], False),
    ("StringNotLike", "aws:username", ["al*"], False),
    # StringEquals knows no wildcards.
    ("StringEquals", "aws:username", ["al*"], False),
    ("StringEquals", "aws:username", ["${aws:username}"], True),
    ("StringLike", "aws:PrincipalTag/team", ["${aws:PrincipalTag/team}"], True),
    # Absent keys: positive operators fail, negated ones hold, IfExists holds.
    ("StringEquals", "aws:absent", ["x"], False),
    ("StringNotEquals", "aws:absent", ["x"], True),
    ("StringEqualsIfExists", "aws:absent", ["x"], True),
    ("StringEqualsIfExists", "aws:username", ["x"], False),
    ("Null", "aws:absent", ["true"], True),
    ("Null", "aws:absent", ["false"], False),
    ("Null", "aws:username", ["false"], True),
    ("Null", "aws:username", ["true"], False),
    ("NumericLessThanEquals", "s3:max-keys", ["10"], True),
    ("NumericLessThan", "s3:max-keys", ["10"], False),
    ("NumericEquals", "s3:max-keys", ["10.0"], True),
    ("NumericNotEquals", "s3:max-keys", ["11"], True),
    ("NumericGreaterThan", "aws:username", ["1"], False),
    ("DateGreaterThan", "aws:CurrentTime", ["2026-01-01T00:00:00Z"], True),
    ("DateLessThan", "aws:CurrentTime", ["2026-11-22T12:00:00+01:00"], False),
    ("DateEquals", "aws:CurrentTime", ["2026-11-22T13:00:00+01:00"], True),
    ("Bool", "aws:SecureTransport", ["true"], True),
    ("Bool", "aws:SecureTransport", [False], False),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["true"], True),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24"], True),
    ("IpAddress", "aws:SourceIp", ["203.0.113.7"], True),
    ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "198.51.100.0/24"], False),
    ("IpAddress", "aws:SourceIp", ["2001:db8::/32"], False),
    ("ArnEquals", "aws:PrincipalArn", [f"arn:aws:iam::{ACCOUNT}:role/*"], True),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/path/*"], True),
    ("ArnLike", "aws:PrincipalArn", ["arn:*:role/path/*"], False),
    ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/path/*"], False),
    # Sets: IAM user guide, "Single-valued vs. multivalued context keys".
    ("ForAllValues:StringEquals", "aws:TagKeys", ["cost", "owner", "stage"], True),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["cost"], False),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["cost"], True),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["stage"], False),
    ("ForAllValues:StringEquals", "aws:absent", ["x"], True),
    ("ForAnyValue:StringEquals", "aws:absent", ["x"], False),
    ("ForAnyValue:StringNotEquals", "aws:absent", ["x"], False),
    ("ForAllValues:StringNotEquals", "aws:TagKeys", ["stage"], True),
    ("ForAllValues:StringNotEquals", "aws:TagKeys", ["cost"], False),
    ("ForAnyValue:StringNotLike", "aws:TagKeys", ["c*"], True),
    ("ForAnyValue:StringLike", "aws:TagKeys", ["o*"], True),
]


@pytest.mark.parametrize(("operator", "key", "wanted", "expected"), TEST_CONDITION)
def test_condition(operator: str, key: str, wanted: list[Any], expected: bool) -> None:
    values = tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in wanted)
    assert Condition(operator, key, values, variables=True).holds(lookup) is expected


def test_unknown_operator_is_an_error() -> None:
    with pytest.raises(UnknownOperatorError, match=r"^there is no condition operator StringEqual$"):
        Condition("StringEqual", "aws:username", ("x",), variables=True)


TEST_MALFORMED: list[tuple[str, str]] = [
    ("no json", "JSONDecodeError"),
    ("[]", "AttributeError"),
    ('{"Version": "2012-10-17"}', "KeyError 'Statement'"),
    ('{"Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}', "neither Allow nor Deny"),
    ('{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "either Action or NotAction"),
    (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Like": {"a": "b"}}}}',
        "there is no condition operator Like",
    ),
]


@pytest.mark.parametrize(("document", "message"), TEST_MALFORMED)
def test_malformed(document: str, message: str) -> None:
    with pytest.raises(MalformedPolicyError, match=message):
        parse(document)


def test_a_single_statement_and_single_values_need_no_lists() -> None:
    policy = parse('{"Statement": {"Sid": "One", "Effect": "Deny", "NotAction": "s3:*", "NotResource": "*"}}')
    (statement,) = policy.statements
    assert (statement.sid, statement.allows, statement.actions) == ("One", False, ("s3:*",))
    assert statement.not_actions
    assert statement.not_resources
