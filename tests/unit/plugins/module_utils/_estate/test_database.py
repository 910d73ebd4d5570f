# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import database

BACKUP, MAINTENANCE = "estate_database_backup_window", "estate_database_maintenance_window"
MINIMUM, MAXIMUM = "estate_database_minimum_acu", "estate_database_maximum_acu"

TEST_GOOD: list[dict[str, Any]] = [
    {},
    {BACKUP: "", MAINTENANCE: ""},
    {BACKUP: "03:00-04:00", MAINTENANCE: "sun:04:00-sun:05:00"},
    {BACKUP: "23:30-00:30", MAINTENANCE: "Mon:00:30-Mon:01:30"},
    {MAINTENANCE: "sun:23:45-mon:00:15"},
    {MINIMUM: 0.5, MAXIMUM: 256},
    {MINIMUM: 8.0, MAXIMUM: 8},
    {"estate_database_name": "chainlink", "estate_database_master_username": "postgres"},
    {"estate_database_port": 5432, "estate_database_monitoring_interval": 0},
    {"estate_database_cluster_parameters": {"log_min_duration_statement": 1000}},
    {"estate_database_master_password": "0123456789abcdef!#%"},
    {"estate_database_ca_certificate": "rds-ca-rsa2048-g1"},
]


@pytest.mark.parametrize("inputs", TEST_GOOD, ids=str)
def test_good(inputs: dict[str, Any]) -> None:
    assert database.problems(inputs) == []


NO_WINDOW = "{!r} is not a window; write one in UTC such as {}"
TEST_BAD: list[tuple[dict[str, Any], str, list[str]]] = [
    ({BACKUP: "3:00-4:00"}, BACKUP, [NO_WINDOW.format("3:00-4:00", "03:00-04:00")]),
    # What YAML makes of 22:30 without quotes.
    ({BACKUP: 1350}, BACKUP, [NO_WINDOW.format(1350, "03:00-04:00")]),
    ({BACKUP: "24:00-01:00"}, BACKUP, [NO_WINDOW.format("24:00-01:00", "03:00-04:00")]),
    ({BACKUP: "03:00-03:29"}, BACKUP, ["03:00-03:29 must last from 30 minutes to less than a day"]),
    ({BACKUP: "03:00-03:00"}, BACKUP, ["03:00-03:00 must last from 30 minutes to less than a day"]),
    ({MAINTENANCE: "04:00-05:00"}, MAINTENANCE, [NO_WINDOW.format("04:00-05:00", "sun:04:30-sun:05:30")]),
    (
        {MAINTENANCE: "sun:04:00-tue:05:00"},
        MAINTENANCE,
        ["sun:04:00-tue:05:00 must last from 30 minutes to less than a day"],
    ),
    (
        {BACKUP: "03:00-04:01", MAINTENANCE: "sun:04:00-sun:05:00"},
        MAINTENANCE,
        [f"sun:04:00-sun:05:00 overlaps {BACKUP} 03:00-04:01, which RDS refuses; move one of them"],
    ),
    (
        {BACKUP: "23:30-00:30", MAINTENANCE: "mon:00:00-mon:01:00"},
        MAINTENANCE,
        [f"mon:00:00-mon:01:00 overlaps {BACKUP} 23:30-00:30, which RDS refuses; move one of them"],
    ),
    (
        {BACKUP: "00:00-00:30", MAINTENANCE: "sun:23:45-mon:00:15"},
        MAINTENANCE,
        [f"sun:23:45-mon:00:15 overlaps {BACKUP} 00:00-00:30, which RDS refuses; move one of them"],
    ),
    ({MINIMUM: 0}, MINIMUM, ["0 must be a capacity from 0.5 to 256 in steps of 0.5"]),
    ({MINIMUM: 0.7}, MINIMUM, ["0.7 must be a capacity from 0.5 to 256 in steps of 0.5"]),
    ({MAXIMUM: 0.5}, MAXIMUM, ["0.5 must be a capacity from 1 to 256 in steps of 0.5"]),
    ({MAXIMUM: 257}, MAXIMUM, ["257 must be a capacity from 1 to 256 in steps of 0.5"]),
    ({MINIMUM: 4, MAXIMUM: 2}, MINIMUM, [f"4 is more than {MAXIMUM} 2"]),
    (
        {"estate_database_name": "Oracle-1"},
        "estate_database_name",
        ["'Oracle-1' must be 1 to 63 small letters, digits and underscores, beginning with a letter"],
    ),
    (
        {"estate_database_name": "rdsadmin"},
        "estate_database_name",
        ["rdsadmin is taken by PostgreSQL, RDS or the node; choose another"],
    ),
    (
        {"estate_database_master_username": "chainlink"},
        "estate_database_master_username",
        ["chainlink is taken by PostgreSQL, RDS or the node; choose another"],
    ),
    (
        {"estate_database_master_username": "a" * 17},
        "estate_database_master_username",
        [f"{'a' * 17!r} must be 1 to 16 small letters, digits and underscores, beginning with a letter"],
    ),
    (
        {"estate_database_ca_certificate": "rsa2048"},
        "estate_database_ca_certificate",
        ["'rsa2048' is not the name of an RDS certificate authority; write one such as rds-ca-rsa2048-g1"],
    ),
    ({"estate_database_port": 443}, "estate_database_port", ["443 must be from 1150 to 65535"]),
    (
        {"estate_database_monitoring_interval": 2},
        "estate_database_monitoring_interval",
        ["2 must be one of 0, 1, 5, 10, 15, 30, 60 seconds; 0 is off"],
    ),
    (
        {"estate_database_cluster_parameters": {"rds.force_ssl": 0}},
        "estate_database_cluster_parameters",
        ["rds.force_ssl is the collection's own: connections without TLS are refused"],
    ),
    (
        {"estate_database_instance_parameters": ["log_statement"]},
        "estate_database_instance_parameters",
        ["must be a mapping of parameters to values, such as log_min_duration_statement: 1000"],
    ),
    (
        {"estate_database_master_password": "short@"},
        "estate_database_master_password",
        [
            "must have 16 to 99 characters",
            "must be of printable ASCII characters without blank, quotes, / and @, which RDS refuses",
        ],
    ),
    (
        {"estate_database_master_password": 1234},
        "estate_database_master_password",
        ["must be text; write it in quotes"],
    ),
]


