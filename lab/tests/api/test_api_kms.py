# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS: keys by id and ARN, their states and rotation."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ..expectations import refusal

Clients = Callable[[str], Any]
NAMES = ["id", "arn", "alias", "alias arn"]


@pytest.fixture
def names(client: Clients) -> dict[str, str]:
    """The four names of a new key."""
    kms = client("kms")
    metadata = kms.create_key()["KeyMetadata"]
    alias = f"alias/k{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=metadata["Arn"])
    arn = metadata["Arn"].rpartition("key/")[0] + alias
    return dict(zip(NAMES, [metadata["KeyId"], metadata["Arn"], alias, arn], strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_used_by_any_of_its_names(client: Clients, names: dict[str, str], name: str) -> None:
    kms, key = client("kms"), names[name]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == names["arn"]
    encrypted = kms.encrypt(KeyId=key, Plaintext=b"a secret")
    assert encrypted["KeyId"] == names["arn"]
    assert kms.decrypt(KeyId=key, CiphertextBlob=encrypted["CiphertextBlob"])["Plaintext"] == b"a secret"
    assert kms.generate_data_key(KeyId=key, KeySpec="AES_256")["KeyId"] == names["arn"]
    again = kms.re_encrypt(CiphertextBlob=encrypted["CiphertextBlob"], DestinationKeyId=key)
    assert again["KeyId"] == names["arn"]


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)
MANAGED: list[tuple[str, dict[str, Any]]] = [
    ("disable_key", {}),
    ("enable_key", {}),
    ("enable_key_rotation", {}),
    ("get_key_rotation_status", {}),
    ("disable_key_rotation", {}),
    ("get_key_policy", {"PolicyName": "default"}),
    ("put_key_policy", {"PolicyName": "default", "Policy": POLICY}),
    ("list_key_policies", {}),
    ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "1"}]}),
    ("list_resource_tags", {}),
    ("untag_resource", {"TagKeys": ["a"]}),
    ("update_key_description", {"Description": "new"}),
    ("list_grants", {}),
    ("schedule_key_deletion", {"PendingWindowInDays": 7}),
    ("cancel_key_deletion", {}),
]


@pytest.mark.patch("kms.key_arns")
@pytest.mark.parametrize("name", ["id", "arn"])
def test_a_key_is_managed_by_its_id_or_arn(client: Clients, names: dict[str, str], name: str) -> None:
    kms = client("kms")
    for operation, arguments in MANAGED:
        getattr(kms, operation)(KeyId=names[name], **arguments)
    grant = kms.create_grant(
        KeyId=names[name], GranteePrincipal="arn:aws:iam::123456789012:role/x", Operations=["Decrypt"]
    )
    assert len(kms.list_grants(KeyId=names["arn"])["Grants"]) == 1
    kms.revoke_grant(KeyId=names[name], GrantId=grant["GrantId"])
    assert kms.list_aliases(KeyId=names[name])["Aliases"][0]["AliasName"] == names["alias"]


@pytest.mark.patch("kms.grants_of_known_keys")
@pytest.mark.parametrize(("operation", "arguments"), MANAGED)
def test_a_key_is_not_managed_by_an_alias(
    client: Clients, names: dict[str, str], operation: str, arguments: dict[str, Any]
) -> None:
    call = getattr(client("kms"), operation)
    assert refusal(lambda: call(KeyId=names["alias"], **arguments)) == "NotFoundException"


@pytest.mark.patch("kms.rotation")
def test_rotation_tells_its_period(client: Clients, names: dict[str, str]) -> None:
    kms, key = client("kms"), names["arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyId"], status["RotationPeriodInDays"]) == (names["arn"], 365)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    days = (status["NextRotationDate"] - datetime.datetime.now(datetime.UTC)).days
    assert (status["RotationPeriodInDays"], days) == (180, 179)


@pytest.mark.patch("kms.key_states")
def test_only_an_enabled_key_is_used(client: Clients, names: dict[str, str]) -> None:
    kms, key = client("kms"), names["id"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    assert refusal(lambda: kms.encrypt(KeyId=key, Plaintext=b"x")) == "DisabledException"
    assert refusal(lambda: kms.decrypt(CiphertextBlob=blob)) == "DisabledException"
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refusal(lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256")) == "KMSInvalidStateException"
    assert refusal(lambda: kms.enable_key(KeyId=key)) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


@pytest.mark.patch("kms.cancelled_deletion")
def test_a_deletion_is_cancelled_once(client: Clients, names: dict[str, str]) -> None:
    kms = client("kms")
    kms.schedule_key_deletion(KeyId=names["id"], PendingWindowInDays=7)
    assert kms.cancel_key_deletion(KeyId=names["id"])["KeyId"] == names["arn"]
    assert refusal(lambda: kms.cancel_key_deletion(KeyId=names["id"])) == "KMSInvalidStateException"


@pytest.mark.patch("kms.deletion_window")
def test_a_deletion_has_a_window_and_is_asked_for_once(client: Clients, names: dict[str, str]) -> None:
    kms = client("kms")
    assert refusal(lambda: kms.schedule_key_deletion(KeyId=names["id"], PendingWindowInDays=3)) == "ValidationException"
    assert kms.describe_key(KeyId=names["id"])["KeyMetadata"]["KeyState"] == "Enabled"
    kms.schedule_key_deletion(KeyId=names["id"], PendingWindowInDays=7)
    assert refusal(lambda: kms.schedule_key_deletion(KeyId=names["id"])) == "KMSInvalidStateException"


@pytest.mark.patch("kms.malformed_policies")
@pytest.mark.parametrize("policy", ["{}", "no JSON", '{"Statement": [{"Effect": "Perhaps", "Action": "*"}]}'])
def test_a_malformed_policy_is_refused(client: Clients, names: dict[str, str], policy: str) -> None:
    kms, expected = client("kms"), "MalformedPolicyDocumentException"
    assert refusal(lambda: kms.put_key_policy(KeyId=names["id"], PolicyName="default", Policy=policy)) == expected
    assert refusal(lambda: kms.create_key(Policy=policy)) == expected
