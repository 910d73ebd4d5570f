# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at one node host: Docker Engine, the node's port and the database's lease. Decides nothing."""

from __future__ import annotations

import datetime
import http.client
import json
import re
import socket
import time
from typing import Any
from urllib.parse import quote, urlsplit

from .._database import query
from .._node import files
from .._node.render import ALL_FILES, database_url
from .observations import Container, HttpAnswer, Observation

DOCKER_SOCKET = "/var/run/docker.sock"
HTTP_TIMEOUT_SECONDS = 5.0
DOCKER_TIMEOUT_SECONDS = 10.0
#: More than any health answer; a port that something else listens on must not fill the memory.
MAXIMUM_BODY_BYTES = 4 * 1024 * 1024


class ProbeError(Exception):
    """Docker Engine could not be asked."""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._seconds = timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)


def observe(
    url: str, container: str, directory: str, docker_socket: str = DOCKER_SOCKET, known_database_url: str = ""
) -> Observation:
    """One look at this host.

    url: base URL of the node (http://127.0.0.1:6688). container: its name. directory: where the rendered files are,
    of which the database's URL is read, unless it is known. Never raises for what it finds; every failure becomes
    part of the answer.
    """
    found, container_error = None, ""
    try:
        found = inspect_container(docker_socket, container)
    except ProbeError as error:
        container_error = str(error)
    health = get(url, "/health")
    ready = get(url, "/readyz") if health.status is not None else health
    lease, facts, address, lease_error = None, None, None, ""
    try:
        database = known_database_url or database_url(files.read(directory, ALL_FILES))
        address = query.address(database)
        if health.closed:
            facts = query.look(database)
        lease = facts.lease if facts else query.lease(database)
    except (query.DatabaseError, ValueError) as error:
        lease_error = str(error)
    except OSError as error:
        lease_error = f"{error.filename}: {error.strerror}"
    return Observation(found, health, ready, lease, container_error, lease_error, facts, address)


def get(url: str, path: str, timeout: float = HTTP_TIMEOUT_SECONDS) -> HttpAnswer:
    """One GET, without an Accept header: the node then answers with JSON."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(MAXIMUM_BODY_BYTES).decode("utf-8", errors="replace")
        return HttpAnswer(answer.status, body)
    except ConnectionRefusedError:
        return HttpAnswer()
    except (OSError, http.client.HTTPException) as error:
        # Docker's port proxy accepts a connection although nobody listens behind it, and closes it at once.
        if isinstance(error, (ConnectionResetError, http.client.RemoteDisconnected)):
            return HttpAnswer()
        return HttpAnswer(error=f"{url} does not answer ({type(error).__name__})")
    finally:
        connection.close()


def inspect_container(docker_socket: str, name: str) -> Container | None:
    """The container of a name, or None; raises ProbeError where Docker Engine does not answer."""
    connection = _UnixConnection(docker_socket, DOCKER_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/containers/{quote(name, safe='')}/json")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise ProbeError(f"Docker Engine answered HTTP status {answer.status}")
        return parse_container(json.loads(body), time.time())
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise ProbeError(f"Docker Engine does not answer at {docker_socket} ({type(error).__name__})") from error
    finally:
        connection.close()


def parse_container(document: dict[str, Any], now: float) -> Container:
    """The container that an answer of Docker's API describes; now in seconds since 1970."""
    state = document["State"]
    # RFC 3339 with nanoseconds and Z; the year is 0001 where the container was never started.
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)", state["StartedAt"])
    started = None
    if match and match.group(1) != "0001":
        numbers = [int(number) for number in match.groups()]
        moment = datetime.datetime(*numbers, tzinfo=datetime.timezone.utc)  # type: ignore[arg-type, misc]
        started = moment.timestamp()
    return Container(
        status=str(state["Status"]),
        image=str(document["Config"]["Image"]),
        exit_code=int(state["ExitCode"]),
        age=0.0 if started is None else max(0.0, now - started),
        started=started,
    )
