# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import extra

CHAINS = ["11155111", "80002"]
LOGS = "logs go to CloudWatch Logs as JSON from the console, and there alone"
PORT = "the container, its firewall and its health checks know the node by it"
SECRET = "it belongs in secrets.toml, which holds what AWS Secrets Manager has for the node and nothing else"
PAIR = "both nodes of the estate and its operations rely on it"

# (additions, problems)
TEST_PROBLEMS: list[tuple[Any, list[str]]] = [
    ({}, []),
    ({"Log": {"Level": "warn", "UnixTS": True}, "JobPipeline": {"MaxRunDuration": "1h"}}, []),
    ({"EVM": [{"ChainID": "11155111", "FinalityDepth": 50, "GasEstimator": {"Mode": "FeeHistory"}}]}, []),
    ({"EVM": [{"ChainID": 11155111}, {"chainid": "80002"}]}, []),
    ({"Solana": [{"ChainID": "mainnet", "Nodes": [{"Name": "a", "URL": "https://sol.test"}]}]}, []),
    ("text", ["is not a table of keys"]),
    ({"RootDir": "/tmp"}, ["RootDir cannot be set here: the container has this one directory that can be written"]),
    (
        {"Log": {"JSONConsole": False, "File": {"Dir": "/x", "MaxSize": "1gb"}}},
        [
            f"Log.JSONConsole cannot be set here: {LOGS}",
            f"Log.File.Dir cannot be set here: {LOGS}",
            f"Log.File.MaxSize cannot be set here: {LOGS}",
        ],
    ),
    # The node does not mind how keys are written.
    ({"wEbSeRvEr": {"tls": {"httpsport": 1}}}, [f"wEbSeRvEr.tls.httpsport cannot be set here: {PORT}"]),
    ({"WebServer": {"HTTPPort": 1, "ListenIP": ""}}, [
        f"WebServer.HTTPPort cannot be set here: {PORT}",
        f"WebServer.ListenIP cannot be set here: {PORT}",
    ]),
    ({"Database": {"Lock": {}}}, [f"Database.Lock cannot be set here: {PAIR}"]),
    ({"Database": {"Lock": {"Enabled": False}}}, [f"Database.Lock.Enabled cannot be set here: {PAIR}"]),
    (
        {
            "Database": {"URL": "postgresql://a:canary@b/c", "Backup": {"Mode": "full"}},
            "Password": {"Keystore": "canary"},
        },
        [
            f"Database.URL cannot be set here: {SECRET}",
            "Database.Backup.Mode cannot be set here: snapshots of the cluster are the backup; pg_dump would stop an "
            "upgrade",
            f"Password.Keystore cannot be set here: {SECRET}",
        ],
    ),
    ({"Password": "canary"}, [f"Password cannot be set here: {SECRET}"]),
    ({"Password": []}, [f"Password cannot be set here: {SECRET}"]),
    (
        {"Insecure": [{"DevWebServer": True}]},
        ["Insecure.DevWebServer cannot be set here: the official images refuse it"],
    ),
    ({"Log": "canary"}, ["Log must be a table"]),
    ({"Log": [{"Level": "warn"}]}, ["Log must be a table"]),
    ({"P2P": {"V2": 5}}, ["P2P.V2 must be a table"]),
    (
        {"Log": {"Level": "DEBUG"}},
        ["Log.Level cannot be below info: the node would log its configuration, RPC URLs included"],
    ),
    (
        {"EVM": [{"ChainID": "80002", "Nodes": [{"Name": "canary"}], "LinkContractAddress": "0x", "Enabled": False}]},
        [
            "EVM.Nodes.Name cannot be set here: they stand in chainlink_chains, as rpc",
            "EVM.LinkContractAddress cannot be set here: it stands in chainlink_chains, as link_contract_address",
            "EVM.Enabled cannot be set here: remove the chain from chainlink_chains instead",
        ],
    ),
    ({"EVM": {"ChainID": "80002"}}, ["EVM must be written as [[EVM]], once for each chain, with the chain's ChainID"]),
    ({"EVM": "x"}, ["EVM must be written as [[EVM]], once for each chain, with the chain's ChainID"]),
    (
        {"EVM": [{"FinalityDepth": 1}]},
        ['EVM.ChainID is missing in a [[EVM]]; write the id of the chain, as in "11155111"'],
    ),
    (
        {"EVM": [{"ChainID": True}]},
        ['EVM.ChainID is missing in a [[EVM]]; write the id of the chain, as in "11155111"'],
    ),
    ({"EVM": [{"ChainID": "1"}]}, ["EVM.ChainID '1' is no chain of chainlink_chains (11155111, 80002)"]),
    (
        {"EVM": [{"ChainID": "80002"}, {"ChainID": 80002}]},
        ["EVM.ChainID 80002 stands there more than once; write one [[EVM]] for each chain"],
    ),
    (
        {"Log": {"Level": "warn", "level": "info"}},
        ["Log.level is Level to the node, which stands there too; write one"],
    ),
    ({"A": {"x\n.y": datetime.date(2026, 1, 1)}}, [
        "A.'x\\n.y' is a date, a time or of another type that the node has no use for",
    ]),
    ({"A": [float("nan")], "B": float("inf")}, ["A is not a finite number", "B is not a finite number"]),
    ({"A": 2**63}, ["A is a number beyond 64 bits; write it as text where the node takes text"]),
    ({"A": "\ud800"}, ["A is not valid Unicode text"]),
    ({1: 2}, ["it has a key that is no text"]),
    ({"A": [[[[[[[[[[[[1]]]]]]]]]]]]}, ["A is nested too deeply"]),
]  # fmt: skip


