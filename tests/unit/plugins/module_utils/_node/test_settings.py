# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import record
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import settings
from ansible_collections.nodeops.chainlink.tests.unit import samples

SEPOLIA = "chainlink_chains: Ethereum-Sepolia"
PRIMARY = f"{SEPOLIA}, rpc endpoint primary"
KEYSTORE = "chainlink_keystore_password (secret oracle/keystore)"
API = "chainlink_api_password (secret oracle/api)"
UI = "ui.url of the estate record"
ANEW = "run the provisioning playbook to store it anew"
NO_SCHEME = "has no scheme, or one that does not fit here; it must begin with wss:// or ws://"
WS, HTTP = "wss://rpc.test/1", "https://rpc.test/1"


def endpoint(**changes: Any) -> dict[str, Any]:
    return {"name": "primary", "ws_url": WS, "http_url": HTTP, "send_only": False, **changes}


def rpc(*endpoints: Any) -> dict[str, Any]:
    return {"rpc": {"11155111": list(endpoints)}}


# (tag, changes of the record, changes of the secrets, findings)
TEST_FINDINGS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("2.46.0", {}, {"database": "no json"}, [f"secret oracle/database is not a JSON object; {ANEW}"]),
    (
        "2.46.0",
        {},
        {"database": {"password": "short"}},
        [
            f"secret oracle/database has no username; {ANEW}",
            "chainlink_database_password (secret oracle/database) is shorter than 16 bytes; choose a longer one",
        ],
    ),
    ("2.46.0", {}, {"keystore": "0123456789abcdef\n"}, [f"{KEYSTORE} begins or ends with a blank; remove it"]),
    (
        "2.46.0",
        {},
        {"api": {"email": "nobody", "password": "x" * 51}},
        [
            "chainlink_api_email (secret oracle/api) is not an e-mail address such as operator@your.domain",
            f"{API} is longer than 50 bytes; choose a shorter one",
        ],
    ),
    (
        "2.46.0",
        {},
        {"api": {"email": "me@nodeops.test", "password": "0123ME@nodeops.test"}},
        [f"{API} contains the e-mail address, which the node refuses; choose another"],
    ),
    ("2.46.0", {}, {"rpc": {}}, [f"{SEPOLIA} has no RPC endpoint; give it at least one under rpc"]),
    ("2.46.0", {}, rpc("wss://x"), [f"{SEPOLIA}, rpc[0] must be a mapping"]),
    ("2.46.0", {}, rpc(endpoint(name="")), [f"{SEPOLIA}, rpc[0] has no usable name; give it one such as primary"]),
    ("2.46.0", {}, rpc(endpoint(send_only="no")), [f"{PRIMARY}: send_only must be true or false"]),
    (
        "2.46.0",
        {},
        rpc(endpoint(ws_url="rpc.test")),
        [f"{PRIMARY}: ws_url {NO_SCHEME}"],
    ),
    (
        "2.46.0",
        {},
        rpc(endpoint(ws_url=None)),
        [f"{PRIMARY} has no ws_url; give one that begins with wss://, or make it send_only"],
    ),
    ("2.46.0", {}, rpc(endpoint(http_url=None)), [f"{PRIMARY} has no http_url; give one that begins with https://"]),
    (
        "2.46.0",
        {},
        rpc(endpoint(order=101, sendonly=True)),
        [
            f"{PRIMARY}: order must be a number from 1, asked first, to 100",
            f"{PRIMARY}: sendonly is no key of an endpoint; known are http_url, name, order, send_only, ws_url",
        ],
    ),
    ("2.46.0", {}, rpc(endpoint(order="1")), [f"{PRIMARY}: order must be a number from 1, asked first, to 100"]),
    ("1.12.0", {}, rpc(endpoint(order=1)), [f"{PRIMARY}: order is not known to a 1.x node; remove it"]),
    (
        "2.46.0",
        {},
        {"rpc": {**samples.RPC, "extra_config": {"Database": {"URL": "canary"}, "EVM": [{"ChainID": "1"}]}}},
        [
            "chainlink_extra_config: Database.URL cannot be set here: it belongs in secrets.toml, which holds what AWS "
            "Secrets Manager has for the node and nothing else"
        ],
    ),
    (
        "2.46.0",
        {},
        {"rpc": {**samples.RPC, "extra_config": "canary"}},
        ["chainlink_extra_config: is not a table of keys"],
    ),
    (
        "1.12.0",
        {},
        rpc(endpoint(), endpoint(name="b", ws_url="wss://rpc.test/2", http_url="https://rpc.test/2", send_only=True)),
        [f"{SEPOLIA}, rpc endpoint b is send_only and has a ws_url, which a 1.x node refuses; remove the ws_url"],
    ),
    (
        "2.46.0",
        {},
        rpc(endpoint(ws_url=None, send_only=True)),
        [f"{SEPOLIA} has send-only endpoints alone; give at least one that reads too"],
    ),
    (
        "2.46.0",
        {},
        rpc(endpoint(), endpoint()),
        [
            "chainlink_chains: the rpc endpoint name primary is used more than once; the node wants every endpoint of "
            "every chain to have a name of its own",
            "chainlink_chains: rpc endpoints primary and primary have the same ws_url; give each its own",
            "chainlink_chains: rpc endpoints primary and primary have the same http_url; give each its own",
        ],
    ),
    (
        "2.46.0",
        {"chains": [{"network": "Ethereum-Sepolia", "chain_id": "0x1", "link_contract_address": "0x12"}]},
        {"rpc": {"0x1": [endpoint()]}},
        [
            f"{SEPOLIA} chain_id is not a chain id; write a decimal number such as 11155111",
            f"{SEPOLIA} link_contract_address is not a contract address; write 0x and 40 hexadecimal digits",
        ],
    ),
    (
        "2.46.0",
        {"chains": samples.RECORD["chains"] * 2},
        {},
        [
            f"{SEPOLIA} has chain id 11155111, which another chain has too; name each chain once",
            "chainlink_chains: the rpc endpoint name primary is used more than once; the node wants every endpoint of "
            "every chain to have a name of its own",
            "chainlink_chains: rpc endpoints primary and primary have the same ws_url; give each its own",
            "chainlink_chains: rpc endpoints primary and primary have the same http_url; give each its own",
        ],
    ),
    (
        "2.46.0",
        {"ui": {"url": "https://node.nodeops.test/ui"}},
        {},
        [f"{UI} must be scheme, host and optionally port alone, for example https://node.example.com"],
    ),
]


