# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL with TLS, as superuser "master"; the node's user is "chainlink"."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

BINARIES = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "canary-database-password"
TIMEOUT = 20.0


@dataclass(frozen=True)
class Server:
    """The server, and the certificate by which it is known."""

    port: int
    authority: Path

    def connect(self, database: str = "postgres") -> Any:
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="master", dbname=database)
        connection.autocommit = True
        return connection

    def run(self, *statements: str, database: str = "postgres") -> None:
        connection = self.connect(database)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()


@dataclass(frozen=True)
class Database:
    """A database of one test, owned by the node's user."""

    server: Server
    name: str

    def url(
        self, *, host: str = "localhost", password: str = PASSWORD, authority: Path | None = None, mode: str = ""
    ) -> str:
        """The URL that a node would have, or one of its faults."""
        return (
            f"postgresql://chainlink:{password}@{host}:{self.server.port}/{self.name}"
            f"?sslmode={mode or 'verify-full'}&sslrootcert={authority or self.server.authority}"
        )

    def run(self, *statements: str) -> None:
        self.server.run(*statements, database=self.name)


def _certificate(directory: Path) -> Path:
    """A certificate for the name localhost, signed by itself; its key lies beside it."""
    certificate = directory / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", str(directory / "key.pem"), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (directory / "key.pem").chmod(0o600)
    return certificate


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """It refuses to run as root, so root hands it to another user, in a directory that pytest does not close to it."""
    if not (BINARIES / "initdb").exists():
        raise RuntimeError(f"{BINARIES}/initdb is missing: install the package postgresql-15")
    directory = Path(tempfile.mkdtemp(prefix="nodeops-database-tests-"))
    certificate = _certificate(directory)
    prefix: list[str] = []
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        for path in (directory, *directory.iterdir()):
            shutil.chown(path, account.pw_uid, account.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = directory / "data"
    subprocess.run(
        [*prefix, BINARIES / "initdb", f"--pgdata={data}", "--username=master", "--auth=trust", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=directory,
    )
    (data / "pg_hba.conf").write_text(
        "host all master 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n", encoding="ascii"
    )
    settings = {
        "ssl": "on",
        "ssl_cert_file": certificate,
        "ssl_key_file": directory / "key.pem",
        "fsync": "off",
        "max_connections": 100,
    }
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*prefix, BINARIES / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", *options],
            stdout=log,
            stderr=log,
            cwd=directory,
        )
    running = Server(port, certificate)
    try:
        _wait_for(running, process, directory / "log")
        running.run(f"CREATE ROLE chainlink LOGIN PASSWORD '{PASSWORD}'", "CREATE ROLE other")
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT)
        shutil.rmtree(directory)


def _wait_for(running: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with contextlib.suppress(psycopg2.OperationalError):
            running.connect().close()
            return
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL did not answer: {log.read_text(encoding='utf-8')}")


_numbers = itertools.count()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    name = f"node_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name} OWNER chainlink")
    yield Database(server, name)
    server.run(
        f"DROP DATABASE {name} WITH (FORCE)",
        "ALTER ROLE chainlink LOGIN CONNECTION LIMIT -1",
        "ALTER ROLE chainlink RESET ALL",
        "REVOKE other FROM chainlink",
    )
