# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided about a database cluster, apart from its servers."""

from __future__ import annotations

import dataclasses

import pytest
from nodeops_lab.api.aurora.model import Cluster, Parameter
from nodeops_lab.reconciler.aurora.addresses import endpoints
from nodeops_lab.reconciler.aurora.configuration import access_file, settings_file
from nodeops_lab.reconciler.aurora.decision import FailOver, Role, Serve, decide, is_settled
from nodeops_lab.reconciler.aurora.parameters import (
    at_start,
    class_memory,
    evaluate,
    fit_for_reader,
    libraries,
    while_running,
)
from nodeops_lab.reconciler.aurora.roles import password_sql, setup_sql, verifier

from .samples import cluster, database

WRITER, READER = database("w", is_writer=True), database("r", is_writer=False)
REBOOTED = database("r", is_writer=False, status="rebooting", reboot_due=True)
SECOND = database("s", is_writer=False, promotion_tier=0)
BOTH: dict[str, Role] = {"w": "writer", "r": "reader"}


def changed(one: object, **changes: object) -> object:
    return dataclasses.replace(one, **changes)  # type: ignore[type-var]


TEST_FAIL_OVER: list[tuple[str, Cluster, dict[str, Role], str | None]] = [
    ("all is well", cluster(WRITER, READER), BOTH, None),
    ("asked for", cluster(WRITER, READER, failover_target="r"), BOTH, "r"),
    ("asked for one of two", cluster(WRITER, READER, SECOND, failover_target="r"), {**BOTH, "s": "reader"}, "r"),
    ("the writer died", cluster(WRITER, READER), {"r": "reader"}, "r"),
    (
        "the writer died: the lower tier goes first",
        cluster(WRITER, READER, SECOND),
        {"r": "reader", "s": "reader"},
        "s",
    ),
    ("the lower tier died too", cluster(WRITER, READER, SECOND), {"r": "reader"}, "r"),
    ("the target asked for died", cluster(WRITER, READER, SECOND, failover_target="r"), {"s": "reader"}, "s"),
    ("both died", cluster(WRITER, READER), {}, None),
    ("no reader", cluster(WRITER), {}, None),
    ("the reader has never been ready", cluster(WRITER, database("r", is_writer=False, status="creating")), BOTH, None),
    ("the writer is deleted", cluster(database("w", is_writer=True, status="deleting"), READER), BOTH, "r"),
    ("the writer reboots", cluster(database("w", is_writer=True, status="rebooting"), READER), {"r": "reader"}, None),
    ("the writer is new", cluster(database("w", is_writer=True, status="creating"), READER), {"r": "reader"}, None),
    ("the cluster stops", cluster(WRITER, READER, status="stopping"), {"r": "reader"}, None),
    ("the writer serves as reader", cluster(WRITER, READER), {"w": "reader", "r": "reader"}, "r"),
]


def test_fail_over_from_a_writer_that_does_not_come_back() -> None:
    wanted = cluster(database("w", is_writer=True, status="rebooting"), READER)
    assert decide(wanted, BOTH, ["w"]) == FailOver(READER)


@pytest.mark.parametrize(("case", "wanted", "alive", "target"), TEST_FAIL_OVER, ids=[row[0] for row in TEST_FAIL_OVER])
def test_fail_over(case: str, wanted: Cluster, alive: dict[str, Role], target: str | None) -> None:
    step = decide(wanted, alive)
    assert (step.target.instance_id if isinstance(step, FailOver) else None) == target


TEST_SERVE: list[tuple[str, Cluster, dict[str, Role], Serve]] = [
    ("dead", cluster(WRITER), {}, Serve({"w": "writer"})),
    ("stops", cluster(WRITER, READER, status="stopping"), BOTH, Serve({})),
    (
        "the last instance is deleted",
        cluster(database("w", is_writer=True, status="deleting")),
        {"w": "writer"},
        Serve({}, (database("w", is_writer=True, status="deleting"),)),
    ),
    (
        "a reboot was asked for",
        cluster(WRITER, REBOOTED),
        BOTH,
        Serve({"w": "writer", "r": "reader"}, (), (REBOOTED,)),
    ),
    (
        "the only instance left follows a writer that is gone",
        cluster(database("r", is_writer=True)),
        {"r": "reader"},
        Serve({"r": "writer"}, (), (database("r", is_writer=True),)),
    ),
]


