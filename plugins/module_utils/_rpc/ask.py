# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks RPC endpoints, over HTTP and WebSocket, which chain they are of; errors repeat nothing of a URL."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from . import websocket
from .judge import Endpoint, Told

#: An answer is some fifty bytes; whatever sends more is no endpoint.
MAXIMUM_BYTES = 65536
_QUESTION = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()


def ask_all(endpoints: Sequence[Endpoint], timeout: float) -> list[tuple[Endpoint, Told]]:
    """Ask all endpoints at once; after timeout seconds, what has not answered is taken for silent."""
    answers: dict[int, Told] = {}

    def ask_one(number: int, url: str) -> None:
        answers[number] = ask(url, timeout)

    # Looking a name up has no time limit of its own: whoever hangs there is left behind.
    threads = [
        threading.Thread(target=ask_one, args=(number, endpoint.url), daemon=True)
        for number, endpoint in enumerate(endpoints)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + timeout
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    silent = Told(trouble=_why(TimeoutError()))
    return [(endpoint, answers.get(number, silent)) for number, endpoint in enumerate(endpoints)]


def ask(url: str, timeout: float) -> Told:
    """What the endpoint behind a URL tells of its chain."""
    try:
        over = _over_websocket if url.startswith(("ws:", "wss:")) else _over_http
        answer = json.loads(over(url, timeout))
    except urllib.error.HTTPError as error:
        return Told(trouble=f"answers with HTTP status {error.code}")
    except websocket.RefusedError as error:
        return Told(trouble=f"answers with HTTP status {error.status} and opens no WebSocket")
    except urllib.error.URLError as error:
        return Told(trouble=_why(error.reason))
    except (OSError, http.client.HTTPException) as error:
        return Told(trouble=_why(error))
    except ValueError:
        return Told(trouble="answers with something that is no JSON")
    return _chain_of(answer)


def _over_http(url: str, timeout: float) -> bytes:
    # Some providers answer the name that Python gives itself with 403.
    headers = {"Content-Type": "application/json", "User-Agent": "nodeops.chainlink"}
    request = urllib.request.Request(url, _QUESTION, headers)  # noqa: S310 (the operator's own URL, checked before)
    with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
        return bytes(response.read(MAXIMUM_BYTES))


def _over_websocket(url: str, timeout: float) -> bytes:
    return websocket.ask(url, _QUESTION, timeout, MAXIMUM_BYTES)


def _why(reason: Any) -> str:
    """Why no connection came about, by its kind: the texts of some kinds repeat the host's name."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "has a certificate that is not trusted here"
    if isinstance(reason, TimeoutError):
        return "did not answer in time"
    if isinstance(reason, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(reason, socket.gaierror):
        return "has a name that is not known here"
    if isinstance(reason, (ConnectionError, http.client.HTTPException)):
        return f"broke the connection off ({type(reason).__name__})"
    return f"cannot be reached from here ({type(reason).__name__})"


def _chain_of(answer: Any) -> Told:
    result = answer.get("result") if isinstance(answer, dict) else None
    if isinstance(result, str):
        try:
            return Told(chain_id=str(int(result, 16)))
        except ValueError:
            pass
    return Told(trouble="does not tell its chain id when it is asked for it")
