# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve moto's application on several addresses, with one set of backends behind all of them."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from ..faults.middleware import FaultyApi
from . import patches
from .backends import LOCK
from .chores import Chores
from .errors import NotEmulatedError
from .reconcile import GroupKeeper

if TYPE_CHECKING:
    from .access.gate import Gate
    from .settings import Settings

LOGGER = logging.getLogger(__name__)
REST_XML_SERVICES = frozenset({"cloudfront", "ec2", "route53", "s3"})
FORM = "application/x-www-form-urlencoded"

StartResponse = Callable[..., Any]


class QuietRequestHandler(MotoRequestHandler):
    """Moto's request handler without a line per request: request lines hold names that nobody asked to log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class Application:
    """Moto's application, one request at a time, answering failures of the emulation as AWS words its own.

    Moto's backends are plain Python objects without locks. One lock around every request, which the reconciling
    threads take as well, makes each request see and leave a consistent region.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._gate = gate

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request."""
        operation = operation_name(environ)
        with LOCK:
            try:
                return self._answer(environ, start_response)
            except Exception as error:
                # Only the frames, not the message: moto quotes request values in some of its messages.
                frames = "".join(traceback.format_tb(error.__traceback__)[-4:])
                LOGGER.error("%s failed with %s\n%s", operation, type(error).__name__, frames)
                return failure(environ, start_response, operation, error)

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        if self._gate is None:
            return list(self._dispatcher(environ, start_response))
        admission = self._gate.admit(environ)
        if admission.refusal is not None:
            status, headers, body = admission.refusal
            start_response(f"{status} {HTTPStatus(status).phrase}", headers)
            self._gate.answered(admission, status, body)
            return [body]
        answered = 500

        def start(status: str, *arguments: Any) -> Any:
            nonlocal answered
            answered = int(status.split()[0])
            return start_response(status, *arguments)

        try:
            parts = list(self._dispatcher(environ, start))
        except Exception:
            self._gate.answered(admission, 500, b"")
            raise
        self._gate.answered(admission, answered, parts[0] if parts else b"")
        return parts


def operation_name(environ: dict[str, Any]) -> str:
    """Return which operation a request asks for, leaving the request readable.

    The JSON protocols name it in a header, the query protocols in the body's ``Action``, the REST protocols by
    method and path.
    """
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target)
    if str(environ.get("CONTENT_TYPE", "")).startswith(FORM):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = parse_qs(body.decode("utf-8", "replace")).get("Action")
        if action:
            return action[0]
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"


def speaks_json(environ: dict[str, Any]) -> bool:
    """Return whether a request is answered in JSON: by the JSON protocols, and by REST but for the oldest services."""
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if "HTTP_X_AMZ_TARGET" in environ or "json" in content_type:
        return True
    scope = re.search(r"Credential=[^,]*/([a-z0-9-]+)/aws4_request", str(environ.get("HTTP_AUTHORIZATION", "")))
    return scope is not None and not content_type.startswith(FORM) and scope[1] not in REST_XML_SERVICES


def failure(
    environ: dict[str, Any], start_response: StartResponse, operation: str, error: Exception
) -> Iterable[bytes]:
    """Answer a request whose emulation is missing or broken, in the protocol of the request.

    A missing operation answers 501, which clients do not retry; anything else 500 (AWS: ``InternalFailure``).
    """
    if isinstance(error, NotEmulatedError):
        status, code, message = "501 Not Implemented", "NotImplemented", f"the lab does not emulate {error}"
    elif isinstance(error, NotImplementedError):
        status, code, message = "501 Not Implemented", "NotImplemented", f"the lab does not emulate {operation}"
    else:
        status, code = "500 Internal Server Error", "InternalFailure"
        message = f"the lab's emulation of {operation} failed with {type(error).__name__}; the lab's log has the frames"
    if speaks_json(environ):
        content_type = "application/x-amz-json-1.1"
        body = json.dumps({"__type": code, "message": message})
    else:
        content_type = "text/xml"
        detail = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = (
            f"<Response><Errors>{detail}</Errors><RequestID>lab</RequestID></Response>"
            if "/ec2/aws4_request" in str(environ.get("HTTP_AUTHORIZATION", ""))
            else f"<ErrorResponse>{detail}<RequestId>lab</RequestId></ErrorResponse>"
        )
    payload = body.encode()
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(payload)))])
    return [payload]


class ApiServer:
    """The emulated API on a list of ``(address, port)`` listeners; port 0 takes a free one.

    Moto's state belongs to the process, so a process can serve one lab; several servers in one process share it.
    """

    def __init__(
        self,
        listeners: list[tuple[str, int]],
        settings: Settings,
        without: frozenset[str] = frozenset(),
        gate: Gate | None = None,
    ) -> None:
        """Prepare the server.

        Args:
            listeners: the addresses and ports to listen on.
            settings: the lab's.
            without: names of patches to leave out, for testing that each is needed.
            gate: judges every request by IAM's policies; without one, everybody may do anything.
        """
        self._requested = list(listeners)
        self._gate = gate
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self._settings = settings
        self._keeper = GroupKeeper(settings)
        self._chores = Chores(settings)
        patches.install(settings, without)

    @property
    def listeners(self) -> list[tuple[str, int]]:
        """The addresses and ports in use; empty unless started."""
        return [(server.host, server.port) for server in self._servers]

    def start(self) -> None:
        """Bind every listener and serve.

        Raises:
            OSError: an address cannot be bound; nothing is served then.
        """
        # Werkzeug's own logger tells of every start and request.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        application = FaultyApi(Application(self._gate), self._settings)
        try:
            for address, port in self._requested:
                self._servers.append(
                    make_server(address, port, application, threaded=True, request_handler=QuietRequestHandler)
                )
        except (OSError, SystemExit) as error:
            # Werkzeug prints its advice and exits when the port is taken; a library must raise instead.
            self._close()
            raise OSError(f"cannot listen on {address}:{port}") from error
        for server in self._servers:
            thread = threading.Thread(target=server.serve_forever, name=f"api-{server.host}:{server.port}")
            thread.start()
            self._threads.append(thread)
        self._keeper.start()
        self._chores.start()

    def stop(self) -> None:
        """Stop serving; the region's state stays."""
        self._chores.stop()
        self._keeper.stop()
        for server in self._servers:
            server.shutdown()
        for thread in self._threads:
            thread.join()
        self._close()

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()
        self._servers.clear()
        self._threads.clear()
