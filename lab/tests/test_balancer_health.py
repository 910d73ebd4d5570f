# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a load balancer's node judges its targets, and what it tells its proxy."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from nodeops_lab.api import target_health
from nodeops_lab.api.target_health import Health, health_of, worst

from .image_programs import load

health = load("balancer", "health")
proxy = load("balancer", "proxy")

CHECK = health.Check("HTTP", "127.0.0.1", 0, "/health", "200,207", 5, 0.5, 3, 2, True)
OK = None
BAD = health.Failure("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "initial"),
        ([OK], "healthy"),
        ([BAD], "initial"),
        ([BAD, BAD], "unhealthy"),
        ([BAD, OK], "healthy"),
        ([OK, BAD], "healthy"),
        ([OK, BAD, OK, BAD], "healthy"),
        ([OK, BAD, BAD], "unhealthy"),
        ([BAD, BAD, OK, OK], "unhealthy"),
        ([BAD, BAD, OK, OK, BAD, OK], "unhealthy"),
        ([BAD, BAD, OK, OK, OK], "healthy"),
    ],
)
def test_results_become_health_by_the_thresholds(results: list[Any], expected: str) -> None:
    found = health.Health()
    for result in results:
        found = health.after(found, result, CHECK)
    assert found.state == expected
    assert (found.reason is None) is (expected == "healthy")


@pytest.mark.parametrize(
    ("matcher", "codes"),
    [("200", {200}), ("200,207", {200, 207}), ("200-299", {200, 204, 207}), ("200-201,503", {200, 503})],
)
def test_matchers(matcher: str, codes: set[int]) -> None:
    assert {code for code in (200, 204, 207, 503) if health.matches(code, matcher)} == codes


class Handler(BaseHTTPRequestHandler):
    """Answers the status in the path; remembers the request's headers."""

    seen: dict[str, str]

    def do_GET(self) -> None:
        Handler.seen = dict(self.headers)
        if self.path == "/slow":
            # A byte now and then: no single read takes long.
            for _ in range(8):
                self.wfile.write(b"H")
                time.sleep(0.2)
            return
        self.send_response(int(self.path.removeprefix("/")))
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made.server_port
    made.shutdown()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_check_is_recognised_as_one(server: int) -> None:
    assert health.probe(replace(CHECK, port=server, path="/207")) is None
    assert Handler.seen["User-Agent"] == "ELB-HealthChecker/2.0"
    assert Handler.seen["Host"] == f"127.0.0.1:{server}"


def test_failures_are_told_apart(server: int, closed_port: int) -> None:
    assert health.probe(replace(CHECK, port=server, path="/503")) == BAD
    assert health.probe(replace(CHECK, port=closed_port)).reason == "Target.FailedHealthChecks"
    began = time.monotonic()
    assert health.probe(replace(CHECK, port=server, path="/slow")).reason == "Target.Timeout"
    assert time.monotonic() - began < 1.4
    # A network load balancer says of all of them that they failed.
    for path in ("/503", "/slow"):
        failure = health.probe(replace(CHECK, port=server, path=path, detailed=False))
        assert failure.reason == "Target.FailedHealthChecks"


def test_a_tcp_check_asks_for_a_connection_only(server: int, closed_port: int) -> None:
    assert health.probe(replace(CHECK, protocol="TCP", port=server, path="/503")) is None
    assert health.probe(replace(CHECK, protocol="TCP", port=closed_port)) is not None


CONFIGURATION = """\
frontend f
  bind :443 ssl crt-list @files@/443.certificates
backend group-1
  server t-a 10.0.0.5:6688 # target nodes/1/i-1:6688@1.000
  server t-b 10.0.0.6:6688 ssl verify none # target nodes/1/i-2:6688@2.000
backend open-group-1
  server t-a 10.0.0.5:6688
"""
# As HAProxy 2.6 answers: t-a was disabled at the start and is ready now, t-b was taken out.
STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 group-1 1 t-a 127.0.0.1 2 4 1 1 0 1 0 0 8 0 0 0 - 81 - 0 0 - - 0
3 group-1 2 t-b 127.0.0.1 0 1 1 1 0 1 0 0 0 0 0 0 - 82 - 0 0 - - 0

"""


def test_only_healthy_targets_start_in_rotation() -> None:
    text = proxy.with_health(CONFIGURATION, "/lab/1", {"nodes/1/i-2:6688@2.000"})
    assert text.splitlines()[1:7] == [
        "  bind :443 ssl crt-list /lab/1/443.certificates",
        "backend group-1",
        "  server t-a 10.0.0.5:6688 disabled",
        "  server t-b 10.0.0.6:6688 ssl verify none",
        "backend open-group-1",
        "  server t-a 10.0.0.5:6688",
    ]


def test_servers_and_their_rotation_are_read() -> None:
    assert proxy.servers_of(CONFIGURATION) == {
        ("group-1", "t-a"): "nodes/1/i-1:6688@1.000",
        ("group-1", "t-b"): "nodes/1/i-2:6688@2.000",
    }
    assert proxy.rotation_of(STATE) == {("group-1", "t-a"): True, ("group-1", "t-b"): False}


WELL, NEW, ILL = Health("healthy"), Health("initial", "a", "b"), Health("unhealthy", "c", "d")


def test_a_target_is_healthy_once_every_node_says_so() -> None:
    assert worst([WELL, WELL]) == WELL
    assert worst([WELL, NEW]) == NEW
    assert worst([NEW, ILL, WELL]) == ILL
    assert worst([]) == target_health.REGISTERING


@pytest.mark.parametrize(
    ("used", "zone_enabled", "instance_state", "expected"),
    [
        (True, True, "running", WELL),
        (True, True, None, WELL),
        (False, True, "running", target_health.GROUP_NOT_IN_USE),
        (True, False, "running", target_health.ZONE_NOT_ENABLED),
        (True, True, "stopped", target_health.not_running("stopped")),
        (False, True, "stopped", target_health.not_running("stopped")),
    ],
)
def test_what_gets_no_requests_is_unused(
    used: bool, zone_enabled: bool, instance_state: str | None, expected: Health
) -> None:
    found = health_of(used=used, zone_enabled=zone_enabled, instance_state=instance_state, reports=[WELL])
    assert found == expected
