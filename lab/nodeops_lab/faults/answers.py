# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the API as AWS words them: codes and statuses differ by protocol.

Sources: "Common errors" of the services' API references (InternalFailure 500, ThrottlingException 400, ExpiredToken);
EC2 API reference, "Error codes" (InternalError 500, RequestLimitExceeded 503, RequestExpired 400); S3 API reference,
"Error responses" (InternalError 500, SlowDown 503, ExpiredToken 400); IAM user guide, "Temporary security credentials".
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Error:
    """An error of the API."""

    status: int
    code: str
    message: str


_EXPIRED = "The security token included in the request is expired"
_RATE = "Rate exceeded"
FAIL, THROTTLE, EXPIRED = "fail", "throttle", "expired"

_ERRORS: dict[str, dict[str, Error]] = {
    FAIL: {
        "ec2": Error(500, "InternalError", "An internal error has occurred"),
        "s3": Error(500, "InternalError", "We encountered an internal error. Please try again."),
        "": Error(500, "InternalFailure", "The request processing has failed because of an unknown error."),
    },
    THROTTLE: {
        "ec2": Error(503, "RequestLimitExceeded", "Request limit exceeded."),
        "s3": Error(503, "SlowDown", "Please reduce your request rate."),
        "json": Error(400, "ThrottlingException", _RATE),
        "cbor": Error(400, "ThrottlingException", _RATE),
        "rest-json": Error(429, "ThrottlingException", _RATE),
        "": Error(400, "Throttling", _RATE),
    },
    EXPIRED: {
        "ec2": Error(400, "RequestExpired", "Request has expired."),
        "s3": Error(400, "ExpiredToken", "The provided token has expired."),
        "json": Error(400, "ExpiredTokenException", _EXPIRED),
        "cbor": Error(400, "ExpiredTokenException", _EXPIRED),
        "rest-json": Error(403, "ExpiredTokenException", _EXPIRED),
        "": Error(403, "ExpiredToken", _EXPIRED),
    },
}

Answer = tuple[str, list[tuple[str, str]], bytes]
"""WSGI status, headers, body."""


def error(what: str, protocol: str) -> Error:
    """Return an error in the words of a protocol; `what` is FAIL, THROTTLE or EXPIRED."""
    words = _ERRORS[what]
    return words.get(protocol, words[""])


def answer(found: Error, protocol: str, *, bodiless: bool = False) -> Answer:
    """Return an error as an answer; one to HEAD has no body."""
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-RequestId", request_id)]
    if protocol in ("json", "rest-json"):
        kind = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        headers += [("Content-Type", kind), ("x-amzn-ErrorType", found.code)]
        body = json.dumps({"__type": found.code, "message": found.message}).encode()
    elif protocol == "cbor":
        headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        body = _cbor({"__type": found.code, "message": found.message})
    else:
        headers.append(("Content-Type", "application/xml" if protocol == "s3" else "text/xml"))
        detail = f"<Code>{escape(found.code)}</Code><Message>{escape(found.message)}</Message>"
        sort = "Receiver" if found.status >= 500 else "Sender"
        text = {
            "ec2": f"<Response><Errors><Error>{detail}</Error></Errors><RequestID>{request_id}</RequestID></Response>",
            "s3": f"<Error>{detail}<RequestId>{request_id}</RequestId></Error>",
        }.get(
            protocol,
            f"<ErrorResponse><Error><Type>{sort}</Type>{detail}</Error><RequestId>{request_id}</RequestId>"
            "</ErrorResponse>",
        )
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    if bodiless:
        body = b""
    status = f"{found.status} {HTTPStatus(found.status).phrase}"
    return status, [*headers, ("Content-Length", str(len(body)))], body


def _cbor(texts: dict[str, str]) -> bytes:
    """Return a small map of texts in CBOR (RFC 8949)."""

    def text(value: str) -> bytes:
        data = value.encode()
        return b"\x79" + len(data).to_bytes(2, "big") + data

    return bytes([0xA0 + len(texts)]) + b"".join(text(name) + text(value) for name, value in texts.items())