@pytest.mark.parametrize(("inputs", "variable", "messages"), TEST_BAD, ids=lambda value: str(value)[:60])
def test_bad(inputs: dict[str, Any], variable: str, messages: list[str]) -> None:
    assert database.problems(inputs) == [(variable, message) for message in messages]


OFFERED = ["13.18", "14.17", "14.9", "16.10", "16.9", "17.4", "17.5", "17.5-limitless", "18.1"]

TEST_CHOOSE_VERSION = [
    ("", OFFERED, "17.5"),
    ("", ["16.9", "16.10"], "16.10"),
    ("14.9", OFFERED, "14.9"),
    ("16.10", OFFERED, "16.10"),
]


@pytest.mark.parametrize(("wanted", "offered", "version"), TEST_CHOOSE_VERSION)
def test_choose_version(wanted: str, offered: list[str], version: str) -> None:
    assert database.choose_version(wanted, offered) == version


TEST_NO_VERSION = [
    (
        "14.7",
        OFFERED,
        "14.7 is not on offer in the region; choose one of 14.9, 14.17, or leave it out for the newest",
    ),
    (
        "15.4",
        ["16.9", "17.4"],
        "15.4 is not on offer in the region; choose one of 16.9, 17.4, or leave it out for the newest",
    ),
    ("", ["13.18", "18.1"], "the region offers no Aurora PostgreSQL 14 to 17"),
]


@pytest.mark.parametrize(("wanted", "offered", "message"), TEST_NO_VERSION)
def test_no_version(wanted: str, offered: list[str], message: str) -> None:
    with pytest.raises(database.OfferError) as raised:
        database.choose_version(wanted, offered)
    assert raised.value.problems == [("estate_database_engine_version", message)]
    assert str(raised.value) == f"estate_database_engine_version: {message}"


def option(*zones: str, monitoring: bool = True, insights: bool = True) -> dict[str, Any]:
    return {
        "AvailabilityZones": [{"Name": zone} for zone in zones],
        "SupportsEnhancedMonitoring": monitoring,
        "SupportsPerformanceInsights": insights,
    }


