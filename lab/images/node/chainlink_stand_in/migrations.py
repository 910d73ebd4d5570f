# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema: numbered steps in ``goose_migrations``, the version guard in ``node_versions``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .database import Database, Error, table_exists
from .defects import FAILING_MIGRATION, MIGRATION_FAILS, defect_of
from .errors import CommandError
from .logs import Logger
from .versions import Behaviour, Version

# Steps with tables that the stand-in uses or that an operator may look at; all other numbers change nothing.
STEPS: dict[int, tuple[str, str]] = {
    1: (
        "initial",
        """
        CREATE TABLE node_versions (version text PRIMARY KEY, created_at timestamptz NOT NULL);
        CREATE TABLE users (
            email text PRIMARY KEY, hashed_password text NOT NULL, role text NOT NULL DEFAULT 'admin',
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
        CREATE TABLE sessions (
            id text PRIMARY KEY, email text NOT NULL REFERENCES users (email) ON DELETE CASCADE,
            last_used timestamptz NOT NULL, created_at timestamptz NOT NULL);
        CREATE TABLE encrypted_key_rings (encrypted_keys jsonb, updated_at timestamptz NOT NULL);
        CREATE TABLE eth_key_states (
            id serial PRIMARY KEY, address bytea NOT NULL, evm_chain_id numeric(78, 0) NOT NULL,
            next_nonce bigint NOT NULL DEFAULT 0, disabled boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, UNIQUE (address, evm_chain_id));
        CREATE TABLE jobs (
            id serial PRIMARY KEY, name text, type text NOT NULL, created_at timestamptz NOT NULL);
        CREATE TABLE bridge_types (
            name text PRIMARY KEY, url text NOT NULL, created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL);
        """,
    ),
    163: (
        "job_spec_errors",
        "CREATE TABLE job_spec_errors (id bigserial PRIMARY KEY, job_id integer, description text)",
    ),
    170: (
        "evm_schema",
        """
        CREATE SCHEMA evm;
        ALTER TABLE eth_key_states SET SCHEMA evm;
        ALTER TABLE evm.eth_key_states RENAME TO key_states;
        """,
    ),
    215: (
        "evm_heads",
        "CREATE TABLE evm.heads (hash bytea NOT NULL, number bigint NOT NULL, evm_chain_id numeric(78, 0))",
    ),
    255: ("workflow_specs", "CREATE TABLE workflow_specs (id serial PRIMARY KEY, workflow text NOT NULL)"),
    274: ("sessions_last_used", "CREATE INDEX idx_sessions_last_used ON sessions (last_used)"),
    278: ("job_name", "CREATE INDEX idx_jobs_name ON jobs (name)"),
    287: ("bridge_updated", "CREATE INDEX idx_bridge_types_updated_at ON bridge_types (updated_at)"),
    291: ("workflow_status", "ALTER TABLE workflow_specs ADD COLUMN status text NOT NULL DEFAULT ''"),
    # From here on: the broken releases (defects.py).
    293: ("bridge_note", "ALTER TABLE bridge_types ADD COLUMN note text"),
    294: ("job_owner", "ALTER TABLE jobs ADD COLUMN owner text"),
    295: ("workflow_owner", "ALTER TABLE workflow_specs ADD COLUMN owner text"),
}

_GOOSE = """
CREATE TABLE IF NOT EXISTS goose_migrations (
    id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now())
"""
# Not part of the official schema: how a test makes a check fail or a phase slow (README.md).
_STAND_IN = """
CREATE TABLE IF NOT EXISTS lab_stand_in_faults (
    check_name text PRIMARY KEY, output text NOT NULL DEFAULT 'stand-in fault', ready boolean NOT NULL DEFAULT true);
CREATE TABLE IF NOT EXISTS lab_stand_in_delays (phase text PRIMARY KEY, seconds double precision NOT NULL)
"""


def current(cursor: Any) -> int:
    """The highest applied migration, 0 on an empty database."""
    if not table_exists(cursor, "goose_migrations"):
        return 0
    cursor.execute("SELECT COALESCE(MAX(version_id), 0) FROM goose_migrations WHERE is_applied")
    return int(cursor.fetchone()[0])


