# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an AWS error means in the operator's words.

Errors of boto3 and botocore are recognised by their shape and class name, so that this file needs neither.
"""

from __future__ import annotations

import re
from typing import Any

#: Error codes after which trying again, a little later, can succeed.
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
}
_SERVICE_TROUBLE = {"InternalServiceError", "InternalServerError", "InternalFailure", "ServiceUnavailable"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_BAD_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
}
#: Those that time has ended: only new ones help. RequestExpired is EC2's, for a clock that is wrong, too.
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
#: How EC2 and S3 say it.
_OTHER_BAD_CREDENTIALS = {"AuthFailure", "InvalidAccessKeyId"}
_SIGNATURE = {"InvalidSignatureException", "SignatureDoesNotMatch"}
#: A profile's sign-in (IAM Identity Center) that is missing or has ended, before AWS is asked anything.
_NOT_SIGNED_IN = {"SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"}
_KMS = {
    "KMSAccessDeniedException",
    "DecryptionFailure",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
}
_MISSING = {"ResourceNotFoundException", "ParameterNotFound"}
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "CredentialRetrievalError",
    "PartialCredentialsError",
    "MetadataRetrievalError",
}
_NO_CONNECTION = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "HTTPClientError",
    "ProxyConnectionError",
    "SSLError",
}


class AwsError(Exception):
    """Something that AWS did not give; the message is for the operator and holds no secret."""

    def __init__(self, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        #: True where the same request can succeed a little later with nobody doing anything.
        self.retryable = retryable


def error_code(error: BaseException) -> str | None:
    """The AWS error code of a botocore ClientError, or None for any other error."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict) and isinstance(response.get("Error"), dict):
        return str(response["Error"].get("Code", ""))
    return None


def explain(error: BaseException, action: str, permission: str) -> AwsError:
    """The AwsError for an error of boto3.

    action: what was tried, beginning with a verb ("read the secret demo/api").
    permission: the IAM action that it needs ("secretsmanager:GetSecretValue").

    The text of the original error is not repeated, except its code or class name: what services write there is not
    under our control.
    """
    code = error_code(error)
    name = type(error).__name__
    failed = f"could not {action}: "
    if code is not None:
        return _explain_code(failed, code, _text(error), permission)
    if name in _NO_CREDENTIALS:
        return AwsError(
            failed + "the instance has no credentials; give it the estate's node role (instance profile)",
            # Right after the launch the metadata service may not have the role's credentials yet.
            retryable=True,
        )
    if name in _NO_CONNECTION:
        return AwsError(
            failed + f"the AWS endpoint did not answer ({name}); check route, security group and DNS of the subnet",
            retryable=True,
        )
    return AwsError(failed + f"unexpected {name}")


def unaccepted(error: BaseException) -> str | None:
    """What is wrong with an operator's own credentials and what to do; None for an error that is not about them.

    As with explain() the text of the error is not repeated: it may quote an access key's id, or what was signed.
    """
    code, name = error_code(error), type(error).__name__
    if code is None:
        if name in _NOT_SIGNED_IN:
            return f"The sign-in of the AWS profile has ended ({name}); sign in again, with aws sso login"
        if name in _NO_CREDENTIALS:
            return (
                f"There are no complete AWS credentials ({name}); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or sign in to your profile"
            )
        return None
    if code in _EXPIRED:
        return (
            f"AWS does not accept the credentials, which have expired ({code}); sign in again, or set new ones, and "
            "see that this machine's clock is right"
        )
    if code in _SIGNATURE:
        return (
            f"AWS does not accept the credentials ({code}); see that AWS_SECRET_ACCESS_KEY belongs to "
            "AWS_ACCESS_KEY_ID, and that this machine's clock is right"
        )
    if code in _BAD_CREDENTIALS | _OTHER_BAD_CREDENTIALS:
        return (
            f"AWS does not accept the credentials ({code}): it knows no such access key that is active; set "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and for a role AWS_SESSION_TOKEN, to those "
            "of the estate's operator"
        )
    return None


def _text(error: BaseException) -> str:
    response: Any = getattr(error, "response", {})
    return str(response["Error"].get("Message", ""))


def _explain_code(failed: str, code: str, text: str, permission: str) -> AwsError:
    # Secrets Manager reports a key that it may not use as AccessDeniedException, and only its text says so.
    if code in _KMS or (code in _DENIED and "kms" in text.lower()):
        return AwsError(
            failed + f"its KMS key cannot be used ({code}); allow kms:Decrypt on the estate's key, and see that the "
            "key is enabled"
        )
    if code in _DENIED:
        return AwsError(failed + f"not permitted ({code}); allow {permission} on it")
    if code in _MISSING:
        return AwsError(failed + f"it does not exist ({code}); run the provisioning playbook to create it")
    if code == "InvalidRequestException" and re.search("marked (for deletion|deleted)", text):
        return AwsError(failed + "it is scheduled for deletion; restore it or provision the estate again")
    if code in _BAD_CREDENTIALS | _EXPIRED:
        hint = "; see that this machine's clock is right" if code in _SIGNATURE | _EXPIRED else ""
        return AwsError(failed + f"the credentials are not accepted ({code}){hint}", retryable=True)
    if code in _THROTTLED:
        return AwsError(failed + f"AWS throttles requests ({code})", retryable=True)
    if code in _SERVICE_TROUBLE:
        return AwsError(failed + f"the AWS service has trouble ({code})", retryable=True)
    return AwsError(failed + f"AWS answered {code}")