@pytest.mark.parametrize(("tag", "record_changes", "secret_changes", "findings"), TEST_FINDINGS)
def test_findings(
    tag: str, record_changes: dict[str, Any], secret_changes: dict[str, Any], findings: list[str]
) -> None:
    with pytest.raises(settings.SettingsError) as caught:
        samples.node_settings(tag, samples.secrets(**secret_changes), **record_changes)
    assert caught.value.findings == findings
    assert str(caught.value) == "the node cannot be configured: " + "; ".join(findings)


def test_every_problem_is_told_at_once() -> None:
    secrets = samples.secrets(keystore="short", database="x", api="x", rpc="x")
    with pytest.raises(settings.SettingsError) as caught:
        samples.node_settings(node_secrets=secrets)
    assert [finding.split(" ")[1] for finding in caught.value.findings] == [
        "oracle/database",
        "oracle/api",
        "(secret",
        "oracle/rpc",
    ]


def test_settings_of_the_sample_estate() -> None:
    parsed = samples.node_settings(ui={"url": "https://node.nodeops.test/"})
    assert parsed.generation == "2.x"
    assert parsed.ui_url == "https://node.nodeops.test"
    assert parsed.api_email == "operator@nodeops.test"
    assert [chain.chain_id for chain in parsed.chains] == ["11155111"]
    assert parsed.chains[0].rpc[0].ws_url == samples.RPC["11155111"][0]["ws_url"]


def test_endpoints_of_chains_that_the_record_does_not_name_are_left_alone() -> None:
    rpc_of_two = {**samples.RPC, "137": [endpoint(name="other", ws_url="not a url")]}
    parsed = samples.node_settings(node_secrets=samples.secrets(rpc=rpc_of_two))
    assert [chain.network for chain in parsed.chains] == ["Ethereum-Sepolia"]


def test_additions() -> None:
    additions = {"Log": {"Level": "warn"}, "EVM": [{"ChainID": "137", "FinalityDepth": 1}]}
    parsed = samples.node_settings(node_secrets=samples.secrets(rpc={**samples.RPC, "extra_config": additions}))
    assert parsed.extra == additions
    assert samples.node_settings().extra == {}
    # They wait there for a migration, or an estate has come back from one.
    waiting = samples.secrets(rpc={**samples.RPC, "extra_config": {"Database": {"URL": "canary"}}})
    assert samples.node_settings("1.13.3", waiting).extra == {}
    assert "warn" not in repr(parsed)


def test_a_1x_node_needs_no_http_url() -> None:
    parsed = samples.node_settings("1.12.0", samples.secrets(**rpc(endpoint(http_url=None))))
    assert parsed.chains[0].rpc == (settings.RpcEndpoint("primary", WS, None, False),)


def test_repr_shows_no_secret() -> None:
    shown = repr(samples.node_settings()) + repr(samples.secrets())
    assert not [canary for canary in samples.CANARIES if canary in shown]


def test_the_record_is_not_needed_as_text() -> None:
    estate_record = record.parse(samples.record_text())
    assert settings.parse(estate_record, samples.secrets()) == samples.node_settings()
