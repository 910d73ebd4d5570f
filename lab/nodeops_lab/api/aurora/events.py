# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS's events about clusters and their instances.

Wording and categories: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.rds.models import DBCluster, DBClusterSnapshot

if TYPE_CHECKING:
    from moto.rds.models import DBInstance


@dataclass(frozen=True)
class Event:
    """An event with the attributes that moto answers DescribeEvents from."""

    source_identifier: str
    source_type: str
    message: str
    event_categories: list[str]
    source_arn: str
    date: datetime


def record(resource: DBCluster | DBInstance | DBClusterSnapshot, category: str, message: str) -> None:
    """Add an event about a resource."""
    kind = "db-instance"
    if isinstance(resource, DBCluster):
        kind = "db-cluster"
    elif isinstance(resource, DBClusterSnapshot):
        kind = "db-cluster-snapshot"
    events: list[Any] = resource.backend.events
    events.append(Event(resource.resource_id, kind, message, [category], resource.arn, utcnow()))