@pytest.mark.parametrize(("additions", "problems"), TEST_PROBLEMS)
def test_problems(additions: Any, problems: list[str]) -> None:
    found = extra.problems(additions, CHAINS)
    assert found == problems
    assert "canary" not in " ".join(found)


@pytest.mark.parametrize("path", extra.OWNED, ids=".".join)
def test_every_owned_key_is_refused_in_any_spelling(path: tuple[str, ...]) -> None:
    for spelled in (path, tuple(key.lower() for key in path), tuple(key.upper() for key in path)):
        value: Any = 1
        for key in reversed(spelled):
            value = {key: value}
        if path[0] == extra.CHAINS:
            value = {spelled[0]: [{"ChainID": "80002", **value[spelled[0]]}]}
        (problem,) = extra.problems(value, CHAINS)
        assert problem == f"{'.'.join(spelled)} cannot be set here: {extra.OWNED[path]}"


def test_chains_that_are_not_known_are_left_alone_where_nobody_says_which_there_are() -> None:
    assert extra.problems({"EVM": [{"ChainID": "1"}]}, None) == []


RENDERED: dict[str, Any] = {
    "RootDir": "/root",
    "Log": {"Level": "info", "JSONConsole": True, "File": {"MaxSize": "0b"}},
    "EVM": [
        {"ChainID": "11155111", "Nodes": [{"Name": "a"}]},
        {"ChainID": "80002", "LinkContractAddress": "0x", "Nodes": [{"Name": "b"}]},
    ],
}

# (additions, what becomes of the rendered configuration)
TEST_MERGE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, RENDERED),
    (
        {"log": {"LEVEL": "warn", "UnixTS": True}, "Feature": {"LogPoller": True}},
        {
            **RENDERED,
            "Log": {"Level": "warn", "JSONConsole": True, "File": {"MaxSize": "0b"}, "UnixTS": True},
            "Feature": {"LogPoller": True},
        },
    ),
    (
        {
            "EVM": [
                {"ChainID": 80002, "FinalityDepth": 9, "GasEstimator": {"Mode": "FeeHistory"}},
                {"ChainID": "1", "FinalityDepth": 1},
            ]
        },
        {
            **RENDERED,
            "EVM": [
                RENDERED["EVM"][0],
                {**RENDERED["EVM"][1], "FinalityDepth": 9, "GasEstimator": {"Mode": "FeeHistory"}},
            ],
        },
    ),
]


@pytest.mark.parametrize(("additions", "merged"), TEST_MERGE)
def test_merge(additions: dict[str, Any], merged: dict[str, Any]) -> None:
    before = copy.deepcopy((RENDERED, additions))
    assert extra.merge(RENDERED, additions) == merged
    assert (RENDERED, additions) == before


def test_texts() -> None:
    assert list(extra.texts({"a": ["x", {"b": "y", "c": 1}], "d": "z"})) == ["x", "y", "z"]
