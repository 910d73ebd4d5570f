# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import recipient
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_escrow_info

OPTIONS: dict[str, Any] = {
    "record": {"estate": "oracle", "release": {"tag": "2.46.0"}},
    "hosts": [
        {"host": "a", "role": "active", "release": "2.46.0"},
        {"host": "b", "role": "standby", "release": "2.46.0"},
    ],
    "recipient": recipient.EXAMPLE,
}


def test_it_names_the_file(run_module: Any, tmp_path: Path) -> None:
    answer = run_module(chainlink_escrow_info.main, {**OPTIONS, "directory": str(tmp_path), "file": "keys.age"})
    assert (answer["rc"], answer["changed"], answer["file"]) == (0, False, str(tmp_path / "keys.age"))
    answer = run_module(chainlink_escrow_info.main, {**OPTIONS, "directory": str(tmp_path)})
    assert Path(answer["file"]).parent == tmp_path
    assert Path(answer["file"]).name.startswith("oracle-keys-2")
    assert list(tmp_path.iterdir()) == []


def test_it_fails_with_everything_at_once(run_module: Any, tmp_path: Path) -> None:
    (tmp_path / "keys.age").touch()
    wrong = {"recipient": "", "file": "keys.age", "directory": str(tmp_path), "hosts": OPTIONS["hosts"][1:]}
    answer = run_module(chainlink_escrow_info.main, {**OPTIONS, **wrong})
    assert (answer["rc"], len(answer["findings"])) == (1, 3)
    assert answer["msg"] == "no keys can be exported: " + "; ".join(answer["findings"])
