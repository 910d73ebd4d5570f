# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long creating takes: a pass over a cluster whose storage and server are there at once."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nodeops_lab.api.aurora import reality
from nodeops_lab.reconciler.aurora import databases as module
from nodeops_lab.reconciler.aurora.databases import Databases
from nodeops_lab.reconciler.aurora.decision import Serve
from nodeops_lab.settings import LabSettings

from .samples import cluster, database

CREATED = datetime(2026, 1, 1)


class Clock:
    """A time that the test sets."""

    now = CREATED


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the API was told, in order."""
    heard: list[str] = []
    for name in ("cluster_available", "instance_available", "parameters_wait"):
        monkeypatch.setattr(reality, name, lambda key, *_rest, name=name: heard.append(f"{name} {key}"))
    return heard


@pytest.mark.parametrize(
    ("wanted", "age", "available"), [(0.0, 0.0, True), (600.0, 599.0, False), (600.0, 600.0, True)]
)
def test_an_instance_that_answers_is_available_only_when_creating_took_as_long_as_wanted(
    wanted: float, age: float, available: bool, told: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "utcnow", lambda: Clock.now)
    Clock.now = CREATED + timedelta(seconds=age)
    monkeypatch.setattr(LabSettings, "state_directory", property(lambda _self: tmp_path))
    settings = dataclasses.replace(LabSettings(), database_creation_seconds=wanted)
    new = database("w", is_writer=True, status="creating", created_at=CREATED)
    made = cluster(new, status="creating", created_at=CREATED)
    following: Any = Databases(settings, "image", lambda _name: "", lambda: None, lambda: None)
    following._instances = type(
        "Instances", (), {"certify": lambda *_: False, "write": lambda *_: False, "state": lambda *_: (False, False)}
    )()
    following._in_force[new.key] = module.at_start(new)
    following._given[new.key] = {}

    following._keep(made, new, new)
    assert (f"instance_available {new.key}" in told) is available
    assert following._old_enough(made.created_at) is available
    assert isinstance(module.decide(made, {"w": "writer"}), Serve)
    following.close()
