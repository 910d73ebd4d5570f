# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import web
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_ui_info as module

URL = "https://chainlink.nodeops.test"
ARGUMENTS = {"region": "eu-central-1", "load_balancer": "oracle-ui", "url": URL, "closed_paths": ["/metrics"]}
GOOD = {
    f"{URL}/": web.Answer(200),
    f"{URL}/metrics": web.Answer(403),
    "http://chainlink.nodeops.test/": web.Answer(301, "https://chainlink.nodeops.test:443/"),
}


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Aws:
    """Elastic Load Balancing and EC2 in one."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def describe_load_balancers(self, Names: list[str]) -> Any:  # noqa: N803 - boto3's names
        assert Names == ["oracle-ui"]
        arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/oracle-ui/0123"
        return {"LoadBalancers": [{"LoadBalancerArn": arn, "DNSName": "oracle-ui-1.elb.amazonaws.com"}]}

    def describe_network_interfaces(self, Filters: Any) -> Any:  # noqa: N803
        assert Filters == [{"Name": "description", "Values": ["ELB app/oracle-ui/0123"]}]
        return {"NetworkInterfaces": [{}, *({"Association": {"PublicIp": address}} for address in self.addresses)]}


@pytest.fixture
def look(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(answers: dict[str, web.Answer], *addresses: str, resolved: tuple[str, ...] = ()) -> Any:
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: Aws(*addresses))
        monkeypatch.setattr(module, "time", Clock())
        monkeypatch.setattr(web, "ask", lambda _address, url, *_more: answers[url])
        monkeypatch.setattr(web, "resolve", lambda _host: list(resolved))
        return run_module(module.main, ARGUMENTS)

    return run


TEST_RESOLVED: list[tuple[tuple[str, ...], bool]] = [
    ((), False),
    (("203.0.113.7",), True),
    (("203.0.113.7", "203.0.113.8"), True),
    (("203.0.113.9",), False),
]

TEST_BAD: list[tuple[dict[str, web.Answer], str]] = [
    ({f"{URL}/": web.Answer(error="timed out")}, "203.0.113.7: timed out"),
    ({f"{URL}/": web.Answer(503)}, "203.0.113.7: the user interface answers 503, not 200"),
    ({f"{URL}/metrics": web.Answer(200)}, "203.0.113.7: /metrics answers 200, not 403"),
    (
        {"http://chainlink.nodeops.test/": web.Answer(200)},
        "203.0.113.7: plain HTTP answers 200 and does not lead to HTTPS",
    ),
    (
        {"http://chainlink.nodeops.test/": web.Answer(301, "http://elsewhere.test/")},
        "203.0.113.7: plain HTTP answers 301 and does not lead to HTTPS",
    ),
]


@pytest.mark.parametrize(("resolved", "expected"), TEST_RESOLVED)
def test_good(look: Any, resolved: tuple[str, ...], expected: bool) -> None:
    answer = look(GOOD, "203.0.113.8", "203.0.113.7", resolved=resolved)
    assert (answer["rc"], answer["changed"], answer["resolved"]) == (0, False, expected)
    assert answer["addresses"] == ["203.0.113.7", "203.0.113.8"]
    assert answer["dns_name"] == "oracle-ui-1.elb.amazonaws.com"


@pytest.mark.parametrize(("answers", "message"), TEST_BAD)
def test_bad(look: Any, answers: dict[str, web.Answer], message: str) -> None:
    answer = look({**GOOD, **answers}, "203.0.113.7")
    assert answer["rc"] == 1
    assert answer["msg"] == f"Load balancer oracle-ui does not serve {URL} as it must: {message}"


def test_no_address(look: Any) -> None:
    assert look(GOOD)["msg"] == "Load balancer oracle-ui has no public address yet."
