# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges whether a node can work on its database, and if not, why.

A waiting node swallows nearly every error of the database and looks as if it waited for the lease
(core/services/pg/lease_lock.go), so whoever does not know the reason waits for ever. Pure.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from .._release import version
from .query import LEASE_TABLE, Address, Facts, Lease, Table

#: How long a lease lasts.
LEASE_SECONDS = 10.0

#: A pair: while one node hands over to the other, both may have all their connections.
NODES = 2
#: docs.chain.link, resources/requirements: from 14 up to, not including, 18.
SERVER_MAJORS = range(14, 18)
#: The mode in which libpq looks at the certificate and at the name in it.
VERIFYING = "verify-full"

# Kinds of failures to connect.
NAME = "name"
PORT = "port"
TLS = "tls"
LOGIN = "login"
DATABASE = "database"
CONNECTIONS = "connections"
STARTING = "starting"
OTHER = "other"
#: What may pass by itself: a cluster that fails over, a name that has just changed.
PASSING = (NAME, PORT, CONNECTIONS, STARTING)

# What libpq and the server say in English, the first that fits; libpq 13 to 17.
_SAID = (
    (NAME, r"could not translate host name"),
    (TLS, r"certificate|SSL error|not support SSL|SSL (was|is) |no encryption|SSL off"),
    (STARTING, r"the database system is |terminating connection"),
    (CONNECTIONS, r"too many (clients|connections)|remaining connection slots|connection limit exceeded"),
    (DATABASE, r'database ".*" does not exist|permission denied for database|not currently accepting connections'),
    (LOGIN, r"authentication failed|no password supplied|role .* does not exist|not permitted to log in|pg_hba\.conf"),
    (PORT, r"Connection refused|timeout expired|timed out|No route to host|Network is unreachable|closed|SYSCALL"),
)


@dataclass(frozen=True)
class Failure:
    """Why there is no connection: one of the kinds above, and the cause in words."""

    kind: str
    cause: str


@dataclass(frozen=True)
class Verdict:
    """findings: with these the node does not work. warnings: it works, and will not for long or not well."""

    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    #: Whether what speaks against it may pass by itself: a writer's name that still leads to the reader.
    passing: bool = False


@dataclass(frozen=True)
class Demands:
    """What a node needs of its database."""

    #: None where it is not known.
    release: version.Version | None
    #: Connections that one node opens at most.
    connections: int


def explain(message: str, address: Address) -> Failure:
    """The cause behind the message of a connection that failed."""
    place, user = f"{address.host}:{address.port}", address.user
    # Between quotes stand names, and a cluster may be called whatever.
    said = re.sub(r'"[^"]*"', '""', message)
    kind = next((kind for kind, pattern in _SAID if re.search(pattern, said)), OTHER)
    causes = {
        NAME: f"the database's name {address.host} is not known here; is the cluster still there, and does the "
        "network's DNS answer?",
        PORT: f"nothing answers at {place}; is the cluster available, and do the security groups let this host in?",
        TLS: f"the encryption with {place} cannot be set up or trusted; do the host's RDS certificate authorities "
        f"({address.authorities or 'none'}) belong to this server, and is this the cluster's own name?",
        LOGIN: f"the database refuses user {user}; its password is not the one in the secret, or the user is missing: "
        "playbooks/nodes.yml sets both",
        DATABASE: f"user {user} cannot use database {address.database} at {place}, or there is none of this name",
        CONNECTIONS: f"the database at {place} has no connection left; look who holds them in pg_stat_activity",
        STARTING: f"the database at {place} is starting or stopping",
        OTHER: f"the database at {place} does not answer as it should",
    }
    return Failure(kind, f"{causes[kind]} ({message})")


def judge(facts: Facts, address: Address, demands: Demands) -> Verdict:
    """Whether a node can work with what its user finds at an address."""
    findings = [
        *_writable(facts),
        *_rights(facts),
        *_tables(facts),
        *_release(facts, demands.release),
        *_encryption(facts, address.ssl_mode),
    ]
    starved, short = _connections(facts, demands.connections)
    passing = findings == _writable(facts) and facts.in_recovery
    return Verdict(tuple(findings + starved), tuple(short + _server(facts)), passing and not starved)


def lease_as_dict(lease: Lease) -> dict[str, Any]:
    """A lease as modules return it."""
    return {**asdict(lease), "age": round(max(0.0, LEASE_SECONDS - lease.expires_in), 3)}


def _writable(facts: Facts) -> list[str]:
    if facts.in_recovery:
        return [
            "this is a reader: it is in recovery and takes no writes, and a node on it waits for ever; database.host "
            "of the estate record must be the cluster's writer endpoint"
        ]
    if facts.read_only:
        return [
            "the database takes no writes (default_transaction_read_only is on), and a node on it waits for ever; "
            f"reset it for the parameter group, database {facts.database} or user {facts.user}"
        ]
    return []


