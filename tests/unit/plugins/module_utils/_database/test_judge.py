# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import judge, query
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import version

URL = "postgresql://chain%20link:can%40ary@db.test:5433/chainlink?sslmode=verify-full&sslrootcert=/ca.pem"
DEMANDS = judge.Demands(version.Version(2, 46, 0), 40)
FACTS = query.Facts(
    server_version="16.8",
    in_recovery=False,
    read_only=False,
    user="chainlink",
    database="chainlink",
    owner="chainlink",
    owns_database=True,
    creates_schemas=True,
    schema="public",
    creates_tables=True,
    encrypted=True,
    most_connections=1000,
    reserved_connections=3,
    used_connections=50,
    database_limit=-1,
    user_limit=-1,
    tables=(),
    node_version="2.30.1",
    schema_version=287,
    lease=None,
)
PLACE = "db.test:5433"


def table(name: str, owner: str = "chainlink", *lacking: str) -> query.Table:
    return query.Table(name, owner, owner == "chainlink", lacking)


# (what differs from a database in order, findings)
TEST_FINDINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"tables": (table("lease_lock"), table("jobs")), "node_version": None, "schema_version": None}, []),
    (
        {"in_recovery": True, "read_only": True},
        [
            "this is a reader: it is in recovery and takes no writes, and a node on it waits for ever; database.host "
            "of the estate record must be the cluster's writer endpoint"
        ],
    ),
    (
        {"read_only": True},
        [
            "the database takes no writes (default_transaction_read_only is on), and a node on it waits for ever; "
            "reset it for the parameter group, database chainlink or user chainlink"
        ],
    ),
    (
        {"owner": "chainlink_master", "owns_database": False},
        [
            "database chainlink belongs to chainlink_master and not to the node's user chainlink; give it with ALTER "
            "DATABASE chainlink OWNER TO chainlink"
        ],
    ),
    (
        {"creates_schemas": False, "database": "Chain link", "user": 'a"b'},
        [
            'user a"b may not create a schema in database Chain link, and migrations do; give it with GRANT CREATE ON '
            'DATABASE "Chain link" TO "a""b"'
        ],
    ),
    (
        {"creates_tables": False},
        [
            "user chainlink may not create tables in schema public, so its node waits for ever instead of taking the "
            "lease; give it with GRANT CREATE ON SCHEMA public TO chainlink"
        ],
    ),
    (
        {"creates_tables": False, "tables": (table("lease_lock"),)},
        [
            "user chainlink may not create tables in schema public, as the migrations of a newer release must; give it "
            "with GRANT CREATE ON SCHEMA public TO chainlink"
        ],
    ),
    (
        {"schema": None, "creates_tables": False},
        [
            "user chainlink may use no schema of its search_path; give it one with GRANT USAGE, CREATE ON SCHEMA "
            "public TO chainlink"
        ],
    ),
    (
        {"tables": (table("lease_lock", "chainlink", "UPDATE"), table("jobs"))},
        [
            "user chainlink has not all rights on its table lease_lock; give them with GRANT UPDATE ON lease_lock TO "
            "chainlink"
        ],
    ),
    (
        {
            "tables": (
                table("lease_lock", "postgres", "SELECT", "UPDATE"),
                table("users", "dba"),
                table("jobs", "postgres", "DELETE"),
            )
        },
        [
            "tables of the node belong to postgres (lease_lock, jobs); user chainlink may not DELETE, SELECT, UPDATE "
            "there; give all tables of postgres with REASSIGN OWNED BY postgres TO chainlink",
            "tables of the node belong to dba (users); user chainlink can work there until a release migrates them; "
            "give all tables of dba with REASSIGN OWNED BY dba TO chainlink",
        ],
    ),
    (
        {"node_version": "2.46.1", "schema_version": 294},
        [
            "release 2.46.1 has used this database (its schema is at 294), and 2.46.0 does not start on it; run 2.46.1 "
            "or newer, or bring back the database of the older release with restore.yml"
        ],
    ),
    ({"node_version": "2.46.0"}, []),
    # A build of one's own says "unset".
    ({"node_version": "unset"}, []),
    (
        {"encrypted": False},
        ["the connection is not encrypted (sslmode=verify-full); the node's database URL must say sslmode=verify-full"],
    ),
    (
        {"most_connections": 40},
        ["max_connections allows 37 connections, and one node opens up to 40; raise it"],
    ),
    (
        {"user_limit": 20, "database_limit": 30},
        ["the limit of user chainlink allows 20 connections, and one node opens up to 40; raise it"],
    ),
]

TEST_WARNINGS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"database_limit": 79},
        [
            "the limit of database chainlink allows 79 connections, and 2 nodes open up to 80 while one takes over "
            "from the other; raise it"
        ],
    ),
    ({"most_connections": 83, "used_connections": 10}, []),
    ({"used_connections": 970}, ["970 of 1000 connections are in use by all users"]),
    ({"server_version": "13.11"}, ["PostgreSQL 13.11 is not one that the node supports (14 to 17)"]),
    ({"server_version": "18beta1"}, ["PostgreSQL 18beta1 is not one that the node supports (14 to 17)"]),
]


