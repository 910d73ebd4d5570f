# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs in to a running node's own HTTP interface, asks, and signs out.

Answers may hold secrets: they stay in memory, and errors repeat nothing of them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 30.0
#: The node takes 20 requests a minute for paths that it does not have, and then refuses until the minute has passed
#: (core/web/router.go, indexRateLimit).
PATIENCE_SECONDS = 75.0
_PAUSE_SECONDS = 5.0


class ApiError(Exception):
    """A node that does not answer as it should; the message is for the operator."""


@dataclass(frozen=True)
class Credentials:
    """Who asks: a user of the node's own. secret: what the operator calls the place where the password is from."""

    email: str
    password: str = field(repr=False)
    secret: str


@dataclass(frozen=True)
class Answer:
    status: int
    body: str = field(repr=False)


@dataclass(frozen=True)
class Session:
    """One user who has signed in."""

    url: str
    cookie: str = field(repr=False)

    def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, document: Mapping[str, Any] | None = None
    ) -> Answer:
        """One answer, of whatever status; asked again while the node says that there were too many requests.

        Raises ApiError where none comes.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, body, _cookie = _request(self.url, method, target, self.cookie, document)
            if status != 429 or time.monotonic() + _PAUSE_SECONDS > deadline:
                return Answer(status, body)
            time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def session(url: str, credentials: Credentials) -> Iterator[Session]:
    """A session with the node at a base URL, ended afterwards; raises ApiError.

    One sign-in for all that is asked: the node refuses more than five in 20 seconds.
    """
    signed_in = Session(url, _sign_in(url, credentials))
    try:
        yield signed_in
    finally:
        with contextlib.suppress(ApiError):
            _request(url, "DELETE", "/sessions", signed_in.cookie)


def _sign_in(url: str, credentials: Credentials) -> str:
    document = {"email": credentials.email, "password": credentials.password}
    status, _body, cookie = _request(url, "POST", "/sessions", document=document)
    if status == 429:
        raise ApiError("the node lets nobody sign in for 20 seconds after five attempts; run this again")
    if status == 401:
        raise ApiError(
            f"the node's first user cannot sign in with the password of the secret {credentials.secret}: put the "
            "present one there, without which nobody can ask the node"
        )
    if status != 200 or not cookie:
        raise ApiError(f"the node's first user could not sign in (HTTP status {status})")
    return cookie


def _request(
    url: str, method: str, target: str, cookie: str = "", document: Mapping[str, Any] | None = None
) -> tuple[int, str, str]:
    """Status, body and session cookie of an answer; raises ApiError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
    try:
        body = json.dumps(document) if document is not None else None
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        given = answer.getheader("Set-Cookie") or ""
        return answer.status, answer.read().decode("utf-8", errors="replace"), given.partition(";")[0]
    except (OSError, http.client.HTTPException) as error:
        raise ApiError(f"the node at {url} does not answer ({type(error).__name__})") from error
    finally:
        connection.close()
