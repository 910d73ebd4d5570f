# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import (
    age,
    database,
    export,
    runner,
    throwaway,
)
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import api
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings
from ansible_collections.nodeops.chainlink.tests.unit import samples

from .fake_node import FakeNode

ADDRESS = "0x9CA9d2D5E04012C9Ed24C0e513C9bfAa4A2dD77f"
MASTER = database.Master("master", "canary-of-the-master")
WORKFLOW = {"workflow": {"aa": {"publicKey": "aa"}}}


def kinds(**more: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    return {"eth": {}, "csa": {}, "p2p": {}, "ocr": {}, **more}


class World:
    """The node that serves, the throw-away node, and what was done to database, container and text."""

    def __init__(self) -> None:
        eth = {ADDRESS: {"address": ADDRESS, "evmChainID": "11155111", "ethBalance": "1"}}
        self.active = FakeNode(
            samples.API_PASSWORD,
            kinds(eth=eth, csa={"cc": {"publicKey": "csa_cc"}}, p2p={"pp": {"peerId": "p2p_pp"}}, **WORKFLOW),
        )
        self.other = FakeNode("", kinds(csa={"own": {"publicKey": "csa_own"}}, **{"workflow": {}}))
        self.done: list[str] = []
        self.text = ""
        self.fails: dict[str, Exception] = {}

    def do(self, name: str) -> None:
        self.done.append(name)
        if name in self.fails:
            raise self.fails[name]

    def close(self) -> None:
        self.active.close()
        self.other.close()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()

    @contextlib.contextmanager
    def node(settings: NodeSettings, directory: str, seconds: float) -> Iterator[str]:
        assert (directory, seconds) == ("/run/somewhere", 5)
        assert throwaway.is_name(settings.database.name)
        made.other.password = settings.api_password
        made.do("run")
        yield made.other.url

    def encrypt(text: str, recipient: str) -> str:
        made.do("encrypt")
        made.text = text
        return f"for {recipient}"

    monkeypatch.setattr(runner, "node", node)
    monkeypatch.setattr(runner, "left", lambda directory: [])
    monkeypatch.setattr(runner, "remove", lambda directory: made.do("remove container"))
    monkeypatch.setattr(database, "create", lambda place, master, one: made.do("create"))
    monkeypatch.setattr(database, "remove", lambda place, master: made.do("remove database") or [])
    monkeypatch.setattr(age, "encrypt", encrypt)
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 0)
    yield made
    made.close()


def order(world: World) -> export.Order:
    return export.Order(samples.node_settings(), MASTER, "age1someone", world.active.url, "/run/somewhere", 5)


def names(found: Any) -> list[str]:
    return [key.name for key in found]


KEYS = [f"eth {ADDRESS}", "p2p pp", "csa cc"]
CLEAN = ["cleaning", "remove container", "remove database"]


def test_look(world: World) -> None:
    found = export.look(order(world))
    assert (names(found.exported), names(found.left), found.text) == (KEYS, ["workflow aa"], "")
    assert (world.done, world.active.sign_ins, world.active.sessions) == ([], 1, set())
    assert {method for method, path in world.active.asked if path != "/sessions"} == {"GET"}


def test_export(world: World) -> None:
    found = export.export(order(world), lambda: world.done.append("cleaning"))
    assert (names(found.exported), names(found.left), found.text) == (KEYS, ["workflow aa"], "for age1someone")
    assert world.done == ["create", "run", *CLEAN, "encrypt"]
    assert (world.active.sign_ins, world.active.sessions, world.other.sessions) == (1, set(), set())
    document = json.loads(world.text)
    assert [(key["kind"], key["id"]) for key in document["keys"]] == [("eth", ADDRESS), ("p2p", "pp"), ("csa", "cc")]
    assert {document["password"]} == world.active.transport
    assert samples.KEYSTORE_PASSWORD not in world.text
    assert "for" not in repr(found)


