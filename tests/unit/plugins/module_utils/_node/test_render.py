# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import checks, container, render
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image
from ansible_collections.nodeops.chainlink.tests.unit import samples
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

DATABASE_URL = (
    "postgresql://chainlink:database-canary-p%40ss%2Fw%23rd%2541%20%2Bx"
    "@oracle-database.cluster-abc.eu-central-1.rds.amazonaws.com:5432/chainlink"
    "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"
)
LINK = "0x779877A7B0D9E8603169DdbD7836e478b4624789"
TWO_CHAINS = {
    "chains": [
        {"network": "Ethereum-Sepolia", "chain_id": "11155111", "link_contract_address": LINK},
        {"network": "Polygon-Amoy", "chain_id": "80002", "link_contract_address": None},
    ]
}
TWO_CHAINS_RPC = {
    "11155111": samples.RPC["11155111"]
    + [{"name": "backup", "ws_url": None, "http_url": "https://backup.test", "send_only": True}],
    "80002": [{"name": "amoy", "ws_url": "wss://amoy.test", "http_url": "https://amoy.test", "send_only": False}],
}

COMMON_1X = f"""\
ROOT=/home/chainlink/.chainlink
LOG_LEVEL=info
JSON_CONSOLE=true
LOG_FILE_MAX_SIZE=0
ALLOW_ORIGINS=http://localhost:6688
SECURE_COOKIES=false
CHAINLINK_PORT=6688
CHAINLINK_TLS_PORT=0
DATABASE_URL={DATABASE_URL}
DATABASE_LOCKING_MODE=lease
DATABASE_BACKUP_MODE=none
ETH_CHAIN_ID=11155111
"""
ENVIRONMENT = (
    COMMON_1X
    + """\
ETH_URL=wss://rpc.test/v3?key=rpc-canary-key&tier=2
ETH_HTTP_URL=https://rpc.test/v3?key=rpc-canary-key&tier=2
"""
)
ENVIRONMENT_TWO_CHAINS = (
    COMMON_1X
    + "EVM_NODES="
    + '[{"name":"primary","evmChainId":"11155111","wsUrl":"wss://rpc.test/v3?key=rpc-canary-key&tier=2",'
    + '"httpUrl":"https://rpc.test/v3?key=rpc-canary-key&tier=2","sendOnly":false},'
    + '{"name":"backup","evmChainId":"11155111","httpUrl":"https://backup.test","sendOnly":true},'
    + '{"name":"amoy","evmChainId":"80002","wsUrl":"wss://amoy.test","httpUrl":"https://amoy.test",'
    + '"sendOnly":false}]\n'
)
CONFIG = """\
RootDir = "/home/chainlink/.chainlink"

[Log]
Level = "info"
JSONConsole = true

[Log.File]
MaxSize = "0b"

[WebServer]
HTTPPort = 6688
AllowOrigins = "http://localhost:6688"
SecureCookies = false

[WebServer.TLS]
HTTPSPort = 0

[Database]
MaxOpenConns = 40

[Database.Backup]
Mode = "none"

[[EVM]]
ChainID = "11155111"

[[EVM.Nodes]]
Name = "primary"
WSURL = "wss://rpc.test/v3?key=rpc-canary-key&tier=2"
HTTPURL = "https://rpc.test/v3?key=rpc-canary-key&tier=2"
"""
CONFIG_CHAINS = """\
[[EVM]]
ChainID = "11155111"
LinkContractAddress = "0x779877A7B0D9E8603169DdbD7836e478b4624789"

[[EVM.Nodes]]
Name = "primary"
WSURL = "wss://rpc.test/v3?key=rpc-canary-key&tier=2"
HTTPURL = "https://rpc.test/v3?key=rpc-canary-key&tier=2"

[[EVM.Nodes]]
Name = "backup"
HTTPURL = "https://backup.test"
SendOnly = true

[[EVM]]
ChainID = "80002"

[[EVM.Nodes]]
Name = "amoy"
WSURL = "wss://amoy.test"
HTTPURL = "https://amoy.test"
"""
SECRETS = f"""\
[Database]
URL = "{DATABASE_URL}"

[Password]
Keystore = "keystore-canary \\"quoted\\" \\\\ $HOME %s"
"""
PASSWORD = samples.KEYSTORE_PASSWORD + "\n"
API = f"operator@nodeops.test\n{samples.API_PASSWORD}\n"

