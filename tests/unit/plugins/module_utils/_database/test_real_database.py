# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database that a node would wait on for ever, and what is said of it, with a real PostgreSQL."""

from __future__ import annotations

import socket
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import judge, query
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import version

from .conftest import PASSWORD, Database

RELEASE = version.Version(2, 46, 0)
# As the node makes them, by its own user.
NODE_TABLES = """
CREATE TABLE lease_lock (client_id uuid NOT NULL, expires_at timestamptz NOT NULL);
CREATE TABLE node_versions (version text PRIMARY KEY, created_at timestamptz NOT NULL);
CREATE TABLE goose_migrations (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL);
CREATE TABLE jobs (id serial PRIMARY KEY);
INSERT INTO node_versions VALUES ('2.29.0', now() - interval '1 day'), ('2.46.0', now());
INSERT INTO goose_migrations (version_id, is_applied) VALUES (1, true), (287, true), (291, false);
INSERT INTO lease_lock VALUES ('6f1a8f1e-6d0e-4d6a-9b53-0d2f4c3a1b7e', now() + interval '9 seconds');
"""


def make_tables(database: Database) -> None:
    database.run(f"SET ROLE chainlink; {NODE_TABLES}")


def judged(database: Database, release: version.Version = RELEASE, **url: str) -> judge.Verdict:
    address = database.url(**url)  # type: ignore[arg-type]
    return judge.judge(query.look(address), query.address(address), judge.Demands(release, 40))


def test_an_empty_database_is_in_order(database: Database) -> None:
    facts = query.look(database.url())
    assert (facts.node_version, facts.schema_version, facts.lease, facts.tables) == (None, None, None, ())
    assert judged(database) == judge.Verdict((), ())


def test_a_used_database_is_in_order(database: Database) -> None:
    make_tables(database)
    facts = query.look(database.url())
    assert (facts.user, facts.database, facts.owner, facts.schema) == (
        "chainlink", database.name, "chainlink", "public",
    )  # fmt: skip
    assert (facts.node_version, facts.schema_version) == ("2.46.0", 287)
    assert [table.name for table in facts.tables] == ["lease_lock", "node_versions", "goose_migrations", "jobs"]
    assert facts.lease is not None
    assert facts.lease.client_id == "6f1a8f1e-6d0e-4d6a-9b53-0d2f4c3a1b7e"
    assert 8 < facts.lease.expires_in <= 9
    assert facts.lease == query.Lease(facts.lease.client_id, facts.lease.expires_in, None, None, None, 0, True)
    assert judged(database) == judge.Verdict((), ())


# (what somebody has done, the beginning of the one finding)
TEST_FAULTS: list[tuple[list[str], str]] = [
    (
        ["REVOKE CREATE ON SCHEMA public FROM pg_database_owner"],
        "user chainlink may not create tables in schema public, as the migrations of a newer release must; give it",
    ),
    (
        ["REVOKE ALL ON SCHEMA public FROM PUBLIC, pg_database_owner"],
        "user chainlink may use no schema of its search_path",
    ),
    (["ALTER DATABASE {database} SET default_transaction_read_only = on"], "the database takes no writes"),
    (["ALTER ROLE chainlink SET default_transaction_read_only = on"], "the database takes no writes"),
    (["REVOKE CREATE ON DATABASE {database} FROM chainlink"], "user chainlink may not create a schema in database"),
    (["REVOKE UPDATE ON lease_lock FROM chainlink"], "user chainlink has not all rights on its table lease_lock"),
    (
        ["ALTER TABLE jobs OWNER TO other"],
        "tables of the node belong to other (jobs); user chainlink may not DELETE, INSERT, SELECT, UPDATE there",
    ),
    (
        ["ALTER TABLE node_versions OWNER TO other", "GRANT ALL ON node_versions TO chainlink"],
        "tables of the node belong to other (node_versions); user chainlink can work there until a release migrates",
    ),
    (["INSERT INTO node_versions VALUES ('2.46.1', now() + interval '1 s')"], "release 2.46.1 has used this database"),
    (["ALTER ROLE chainlink CONNECTION LIMIT 5"], "the limit of user chainlink allows 5 connections"),
]