@pytest.mark.parametrize(("case", "wanted", "alive", "step"), TEST_SERVE, ids=[row[0] for row in TEST_SERVE])
def test_serve(case: str, wanted: Cluster, alive: dict[str, Role], step: Serve) -> None:
    assert decide(wanted, alive) == step


def test_settled() -> None:
    assert is_settled(cluster(WRITER, READER), ())
    assert is_settled(cluster(status="stopped"), ())
    assert not is_settled(cluster(WRITER, READER), ("snapshot-1",))
    assert not is_settled(cluster(WRITER, status="failing-over"), ())
    assert not is_settled(cluster(WRITER, database("r", is_writer=False, status="rebooting")), ())


ADDRESSES = {"w": "10.0.0.1", "r": "10.0.0.2", "s": "10.0.0.3"}
W, R, S = ADDRESSES.values()
C, RO = "cluster.example", "cluster-ro.example"
STARTING = database("r", is_writer=False, status="rebooting")
TEST_ENDPOINTS: list[tuple[Cluster, float, dict[str, str]]] = [
    (cluster(), 0, {}),
    (cluster(WRITER), 0, {"w.example": W, C: W, RO: W}),
    (cluster(WRITER, READER), 0, {"w.example": W, "r.example": R, C: W, RO: R}),
    (cluster(WRITER, STARTING), 0, {"w.example": W, "r.example": R, C: W, RO: W}),
    (cluster(WRITER, READER, SECOND), 4.9, {"w.example": W, "r.example": R, "s.example": S, C: W, RO: R}),
    (cluster(WRITER, READER, SECOND), 5.0, {"w.example": W, "r.example": R, "s.example": S, C: W, RO: S}),
    (cluster(database("w", is_writer=True, status="creating")), 0, {}),
    (cluster(WRITER, status="stopped"), 0, {}),
]


@pytest.mark.parametrize(("wanted", "now", "names"), TEST_ENDPOINTS)
def test_endpoints(wanted: Cluster, now: float, names: dict[str, str]) -> None:
    assert endpoints(wanted, ADDRESSES, now) == names


TEST_MEMORY = [
    ("db.r6g.large", 16),
    ("db.r5.xlarge", 32),
    ("db.r7g.16xlarge", 512),
    ("db.t3.medium", 4),
    ("db.t4g.large", 8),
    ("db.serverless", 16),
]


@pytest.mark.parametrize(("instance_class", "gibibytes"), TEST_MEMORY)
def test_class_memory(instance_class: str, gibibytes: int) -> None:
    assert class_memory(instance_class) == gibibytes * 2**30


TEST_FORMULAS = [
    ("LEAST({DBInstanceClassMemory/9531392},5000)", 16, "1802"),
    ("LEAST({DBInstanceClassMemory/9531392},5000)", 512, "5000"),
    ("GREATEST({DBInstanceClassMemory/64371566592},3)", 16, "3"),
    ("42", 16, "42"),
]


@pytest.mark.parametrize(("formula", "gibibytes", "value"), TEST_FORMULAS)
def test_formulas(formula: str, gibibytes: int, value: str) -> None:
    assert evaluate(formula, gibibytes * 2**30) == value


def test_libraries_that_the_image_lacks_are_left_out() -> None:
    assert libraries("pg_stat_statements, pgaudit,auto_explain") == "pg_stat_statements,auto_explain"


GROUP = "group"


def with_parameters(*parameters: Parameter, group: str = GROUP, own: tuple[Parameter, ...] = ()) -> object:
    return database("w", is_writer=True, cluster_group=(group, parameters), instance_group=("own", own))


def parameter(name: str, value: str | None, *, is_set: bool = True, immediate: bool = True) -> Parameter:
    return Parameter(name, value, is_set, immediate)


