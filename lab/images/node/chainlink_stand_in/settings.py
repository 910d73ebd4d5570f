# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node is told: the typed settings, and how TOML files become settings.

The same ``Settings`` come from TOML (here) and from 1.x environment variables (environment.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import CommandError, joined
from .passwords import database_url_problem
from .schema import decode, schemas
from .units import duration, size
from .versions import Behaviour

# chain ids whose chain type is fixed
CHAIN_TYPES = {
    "10": "optimismBedrock",
    "100": "gnosis",
    "300": "zksync",
    "324": "zksync",
    "1088": "metis",
    "8453": "optimismBedrock",
    "10200": "gnosis",
    "42161": "arbitrum",
    "42220": "celo",
    "84532": "optimismBedrock",
    "421614": "arbitrum",
    "534351": "scroll",
    "534352": "scroll",
    "11155420": "optimismBedrock",
}

DEFAULTS: dict[str, Any] = {
    "RootDir": "~/.chainlink",
    "ShutdownGracePeriod": "5s",
    "Database": {
        "DefaultIdleInTxSessionTimeout": "1h0m0s",
        "DefaultLockTimeout": "15s",
        "DefaultQueryTimeout": "10s",
        "LogQueries": False,
        "MaxIdleConns": 10,
        "MigrateOnStartup": True,
        "Backup": {"Mode": "none", "OnVersionUpgrade": True, "Frequency": "1h0m0s"},
        "Lock": {"Enabled": True, "LeaseDuration": "10s", "LeaseRefreshInterval": "1s"},
    },
    "Log": {
        "Level": "info",
        "JSONConsole": False,
        "UnixTS": False,
        "File": {"MaxSize": "5.12gb", "MaxAgeDays": 0, "MaxBackups": 1},
    },
    "WebServer": {
        "AllowOrigins": "http://localhost:3000,http://localhost:6688",
        "HTTPWriteTimeout": "10s",
        "HTTPPort": 6688,
        "SecureCookies": True,
        "SessionTimeout": "15m0s",
        "HTTPMaxSize": "32.77kb",
        "StartTimeout": "15s",
        "ListenIP": "0.0.0.0",
        "RateLimit": {
            "Authenticated": 1000,
            "AuthenticatedPeriod": "1m0s",
            "Unauthenticated": 5,
            "UnauthenticatedPeriod": "20s",
        },
        "TLS": {"HTTPSPort": 6689, "ForceRedirect": False, "ListenIP": "0.0.0.0"},
    },
    "OCR": {"Enabled": False},
    "OCR2": {"Enabled": False},
    "P2P": {"V2": {}},
}
EVM_DEFAULTS: dict[str, Any] = {
    "Enabled": True,
    "AutoCreateKey": True,
    "LogBroadcasterEnabled": True,
    "NodePool": {
        "SelectionMode": "HighestHead",
        "PollInterval": "10s",
        "PollFailureThreshold": 5,
        "NewHeadsPollInterval": "0s",
    },
    "NoNewHeadsThreshold": "3m0s",
}

# Chains whose built-in defaults know the LINK token; others have it only where the configuration says so.
LINK_CONTRACTS = {
    "1": "0x514910771AF9Ca656af840dff83E8264EcF986CA",
    "11155111": "0x779877A7B0D9E8603169DdbD7836e478b4624789",
    "43113": "0x0b9d5D9136855f6FEc3c0993feE6E9CE8a297846",
}

SECRET_VARIABLES = {
    "CL_DATABASE_URL": ("Database", "URL"),
    "CL_DATABASE_BACKUP_URL": ("Database", "BackupURL"),
    "CL_DATABASE_ALLOW_SIMPLE_PASSWORDS": ("Database", "AllowSimplePasswords"),
    "CL_PASSWORD_KEYSTORE": ("Password", "Keystore"),
    "CL_PASSWORD_VRF": ("Password", "VRF"),
    "CL_PYROSCOPE_AUTH_TOKEN": ("Pyroscope", "AuthToken"),
    "CL_PROMETHEUS_AUTH_TOKEN": ("Prometheus", "AuthToken"),
    "CL_THRESHOLD_KEY_SHARE": ("Threshold", "ThresholdKeyShare"),
}


@dataclass(frozen=True)
class Endpoint:
    """One RPC node of a chain; its URLs hold the provider's access key."""

    name: str
    ws_url: str = field(default="", repr=False)
    http_url: str = field(default="", repr=False)
    send_only: bool = False


@dataclass(frozen=True)
class Chain:
    """An enabled EVM chain. Durations are seconds."""

    chain_id: str
    nodes: tuple[Endpoint, ...]
    auto_create_key: bool = True
    no_new_heads_threshold: float = 180.0
    """How long heads may stay away; 0 does not look."""
    poll_interval: float = 10.0
    poll_failure_threshold: int = 5
    new_heads_poll_interval: float = 0.0
    """0 subscribes to heads; else they are asked for by HTTP."""
    link_contract: str = ""


@dataclass(frozen=True)
class RateLimit:
    """``count`` requests per ``period`` seconds and client."""

    count: int
    period: float


@dataclass(frozen=True)
class Settings:
    """The settings that the stand-in acts on. Durations are seconds, sizes bytes."""

    root_dir: str
    shutdown_grace_period: float
    log_level: str
    json_console: bool
    log_file_dir: str
    log_file_size: int
    http_port: int
    listen_ip: str
    https_port: int
    tls_certificate: str
    tls_key: str
    allow_origins: str
    secure_cookies: bool
    session_timeout: float
    start_timeout: float
    authenticated_limit: RateLimit
    unauthenticated_limit: RateLimit
    database_url: str = field(repr=False)
    query_timeout: float
    maximum_connections: int
    migrate_on_startup: bool
    locking_mode: str
    advisory_lock_id: int
    lease_duration: float
    lease_refresh_interval: float
    backup_mode: str
    backup_on_upgrade: bool
    backup_dir: str
    keystore_password: str = field(repr=False)
    prometheus_token: str = field(repr=False)
    chains: tuple[Chain, ...]
    p2p_listen: tuple[str, ...] = ()
    """HOST:PORT of the P2P stack, version 2; empty unless OCR or OCR2 is on, too."""


def merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """``top`` over ``base``: tables merge, EVM chains by ChainID, their nodes by Name, the rest is replaced."""
    result = dict(base)
    for key, value in top.items():
        old = result.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            result[key] = merged(old, value)
        elif key in ("EVM", "Nodes") and isinstance(value, list) and isinstance(old, list):
            identity = "ChainID" if key == "EVM" else "Name"
            items = [dict(item) for item in old]
            for item in value:
                same = [
                    i for i, known in enumerate(items) if identity in item and known.get(identity) == item[identity]
                ]
                if same:
                    items[same[0]] = merged(items[same[0]], item)
                else:
                    items.append(item)
            result[key] = items
        else:
            result[key] = value
    return result


def _duplicates(base: Mapping[str, Any], top: Mapping[str, Any], path: str = "") -> list[str]:
    found = []
    for key in base.keys() & top.keys():
        if isinstance(base[key], dict) and isinstance(top[key], dict):
            found += _duplicates(base[key], top[key], f"{path}{key}.")
        elif not isinstance(base[key], list):
            found.append(path + key)
    return sorted(found)


def _read(path: str, what: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CommandError(f"failed to read {what} file: open {path}: {reason}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"failed to decode {what} TOML: toml: invalid UTF-8") from error


@dataclass
class TomlConfiguration:
    """The merged input of a TOML node: config files, CL_CONFIG, secrets files, CL_ variables."""

    behaviour: Behaviour
    input: dict[str, Any]
    secrets: dict[str, Any] = field(repr=False)

    @classmethod
    def load(
        cls,
        config_files: Sequence[str],
        secrets_files: Sequence[str],
        environ: Mapping[str, str],
        behaviour: Behaviour,
    ) -> TomlConfiguration:
        """Read and decode everything. Raises CommandError."""
        config_schema, secrets_schema = schemas(behaviour.version)
        documents = [_read(path, "config") for path in config_files]
        if environ.get("CL_CONFIG"):
            documents.insert(len(documents) if behaviour.cl_config_last else 0, environ["CL_CONFIG"])
        config: dict[str, Any] = {}
        for document in documents:
            config = merged(config, decode(document, config_schema, "config"))
        secrets: dict[str, Any] = {}
        for path in secrets_files:
            more = decode(_read(path, "secrets"), secrets_schema, "secrets")
            doubled = _duplicates(secrets, more)
            if doubled:
                raise CommandError(
                    "failed to decode secrets TOML: "
                    + joined([f"{name}: overrides (duplicate keys) are not allowed" for name in doubled])
                )
            secrets = merged(secrets, more)
        for variable, (table, key) in SECRET_VARIABLES.items():
            if environ.get(variable):
                value: Any = environ[variable]
                if key == "AllowSimplePasswords":
                    value = value.lower() == "true"
                secrets = merged(secrets, {table: {key: value}})
        return cls(behaviour, config, secrets)

    def secret(self, table: str, key: str) -> Any:
        return self.secrets.get(table, {}).get(key, "")

    def set_keystore_password(self, password: str) -> None:
        """The password of ``-p`` stands above the secrets file."""
        self.secrets = merged(self.secrets, {"Password": {"Keystore": password}})

    def effective(self) -> dict[str, Any]:
        """The input with the defaults under it."""
        by_release = {
            "P2P": {"V2": {"Enabled": self.behaviour.p2p_v2_default}},
            "Database": {"MaxOpenConns": self.behaviour.maximum_connections},
        }
        defaults = merged(DEFAULTS, by_release)
        whole = merged(defaults, self.input)
        whole["EVM"] = [merged(EVM_DEFAULTS, chain) for chain in self.input.get("EVM", [])]
        return whole

    def database_problems(self) -> list[str]:
        """What ValidateDB finds: the database secrets alone."""
        problems = []
        simple = bool(self.secret("Database", "AllowSimplePasswords"))
        if simple and not self.behaviour.simple_passwords:
            problems.append(
                "Database.AllowSimplePasswords: invalid value (true): insecure configs are not allowed on secure builds"
            )
        url = self.secret("Database", "URL")
        if not url:
            problems.append("Database.URL: empty: must be provided and non-empty")
        for key in ("URL", "BackupURL"):
            problem = database_url_problem(self.secret("Database", key)) if self.secret("Database", key) else None
            if problem and not (simple and self.behaviour.simple_passwords):
                problems.append(f"Database.{key}: {problem}")
        return problems

    def problems(self) -> str | None:
        """Everything that Validate refuses, as the official text, or None."""
        config = config_problems(self.effective(), self.behaviour)
        if config:
            return "invalid configuration: " + joined(config)
        secrets = self.database_problems()
        if not self.secret("Password", "Keystore"):
            secrets.append("Password.Keystore: empty: must be provided and non-empty")
        return "invalid secrets: " + joined(secrets) if secrets else None

    def settings(self) -> Settings:
        """The typed settings of the effective configuration (decoded, so every value has its type)."""
        whole = self.effective()
        web, tls, limits = whole["WebServer"], whole["WebServer"]["TLS"], whole["WebServer"]["RateLimit"]
        database, lock, backup = whole["Database"], whole["Database"]["Lock"], whole["Database"]["Backup"]
        root = str(Path(whole["RootDir"]).expanduser())
        return Settings(
            root_dir=root,
            shutdown_grace_period=duration(whole["ShutdownGracePeriod"]),
            log_level=whole["Log"]["Level"],
            json_console=whole["Log"]["JSONConsole"],
            log_file_dir=whole["Log"]["File"].get("Dir") or root,
            log_file_size=size(whole["Log"]["File"]["MaxSize"]),
            http_port=web["HTTPPort"],
            listen_ip=web["ListenIP"],
            https_port=tls["HTTPSPort"],
            tls_certificate=tls.get("CertPath", ""),
            tls_key=tls.get("KeyPath", ""),
            allow_origins=web["AllowOrigins"],
            secure_cookies=web["SecureCookies"],
            session_timeout=duration(web["SessionTimeout"]),
            start_timeout=duration(web["StartTimeout"]),
            authenticated_limit=RateLimit(limits["Authenticated"], duration(limits["AuthenticatedPeriod"])),
            unauthenticated_limit=RateLimit(limits["Unauthenticated"], duration(limits["UnauthenticatedPeriod"])),
            database_url=self.secret("Database", "URL"),
            query_timeout=duration(database["DefaultQueryTimeout"]),
            maximum_connections=database["MaxOpenConns"],
            migrate_on_startup=database["MigrateOnStartup"],
            locking_mode="lease" if lock["Enabled"] else "none",
            advisory_lock_id=0,
            lease_duration=duration(lock["LeaseDuration"]),
            lease_refresh_interval=duration(lock["LeaseRefreshInterval"]),
            backup_mode=backup["Mode"],
            backup_on_upgrade=backup["OnVersionUpgrade"],
            backup_dir=backup.get("Dir") or root,
            keystore_password=self.secret("Password", "Keystore"),
            prometheus_token=self.secret("Prometheus", "AuthToken"),
            chains=tuple(_chain(chain) for chain in whole["EVM"] if chain["Enabled"]),
            p2p_listen=_p2p_listen(whole),
        )


def _p2p_listen(whole: Mapping[str, Any]) -> tuple[str, ...]:
    v2 = whole["P2P"]["V2"]
    wanted = v2["Enabled"] and (whole["OCR"]["Enabled"] or whole["OCR2"]["Enabled"])
    return tuple(v2.get("ListenAddresses", [])) if wanted else ()


def _chain(chain: Mapping[str, Any]) -> Chain:
    pool, chain_id = chain["NodePool"], chain.get("ChainID", "")
    return Chain(
        chain_id,
        tuple(
            Endpoint(node.get("Name", ""), node.get("WSURL", ""), node.get("HTTPURL", ""), node.get("SendOnly", False))
            for node in chain.get("Nodes", [])
        ),
        auto_create_key=chain["AutoCreateKey"],
        no_new_heads_threshold=duration(chain["NoNewHeadsThreshold"]),
        poll_interval=duration(pool["PollInterval"]),
        poll_failure_threshold=pool["PollFailureThreshold"],
        new_heads_poll_interval=duration(pool["NewHeadsPollInterval"]),
        link_contract=chain.get("LinkContractAddress", LINK_CONTRACTS.get(chain_id, "")),
    )


def config_problems(whole: Mapping[str, Any], behaviour: Behaviour) -> list[str]:
    """What the configuration without secrets gets wrong, each as ``KEY: complaint``."""
    problems = [
        f"Insecure.{key}: invalid value (true): insecure configs are not allowed on secure builds"
        for key, value in whole.get("Insecure", {}).items()
        if value
    ]
    lock = whole["Database"]["Lock"]
    if lock["Enabled"] and duration(lock["LeaseRefreshInterval"]) > duration(lock["LeaseDuration"]) / 2:
        problems.append(
            f"Database.Lock.LeaseRefreshInterval: invalid value ({lock['LeaseRefreshInterval']}): "
            f"must be less than or equal to half of LeaseDuration ({lock['LeaseDuration']})"
        )
    backup = whole["Database"]["Backup"]
    if backup["Mode"] != "none" and 0 < duration(backup["Frequency"]) < 60:
        problems.append(f"Database.Backup.Frequency: invalid value ({backup['Frequency']}): must be at least 1m0s")
    ocr = whole["OCR"]["Enabled"] or whole["OCR2"]["Enabled"]
    if behaviour.ocr_needs_p2p_v2 and ocr and not whole["P2P"]["V2"]["Enabled"]:
        problems.append(
            "P2P.V2.Enabled: invalid value (false): P2P required for OCR or OCR2. "
            "Please enable P2P or disable OCR/OCR2."
        )
    method = whole["WebServer"].get("AuthenticationMethod", "local")
    if method not in ("local", "ldap", "oidc"):
        problems.append(f"WebServer.AuthenticationMethod: invalid value ({method}): must be one of local, ldap, oidc")
    return problems + _evm_problems(whole["EVM"], behaviour)


def _evm_problems(chains: Sequence[Mapping[str, Any]], behaviour: Behaviour) -> list[str]:
    problems: list[str] = []
    seen: dict[str, set[str]] = {"ChainID": set(), "Name": set(), "WSURL": set(), "HTTPURL": set()}

    def unique(path: str, kind: str, value: str, shown: str) -> None:
        if value in seen[kind]:
            problems.append(f"{path}.{kind}: invalid value ({shown}): duplicate - must be unique")
        seen[kind].add(value)

    for index, chain in enumerate(chains):
        path = f"EVM.{index}"
        chain_id = chain.get("ChainID", "")
        if not chain_id:
            problems.append(f"{path}.ChainID: missing: required for all chains")
        elif not chain_id.isdigit():
            problems.append(f"{path}.ChainID: invalid value ({chain_id}): must be a number")
        else:
            unique(path, "ChainID", chain_id, chain_id)
        if not chain["Enabled"]:
            continue
        problems += _chain_type_problems(path, chain_id, chain.get("ChainType", ""), behaviour)
        nodes = chain.get("Nodes", [])
        if not nodes:
            problems.append(f"{path}.Nodes: missing: must have at least one node")
        elif all(node.get("SendOnly", False) for node in nodes):
            problems.append(f"{path}.Nodes: missing: must have at least one primary node")
        heads_by_socket = duration(chain["NodePool"]["NewHeadsPollInterval"]) == 0
        needs_socket = chain["LogBroadcasterEnabled"] or heads_by_socket
        for number, node in enumerate(nodes):
            problems += _rpc_problems(f"{path}.Nodes.{number}", node, needs_socket)
            for kind in ("Name", "WSURL", "HTTPURL"):
                if node.get(kind):
                    # RPC URLs carry access keys; the official text shows them, the host is enough here.
                    shown = node[kind] if kind == "Name" else urlsplit(node[kind]).hostname or ""
                    unique(f"{path}.Nodes.{number}", kind, node[kind], shown)
    return problems


def _chain_type_problems(path: str, chain_id: str, chain_type: str, behaviour: Behaviour) -> list[str]:
    right = CHAIN_TYPES.get(chain_id, "")
    if right == "gnosis":
        right = behaviour.gnosis_chain_type
    known = {*CHAIN_TYPES.values(), "wemix", "kroma", "mantle", "zircuit", "hedera", "astar", "xlayer", "sei", "tron"}
    known = (known - {"gnosis"}) | {behaviour.gnosis_chain_type}
    if chain_type and right and chain_type != right:
        return [f'{path}.ChainType: invalid value ({chain_type}): only "{right}" can be used with this chain id']
    if chain_type and chain_type not in known:
        return [f"{path}.ChainType: invalid value ({chain_type}): must be one of {', '.join(sorted(known))} or omitted"]
    return []


def _rpc_problems(path: str, node: Mapping[str, Any], needs_socket: bool) -> list[str]:
    problems = []
    primary = not node.get("SendOnly", False)
    if not node.get("Name"):
        problems.append(f"{path}.Name: missing: required for all nodes")
    if not node.get("WSURL"):
        if primary and needs_socket:
            problems.append(f"{path}.WSURL: missing: required for primary nodes when LogBroadcaster is enabled")
    elif urlsplit(node["WSURL"]).scheme not in ("ws", "wss"):
        problems.append(f"{path}.WSURL: invalid value ({urlsplit(node['WSURL']).scheme}): must be ws or wss")
    if not node.get("HTTPURL"):
        problems.append(f"{path}.HTTPURL: missing: required for all nodes")
    elif urlsplit(node["HTTPURL"]).scheme not in ("http", "https"):
        problems.append(f"{path}.HTTPURL: invalid value ({urlsplit(node['HTTPURL']).scheme}): must be http or https")
    return problems
