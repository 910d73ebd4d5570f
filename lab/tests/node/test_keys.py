# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys: listed, created, exported and imported by the node's own interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from chainlink_stand_in import key_kinds, keystore
from chainlink_stand_in.versions import Version
from node_workshop import CHAIN, ROLE, Answer, NodeDatabase, NodeProcess, Server, Workshop

TRANSPORT = "canary-of-the-transport"


def post(node: NodeProcess, path: str, cookie: dict[str, str], document: Any = None) -> Answer:
    answer = node.ask(path, "POST", document, cookie)
    assert answer is not None
    return answer


def listed(node: NodeProcess, kind: str, cookie: dict[str, str]) -> list[dict[str, Any]]:
    return list(node.get(f"/v2/keys/{kind}", **cookie).json()["data"])


def named(key: dict[str, Any]) -> str:
    """What export takes: a sending key's address, which is not its id in every release, or the id."""
    return str(key["attributes"].get("address", key["id"]))


# (release, kinds that its interface has, kinds that it has not)
TEST_KINDS = [
    ("1.12.0", ("csa", "eth", "evm", "p2p", "ocr", "ocr2", "vrf", "terra"), ("workflow", "aptos")),
    ("2.9.0", ("csa", "eth", "evm", "p2p", "ocr", "ocr2", "vrf", "dkgsign"), ("workflow", "terra")),
    ("2.46.0", ("csa", "eth", "evm", "p2p", "ocr", "ocr2", "vrf", "aptos", "workflow"), ("terra", "dkgsign")),
]


@pytest.mark.parametrize(("version", "there", "absent"), TEST_KINDS)
def test_kinds_by_release(workshop: Workshop, version: str, there: tuple[str, ...], absent: tuple[str, ...]) -> None:
    start = workshop.environment_node if version.startswith("1.") else workshop.toml_node
    node = start(version).wait_active()
    assert node.get("/v2/keys/csa").status == 401
    cookie = node.login()
    assert [node.get(f"/v2/keys/{kind}", **cookie).status for kind in there] == [200] * len(there)
    assert [node.get(f"/v2/keys/{kind}", **cookie).status for kind in absent] == [404] * len(absent)


# (release, what stands before the address in a sending key's id)
TEST_SENDING_KEY_ID = [("1.13.3", ""), ("2.9.0", ""), ("2.29.0", f"{CHAIN}/"), ("2.46.0", f"{CHAIN}/")]


@pytest.mark.parametrize(("version", "before"), TEST_SENDING_KEY_ID)
def test_id_of_a_sending_key(workshop: Workshop, version: str, before: str) -> None:
    start = workshop.environment_node if version.startswith("1.") else workshop.toml_node
    node = start(version).wait_active()
    cookie = node.login()
    [key] = listed(node, "eth", cookie)
    assert key["id"] == before + key["attributes"]["address"]
    # Export knows no id but the address.
    found = [
        post(node, f"/v2/keys/eth/export/{quote(one, safe='')}?newpassword={TRANSPORT}", cookie).status
        for one in (f"{CHAIN}/{named(key)}", named(key))
    ]
    assert found == [404, 200]


