# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database.query import Lease
from ansible_collections.nodeops.chainlink.plugins.module_utils._health import probe
from ansible_collections.nodeops.chainlink.plugins.module_utils._health.observations import (
    Container,
    HttpAnswer,
    Observation,
)
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_health

CONTAINER = Container("running", "public.ecr.aws/chainlink/chainlink:2.46.0", 0, 30.0)
LEASE = Lease("6f1a8f1e", 9.0, "Chainlink", "10.42.32.11", False, 1, True)
STANDBY = Observation(CONTAINER, HttpAnswer(), HttpAnswer(), LEASE)
MIGRATING = Observation(CONTAINER, HttpAnswer(204), HttpAnswer(404), LEASE)
FAILING = '{"data": [{"attributes": {"name": "EVM.1", "status": "failing"}}]}'
DEGRADED = Observation(CONTAINER, HttpAnswer(207, FAILING), HttpAnswer(200), LEASE)
ACTIVE = Observation(CONTAINER, HttpAnswer(200, FAILING.replace("failing", "passing")), HttpAnswer(200), LEASE)
NOT_READY = Observation(CONTAINER, ACTIVE.health, HttpAnswer(503), LEASE)
DOWN = Observation(None, HttpAnswer(), HttpAnswer(), LEASE)


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def sights(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Shows the host these observations, one a look, the last for ever."""

    def show(*observations: Observation) -> list[Observation]:
        left = list(observations)
        monkeypatch.setattr(probe, "observe", lambda *_arguments: left.pop(0) if len(left) > 1 else left[0])
        monkeypatch.setattr(chainlink_health, "time", Clock())
        return left

    return show


# (options, observations, exit status, role or message)
TEST_HOST: list[tuple[dict[str, Any], list[Observation], int, str]] = [
    ({}, [DOWN], 0, "down"),
    ({}, [STANDBY], 0, "standby"),
    ({"expected_role": ["standby"]}, [STANDBY], 0, "standby"),
    ({"expected_role": ["active", "standby"]}, [STANDBY], 0, "standby"),
    ({"wait": True}, [DOWN, MIGRATING, ACTIVE], 0, "active"),
    ({"wait": True, "expected_role": ["active"], "timeout": 300}, [STANDBY, ACTIVE], 0, "active"),
    ({"wait": True, "expected_role": ["active"]}, [DEGRADED], 0, "active"),
    ({"wait": True, "most_failing": 0}, [DEGRADED, DEGRADED, ACTIVE], 0, "active"),
    # One that has just become active, or is sick: only who asks for a ready one waits for it.
    ({"wait": True}, [NOT_READY], 0, "active"),
    ({"wait": True, "ready": True}, [STANDBY], 0, "standby"),
    ({"wait": True, "ready": True, "timeout": 20}, [NOT_READY] * 8 + [ACTIVE], 0, "active"),
    ({"wait": True, "ready": True}, [DEGRADED], 0, "active"),
    (
        {"wait": True, "ready": True, "timeout": 20},
        [NOT_READY],
        1,
        "node is not active and ready or standby after 20 s; "
        "last seen: active (/readyz answers that the node is not ready)",
    ),
    ({"expected_role": ["active"]}, [STANDBY], 1, "node is not active after 0 s; last seen: standby"),
    (
        {"wait": True, "timeout": 10},
        [MIGRATING],
        1,
        "node is not active or standby after 10 s; last seen: migrating (the database is being migrated)",
    ),
    (
        {"wait": True, "most_failing": 0, "timeout": 3},
        [DEGRADED],
        1,
        "node is not active or standby with at most 0 failing checks after 2 s; "
        "last seen: active (failing checks: EVM.1)",
    ),
    (
        {"wait": True, "timeout": 0},
        [DOWN],
        1,
        "node is not active or standby after 0 s; last seen: down (there is no container of the node)",
    ),
]


@pytest.mark.parametrize(("options", "observations", "code", "expected"), TEST_HOST)
def test_host(
    run_module: Any,
    sights: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    observations: list[Observation],
    code: int,
    expected: str,
) -> None:
    sights(*observations)
    monkeypatch.setattr(chainlink_health, "host_name", lambda _launch_file: "node")
    answer = run_module(chainlink_health.main, options)
    assert (answer["rc"], answer["host"]) == (code, "node")
    assert (answer["msg"] if code else answer["role"]) == expected
    # What was last seen comes with a failure as well.
    assert {"role", "checks", "failing", "findings", "release", "lease"} <= set(answer)


def test_the_launch_description_names_the_host(run_module: Any, instance: Any, place: Any, sights: Any) -> None:
    from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_env

    run_module(chainlink_env.main, place)
    sights(STANDBY)
    answer = run_module(chainlink_health.main, {"launch_file": place["launch_file"]})
    assert answer["host"] == "i-0123456789abcdef0"


def test_an_unusable_url_is_refused(run_module: Any) -> None:
    answer = run_module(chainlink_health.main, {"url": "localhost:6688"})
    assert (answer["rc"], answer["msg"]) == (1, "url must begin with http:// or https:// and name a host")


def test_a_whole_estate(run_module: Any) -> None:
    hosts = [{"host": "b", "role": "standby"}, {"host": "a", "role": "active"}]
    answer = run_module(chainlink_health.main, {"hosts": hosts})
    assert (answer["rc"], answer["changed"]) == (0, False)
    assert (answer["active"], answer["standby"], answer["findings"]) == (["a"], ["b"], [])


@pytest.mark.parametrize("ready", [False, True])
def test_an_estate_whose_active_node_is_not_ready(run_module: Any, ready: bool) -> None:
    hosts = [
        {"host": "b", "role": "standby"},
        {"host": "a", "role": "active", "findings": ["one", "two"], "failing": ["EVM.1"]},
    ]
    answer = run_module(chainlink_health.main, {"hosts": hosts, "ready": ready})
    assert (answer["rc"], answer["active"]) == (int(ready), ["a"])
    assert answer.get("msg") == ("The estate is not whole: a is active and not ready: one; two" if ready else None)


def test_an_estate_with_two_actives(run_module: Any) -> None:
    answer = run_module(chainlink_health.main, {"hosts": [{"host": name, "role": "active"} for name in "ab"]})
    assert answer["rc"] == 1
    assert answer["active"] == ["a", "b"]
    assert answer["msg"] == (
        "The estate is not whole: 2 hosts are active and it must be exactly one: a is active, b is active; "
        "0 hosts stand by and it must be 1 at least"
    )


def test_an_empty_estate_is_not_whole(run_module: Any) -> None:
    assert run_module(chainlink_health.main, {"hosts": []})["rc"] == 1
