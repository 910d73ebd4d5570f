# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the throw-away node's container on this host, waits until it answers, and removes everything of it."""

from __future__ import annotations

import collections
import contextlib
import http.client
import os
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from .._node import container, files, validation
from .._node.render import render
from .._node.settings import DATABASE_CA_FILE, NodeSettings

#: In memory, as everything under /run.
DIRECTORY = "/run/chainlink-escrow"
DOCKER_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_LINES_KEPT = 200
_LINES_TOLD = 5


class RunnerError(Exception):
    """The throw-away node does not run; the message holds no secret."""


@dataclass
class Running:
    """A container in the foreground, and the last that it wrote."""

    process: subprocess.Popen[str]
    lines: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=_LINES_KEPT), repr=False)

    def read(self, stream: IO[str]) -> None:
        for line in stream:
            self.lines.append(line.rstrip("\n"))


@contextlib.contextmanager
def node(settings: NodeSettings, directory: str, seconds: float) -> Iterator[str]:
    """A node with some settings, as the base URL at which this host reaches it; gone afterwards. Raises RunnerError."""
    place = files.Place(directory, container.USER_ID, container.GROUP_ID)
    files.apply(files.plan(place, render(settings)))
    running = _start(container.escrow_arguments(settings.release, directory, DATABASE_CA_FILE))
    try:
        yield _wait(running, time.monotonic() + seconds, validation.sensitive(settings))
    finally:
        # First the program, which could still be asking for the container.
        running.process.kill()
        running.process.wait(DOCKER_SECONDS)
        remove(directory)


def left(directory: str) -> list[str]:
    """What an export that was killed has left on this host; raises RunnerError."""
    found = [directory] if os.path.lexists(directory) else []
    return found + ([f"container {container.ESCROW_NAME}"] if _container_id() else [])


def remove(directory: str) -> None:
    """Remove files and container, if they are there; first the files, which are secret. Raises RunnerError."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(directory).st_mode):
            os.chmod(directory, 0o700)
        shutil.rmtree(directory)
    # The engine removes a container that has ended by itself, and refuses to do it twice.
    deadline = time.monotonic() + DOCKER_SECONDS
    while found := _container_id():
        done = _run("container", "rm", "--force", "--volumes", found)
        if done.returncode != 0 and time.monotonic() > deadline:
            raise RunnerError(f"docker container rm failed: {done.stderr.strip()}")


def _start(vector: list[str]) -> Running:
    try:
        process = subprocess.Popen(
            vector,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise RunnerError(f"docker run did not run ({type(error).__name__})") from error
    running = Running(process)
    assert process.stdout is not None
    threading.Thread(target=running.read, args=(process.stdout,), daemon=True).start()
    return running


def _wait(running: Running, deadline: float, hidden: list[str]) -> str:
    """The base URL of the node once it serves."""
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            raise RunnerError(f"the throw-away node ended while it started: {_last_words(running, hidden)}")
        address = _address()
        if address and _serves(address):
            return f"http://{address}:{container.PORT}"
        time.sleep(_PAUSE_SECONDS)
    raise RunnerError(f"the throw-away node does not serve yet: {_last_words(running, hidden)}")


def _serves(address: str) -> bool:
    """Whether the node's whole interface answers: during migrations there is another one, with an empty answer."""
    connection = http.client.HTTPConnection(address, container.PORT, timeout=DOCKER_SECONDS)
    try:
        connection.request("GET", "/v2/ping")
        return connection.getresponse().status == 401
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_words(running: Running, hidden: list[str]) -> str:
    said = validation.without_secrets("\n".join(running.lines), hidden)
    return "; ".join(said[-_LINES_TOLD:]) or "it said nothing"


def _address() -> str:
    """The container's address on this host; empty while it has none."""
    done = _run(
        "container",
        "inspect",
        "--format",
        "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
        container.ESCROW_NAME,
    )
    return (done.stdout.split() or [""])[0] if done.returncode == 0 else ""


def _container_id() -> str:
    done = _run("container", "ls", "--all", "--quiet", "--filter", f"name=^/{container.ESCROW_NAME}$")
    if done.returncode != 0:
        raise RunnerError(f"docker container ls failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["docker", *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=DOCKER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunnerError(f"docker {arguments[0]} {arguments[1]} did not run ({type(error).__name__})") from error
