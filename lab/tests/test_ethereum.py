# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint's names and its control, without a container."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nodeops_lab import ethereum
from nodeops_lab.certificates import endpoint_names
from nodeops_lab.errors import LabError
from nodeops_lab.operator_files import operator_variables
from nodeops_lab.settings import LAB_DIRECTORY, LabSettings


class Settings(LabSettings):
    """A lab whose state lies in a test's directory."""

    directory: Path

    @property
    def state_directory(self) -> Path:
        return self.directory


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabSettings:
    monkeypatch.setattr(Settings, "directory", tmp_path, raising=False)
    return Settings()


def follow(settings: LabSettings, stop: threading.Event) -> None:
    """Be the container: tell the generation of the control file."""
    directory = settings.state_directory / ethereum.DIRECTORY
    while not stop.is_set():
        generation = json.loads((directory / "control.json").read_text())["generation"]
        draft = directory / "draft"
        draft.write_text(json.dumps({"generation": generation}))
        draft.replace(directory / "status.json")
        time.sleep(0.02)


@pytest.fixture
def followed(settings: LabSettings) -> Iterator[LabSettings]:
    ethereum.prepare(settings)
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(settings, stop), daemon=True)
    thread.start()
    while not (settings.state_directory / ethereum.DIRECTORY / "status.json").exists():
        time.sleep(0.01)
    yield settings
    stop.set()
    thread.join()


def control(settings: LabSettings) -> dict[str, object]:
    document: dict[str, object] = json.loads((settings.state_directory / "ethereum" / "control.json").read_text())
    return document


def test_every_call_is_a_new_generation_that_the_container_follows(followed: LabSettings) -> None:
    ethereum.fail(followed, "http_500", chain_id=1, transport="ws")
    assert ethereum.faults(followed) == {"1": {"mode": "http_500", "transport": "ws", "chain_id": 1}}
    ethereum.fail(followed, "wrong_chain_id", reported_chain_id=5)
    assert set(ethereum.faults(followed)) == {"1", "*"}
    ethereum.set_balance(followed, "0xAB", wei=5)
    ethereum.set_balance(followed, "0xAB", juels=6)
    ethereum.set_block_seconds(followed, 0.5)
    ethereum.heal(followed)
    assert control(followed) == {
        "generation": 6,
        "faults": {},
        "balances": {"0xab": 5},
        "link_balances": {"0xab": 6},
        "block_seconds": 0.5,
    }


def test_a_container_that_does_not_follow(settings: LabSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError, match="has no Ethereum endpoint"):
        ethereum.heal(settings)
    ethereum.prepare(settings)
    with pytest.raises(LabError, match="has not started"):
        ethereum.heal(settings)
    (settings.state_directory / "ethereum" / "status.json").write_text('{"generation": 0}')
    monkeypatch.setattr(ethereum, "APPLY_SECONDS", 0.2)
    with pytest.raises(LabError, match=r"did not follow within 0 s\."):
        ethereum.heal(settings)


def test_what_makes_no_sense_is_refused(followed: LabSettings) -> None:
    with pytest.raises(LabError, match="every chain and both transports"):
        ethereum.fail(followed, "refuse", chain_id=1)
    with pytest.raises(LabError, match="every chain and both transports"):
        ethereum.fail(followed, "refuse", transport="ws")
    for seconds in (0.0, 86400.0):
        with pytest.raises(LabError, match="is not between"):
            ethereum.set_block_seconds(followed, seconds)
    assert control(followed)["generation"] == 0


def test_the_estates_inventory_names_the_endpoint_with_two_keys() -> None:
    variables: dict[str, Any] = operator_variables(LabSettings())
    [rpc] = variables["chainlink_chains"][0]["rpc"]
    keys = []
    for url, scheme in ((rpc["ws_url"], "wss"), (rpc["http_url"], "https")):
        found = re.fullmatch(rf"{scheme}://{re.escape(ethereum.HOST)}/11155111/(canary-[0-9a-f]{{32}})", url)
        assert found
        keys.append(found[1])
    assert keys[0] != keys[1]


def test_the_gateway_serves_the_name() -> None:
    gateway = LAB_DIRECTORY / "images" / "gateway"
    assert f"server_name {ethereum.HOST};" in (gateway / "nginx.conf.template").read_text()
    assert f'"{ethereum.HOST.partition(".")[2]}"' in (gateway / "gateway.py").read_text()
    assert ethereum.HOST in endpoint_names("us-east-1")
