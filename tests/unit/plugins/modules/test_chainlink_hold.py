# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_hold as module


class AutoScaling:
    """A group of node hosts, or none."""

    def __init__(self, suspended: list[str] | None, refresh: str | None = None) -> None:
        self.suspended = suspended
        self.refresh = refresh
        self.calls: list[tuple[str, list[str]]] = []

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert AutoScalingGroupNames == ["oracle-node"]
        if self.suspended is None:
            return {"AutoScalingGroups": []}
        return {"AutoScalingGroups": [{"SuspendedProcesses": [{"ProcessName": name} for name in self.suspended]}]}

    def describe_instance_refreshes(self, **_arguments: Any) -> dict[str, Any]:
        found = [] if self.refresh is None else [{"InstanceRefreshId": "refresh-1", "Status": self.refresh}]
        return {"InstanceRefreshes": found}

    def suspend_processes(self, ScalingProcesses: list[str], **_group: Any) -> None:  # noqa: N803 - boto3's
        self.calls.append(("suspend", ScalingProcesses))

    def resume_processes(self, ScalingProcesses: list[str], **_group: Any) -> None:  # noqa: N803 - boto3's
        self.calls.append(("resume", ScalingProcesses))


BOTH = ["AZRebalance", "InstanceRefresh"]

# (state, suspended before, check mode, changed, suspended after, calls)
TEST_HOLD: list[tuple[str, list[str] | None, bool, bool, list[str], list[tuple[str, list[str]]]]] = [
    ("held", [], False, True, BOTH, [("suspend", BOTH)]),
    ("held", [], True, True, BOTH, []),
    ("held", BOTH, False, False, BOTH, []),
    ("held", ["InstanceRefresh", "Launch"], False, True, [*BOTH, "Launch"], [("suspend", ["AZRebalance"])]),
    ("held", None, False, False, [], []),
    ("released", [*BOTH, "Launch"], False, True, ["Launch"], [("resume", BOTH)]),
    ("released", [], False, False, [], []),
    ("released", None, False, False, [], []),
]


@pytest.mark.parametrize(("state", "before", "check_mode", "changed", "after", "calls"), TEST_HOLD)
def test_hold(
    run_module: Any,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    before: list[str] | None,
    check_mode: bool,
    changed: bool,
    after: list[str],
    calls: list[tuple[str, list[str]]],
) -> None:
    client = AutoScaling(before, refresh="Successful")
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
    answer = run_module(
        module.main, {"estate": "oracle", "region": "eu-central-1", "state": state}, check_mode=check_mode
    )
    assert (answer["rc"], answer["changed"], answer["suspended"]) == (0, changed, after)
    assert client.calls == calls


@pytest.mark.parametrize("status", module.RUNNING)
def test_a_refresh_that_runs_is_not_raced(run_module: Any, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    client = AutoScaling([], refresh=status)
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
    answer = run_module(module.main, {"estate": "oracle", "region": "eu-central-1"})
    assert answer["rc"] == 1
    assert answer["msg"] == (
        f"Instance refresh refresh-1 of oracle-node is {status}: it would take hosts away in the middle. Nothing has "
        "been "
        "changed. Wait for its end, or cancel it."
    )
    assert client.calls == []
