# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot is made once, though a round that began before that asks for it again."""

from __future__ import annotations

from typing import Any

import pytest
from nodeops_lab.api.aurora import reality
from nodeops_lab.api.aurora.model import Snapshot, Source, View
from nodeops_lab.reconciler.aurora import databases as module
from nodeops_lab.reconciler.aurora.databases import Databases
from nodeops_lab.settings import LabSettings

SNAPSHOT = Snapshot("final", "snapshot-1", Source("cluster", cluster_key="cluster-1"))


@pytest.mark.parametrize(("wanted", "made"), [((SNAPSHOT,), ["snapshot-1"]), ((), [])])
def test_a_snapshot_is_made_only_while_it_is_wanted(
    wanted: tuple[Snapshot, ...], made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    ran: list[str] = []
    monkeypatch.setattr(module, "view", lambda _region: View({}, wanted, frozenset()))
    monkeypatch.setattr(reality, "snapshot_made", lambda key, _region: told.append(key))
    following: Any = Databases(LabSettings(), "image", lambda _name: "", lambda: None, lambda: None)
    monkeypatch.setattr(following, "_on_source", lambda key, *_rest: ran.append(key))
    following._take(SNAPSHOT)
    following.close()
    assert told == made
    assert ran == ["cluster-1"] * len(made)
