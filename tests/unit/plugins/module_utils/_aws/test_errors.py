# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import botocore.exceptions
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import errors

ACTION, PERMISSION = "read the secret oracle/api", "secretsmanager:GetSecretValue"
FAILED = "could not read the secret oracle/api: "


def client_error(code: str, message: str = "canary") -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")


TEST_EXPLAIN: list[tuple[BaseException, str, bool]] = [
    (
        client_error("AccessDeniedException"),
        "not permitted (AccessDeniedException); allow secretsmanager:GetSecretValue on it",
        False,
    ),
    (
        client_error("AccessDeniedException", "Access to KMS is not allowed"),
        "its KMS key cannot be used (AccessDeniedException); allow kms:Decrypt on the estate's key, and see that the "
        "key is enabled",
        False,
    ),
    (
        client_error("DecryptionFailure"),
        "its KMS key cannot be used (DecryptionFailure); allow kms:Decrypt on the estate's key, and see that the key "
        "is enabled",
        False,
    ),
    (
        client_error("ResourceNotFoundException"),
        "it does not exist (ResourceNotFoundException); run the provisioning playbook to create it",
        False,
    ),
    (
        client_error("ParameterNotFound"),
        "it does not exist (ParameterNotFound); run the provisioning playbook to create it",
        False,
    ),
    (
        client_error("InvalidRequestException", "because it was marked for deletion."),
        "it is scheduled for deletion; restore it or provision the estate again",
        False,
    ),
    (
        client_error("InvalidRequestException", "on a secret that's currently marked deleted."),
        "it is scheduled for deletion; restore it or provision the estate again",
        False,
    ),
    (client_error("ThrottlingException"), "AWS throttles requests (ThrottlingException)", True),
    (client_error("InternalServiceError"), "the AWS service has trouble (InternalServiceError)", True),
    (client_error("InvalidClientTokenId"), "the credentials are not accepted (InvalidClientTokenId)", True),
    *(
        (client_error(code), f"the credentials are not accepted ({code}); see that this machine's clock is right", True)
        for code in ("ExpiredTokenException", "InvalidSignatureException", "RequestExpired")
    ),
    (client_error("InvalidRequestException"), "AWS answered InvalidRequestException", False),
    (
        botocore.exceptions.NoCredentialsError(),
        "the instance has no credentials; give it the estate's node role (instance profile)",
        True,
    ),
    (
        botocore.exceptions.EndpointConnectionError(endpoint_url="https://canary"),
        "the AWS endpoint did not answer (EndpointConnectionError); check route, security group and DNS of the subnet",
        True,
    ),
    (ValueError("canary"), "unexpected ValueError", False),
]


@pytest.mark.parametrize(("error", "message", "retryable"), TEST_EXPLAIN)
def test_explain(error: BaseException, message: str, retryable: bool) -> None:
    explained = errors.explain(error, ACTION, PERMISSION)
    assert str(explained) == FAILED + message
    assert explained.retryable is retryable
    assert "canary" not in str(explained)


# (error, how the message begins and what it tells to do; None where it is not about credentials)
TEST_UNACCEPTED: list[tuple[BaseException, tuple[str, str] | None]] = [
    (
        client_error("ExpiredTokenException"),
        ("AWS does not accept the credentials, which have expired (ExpiredTokenException); ", "sign in again"),
    ),
    (
        client_error("InvalidClientTokenId"),
        ("AWS does not accept the credentials (InvalidClientTokenId): ", "set AWS_PROFILE"),
    ),
    (client_error("AuthFailure"), ("AWS does not accept the credentials (AuthFailure): ", "set AWS_PROFILE")),
    (
        client_error("SignatureDoesNotMatch"),
        ("AWS does not accept the credentials (SignatureDoesNotMatch); ", "clock is right"),
    ),
    (
        botocore.exceptions.NoCredentialsError(),
        ("There are no complete AWS credentials (NoCredentialsError); ", "set AWS_PROFILE"),
    ),
    (
        botocore.exceptions.PartialCredentialsError(provider="canary", cred_var="canary"),
        ("There are no complete AWS credentials (PartialCredentialsError); ", "set AWS_PROFILE"),
    ),
    (
        botocore.exceptions.UnauthorizedSSOTokenError(),
        ("The sign-in of the AWS profile has ended (UnauthorizedSSOTokenError); ", "aws sso login"),
    ),
    (client_error("ThrottlingException"), None),
    (client_error("AccessDenied"), None),
    (botocore.exceptions.EndpointConnectionError(endpoint_url="canary"), None),
]


@pytest.mark.parametrize(("error", "told"), TEST_UNACCEPTED)
def test_unaccepted(error: BaseException, told: tuple[str, str] | None) -> None:
    message = errors.unaccepted(error)
    if told is None:
        assert message is None
        return
    assert message is not None
    assert message.startswith(told[0])
    assert told[1] in message
    assert "canary" not in message
