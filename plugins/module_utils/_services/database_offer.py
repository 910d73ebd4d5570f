# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Aurora PostgreSQL a region offers: versions, and classes of instances for one of them."""

from __future__ import annotations

from typing import Any

ENGINE = "aurora-postgresql"


def versions(rds: Any) -> list[str]:
    """All versions on offer that can be chosen for a new cluster."""
    pages = rds.get_paginator("describe_db_engine_versions").paginate(Engine=ENGINE)
    return [
        version["EngineVersion"]
        for page in pages
        for version in page["DBEngineVersions"]
        if version.get("Status", "available") == "available"
    ]


def options(rds: Any, version: str, instance_class: str) -> list[dict[str, Any]]:
    """What can be ordered of a class for a version."""
    pages = rds.get_paginator("describe_orderable_db_instance_options").paginate(
        Engine=ENGINE, EngineVersion=version, DBInstanceClass=instance_class
    )
    return [dict(option) for page in pages for option in page["OrderableDBInstanceOptions"]]


def running(rds: Any, cluster: str) -> dict[str, Any] | None:
    """The cluster as RDS describes it, or None where there is none."""
    try:
        (found,) = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    except rds.exceptions.DBClusterNotFoundFault:
        return None
    return dict(found)
