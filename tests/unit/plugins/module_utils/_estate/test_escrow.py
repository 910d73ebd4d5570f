# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import recipient
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import escrow

NOW = datetime.datetime(2026, 8, 21, 10, 0, tzinfo=datetime.UTC)
RECORD: dict[str, Any] = {"estate": "oracle", "release": {"tag": "2.46.0"}}
ACTIVE = {"host": "a", "role": "active", "release": "2.46.0"}
STANDBY = {"host": "b", "role": "standby", "release": "2.46.0"}
FILE = "/home/operator/oracle.age"

# (given, path)
TEST_FILE_OF = [
    ("", "/home/operator/oracle-keys-20260821T100000Z.age"),
    ("keys.age", "/home/operator/keys.age"),
    ("../keys.age", "/home/keys.age"),
    ("/safe/keys.age", "/safe/keys.age"),
    ("~/keys.age", "/root/elsewhere/keys.age"),
]


@pytest.mark.parametrize(("given", "path"), TEST_FILE_OF)
def test_file_of(monkeypatch: pytest.MonkeyPatch, given: str, path: str) -> None:
    monkeypatch.setenv("HOME", "/root/elsewhere")
    assert escrow.file_of("oracle", given, recipient.EXAMPLE, "/home/operator", NOW) == path


def test_file_of_an_export_for_kms() -> None:
    path = escrow.file_of("oracle", "", "alias/escrow", "/home/operator", NOW)
    assert path == "/home/operator/oracle-keys-20260821T100000Z.kms.json"


def test_what_others_have_found() -> None:
    denied = "estate_escrow_recipient may not be used"
    assert escrow.problems(RECORD, [ACTIVE, STANDBY], "alias/escrow", FILE, escrow.Target(), [denied]) == [denied]


# (record, hosts, recipient, target, problems)
TEST_PROBLEMS: list[tuple[dict[str, Any], list[dict[str, Any]], str, escrow.Target, list[str]]] = [
    (RECORD, [ACTIVE, STANDBY], recipient.EXAMPLE, escrow.Target(), []),
    (
        RECORD,
        [ACTIVE, {**STANDBY, "role": "down", "findings": ["there is no container of the node"]}],
        "age1",
        escrow.Target(exists=True),
        [
            "estate_escrow_recipient has 4 characters, and a public key of age has 62; copy it whole",
            f"estate_escrow_file: {FILE} exists, and no export is ever overwritten; name another file",
            "the estate is not proven now: b is down: there is no container of the node",
            "the estate is not proven now: 0 hosts stand by and it must be 1 at least",
        ],
    ),
    (
        {**RECORD, "upgrade": {"from": {"tag": "2.29.0"}}},
        [ACTIVE, {**STANDBY, "release": "2.29.0"}],
        recipient.EXAMPLE,
        escrow.Target(directory_exists=False, writable=False),
        [
            "estate_escrow_file: /home/operator is no directory; make it, or name another file",
            "an upgrade has begun and not ended; end it first",
        ],
    ),
    (
        RECORD,
        [{**ACTIVE, "release": "2.29.0"}, STANDBY],
        recipient.EXAMPLE,
        escrow.Target(writable=False),
        [
            "estate_escrow_file: you may not write in /home/operator; name another file",
            "the record says release 2.46.0, but a runs 2.29.0; run site.yml first",
        ],
    ),
]


@pytest.mark.parametrize(("record", "hosts", "wanted", "target", "problems"), TEST_PROBLEMS)
def test_problems(
    record: dict[str, Any], hosts: list[dict[str, Any]], wanted: str, target: escrow.Target, problems: list[str]
) -> None:
    assert escrow.problems(record, hosts, wanted, FILE, target) == problems


def test_look(tmp_path: Path) -> None:
    assert escrow.look(str(tmp_path / "new.age")) == escrow.Target()
    (tmp_path / "dangling.age").symlink_to(tmp_path / "nowhere")
    assert escrow.look(str(tmp_path / "dangling.age")).exists
    assert escrow.look(str(tmp_path / "missing" / "new.age")) == escrow.Target(False, False, False)
