# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine, as the lab uses it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import docker
import docker.errors
from docker.utils.socket import STDERR, STDOUT, frames_iter

from .errors import LabError
from .settings import LABEL

if TYPE_CHECKING:
    from docker.api.container import _RestartPolicy
    from docker.models.containers import Container
    from docker.models.networks import Network

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ALWAYS: _RestartPolicy = {"Name": "always"}
"""Restart policy: a container that ends by itself, as a rebooting host does, is started again."""

_LOCAL = threading.local()


def engine() -> docker.DockerClient:
    """Return this thread's client (a client's HTTP session is not made for several threads).

    Raises:
        LabError: no engine answers.
    """
    if not hasattr(_LOCAL, "client"):
        try:
            # Stopping a host waits for its systemd: longer than the SDK's usual patience.
            client = docker.from_env(timeout=120)
            client.ping()
        except docker.errors.DockerException as error:
            raise LabError(f"The Docker Engine does not answer: {error}.") from error
        _LOCAL.client = client
    client = _LOCAL.client
    assert isinstance(client, docker.DockerClient)
    return client


def container(name: str) -> Container | None:
    """Return a container by its exact name, or None."""
    try:
        return engine().containers.get(name)
    except docker.errors.NotFound:
        return None


def network(name: str) -> Network | None:
    """Return a network by its exact name, or None."""
    return next((found for found in engine().networks.list(names=[name]) if found.name == name), None)


def containers_of(lab: str, thing: str | None = None) -> list[Container]:
    """Return all containers of a lab, running or not; `thing` restricts to one label value."""
    labels = [f"{LABEL}={lab}"] + ([f"nodeops.thing={thing}"] if thing else [])
    return engine().containers.list(all=True, filters={"label": labels}, ignore_removed=True)


def remove_container(found: Container) -> None:
    """Remove a container with its anonymous volumes; one that is gone already is fine."""
    try:
        found.remove(force=True, v=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != 409:  # 409: its removal is already under way
            raise


def address_on(found: Container, network_name: str) -> str:
    """Return a container's IPv4 address on a network."""
    found.reload()
    return str(found.attrs["NetworkSettings"]["Networks"][network_name]["IPAddress"])


def enter(found: Container, command: list[str], text: str = "") -> str:
    """Run a command as root in a running container, with `text` as its input; return its output.

    The input passes through no file and no argument list.

    Raises:
        LabError: the container does not run, or the command failed; the message holds its errors.
    """
    api = engine().api
    try:
        # Named by its id: the same name may be another container's by now.
        made = api.exec_create(found.id, command, stdin=bool(text), user="root", environment={"PATH": PATH})
        output, errors = _exchange(api, made["Id"], text) if text else api.exec_start(made["Id"], demux=True)
        code = api.exec_inspect(made["Id"])["ExitCode"]
    except docker.errors.APIError as error:
        raise LabError(f"{command[0]} cannot run in {found.name}: {error.explanation or error}.") from error
    if code:
        raise LabError(f"{command[0]} in {found.name} failed with {code}: {(errors or b'').decode().strip()}")
    return (output or b"").decode()


def _exchange(api: docker.APIClient, execution: str, text: str) -> tuple[bytes, bytes]:
    """Start an execution, write its whole input, and return what it wrote to standard output and standard error."""
    # Untyped: the SDK hands out a reader around the socket; only the socket can write and say that no more comes.
    connection: Any = api.exec_start(execution, socket=True)
    try:
        raw = connection._sock
        raw.sendall(text.encode())
        raw.shutdown(socket.SHUT_WR)
        streams = {STDOUT: bytearray(), STDERR: bytearray()}
        for stream, block in frames_iter(connection, tty=False):
            streams[stream] += block
        return bytes(streams[STDOUT]), bytes(streams[STDERR])
    finally:
        connection.close()
