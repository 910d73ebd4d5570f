# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import export, keys, recipient
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import alone, api
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_escrow
from ansible_collections.nodeops.chainlink.tests.unit import samples

WRITE = f"write the public key that age-keygen prints, such as {recipient.EXAMPLE}"
PASSWORD = "master-canary-0123456789"
ETH = keys.Key("eth", "0x9C", ("11155111",), {"address": "0x9C"})
WORKFLOW = keys.Key("workflow", "aa", (), {"publicKey": "aa"})
TOLD = {
    "keys": [{"kind": "eth", "id": "0x9C", "chains": ["11155111"]}],
    "not_exported": [{"kind": "workflow", "id": "aa"}],
}


class Escrow:
    """What the module does, in its order; .fails is what it fails with, .left what was left."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.left: list[str] = []
        self.fails: Exception | None = None

    def look(self, order: export.Order) -> export.Done:
        return self._do("look", order)

    def export(self, order: export.Order, cleaning: Callable[[], None]) -> export.Done:
        cleaning()
        return self._do("export", order, "ciphertext")

    def clean(self, order: export.Order) -> list[str]:
        self.done.append("clean")
        return self.left

    def left_over(self, order: export.Order) -> list[str]:
        self.done.append("left over")
        return self.left

    def _do(self, name: str, order: export.Order, text: str = "") -> export.Done:
        self.done.append(name)
        assert (order.settings.estate, order.master.password) == ("oracle", PASSWORD)
        assert (order.url, order.recipient) == ("http://127.0.0.1:6688", recipient.EXAMPLE)
        if self.fails:
            raise self.fails
        return export.Done([ETH], [WORKFLOW], text)


@pytest.fixture
def escrow(monkeypatch: pytest.MonkeyPatch, instance: Any) -> Escrow:
    made = Escrow()
    monkeypatch.setattr(chainlink_escrow, "InstanceMetadata", lambda: instance)
    monkeypatch.setattr(chainlink_escrow, "client", instance.client)
    for name in ("look", "export", "clean", "left_over"):
        monkeypatch.setattr(export, name, getattr(made, name))
    return made


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {
        "estate": "oracle",
        "recipient": recipient.EXAMPLE,
        "login_user": "master",
        "login_password": PASSWORD,
        "timeout": 0,
        "directory": str(tmp_path / "escrow"),
    }


def run(run_module: Any, options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = run_module(chainlink_escrow.main, options, check_mode)
    assert [canary for canary in (PASSWORD, *samples.CANARIES) if canary in answer["output"]] == []
    return answer


def test_exported(run_module: Any, escrow: Escrow, options: dict[str, Any]) -> None:
    answer = run(run_module, options)
    assert (answer["rc"], answer["changed"], answer["ciphertext"]) == (0, False, "ciphertext")
    assert {name: answer[name] for name in TOLD} == TOLD
    assert escrow.done == ["clean", "export"]


def test_check_mode_only_looks(run_module: Any, escrow: Escrow, options: dict[str, Any]) -> None:
    answer = run(run_module, options, check_mode=True)
    assert (answer["rc"], answer["changed"], "ciphertext" in answer) == (0, False, False)
    assert {name: answer[name] for name in TOLD} == TOLD
    assert escrow.done == ["look"]


# (check mode, what is left, what is done)
TEST_ABSENT: list[tuple[bool, list[str], list[str]]] = [
    (False, [], ["clean"]),
    (False, ["container chainlink-escrow"], ["clean"]),
    (True, ["container chainlink-escrow"], ["left over"]),
]


@pytest.mark.parametrize(("check_mode", "left", "done"), TEST_ABSENT)
def test_absent(
    run_module: Any, escrow: Escrow, options: dict[str, Any], check_mode: bool, left: list[str], done: list[str]
) -> None:
    del options["recipient"]
    escrow.left = left
    answer = run(run_module, {**options, "state": "absent"}, check_mode)
    assert (answer["rc"], answer["changed"], answer["removed"]) == (0, bool(left), left)
    assert escrow.done == done


# (options, message)
TEST_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"recipient": "age1"}, "the recipient has 4 characters, and a public key of age has 62; copy it whole"),
    ({"recipient": "alias/escrow"}, f"the recipient is no public key of age; {WRITE}"),
]


@pytest.mark.parametrize(("given", "message"), TEST_REFUSED)
def test_refused(run_module: Any, escrow: Escrow, options: dict[str, Any], given: dict[str, Any], message: str) -> None:
    answer = run(run_module, {**options, **given})
    assert (answer["rc"], answer["msg"], escrow.done) == (1, message, [])


# (what fails, message)
TEST_FAILS: list[tuple[Exception, str]] = [
    (export.EscrowError(["eth 0x9C is not there", "and more"]), "eth 0x9C is not there; and more"),
    (api.ApiError("the node does not answer"), "the node does not answer"),
    (FileNotFoundError(2, "No such file or directory", "/run"), "/run: No such file or directory"),
]


@pytest.mark.parametrize(("error", "message"), TEST_FAILS)
def test_fails(run_module: Any, escrow: Escrow, options: dict[str, Any], error: Exception, message: str) -> None:
    escrow.fails = error
    answer = run(run_module, options)
    assert (answer["rc"], answer["msg"]) == (1, message)


def test_one_at_a_time(run_module: Any, escrow: Escrow, options: dict[str, Any]) -> None:
    with alone.alone(f"{options['directory']}.lock"):
        answer = run(run_module, options)
    assert (answer["rc"], "another export runs on this host" in answer["msg"], escrow.done) == (1, True, [])


def test_a_record_that_cannot_be_read(run_module: Any, escrow: Escrow, options: dict[str, Any], instance: Any) -> None:
    instance.record = "{"
    answer = run(run_module, options)
    assert (answer["rc"], "the estate record is not JSON" in answer["msg"]) == (1, True)
