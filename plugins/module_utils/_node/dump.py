# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a running 1.x node for its settings as TOML: what ``chainlink config dump`` does, by the same interface.

The answer holds RPC URLs with their keys. It stays in memory, and errors repeat nothing of it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30.0
PATH = "/v2/config/dump-v1-as-v2"


class DumpError(Exception):
    """A node that does not say its settings; the message is for the operator."""


@dataclass(frozen=True)
class Credentials:
    """Who asks: a user of the node's own. secret: what the operator calls the place where the password is from."""

    email: str
    password: str = field(repr=False)
    secret: str


def ask(url: str, credentials: Credentials) -> str:
    """The TOML of the node at a base URL; raises DumpError. The session that it needs is ended again."""
    cookie = _sign_in(url, credentials)
    try:
        status, body, _cookie = _request(url, "GET", PATH, cookie)
        if status != 200:
            raise DumpError(f"the node does not say its settings as TOML (HTTP status {status}); releases 1.13.x do")
        return _toml(body)
    finally:
        with contextlib.suppress(DumpError):
            _request(url, "DELETE", "/sessions", cookie)


def _sign_in(url: str, credentials: Credentials) -> str:
    document = {"email": credentials.email, "password": credentials.password}
    status, _body, cookie = _request(url, "POST", "/sessions", document=document)
    if status == 429:
        raise DumpError("the node lets nobody sign in for 20 seconds after five attempts; run this again")
    if status == 401:
        raise DumpError(
            f"the node's first user cannot sign in with the password of the secret {credentials.secret}: put the "
            "present one there, without which nobody can ask the node for its settings"
        )
    if status != 200 or not cookie:
        raise DumpError(f"the node's first user could not sign in (HTTP status {status})")
    return cookie


def _toml(body: str) -> str:
    """The text in an answer, a JSON:API document with one resource (core/web/config_controller.go)."""
    try:
        text = json.loads(body)["data"]["attributes"]["config"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise DumpError("the node's answer is no configuration")
    return text


def _request(
    url: str, method: str, path: str, cookie: str = "", document: Mapping[str, Any] | None = None
) -> tuple[int, str, str]:
    """Status, body and session cookie of an answer; raises DumpError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
    try:
        body = json.dumps(document) if document is not None else None
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        given = answer.getheader("Set-Cookie") or ""
        return answer.status, answer.read().decode("utf-8", errors="replace"), given.partition(";")[0]
    except (OSError, http.client.HTTPException) as error:
        raise DumpError(f"the node at {url} does not answer ({type(error).__name__})") from error
    finally:
        connection.close()