TEST_RENDER: list[tuple[str, dict[str, str]]] = [
    ("1.12.0", {".env": ENVIRONMENT, ".password": PASSWORD, ".api": API}),
    ("1.13.3", {".env": ENVIRONMENT, ".password": PASSWORD, ".api": API}),
    ("2.0.0", {"config.toml": CONFIG, "secrets.toml": SECRETS, ".password": PASSWORD, ".api": API}),
    ("2.46.0", {"config.toml": CONFIG, "secrets.toml": SECRETS, ".password": PASSWORD, ".api": API}),
]

# (address of the user interface, AllowOrigins, SecureCookies)
TEST_UI: list[tuple[str | None, str, bool]] = [
    (None, "http://localhost:6688", False),
    ("https://node.nodeops.test", "https://node.nodeops.test", True),
    ("https://node.nodeops.test/", "https://node.nodeops.test", True),
    ("http://node.nodeops.test:8080", "http://node.nodeops.test:8080", False),
]


@pytest.mark.parametrize(("tag", "files"), TEST_RENDER)
def test_render(tag: str, files: dict[str, str]) -> None:
    assert render.render(samples.node_settings(tag)) == files
    assert set(files) <= set(render.ALL_FILES)


def test_several_chains_1x() -> None:
    settings = samples.node_settings("1.12.0", samples.secrets(rpc=TWO_CHAINS_RPC), **TWO_CHAINS)
    assert render.render(settings)[".env"] == ENVIRONMENT_TWO_CHAINS


def test_several_chains_2x() -> None:
    settings = samples.node_settings("2.46.0", samples.secrets(rpc=TWO_CHAINS_RPC), **TWO_CHAINS)
    config = render.render(settings)["config.toml"]
    assert config[config.index("[[EVM]]") :] == CONFIG_CHAINS


def test_link_contract_of_a_single_chain_1x() -> None:
    settings = samples.node_settings("1.12.0", chains=TWO_CHAINS["chains"][:1])
    assert render.render(settings)[".env"] == ENVIRONMENT + f"LINK_CONTRACT_ADDRESS={LINK}\n"


def test_additions_and_order() -> None:
    endpoints = [{**samples.RPC["11155111"][0], "order": 7}]
    additions = {
        "EVM": [{"ChainID": "11155111", "FinalityDepth": 9, "GasEstimator": {"Mode": "FeeHistory"}}],
        "Feature": {"LogPoller": True},
        "Log": {"Level": "warn"},
    }
    rpc = {"11155111": endpoints, "extra_config": additions}
    config = render.render(samples.node_settings(node_secrets=samples.secrets(rpc=rpc)))["config.toml"]
    assert config == (
        CONFIG.replace('Level = "info"', 'Level = "warn"').replace(
            'ChainID = "11155111"\n', 'ChainID = "11155111"\nFinalityDepth = 9\n'
        )
        + 'Order = 7\n\n[EVM.GasEstimator]\nMode = "FeeHistory"\n\n[Feature]\nLogPoller = true\n'
    )


@pytest.mark.parametrize(("url", "origins", "secure"), TEST_UI)
def test_user_interface(url: str | None, origins: str, secure: bool) -> None:
    web = tomllib.loads(render.render(samples.node_settings(ui={"url": url}))["config.toml"])["WebServer"]
    assert (web["AllowOrigins"], web["SecureCookies"]) == (origins, secure)
    lines = render.render(samples.node_settings("1.12.0", ui={"url": url}))[".env"].splitlines()
    assert f"ALLOW_ORIGINS={origins}" in lines
    assert f"SECURE_COOKIES={'true' if secure else 'false'}" in lines


