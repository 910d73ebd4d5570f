# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import heartbeat
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError


def test_a_line_a_minute_while_the_node_serves() -> None:
    heart = heartbeat.Heart()
    moments = [(0.0, False), (5.0, True), (10.0, True), (64.0, True), (65.0, True), (70.0, False), (126.0, True)]
    assert [now for now, serves in moments if heart.due(now, serves)] == [5.0, 65.0, 126.0]


def refused(code: str) -> Exception:
    error: Any = RuntimeError("no")
    error.response = {"Error": {"Code": code, "Message": ""}}
    return error


class Logs:
    """CloudWatch Logs with one group."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.calls: list[tuple[str, Any]] = []

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: Any) -> None:  # noqa: N803 - boto3's
        assert (logGroupName, logStreamName) == ("/oracle/node", "i-1-watch")
        self.calls.append(("put", logEvents))
        if self.refusals:
            raise self.refusals.pop(0)

    def create_log_stream(self, **where: str) -> None:
        self.calls.append(("create", where))


LINE = ("put", [{"timestamp": 12500, "message": '{"watch":"active"}'}])
CREATE = ("create", {"logGroupName": "/oracle/node", "logStreamName": "i-1-watch"})


def test_the_first_line_makes_its_stream() -> None:
    logs = Logs(refused("ResourceNotFoundException"))
    heartbeat.beat(logs, "oracle", "i-1", 12.5)
    heartbeat.beat(logs, "oracle", "i-1", 12.5)
    assert logs.calls == [LINE, CREATE, LINE, LINE]


def test_a_call_has_the_level_that_the_alarm_counts() -> None:
    logs = Logs()
    heartbeat.call_people(logs, "oracle", "i-1", 12.5, 'a "reason"')
    message = '{"watch": "helpless", "level": "crit", "msg": "a \\"reason\\""}'
    assert logs.calls == [("put", [{"timestamp": 12500, "message": message}])]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_refusal_is_told_in_the_operators_words(code: str) -> None:
    with pytest.raises(AwsError, match="could not write to log group /oracle/node"):
        heartbeat.beat(Logs(refused(code)), "oracle", "i-1", 12.5)
