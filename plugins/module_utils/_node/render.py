# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders the node's files from its settings.

A 1.x node gets ``.env``, ``.password`` and ``.api``; a 2.x node gets ``config.toml``, ``secrets.toml``, ``.password``
and ``.api``. Every file is secret: RPC URLs with access keys stand in ``.env`` and ``config.toml``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._aws.record import PeerToPeer
from .._release.version import ENVIRONMENT
from . import extra, toml
from .settings import Chain, NodeSettings, RpcEndpoint

ENVIRONMENT_FILE = ".env"
CONFIG_FILE = "config.toml"
SECRETS_FILE = "secrets.toml"
PASSWORD_FILE = ".password"
API_FILE = ".api"

#: The files of both generations.
ALL_FILES = (ENVIRONMENT_FILE, CONFIG_FILE, SECRETS_FILE, PASSWORD_FILE, API_FILE)

#: The node's own directory inside the container; it sets its mode to 0700 at every start.
ROOT_DIRECTORY = "/home/chainlink/.chainlink"
#: Below the 2.x default of 100, so that the smallest Aurora (one capacity unit of Serverless v2 takes 189) holds both
#: nodes while one takes over from the other, and the operator besides. A waiting node has one or two.
DATABASE_CONNECTIONS = 40
#: The default of 1.x (ORM_MAX_OPEN_CONNS), which is left as it is.
DATABASE_CONNECTIONS_1X = 20
#: How the user interface is reached where the estate has no address for it: through an SSH tunnel.
TUNNEL_URL = "http://localhost:6688"


def render(settings: NodeSettings) -> dict[str, str]:
    """File name -> content of every file that the settings' release needs."""
    files = {PASSWORD_FILE: settings.keystore_password + "\n", API_FILE: _api(settings)}
    if settings.generation == ENVIRONMENT:
        files[ENVIRONMENT_FILE] = _environment(settings)
    else:
        files[CONFIG_FILE] = toml.write(config(settings))
        files[SECRETS_FILE] = _secrets(settings)
    return files


def database_url(files: Mapping[str, str]) -> str:
    """The database URL in rendered files of either generation; raises ValueError where there is none."""
    for line in files.get(ENVIRONMENT_FILE, "").split("\n"):
        name, _equals, value = line.partition("=")
        if name == "DATABASE_URL":
            return value
    for line in files.get(SECRETS_FILE, "").split("\n"):
        name, _equals, value = line.partition(" = ")
        if name == "URL":
            return str(json.loads(value))
    raise ValueError(f"no database URL in {ENVIRONMENT_FILE} or {SECRETS_FILE}")


def database_connections(generation: str) -> int:
    """How many connections a node of a generation opens at most."""
    return DATABASE_CONNECTIONS_1X if generation == ENVIRONMENT else DATABASE_CONNECTIONS


def _api(settings: NodeSettings) -> str:
    return f"{settings.api_email}\n{settings.api_password}\n"


def _origin(settings: NodeSettings) -> str:
    return settings.ui_url or TUNNEL_URL


def _secure_cookies(settings: NodeSettings) -> bool:
    # A browser keeps a secure cookie only over HTTPS, and a tunnel brings plain HTTP.
    return _origin(settings).lower().startswith("https://")


def _flag(value: bool) -> str:
    return "true" if value else "false"


# --- 1.x: environment variables ------------------------------------------------------------------------------------


def _environment(settings: NodeSettings) -> str:
    """Raw NAME=VALUE lines: no quotes, no escapes; everything after the first = is the value."""
    variables = {
        "ROOT": ROOT_DIRECTORY,
        "LOG_LEVEL": "info",
        "JSON_CONSOLE": "true",
        # The console goes to CloudWatch Logs; a log file would fill the memory behind the root directory.
        "LOG_FILE_MAX_SIZE": "0",
        "ALLOW_ORIGINS": _origin(settings),
        "SECURE_COOKIES": _flag(_secure_cookies(settings)),
        "CHAINLINK_PORT": "6688",
        # Nothing here has a certificate for the node itself.
        "CHAINLINK_TLS_PORT": "0",
        "DATABASE_URL": settings.database.url,
        # The default, dual, takes an advisory lock besides, which breaks the handover to a 2.x node.
        "DATABASE_LOCKING_MODE": "lease",
        # Snapshots of the database are the backup: pg_dump in the image refuses newer servers.
        "DATABASE_BACKUP_MODE": "none",
        "ETH_CHAIN_ID": settings.chains[0].chain_id,
    }
    variables.update(_environment_chains(settings.chains))
    variables.update(_environment_p2p(settings.p2p))
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def _environment_chains(chains: tuple[Chain, ...]) -> dict[str, str]:
    """The variables that say where the chains are.

    ETH_URL replaces every endpoint of its chain in the database, also those that EVM_NODES has just put there
    (core/chains/evm/legacy.go), so it is one or the other: ETH_URL for a single endpoint, else EVM_NODES with all.
    """
    variables = {}
    endpoints = [(chain, endpoint) for chain in chains for endpoint in chain.rpc]
    if len(endpoints) == 1:
        endpoint = endpoints[0][1]
        variables["ETH_URL"] = endpoint.ws_url or ""
        if endpoint.http_url:
            variables["ETH_HTTP_URL"] = endpoint.http_url
    else:
        nodes = [_environment_node(chain, endpoint) for chain, endpoint in endpoints]
        variables["EVM_NODES"] = json.dumps(nodes, ensure_ascii=False, separators=(",", ":"))
    # The variable overrides the address of every chain at once, so it can only stand where there is one chain.
    if len(chains) == 1 and chains[0].link_contract_address:
        variables["LINK_CONTRACT_ADDRESS"] = chains[0].link_contract_address
    return variables


