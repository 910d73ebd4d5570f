# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import api

CREDENTIALS = api.Credentials("operator@nodeops.test", "api-canary-0123456789", "oracle/api")


class Answers:
    """Answers of a node, one after the other, and what it was asked."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked: list[tuple[str, str, str]] = []
        self.slept: list[float] = []

    def request(
        self, url: str, method: str, target: str, cookie: str = "", document: object = None
    ) -> tuple[int, str, str]:
        self.asked.append((method, target, cookie))
        status = self.statuses.pop(0)
        return status, f"answer {status}", "clsession=abc" if target == "/sessions" else ""


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    made = Answers()
    monkeypatch.setattr(api, "_request", made.request)
    monkeypatch.setattr(api.time, "sleep", made.slept.append)
    return made


def test_one_sign_in_for_all(answers: Answers) -> None:
    answers.statuses = [200, 200, 404, 200]
    with api.session("http://node", CREDENTIALS) as node:
        assert node.ask("GET", "/v2/keys/eth") == api.Answer(200, "answer 200")
        assert node.ask("POST", "/v2/keys/eth/export/x", {"newpassword": "a b&c"}).status == 404
    assert answers.asked == [
        ("POST", "/sessions", ""),
        ("GET", "/v2/keys/eth", "clsession=abc"),
        ("POST", "/v2/keys/eth/export/x?newpassword=a+b%26c", "clsession=abc"),
        ("DELETE", "/sessions", "clsession=abc"),
    ]


def test_a_node_that_had_enough_is_asked_again(answers: Answers) -> None:
    answers.statuses = [429, 429, 200]
    assert api.Session("http://node", "c").ask("GET", "/v2/keys/ton").status == 200
    assert answers.slept == [5.0, 5.0]


def test_not_for_ever(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 1)
    answers.statuses = [429]
    assert api.Session("http://node", "c").ask("GET", "/v2/keys/ton").status == 429


def test_the_session_ends_after_a_failure(answers: Answers) -> None:
    answers.statuses = [200, 200]
    with pytest.raises(RuntimeError), api.session("http://node", CREDENTIALS):
        raise RuntimeError
    assert answers.asked[-1] == ("DELETE", "/sessions", "clsession=abc")


def test_nothing_secret_is_shown() -> None:
    shown = repr((api.Answer(200, "canary"), api.Session("http://node", "canary"), CREDENTIALS))
    assert "canary" not in shown
