# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import lock

MINE = lock.Lock("11111111", "upgrade", "alice@controller", "boot-10-5", "2026-11-28T09:30:00Z")
ENDED = lock.Lock("22222222", "patch", "alice@controller", "boot-9-4", "2026-11-28T09:00:00Z")
RUNNING = lock.Lock("33333333", "patch", "alice@controller", "boot-8-3", "2026-11-28T09:00:00Z")
FOREIGN = lock.Lock("44444444", "restore", "bob@laptop", "boot-9-4", "2026-11-28T08:00:00Z")
NAMELESS = lock.Lock("55555555", "restore", "alice@controller", "", "2026-11-28T08:00:00Z")

TEST_DECIDE = [
    (lock.Lock("66666666", "site", MINE.holder, MINE.process, "earlier"), "", lock.OURS),
    (ENDED, "", lock.TAKE_OVER),
    (RUNNING, "", lock.REFUSE),
    (FOREIGN, "", lock.REFUSE),
    (FOREIGN, "33333333", lock.REFUSE),
    (FOREIGN, "44444444", lock.TAKE_OVER),
    (RUNNING, "33333333", lock.TAKE_OVER),
    # Without a process nobody can tell whether it still runs.
    (NAMELESS, "", lock.REFUSE),
]


@pytest.mark.parametrize(("found", "take_over", "expected"), TEST_DECIDE)
def test_decide(found: lock.Lock, take_over: str, expected: str) -> None:
    assert lock.decide(found, MINE, take_over, lambda process: process == RUNNING.process) == expected


def test_a_lock_survives_its_document() -> None:
    assert lock.parse(lock.to_json(MINE)) == MINE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": 1}', "no json"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(lock.LockError, match="cannot be read"):
        lock.parse(text)


# (what the parameter holds, at which moment of that day in UTC)
TEST_IS_LEFT = [
    (lock.to_json(FOREIGN), "13:59:59", False),
    (lock.to_json(FOREIGN), "14:00:01", True),
    # A clock that is behind.
    (lock.to_json(FOREIGN), "07:00:00", False),
    (lock.to_json(dataclasses.replace(FOREIGN, since="long ago")), "23:00:00", False),
    ("{}", "23:00:00", False),
]


@pytest.mark.parametrize(("text", "moment", "expected"), TEST_IS_LEFT)
def test_is_left(text: str, moment: str, expected: bool) -> None:
    now = datetime.fromisoformat(f"2026-11-28T{moment}+00:00").timestamp()
    assert lock.is_left(text, now) == expected


def test_a_refusal_says_who_since_when_and_what_to_do() -> None:
    assert lock.refusal("oracle", FOREIGN) == (
        "Estate oracle is being changed by 'restore', begun 2026-11-28T08:00:00Z by bob@laptop (lock 44444444). Wait "
        "until it has ended; if you know that it no longer runs, run this again with "
        "estate_operation_take_over=44444444. Nothing has been changed."
    )