def _environment_node(chain: Chain, endpoint: RpcEndpoint) -> dict[str, object]:
    node: dict[str, object] = {"name": endpoint.name, "evmChainId": chain.chain_id}
    if endpoint.ws_url:
        node["wsUrl"] = endpoint.ws_url
    if endpoint.http_url:
        node["httpUrl"] = endpoint.http_url
    node["sendOnly"] = endpoint.send_only
    return node


def _environment_p2p(p2p: PeerToPeer | None) -> dict[str, str]:
    if p2p is None:
        return {}
    return {
        "FEATURE_OFFCHAIN_REPORTING": "true",
        "FEATURE_OFFCHAIN_REPORTING2": "true",
        "FEATURE_LOG_POLLER": "true",
        # The first stack, the default up to 1.13, is gone in 2.9: a job that depends on it would stop an upgrade.
        "P2P_NETWORKING_STACK": "V2",
        # Several values are separated by blanks (viper's GetStringSlice).
        "P2PV2_LISTEN_ADDRESSES": _listen(p2p),
        "P2PV2_ANNOUNCE_ADDRESSES": " ".join(p2p.announce),
    }


def _listen(p2p: PeerToPeer) -> str:
    return f"0.0.0.0:{p2p.port}"


# --- 2.x: TOML -----------------------------------------------------------------------------------------------------


def config(settings: NodeSettings) -> dict[str, Any]:
    """What config.toml holds: what the collection renders, with the operator's additions laid over it."""
    document: dict[str, Any] = {
        "RootDir": ROOT_DIRECTORY,
        "Log": {
            "Level": "info",
            "JSONConsole": True,
            # The console goes to CloudWatch Logs; a log file would fill the memory behind the root directory.
            "File": {"MaxSize": "0b"},
        },
        "WebServer": {
            "HTTPPort": 6688,
            "AllowOrigins": _origin(settings),
            "SecureCookies": _secure_cookies(settings),
            # The default, 6689, logs a critical error every 15 seconds without a certificate.
            "TLS": {"HTTPSPort": 0},
        },
        "Database": {
            "MaxOpenConns": DATABASE_CONNECTIONS,
            # Snapshots of the database are the backup: pg_dump in the image refuses newer servers.
            "Backup": {"Mode": "none"},
        },
        "EVM": [_config_chain(chain) for chain in settings.chains],
    }
    if settings.p2p is not None:
        document |= _config_p2p(settings.p2p)
    return extra.merge(document, settings.extra)


def _config_chain(chain: Chain) -> dict[str, Any]:
    table: dict[str, Any] = {"ChainID": chain.chain_id}
    if chain.link_contract_address:
        table["LinkContractAddress"] = chain.link_contract_address
    table["Nodes"] = [_config_node(endpoint) for endpoint in chain.rpc]
    return table


def _config_node(endpoint: RpcEndpoint) -> dict[str, Any]:
    table: dict[str, Any] = {"Name": endpoint.name}
    if endpoint.ws_url:
        table["WSURL"] = endpoint.ws_url
    if endpoint.http_url:
        table["HTTPURL"] = endpoint.http_url
    if endpoint.send_only:
        table["SendOnly"] = True
    if endpoint.order is not None:
        table["Order"] = endpoint.order
    return table


def _config_p2p(p2p: PeerToPeer) -> dict[str, Any]:
    return {
        # Off by default, and without it no OCR2 job of an EVM chain starts (core/config/docs/core.toml,
        # core/chains/evm/logpoller/disabled.go).
        "Feature": {"LogPoller": True},
        "OCR": {"Enabled": True},
        "OCR2": {"Enabled": True},
        "P2P": {
            "V2": {
                "Enabled": True,
                "ListenAddresses": [_listen(p2p)],
                "AnnounceAddresses": list(p2p.announce),
            }
        },
    }


def _secrets(settings: NodeSettings) -> str:
    return (
        "[Database]\n"
        f"URL = {toml.string(settings.database.url)}\n"
        "\n"
        "[Password]\n"
        # Also in .password, which `node start` reads; `node validate` reads only this one.
        f"Keystore = {toml.string(settings.keystore_password)}\n"
    )