BEFORE = (parameter("max_connections", "200", immediate=False), parameter("log_statement", "none"))
TEST_RUNNING: list[tuple[str, object, dict[str, str], set[str]]] = [
    ("nothing", with_parameters(*BEFORE), {"max_connections": "200", "log_statement": "none"}, set()),
    (
        "dynamic",
        with_parameters(BEFORE[0], parameter("log_statement", "ddl")),
        {"max_connections": "200", "log_statement": "ddl"},
        set(),
    ),
    (
        "static",
        with_parameters(parameter("max_connections", "300", immediate=False), BEFORE[1]),
        {"max_connections": "200", "log_statement": "none"},
        {GROUP},
    ),
    (
        "dynamic, but asked for at the next reboot",
        with_parameters(BEFORE[0], parameter("log_statement", "ddl", immediate=False)),
        {"max_connections": "200", "log_statement": "none"},
        {GROUP},
    ),
    (
        "dynamic, by the instance's group",
        with_parameters(*BEFORE, own=(parameter("log_statement", "all"),)),
        {"max_connections": "200", "log_statement": "all"},
        set(),
    ),
    (
        "another group",
        with_parameters(*BEFORE, group="other"),
        {"max_connections": "200", "log_statement": "none"},
        {"other"},
    ),
    (
        "reset to the engine's default",
        with_parameters(BEFORE[0], parameter("log_statement", None, is_set=False)),
        {"max_connections": "200"},
        set(),
    ),
]


@pytest.mark.parametrize(("case", "now", "settings", "waiting"), TEST_RUNNING, ids=[row[0] for row in TEST_RUNNING])
def test_parameters_while_running(case: str, now: object, settings: dict[str, str], waiting: set[str]) -> None:
    in_force = while_running(at_start(with_parameters(*BEFORE)), now)  # type: ignore[arg-type]
    assert (in_force.settings, in_force.waiting) == (settings, waiting)
    # A reboot applies everything.
    assert while_running(at_start(now), now).waiting == set()  # type: ignore[arg-type]


def test_defaults_that_nobody_set_are_mostly_left_to_postgresql() -> None:
    default = with_parameters(
        parameter("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", is_set=False, immediate=False),
        parameter("shared_buffers", "{DBInstanceClassMemory/10922}", is_set=False),
        parameter("work_mem", "4096", is_set=False),
    )
    assert at_start(default).settings == {"max_connections": "1802"}  # type: ignore[arg-type]


def test_a_reader_allows_no_fewer_connections_than_its_writer() -> None:
    assert fit_for_reader({"max_connections": "50"}, {"max_connections": "200"}) == {"max_connections": "200"}
    assert fit_for_reader({"max_connections": "300"}, {"max_connections": "200"}) == {"max_connections": "300"}


def test_force_ssl_decides_who_may_connect() -> None:
    assert "\nhostssl all all 0.0.0.0/0 scram-sha-256\n" in access_file({})
    assert "\nhostssl all all" in access_file({"rds.force_ssl": "1"})
    plain = access_file({"rds.force_ssl": "0"})
    assert "\nhost all all" in plain
    assert plain.index("rdsadmin 0.0.0.0/0 reject") < plain.index("host all all")


def test_settings_are_quoted_and_fixed_ones_stay() -> None:
    wanted = cluster(WRITER, READER, port=5433)
    content = settings_file(wanted, READER, WRITER, {"log_line_prefix": "it's", "hba_file": "/etc/passwd"})
    lines = content.splitlines()
    assert "log_line_prefix = 'it''s'" in lines
    assert "hba_file = '/lab/pg_hba.conf'" in lines
    assert "port = '5433'" in lines
    assert any(line.startswith("primary_conninfo = 'host=/cluster/sockets/db-W port=5433 ") for line in lines)


def test_logical_replication_is_a_level_of_the_wal() -> None:
    content = settings_file(cluster(WRITER), WRITER, WRITER, {"rds.logical_replication": "1"})
    assert "wal_level = 'logical'\n" in content
    assert "rds." not in content


def test_setup_quotes_names_and_hides_the_password() -> None:
    sql = setup_sql('ma"ster', "it's a secret", 'chain"link')
    assert 'CREATE ROLE "ma""ster" LOGIN NOSUPERUSER INHERIT CREATEDB CREATEROLE' in sql
    assert 'CREATE DATABASE "chain""link" OWNER "ma""ster";\n\n' in sql
    assert "secret" not in sql + password_sql("master", "it's a secret")
    assert "CREATE DATABASE" not in setup_sql("master", "password", None).replace("CREATE DATABASE rdsadmin", "")


def test_verifier_is_postgresqls() -> None:
    kind, iterations_and_salt, keys = verifier("password").split("$")
    assert (kind, iterations_and_salt.split(":")[0], len(keys.split(":"))) == ("SCRAM-SHA-256", "4096", 2)
    assert verifier("password") != verifier("password")
