# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_upgrade_info

RECORD = {"release": {"tag": "2.29.0"}}
ACTIVE = {"host": "a", "role": "active", "release": "2.29.0", "failing": []}
STANDBY = {"host": "b", "role": "standby", "release": "2.29.0", "failing": []}


def test_it_tells_the_plan(run_module: Any) -> None:
    options = {"record": RECORD, "hosts": [ACTIVE, STANDBY], "release": "2.46.0"}
    answer = run_module(chainlink_upgrade_info.main, options)
    assert (answer["rc"], answer["changed"], answer["state"], answer["first"]) == (0, False, "begin", "b")
    assert answer["operation"] == "upgrade"


def test_it_tells_everything_that_is_wrong(run_module: Any) -> None:
    answer = run_module(chainlink_upgrade_info.main, {"record": RECORD, "hosts": [ACTIVE], "release": "2.1.0"})
    assert answer["rc"] == 1
    assert len(answer["findings"]) == 3
    assert answer["msg"].startswith("The upgrade cannot begin: an estate has two node hosts")


def test_a_migration_is_told_with_what_others_have_found(run_module: Any) -> None:
    options = {"record": {"release": {"tag": "1.12.0"}}, "hosts": [], "release": "2.9.0", "operation": "migration"}
    answer = run_module(chainlink_upgrade_info.main, {**options, "problems": ["an RPC endpoint has no http_url"]})
    assert answer["msg"].startswith("The migration cannot begin: an estate has two node hosts")
    assert "upgrade to 1.13.x first" in answer["msg"]
    assert answer["findings"][-1] == "an RPC endpoint has no http_url"
