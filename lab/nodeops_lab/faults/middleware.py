# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's faults, in front of the application that answers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..api.access import gate, request, signature
from . import answers, clock
from .api import ApiKind, concerns
from .credentials import ExpireCredentials
from .registry import KINDS
from .store import Fault, Store

if TYPE_CHECKING:
    from ..api.settings import Settings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class FaultyApi:
    """Lets calls fail or wait as the faults in force say. The lab's own calls never do: it stays sane."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._store = Store(settings.state_directory)
        self._lab_key_id = settings.lab_access_key_id
        self._lock = threading.Lock()
        self._struck: dict[tuple[str, float], int] = {}
        """How many calls each fault with a count has struck."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one WSGI request."""
        present = self._store.faults()
        environ[gate.SKEWS] = clock.skews(present)
        faults = [fault for fault in present if _is_of_api(fault)]
        signed = signature.read(environ) if faults else None
        if signed is None or signed.key_id == self._lab_key_id:
            return self._application(environ, start_response)
        try:
            call = request.read(environ, signed.service, signed.region)
        except request.UnreadableRequestError:
            return self._application(environ, start_response)  # which refuses it
        for fault in faults:
            what = self._effect(fault, signed, call.operation)
            if what is not None:
                bodiless = environ.get("REQUEST_METHOD") == "HEAD"
                # A body left unread would be taken for the connection's next request.
                request.read_body(environ)
                family = gate.family_of(call, gate.family_of_envelope(environ, signed.service))
                status, headers, body = answers.answer(answers.error(what, family), family, bodiless=bodiless)
                start_response(status, headers)
                return [body]
        return self._application(environ, start_response)

    def _effect(self, fault: Fault, signed: signature.Signed, operation: str) -> str | None:
        """Let a fault have its effect on a call; return the error to answer, or None to go on."""
        if fault.kind == ExpireCredentials.name:
            return answers.EXPIRED if signed.key_id == fault.facts["key_id"] else None
        kind = KINDS[fault.kind]
        assert isinstance(kind, ApiKind)
        if not concerns(fault.arguments, signed.service, operation) or not self._strikes(fault):
            return None
        if kind.error is None:
            time.sleep(fault.arguments["seconds"])
        return kind.error

    def _strikes(self, fault: Fault) -> bool:
        if random.random() >= fault.arguments["probability"]:
            return False
        count = fault.arguments["count"]
        if count is None:
            return True
        key = (fault.fault_id, fault.since)
        with self._lock:
            struck = self._struck.get(key, 0)
            self._struck[key] = struck + 1
        return bool(struck < count)


def _is_of_api(fault: Fault) -> bool:
    return fault.kind == ExpireCredentials.name or isinstance(KINDS[fault.kind], ApiKind)
