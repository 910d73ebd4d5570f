# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of the region's Aurora clusters."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

ENGINE = "aurora-postgresql"
CREATING, AVAILABLE, DELETING, FAILING_OVER = "creating", "available", "deleting", "failing-over"
STOPPING, STOPPED, STARTING, REBOOTING = "stopping", "stopped", "starting", "rebooting"
RESETTING = "resetting-master-credentials"
RENAMING = "renaming"


@dataclass(frozen=True)
class Source:
    """Where the data of a new cluster or snapshot come from."""

    kind: Literal["nothing", "snapshot", "cluster", "time"]
    snapshot_key: str = ""
    """The snapshot; for "time" the backup that the recovery begins with."""
    cluster_key: str = ""
    time: datetime.datetime | None = None
    """For "time": up to when, in UTC without zone; None for everything that there is."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a parameter group, whether or not somebody set it."""

    name: str
    value: str | None
    is_set: bool
    """Whether somebody did, or RDS's default stands."""
    immediate: bool
    """Whether it takes effect without a reboot: its type is dynamic, and it was asked for immediately."""


@dataclass(frozen=True)
class Database:
    """An instance of a cluster."""

    instance_id: str
    key: str
    """Its resource id, which no other instance ever has."""
    cluster_id: str
    status: str
    is_writer: bool
    endpoint: str
    zone: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    """The subnets of its zone in the cluster's subnet group."""
    group_ids: tuple[str, ...]
    instance_class: str
    promotion_tier: int
    reboot_due: bool
    cluster_group: tuple[str, tuple[Parameter, ...]]
    """Name and parameters of the cluster's parameter group."""
    instance_group: tuple[str, tuple[Parameter, ...]]
    """Name and parameters of its own parameter group, which go before the cluster's."""
    created_at: datetime.datetime


@dataclass(frozen=True)
class Cluster:
    """A cluster."""

    cluster_id: str
    key: str
    """Its resource id, which no other cluster ever has, and which a renamed one keeps."""
    status: str
    vpc_id: str
    endpoint: str
    reader_endpoint: str
    port: int
    master_username: str
    database_name: str | None
    databases: tuple[Database, ...]
    created_at: datetime.datetime
    source: Source
    stored: bool
    """Whether its storage has been made."""
    backup_key: str
    """The snapshot that is taken as soon as the storage has been made, for later recovery to a time."""
    failover_target: str | None
    """The instance that a failover was asked for to."""
    password_due: bool
    """Whether the master user's password was changed and the servers do not know yet."""

    @property
    def writer(self) -> Database | None:
        """The instance that serves the cluster endpoint."""
        return next((database for database in self.databases if database.is_writer), None)

    @property
    def stands(self) -> bool:
        """Whether its servers should stand still."""
        return self.status in (STOPPING, STOPPED)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that is still to be made."""

    snapshot_id: str
    key: str
    source: Source


@dataclass(frozen=True)
class View:
    """Everything at one moment."""

    clusters: dict[str, Cluster]
    """By cluster id."""
    snapshots: tuple[Snapshot, ...]
    """Those still to be made, but for the first backup of each cluster."""
    keys: frozenset[str]
    """The keys of all clusters and snapshots whose data are needed, also those of deleted ones somebody copies."""
