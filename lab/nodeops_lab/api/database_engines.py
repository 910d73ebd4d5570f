# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora PostgreSQL as RDS describes it: versions and parameters.

Versions: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/AuroraPostgreSQL.Updates.html.
Parameters: the ones an operator of a node's database may want to set, with Aurora's defaults, from
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html.
"""

from __future__ import annotations

import re
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


# The first minor version of each major one that came out together with 14.1, were there one: PostgreSQL's branches
# are released on the same days (https://www.postgresql.org/support/versioning/), and Aurora follows.
BEHIND_14 = {14: 0, 15: 5, 16: 9, 17: 13}


def upgradable(version: str, target: str) -> bool:
    """Return whether a cluster can be upgraded in place: to a later version, not released before its own.

    AuroraUserGuide, "Performing a major version upgrade", says to ask ValidUpgradeTarget; the rule behind it is that
    the target must have all fixes that the cluster has.
    """
    (major, minor), (target_major, target_minor) = order(version), order(target)
    if target_major == major:
        return target_minor > minor
    return target_major > major and target_minor + BEHIND_14[target_major] >= minor + BEHIND_14[major]


def describe(version: str) -> dict[str, Any]:
    """Return a version as DescribeDBEngineVersions does (API reference, DBEngineVersion)."""
    later = [other for other in VERSIONS if upgradable(version, other)]
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


FAMILIES = tuple(f"{ENGINE}{major}" for major in BEHIND_14)

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Support.html
_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
CLASSES = (
    "db.serverless",
    *(f"db.{kind}.{size}" for kind in ("t3", "t4g") for size in ("medium", "large")),
    *(f"db.{kind}.{size}" for kind in ("r5", "r6i", "r7i") for size in (*_SIZES, "24xlarge")),
    *(f"db.{kind}.{size}" for kind in ("r6g", "r7g") for size in _SIZES),
)


def orderable(version: str, instance_class: str, zones: Iterable[str]) -> list[dict[str, Any]]:
    """Return how an instance class can be ordered (API reference, OrderableDBInstanceOption): by storage type."""
    option = {
        "Engine": ENGINE,
        "EngineVersion": version,
        "DBInstanceClass": instance_class,
        "LicenseModel": "postgresql-license",
        "AvailabilityZones": [{"Name": zone} for zone in zones],
        "MultiAZCapable": False,
        "ReadReplicaCapable": False,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "SupportsIops": False,
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": not instance_class.startswith("db.t"),
        "AvailableProcessorFeatures": [],
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": False,
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportedActivityStreamModes": ["sync", "async"] if not instance_class.startswith("db.t") else [],
        "SupportsGlobalDatabases": True,
        "SupportsClusters": False,
        "SupportedNetworkTypes": ["IPV4", "DUAL"],
        "SupportsStorageThroughput": False,
        "SupportsDedicatedLogVolume": False,
    }
    return [{**option, "StorageType": storage} for storage in ("aurora", "aurora-iopt1")]


# name: (default, data type, static or dynamic, allowed values)
PARAMETERS: dict[str, tuple[str | None, str, str, str | None]] = {
    "autovacuum": ("1", "boolean", "dynamic", "0,1"),
    "autovacuum_max_workers": ("GREATEST({DBInstanceClassMemory/64371566592},3)", "integer", "static", "1-262143"),
    "deadlock_timeout": (None, "integer", "dynamic", "1-2147483647"),
    "idle_in_transaction_session_timeout": ("86400000", "integer", "dynamic", "0-2147483647"),
    "lock_timeout": (None, "integer", "dynamic", "0-2147483647"),
    "log_autovacuum_min_duration": ("10000", "integer", "dynamic", "-1-2147483647"),
    "log_connections": (None, "boolean", "dynamic", "0,1"),
    "log_disconnections": (None, "boolean", "dynamic", "0,1"),
    "log_lock_waits": (None, "boolean", "dynamic", "0,1"),
    "log_min_duration_statement": (None, "integer", "dynamic", "-1-2147483647"),
    "log_rotation_age": ("60", "integer", "dynamic", "1-1440"),
    "log_rotation_size": ("100000", "integer", "dynamic", "50000-1000000"),
    "log_statement": (None, "string", "dynamic", "none,ddl,mod,all"),
    "log_temp_files": (None, "integer", "dynamic", "-1-2147483647"),
    "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "integer", "static", "6-262143"),
    "pg_stat_statements.track": ("TOP", "string", "dynamic", "TOP,ALL,NONE"),
    "pgaudit.log": (
        None,
        "string",
        "dynamic",
        "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write",
    ),
    "pgaudit.role": (None, "string", "dynamic", "rds_pgaudit"),
    "rds.force_autovacuum_logging_level": (
        "WARNING",
        "string",
        "dynamic",
        "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic,disabled",
    ),
    "rds.force_ssl": ("1", "boolean", "dynamic", "0,1"),
    "rds.log_retention_period": ("4320", "integer", "dynamic", "1440-10080"),
    "rds.logical_replication": ("0", "boolean", "static", "0,1"),
    "shared_preload_libraries": (
        "pg_stat_statements",
        "list",
        "static",
        "auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,pg_stat_statements,"
        "pg_tle,plprofiler,plrust",
    ),
    "ssl_min_protocol_version": ("TLSv1.2", "string", "dynamic", "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3"),
    "statement_timeout": (None, "integer", "dynamic", "0-2147483647"),
    "tcp_keepalives_idle": ("300", "integer", "dynamic", "0-2147483647"),
    "timezone": ("UTC", "string", "dynamic", None),
    "work_mem": (None, "integer", "dynamic", "64-2147483647"),
}


def parameters(changed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a parameter group's parameters: the defaults, and over them those that were changed.

    RDS says where each value comes from: "engine-default", "system" or "user" (API reference, Parameter.Source).
    """
    merged: dict[str, dict[str, Any]] = {}
    for name, (value, data_type, apply_type, allowed) in PARAMETERS.items():
        merged[name] = {
            "ParameterName": name,
            "DataType": data_type,
            "ApplyType": apply_type,
            "ApplyMethod": "pending-reboot",
            "IsModifiable": True,
            "Source": "engine-default" if value is None else "system",
            "SupportedEngineModes": ["provisioned"],
            **({} if value is None else {"ParameterValue": value}),
            **({} if allowed is None else {"AllowedValues": allowed}),
        }
    for parameter in changed:
        name = parameter["ParameterName"]
        merged[name] = {**merged[name], **parameter, "Source": "user"}
    return list(merged.values())


def is_allowed(name: str, value: str) -> bool:
    """Return whether a parameter takes a value; formulas over the instance's memory are taken unread."""
    allowed = PARAMETERS[name][3]
    if allowed is None or "{" in value:
        return True
    span = re.fullmatch(r"(-?\d+)-(\d+)", allowed)
    if span:
        return re.fullmatch(r"-?\d+", value) is not None and int(span[1]) <= int(value) <= int(span[2])
    words = [word.strip() for word in value.split(",")] if PARAMETERS[name][1] == "list" else [value]
    return all(word.lower() in allowed.lower().split(",") for word in words)
