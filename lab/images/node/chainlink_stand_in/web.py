# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Port 6688: the tiny server of the migration phase and the web server of an active node."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import health, key_routes, metrics, toml_text
from .database import Error
from .health import HealthChecker
from .keystore import KeyStore
from .logs import Logger
from .pool import Pools
from .settings import RateLimit, Settings
from .users import ROLES, User, UserError, Users, check_email, check_password
from .versions import Behaviour, Version

JSON_API = "application/vnd.api+json"
COOKIE = "clsession"
_COOKIE_SECONDS = 30 * 24 * 3600
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Operator UI | Chainlink</title></head>
<body><div id="root">Chainlink {version} (nodeops.chainlink lab stand-in)</div></body></html>
"""
_UNAUTHORIZED = {"errors": [{"detail": "Unauthorized"}]}


class Limiter:
    """A fixed window of requests per client and period."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._windows: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def allows(self, client: str) -> bool:
        now = time.monotonic()
        with self._lock:
            ends, count = self._windows.get(client, (0.0, 0))
            if now >= ends:
                ends, count = now + self._limit.period, 0
            self._windows[client] = (ends, count + 1)
        return count < self._limit.count


@dataclass
class Application:
    """What the web server serves."""

    version: Version
    behaviour: Behaviour
    settings: Settings
    checker: HealthChecker
    pools: Pools
    users: Users
    keystore: KeyStore
    cookie_secret: bytes = field(repr=False)
    log: Logger
    dump: Callable[[], dict[str, Any]] | None = None
    """The equivalent TOML of a node that is configured by environment variables."""
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.authenticated = Limiter(self.settings.authenticated_limit)
        self.unauthenticated = Limiter(self.settings.unauthenticated_limit)

    def sign(self, session: str) -> str:
        return session + "." + hmac.new(self.cookie_secret, session.encode(), hashlib.sha256).hexdigest()

    def unsign(self, cookie: str) -> str | None:
        session = cookie.partition(".")[0]
        return session if hmac.compare_digest(self.sign(session).encode(), cookie.encode()) else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    application: Application

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to Go's server, and nothing that the node logs."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _QuietHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_arguments: Any) -> None:
        """Requests are not logged: the node logs them at debug level only."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Go's server gives a date and does not name itself."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())


class _Handler(_QuietHandler):
    server: _Server

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PATCH(self) -> None:
        self._handle("PATCH")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        app = self.server.application
        path = urlsplit(self.path)
        name = path.path.rstrip("/") or "/"
        route = _ROUTES.get((method, name))
        if name.startswith(key_routes.PREFIX):
            route = _with_user(lambda request, user: key_routes.serve(request, user, method, name))
        limiter = app.unauthenticated if (method, path.path) == ("POST", "/sessions") else app.authenticated
        # The body is read first: a keep-alive connection would take it for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not limiter.allows(self.client_address[0]):
            self._send(429, "Too many requests", "text/plain; charset=utf-8")
        elif route is None:
            self._json(404, {"errors": [{"detail": "404 page not found"}]})
        else:
            request = Request(app, self, parse_qs(path.query, keep_blank_values=True), body)
            try:
                route(request)
            except Error as error:
                app.log.error("Failed to serve request", path=path.path, err=str(error).strip())
                self._json(500, {"errors": [{"detail": "internal server error"}]})

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value), JSON_API, headers)

    def _send(self, status: int, text: str, content_type: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        origin = self.headers.get("Origin")
        allowed = self.server.application.settings.allow_origins
        if origin and (allowed == "*" or origin in allowed.split(",")):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Request:
    """One request on its way to a route."""

    app: Application
    handler: _Handler
    query: dict[str, list[str]]
    body: bytes = field(repr=False)

    def json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.handler._json(status, value, headers)

    def text(self, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> None:
        self.handler._send(status, text, content_type)

    def error(self, status: int, detail: str) -> None:
        self.json(status, {"errors": [{"detail": detail}]})

    def document(self) -> dict[str, Any]:
        """The JSON object of the body; anything else counts as empty."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def session(self) -> str | None:
        try:
            cookies = SimpleCookie(self.handler.headers.get("Cookie", ""))
        except CookieError:
            return None
        return self.app.unsign(cookies[COOKIE].value) if COOKIE in cookies else None

    def user(self) -> User | None:
        session = self.session()
        return self.app.users.session_user(session) if session else None


def _accepted(header: str) -> str:
    """The first type of an Accept header that /health offers: json, html or text."""
    kinds = {"application/json": "json", JSON_API: "json", "text/html": "html", "text/plain": "text", "*/*": "json"}
    for part in header.split(","):
        kind = kinds.get(part.partition(";")[0].strip())
        if kind:
            return kind
    return "json"


