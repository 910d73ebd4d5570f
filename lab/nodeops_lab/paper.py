# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region on paper: no machine follows it, and what machines would report is told here.

Usually that is nothing but load balancers: what nobody follows the API carries out by itself, so that instances run and
databases are available as soon as they are asked for. With a pace, creating takes its time, as on AWS, and all else
happens at the next look. Nothing can be reached, and no target fails a check.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from .api import balancing, machine
from .api.aurora import orders, reality
from .api.aurora.model import CREATING, DELETING, STOPPING, Cluster, Database
from .api.aurora.view import view
from .api.backends import LOCK, ec2
from .api.target_health import HEALTHY, Health
from .settings import LabSettings

LOGGER = logging.getLogger(__name__)
INTERVAL_SECONDS = 0.1

INSTANCE_SECONDS, GATEWAY_SECONDS, BALANCER_SECONDS = 120.0, 120.0, 180.0
CLUSTER_SECONDS, DATABASE_SECONDS = 120.0, 480.0
"""How long AWS takes, about: an instance 2 minutes, a NAT gateway 2, a load balancer 3, an Aurora cluster with its
instances 10. How much of the 10 is the cluster's own is a guess; its instances come up side by side after that."""


class Paper:
    """A thread that stands for all machines of a region."""

    def __init__(self, settings: LabSettings) -> None:
        self._region = settings.region
        self._pace = settings.creation_pace
        self._seen: dict[str, float] = {}
        """When each thing on its way was first looked at."""
        self._looks: list[Callable[[], None]] = [self._balancers]
        if self._pace:
            self._looks += [self._instances, self._gateways, self._databases]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paper", daemon=True)

    def start(self) -> None:
        """Start."""
        if self._pace:
            machine.follow(gateways=True)
            orders.follow(lambda: None)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until what is being told is told."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            for look in self._looks:
                try:
                    with LOCK:
                        look()
                except Exception:
                    # The region goes on; its log says what was not told.
                    LOGGER.exception("%s failed", look.__name__)

    def _created(self, key: str, seconds: float) -> bool:
        """Return whether something has existed for as long as its creation takes."""
        now = time.monotonic()
        return now - self._seen.setdefault(key, now) >= seconds * self._pace

    def _balancers(self) -> None:
        """Let every node of every load balancer answer, and find its targets healthy."""
        found = balancing.snapshot(self._region)
        reports = {
            node.interface_id: balancing.NodeReport(
                "paper",
                {
                    group.check_id(target): Health(HEALTHY)
                    for group in balancer.target_groups.values()
                    for target in balancer.targets_of(node, group)
                },
            )
            for balancer in found.values()
            for node in balancer.nodes
        }
        balancing.report(reports, {arn for arn in found if self._created(arn, BALANCER_SECONDS)})

    def _instances(self) -> None:
        """Let instances run, stop and end, and take the disks that were asked for."""
        hosts = {}
        for instance in ec2(self._region).all_instances():
            if instance.state == "running" or (
                instance.state == "pending" and self._created(instance.id, INSTANCE_SECONDS)
            ):
                hosts[instance.id] = True
            elif instance.state in ("stopping", "stopped"):
                hosts[instance.id] = False
        machine.settle(self._region, hosts)
        machine.set_health({instance_id: machine.OK for instance_id, runs in hosts.items() if runs})
        for capture in machine.wanted_captures():
            machine.captured(capture.snapshot.id)

    def _gateways(self) -> None:
        for gateway in ec2(self._region).nat_gateways.values():
            if gateway.state == "pending" and self._created(gateway.id, GATEWAY_SECONDS):
                gateway.state = "available"

    def _databases(self) -> None:
        found = view(self._region)
        for snapshot in found.snapshots:
            reality.snapshot_made(snapshot.key, self._region)
        for cluster in found.clusters.values():
            self._cluster(cluster)

    def _cluster(self, cluster: Cluster) -> None:
        """Do what is wanted of a cluster's servers."""
        key = cluster.key
        if not cluster.stored:
            if not self._created(key, CLUSTER_SECONDS):
                return
            reality.storage_made(key, self._region)
        if cluster.failover_target is not None:
            target = next(one for one in cluster.databases if one.instance_id == cluster.failover_target)
            reality.failover_begins(key, target.key, self._region)
            reality.failover_done(key, target.key, self._region)
        if cluster.password_due:
            reality.password_set(key, self._region)
        for database in cluster.databases:
            self._database(database)
        if cluster.status == STOPPING:
            reality.cluster_stopped(key, self._region)
        elif cluster.status == DELETING and not cluster.databases:
            reality.cluster_gone(key, self._region)
        else:
            reality.cluster_available(key, self._region)

    def _database(self, database: Database) -> None:
        """Do what is wanted of a server."""
        key = database.key
        if database.reboot_due:
            reality.instance_restarts(key, self._region)
        if database.status == DELETING:
            reality.instance_gone(key, self._region)
        elif database.status != CREATING or self._created(key, DATABASE_SECONDS):
            reality.instance_available(key, self._region)
