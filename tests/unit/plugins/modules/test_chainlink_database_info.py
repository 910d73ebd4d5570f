# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import query
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_database_info
from ansible_collections.nodeops.chainlink.tests.unit import samples

LEASE = query.Lease("6f1a8f1e", 9.0, "Chainlink 2.46.0", "10.0.0.7", True, 3, True)
FACTS = query.Facts(
    "16.8", False, False, "chainlink", "chainlink", "chainlink", True, True, "public", True, True, 1000, 3, 50, -1, -1,
    (query.Table("lease_lock", "chainlink", True, ()),), "2.46.0", 291, LEASE,
)  # fmt: skip
OPTIONS = {"estate": "oracle"}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch, instance: Any) -> Any:
    """What is asked, one answer after the other; the last one stays. No time passes."""
    answers: list[Any] = [FACTS]

    def look(url: str) -> query.Facts:
        assert url.startswith("postgresql://chainlink:")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    now = [0.0]
    monkeypatch.setattr(chainlink_database_info, "InstanceMetadata", lambda: instance)
    monkeypatch.setattr(chainlink_database_info, "client", instance.client)
    monkeypatch.setattr(query, "look", look)
    monkeypatch.setattr(chainlink_database_info.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(chainlink_database_info.time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    return answers


def shows_no_secret(answer: dict[str, Any]) -> bool:
    shown = answer["output"] + json.dumps(answer)
    return not [canary for canary in samples.CANARIES if canary in shown]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_database_in_order(run_module: Any, database: Any, check_mode: bool) -> None:
    answer = run_module(chainlink_database_info.main, {**OPTIONS, "expect_usable": True}, check_mode=check_mode)
    assert (answer["rc"], answer["changed"], answer["usable"], answer["failure"]) == (0, False, True, None)
    assert (answer["findings"], answer["warnings_found"]) == ([], [])
    assert answer["database"]["node_version"] == "2.46.0"
    assert answer["database"]["tables"] == [{"name": "lease_lock", "owner": "chainlink", "owned": True, "lacking": []}]
    assert answer["database"]["lease"] == {
        "client_id": "6f1a8f1e", "expires_in": 9.0, "age": 1.0, "holder_application": "Chainlink 2.46.0",
        "holder_address": "10.0.0.7", "mine": True, "own_sessions": 3, "writable": True,
    }  # fmt: skip
    assert shows_no_secret(answer)


def test_a_database_that_is_not_is_told_or_fails(run_module: Any, database: Any) -> None:
    database[:] = [dataclasses.replace(FACTS, creates_tables=False, used_connections=990)]
    answer = run_module(chainlink_database_info.main, {**OPTIONS, "timeout": 60})
    assert (answer["rc"], answer["usable"], len(answer["findings"])) == (0, False, 1)
    assert answer["warnings_found"] == ["990 of 1000 connections are in use by all users"]
    answer = run_module(chainlink_database_info.main, {**OPTIONS, "timeout": 60, "expect_usable": True})
    assert answer["rc"] == 1
    assert answer["msg"].startswith(
        "the node of estate oracle cannot work on its database: user chainlink may not create tables in schema public"
    )
    assert shows_no_secret(answer)


def test_a_login_that_fails_is_told_at_once(run_module: Any, database: Any) -> None:
    database[:] = [query.DatabaseError('FATAL:  password authentication failed for user "chainlink"'), FACTS]
    answer = run_module(chainlink_database_info.main, {**OPTIONS, "timeout": 60})
    assert (answer["rc"], answer["usable"], answer["failure"], answer["database"]) == (0, False, "login", None)
    assert answer["findings"][0].startswith("the database refuses user chainlink")


PASSING = [query.DatabaseError("connection to server failed: Connection refused")] * 3


def test_what_may_pass_is_waited_for(run_module: Any, database: Any) -> None:
    database[:] = [*PASSING, dataclasses.replace(FACTS, in_recovery=True, read_only=True), FACTS]
    assert run_module(chainlink_database_info.main, {**OPTIONS, "timeout": 30})["usable"]


def test_not_longer_than_allowed(run_module: Any, database: Any) -> None:
    database[:] = [*PASSING, FACTS]
    answer = run_module(chainlink_database_info.main, {**OPTIONS, "timeout": 5, "expect_usable": True})
    assert (answer["rc"], answer["failure"]) == (1, "port")


def test_secrets_that_do_not_fit(run_module: Any, database: Any, instance: Any) -> None:
    instance.secrets = samples.secrets(api={"email": "operator@nodeops.test", "password": "short-canary"})
    answer = run_module(chainlink_database_info.main, OPTIONS)
    assert (answer["rc"], len(answer["findings"])) == (1, 1)
    assert "short-canary" not in answer["output"]


def test_no_record(run_module: Any, database: Any, instance: Any) -> None:
    instance.record = "{"
    answer = run_module(chainlink_database_info.main, OPTIONS)
    assert answer["msg"] == "the estate record is not JSON; run the provisioning playbook again to write it"
