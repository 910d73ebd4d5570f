# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL and real node processes for the tests of the stand-in node image."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

_IMAGES = Path(__file__).resolve().parents[2] / "images"
sys.path[:0] = [str(Path(__file__).parent), str(_IMAGES / "node"), str(_IMAGES / "ethereum")]

from node_workshop import (  # noqa: E402 - found through the line above
    BINARIES,
    DATABASE_PASSWORD,
    ROLE,
    TIMEOUT,
    Ethereum,
    NodeDatabase,
    Server,
    Workshop,
    free_port,
    wait_for,
)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """PostgreSQL in a temporary directory; it refuses to run as root, so root hands it to another user.

    Not below pytest's own directory: every other pytest of the user closes that to other users again.
    """
    if not (BINARIES / "initdb").exists():
        raise RuntimeError(f"{BINARIES}/initdb is missing: install the package postgresql-15")
    directory = Path(tempfile.mkdtemp(prefix="nodeops-node-tests-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        shutil.chown(directory, account.pw_uid, account.pw_gid)
    data, port, superuser = directory / "data", free_port(), "lab_superuser"
    subprocess.run(
        [
            *prefix,
            str(BINARIES / "initdb"),
            f"--pgdata={data}",
            f"--username={superuser}",
            "--auth=scram-sha-256",
            "--auth-host=trust",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=directory,
    )
    # Roles other than the superuser must give their password, or a wrong one would go unnoticed.
    (data / "pg_hba.conf").write_text(
        f"host all {superuser} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n", encoding="ascii"
    )
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off", "-c", "max_connections=50"]
    process = subprocess.Popen(
        [*prefix, str(BINARIES / "postgres"), "-D", str(data), *options],
        stdout=subprocess.DEVNULL,
        stderr=(directory / "log").open("wb"),
        cwd=directory,
    )
    running = Server(port, superuser)

    def answers() -> bool:
        assert process.poll() is None, (directory / "log").read_text(encoding="utf-8")
        with contextlib.suppress(psycopg2.OperationalError):
            running.connect().close()
            return True
        return False

    wait_for(answers, "PostgreSQL's first answer")
    connection = running.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD %s", (DATABASE_PASSWORD,))
    connection.close()
    yield running
    process.send_signal(signal.SIGINT)
    process.wait(TIMEOUT)
    shutil.rmtree(directory)


_numbers = itertools.count()


@pytest.fixture
def database(server: Server) -> Iterator[NodeDatabase]:
    name = f"node_{next(_numbers)}"
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
    connection.close()
    yield NodeDatabase(server, name)
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(scope="session")
def _endpoint() -> Iterator[Ethereum]:
    running = Ethereum()
    yield running
    running.close()


@pytest.fixture
def ethereum(_endpoint: Ethereum) -> Iterator[Ethereum]:
    """The RPC endpoint of the workshop's nodes; well again after each test."""
    _endpoint.behave()
    yield _endpoint
    _endpoint.behave()


@pytest.fixture
def workshop(tmp_path: Path, database: NodeDatabase, ethereum: Ethereum) -> Iterator[Workshop]:
    shop = Workshop(tmp_path, database, ethereum)
    yield shop
    shop.finish()