P2P = {"p2p": {"port": 6690, "announce": ["203.0.113.7:6690", "203.0.113.8:6690"]}}
ENVIRONMENT_P2P = """\
FEATURE_OFFCHAIN_REPORTING=true
FEATURE_OFFCHAIN_REPORTING2=true
FEATURE_LOG_POLLER=true
P2P_NETWORKING_STACK=V2
P2PV2_LISTEN_ADDRESSES=0.0.0.0:6690
P2PV2_ANNOUNCE_ADDRESSES=203.0.113.7:6690 203.0.113.8:6690
"""


def test_peer_to_peer_1x() -> None:
    assert render.render(samples.node_settings("1.12.0", **P2P))[".env"] == ENVIRONMENT + ENVIRONMENT_P2P


def test_peer_to_peer_2x() -> None:
    config = tomllib.loads(render.render(samples.node_settings(**P2P))["config.toml"])
    assert (config["OCR"], config["OCR2"]) == ({"Enabled": True}, {"Enabled": True})
    assert config["Feature"] == {"LogPoller": True}
    assert config["P2P"]["V2"] == {
        "Enabled": True,
        "ListenAddresses": ["0.0.0.0:6690"],
        "AnnounceAddresses": ["203.0.113.7:6690", "203.0.113.8:6690"],
    }
    added = ("Feature", "OCR", "OCR2", "P2P")
    assert {key: value for key, value in config.items() if key not in added} == tomllib.loads(CONFIG)


# --- any value survives byte for byte -------------------------------------------------------------------------------


def _printable(minimum: int, maximum: int) -> st.SearchStrategy[str]:
    """Whatever the node takes as a password: printable in the widest sense, blanks inside."""
    characters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
    return st.text(characters, min_size=minimum, max_size=maximum).filter(lambda text: text == text.strip())


PASSWORDS = _printable(16, 60).filter(lambda text: checks.password(text) == [])
API_PASSWORDS = _printable(16, 30).filter(
    lambda text: checks.password(text, maximum_bytes=50, disallowed=["operator@nodeops.test"]) == []
)
QUERIES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z"))).filter(
    lambda text: not any(character.isspace() for character in text)
)


@given(PASSWORDS, PASSWORDS, API_PASSWORDS, PASSWORDS, QUERIES)
def test_any_secret_survives_toml(database: str, keystore: str, api: str, username: str, query: str) -> None:
    ws_url, http_url = f"wss://rpc.test/?{query}", f"https://rpc.test/?{query}"
    assume(not checks.rpc_url(ws_url, ("wss",)))
    secrets = samples.secrets(
        keystore=keystore,
        database={"username": username, "password": database},
        api={"email": "operator@nodeops.test", "password": api},
        rpc={"11155111": [{"name": username, "ws_url": ws_url, "http_url": http_url}]},
    )
    assume(username.isprintable())
    files = render.render(samples.node_settings(node_secrets=secrets))
    parsed = tomllib.loads(files["secrets.toml"])
    assert parsed["Password"]["Keystore"] == keystore
    assert _credentials(parsed["Database"]["URL"]) == (username, database)
    assert render.database_url(files) == parsed["Database"]["URL"]
    node = tomllib.loads(files["config.toml"])["EVM"][0]["Nodes"][0]
    assert (node["Name"], node["WSURL"], node["HTTPURL"]) == (username, ws_url, http_url)
    _assert_password_files(files, keystore, api)


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PASSWORDS, PASSWORDS, API_PASSWORDS, QUERIES)
def test_any_secret_survives_the_shell(tmp_path: Path, database: str, keystore: str, api: str, query: str) -> None:
    ws_url = f"wss://rpc.test/?{query}"
    assume(not checks.rpc_url(ws_url, ("wss",)))
    secrets = samples.secrets(
        keystore=keystore,
        database={"username": "chain link", "password": database},
        api={"email": "operator@nodeops.test", "password": api},
        rpc={"11155111": [{"name": "primary", "ws_url": ws_url}]},
    )
    files = render.render(samples.node_settings("1.12.0", secrets))
    environment = _environment_of_the_node(tmp_path, files)
    assert environment["ETH_URL"] == ws_url
    assert environment["DATABASE_URL"] == render.database_url(files)
    assert _credentials(environment["DATABASE_URL"]) == ("chain link", database)
    _assert_password_files(files, keystore, api)


