# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database clusters as PostgreSQL containers, one per cluster."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from docker.models.containers import Container

from ..certificates import Authority, certified_names
from ..engine import ALWAYS, container, containers_of, engine, enter, remove_container
from ..errors import LabError
from ..files import write_atomically
from ..settings import LabSettings
from . import networks
from .region import Cluster

LOGGER = logging.getLogger(__name__)
THING = "database"
LABEL_CLUSTER = "nodeops.cluster"
START_SECONDS = 60
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]

SETUP = """\
-- A failing statement must not reach the log with the password in it.
SET log_min_error_statement = panic;
SELECT 'CREATE ROLE rds_superuser NOLOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \\gexec
SELECT 'CREATE ROLE ' || quote_ident({user})
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {user}) \\gexec
GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION;
GRANT rds_superuser TO {quoted_user};
ALTER ROLE {quoted_user} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD {password};
"""
SETUP_DATABASE = """\
SELECT 'CREATE DATABASE ' || quote_ident({database}) || ' OWNER ' || quote_ident({user})
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {database}) \\gexec
"""


def setup_sql(user: str, password: str, database: str | None) -> str:
    """Return the SQL that makes the master user, which is no superuser (as in RDS), and the database it owns."""
    sql = SETUP.format(user=_literal(user), quoted_user=_identifier(user), password=_literal(password))
    if database:
        sql += SETUP_DATABASE.format(user=_literal(user), database=_literal(database))
    return sql


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def free_address(subnet_cidrs: Iterable[str], taken: Iterable[str]) -> str:
    """Return the highest free address of the first subnet that has one; instances are numbered from below.

    Raises:
        LabError: the subnets are full.
    """
    used = {ipaddress.IPv4Address(address) for address in taken}
    for cidr in subnet_cidrs:
        network = ipaddress.IPv4Network(cidr)
        # AWS keeps the last address and the first four of each subnet.
        for number in range(network.num_addresses - 2, 3, -1):
            if network[number] not in used:
                return str(network[number])
    raise LabError("No subnet of the database's subnet group has a free address.")


class Databases:
    """The databases of one lab."""

    def __init__(self, settings: LabSettings, image: str, master_password: Callable[[str], str]) -> None:
        """`master_password` tells the password of a cluster's master user, which no API call returns."""
        self._settings = settings
        self._image = image
        self._master_password = master_password
        self._authority = Authority(settings.state_directory)
        self._lock = threading.Lock()
        self._addresses: dict[str, str] = {}
        self._applied: dict[str, str] = {}
        """Digest of the setup last applied to each cluster."""

    def directory(self, cluster_id: str) -> Path:
        """Return the directory that the database sees as /lab."""
        return self._settings.state_directory / "databases" / cluster_id

    def name(self, cluster_id: str) -> str:
        """Return the container's name."""
        return self._settings.container(f"db-{cluster_id}")

    def existing(self) -> dict[str, Container]:
        """Return the database containers by cluster id, running or not."""
        return {found.labels[LABEL_CLUSTER]: found for found in containers_of(self._settings.name, THING)}

    def addresses(self, clusters: Iterable[Cluster], taken: Iterable[str]) -> dict[str, str]:
        """Return each cluster's address, choosing one for those that have none yet."""
        with self._lock:
            for cluster in clusters:
                if cluster.cluster_id not in self._addresses and cluster.subnet_cidrs:
                    others = [*taken, *self._addresses.values()]
                    self._addresses[cluster.cluster_id] = free_address(cluster.subnet_cidrs, others)
            return dict(self._addresses)

    def ensure(self, cluster: Cluster) -> None:
        """Make the database of a cluster, with its names certified and its master user as the API says."""
        renewed = self._certify(cluster)
        found = container(self.name(cluster.cluster_id))
        if found is None:
            found = self._create(cluster)
            LOGGER.info("database %s: made at %s", cluster.cluster_id, self._addresses[cluster.cluster_id])
        elif renewed and found.status == "running":
            enter(found, ["database-tls", "--reload"])
        if not cluster.running:
            if found.status == "running":
                found.stop(timeout=30)
                LOGGER.info("database %s: stopped", cluster.cluster_id)
            return
        if found.status != "running":
            found.start()
        self._set_up(cluster, found)

    def _certify(self, cluster: Cluster) -> bool:
        directory = self.directory(cluster.cluster_id) / "tls"
        directory.mkdir(parents=True, exist_ok=True)
        names = list(cluster.endpoints)
        if certified_names(directory / "certificate.pem") == names:
            return False
        certificate, key = self._authority.issue(names)
        write_atomically(directory / "key.pem", key, mode=0o600)
        write_atomically(directory / "certificate.pem", certificate)
        return True

    def _create(self, cluster: Cluster) -> Container:
        network_name = networks.name_of(self._settings, cluster.vpc_id)
        address = self._addresses[cluster.cluster_id]
        return engine().containers.create(
            self._image,
            name=self.name(cluster.cluster_id),
            labels={**self._settings.labels(THING), LABEL_CLUSTER: cluster.cluster_id},
            cap_add=["NET_ADMIN"],
            volumes={str(self.directory(cluster.cluster_id)): {"bind": "/lab", "mode": "ro"}},
            network=network_name,
            networking_config={network_name: engine().api.create_endpoint_config(ipv4_address=address)},
            restart_policy=ALWAYS,
        )

    def _set_up(self, cluster: Cluster, found: Container) -> None:
        password = self._master_password(cluster.cluster_id)
        sql = setup_sql(cluster.master_username, password, cluster.database_name)
        digest = hashlib.sha256(sql.encode()).hexdigest()
        if self._applied.get(cluster.cluster_id) == digest:
            return
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                # By TCP: while the cluster is being made, a server without TCP runs for a moment.
                enter(found, ["pg_isready", "--quiet", "--host=127.0.0.1"])
                break
            except LabError as error:
                if time.monotonic() > deadline:
                    raise LabError(f"PostgreSQL is not ready after {START_SECONDS} s.") from error
                time.sleep(0.3)
        psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", "--file=-"]
        enter(found, [*AS_POSTGRES, *psql], text=sql)
        self._applied[cluster.cluster_id] = digest
        LOGGER.info("database %s: ready for %s", cluster.cluster_id, cluster.master_username)

    def ready(self, cluster_id: str) -> bool:
        """Return whether the master user can work."""
        return cluster_id in self._applied

    def remove(self, cluster_id: str) -> None:
        """Remove the database of a deleted cluster with its data."""
        found = container(self.name(cluster_id))
        if found is not None:
            remove_container(found)
            LOGGER.info("database %s: removed", cluster_id)
        shutil.rmtree(self.directory(cluster_id), ignore_errors=True)
        with self._lock:
            self._addresses.pop(cluster_id, None)
            self._applied.pop(cluster_id, None)
