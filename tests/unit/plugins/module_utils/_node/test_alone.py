# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import alone


def test_one_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with alone.alone(path), pytest.raises(alone.BusyError), alone.alone(path):
        pass
    with alone.alone(path):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_it_waits_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "_PAUSE_SECONDS", 0.01)
    path, held, freed = str(tmp_path / "lock"), threading.Event(), []

    def hold() -> None:
        with alone.alone(path):
            held.set()
            time.sleep(0.2)
            freed.append(time.monotonic())

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(5)
    with alone.alone(path, 5):
        assert freed
    thread.join()
