# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import keys

ADDRESS = "0x9CA9d2D5E04012C9Ed24C0e513C9bfAa4A2dD77f"


def listed(*resources: tuple[str, dict[str, Any]]) -> str:
    return json.dumps({"data": [{"type": "keys", "id": one, "attributes": more} for one, more in resources]})


def sending(chain: Any, **more: Any) -> dict[str, Any]:
    passing = {"ethBalance": "1", "linkBalance": None, "createdAt": "now", "disabled": False, "maxGasPriceWei": None}
    return {"address": ADDRESS, "evmChainID": chain, **passing, **more}


P2P = keys.Key("p2p", "12D3KooW", (), {"peerId": "p2p_12D3KooW"})
VRF = keys.Key("vrf", "0xab/c", (), {"hash": "0x1"})
WORKFLOW = keys.Key("workflow", "ab", (), {})
ETH = keys.Key("eth", ADDRESS, ("1", "5"), {"address": ADDRESS})

# (kind, answer, keys)
TEST_READ_LIST = [
    ("p2p", listed(("12D3KooW", {"peerId": "p2p_12D3KooW", "updatedAt": "now"})), [P2P]),
    ("eth", listed((ADDRESS, sending("1")), (ADDRESS, sending("5", ethBalance="2")), (ADDRESS, sending("1"))), [ETH]),
    ("eth", listed((ADDRESS, sending(1))), [keys.Key("eth", ADDRESS, ("1",), {"address": ADDRESS})]),
    ("eth", listed((f"1/{ADDRESS}", sending("1")), (f"5/{ADDRESS}", sending("5"))), [ETH]),
    ("csa", listed(("b", {}), ("a", {})), [keys.Key("csa", "a"), keys.Key("csa", "b")]),
    ("ocr", '{"data": []}', []),
    ("ocr", '{"data": null}', []),
]


@pytest.mark.parametrize(("kind", "answer", "found"), TEST_READ_LIST)
def test_read_list(kind: str, answer: str, found: list[keys.Key]) -> None:
    assert keys.read_list(kind, answer) == found


# (kind, answer, message)
TEST_NO_LIST = [
    ("ocr", "canary", "the node's list of ocr keys is no such list"),
    ("ocr", "[]", "the node's list of ocr keys is no such list"),
    ("ocr", '{"data": [{"type": "canary"}]}', "the node's list of ocr keys is no such list"),
    ("ocr", '{"data": ["canary"]}', "the node's list of ocr keys is no such list"),
    ("eth", listed((ADDRESS, {"address": "canary"})), "the node's list of eth keys is no such list"),
    ("eth", listed((ADDRESS, {"evmChainID": "1"})), "the node's list of eth keys is no such list"),
    ("eth", listed((ADDRESS, sending("1", address=""))), "the node lists a eth key without an id"),
    ("ocr", listed(("", {})), "the node lists a ocr key without an id"),
    ("ocr", listed(("a\n", {})), "the node lists a ocr key without an id"),
]


@pytest.mark.parametrize(("kind", "answer", "message"), TEST_NO_LIST)
def test_no_list(kind: str, answer: str, message: str) -> None:
    with pytest.raises(keys.KeysError) as caught:
        keys.read_list(kind, answer)
    assert str(caught.value) == message


def test_read_export() -> None:
    answer = json.dumps({"keyType": "P2P", "crypto": {"ciphertext": "canary"}})
    exported = keys.read_export(P2P, answer)
    assert (exported.key, exported.document["keyType"]) == (P2P, "P2P")
    assert "canary" not in repr(exported)


def test_read_export_of_a_vrf_key() -> None:
    # core/services/keystore/keys/vrfkey/export.go
    answer = {"PublicKey": "0xab/c", "vrf_key": {"address": "ab", "crypto": {"ciphertext": "canary"}, "version": 3}}
    assert keys.read_export(VRF, json.dumps(answer)) == keys.Exported(VRF, answer)


# (key, answer)
TEST_NO_EXPORT = [
    (P2P, "canary"),
    (P2P, "[]"),
    (P2P, "{}"),
    (P2P, '{"crypto": "canary"}'),
    (P2P, '{"vrf_key": {"crypto": {}}}'),
    (VRF, "[]"),
    (VRF, '{"crypto": {}}'),
    (VRF, '{"vrf_key": "canary"}'),
    (VRF, '{"vrf_key": {"crypto": "canary"}}'),
]


@pytest.mark.parametrize(("key", "answer"), TEST_NO_EXPORT)
def test_no_export(key: keys.Key, answer: str) -> None:
    with pytest.raises(keys.KeysError) as caught:
        keys.read_export(key, answer)
    assert str(caught.value) == f"the node's export of {key.name} is no encrypted key"


def test_paths() -> None:
    assert keys.list_path("p2p") == "/v2/keys/p2p"
    assert keys.export_path(ETH) == f"/v2/keys/eth/export/{ADDRESS}"
    assert keys.export_path(VRF) == "/v2/keys/vrf/export/0xab%2Fc"
    assert keys.import_path("eth") == "/v2/keys/eth/import"


# (key, chains of the node, query)
TEST_IMPORT_QUERY = [
    (P2P, ["1"], {"oldpassword": "x"}),
    (ETH, ["5", "1"], {"oldpassword": "x", "evmChainID": "1"}),
    (ETH, ["10", "5"], {"oldpassword": "x", "evmChainID": "5"}),
    (ETH, ["10", "11"], {"oldpassword": "x", "evmChainID": "10"}),
]


@pytest.mark.parametrize(("key", "chains", "query"), TEST_IMPORT_QUERY)
def test_import_query(key: keys.Key, chains: list[str], query: dict[str, str]) -> None:
    assert keys.import_query(key, "x", chains) == query


def test_which_kinds_are_exported() -> None:
    assert keys.exportable([P2P, WORKFLOW, ETH]) == [P2P, ETH]
    assert keys.not_exportable([P2P, WORKFLOW, ETH]) == [WORKFLOW]
    assert len(set(keys.KINDS)) == len(keys.KINDS)


EXPORTED = [keys.Exported(P2P, {}), keys.Exported(ETH, {})]
OTHER_CHAIN = keys.Key("eth", ADDRESS, ("1",), ETH.public)
OTHER = keys.Key("p2p", "12D3KooW", (), {"peerId": "p2p_other", "publicKey": ["a"]})

# (keys of the other node, problems)
TEST_UNPROVEN: list[tuple[list[keys.Key], list[str]]] = [
    ([P2P, OTHER_CHAIN, WORKFLOW, VRF], []),
    ([P2P], [f"eth {ADDRESS} is not there after its import"]),
    (
        [OTHER],
        [
            "p2p 12D3KooW is another key after its import: peerId, publicKey",
            f"eth {ADDRESS} is not there after its import",
        ],
    ),
]


@pytest.mark.parametrize(("found", "problems"), TEST_UNPROVEN)
def test_unproven(found: list[keys.Key], problems: list[str]) -> None:
    assert keys.unproven(EXPORTED, found) == problems


# (keys of the exporting node, problems)
TEST_MISSING: list[tuple[list[keys.Key], list[str]]] = [
    ([P2P, ETH, WORKFLOW], []),
    ([P2P], []),
    ([P2P, VRF, ETH], ["vrf 0xab/c is not in it"]),
]


@pytest.mark.parametrize(("now", "problems"), TEST_MISSING)
def test_missing(now: list[keys.Key], problems: list[str]) -> None:
    assert keys.missing(EXPORTED, now) == problems