BOTH = {"monitoring": True, "insights": True}
CLASS = "estate_database_instance_class"
TEST_CHECK_CLASS: list[tuple[list[dict[str, Any]], dict[str, bool], list[tuple[str, str]]]] = [
    ([option("a", "b")], BOTH, []),
    ([option("a"), option("b")], BOTH, []),
    ([option("a", "b", insights=False)], {"monitoring": True, "insights": False}, []),
    (
        [],
        BOTH,
        [
            (
                CLASS,
                "db.x.y cannot be ordered for Aurora PostgreSQL 17.5 in the region; choose one such as db.r6g.large",
            )
        ],
    ),
    (
        [option("a", monitoring=False, insights=False)],
        BOTH,
        [
            (CLASS, "db.x.y cannot be ordered in b; choose another class or other zones"),
            (
                "estate_database_monitoring_interval",
                "db.x.y has no such thing; turn it off or choose another class",
            ),
            (
                "estate_database_performance_insights",
                "db.x.y has no such thing; turn it off or choose another class",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("options", "wants", "problems"), TEST_CHECK_CLASS)
def test_check_class(options: list[dict[str, Any]], wants: dict[str, bool], problems: list[tuple[str, str]]) -> None:
    found: list[tuple[str, str]] = []
    try:
        database.check_class("db.x.y", "17.5", options, ["a", "b"], wants)
    except database.OfferError as error:
        found = error.problems
    assert found == problems


RUNNING = {
    "DBClusterIdentifier": "oracle-database",
    "DatabaseName": "chainlink",
    "EngineVersion": "16.9",
    "Port": 5432,
}


def another_version(wanted: str) -> tuple[str, str]:
    return (
        "estate_database_engine_version",
        f"{wanted} is not the version of cluster oracle-database, 16.9; another one interrupts both nodes and there is "
        "no way back, so no ordinary run changes it: upgrade the cluster deliberately, set this to what runs, or leave "
        "it out",
    )


TEST_CHECK_RUNNING: list[tuple[dict[str, Any], str, int, str, list[tuple[str, str]]]] = [
    (RUNNING, "", 5432, "chainlink", []),
    (RUNNING, "16.9", 5432, "chainlink", []),
    # AWS has brought a newer one since.
    (RUNNING, "16.8", 5432, "chainlink", []),
    (RUNNING, "16.10", 5432, "chainlink", [another_version("16.10")]),
    (RUNNING, "17.5", 5432, "chainlink", [another_version("17.5")]),
    (RUNNING, "15.13", 5432, "chainlink", [another_version("15.13")]),
    ({**RUNNING, "DatabaseName": None}, "", 5432, "other", []),
    (
        RUNNING,
        "",
        5433,
        "other",
        [
            (
                "estate_database_port",
                "5433 is not the port of cluster oracle-database, 5432, and moving it cuts both nodes off",
            ),
            (
                "estate_database_name",
                "other is not the database of cluster oracle-database, chainlink, which cannot change",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("running", "wanted", "port", "name", "problems"), TEST_CHECK_RUNNING)
def test_check_running(
    running: dict[str, Any], wanted: str, port: int, name: str, problems: list[tuple[str, str]]
) -> None:
    found: list[tuple[str, str]] = []
    try:
        database.check_running(running, wanted, port, name)
    except database.OfferError as error:
        found = error.problems
    assert found == problems


def members(*writes: bool) -> dict[str, Any]:
    listed = [
        {"DBInstanceIdentifier": f"oracle-database-{number}", "IsClusterWriter": is_writer}
        for number, is_writer in enumerate(writes, start=1)
    ]
    return {
        "DBClusterIdentifier": "oracle-database",
        "EngineVersion": "17.5",
        "Port": 5432,
        "DBClusterMembers": listed,
    }


DELETE = (
    "delete it yourself (aws rds delete-db-instance --db-instance-identifier oracle-database-2), "
    "or set this back to true"
)
LEAVES = "false would leave instance oracle-database-2 as it is, at its price, since no run deletes one"
# (cluster, wanted zones, message)
TEST_SURPLUS: list[tuple[dict[str, Any], int, str]] = [
    (members(True, False), 2, ""),
    (members(True), 1, ""),
    (members(True, False), 1, f"{LEAVES}; {DELETE}"),
    (
        members(False, True),
        1,
        f"{LEAVES}; make oracle-database-1 the writer (aws rds failover-db-cluster --db-cluster-identifier "
        f"oracle-database --target-db-instance-identifier oracle-database-1) and then {DELETE}",
    ),
]


@pytest.mark.parametrize(("running", "zones", "message"), TEST_SURPLUS)
def test_a_second_instance_is_not_given_up_on_the_side(running: dict[str, Any], zones: int, message: str) -> None:
    found: list[tuple[str, str]] = []
    try:
        database.check_running(running, "", 5432, "chainlink", zones)
    except database.OfferError as error:
        found = error.problems
    assert found == ([("estate_database_multi_az", message)] if message else [])
