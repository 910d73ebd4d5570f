# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import monitoring

SUBSCRIPTIONS = "estate_observability_subscriptions"
ADMINISTRATOR = "estate_observability_stack_set_administrator"
EXTERNAL_ID = "estate_observability_stack_set_external_id"
HOOK = "https://hooks.test/T0/secret"

TEST_GOOD: list[dict[str, Any]] = [
    {},
    {SUBSCRIPTIONS: []},
    {SUBSCRIPTIONS: [{"protocol": "email", "endpoint": "ops@nodeops.test"}, {"protocol": "https", "endpoint": HOOK}]},
    {SUBSCRIPTIONS: [{"protocol": "sqs", "endpoint": "arn:aws-cn:sqs:cn-north-1:123456789012:alarms"}]},
    {ADMINISTRATOR: "", EXTERNAL_ID: ""},
    {ADMINISTRATOR: "123456789012", EXTERNAL_ID: "0123456789abcdef"},
    {"estate_backup_time": "23:59", "estate_backup_interval_hours": 12, "estate_backup_keep": 35},
    {"estate_backup_method": "none"},
    {"estate_observability_database_cpu_percent": 80, "estate_observability_database_transaction_ids": 600_000_000},
]


@pytest.mark.parametrize("inputs", TEST_GOOD, ids=str)
def test_good(inputs: dict[str, Any]) -> None:
    assert monitoring.problems(inputs) == []


TEST_BAD: list[tuple[dict[str, Any], str, list[str]]] = [
    ({SUBSCRIPTIONS: "ops@nodeops.test"}, SUBSCRIPTIONS, ["must be a list of mappings with protocol and endpoint"]),
    (
        {SUBSCRIPTIONS: ["ops@nodeops.test", {"protocol": "email"}]},
        SUBSCRIPTIONS,
        [
            "number 1: must be a mapping with protocol and endpoint, and nothing else",
            "number 2: must be a mapping with protocol and endpoint, and nothing else",
        ],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "http", "endpoint": "http://x.test"}, {"protocol": "email", "endpoint": 7}]},
        SUBSCRIPTIONS,
        ["number 1: protocol must be one of email, email-json, https, sqs", "number 2: endpoint must be text"],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "email", "endpoint": "ops at nodeops"}]},
        SUBSCRIPTIONS,
        ["number 1: is not an e-mail address such as operator@your.domain"],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "https", "endpoint": "http://hooks.test/secret"}]},
        SUBSCRIPTIONS,
        ["number 1: endpoint must be an https:// URL"],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "https", "endpoint": "https://[hooks/secret"}]},
        SUBSCRIPTIONS,
        ["number 1: endpoint must be an https:// URL"],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "sqs", "endpoint": "alarms"}]},
        SUBSCRIPTIONS,
        ["number 1: is no ARN of a queue"],
    ),
    (
        {SUBSCRIPTIONS: [{"protocol": "https", "endpoint": HOOK}] * 2},
        SUBSCRIPTIONS,
        ["number 2: stands there twice"],
    ),
    (
        {ADMINISTRATOR: 123456789012, EXTERNAL_ID: "0123456789abcdef"},
        ADMINISTRATOR,
        ["123456789012 is not an account; write its twelve digits in quotes"],
    ),
    (
        {ADMINISTRATOR: "000000000000", EXTERNAL_ID: "0123456789abcdef"},
        ADMINISTRATOR,
        ["000000000000 is nobody's account"],
    ),
    (
        {ADMINISTRATOR: "123456789012"},
        EXTERNAL_ID,
        ["is required with estate_observability_stack_set_administrator; agree on one with that account"],
    ),
    (
        {ADMINISTRATOR: "123456789012", EXTERNAL_ID: "short"},
        EXTERNAL_ID,
        ["must be 16 or more letters, digits and + = , . @ : / _ -"],
    ),
    (
        {"estate_observability_database_cpu_percent": 0},
        "estate_observability_database_cpu_percent",
        ["0 must be a number of percent from 1 to 100"],
    ),
    (
        {"estate_observability_database_transaction_ids": 3_000_000_000},
        "estate_observability_database_transaction_ids",
        ["3000000000 must be a number of transaction ids from 200000000 to 2000000000"],
    ),
    (
        {"estate_backup_method": "tape"},
        "estate_backup_method",
        ["'tape' must be one of snapshots, aws_backup, none"],
    ),
    (
        {"estate_backup_interval_hours": 5},
        "estate_backup_interval_hours",
        ["5 must be one of 1, 2, 3, 4, 6, 8, 12, 24"],
    ),
    # What YAML makes of 22:30 without quotes.
    (
        {"estate_backup_time": 1350},
        "estate_backup_time",
        ['1350 is not a time; write one in UTC and in quotes such as "03:30"'],
    ),
    ({"estate_backup_keep": 0}, "estate_backup_keep", ["0 must be from 1 to 1000"]),
]


@pytest.mark.parametrize(("inputs", "variable", "messages"), TEST_BAD, ids=lambda value: str(value)[:60])
def test_bad(inputs: dict[str, Any], variable: str, messages: list[str]) -> None:
    found = monitoring.problems(inputs)
    assert found == [(variable, message) for message in messages]
    assert "secret" not in str(found)