@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES)
def test_several_endpoints_survive_the_shell(tmp_path: Path, query: str) -> None:
    ws_url, http_url = f"wss://rpc.test/?{query}", f"https://backup.test/?{query}"
    assume(not checks.rpc_url(ws_url, ("wss",)))
    endpoints = [{"name": "a", "ws_url": ws_url}, {"name": "b", "http_url": http_url, "send_only": True}]
    files = render.render(samples.node_settings("1.12.0", samples.secrets(rpc={"11155111": endpoints})))
    environment = _environment_of_the_node(tmp_path, files)
    assert json.loads(environment["EVM_NODES"]) == [
        {"name": "a", "evmChainId": "11155111", "wsUrl": ws_url, "sendOnly": False},
        {"name": "b", "evmChainId": "11155111", "httpUrl": http_url, "sendOnly": True},
    ]
    # ETH_URL would replace the endpoints that EVM_NODES names.
    assert not {"ETH_URL", "ETH_HTTP_URL"} & set(environment)


def test_the_shell_stops_where_the_environment_file_is_missing(tmp_path: Path) -> None:
    done = _run_entrypoint(tmp_path)
    assert done.returncode != 0
    assert done.stdout == b""


def _run_entrypoint(directory: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the container's real entry point script with a stand-in for the node that prints what it was given."""
    node = directory / "bin" / "chainlink"
    node.parent.mkdir(exist_ok=True)
    node.write_text('#!/bin/sh\nprintf "%s\\0" "$@" --\nexec env -0\n')
    node.chmod(0o755)
    release = image.parse({**samples.RECORD["release"], "tag": "1.12.0"})
    entrypoint, arguments = container.node_command(release, str(directory))
    assert entrypoint is not None
    environment = {"PATH": f"{node.parent}:{os.defpath}"}
    return subprocess.run([entrypoint, *arguments], env=environment, capture_output=True, check=False)


def _environment_of_the_node(directory: Path, files: dict[str, str]) -> dict[str, Any]:
    (directory / ".env").write_bytes(files[".env"].encode())
    done = _run_entrypoint(directory)
    assert (done.returncode, done.stderr) == (0, b"")
    arguments, _dashes, environment = done.stdout.decode().partition("--\0")
    assert arguments.split("\0")[:-1] == [
        "local", "n", "-p", f"{directory}/.password", "-a", f"{directory}/.api",
    ]  # fmt: skip
    return dict(item.split("=", 1) for item in environment.split("\0") if item)


def _credentials(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    assert parts.hostname == "oracle-database.cluster-abc.eu-central-1.rds.amazonaws.com"
    assert parts.port == 5432
    assert parts.path == "/chainlink"
    assert parts.query == "sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"
    return unquote(parts.username or ""), unquote(parts.password or "")


def _assert_password_files(files: dict[str, str], keystore: str, api: str) -> None:
    # The node strips exactly one newline from .password, and splits .api at newlines (core/utils/password.go).
    assert files[".password"] == keystore + "\n"
    email, password, rest = files[".api"].split("\n")
    assert (email, password, rest) == ("operator@nodeops.test", api, "")
