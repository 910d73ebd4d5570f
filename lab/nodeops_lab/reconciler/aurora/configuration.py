# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a database instance reads: its order, PostgreSQL's settings and who may connect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ...api.aurora.model import Cluster, Database
from .parameters import FORCE_SSL

TOOLS = "/usr/local/lib/nodeops-lab"
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)?")

# Which the parameter groups may override.
DEFAULTS = {
    "listen_addresses": "*",
    "shared_buffers": "64MB",
    "log_line_prefix": "%t:%r:%u@%d:[%p]:",
    "password_encryption": "scram-sha-256",
    "wal_level": "replica",
    "max_wal_senders": "20",
    "wal_retrieve_retry_interval": "200ms",
    "timezone": "UTC",
}


def order(cluster: Cluster, database: Database, writer: Database) -> str:
    """Return instance.json: who the instance is, and which one writes."""
    return json.dumps({"instance": database.key, "writer": writer.key, "port": cluster.port})


def settings_file(cluster: Cluster, database: Database, writer: Database, settings: Mapping[str, str]) -> str:
    """Return postgresql.conf; ``settings`` are those of the parameter groups."""
    merged = DEFAULTS | {name: value for name, value in settings.items() if not name.startswith("rds.")}
    if settings.get("rds.logical_replication") == "1":
        merged["wal_level"] = "logical"
    fixed = {
        "port": str(cluster.port),
        "cluster_name": database.instance_id,
        "unix_socket_directories": f"/var/run/postgresql,/cluster/sockets/{database.key}",
        "hba_file": "/lab/pg_hba.conf",
        "ident_file": f"{TOOLS}/pg_ident.conf",
        "ssl": "on",
        "ssl_cert_file": "/var/lib/postgresql/tls/certificate.pem",
        "ssl_key_file": "/var/lib/postgresql/tls/key.pem",
        "hot_standby": "on",
        "archive_mode": "on",
        "archive_command": f"{TOOLS}/archive-wal /cluster/archive %f %p",
        "restore_command": f"{TOOLS}/restore-wal /cluster %f %p",
        "primary_conninfo": f"host=/cluster/sockets/{writer.key} port={cluster.port} user=rdsadmin "
        f"application_name={database.instance_id}",
        # The volume outlives a container's sudden end, and the lab does not outlive the machine's.
        "fsync": "off",
    }
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in sorted((merged | fixed).items()) if _known(name))


def _known(name: str) -> bool:
    # A name goes into a file of settings; the API has checked that it is one.
    return _NAME.fullmatch(name) is not None


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", " ")


def access_file(settings: Mapping[str, str]) -> str:
    """Return pg_hba.conf.

    The lab and the cluster's other instances come by socket; everyone else by password and, with rds.force_ssl, by TLS
    (AuroraUserGuide, AuroraPostgreSQL.Security: without it "no pg_hba.conf entry for host ..., no encryption"). RDS's
    own user and database are nobody else's.
    """
    kind = "host" if settings.get(FORCE_SSL, "1") == "0" else "hostssl"
    rows = [
        ("local", "all", "rdsadmin", "", "peer map=rds"),
        ("local", "replication", "rdsadmin", "", "peer map=rds"),
        ("host", "all", "rdsadmin", "0.0.0.0/0", "reject"),
        ("host", "rdsadmin", "all", "0.0.0.0/0", "reject"),
        (kind, "all", "all", "0.0.0.0/0", "scram-sha-256"),
    ]
    return "".join(" ".join(row) + "\n" for row in rows)