def migrate(database: Database, behaviour: Behaviour, log: Logger) -> None:
    """Apply every missing step, each with its number in one transaction. Raises CommandError."""
    try:
        with database.transaction() as cursor:
            done = current(cursor)
        if done >= behaviour.schema:
            log.info("goose: no migrations to run. current version: " + str(done))
            return
        with database.transaction() as cursor:
            cursor.execute(_GOOSE)
            cursor.execute(_STAND_IN)
        for number in sorted(step for step in STEPS if done < step <= behaviour.schema):
            _apply(database, done, number, behaviour)
            done = number
        if done < behaviour.schema:
            _apply(database, done, behaviour.schema, behaviour)
        log.info(f"goose: successfully migrated database to version: {behaviour.schema}")
    except Error as error:
        raise CommandError(f"initializeORM#Migrate: failed to migrate: {str(error).strip()}") from error


def _apply(database: Database, done: int, number: int, behaviour: Behaviour) -> None:
    """One migration in one transaction, as goose: what fails leaves nothing of itself, and all before it."""
    breaks = defect_of(behaviour.version) == MIGRATION_FAILS and number == FAILING_MIGRATION
    with database.transaction() as cursor:
        if number in STEPS:
            cursor.execute(STEPS[number][1])
        if breaks:
            try:
                cursor.execute("ALTER TABLE job_owners ADD COLUMN job_id integer")
            except Error as error:
                raise CommandError(
                    f"initializeORM#Migrate: failed to migrate: ERROR {number:04d}_{STEPS[number][0]}.sql: "
                    f"failed to run SQL migration: {str(error).strip()} (SQLSTATE {error.pgcode})"
                ) from error
        cursor.execute(
            "INSERT INTO goose_migrations (version_id, is_applied) SELECT step, true FROM generate_series(%s, %s) step",
            (done + 1, number),
        )


def status(cursor: Any, behaviour: Behaviour) -> list[str]:
    """The lines of ``db status``."""
    applied: dict[int, Any] = {}
    if table_exists(cursor, "goose_migrations"):
        cursor.execute("SELECT version_id, tstamp FROM goose_migrations WHERE is_applied ORDER BY id")
        applied = dict(cursor.fetchall())
    lines = []
    for number in range(1, behaviour.schema + 1):
        name = STEPS[number][0] if number in STEPS else "stand_in"
        state = "applied" if number in applied else "pending"
        lines.append(
            f"version:{number}, path:{number:04d}_{name}.sql, type:sql, state:{state}, "
            f"appliedAt: {applied.get(number, '')}"
        )
    return lines


def database_version(database: Database) -> Version | None:
    """The newest release that ran on the database, by time of its first start."""
    with database.transaction() as cursor:
        if not table_exists(cursor, "node_versions"):
            return None
        cursor.execute("SELECT version FROM node_versions ORDER BY created_at DESC LIMIT 1")
        row = cursor.fetchone()
    return Version.parse(row[0]) if row else None


def guard(version: Version, found: Version | None, behaviour: Behaviour, environ: Mapping[str, str]) -> None:
    """Refuse a release older than the database. Raises CommandError."""
    if found is None or version >= found:
        return
    if behaviour.skips_version_check and environ.get("CL_SKIP_APP_VERSION_CHECK") == "true":
        return
    raise CommandError(
        f"CheckVersion: Application version ({version}) is lower than database version ({found}). "
        f"Only Chainlink {found} or higher can be run on this database"
    )


def record_version(database: Database, version: Version, found: Version | None) -> None:
    """Write the running release into node_versions, unless the database has seen a newer one."""
    if found is not None and version <= found:
        return
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO node_versions (version, created_at) VALUES (%s, clock_timestamp()) ON CONFLICT DO NOTHING",
            (str(version),),
        )


def delay(database: Database, phase: str) -> float:
    """Seconds that a test asks a phase to take longer (table lab_stand_in_delays); 0 without a row."""
    with database.transaction() as cursor:
        if not table_exists(cursor, "lab_stand_in_delays"):
            return 0.0
        cursor.execute("SELECT seconds FROM lab_stand_in_delays WHERE phase = %s", (phase,))
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0
