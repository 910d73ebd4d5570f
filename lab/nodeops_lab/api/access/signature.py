# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signature version 4: which key signed a request, and whether with the right secret.

Source: IAM user guide, "Create a signed AWS API request" and "Troubleshoot Signature Version 4 signing".
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import hmac
import posixpath
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = datetime.timedelta(minutes=15)
"""How far the clocks of client and service may be apart."""
_HEADER = re.compile(
    rf"^{ALGORITHM}\s+Credential=(?P<credential>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*"
    r"Signature=(?P<signature>[0-9a-f]+)$"
)
_SIGNATURE_PARAMETER = "X-Amz-Signature"


@dataclass(frozen=True)
class Signed:
    """What a request says of its signature."""

    key_id: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    moment: str
    """When it was signed, as ``20261122T140000Z``."""
    token: str | None
    """The session token of temporary credentials."""
    expires: int | None = None
    """For a signature in the query: for how many seconds it is good."""

    @property
    def scope(self) -> str:
        """The credential's scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read(environ: dict[str, Any]) -> Signed | None:
    """Return what a request says of its signature, or None for a request without one."""
    header = environ.get("HTTP_AUTHORIZATION")
    if header:
        found = _HEADER.match(str(header))
        if found is None:
            return None
        moment, token = str(environ.get("HTTP_X_AMZ_DATE", "")), environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        return _signed(found["credential"], found["headers"], found["signature"], moment, token)
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        return None
    expires = query.get("X-Amz-Expires", "")
    return _signed(
        query.get("X-Amz-Credential", ""),
        query.get("X-Amz-SignedHeaders", ""),
        query.get(_SIGNATURE_PARAMETER, ""),
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Security-Token"),
        int(expires) if expires.isdigit() else 0,
    )


def _signed(
    credential: str, headers: str, signature: str, moment: str, token: str | None, expires: int | None = None
) -> Signed | None:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        return None
    key_id, date, region, service, _ = parts
    return Signed(key_id, date, region, service.lower(), tuple(headers.split(";")), signature, moment, token, expires)


def is_stale(signed: Signed, now: datetime.datetime) -> bool:
    """Return whether a request was signed too long ago, or too far in the future."""
    try:
        moment = datetime.datetime.strptime(signed.moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return True
    longest = SKEW if signed.expires is None else datetime.timedelta(seconds=signed.expires)
    return not moment - SKEW <= now <= moment + longest


def is_genuine(environ: dict[str, Any], signed: Signed, secret: str, body: bytes) -> bool:
    """Return whether a request's signature was made with a secret."""
    canonical = hashlib.sha256(canonical_request(environ, signed, body).encode()).hexdigest()
    text = "\n".join([ALGORITHM, signed.moment, signed.scope, canonical])
    key = _signing_key(secret, signed.date, signed.region, signed.service)
    return hmac.compare_digest(_digest(key, text).hex(), signed.signature)


def canonical_request(environ: dict[str, Any], signed: Signed, body: bytes) -> str:
    """Return the text whose hash is signed."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    path, _, query = raw.partition("?")
    if path.startswith("http://") or path.startswith("https://"):
        path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
    # S3 signs the path as it is sent; all others normalize it and encode it once more.
    uri = path if signed.service == "s3" else quote(_normalize(path), safe="/~-_.")
    headers = "".join(f"{name}:{_header(environ, name)}\n" for name in signed.headers)
    if signed.service == "s3":
        # S3's clients say which hash they signed, or that they signed none.
        default = "UNSIGNED-PAYLOAD" if signed.expires is not None else hashlib.sha256(body).hexdigest()
        payload = str(environ.get("HTTP_X_AMZ_CONTENT_SHA256", default))
    else:
        payload = hashlib.sha256(body).hexdigest()
    method = str(environ["REQUEST_METHOD"])
    return "\n".join([method, uri, _query(query), headers, ";".join(signed.headers), payload])


def _normalize(path: str) -> str:
    if not path:
        return "/"
    normal = posixpath.normpath(path)
    # POSIX lets two slashes at the beginning stand; a trailing one is part of a URI's path.
    normal = "/" + normal.lstrip("/")
    return normal + "/" if path.endswith("/") and not normal.endswith("/") else normal


def _query(query: str) -> str:
    pairs = []
    for item in query.split("&") if query else []:
        name, _, value = item.partition("=")
        if unquote(name) != _SIGNATURE_PARAMETER:
            pairs.append((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _header(environ: dict[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key) if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else environ.get(f"HTTP_{key}")
    return " ".join(str(value if value is not None else "").split())


@functools.lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = _digest(f"AWS4{secret}".encode(), date)
    for part in (region, service, "aws4_request"):
        key = _digest(key, part)
    return key


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
