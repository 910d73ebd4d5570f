# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the stand-in node image work with: a database each, and node processes."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
from ethereum_endpoint.control import parse
from ethereum_endpoint.server import Endpoint

IMAGE = Path(__file__).resolve().parents[2] / "images" / "node"
BINARIES = Path("/usr/lib/postgresql/15/bin")
ROLE = "chainlink"
DATABASE_PASSWORD = "canary-database-password"
KEYSTORE_PASSWORD = "canary-keystore-password"
API_EMAIL = "operator@example.invalid"
API_PASSWORD = "canary-api-password"
RPC_KEY = "canary-rpc-key-0001"
# Whatever a node prints, none of these may stand in it, but for the key in lines on RPC nodes, as officially.
CANARIES = (DATABASE_PASSWORD, KEYSTORE_PASSWORD, API_PASSWORD, RPC_KEY)
CHAIN = "11155111"
ON_ENDPOINTS = (f".EVM.{CHAIN}", "Failed to get balance")
TIMEOUT = 20.0


def free_port() -> int:
    """A port that nobody uses, below those that the kernel gives to connections: a node may open it much later."""
    while True:
        port = random.randrange(10000, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        return port


def wait_for(condition: Callable[[], Any], what: str, timeout: float = TIMEOUT) -> Any:
    """The first true value of ``condition``; fails the test after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {timeout:g} s")


BLOCK_SECONDS = 0.2


class Ethereum:
    """The lab's fake RPC endpoint, in a thread of the tests."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ethereum", daemon=True)
        self._thread.start()
        # A port of its own choice: after refusing it listens on the same one again.
        self._endpoint = Endpoint("127.0.0.1", free_port())
        self._run(self._endpoint.start())
        self._heads = asyncio.run_coroutine_threadsafe(self._endpoint.heads(), self._loop)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)

    def behave(self, mode: str = "well", chain: str = "*", **more: Any) -> None:
        """Be well, or broken in one way."""
        fault = {"mode": mode, **{key: more.pop(key) for key in ("transport", "chain_id") if key in more}}
        self._run(self._endpoint.apply(parse({"block_seconds": BLOCK_SECONDS, "faults": {chain: fault}, **more})))

    def url(self, scheme: str, chain: str = CHAIN, key: str = RPC_KEY) -> str:
        return f"{scheme}://127.0.0.1:{self._endpoint.port}/{chain}/{key}"

    def status(self) -> dict[str, Any]:
        return self._endpoint.status()

    def close(self) -> None:
        self.behave("refuse")  # ends the connections
        self._heads.cancel()
        self._run(asyncio.sleep(0.1))  # lets it end
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on a loopback port, reached as its superuser without a password."""

    port: int
    superuser: str

    def connect(self, database: str = "postgres") -> Any:
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=self.superuser, dbname=database)
        connection.autocommit = True
        return connection


@dataclass(frozen=True)
class NodeDatabase:
    """A database of one test, owned by the node's role."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{DATABASE_PASSWORD}@127.0.0.1:{self.server.port}/{self.name}?sslmode=disable"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser; its rows, if it has any."""
        connection = self.server.connect(self.name)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class NodeProcess:
    """A running ``chainlink`` and what it wrote."""

    process: subprocess.Popen[bytes]
    output: Path
    port: int
    root: Path

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def messages(self) -> list[str]:
        return [json.loads(line)["msg"] for line in self.text().splitlines() if line.startswith("{")]

    def says(self, part: str) -> bool:
        return part in self.text()

    def ask(
        self, path: str, method: str = "GET", document: Any = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """The answer on the node's port; None where nothing listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            body = None if document is None else json.dumps(document)
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()})
        except (ConnectionError, http.client.RemoteDisconnected):
            return None
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        answer = self.ask(path, headers=headers)
        assert answer is not None, f"port {self.port} is closed: {self.text()}"
        return answer

    def wait_active(self) -> NodeProcess:
        def active() -> bool:
            assert self.process.poll() is None, self.text()
            answer = self.ask("/readyz")
            return answer is not None and answer.status in (200, 503) and self.says("Chainlink booted")

        wait_for(active, "the node's web server")
        return self

    def wait_healthy(self) -> NodeProcess:
        """Wait until every check passes: the first heads have come."""
        self.wait_active()
        wait_for(lambda: '"failing"' not in self.get("/health").text, "all checks passing")
        return self

    def failing(self) -> dict[str, str]:
        """The failing checks and what they say."""
        checks = self.get("/health").json()["data"]
        return {
            check["id"]: check["attributes"]["output"] for check in checks if check["attributes"]["status"] == "failing"
        }

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of a metric that has these labels."""
        for line in self.get("/metrics").text.splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(f'{key}="{text}"' in series for key, text in labels.items()):
                return float(value)
        return None

    def wait_standby(self) -> NodeProcess:
        wait_for(lambda: self.says("Another application is currently holding the database lease"), "waiting")
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.exit_code()

    def exit_code(self) -> int:
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            # Python's fault handler then writes where every thread is: without that nobody learns what hung.
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(TIMEOUT)
            raise AssertionError(f"the node did not end within {TIMEOUT:g} s: {self.text()}") from None

    def login(self, password: str = API_PASSWORD) -> dict[str, str]:
        """The cookie header of a new session."""
        answer = self.ask("/sessions", "POST", {"email": API_EMAIL, "password": password})
        assert answer is not None
        assert answer.status == 200, answer.text
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


# Nothing listens there, and the refusal comes at once.
NOWHERE = f"127.0.0.1:1/{CHAIN}/{RPC_KEY}"


def toml_chain(ws_url: str = f"ws://{NOWHERE}", http_url: str = f"http://{NOWHERE}", more: str = "") -> str:
    return f"""
[[EVM]]
ChainID = '{CHAIN}'
{more}
[[EVM.Nodes]]
Name = 'primary'
WSURL = '{ws_url}'
HTTPURL = '{http_url}'
"""


def toml_config(root: Path, port: int, more: str = "", lease: str = "2s", chain: str | None = None) -> str:
    if chain is None:
        chain = toml_chain()
    return f"""
RootDir = '{root}'
{more}
[Log]
JSONConsole = true
[Log.File]
MaxSize = '0b'
[WebServer]
HTTPPort = {port}
[WebServer.TLS]
HTTPSPort = 0
[Database.Lock]
LeaseDuration = '{lease}'
LeaseRefreshInterval = '200ms'
{chain}"""


def toml_secrets(database: NodeDatabase) -> str:
    return f"[Database]\nURL = '{database.url}'\n"


@dataclass
class Workshop:
    """Makes the files of a node and starts programs; stops what it started and hunts the canaries."""

    directory: Path
    database: NodeDatabase
    ethereum: Ethereum
    started: list[NodeProcess] = field(default_factory=list)

    def file(self, name: str, text: str) -> Path:
        path = self.directory / f"{secrets.token_hex(4)}-{name}"
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, version: str, extra: dict[str, str] | None = None) -> dict[str, str]:
        return {
            "PATH": f"{BINARIES}:/usr/bin:/bin",
            "HOME": str(self.directory),
            "PYTHONFAULTHANDLER": "1",
            "PYTHONPATH": str(IMAGE),
            "CHAINLINK_STAND_IN_VERSION": version,
            "CHAINLINK_STAND_IN_HEALTH_SECONDS": "0.2",
            "CHAINLINK_STAND_IN_REDIAL_SECONDS": "0.05",
            **(extra or {}),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", "from chainlink_stand_in.cli import main_and_leave; main_and_leave()", *words]

    def call(self, version: str, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(version, env),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            cwd=self.directory,
        )

    def api_file(self, password: str = API_PASSWORD) -> Path:
        return self.file("api", f"{API_EMAIL}\n{password}\n")

    def password_file(self, password: str = KEYSTORE_PASSWORD) -> Path:
        return self.file("password", password + "\n")

    def toml_node(
        self,
        version: str = "2.46.0",
        *,
        config: str | None = None,
        keystore: str = KEYSTORE_PASSWORD,
        api: Path | None = None,
        env: dict[str, str] | None = None,
        **config_values: Any,
    ) -> NodeProcess:
        """Start a TOML node of 2.x (or of 1.13, whose flags are global)."""
        port = free_port()
        root = self.directory / f"root-{port}"
        config_values.setdefault("chain", self.chain())
        config_file = self.file("config.toml", config or toml_config(root, port, **config_values))
        flags = ["-config", str(config_file), "-secrets", str(self.file("secrets.toml", toml_secrets(self.database)))]
        start = ["start", "-p", str(self.password_file(keystore)), "-a", str(api or self.api_file())]
        words = [*flags, "node", *start] if version.startswith("1.") else ["node", *flags, *start]
        return self.start(version, words, port, root, env)

    def chain(self, more: str = "") -> str:
        """A chain with the test's own endpoint."""
        return toml_chain(self.ethereum.url("ws"), self.ethereum.url("http"), more)

    def environment_node(self, version: str = "1.12.0", **variables: str) -> NodeProcess:
        """Start a 1.x node that is configured by environment variables."""
        port = free_port()
        root = self.directory / f"root-{port}"
        env = {
            "ROOT": str(root),
            "CHAINLINK_PORT": str(port),
            "CHAINLINK_TLS_PORT": "0",
            "DATABASE_URL": self.database.url,
            "ETH_CHAIN_ID": CHAIN,
            "ETH_URL": self.ethereum.url("ws"),
            "ETH_HTTP_URL": self.ethereum.url("http"),
            "JSON_CONSOLE": "true",
            "LOG_FILE_MAX_SIZE": "0b",
            "DATABASE_LOCKING_MODE": "lease",
            "LEASE_LOCK_DURATION": "2s",
            "LEASE_LOCK_REFRESH_INTERVAL": "200ms",
            **variables,
        }
        words = ["local", "n", "-p", str(self.password_file()), "-a", str(self.api_file())]
        return self.start(version, words, port, root, env)

    def start(
        self, version: str, words: list[str], port: int, root: Path, env: dict[str, str] | None = None
    ) -> NodeProcess:
        output = self.directory / f"output-{len(self.started)}"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                self.command(*words),
                env=self.environment(version, env),
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
            )
        node = NodeProcess(process, output, port, root)
        self.started.append(node)
        return node

    def finish(self) -> None:
        for node in self.started:
            if node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.process.kill()
                node.process.wait()
        for node in self.started:
            lines = node.text().splitlines()
            text = "\n".join(line for line in lines if not any(words in line for words in ON_ENDPOINTS))
            for canary in CANARIES:
                assert canary not in text, f"{canary} in the output of the node: {text}"
