# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_restore_info

RECORD = {"estate": "oracle", "release": {"tag": "2.46.0"}, "database": {"cluster": "oracle-database"}}


def test_it_tells_the_plan(run_module: Any) -> None:
    options = {"record": RECORD, "clusters": [{}], "time": "2026-11-28T09:30:00Z"}
    answer = run_module(chainlink_restore_info.main, options)
    assert (answer["rc"], answer["changed"], answer["release"]) == (0, False, {"tag": "2.46.0"})
    assert answer["cluster"].startswith("oracle-database-20")


def test_it_tells_everything_that_is_wrong(run_module: Any) -> None:
    answer = run_module(chainlink_restore_info.main, {"record": RECORD, "clusters": [], "time": "now"})
    assert answer["rc"] == 1
    assert len(answer["findings"]) == 2
    assert answer["msg"].endswith("Nothing has been changed.")


def test_it_tells_how_a_restore_is_left(run_module: Any) -> None:
    noted = {"source": "snap", "cluster": "oracle-database-1", "old_cluster": "oracle-database"}
    options: dict[str, Any] = {"record": {**RECORD, "restore": noted}, "clusters": [], "abandon": True}
    answer = run_module(chainlink_restore_info.main, options)
    assert (answer["rc"], answer["cluster"], answer["release"]) == (0, "oracle-database-1", {"tag": "2.46.0"})
    answer = run_module(chainlink_restore_info.main, {**options, "record": RECORD})
    assert (answer["rc"], answer["msg"]) == (
        1,
        "The restore cannot be left: no restore has begun that could be left. Nothing has been changed.",
    )
