# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was called: recorded, summarised, and compared with policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nodeops_lab.api.access.comparison import Line, Permission, compare, summary
from nodeops_lab.api.access.record import Need, Recorded, Recorder, error_code, read

NODE = "arn:aws:sts::123456789012:assumed-role/node/i-1"
USER = "arn:aws:iam::123456789012:user/operator"
READ = Need("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:estate/api-AbCdEf")
DECRYPT = Need("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/k")
LIST = Need("secretsmanager:ListSecrets", "*")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **item} for item in statements]})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    recorder = Recorder(path)
    recorder.write(NODE, READ.action, [READ, DECRYPT, READ], True, None, None)
    recorder.write(USER, "unknown", [], False, "SerializationException", None)
    recorder.write(USER, LIST.action, [LIST], False, "AccessDeniedException", LIST)
    with path.open("a") as file:
        file.write('{"time": 1, "principal": "under way')
    first, second, third = read(path)
    assert (first.principal, first.operation, first.needs) == (NODE, READ.action, (READ, DECRYPT))
    assert (first.allowed, first.error, first.denied) == (True, None, None)
    assert (second.needs, second.allowed, second.error) == ((), False, "SerializationException")
    assert (third.allowed, third.denied) == (False, LIST)
    recorder.close()
    # A lab that comes up again in the same place goes on with the same file.
    Recorder(path).close()
    assert path.read_text().count("\n") == 3


TEST_ERROR_CODE: list[tuple[bytes, str]] = [
    (b'{"__type": "ResourceNotFoundException", "message": "m"}', "ResourceNotFoundException"),
    (b'{"__type": "com.amazon.coral#ValidationException"}', "ValidationException"),
    (b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>", "NoSuchEntity"),
    (
        b"<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>",
        "InvalidVpcID.NotFound",
    ),
    (b"", "unknown"),
    (b"no error at all", "unknown"),
]


@pytest.mark.parametrize(("body", "code"), TEST_ERROR_CODE)
def test_error_code(body: bytes, code: str) -> None:
    assert error_code(body) == code


def call(principal: str, *needs: Need, denied: Need | None = None) -> Recorded:
    operation = needs[0].action if needs else "sts:GetCallerIdentity"
    return Recorded(1.0, principal, operation, needs, denied is None, "x" if denied else None, denied)


CALLS = [
    call(NODE, READ, DECRYPT),
    call(NODE, READ, DECRYPT, denied=DECRYPT),
    call(USER, LIST),
    call(USER),
]


def test_summary() -> None:
    assert summary(CALLS) == [
        Line(USER, LIST.action, "*", 1, 0),
        Line(USER, "sts:GetCallerIdentity", "*", 1, 0),
        Line(NODE, DECRYPT.action, DECRYPT.resource, 2, 1),
        Line(NODE, READ.action, READ.resource, 2, 0),
    ]
    assert {line.principal for line in summary(CALLS, "*:assumed-role/*")} == {NODE}
    assert summary(CALLS, "nobody") == []


def test_a_policy_that_fits() -> None:
    fitting = document(
        {"Action": READ.action, "Resource": "arn:aws:secretsmanager:*:*:secret:estate/api-??????"},
        {"Action": "kms:*", "Resource": DECRYPT.resource},
    )
    found = compare([fitting], [READ, DECRYPT])
    assert (found.unused, found.missing) == ((), ())


def test_permissions_that_nobody_used() -> None:
    generous = document(
        {
            "Sid": "Read",
            "Action": [READ.action, "secretsmanager:PutSecretValue"],
            "Resource": [READ.resource, "arn:aws:secretsmanager:us-east-1:123456789012:secret:other"],
        },
        {"Sid": "Unused", "Action": "s3:*", "Resource": "*"},
    )
    found = compare([generous], [READ])
    assert found.unused == (
        Permission("0", "Read", "secretsmanager:PutSecretValue", "*"),
        Permission("0", "Read", "*", "arn:aws:secretsmanager:us-east-1:123456789012:secret:other"),
        Permission("0", "Unused", "s3:*", "*"),
        Permission("0", "Unused", "*", "*"),
    )
    assert found.missing == ()


def test_calls_that_no_policy_allows() -> None:
    narrow = document({"Action": READ.action, "Resource": READ.resource})
    found = compare([narrow], [READ, DECRYPT, LIST, DECRYPT])
    assert found.missing == (DECRYPT, LIST)
    other = document({"Action": "kms:Decrypt", "Resource": "*"})
    assert compare([narrow, other], [READ, DECRYPT, LIST]).missing == (LIST,)
    everything_else = document({"NotAction": "kms:*", "NotResource": "arn:aws:kms:*:*:key/*"})
    assert compare([everything_else], [READ, DECRYPT, LIST]).missing == (DECRYPT,)


def test_variables_stand_for_anything() -> None:
    own = document({"Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/estate}/*"})
    found = compare([own], [READ, DECRYPT])
    assert (found.unused, found.missing) == ((), (DECRYPT,))