def _rights(facts: Facts) -> list[str]:
    found = []
    if not facts.owns_database:
        found.append(
            f"database {facts.database} belongs to {facts.owner} and not to the node's user {facts.user}; give it with "
            f"ALTER DATABASE {_name(facts.database)} OWNER TO {_name(facts.user)}"
        )
    if not facts.creates_schemas:
        found.append(
            f"user {facts.user} may not create a schema in database {facts.database}, and migrations do; give it with "
            f"GRANT CREATE ON DATABASE {_name(facts.database)} TO {_name(facts.user)}"
        )
    if facts.schema is None:
        found.append(
            f"user {facts.user} may use no schema of its search_path; give it one with "
            f"GRANT USAGE, CREATE ON SCHEMA public TO {_name(facts.user)}"
        )
    elif not facts.creates_tables:
        # A node makes the table of the lease in its first attempt and never again, and swallows that it could not.
        made = any(table.name == LEASE_TABLE for table in facts.tables)
        why = (
            "as the migrations of a newer release must"
            if made
            else "so its node waits for ever instead of taking the lease"
        )
        found.append(
            f"user {facts.user} may not create tables in schema {facts.schema}, {why}; give it with "
            f"GRANT CREATE ON SCHEMA {_name(facts.schema)} TO {_name(facts.user)}"
        )
    return found


def _tables(facts: Facts) -> list[str]:
    found = []
    foreign: dict[str, list[Table]] = {}
    for table in facts.tables:
        if not table.owned:
            foreign.setdefault(table.owner, []).append(table)
        elif table.lacking:
            # An owner can take rights from itself, and give them back.
            found.append(
                f"user {facts.user} has not all rights on its table {table.name}; give them with "
                f"GRANT {', '.join(table.lacking)} ON {table.name} TO {_name(facts.user)}"
            )
    for owner, tables in foreign.items():
        names = ", ".join(table.name for table in tables)
        lacking = sorted({right for table in tables for right in table.lacking})
        rights = f"may not {', '.join(lacking)} there" if lacking else "can work there until a release migrates them"
        found.append(
            f"tables of the node belong to {owner} ({names}); user {facts.user} {rights}; give all tables of {owner} "
            f"with REASSIGN OWNED BY {_name(owner)} TO {_name(facts.user)}"
        )
    return found


def _release(facts: Facts, release: version.Version | None) -> list[str]:
    """The version guard: no node starts on a database that a newer one has used (core/services/versioning/orm.go)."""
    used = re.match(r"v?([0-9]+\.[0-9]+\.[0-9]+)", facts.node_version or "")
    if release is None or used is None:
        return []
    newest = version.parse(used.group(1))
    if newest <= release:
        return []
    return [
        f"release {facts.node_version} has used this database (its schema is at {facts.schema_version}), and {release} "
        f"does not start on it; run {newest} or newer, or bring back the database of the older release with restore.yml"
    ]


def _encryption(facts: Facts, mode: str) -> list[str]:
    if facts.encrypted and mode == VERIFYING:
        return []
    state = "encrypted, but the server is not verified" if facts.encrypted else "not encrypted"
    return [f"the connection is {state} (sslmode={mode}); the node's database URL must say sslmode={VERIFYING}"]


def _connections(facts: Facts, needed: int) -> tuple[list[str], list[str]]:
    """Findings and warnings about how many connections there are."""
    limits = {
        "max_connections": facts.most_connections - facts.reserved_connections,
        f"the limit of database {facts.database}": facts.database_limit,
        f"the limit of user {facts.user}": facts.user_limit,
    }
    given = {name: limit for name, limit in limits.items() if limit >= 0}
    name, limit = min(given.items(), key=lambda item: item[1])
    if limit < needed:
        return [f"{name} allows {limit} connections, and one node opens up to {needed}; raise it"], []
    warnings = []
    if limit < NODES * needed:
        warnings.append(
            f"{name} allows {limit} connections, and {NODES} nodes open up to {NODES * needed} while one takes over "
            "from the other; raise it"
        )
    free = facts.most_connections - facts.reserved_connections - facts.used_connections
    if free < needed:
        warnings.append(f"{facts.used_connections} of {facts.most_connections} connections are in use by all users")
    return [], warnings


def _server(facts: Facts) -> list[str]:
    major = re.match(r"[0-9]+", facts.server_version)
    if major and int(major.group()) not in SERVER_MAJORS:
        return [
            f"PostgreSQL {facts.server_version} is not one that the node supports "
            f"({SERVER_MAJORS.start} to {SERVER_MAJORS.stop - 1})"
        ]
    return []


def _name(identifier: str) -> str:
    """An identifier as SQL wants it."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", identifier):
        return identifier
    return '"' + identifier.replace('"', '""') + '"'
