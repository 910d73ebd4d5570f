# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of the region's Aurora clusters, read from the backend in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.rds.models import DBInstanceClustered

from .. import database_engines
from ..backends import LOCK, ec2, rds
from . import orders
from .model import ENGINE, Cluster, Database, Parameter, Snapshot, View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moto.rds.models import DBCluster, RDSBackend

Group = tuple[str, tuple[Parameter, ...]]


def view(region: str) -> View:
    """Return what is wanted now."""
    with LOCK:
        backend = rds(region)
        found = [cluster for cluster in backend.clusters.values() if cluster.engine == ENGINE]
        clusters = {cluster.db_cluster_identifier: _cluster(cluster, backend, region) for cluster in found}
        backups = {cluster.backup_key for cluster in clusters.values()}
        keys = {cluster.key for cluster in clusters.values()}
        snapshots = []
        for snapshot in backend.cluster_snapshots.values():
            if snapshot.engine != ENGINE:
                continue
            placed = orders.of_snapshot(snapshot)
            keys.add(placed.key)
            if not placed.done and placed.key not in backups:
                snapshots.append(Snapshot(snapshot.db_cluster_snapshot_identifier, placed.key, placed.source))
        sources = [one.source for one in clusters.values() if not one.stored] + [one.source for one in snapshots]
        for source in sources:
            keys |= {source.cluster_key, source.snapshot_key}
        return View(clusters, tuple(snapshots), frozenset(keys - {""}))


def _cluster(cluster: DBCluster, backend: RDSBackend, region: str) -> Cluster:
    placed = orders.of_cluster(cluster)
    vpc_id, zones = network_of(cluster, backend, region)
    databases = tuple(_database(member, cluster, backend, vpc_id, zones) for member in cluster.members)
    return Cluster(
        cluster_id=cluster.db_cluster_identifier,
        key=cluster.db_cluster_resource_id,
        status=cluster._status,
        vpc_id=vpc_id,
        endpoint=cluster.endpoint,
        reader_endpoint=cluster.reader_endpoint,
        port=cluster.port,
        master_username=str(cluster.master_username),
        database_name=cluster.database_name or None,
        databases=databases,
        created_at=cluster.created,
        source=placed.source,
        stored=placed.stored,
        backup_key=placed.backup_key,
        failover_target=placed.failover_target,
        password_due=placed.password_due,
    )


def network_of(cluster: DBCluster, backend: RDSBackend, region: str) -> tuple[str, dict[str, list[str]]]:
    """Return a cluster's VPC and its subnets by zone: those of its subnet group, else the default VPC's."""
    group = backend.subnet_groups.get(cluster.db_subnet_group_name)
    zones: dict[str, list[str]] = {}
    if group is not None:
        subnets: list[Any] = group._subnets
        vpc_id = group.vpc_id
    else:
        vpc_id = ec2(region).default_vpc.id
        subnets = list(ec2(region).get_default_subnets().values())
    for subnet in subnets:
        zones.setdefault(subnet.availability_zone, []).append(subnet.id)
    return vpc_id, zones


def _database(
    member: DBInstanceClustered, cluster: DBCluster, backend: RDSBackend, vpc_id: str, zones: dict[str, list[str]]
) -> Database:
    family = database_engines.family(cluster.engine_version)
    instance_group = member.db_parameter_group_name or f"default.{family}"
    return Database(
        instance_id=member.db_instance_identifier,
        key=member.dbi_resource_id,
        cluster_id=cluster.db_cluster_identifier,
        status=member.status,
        is_writer=member.is_cluster_writer,
        endpoint=member.address,
        zone=member.availability_zone,
        vpc_id=vpc_id,
        subnet_ids=tuple(zones.get(member.availability_zone, ())),
        group_ids=tuple(cluster.vpc_security_group_ids),
        instance_class=member.db_instance_class,
        promotion_tier=member.promotion_tier,
        reboot_due=orders.of_instance(member).reboot_due,
        cluster_group=_group(cluster.parameter_group, backend.db_cluster_parameter_groups),
        instance_group=_group(instance_group, backend.db_parameter_groups),
        created_at=member.created,
    )


def _group(name: str, groups: Any) -> Group:
    group = groups.get(name)
    # The default groups are nobody's to change, and moto has no objects for them.
    changed = [] if group is None else [{"ParameterName": key, **value} for key, value in group.parameters.items()]
    return name, tuple(_parameters(changed))


def _parameters(changed: Iterable[dict[str, Any]]) -> Iterable[Parameter]:
    for described in database_engines.parameters(changed):
        is_set = described["Source"] == "user"
        yield Parameter(
            name=described["ParameterName"],
            value=described.get("ParameterValue"),
            is_set=is_set,
            immediate=described["ApplyType"] == "dynamic" and described["ApplyMethod"] == "immediate",
        )
