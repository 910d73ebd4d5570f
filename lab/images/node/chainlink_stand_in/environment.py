# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The 1.x generation: settings from environment variables, and the names that 2.x refuses to see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import CommandError, joined
from .logs import LEVELS
from .passwords import database_url_problem
from .settings import LINK_CONTRACTS, Chain, Endpoint, RateLimit, Settings
from .units import duration, size

LEGACY_NAMES = tuple(
    line
    for line in (Path(__file__).parent / "legacy_variables.txt").read_text(encoding="ascii").splitlines()
    if line and not line.startswith("#")
)

LOCKING_MODES = ("none", "dual", "advisorylock", "lease")


def refuse_legacy(environ: Mapping[str, str]) -> None:
    """Refuse a TOML node that sees a variable of the 1.x generation, an empty one too.

    Raises CommandError.
    """
    found = [name for name in LEGACY_NAMES if name in environ]
    if found:
        problems = [f"environment variable {name} must not be set: unsupported with config v2" for name in found]
        raise CommandError("invalid environment: " + joined(problems))


class _Reader:
    """Typed access to the variables, collecting what cannot be read. Values stay out of the problems."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name) or default

    def _parsed(self, name: str, default: str, parser: Any, expected: str) -> Any:
        try:
            return parser(self.text(name, default))
        except ValueError:
            self.problems.append(f"Invalid value provided for {name}: must be {expected}")
            return parser(default)

    def switch(self, name: str, default: str) -> bool:
        def parser(text: str) -> bool:
            if text.lower() not in ("true", "false", "1", "0", "t", "f"):
                raise ValueError(text)
            return text.lower() in ("true", "1", "t")

        return bool(self._parsed(name, default, parser, "a boolean"))

    def whole(self, name: str, default: str) -> int:
        return int(self._parsed(name, default, int, "an integer"))

    def duration(self, name: str, default: str) -> float:
        return float(self._parsed(name, default, duration, "a duration"))

    def size(self, name: str, default: str) -> int:
        return int(self._parsed(name, default, size, "a file size"))


class EnvironmentConfiguration:
    """The configuration of a 1.x node that was given no TOML."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._read = _Reader(environ)
        self._settings = self._build()

    def set_keystore_password(self, password: str) -> None:
        self._settings = replace(self._settings, keystore_password=password)

    def settings(self) -> Settings:
        return self._settings

    def dump(self) -> dict[str, Any]:
        """The TOML that says the same, without secrets: ``config dump`` of 1.x."""
        settings, read = self._settings, self._read
        return {
            "RootDir": settings.root_dir,
            "ShutdownGracePeriod": f"{settings.shutdown_grace_period:g}s",
            "Database": {
                "MigrateOnStartup": settings.migrate_on_startup,
                "Backup": {"Mode": settings.backup_mode, "OnVersionUpgrade": settings.backup_on_upgrade},
                # Advisory locks have no TOML: dual becomes the lease that it also takes.
                "Lock": {
                    "Enabled": settings.locking_mode in ("lease", "dual"),
                    "LeaseDuration": f"{settings.lease_duration:g}s",
                    "LeaseRefreshInterval": f"{settings.lease_refresh_interval:g}s",
                },
            },
            "Log": {
                "Level": settings.log_level,
                "JSONConsole": settings.json_console,
                "File": {"Dir": settings.log_file_dir, "MaxSize": f"{settings.log_file_size}b"},
            },
            "WebServer": {
                "AllowOrigins": settings.allow_origins,
                "HTTPPort": settings.http_port,
                "SecureCookies": settings.secure_cookies,
                "SessionTimeout": f"{settings.session_timeout:g}s",
                "TLS": {"HTTPSPort": settings.https_port},
            },
            "EVM": [self._dumped_chain(chain, read.text("LINK_CONTRACT_ADDRESS")) for chain in settings.chains],
        }

    def _dumped_chain(self, chain: Chain, link_contract: str) -> dict[str, Any]:
        nodes = []
        for endpoint in chain.nodes:
            node: dict[str, Any] = {"Name": endpoint.name}
            if endpoint.ws_url:
                node["WSURL"] = endpoint.ws_url
            if endpoint.http_url:
                node["HTTPURL"] = endpoint.http_url
            nodes.append({**node, "SendOnly": True} if endpoint.send_only else node)
        dumped: dict[str, Any] = {"ChainID": chain.chain_id}
        if link_contract:
            dumped["LinkContractAddress"] = link_contract
        return {**dumped, "Nodes": nodes}

    def database_problems(self) -> list[str]:
        """What is wrong with DATABASE_URL."""
        if not self._settings.database_url:
            return ["DATABASE_URL: empty: must be provided and non-empty"]
        problem = database_url_problem(self._settings.database_url)
        return [f"DATABASE_URL: {problem}"] if problem else []

    def problems(self) -> str | None:
        """Everything that Validate refuses, or None."""
        read, settings = self._read, self._settings
        problems = read.problems + self.database_problems()
        if settings.locking_mode not in LOCKING_MODES:
            problems.append(
                "unrecognised value for DATABASE_LOCKING_MODE: "
                f"{settings.locking_mode} (valid options are {', '.join(LOCKING_MODES)})"
            )
        if settings.lease_refresh_interval > settings.lease_duration / 2:
            problems.append("LEASE_LOCK_REFRESH_INTERVAL must be less than or equal to half of LEASE_LOCK_DURATION")
        chain_id = read.text("ETH_CHAIN_ID")
        if chain_id and not chain_id.isdigit():
            problems.append("Invalid value provided for ETH_CHAIN_ID: must be a number")
        if settings.chains and not read.text("EVM_NODES"):
            problems += self._url_problems()
        return "invalid configuration: " + joined(problems) if problems else None

    def _url_problems(self) -> list[str]:
        problems = []
        socket, http = self._read.text("ETH_URL"), self._read.text("ETH_HTTP_URL")
        if not socket:
            problems.append("ETH_URL: must be provided when EVM_RPC_ENABLED=true")
        elif urlsplit(socket).scheme not in ("ws", "wss"):
            problems.append(f"ETH_URL scheme was {urlsplit(socket).scheme}, must be ws or wss")
        if http and urlsplit(http).scheme not in ("http", "https"):
            problems.append(f"ETH_HTTP_URL scheme was {urlsplit(http).scheme}, must be http or https")
        return problems

    def _chains(self) -> tuple[Chain, ...]:
        """The chains of EVM_NODES, or the one of ETH_CHAIN_ID; those of the database are not imitated."""
        endpoints: dict[str, list[Endpoint]] = {}
        text, default = self._read.text("EVM_NODES"), self._read.text("ETH_CHAIN_ID", "1")
        if text:
            try:
                for node in json.loads(text):
                    known = endpoints.setdefault(str(node["evmChainId"]), [])
                    urls = str(node.get("wsUrl") or ""), str(node.get("httpUrl") or "")
                    known.append(Endpoint(str(node["name"]), *urls, bool(node.get("sendOnly"))))
            except (ValueError, TypeError, KeyError, AttributeError):
                self._read.problems.append("Invalid value provided for EVM_NODES: must be a JSON list of nodes")
        if not endpoints:
            endpoints[default] = [Endpoint("primary-0", self._read.text("ETH_URL"), self._read.text("ETH_HTTP_URL"))]
        heads = self._read.duration("BLOCK_EMISSION_IDLE_WARNING_THRESHOLD", "1m")
        link = self._read.text("LINK_CONTRACT_ADDRESS")
        return tuple(
            Chain(
                chain_id,
                tuple(nodes),
                no_new_heads_threshold=heads,
                poll_interval=self._read.duration("NODE_POLL_INTERVAL", "10s"),
                poll_failure_threshold=self._read.whole("NODE_POLL_FAILURE_THRESHOLD", "5"),
                link_contract=link or LINK_CONTRACTS.get(chain_id, ""),
            )
            for chain_id, nodes in endpoints.items()
        )

    def _p2p_listen(self) -> tuple[str, ...]:
        """HOST:PORT of version 2 of the stack, separated by blanks; version 1, the default, is not imitated."""
        read = self._read
        ocr = [read.switch(name, "false") for name in ("FEATURE_OFFCHAIN_REPORTING", "FEATURE_OFFCHAIN_REPORTING2")]
        stack = read.text("P2P_NETWORKING_STACK", "V1")
        return tuple(read.text("P2PV2_LISTEN_ADDRESSES").split()) if any(ocr) and stack in ("V2", "V1V2") else ()

    def _build(self) -> Settings:
        read = self._read
        root = str(Path(read.text("ROOT", "~/.chainlink")).expanduser())
        level = read.text("LOG_LEVEL", "info").lower()
        if level not in LEVELS:
            read.problems.append("Invalid value provided for LOG_LEVEL: must be a log level")
            level = "info"
        chains: tuple[Chain, ...] = ()
        if read.switch("EVM_ENABLED", "true") and read.switch("EVM_RPC_ENABLED", "true"):
            chains = self._chains()
        return Settings(
            root_dir=root,
            shutdown_grace_period=read.duration("SHUTDOWN_GRACE_PERIOD", "5s"),
            log_level=level,
            json_console=read.switch("JSON_CONSOLE", "false"),
            log_file_dir=read.text("LOG_FILE_DIR", root),
            log_file_size=read.size("LOG_FILE_MAX_SIZE", "5120mb"),
            http_port=read.whole("CHAINLINK_PORT", "6688"),
            listen_ip="0.0.0.0",
            https_port=read.whole("CHAINLINK_TLS_PORT", "6689"),
            tls_certificate=read.text("TLS_CERT_PATH"),
            tls_key=read.text("TLS_KEY_PATH"),
            allow_origins=read.text("ALLOW_ORIGINS", "http://localhost:3000,http://localhost:6688"),
            secure_cookies=read.switch("SECURE_COOKIES", "true"),
            session_timeout=read.duration("SESSION_TIMEOUT", "15m"),
            start_timeout=15.0,
            authenticated_limit=RateLimit(
                read.whole("AUTHENTICATED_RATE_LIMIT", "1000"), read.duration("AUTHENTICATED_RATE_LIMIT_PERIOD", "1m")
            ),
            unauthenticated_limit=RateLimit(
                read.whole("UNAUTHENTICATED_RATE_LIMIT", "5"),
                read.duration("UNAUTHENTICATED_RATE_LIMIT_PERIOD", "20s"),
            ),
            database_url=read.text("DATABASE_URL"),
            query_timeout=read.duration("DATABASE_DEFAULT_QUERY_TIMEOUT", "10s"),
            maximum_connections=read.whole("ORM_MAX_OPEN_CONNS", "20"),
            migrate_on_startup=read.switch("MIGRATE_DATABASE", "true"),
            locking_mode=read.text("DATABASE_LOCKING_MODE", "dual"),
            advisory_lock_id=read.whole("ADVISORY_LOCK_ID", "1027321974924625846"),
            lease_duration=read.duration("LEASE_LOCK_DURATION", "10s"),
            lease_refresh_interval=read.duration("LEASE_LOCK_REFRESH_INTERVAL", "1s"),
            backup_mode=read.text("DATABASE_BACKUP_MODE", "none"),
            backup_on_upgrade=read.switch("DATABASE_BACKUP_ON_VERSION_UPGRADE", "true"),
            backup_dir=read.text("DATABASE_BACKUP_DIR", root),
            keystore_password="",
            prometheus_token=read.text("PROMETHEUS_AUTH_TOKEN"),
            chains=chains,
            p2p_listen=self._p2p_listen(),
        )
