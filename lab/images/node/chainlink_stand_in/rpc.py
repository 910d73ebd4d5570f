# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON-RPC 2.0 to an Ethereum node, over HTTP and over WebSocket.

As officially, errors quote the URL with the access key in it: of what a URL holds, only the password of its user is
hidden (evm/client/rpc_client.go, url.URL.Redacted).
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from .websocket import WebSocket, tls_context

QUERY_SECONDS = 10.0
"""How long the node waits for one answer (QueryTimeout)."""


class RpcError(Exception):
    """A call that got no answer, or an answer that is an error."""


def redacted(url: str) -> str:
    """A URL as Go's Redacted shows it: without the password of its user, with everything else."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    _user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{parts.username}:xxxxx@{host}").geturl()


def _failed(transport: str, url: str, reason: str) -> RpcError:
    return RpcError(f"primary {transport} ({redacted(url)}) call failed: {reason}")


def _request(number: int, method: str, parameters: list[Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise RpcError("the answer is no JSON-RPC response")
    if answer.get("error"):
        error = answer["error"]
        raise RpcError(str(error.get("message") if isinstance(error, dict) else error))
    return answer.get("result")


def call(url: str, method: str, parameters: list[Any], timeout: float = QUERY_SECONDS) -> Any:
    """The result of one call over HTTP. Raises RpcError."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, _request(1, method, parameters).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=tls_context()) as answer:
            return _result(json.loads(answer.read()))
    except RpcError as error:
        raise _failed("http", url, str(error)) from None
    except urllib.error.HTTPError as error:
        raise _failed("http", url, f"{error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _failed("http", url, f'Post "{redacted(url)}": {error.reason}') from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _failed("http", url, f'Post "{redacted(url)}": {type(error).__name__}: {error}') from None


class SocketClient:
    """Calls and head notifications on one WebSocket, used by one thread."""

    def __init__(self, url: str, timeout: float = QUERY_SECONDS) -> None:
        """Connect. Raises RpcError."""
        self._url = url
        self._number = 0
        self._notifications: deque[dict[str, Any]] = deque()
        try:
            self._socket = WebSocket(url, timeout)
        except (OSError, ValueError) as error:
            raise RpcError(f"error while dialing websocket: {redacted(url)}: {error}") from None

    def call(self, method: str, parameters: list[Any], timeout: float = QUERY_SECONDS) -> Any:
        """The result of one call; notifications that come before it are kept. Raises RpcError."""
        self._number += 1
        end = time.monotonic() + timeout
        try:
            self._socket.send(_request(self._number, method, parameters))
            while True:
                message = self._receive(end - time.monotonic())
                if message is None:
                    raise RpcError("context deadline exceeded")
                if message.get("id") == self._number:
                    return _result(message)
                self._notifications.append(message)
        except (RpcError, OSError, ValueError) as error:
            raise _failed("websocket", self._url, str(error)) from None

    def head(self, timeout: float) -> int | None:
        """The number of the next head that the subscription brings; None after ``timeout``. Raises RpcError."""
        try:
            message = self._notifications.popleft() if self._notifications else self._receive(timeout)
            if message is None or message.get("method") != "eth_subscription":
                return None
            return int(message["params"]["result"]["number"], 16)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RpcError(f"{type(error).__name__}: {error}") from None

    def _receive(self, timeout: float) -> dict[str, Any] | None:
        text = self._socket.receive(timeout) if timeout > 0 else None
        if text is None:
            return None
        message = json.loads(text)
        if not isinstance(message, dict):
            raise ValueError("the message is no JSON object")
        return message

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()