def judged(changes: dict[str, Any], url: str = URL) -> judge.Verdict:
    return judge.judge(dataclasses.replace(FACTS, **changes), query.address(url), DEMANDS)


@pytest.mark.parametrize(("changes", "findings"), TEST_FINDINGS)
def test_findings(changes: dict[str, Any], findings: list[str]) -> None:
    verdict = judged(changes)
    assert (list(verdict.findings), verdict.warnings) == (findings, ())


@pytest.mark.parametrize(("changes", "warnings"), TEST_WARNINGS)
def test_warnings(changes: dict[str, Any], warnings: list[str]) -> None:
    verdict = judged(changes)
    assert (verdict.findings, list(verdict.warnings)) == ((), warnings)


def test_everything_is_told_at_once() -> None:
    changes = {"in_recovery": True, "owns_database": False, "creates_tables": False, "node_version": "3.0.0"}
    verdict = judged(changes)
    assert len(verdict.findings) == 4
    assert not verdict.passing


def test_only_a_reader_may_become_a_writer() -> None:
    assert judged({"in_recovery": True, "read_only": True}).passing
    assert not judged({"read_only": True}).passing
    assert not judged({}).passing


@pytest.mark.parametrize(
    ("query_text", "mode"), [("", "prefer"), ("?sslmode=require", "require"), ("?sslmode=verify-ca", "verify-ca")]
)
def test_a_server_that_is_not_verified(query_text: str, mode: str) -> None:
    verdict = judged({}, f"postgresql://chainlink:word@db.test:5432/chainlink{query_text}")
    assert verdict.findings == (
        f"the connection is encrypted, but the server is not verified (sslmode={mode}); the node's database URL must "
        "say sslmode=verify-full",
    )


def test_a_release_that_is_not_known() -> None:
    facts = dataclasses.replace(FACTS, node_version="9.0.0")
    assert judge.judge(facts, query.address(URL), judge.Demands(None, 40)).findings == ()


AT = 'connection to server at "ssl-certificate.test" (10.0.0.7), port 5433 failed: '

# (what libpq says, kind, the beginning of the cause)
TEST_EXPLAIN: list[tuple[str, str, str]] = [
    (
        'could not translate host name "db.test" to address: Name or service not known',
        judge.NAME,
        "the database's name db.test is not known here; is the cluster still there, and does the network's DNS answer?",
    ),
    (AT + "Connection refused", judge.PORT, f"nothing answers at {PLACE}; is the cluster available"),
    (AT + "timeout expired", judge.PORT, f"nothing answers at {PLACE}"),
    (AT + "No route to host", judge.PORT, f"nothing answers at {PLACE}"),
    (AT + "server closed the connection unexpectedly", judge.PORT, f"nothing answers at {PLACE}"),
    ("SSL SYSCALL error: EOF detected", judge.PORT, f"nothing answers at {PLACE}"),
    (
        AT + "SSL error: certificate verify failed",
        judge.TLS,
        f"the encryption with {PLACE} cannot be set up or trusted; do the host's RDS certificate authorities (/ca.pem)",
    ),
    (AT + 'server certificate for "a" does not match host name "b"', judge.TLS, "the encryption"),
    (AT + "server does not support SSL, but SSL was required", judge.TLS, "the encryption"),
    ('root certificate file "/ca.pem" does not exist', judge.TLS, "the encryption"),
    (AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.1", no encryption', judge.TLS, "the encryption"),
    (
        AT + 'FATAL:  password authentication failed for user "chain link"',
        judge.LOGIN,
        "the database refuses user chain link; its password is not the one in the secret, or the user is missing: "
        "playbooks/nodes.yml sets both",
    ),
    (AT + 'FATAL:  role "chain link" does not exist', judge.LOGIN, "the database refuses user chain link"),
    (AT + 'FATAL:  role "x" is not permitted to log in', judge.LOGIN, "the database refuses user"),
    (
        AT + 'FATAL:  database "chainlink" does not exist',
        judge.DATABASE,
        f"user chain link cannot use database chainlink at {PLACE}, or there is none of this name",
    ),
    (AT + 'FATAL:  permission denied for database "chainlink"', judge.DATABASE, "user chain link cannot use"),
    (AT + "FATAL:  sorry, too many clients already", judge.CONNECTIONS, f"the database at {PLACE} has no connection"),
    (AT + 'FATAL:  too many connections for role "x"', judge.CONNECTIONS, f"the database at {PLACE} has no"),
    (AT + "FATAL:  remaining connection slots are reserved for", judge.CONNECTIONS, f"the database at {PLACE} has"),
    (AT + "FATAL:  the database system is starting up", judge.STARTING, f"the database at {PLACE} is starting"),
    ("FATAL:  terminating connection due to administrator command", judge.STARTING, f"the database at {PLACE} is"),
    ("it hums", judge.OTHER, f"the database at {PLACE} does not answer as it should (it hums)"),
]


@pytest.mark.parametrize(("message", "kind", "cause"), TEST_EXPLAIN)
def test_explain(message: str, kind: str, cause: str) -> None:
    failure = judge.explain(message, query.address(URL))
    assert failure.kind == kind
    assert failure.cause.startswith(cause)
    assert failure.cause.endswith(f"({message})")
