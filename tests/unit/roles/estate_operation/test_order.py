# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the groups where a run looks at the nodes twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit.roles import play

# (roles of a and b at the first look, at the second, what is refused; "" where the run goes on)
TEST_LOOKS = [
    (("active", "standby"), ("active", "standby"), ""),
    (("active", "standby"), ("down", "down"), ""),
    (("down", "active"), ("standby", "active"), ""),
    (("active", "standby"), ("standby", "active"), "a, b of estate oracle changed between active and standby"),
    (("down", "standby"), ("standby", "active"), "b of estate oracle changed between active and standby"),
]


@pytest.mark.parametrize(("first", "second", "refused"), TEST_LOOKS)
def test_looks(tmp_path: Path, first: tuple[str, str], second: tuple[str, str], refused: str) -> None:
    order = play.read("estate_operation/tasks/order.yml")
    tasks: list[dict[str, Any]] = []
    for roles in (first, second):
        for name, seen in zip("ab", roles, strict=True):
            report = {"host": name, "role": seen}
            tasks.append(
                {"ansible.builtin.add_host": {"name": name, "groups": "nodes", "chainlink_node_health": report}}
            )
        tasks += order
    known = play.read("estate_operation/vars/main.yml") | {"estate_name": "oracle"}
    done = play.run(tmp_path, tasks, known)
    assert (done.returncode == 0) == (refused == ""), done.stdout
    assert refused in " ".join(done.stdout.split())
