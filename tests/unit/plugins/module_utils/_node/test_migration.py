# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import migration, render
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import version
from ansible_collections.nodeops.chainlink.tests.unit import samples

TARGET = "2.9.0"
WS_URL = samples.RPC["11155111"][0]["ws_url"]
HTTP_URL = samples.RPC["11155111"][0]["http_url"]
KEPT = "the collection keeps it to itself: "
WRITE = "write it into chainlink_extra_config"
ADD = "add it there and run site.yml"
KEY = "0x" + "aB" * 20
P2P = {"port": 6690, "announce": ["198.51.100.7:6690"]}


def planned(tag: str = TARGET, additions: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    secrets = samples.secrets(rpc={**samples.RPC, "extra_config": additions or {}})
    return render.config(samples.node_settings(tag, secrets, **changes))


def differences(dumped: dict[str, Any], tag: str = TARGET, **changes: Any) -> list[tuple[str, str, str]]:
    found = migration.compare(dumped, planned(tag, **changes), version.parse(tag))
    return [(one.key, one.said, one.advice) for one in found]


def chain(**settings: Any) -> dict[str, Any]:
    """The dump of a node with one chain, which has what a single ETH_URL makes of it."""
    node = {"Name": "eth-primary-0", "WSURL": WS_URL, "HTTPURL": HTTP_URL, "SendOnly": False}
    return {"EVM": [{"ChainID": "11155111", "Nodes": [node], **settings}]}


# What the environment that the collection renders for 1.13 becomes in its dump, and what else goes without saying.
TEST_SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    (chain(), {}),
    (
        {
            "RootDir": "/home/chainlink/.chainlink",
            "Log": {"Level": "info", "JSONConsole": True, "File": {"MaxSize": "0b"}},
            "WebServer": {
                "AllowOrigins": "http://localhost:6688",
                "HTTPPort": 6688,
                "SecureCookies": False,
                "TLS": {"HTTPSPort": 0},
            },
            "Database": {"Backup": {"Mode": "none"}, "Lock": {"Enabled": True, "LeaseDuration": "10s"}},
            **chain(Enabled=True),
        },
        {},
    ),
    # Said in another way.
    ({"ShutdownGracePeriod": "5000ms", "WebServer": {"SessionTimeout": "900s"}}, {}),
    ({"WebServer": {"SessionTimeout": "15m0s"}}, {}),
    ({"evm": [{"ChainID": "11155111", "Nodes": [{"Name": "x", "WSURL": WS_URL.replace("&", "%26")}]}]}, {}),
    (
        chain(LinkContractAddress="0x" + "AB" * 20),
        {
            "chains": [
                {"network": "Ethereum-Sepolia", "chain_id": "11155111", "link_contract_address": "0x" + "ab" * 20}
            ]
        },
    ),
    # Brought along by the operator.
    (chain(FinalityDepth=70), {"additions": {"EVM": [{"ChainID": 11155111, "finalitydepth": 70}]}}),
    (chain(NoNewHeadsThreshold="3m0s"), {"additions": {"EVM": [{"ChainID": "11155111", "NoNewHeadsThreshold": "3m"}]}}),
    (
        chain(KeySpecific=[{"Key": KEY, "GasEstimator": {"PriceMax": "79 gwei"}}]),
        {
            "additions": {
                "EVM": [
                    {
                        "ChainID": "11155111",
                        "KeySpecific": [{"key": KEY.lower(), "GasEstimator": {"PriceMax": "79 gwei"}}],
                    }
                ]
            }
        },
    ),
    # A chain that is switched off, and one that nothing leads to.
    ({"EVM": [{"ChainID": "5", "Enabled": False, "Nodes": [{"Name": "goerli"}]}]}, {}),
    ({"EVM": [{"ChainID": "1", "FinalityDepth": 1}]}, {}),
    # Other nodes: V1 is off with the stack V2, and gone from 2.9 on.
    (
        {
            "Feature": {"LogPoller": True},
            "OCR": {"Enabled": True},
            "OCR2": {"Enabled": True},
            "P2P": {
                "V1": {"Enabled": False},
                "V2": {
                    "Enabled": True,
                    "AnnounceAddresses": ["198.51.100.7:6690"],
                    "ListenAddresses": ["0.0.0.0:6690"],
                },
            },
        },
        {"p2p": P2P},
    ),
]


@pytest.mark.parametrize(("dumped", "changes"), TEST_SAME)
def test_same(dumped: dict[str, Any], changes: dict[str, Any]) -> None:
    assert differences(dumped, **changes) == []


