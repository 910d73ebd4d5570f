# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals as AWS words them: codes and statuses differ by protocol.

Source: IAM user guide, "Troubleshoot access denied error messages"; "Common errors" of the services' API references;
EC2 API reference, "Error codes"; S3 API reference, "Error responses".
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .decision import IDENTITY, TRUST, Decision

Answer = tuple[int, list[tuple[str, str]], bytes]


class Reason(enum.Enum):
    """Why a request is refused."""

    UNKNOWN_KEY = "unknown key"
    NO_CREDENTIALS = "no credentials"
    WRONG_SIGNATURE = "wrong signature"
    STALE_SIGNATURE = "stale signature"
    EXPIRED_TOKEN = "expired token"
    UNREADABLE = "unreadable"
    DENIED = "denied"


@dataclass(frozen=True)
class Refusal:
    """A refusal: the status, the code and the message."""

    status: int
    code: str
    message: str


_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_MISSING = "Missing Authentication Token"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_STALE = "Signature expired or not yet current: the clocks differ by more than is allowed."
_EC2 = "AWS was not able to validate the provided access credentials"
_UNREADABLE = "The request's body does not fit its operation."

# By protocol; route53's is that of the query protocol but for the shape of its errors.
_CODES: dict[Reason, dict[str, Refusal]] = {
    Reason.UNKNOWN_KEY: {
        "ec2": Refusal(401, "AuthFailure", _EC2),
        "query": Refusal(403, "InvalidClientTokenId", _INVALID_TOKEN),
        "json": Refusal(400, "UnrecognizedClientException", _INVALID_TOKEN),
        "rest-json": Refusal(403, "UnrecognizedClientException", _INVALID_TOKEN),
        "s3": Refusal(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    },
    Reason.NO_CREDENTIALS: {
        "ec2": Refusal(401, "AuthFailure", _EC2),
        "query": Refusal(403, "MissingAuthenticationToken", _MISSING),
        "json": Refusal(400, "MissingAuthenticationTokenException", _MISSING),
        "rest-json": Refusal(403, "MissingAuthenticationTokenException", _MISSING),
        "s3": Refusal(403, "AccessDenied", "Access Denied"),
    },
    Reason.WRONG_SIGNATURE: {
        "ec2": Refusal(401, "AuthFailure", _EC2),
        "query": Refusal(403, "SignatureDoesNotMatch", _MISMATCH),
        "json": Refusal(400, "InvalidSignatureException", _MISMATCH),
        "rest-json": Refusal(403, "InvalidSignatureException", _MISMATCH),
        "s3": Refusal(403, "SignatureDoesNotMatch", _MISMATCH),
    },
    Reason.STALE_SIGNATURE: {
        "ec2": Refusal(400, "RequestExpired", "Request has expired."),
        "query": Refusal(403, "SignatureDoesNotMatch", _STALE),
        "json": Refusal(400, "InvalidSignatureException", _STALE),
        "rest-json": Refusal(403, "InvalidSignatureException", _STALE),
        "s3": Refusal(
            403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        ),
    },
    Reason.EXPIRED_TOKEN: {
        "ec2": Refusal(400, "RequestExpired", "Request has expired."),
        "query": Refusal(403, "ExpiredToken", _EXPIRED),
        "json": Refusal(400, "ExpiredTokenException", _EXPIRED),
        "rest-json": Refusal(403, "ExpiredTokenException", _EXPIRED),
        "s3": Refusal(400, "ExpiredToken", "The provided token has expired."),
    },
    Reason.UNREADABLE: {
        "ec2": Refusal(400, "MalformedQueryString", _UNREADABLE),
        "query": Refusal(400, "MalformedQueryString", _UNREADABLE),
        "json": Refusal(400, "SerializationException", _UNREADABLE),
        "rest-json": Refusal(400, "SerializationException", _UNREADABLE),
        "s3": Refusal(400, "MalformedXML", _UNREADABLE),
    },
    Reason.DENIED: {
        "ec2": Refusal(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        "query": Refusal(403, "AccessDenied", ""),
        "json": Refusal(400, "AccessDeniedException", ""),
        "rest-json": Refusal(403, "AccessDeniedException", ""),
        "s3": Refusal(403, "AccessDenied", ""),
    },
}
DRY_RUN = Refusal(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


def refusal(reason: Reason, family: str, message: str = "", code: str = "") -> Refusal:
    """Return a refusal in the words of a family of services."""
    usual = _CODES[reason][_words(family)]
    text = f"{usual.message} {message}".strip() if reason is Reason.DENIED else message or usual.message
    if code and reason is Reason.DENIED:
        return Refusal(403 if family not in ("json", "cbor") else 400, code, message)
    return Refusal(usual.status, usual.code, text)


def _words(family: str) -> str:
    return {"rest-xml": "query", "cbor": "json"}.get(family, family)


def denial(principal: str, action: str, resource: str, decision: Decision, *, quoted: bool = False) -> str:
    """Return IAM's message of a denial."""
    shown = f'"{resource}"' if quoted else resource
    where = "" if resource == "*" else f" on resource: {shown}"
    article = {TRUST: "the", IDENTITY: "an"}.get(decision.kind, "a")
    why = (
        f"with an explicit deny in {article} {decision.kind}"
        if decision.explicit
        else f"because no {decision.kind} allows the {action} action"
    )
    return f"User: {principal} is not authorized to perform: {action}{where} {why}"


def answer(refused: Refusal, family: str, request_id: str, *, bodiless: bool = False) -> Answer:
    """Return status, headers and body of a refusal in a family's protocol."""
    headers: list[tuple[str, str]] = [("x-amzn-RequestId", request_id)]
    code, message = escape(refused.code), escape(refused.message)
    if family in ("json", "rest-json"):
        kind = "application/x-amz-json-1.1" if family == "json" else "application/json"
        headers += [("Content-Type", kind), ("x-amzn-ErrorType", refused.code)]
        body = json.dumps({"__type": refused.code, "message": refused.message}).encode()
    elif family == "cbor":
        headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        body = _cbor({"__type": refused.code, "message": refused.message})
    else:
        headers.append(("Content-Type", "text/xml" if family != "s3" else "application/xml"))
        error = f"<Code>{code}</Code><Message>{message}</Message>"
        if family == "ec2":
            text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        elif family == "s3":
            text = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
        else:
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    if bodiless:
        body = b""
    return refused.status, [*headers, ("Content-Length", str(len(body)))], body


def _cbor(texts: dict[str, str]) -> bytes:
    """Return a small map of texts in CBOR (RFC 8949)."""

    def text(value: str) -> bytes:
        data = value.encode()
        return b"\x79" + len(data).to_bytes(2, "big") + data

    return bytes([0xA0 + len(texts)]) + b"".join(text(name) + text(value) for name, value in texts.items())