def _health(request: Request, form: str | None = None) -> None:
    behaviour = request.app.behaviour
    checks = request.app.checker.checks()
    failing = [check for check in checks if not check.passing]
    status = behaviour.failing_health_status if failing else 200
    if "failing" in request.query and behaviour.health_failing_query:
        checks = failing
    if not behaviour.health_by_accept:
        form = "json"
    form = form or _accepted(request.handler.headers.get("Accept", ""))
    if form == "json":
        request.json(status, {"data": [health.resource(check) for check in checks]})
    elif form == "text":
        request.text(status, health.as_text(checks))
    else:
        rows = "".join(f"<details open><summary>{check.name}</summary></details>" for check in checks)
        request.text(status, f"<!doctype html><html><body>{rows}</body></html>", "text/html; charset=utf-8")


def _health_text(request: Request) -> None:
    if request.app.behaviour.health_by_accept:
        _health(request, "text")
    else:
        request.error(404, "404 page not found")


def _ready(request: Request) -> None:
    checks = request.app.checker.checks()
    if "full" in request.query:
        # The official code sets 503 and then overwrites it.
        request.json(200, {"data": [health.resource(check) for check in checks]})
    else:
        request.text(200 if all(check.ready for check in checks) else 503, "")


def _metrics(request: Request) -> None:
    app = request.app
    token = app.settings.prometheus_token
    given = request.handler.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        request.json(401, _UNAUTHORIZED)
        return
    snapshot = metrics.Snapshot(
        version=app.version,
        behaviour=app.behaviour,
        checks=app.checker.checks(),
        pools=app.pools.by_chain,
        log_counts=app.log.sink.counts,
        maximum_connections=app.settings.maximum_connections,
        uptime=time.monotonic() - app.started,
    )
    request.text(200, metrics.render(snapshot), "text/plain; version=0.0.4; charset=utf-8")


def _page(request: Request) -> None:
    request.text(200, _PAGE.format(version=request.app.version), "text/html; charset=utf-8")


def _login(request: Request) -> None:
    document = request.document()
    email, password = document.get("email"), document.get("password")
    users = request.app.users
    if not (isinstance(email, str) and isinstance(password, str) and users.password_matches(email, password)):
        request.json(401, _UNAUTHORIZED)
        return
    cookie = f"{COOKIE}={request.app.sign(users.open_session(email))}; Path=/; Max-Age={_COOKIE_SECONDS}; HttpOnly"
    if request.app.settings.secure_cookies:
        cookie += "; Secure"
    attributes = {"authenticated": True}
    data = {"data": {"type": "session", "id": "sessionID", "attributes": attributes}}
    request.json(200, data, {"Set-Cookie": cookie + "; SameSite=Strict"})


def _logout(request: Request) -> None:
    session = request.session()
    if session:
        request.app.users.close_session(session)
    request.json(200, {"data": {"type": "session", "id": "sessionID", "attributes": {"authenticated": False}}})


def _with_user(route: Callable[[Request, User], None]) -> Callable[[Request], None]:
    """Let only a logged-in user through."""

    def guarded(request: Request) -> None:
        user = request.user()
        if user is None:
            request.json(401, _UNAUTHORIZED)
        else:
            route(request, user)

    return guarded


def _ping(request: Request, _user: User) -> None:
    request.text(200, json.dumps({"message": "pong"}), "application/json; charset=utf-8")


def _build_info(request: Request, _user: User) -> None:
    version = request.app.version
    info = {"version": str(version), "versionTag": str(version), "commitSHA": version.commit}
    request.text(200, json.dumps(info), "application/json; charset=utf-8")


def _user_resource(user: User) -> dict[str, Any]:
    attributes = {"email": user.email, "role": user.role}
    for key, moment in (("createdAt", user.created_at), ("updatedAt", user.updated_at)):
        if moment is not None:
            attributes[key] = moment.isoformat()
    return {"type": "users", "id": user.email, "attributes": attributes}


def _change_password(request: Request, user: User) -> None:
    document = request.document()
    old, new = document.get("oldPassword"), document.get("newPassword")
    if not (isinstance(old, str) and isinstance(new, str)):
        request.error(422, "oldPassword and newPassword are required")
    elif not request.app.users.password_matches(user.email, old):
        request.error(409, "old password does not match")
    else:
        try:
            check_password(new, user.email)
        except UserError as error:
            request.error(422, str(error))
            return
        request.app.users.set_password(user.email, new)
        request.json(200, {"data": _user_resource(user)})


