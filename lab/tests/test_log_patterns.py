# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter patterns of CloudWatch Logs, with the examples of the user guide's "Filter pattern syntax"."""

from __future__ import annotations

import json

import pytest
from nodeops_lab.api.log_patterns import PatternError, read

TERMS = [
    ("", "anything", True),
    ("ERROR", "[ERROR] A fatal exception has occurred", True),
    ("ERROR", "Exiting with ERRORCODE: -1", True),
    ("ERROR", "error in small letters", False),
    ('"ERROR" -"Exiting"', "Exiting with ERRORCODE: -1", False),
    ("ERROR Exception", "[ERROR] Caught IllegalArgumentException", True),
    ("ERROR Exception", "[ERROR] nothing", False),
    ("?ERROR ?WARN", "WARN message", True),
    ("?ERROR ?WARN", "INFO message", False),
    ("ERROR -WARN", "ERROR WARN message", False),
    ("ERROR ?WARN", "ERROR message", True),
    ('"[ERROR]"', "x [ERROR] y", True),
    ("%4[0-9]{2}%", "status 404", True),
    ("%4[0-9]{2}%", "status 204", False),
    ('"level\\":\\"crit"', '{"level":"crit"}', True),
]
DOCUMENT = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
    "sourceIPAddress": "111.111.111.111",
    "level": "error",
    "latency": 120.5,
    "SomeObject": None,
    "ThisFlag": True,
    "dashed-name": "x",
}
CONDITIONS = [
    ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
    ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
    ('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', True),
    ('{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = 9) && $.actions[2] = nomatch }', False),
    ("{ $.sourceIPAddress != 123.123.* }", True),
    ("{ $.sourceIPAddress = 111.* }", True),
    ("{$.level=error}", True),
    ('{ $.level = "error" || $.level = "crit" }', True),
    ("{ $.latency >= 120 }", True),
    ("{ $.latency < 1.2e2 }", False),
    ("{ $.user.id != 1 }", False),
    ("{ $.SomeObject IS NULL }", True),
    ("{ $.SomeOtherObject NOT EXISTS }", True),
    ("{ $.level NOT EXISTS }", False),
    ("{ $.ThisFlag IS TRUE }", True),
    ("{ $.users = 1 }", False),
    ("{ $.users != 1 }", False),
    ("{ $.missing != 1 }", False),
    ("{ $.level = %^err% }", True),
    ("{ $.dashed-name = x }", True),
]
LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
FIELDS = [
    ("[ip, user, username, timestamp, request, status_code, bytes]", True),
    ("[ip, user, username, timestamp, request, status_code]", False),
    ("[..., status_code, bytes]", True),
    ("[ip, user, ...]", True),
    ("[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]", True),
    ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]", False),
    ("[..., status_code = 500 || status_code = 404, bytes]", True),
    ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", True),
    ("[..., bytes > 2000]", False),
]


@pytest.mark.parametrize(("pattern", "message", "expected"), TERMS)
def test_terms(pattern: str, message: str, expected: bool) -> None:
    assert read(pattern).matches(message) is expected


@pytest.mark.parametrize(("pattern", "expected"), CONDITIONS)
def test_json(pattern: str, expected: bool) -> None:
    assert read(pattern).matches(json.dumps(DOCUMENT)) is expected
    assert not read(pattern).matches("no JSON")


@pytest.mark.parametrize(("pattern", "expected"), FIELDS)
def test_fields(pattern: str, expected: bool) -> None:
    assert read(pattern).matches(LINE) is expected


def test_fields_get_the_names_that_the_pattern_gives() -> None:
    fields = read("[..., request=*.html*, status_code=4*,]").match(LINE)
    assert fields == {
        "$1": "127.0.0.1",
        "$2": "-",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404",
        "$7": "1534",
    }


@pytest.mark.parametrize(
    ("pattern", "message", "value", "expected"),
    [
        ("ERROR", "ERROR", "1", 1.0),
        ("{ $.latency = * }", '{"latency": 12.5}', "$.latency", 12.5),
        ("{ $.latency = * }", '{"latency": "fast"}', "$.latency", None),
        ("{ $.ok IS TRUE }", '{"ok": true}', "$.ok", None),
        ("[..., size]", "a b 17", "$size", 17.0),
    ],
)
def test_metric_values(pattern: str, message: str, value: str, expected: float | None) -> None:
    found = read(pattern)
    assert found.matches(message)
    assert found.value(message, value) == expected


@pytest.mark.parametrize(
    "pattern", ["{ $.a = 1", "[a, b", "{ }", "{ $.a }", "{ $.a ~ 1 }", "[..., a, ...]", "a-b", "%(%", "{ ($.a = 1 }"]
)
def test_wrong_patterns(pattern: str) -> None:
    with pytest.raises(PatternError):
        read(pattern)
