# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_log_streams_info as module
from botocore.exceptions import ClientError

ARGUMENTS = {"region": "eu-central-1", "log_group": "/oracle/node", "log_streams": ["i-0a"]}
NO_STREAM = "ResourceNotFoundException"
Page = tuple[list[int], str]
"""Moments of events in milliseconds, and the token for older ones."""


class Logs:
    """CloudWatch Logs with one answer a look, the last for ever: pages by the token that asks for them, or an error."""

    def __init__(self, *looks: dict[str | None, Page] | str) -> None:
        self.looks = list(looks)
        self.shown: dict[str | None, Page] | str = ""
        self.asked: list[Any] = []

    def get_log_events(self, nextToken: str | None = None, **asked: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.asked.append((asked["startTime"], nextToken))
        assert (asked["logGroupName"], asked["logStreamName"]) == ("/oracle/node", "i-0a")
        assert (asked["limit"], asked["startFromHead"]) == (1, False)
        if nextToken is None:
            self.shown = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(self.shown, str):
            raise ClientError({"Error": {"Code": self.shown, "Message": "no"}}, "GetLogEvents")
        moments, token = self.shown[nextToken]
        return {"events": [{"timestamp": moment} for moment in moments], "nextBackwardToken": token}


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def run(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def call(client: Logs, **more: Any) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        monkeypatch.setattr(module, "time", Clock())
        return run_module(module.main, {**ARGUMENTS, **more})

    return call


# (what CloudWatch Logs answers look by look, tokens that it is asked with)
TEST_FOUND: list[tuple[list[Any], list[str | None]]] = [
    ([{None: ([7500], "b/1")}], [None]),
    # An empty page is not the end: only a token that comes again is.
    ([{None: ([], "b/2"), "b/2": ([], "b/1"), "b/1": ([7500], "b/0")}], [None, "b/2", "b/1"]),
    # What has been written arrives some seconds later.
    ([NO_STREAM, {None: ([], "b/0"), "b/0": ([], "b/0")}, {None: ([7500], "b/0")}], [None, None, "b/0", None]),
]


@pytest.mark.parametrize(("looks", "tokens"), TEST_FOUND)
def test_found(run: Any, looks: list[Any], tokens: list[str | None]) -> None:
    client = Logs(*looks)
    answer = run(client, since=5.25)
    assert (answer["rc"], answer["changed"], answer["log_streams"]) == (0, False, {"i-0a": 7.5})
    assert [token for _start, token in client.asked] == tokens
    assert {start for start, _token in client.asked} == {5250}


@pytest.mark.parametrize("look", [NO_STREAM, {None: ([], "b/0"), "b/0": ([], "b/0")}])
def test_a_stream_without_events(run: Any, look: Any) -> None:
    answer = run(Logs(look), wait_timeout=10)
    assert answer["rc"] == 1
    assert answer["msg"] == (
        "No log event arrived in /oracle/node within 10 s for: i-0a. Check the instance role's logs permissions and "
        "the container's log driver."
    )


def test_a_refusal_is_told(run: Any) -> None:
    answer = run(Logs("AccessDeniedException"))
    assert answer["rc"] == 1
    assert answer["msg"].startswith("Failed to read log group /oracle/node: ")
