# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import entrances

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
DOMAIN = "chainlink.nodeops.test"
NAMED = {"estate_region": "eu-central-1", "estate_ui_domain": DOMAIN}

TEST_GOOD: list[dict[str, Any]] = [
    {},
    {"estate_ui_certificate_arn": "", "estate_ui_domain": "", "estate_ui_zone": ""},
    {**NAMED, "estate_ui_certificate_arn": ARN},
    {**NAMED, "estate_ui_certificate_arn": ARN.replace("arn:aws:", "arn:aws-us-gov:")},
    {**NAMED, "estate_ui_zone": "nodeops.test"},
    {**NAMED, "estate_ui_zone": DOMAIN},
    {**NAMED, "estate_ui_certificate_arn": ARN, "estate_ui_zone": "nodeops.test"},
    {"estate_ui_cidrs": ["198.51.100.0/24"]},
    {"estate_ui_ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    {"estate_ui_ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"},
    {"estate_ui_ssl_policy": "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04"},
    {"estate_ui_ssl_policy": "ELBSecurityPolicy-TLS-1-2-Ext-2018-06"},
    {"estate_ui_ssl_policy": "ELBSecurityPolicy-FS-1-2-Res-2020-10"},
    {"estate_ui_idle_timeout_seconds": 4000},
    {"estate_p2p_port": 1024},
    {"estate_p2p_port": 65535},
]

SIZE = "{} must be a number of seconds from 1 to 4000"
HOST = "is not a host's name in small letters; write one such as chainlink.my-company.com"
POLICY = "is not known to refuse TLS before 1.2; write ELBSecurityPolicy-TLS13-1-2-2021-06"
TEST_BAD: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        {**NAMED, "estate_ui_certificate_arn": "server.pem"},
        [
            (
                "estate_ui_certificate_arn",
                "'server.pem' is not the ARN of an ACM certificate; copy it from Certificate Manager",
            )
        ],
    ),
    (
        {**NAMED, "estate_region": "us-east-1", "estate_ui_certificate_arn": ARN},
        [
            (
                "estate_ui_certificate_arn",
                "is a certificate of eu-central-1, and a load balancer takes those of its own region, us-east-1; "
                "request or import it there",
            )
        ],
    ),
    (
        {"estate_ui_certificate_arn": ARN, "estate_region": "eu-central-1"},
        [("estate_ui_domain", "is required with a certificate or a zone; name the host of the UI")],
    ),
    (
        {"estate_ui_zone": "nodeops.test"},
        [("estate_ui_domain", "is required with a certificate or a zone; name the host of the UI")],
    ),
    (
        {"estate_ui_domain": DOMAIN},
        [
            (
                "estate_ui_domain",
                "has no certificate; give estate_ui_certificate_arn, or estate_ui_zone to have one requested",
            )
        ],
    ),
    (
        {"estate_ui_domain": "https://x.nodeops.test", "estate_ui_zone": "Nodeops.test."},
        [("estate_ui_domain", f"'https://x.nodeops.test' {HOST}"), ("estate_ui_zone", f"'Nodeops.test.' {HOST}")],
    ),
    (
        {"estate_ui_domain": "*.nodeops.test", "estate_ui_zone": "nodeops.test"},
        [("estate_ui_domain", f"'*.nodeops.test' {HOST}")],
    ),
    (
        {"estate_ui_domain": "localhost", "estate_ui_zone": "nodeops.test"},
        [("estate_ui_domain", f"'localhost' {HOST}")],
    ),
    (
        {"estate_ui_domain": "chainlink.another.test", "estate_ui_zone": "other.test"},
        [("estate_ui_domain", "chainlink.another.test is not in estate_ui_zone other.test")],
    ),
    (
        {"estate_ui_domain": "x" * 53 + ".nodeops.test", "estate_ui_zone": "nodeops.test"},
        [("estate_ui_domain", "has 66 characters, and ACM requests up to 64")],
    ),
    ({"estate_ui_cidrs": []}, [("estate_ui_cidrs", "must be a list of networks such as 198.51.100.0/24")]),
    (
        {"estate_ui_cidrs": ["0.0.0.0/0", "2001:db8::/48", "x"]},
        [
            (
                "estate_ui_cidrs",
                "0.0.0.0/0 opens the UI to the whole internet; name the networks of those who use it",
            ),
            ("estate_ui_cidrs", "2001:db8::/48 is an IPv6 network, and the load balancer has IPv4 addresses"),
            ("estate_ui_cidrs", "'x' does not appear to be an IPv4 or IPv6 network"),
        ],
    ),
    (
        {"estate_ui_ssl_policy": "ELBSecurityPolicy-2016-08"},
        [("estate_ui_ssl_policy", f"'ELBSecurityPolicy-2016-08' {POLICY}")],
    ),
    (
        {"estate_ui_ssl_policy": "ELBSecurityPolicy-TLS13-1-1-2021-06"},
        [("estate_ui_ssl_policy", f"'ELBSecurityPolicy-TLS13-1-1-2021-06' {POLICY}")],
    ),
    ({"estate_ui_idle_timeout_seconds": 0}, [("estate_ui_idle_timeout_seconds", SIZE.format(0))]),
    ({"estate_ui_idle_timeout_seconds": True}, [("estate_ui_idle_timeout_seconds", SIZE.format(True))]),
    ({"estate_p2p_port": 1023}, [("estate_p2p_port", "1023 must be a port from 1024 to 65535")]),
    (
        {"estate_p2p_port": 6688},
        [("estate_p2p_port", "6688 is a port of the node's UI; choose another, such as 6690")],
    ),
]


@pytest.mark.parametrize("inputs", TEST_GOOD)
def test_good(inputs: dict[str, Any]) -> None:
    assert entrances.problems(inputs, ipaddress.ip_network) == []


@pytest.mark.parametrize(("inputs", "problems"), TEST_BAD)
def test_bad(inputs: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert entrances.problems(inputs, ipaddress.ip_network) == problems
