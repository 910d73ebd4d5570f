# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import parameters, secrets
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.tests.unit import samples

ARNS = samples.RECORD["secrets"]


class SecretsManager:
    """Answers by ARN; an exception as answer is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 - boto3's name
        answer = self.answers[SecretId]
        if isinstance(answer, Exception):
            raise answer
        return answer


def answers(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {name: {"SecretString": f"value of {name}"} for name in ARNS}
    values.update(changes)
    return {ARNS[name]: value for name, value in values.items()}


def test_read_secrets() -> None:
    read = secrets.read_secrets(SecretsManager(answers()), ARNS, "oracle")
    assert read == secrets.NodeSecrets("value of database", "value of keystore", "value of api", "value of rpc")


def test_a_binary_secret_is_refused() -> None:
    with pytest.raises(AwsError) as caught:
        secrets.read_secrets(SecretsManager(answers(api={"SecretBinary": b"x"})), ARNS, "oracle")
    assert str(caught.value) == "could not read the secret oracle/api: it holds binary data; store it as a string"


def test_a_missing_secret_is_named() -> None:
    missing = botocore.exceptions.ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
    with pytest.raises(AwsError) as caught:
        secrets.read_secrets(SecretsManager(answers(rpc=missing)), ARNS, "oracle")
    assert str(caught.value) == (
        "could not read the secret oracle/rpc: it does not exist (ResourceNotFoundException); run the provisioning "
        "playbook to create it"
    )


def test_read_record_of_an_unknown_estate() -> None:
    class Ssm:
        def get_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
            assert Name == "/nodeops/oracle/record"
            raise botocore.exceptions.ClientError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")

    with pytest.raises(AwsError) as caught:
        parameters.read_record(Ssm(), "oracle")
    assert str(caught.value) == (
        "could not read the estate record /nodeops/oracle/record: it does not exist (ParameterNotFound); run the "
        "provisioning playbook to create it"
    )