TEST_DIFFERENT: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    (
        chain(FinalityDepth=70, GasEstimator={"PriceMax": "200 gwei"}),
        {},
        [
            ("EVM.11155111.FinalityDepth", "is 70 now and would be the release's default", WRITE),
            ("EVM.11155111.GasEstimator.PriceMax", "is '200 gwei' now and would be the release's default", WRITE),
        ],
    ),
    (
        chain(FinalityDepth=70),
        {"additions": {"EVM": [{"ChainID": "11155111", "FinalityDepth": 50}]}},
        [("EVM.11155111.FinalityDepth", "is 70 now and would be 50", WRITE)],
    ),
    # 1 and true are equal to Python, and not to the node.
    (
        {"Feature": {"LogPoller": 1}},
        {"additions": {"Feature": {"LogPoller": True}}},
        [("Feature.LogPoller", "is 1 now and would be true", WRITE)],
    ),
    # What a 1.x node is told of single keys (keys eth update --maxGasPriceGwei) is in its database alone.
    (
        chain(KeySpecific=[{"Key": KEY, "GasEstimator": {"PriceMax": "79 gwei"}}]),
        {},
        [
            (
                f"EVM.11155111.KeySpecific.{KEY}.GasEstimator.PriceMax",
                "is '79 gwei' now and would be the release's default",
                WRITE,
            )
        ],
    ),
    (
        chain(KeySpecific=[{"Key": KEY, "GasEstimator": {"PriceMax": "79 gwei"}}]),
        {
            "additions": {
                "EVM": [
                    {
                        "ChainID": "11155111",
                        "KeySpecific": [
                            {"Key": "0x" + "1" * 40, "GasEstimator": {"PriceMax": "79 gwei"}},
                            {"Key": KEY.lower(), "GasEstimator": {"PriceMax": "80 gwei"}},
                        ],
                    }
                ]
            }
        },
        [(f"EVM.11155111.KeySpecific.{KEY}.GasEstimator.PriceMax", "is '79 gwei' now and would be '80 gwei'", WRITE)],
    ),
    # Tables that nothing is known of go by their place.
    (
        {"Somewhere": {"Else": [{"One": 1}, {"One": 2}]}},
        {"additions": {"Somewhere": {"Else": [{"One": 1}]}}},
        [("Somewhere.Else.2.One", "is 2 now and would be the release's default", WRITE)],
    ),
    (
        {"EVM": [{"ChainID": "5", "Nodes": [{"Name": "goerli"}]}]},
        {},
        [("EVM.5", "is a chain of the running node that chainlink_chains does not have", ADD)],
    ),
    (
        {"EVM": [{"ChainID": "11155111", "Nodes": [{"Name": "old", "WSURL": "wss://canary.test"}]}]},
        {},
        [("EVM.11155111.Nodes.old", "is an RPC endpoint of the running node that chainlink_chains does not have", ADD)],
    ),
    # Of the same name, and another provider; a URL is never shown.
    (
        {
            "EVM": [
                {"ChainID": "11155111", "Nodes": [{"Name": "primary", "WSURL": "wss://canary.test", "SendOnly": True}]}
            ]
        },
        {},
        [
            (
                "EVM.11155111.Nodes.primary.WSURL",
                "is (hidden) now and would be (hidden)",
                KEPT + "they stand in chainlink_chains, as rpc",
            ),
            (
                "EVM.11155111.Nodes.primary.SendOnly",
                "is true now and would be the release's default",
                KEPT + "they stand in chainlink_chains, as rpc",
            ),
        ],
    ),
    (
        {"Database": {"Backup": {"Mode": "full"}}},
        {},
        [
            (
                "Database.Backup.Mode",
                "is 'full' now and would be 'none'",
                KEPT + "snapshots of the cluster are the backup; pg_dump would stop an upgrade",
            )
        ],
    ),
    (
        {
            "Solana": [{"ChainID": "mainnet", "Nodes": [{"Name": "a"}]}],
            "Sentry": {"DSN": "https://canary@sentry.test/1"},
        },
        {},
        [
            (
                "Solana.mainnet",
                "is a chain of the running node that chainlink_extra_config does not have",
                "write it there",
            ),
            ("Sentry.DSN", "is (hidden) now and would be the release's default", WRITE),
        ],
    ),
    (
        {"AuditLogger": {"Headers": ["Authorization: canary"]}},
        {},
        [("AuditLogger.Headers", "is (hidden) now and would be the release's default", WRITE)],
    ),
]


@pytest.mark.parametrize(("dumped", "changes", "expected"), TEST_DIFFERENT)
def test_different(dumped: dict[str, Any], changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = differences(dumped, **changes)
    assert found == expected
    assert [word for word in (*samples.CANARIES, "canary") if word in json.dumps(found)] == []


def test_v1_of_p2p_is_on_by_default_up_to_2_6() -> None:
    dumped = {"P2P": {"V1": {"Enabled": False}}}
    assert differences(dumped, "2.6.0") == [
        ("P2P.V1.Enabled", "is false now and would be the release's default", WRITE)
    ]
    assert differences(dumped, "2.7.0") == []


# (dropped, keys of what is left to decide)
TEST_DROPPED: list[tuple[list[str], list[str]]] = [
    ([], ["EVM.11155111.FinalityDepth", "EVM.5"]),
    (["EVM.11155111.FinalityDepth"], ["EVM.5"]),
    (["evm.11155111", "EVM.5"], []),
    (["EVM"], []),
    (["EVM.1", "EVM.11155111.Finality"], ["EVM.11155111.FinalityDepth", "EVM.5"]),
]


@pytest.mark.parametrize(("dropped", "left"), TEST_DROPPED)
def test_dropped(dropped: list[str], left: list[str]) -> None:
    dumped = chain(FinalityDepth=70)
    dumped["EVM"].append({"ChainID": "5", "Nodes": [{"Name": "goerli"}]})
    found = migration.compare(dumped, planned(), version.parse(TARGET))
    assert [message.partition(" ")[0] for message in migration.undecided(found, dropped)] == left
    assert [one.key for one in found if not migration.is_dropped(one, dropped)] == left


def test_an_undecided_difference_says_what_to_do() -> None:
    found = migration.compare(chain(FinalityDepth=70), planned(), version.parse(TARGET))
    assert migration.undecided(found, []) == [
        "EVM.11155111.FinalityDepth is 70 now and would be the release's default; write it into "
        "chainlink_extra_config, or name it in estate_migration_dropped"
    ]


def test_strange_names() -> None:
    image = ["PATH=/usr/bin", "CL_MEDIAN_CMD=chainlink-feeds"]
    docker = ["PATH", "HOSTNAME", "HOME", "HTTPS_PROXY", "no_proxy"]
    assert migration.strange_names([*docker, "CL_MEDIAN_CMD"], image) == []
    assert migration.strange_names(["ROOT", "LOG_LEVEL", "ROOT", "HOME"], image) == ["LOG_LEVEL", "ROOT"]
