# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare

TEST_FITS: list[tuple[Any, Any, bool]] = [
    (1, 1, True),
    (1.0, 1, True),
    ("1", 1, False),
    ({"a": 1}, {"a": 1, "b": 2}, True),
    ({"a": 1}, {"b": 2}, False),
    ({"a": {"b": [1]}}, {"a": {"b": [1], "c": 3}}, True),
    ([{"a": 1}], [{"a": 1, "b": 2}], True),
    ([1, 2], [2, 1], False),
    ([1], [1, 2], False),
    ({"a": 1}, None, False),
    ([], None, False),
]


@pytest.mark.parametrize(("wanted", "found", "fits"), TEST_FITS)
def test_fits(wanted: Any, found: Any, fits: bool) -> None:
    assert compare.fits(wanted, found) is fits


def test_plan_and_diff() -> None:
    wanted = {"new": {"x": 1}, "same": {"x": 1}, "other": {"x": 1, "y": 2}}
    found = {"same": {"x": 1, "id": "i"}, "other": {"x": 1, "y": 3, "id": "j"}, "old": {"x": 9}}
    changes = compare.plan(wanted, found)
    assert [change.summary() for change in changes] == [
        {"action": "create", "name": "new"},
        {"action": "change", "name": "other"},
        {"action": "delete", "name": "old"},
    ]
    assert compare.diff(changes) == {
        "before": {"other": {"y": 3}, "old": {"x": 9}},
        "after": {"new": {"x": 1}, "other": {"y": 2}},
    }
    assert changes[1].found["id"] == "j"
    assert compare.plan(wanted, wanted) == []
