# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a node process, from the password file to the web server and back."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from . import defects, migrations, passwords
from .database import Database, Error, application_name
from .environment import EnvironmentConfiguration
from .errors import CommandError, StoppedError
from .health import HealthChecker
from .keystore import KeyStore
from .lease import LeaseLock
from .logs import Logger, Sink
from .peers import Peers
from .pool import Pools
from .settings import Settings
from .users import Users, initial_user
from .versions import Behaviour, Version
from .web import Application, MigrationServer, WebServer

_SIGNAL_NAMES = {signal.SIGTERM: "terminated", signal.SIGINT: "interrupt"}
_ENDED = 0
_PROTECTED_FILES = ("secret", "cookie", ".password", ".env", ".api")


class Configuration(Protocol):
    """Settings of either generation before they are judged."""

    def settings(self) -> Settings: ...

    def problems(self) -> str | None: ...

    def set_keystore_password(self, password: str) -> None: ...


@dataclass(frozen=True)
class StartOptions:
    """The files that ``start`` was given; empty means not given."""

    password_file: str = ""
    api_file: str = ""
    vrf_password_file: str = ""


class Node:
    """One process. ``run`` starts it, waits for a signal and stops it."""

    def __init__(
        self,
        version: Version,
        configuration: Configuration,
        options: StartOptions,
        environ: Mapping[str, str],
        sink: Sink,
    ) -> None:
        self._version = version
        self._behaviour = Behaviour.of(version)
        self._configuration = configuration
        self._options = options
        self._environ = environ
        self._log = Logger(sink)
        self._app_id = str(uuid.uuid4())
        self._stop = threading.Event()
        self._done = threading.Event()
        self._failure: CommandError | None = None
        self._defect = defects.defect_of(version)
        self._booting_since = time.monotonic()
        self._closers: list[Callable[[], None]] = []
        self._lease: LeaseLock | None = None
        self._serving = False

    def run(self) -> int:
        """Run until a signal or an error; the exit code. Raises CommandError with what ended the node."""
        if self._options.password_file:
            self._configuration.set_keystore_password(passwords.from_file(self._options.password_file))
        if self._options.vrf_password_file:
            passwords.from_file(self._options.vrf_password_file)
        # A signal arrives as a byte in a pipe. Python's own handler writes it, in whichever thread the kernel gave the
        # signal to: a handler of ours runs in this thread alone, which would sleep in its read for ever.
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        for handled in _SIGNAL_NAMES:
            signal.signal(handled, lambda _received, _frame: None)
        threading.Thread(target=self._work, args=(writer,), name="node", daemon=True).start()
        number = os.read(reader, 1)[0]
        if number != _ENDED:
            self._shut_down(_SIGNAL_NAMES[signal.Signals(number)])
        if self._failure is not None:
            raise self._failure
        return 0

    def _shut_down(self, name: str) -> None:
        self._log.info(f"Shutting down due to {name} signal received...")
        self._stop.set()
        began = time.monotonic()
        grace = self._configuration.settings().shutdown_grace_period
        if self._done.wait(grace):
            if self._serving:
                self._log.info(f"Graceful shutdown time: {time.monotonic() - began:.3f}s")
            return
        self._log.critical(f"Shutdown grace period of {grace:g}s exceeded, closing DB and exiting...")
        if self._lease:
            self._lease.release()
        os._exit(255)

    def _work(self, writer: int) -> None:
        try:
            self._live()
        except CommandError as error:
            self._failure = error
        except (StoppedError, Error) as error:
            self._failure = CommandError(str(error).strip())
        except Exception as error:
            self._failure = CommandError(f"panic: {type(error).__name__}: {error}", defects.PANIC_EXIT_CODE)
        finally:
            for close in reversed(self._closers):
                close()
            self._done.set()
            os.write(writer, bytes([_ENDED]))

    def _live(self) -> None:
        if self._behaviour.validates_before_lease:
            self._validate()
            self._announce()
        settings = self._configuration.settings()
        database = self._take_lease(settings)
        self._upgrade(database, settings)
        if self._defect == defects.NEVER_HEALTHY:
            with MigrationServer(settings.http_port, 503, self._log, status=503):
                self._stop.wait()
        self._wait_slowly()
        self._pause(database, "keystore")
        keystore = KeyStore(database, self._behaviour, self._log)
        keystore.unlock(settings.keystore_password)
        self._check_stopped()
        if not self._behaviour.validates_before_lease:
            self._validate()
            self._announce()
        secret = _cookie_secret(Path(settings.root_dir))
        keystore.ensure(tuple(chain.chain_id for chain in settings.chains if chain.auto_create_key))
        _restrict_files(Path(settings.root_dir), self._log)
        users = Users(database, settings.session_timeout)
        user = initial_user(users, self._options.api_file, self._log)
        self._log.named("RunNode").info(f"API exposed for user {user.email}")
        if not settings.http_port and not settings.https_port:
            raise CommandError("You must specify at least one port to listen on")
        pools = Pools(settings.chains, keystore.addresses, self._behaviour, self._log)
        pools.start()
        self._closers.append(pools.stop)
        checker = HealthChecker(database, self._behaviour, pools, self._log)
        checker.start()
        self._closers.append(checker.stop)
        peers = Peers(settings.p2p_listen, self._log)
        peers.start()
        self._closers.append(peers.stop)
        self._check_stopped()
        booted = time.monotonic() - self._booting_since
        self._log.named("RunNode").info(f"Chainlink booted in {booted:.2f}s", appID=self._app_id)
        application = Application(
            self._version, self._behaviour, settings, checker, pools, users, keystore, secret, self._log
        )
        if isinstance(self._configuration, EnvironmentConfiguration):
            application.dump = self._configuration.dump
        server = WebServer(application)
        server.start()
        self._serving = True
        self._stop.wait()
        server.stop()
        try:
            self._pause(database, "stop")
        except Error as error:
            self._log.warn("Database is away while stopping", err=str(error).strip())

    def _validate(self) -> None:
        problems = self._configuration.problems()
        if problems:
            raise CommandError(f"config validation failed: {problems}")

    def _announce(self) -> None:
        text = f"Starting Chainlink Node {self._version} at commit {self._version.commit}"
        self._log.named("RunNode").info(text, Version=str(self._version), SHA=self._version.commit)
        ensure_root(Path(self._configuration.settings().root_dir))

    def _take_lease(self, settings: Settings) -> Database:
        name = application_name(self._version, "App", self._app_id)
        database = Database(settings.database_url, name, settings.query_timeout)
        self._closers.append(database.close)
        if settings.locking_mode == "none":
            return database
        # A network that swallows packets must not keep the lease thread waiting longer than the lease lasts.
        lease_database = Database(settings.database_url, name, settings.lease_duration)

        def on_lost() -> None:
            database.close()
            os._exit(1)

        leaks = self._defect == defects.LEAKS_LEASE
        self._lease = LeaseLock(lease_database, self._app_id, settings, self._log, on_lost, leaks=leaks)
        try:
            self._lease.take(self._stop)
        except StoppedError as stopped:
            raise CommandError(f"opening db: {stopped}") from stopped
        self._closers.append(self._lease.release)
        return database

    def _upgrade(self, database: Database, settings: Settings) -> None:
        mode = self._behaviour.migration_server
        if mode == "always":
            with self._migration_server(settings):
                self._upgrade_schema(database, settings, self._backup)
        elif mode == "backup":

            def backup(settings: Settings) -> None:
                with self._migration_server(settings):
                    self._backup(settings)

            self._upgrade_schema(database, settings, backup)
        else:
            self._upgrade_schema(database, settings, self._backup)

    def _migration_server(self, settings: Settings) -> MigrationServer:
        return MigrationServer(settings.http_port, self._behaviour.migration_server_other_status, self._log)

    def _upgrade_schema(self, database: Database, settings: Settings, backup: Callable[[Settings], None]) -> None:
        found = migrations.database_version(database)
        migrations.guard(self._version, found, self._behaviour, self._environ)
        if found and found < self._version and settings.backup_mode != "none" and settings.backup_on_upgrade:
            self._log.info(
                f"Upgrade detected: application version {self._version} is newer than database version {found}, "
                "taking automatic DB backup."
            )
            self._check_postgres_client(database)
            backup(settings)
        if settings.migrate_on_startup:
            self._wait_slowly()
            self._pause(database, "migrate")
            migrations.migrate(database, self._behaviour, self._log)
        migrations.record_version(database, self._version, found)
        self._check_stopped()

    def _check_postgres_client(self, database: Database) -> None:
        """Refuse what the release's own pg_dump would: the one in this image is of another version."""
        with database.transaction() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::integer / 10000")
            server = int(cursor.fetchone()[0])
        client = self._behaviour.postgres_client
        if server > client:
            raise CommandError(
                f"pg_dump failed with output: pg_dump: error: server version: {server}; pg_dump version: {client}\n"
                "pg_dump: error: aborting because of server version mismatch"
            )

    def _wait_slowly(self) -> None:
        """Half of what a slow release takes longer: once while migrating, once with the port closed."""
        self._stop.wait(defects.slow_seconds(self._version) / 2)
        self._check_stopped()

    def _backup(self, settings: Settings) -> None:
        directory = Path(settings.backup_dir) / "backup"
        parts = urlsplit(settings.database_url)
        # pg_dump gets the password through its environment: arguments are readable by every process.
        url = settings.database_url.replace(f":{parts.password}@", "@", 1) if parts.password else settings.database_url
        environment = {**self._environ, "PGPASSWORD": unquote(parts.password or "")}
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = directory / f"cl_backup_{self._version}.dump"
            command = ["pg_dump", "--format=custom", f"--file={target}", url]
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            raise CommandError(f"pg_dump failed with output: {error.stderr.strip()}") from error
        except OSError as error:
            raise CommandError(f"database backup failed: {error}") from error

    def _pause(self, database: Database, phase: str) -> None:
        """A test's delay (table lab_stand_in_delays); a stop ends it, except in the phase that stops."""
        seconds = migrations.delay(database, phase)
        if phase == "stop":
            time.sleep(seconds)
        elif seconds:
            self._stop.wait(seconds)

    def _check_stopped(self) -> None:
        if self._stop.is_set():
            raise CommandError("context canceled")


def ensure_root(directory: Path) -> None:
    """Make RootDir and take all rights of others away. Raises CommandError where that is not allowed."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if directory.stat().st_mode & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise CommandError(f'failed to create root directory "{directory}": {error.strerror}') from error


def _cookie_secret(directory: Path) -> bytes:
    """The key of the session cookies, kept in RootDir so that a restart keeps the sessions."""
    path = directory / "secret"
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_hex(32).encode())
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"failed to generate session secret: open {path}: {error.strerror}") from error


def _restrict_files(directory: Path, log: Logger) -> None:
    for name in _PROTECTED_FILES:
        path = directory / name
        if path.exists() and path.stat().st_mode & 0o077:
            log.warn(f"{path} has overly permissive file permissions, reducing them")
            path.chmod(path.stat().st_mode & 0o700)