def _list_users(request: Request, user: User) -> None:
    if user.role != "admin":
        request.json(401, _UNAUTHORIZED)
    else:
        request.json(200, {"data": [_user_resource(known) for known in request.app.users.all()]})


def _create_user(request: Request, user: User) -> None:
    document = request.document()
    email, password, role = (str(document.get(key) or "") for key in ("email", "password", "role"))
    if user.role != "admin":
        request.json(401, _UNAUTHORIZED)
        return
    try:
        check_email(email)
        check_password(password, email)
        if role not in ROLES:
            raise UserError(f"errParseRole: invalid role, must be one of {', '.join(ROLES)}")
        created = request.app.users.create(email, password, role)
    except UserError as error:
        request.error(400, str(error))
        return
    request.json(200, {"data": _user_resource(created)})


def _dump(request: Request, _user: User) -> None:
    """What ``config dump`` of 1.x asks for."""
    if not request.app.behaviour.config_dump or request.app.dump is None:
        request.error(404, "404 page not found")
    else:
        attributes = {"config": toml_text.dumps(request.app.dump())}
        data = {"type": "configV2Resources", "id": secrets.token_hex(32), "attributes": attributes}
        request.json(200, {"data": data})


_ROUTES: dict[tuple[str, str], Callable[[Request], None]] = {
    ("GET", "/"): _page,
    ("GET", "/health"): _health,
    ("GET", "/health.txt"): _health_text,
    ("GET", "/readyz"): _ready,
    ("GET", "/metrics"): _metrics,
    ("POST", "/sessions"): _login,
    ("DELETE", "/sessions"): _logout,
    ("GET", "/v2/ping"): _with_user(_ping),
    ("GET", "/v2/build_info"): _with_user(_build_info),
    ("PATCH", "/v2/user/password"): _with_user(_change_password),
    ("GET", "/v2/users"): _with_user(_list_users),
    ("POST", "/v2/users"): _with_user(_create_user),
    ("GET", "/v2/config/dump-v1-as-v2"): _with_user(_dump),
}


class WebServer:
    """The HTTP and HTTPS listeners of an active node; a port that cannot be had is tried again, as in the node."""

    def __init__(self, application: Application) -> None:
        self._app = application
        self._log = application.log
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        settings = self._app.settings
        if settings.http_port:
            self._launch("HTTP", settings.http_port, None)
        if settings.https_port:
            self._launch("HTTPS", settings.https_port, (settings.tls_certificate, settings.tls_key))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _launch(self, scheme: str, port: int, files: tuple[str, str] | None) -> None:
        thread = threading.Thread(target=self._keep_trying, args=(scheme, port, files), name=scheme, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_trying(self, scheme: str, port: int, files: tuple[str, str] | None) -> None:
        while not self._stop.is_set():
            try:
                self._serve(scheme, port, files)
            except OSError as error:  # ssl.SSLError is one
                kind = "plaintext HTTP" if files is None else "TLS"
                hint = (
                    " (NOTE: you can disable TLS server completely and silence these errors by setting "
                    "WebServer.TLS.HTTPSPort=0 in your config)"
                )
                self._log.critical(
                    f"Error starting server: failed to run {kind} server{'' if files is None else hint}: {error}"
                )
            self._stop.wait(self._app.settings.start_timeout)

    def _serve(self, scheme: str, port: int, files: tuple[str, str] | None) -> None:
        context = None
        if files is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files[0] or "(no WebServer.TLS.CertPath)", files[1] or None)
        address = self._app.settings.listen_ip
        with _Server((address, port), _Handler) as server:
            server.application = self._app
            if context:
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            self._log.info(f"Listening and serving {scheme} on {address}:{port}", ip=address, port=port)
            loop = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            loop.start()
            self._stop.wait()
            server.shutdown()
            loop.join()


class MigrationServer:
    """The server of the version check, backup and migration phase: /health answers an empty 204.

    A release that never becomes healthy answers another ``status`` for ever.
    """

    def __init__(self, port: int, other_status: int, log: Logger, status: int = 204) -> None:
        self._port = port
        self._status = status
        self._other_status = other_status
        self._log = log
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> MigrationServer:
        status, other_status = self._status, self._other_status

        class Handler(_QuietHandler):
            protocol_version = "HTTP/1.0"  # a connection kept open would outlive the phase

            def do_GET(self) -> None:
                self.send_response(status if urlsplit(self.path).path == "/health" else other_status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        try:
            self._server = ThreadingHTTPServer(("", self._port), Handler)
        except OSError as error:
            self._log.error(f"failed to start health report server: {error}")
            return self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