def test_every_export_has_its_own_password(world: World) -> None:
    for _ in range(2):
        export.export(order(world), lambda: None)
        for kind in world.other.keys.values():
            kind.clear()
    assert len(world.active.transport) == 2


def fails(world: World) -> str:
    with pytest.raises(export.FAILURES) as caught:
        export.export(order(world), lambda: world.done.append("cleaning"))
    assert "canary" not in str(caught.value)
    assert "encrypt" not in world.done
    return str(caught.value)


def test_a_key_that_is_not_exported(world: World) -> None:
    world.active.faults = {("POST", "/v2/keys/p2p/export/pp"): 500, ("POST", f"/v2/keys/eth/export/{ADDRESS}"): 403}
    assert fails(world) == (
        f"the node does not export eth {ADDRESS} (HTTP status 403); the node does not export p2p pp (HTTP status 500)"
    )
    assert world.done == []


def test_a_key_that_is_not_imported(world: World) -> None:
    world.other.faults = {("POST", "/v2/keys/p2p/import"): 500, ("POST", "/v2/keys/csa/import"): 404}
    assert fails(world) == ("p2p pp cannot be imported (HTTP status 500); csa cc cannot be imported (HTTP status 404)")
    assert world.done == ["create", "run", *CLEAN]


def test_a_key_that_is_another_after_its_import(world: World) -> None:
    import_key = world.other._keys

    def other_key(parts: list[str], query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        answer = import_key(parts, query, body)
        if parts == ["p2p", "import"]:
            world.other.keys["p2p"]["pp"] = {"peerId": "p2p_other"}
        return answer

    world.other._keys = other_key  # type: ignore[method-assign]
    assert fails(world) == "p2p pp is another key after its import: peerId"


def test_a_throwaway_node_that_has_a_key_before(world: World) -> None:
    world.other.keys["csa"]["cc"] = {"publicKey": "csa_cc"}
    assert fails(world) == ("the throw-away node had csa cc before; csa cc cannot be imported (HTTP status 500)")


def test_a_key_that_comes_meanwhile(world: World) -> None:
    def clean() -> None:
        world.active.keys["ocr"]["new"] = {}

    with pytest.raises(export.EscrowError, match=r"^ocr new is not in it; it came while the others were exported"):
        export.export(order(world), clean)
    assert "encrypt" not in world.done


def test_a_node_that_does_not_list(world: World) -> None:
    world.active.faults = {("GET", "/v2/keys/csa"): 500}
    assert fails(world) == "the node does not list its csa keys (HTTP status 500)"


# (what fails, how, message, what is done)
TEST_CLEANED: list[tuple[dict[str, Exception], str, list[str]]] = [
    ({"create": database.DatabaseError("no room")}, "no room", ["create", *CLEAN]),
    ({"run": runner.RunnerError("it ended")}, "it ended", ["create", "run", *CLEAN]),
    (
        {"run": runner.RunnerError("it ended"), "remove database": database.DatabaseError("it is gone")},
        "it ended; something of the throw-away node is left: it is gone",
        ["create", "run", *CLEAN],
    ),
    (
        {"remove container": runner.RunnerError("no docker")},
        "something of the throw-away node is left: no docker",
        ["create", "run", *CLEAN],
    ),
]


@pytest.mark.parametrize(("failing", "message", "done"), TEST_CLEANED)
def test_whatever_fails_is_cleaned_up(
    world: World, failing: dict[str, Exception], message: str, done: list[str]
) -> None:
    world.fails = failing
    assert fails(world) == message
    assert world.done == done


def test_a_signal_is_cleaned_up_too(world: World) -> None:
    world.fails = {"run": SystemExit(143)}  # type: ignore[dict-item]
    with pytest.raises(SystemExit):
        export.export(order(world), lambda: world.done.append("cleaning"))
    assert world.done == ["create", "run", *CLEAN]