def test_what_a_workflow_key_lacks(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    cookie = node.login()
    [key] = listed(node, "workflow", cookie)
    assert post(node, f"/v2/keys/workflow/export/{key['id']}?newpassword={TRANSPORT}", cookie).status == 404


@pytest.fixture
def other(server: Server, workshop: Workshop) -> Any:
    """A second workshop with a database of its own."""
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE node_other OWNER {ROLE}")
    database = NodeDatabase(server, "node_other")
    directory = workshop.directory / "other"
    Path(directory).mkdir()
    shop = Workshop(directory, database, workshop.ethereum)
    yield shop
    shop.finish()
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE node_other WITH (FORCE)")
    connection.close()


@pytest.mark.parametrize(("version", "created"), [("1.13.3", 201), ("2.46.0", 200)])
def test_a_key_goes_from_one_node_to_another(workshop: Workshop, other: Workshop, version: str, created: int) -> None:
    def start(shop: Workshop) -> NodeProcess:
        return (shop.environment_node if version.startswith("1.") else shop.toml_node)(version).wait_active()

    old, new = start(workshop), start(other)
    at_old, at_new = old.login(), new.login()
    for path in ("p2p", "ocr", "ocr2/evm", "vrf"):
        assert post(old, f"/v2/keys/{path}", at_old).status == 200
    for kind in ("csa", "eth", "p2p", "ocr", "ocr2", "vrf"):
        [key] = listed(old, kind, at_old)
        exported = post(old, f"/v2/keys/{kind}/export/{named(key)}?newpassword={TRANSPORT}", at_old)
        encrypted = exported.json()["vrf_key"] if kind == "vrf" else exported.json()
        assert (exported.status, "crypto" in encrypted) == (200, True)
        wrong = post(new, f"/v2/keys/{kind}/import?oldpassword=wrong", at_new, exported.json())
        assert (wrong.status, "could not decrypt key with given password" in wrong.text) == (500, True)
        where = f"/v2/keys/{kind}/import?oldpassword={TRANSPORT}&evmChainID={CHAIN}"
        imported = post(new, where, at_new, exported.json())
        assert imported.status == (created if kind == "eth" else 200), imported.text
        assert imported.json()["data"]["id"] == key["id"]
        again = post(new, where, at_new, exported.json())
        assert (again.status, f"key with ID {named(key)} already exists" in again.text) == (500, True)
        [same] = [one for one in listed(new, kind, at_new) if one["id"] == key["id"]]
        public = {n: v for n, v in key["attributes"].items() if not n.endswith("At")}
        assert {n: v for n, v in same["attributes"].items() if n in public} == public
    assert TRANSPORT not in old.text() + new.text()


def test_what_is_refused(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    cookie = node.login()
    unknown = post(node, f"/v2/keys/p2p/export/nobody?newpassword={TRANSPORT}", cookie)
    assert (unknown.status, "unable to find P2P key with id nobody" in unknown.text) == (500, True)
    assert "can only have 1 CSA key" in post(node, "/v2/keys/csa", cookie).text
    [csa] = listed(node, "csa", cookie)
    exported = post(node, f"/v2/keys/csa/export/{csa['id']}?newpassword={TRANSPORT}", cookie).json()
    assert post(node, f"/v2/keys/p2p/import?oldpassword={TRANSPORT}", cookie, exported).status == 500
    [eth] = listed(node, "eth", cookie)
    exported = post(node, f"/v2/keys/eth/export/{named(eth)}?newpassword={TRANSPORT}", cookie).json()
    strange = post(node, f"/v2/keys/eth/import?oldpassword={TRANSPORT}&evmChainID=5", cookie, exported)
    assert (strange.status, "chain id does not match" in strange.text) == (500, True)


def test_keys_outlive_a_restart(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    cookie = node.login()
    made = post(node, "/v2/keys/vrf", cookie).json()["data"]["id"]
    assert node.stop() == 0
    node = workshop.toml_node().wait_active()
    assert [key["id"] for key in listed(node, "vrf", node.login())] == [made]


def test_the_command_line_imports(workshop: Workshop) -> None:
    node = workshop.toml_node().wait_active()
    url = f"--remote-node-url=http://127.0.0.1:{node.port}"
    password = str(workshop.file("transport", TRANSPORT + "\n"))
    words = ("keys", "vrf", "import", "-p", password)
    ring = key_kinds.by_path("vrf", Version.parse("2.46.0"))
    assert ring is not None
    document = ring.document("", ring.new(), keystore.encrypt({"key": ring.new()}, ring.prefix + TRANSPORT))
    file = str(workshop.file("vrf.json", json.dumps(document)))
    assert "401" in workshop.call("2.46.0", url, *words, file).stderr
    assert workshop.call("2.46.0", url, "admin", "login", "-f", str(workshop.api_file())).returncode == 0
    assert "Must pass the filepath" in workshop.call("2.46.0", url, *words).stderr
    assert "Imported key" in workshop.call("2.46.0", url, *words, file).stdout
    assert "already exists" in workshop.call("2.46.0", url, *words, file).stderr
