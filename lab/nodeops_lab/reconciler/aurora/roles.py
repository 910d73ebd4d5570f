# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles and databases of a new cluster, as RDS makes them.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096
MASTER = "LOGIN NOSUPERUSER INHERIT CREATEDB CREATEROLE NOREPLICATION VALID UNTIL 'infinity'"


def verifier(password: str) -> str:
    """Return what PostgreSQL stores of a password (RFC 5803), so that the password itself goes nowhere.

    RDS's passwords are printable ASCII, which SASLprep leaves as they are.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def setup_sql(user: str, password: str, database: str | None) -> str:
    """Return the statements, an empty line after each, that make a cluster's roles and databases.

    The bootstrap superuser is rdsadmin. The master user is none, but a member of rds_superuser, and owns what rdsadmin
    does not.
    """
    master = _identifier(user)
    statements = [
        "CREATE ROLE rds_password NOLOGIN",
        "CREATE ROLE rds_replication NOLOGIN",
        "CREATE ROLE rds_iam NOLOGIN",
        "CREATE ROLE rds_ad NOLOGIN",
        "CREATE ROLE rdsrepladmin NOLOGIN NOINHERIT REPLICATION",
        "CREATE ROLE rds_superuser NOLOGIN",
        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint, rds_password, rds_replication TO rds_superuser"
        " WITH ADMIN OPTION",
        f"CREATE ROLE {master} {MASTER} PASSWORD {_literal(verifier(password))}",
        f"GRANT rds_superuser TO {master} WITH ADMIN OPTION",
        "CREATE DATABASE rdsadmin",
        "REVOKE CONNECT ON DATABASE rdsadmin FROM PUBLIC",
        f"ALTER DATABASE postgres OWNER TO {master}",
        f"ALTER DATABASE template1 OWNER TO {master}",
    ]
    if database and database not in ("postgres", "template1"):
        statements.append(f"CREATE DATABASE {_identifier(database)} OWNER {master}")
    return "".join(f"{statement};\n\n" for statement in statements)


def password_sql(user: str, password: str) -> str:
    """Return the statement that gives the master user another password."""
    return f"ALTER ROLE {_identifier(user)} PASSWORD {_literal(verifier(password))};\n"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
