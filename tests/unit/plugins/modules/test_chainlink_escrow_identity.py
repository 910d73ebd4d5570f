# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import subprocess
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_escrow_identity as module

ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REGION = {"region": "us-east-1"}


class Kms:
    """Keeps what it was asked to encrypt, which the real one does not."""

    def __init__(self, denied: bool = False) -> None:
        self.denied = denied
        self.plain: list[bytes] = []

    def encrypt(self, KeyId: str, Plaintext: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert KeyId == "alias/escrow"
        if self.denied:
            answer = {"Error": {"Code": "AccessDeniedException", "Message": "denied"}}
            raise botocore.exceptions.ClientError(answer, "Encrypt")  # type: ignore[arg-type]
        self.plain.append(Plaintext)
        return {"CiphertextBlob": b"sealed", "KeyId": ARN}


def run(run_module: Any, monkeypatch: pytest.MonkeyPatch, kms: Kms, check_mode: bool = False) -> dict[str, Any]:
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda _self, service: {"kms": kms}[service])
    answer: dict[str, Any] = run_module(module.main, {"kms_key": "alias/escrow", **REGION}, check_mode)
    assert "AGE-SECRET-KEY" not in answer["output"]
    return answer


@pytest.mark.parametrize("check_mode", [False, True])
def test_only_kms_sees_the_secret_key(run_module: Any, monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    kms = Kms()
    answer = run(run_module, monkeypatch, kms, check_mode)
    assert (answer["rc"], answer["changed"], answer["kms_key_arn"]) == (0, False, ARN)
    assert base64.b64decode(answer["encrypted"]) == b"sealed"
    [plain] = kms.plain
    told = subprocess.run(["age-keygen", "-y"], input=plain, capture_output=True, check=True).stdout.decode().strip()
    assert told == answer["recipient"]


def test_each_is_another(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kms = Kms()
    assert len({run(run_module, monkeypatch, kms)["recipient"] for _ in range(3)}) == 3


def test_a_key_that_may_not_be_used(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run(run_module, monkeypatch, Kms(denied=True))
    assert (answer["rc"], "estate_escrow_recipient alias/escrow cannot encrypt" in answer["msg"]) == (1, True)
