# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora PostgreSQL as RDS describes it: versions and parameters.

Versions: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/AuroraPostgreSQL.Updates.html.
Parameters: the ones an operator of a node's database may want to set, with Aurora's defaults, from
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ENGINE = "aurora-postgresql"
VERSIONS = (
    *("14.6", "14.9", "14.13", "14.15", "14.17", "14.18"),
    *("15.4", "15.8", "15.10", "15.12", "15.13"),
    *("16.1", "16.4", "16.6", "16.8", "16.9"),
    *("17.4", "17.5"),
)
DEFAULT_VERSION = "16.8"


def order(version: str) -> tuple[int, ...]:
    """Return a version's sort key; "14.9" comes before "14.13"."""
    return tuple(int(part) for part in version.split("."))


def family(version: str) -> str:
    """Return the parameter group family of a version."""
    return f"{ENGINE}{order(version)[0]}"


def describe(version: str) -> dict[str, Any]:
    """Return a version as DescribeDBEngineVersions does (API reference, DBEngineVersion)."""
    later = [other for other in VERSIONS if order(other) > order(version)]
    return {
        "Engine": ENGINE,
        "EngineVersion": version,
        "DBParameterGroupFamily": family(version),
        "DBEngineDescription": "Aurora (PostgreSQL Compatible)",
        "DBEngineVersionDescription": f"Aurora PostgreSQL (Compatible with PostgreSQL {version})",
        "ValidUpgradeTarget": [
            {
                "Engine": ENGINE,
                "EngineVersion": target,
                "Description": f"Aurora PostgreSQL (Compatible with PostgreSQL {target})",
                "AutoUpgrade": False,
                "IsMajorVersionUpgrade": order(target)[0] != order(version)[0],
                "SupportedEngineModes": ["provisioned"],
            }
            for target in later
        ],
        "ExportableLogTypes": ["postgresql"],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": False,
        "SupportedEngineModes": ["provisioned"],
        "SupportedFeatureNames": ["Lambda", "s3Export", "s3Import"],
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportsGlobalDatabases": True,
        "SupportsParallelQuery": False,
        "SupportsBabelfish": True,
        "Status": "available",
    }


# name: (default, data type, static or dynamic)
PARAMETERS: dict[str, tuple[str | None, str, str]] = {
    "autovacuum": ("1", "boolean", "dynamic"),
    "autovacuum_max_workers": ("GREATEST({DBInstanceClassMemory/64371566592},3)", "integer", "static"),
    "deadlock_timeout": (None, "integer", "dynamic"),
    "idle_in_transaction_session_timeout": ("86400000", "integer", "dynamic"),
    "lock_timeout": (None, "integer", "dynamic"),
    "log_autovacuum_min_duration": ("10000", "integer", "dynamic"),
    "log_connections": (None, "boolean", "dynamic"),
    "log_disconnections": (None, "boolean", "dynamic"),
    "log_lock_waits": (None, "boolean", "dynamic"),
    "log_min_duration_statement": (None, "integer", "dynamic"),
    "log_rotation_age": ("60", "integer", "dynamic"),
    "log_rotation_size": ("100000", "integer", "dynamic"),
    "log_statement": (None, "string", "dynamic"),
    "log_temp_files": (None, "integer", "dynamic"),
    "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "integer", "static"),
    "pg_stat_statements.track": ("TOP", "string", "dynamic"),
    "pgaudit.log": (None, "string", "dynamic"),
    "pgaudit.role": (None, "string", "dynamic"),
    "rds.force_autovacuum_logging_level": ("WARNING", "string", "dynamic"),
    "rds.force_ssl": ("1", "boolean", "dynamic"),
    "rds.log_retention_period": ("4320", "integer", "dynamic"),
    "rds.logical_replication": ("0", "boolean", "static"),
    "shared_preload_libraries": ("pg_stat_statements", "list", "static"),
    "ssl_min_protocol_version": ("TLSv1.2", "string", "dynamic"),
    "statement_timeout": (None, "integer", "dynamic"),
    "tcp_keepalives_idle": ("300", "integer", "dynamic"),
    "timezone": ("UTC", "string", "dynamic"),
    "work_mem": (None, "integer", "dynamic"),
}


def parameters(changed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a parameter group's parameters: the defaults, and over them those that were changed.

    RDS says where each value comes from: "engine-default", "system" or "user" (API reference, Parameter.Source).
    """
    merged: dict[str, dict[str, Any]] = {}
    for name, (value, data_type, apply_type) in PARAMETERS.items():
        merged[name] = {
            "ParameterName": name,
            "DataType": data_type,
            "ApplyType": apply_type,
            "ApplyMethod": "pending-reboot",
            "IsModifiable": True,
            "Source": "engine-default" if value is None else "system",
            **({} if value is None else {"ParameterValue": value}),
        }
    for parameter in changed:
        name = parameter["ParameterName"]
        merged[name] = {**merged[name], **parameter, "Source": "user"}
    return list(merged.values())