@pytest.mark.parametrize(("statements", "finding"), TEST_FAULTS, ids=[item[0][0] for item in TEST_FAULTS])
def test_faults(database: Database, statements: list[str], finding: str) -> None:
    make_tables(database)
    database.run(*[statement.format(database=database.name) for statement in statements])
    verdict = judged(database)
    assert len(verdict.findings) == 1, verdict
    assert verdict.findings[0].startswith(finding)


def test_an_empty_database_without_create(database: Database) -> None:
    database.run("REVOKE CREATE ON SCHEMA public FROM pg_database_owner")
    (finding,) = judged(database).findings
    assert finding.startswith(
        "user chainlink may not create tables in schema public, so its node waits for ever instead of taking the lease"
    )


def test_another_owner(database: Database) -> None:
    make_tables(database)
    database.run(f"ALTER DATABASE {database.name} OWNER TO other")
    assert [finding.partition("; ")[0] for finding in judged(database).findings] == [
        f"database {database.name} belongs to other and not to the node's user chainlink",
        f"user chainlink may not create a schema in database {database.name}, and migrations do",
        "user chainlink may not create tables in schema public, as the migrations of a newer release must",
    ]
    # A member of the owner is as good as the owner.
    database.run("GRANT other TO chainlink")
    assert judged(database) == judge.Verdict((), ())


def test_what_the_hints_say_helps(database: Database) -> None:
    make_tables(database)
    database.run(
        "ALTER TABLE lease_lock OWNER TO other",
        f"ALTER DATABASE {database.name} OWNER TO other",
        "REVOKE CREATE ON SCHEMA public FROM pg_database_owner",
    )
    findings = judged(database).findings
    assert len(findings) == 4
    for finding in findings:
        database.run(finding.rpartition(" with ")[2])
    assert judged(database) == judge.Verdict((), ())


def test_a_wrong_password(database: Database) -> None:
    assert failure(database.url(password="wrong-canary")).kind == judge.LOGIN


def test_a_user_that_may_not_log_in(database: Database) -> None:
    database.run("ALTER ROLE chainlink NOLOGIN")
    assert failure(database.url()).kind == judge.LOGIN


def test_a_database_that_is_not_there(database: Database) -> None:
    assert failure(Database(database.server, "nowhere").url()).kind == judge.DATABASE


def test_connections_are_exhausted(database: Database) -> None:
    database.run("ALTER ROLE chainlink CONNECTION LIMIT 1")
    held = psycopg2.connect(database.url())
    try:
        assert failure(database.url()).kind == judge.CONNECTIONS
    finally:
        held.close()


def test_a_name_that_is_not_known(database: Database) -> None:
    assert failure(database.url(host="nowhere.invalid")).kind == judge.NAME


def test_a_port_that_is_closed(database: Database) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert failure(database.url().replace(f":{database.server.port}/", f":{port}/")).kind == judge.PORT


def test_a_certificate_for_another_name(database: Database) -> None:
    assert failure(database.url(host="127.0.0.1")).kind == judge.TLS


def test_a_certificate_of_another_authority(database: Database) -> None:
    others = Path("/etc/ssl/certs/ca-certificates.crt")
    assert failure(database.url(authority=others)).kind == judge.TLS


def test_no_authorities(database: Database, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    found = failure(database.url(authority=missing))
    assert found.kind == judge.TLS
    assert f"({missing})" in found.cause


def test_a_server_that_wants_tls(database: Database) -> None:
    assert failure(database.url(mode="disable")).kind == judge.TLS


def test_a_server_that_is_not_verified(database: Database) -> None:
    (finding,) = judged(database, mode="require").findings
    assert finding.startswith("the connection is encrypted, but the server is not verified (sslmode=require)")


def failure(url: str) -> judge.Failure:
    with pytest.raises(query.DatabaseError) as caught:
        query.look(url)
    found = judge.explain(str(caught.value), query.address(url))
    assert PASSWORD not in found.cause
    assert "wrong-canary" not in found.cause
    return found
