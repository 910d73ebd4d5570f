# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database clusters: each round, one pass over each cluster brings its servers to what the API wants."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from docker.models.containers import Container
from moto.core.utils import utcnow

from ...api.aurora import reality
from ...api.aurora.model import (
    AVAILABLE,
    CREATING,
    DELETING,
    FAILING_OVER,
    REBOOTING,
    RENAMING,
    STARTING,
    Cluster,
    Database,
    Snapshot,
)
from ...api.aurora.view import view
from ...errors import LabError
from ...files import write_atomically
from ...settings import LabSettings
from ..guards import Guards
from ..region import Region
from ..work import Work
from .addresses import endpoints, free_address
from .configuration import access_file, order, settings_file
from .decision import FailOver, Role, Serve, decide, is_settled
from .instances import Instances
from .parameters import InForce, at_start, fit_for_reader, while_running
from .roles import password_sql, setup_sql
from .storage import Storage

LOGGER = logging.getLogger(__name__)
WORKERS = 4
ANSWER_SECONDS = 60.0
"""How long an instance may take from its start until it serves; a reader then gets a new copy of the data."""


class Databases:
    """The databases of one lab."""

    def __init__(
        self,
        settings: LabSettings,
        image: str,
        master_password: Callable[[str], str],
        wake: Callable[[], None],
        moved: Callable[[], None],
    ) -> None:
        """Prepare; nothing is touched.

        Args:
            master_password: tells the password of a cluster's master user.
            wake: asks for a round soon.
            moved: is called as soon as endpoints lead elsewhere.
        """
        self._settings = settings
        self._region = settings.region
        self._master_password = master_password
        self._wake = wake
        self._moved = moved
        self._storage = Storage(settings, image)
        self._instances = Instances(settings, image, self._storage)
        # Their own workers: a failover must not wait for hosts that shut down.
        self._work = Work(WORKERS)
        self._lock = threading.Lock()
        self._passes: dict[str, threading.Lock] = defaultdict(threading.Lock)
        """By cluster key: held while a pass is made, and while data are copied that no server serves."""
        self._addresses: dict[str, str] = {}
        """By instance id."""
        self._roles: dict[str, Role] = {}
        """As what each instance was last started or promoted, by key."""
        self._in_force: dict[str, InForce] = {}
        self._given: dict[str, Mapping[str, str]] = {}
        """The settings that each server was last started with, which the writer's have a part in."""
        self._started: dict[str, float] = {}

    # What the rounds ask for.

    def existing(self) -> dict[str, Container]:
        """Return the containers by instance id, running or not."""
        return self._instances.existing()

    def addresses(self, region: Region) -> dict[str, str]:
        """Return each instance's address by its id, choosing one in its zone for those that have none yet."""
        with self._lock:
            for name in self._addresses.keys() - region.databases.keys():
                del self._addresses[name]
            for name, database in region.databases.items():
                cidrs = [region.subnets[one].cidr for one in database.subnet_ids if one in region.subnets]
                if name not in self._addresses and cidrs:
                    taken = [instance.address for instance in region.instances.values()]
                    self._addresses[name] = free_address(cidrs, [*taken, *self._addresses.values()])
            return dict(self._addresses)

    def names(self) -> dict[str, str]:
        """Return the address of each endpoint that leads somewhere at this moment."""
        now = time.monotonic()
        with self._lock:
            addresses = dict(self._addresses)
        return {
            name: address
            for cluster in view(self._region).clusters.values()
            for name, address in endpoints(cluster, addresses, now).items()
        }

    def follow(self, region: Region, guards: Guards, existing: dict[str, Container]) -> set[str]:
        """Start what the region asks for; return the keys of the jobs on rules, which the rounds keep."""
        keys, rule_keys = {"storage"}, set()
        with self._lock:
            addresses = dict(self._addresses)
        for name, database in region.databases.items():
            if name in addresses:
                guards.write("databases", name, database, region, addresses)
                found = existing.get(name)
                if found is not None and found.status == "running":
                    rule_keys.add(guards.load("databases", name, found))
        keys |= self.hurry(region.clusters)
        for snapshot in region.snapshots:
            key = f"snapshot {snapshot.snapshot_id}"
            keys.add(key)
            self._work.submit(key, partial(self._take, snapshot))
        self._work.submit("storage", self._keep_storage)
        self._work.keep(keys)
        return rule_keys

    def hurry(self, cluster_ids: Iterable[str] | None = None) -> set[str]:
        """Start a pass over each of these clusters, or of all, unless one is being made; return the jobs' keys.

        For what cannot wait for a round: whoever fails over counts seconds.
        """
        keys = set()
        for cluster_id in view(self._region).clusters if cluster_ids is None else cluster_ids:
            key = f"database {cluster_id}"
            keys.add(key)
            self._work.submit(key, partial(self._pass, cluster_id))
        return keys

    @property
    def errors(self) -> dict[str, str]:
        """The present error of each cluster and snapshot that has one."""
        return self._work.errors

    def pending(self, region: Region) -> set[str]:
        """Return the clusters and snapshots that are on their way."""
        snapshots = {snapshot.snapshot_id for snapshot in region.snapshots}
        clusters = {cluster.cluster_id for cluster in region.clusters.values() if not is_settled(cluster, ())}
        return snapshots | clusters

    def role(self, database: Database) -> str:
        """Return as what an instance serves, or an empty string."""
        return self._roles.get(database.key, "")

    def close(self) -> None:
        """Wait for the running jobs."""
        self._work.close()

    # One pass over a cluster.

    def _pass(self, cluster_id: str) -> None:
        # Read anew: the last pass may have changed it since the round began.
        cluster = view(self._region).clusters.get(cluster_id)
        if cluster is None:
            return
        with self._passes[cluster.key]:
            if not cluster.stored and cluster.status != DELETING:
                self._make_storage(cluster)
                return
            if cluster.status == CREATING and self._old_enough(cluster.created_at):
                reality.cluster_available(cluster.key, self._region)
            existing = self.existing()
            step = decide(cluster, self._alive(cluster, existing), self._failing(cluster, existing))
            if isinstance(step, FailOver):
                self._fail_over(cluster, step.target)
            else:
                self._serve(cluster, step, existing)
        if cluster.status == DELETING and not cluster.databases:
            self._finish(cluster)

    def _alive(self, cluster: Cluster, existing: dict[str, Container]) -> dict[str, Role]:
        return {
            one.instance_id: self._roles[one.key]
            for one in cluster.databases
            if one.key in self._roles
            and one.instance_id in existing
            and self._instances.connected(one, existing[one.instance_id])
        }

    def _failing(self, cluster: Cluster, existing: dict[str, Container]) -> set[str]:
        """Return the instances that were started long enough ago to answer and do not, or that cannot be reached."""
        return {
            one.instance_id
            for one in cluster.databases
            if one.status == REBOOTING
            and one.instance_id in existing
            and (self._instances.isolated(one, existing[one.instance_id]) or self._is_late(one))
        }

    def _is_late(self, database: Database) -> bool:
        started = self._started.get(database.key)
        return started is not None and time.monotonic() - started > ANSWER_SECONDS

    def _make_storage(self, cluster: Cluster) -> None:
        began = time.monotonic()
        source = cluster.source
        mounts = {"/cluster": cluster.key, "/snapshot": cluster.backup_key}
        if source.snapshot_key:
            mounts["/base"] = source.snapshot_key
        if source.cluster_key:
            mounts["/source"] = source.cluster_key
        name = f"db-job-{cluster.key.lower()}"
        if source.kind == "nothing":
            # Not in the state directory, and gone as soon as the job has ended.
            directory = Path(tempfile.mkdtemp(prefix="nodeops-lab-"))
            try:
                password = self._master_password(cluster.cluster_id)
                content = setup_sql(cluster.master_username, password, cluster.database_name)
                write_atomically(directory / "setup.sql", content, mode=0o600)
                self._storage.run(name, ["make"], mounts, directory)
            finally:
                shutil.rmtree(directory)
        elif source.kind == "snapshot":
            self._storage.run(name, ["restore"], mounts)
        elif source.kind == "time":
            time_argument = [f"--time={source.time.isoformat(sep=' ')}+00"] if source.time else []
            self._on_source(source.cluster_key, name, ["restore-to-time", *time_argument], mounts)
        else:
            self._on_source(source.cluster_key, name, ["clone"], mounts)
        LOGGER.info("database %s: storage made in %.1f s", cluster.cluster_id, time.monotonic() - began)
        reality.storage_made(cluster.key, self._region)
        if self._old_enough(cluster.created_at):
            reality.cluster_available(cluster.key, self._region)
        self._wake()

    def _on_source(self, cluster_key: str, name: str, job: list[str], mounts: dict[str, str]) -> None:
        """Run a job that reads a cluster: from its writer, or, where nothing of it runs, from its files."""
        found = next((one for one in view(self._region).clusters.values() if one.key == cluster_key), None)
        existing = self.existing()
        running = [
            one.instance_id
            for one in (found.databases if found else ())
            if one.instance_id in existing and existing[one.instance_id].status not in ("exited", "created", "dead")
        ]
        if not running:
            with self._passes[cluster_key]:
                self._storage.run(name, job, mounts)
            return
        assert found is not None
        writer = found.writer
        answers = writer and self._instances.state(writer.instance_id, found.port)
        if writer is None or not answers or answers[0]:
            raise LabError(f"The cluster {found.cluster_id} has no writer at the moment.")
        self._storage.run(name, [*job, f"--writer={writer.key}", f"--port={found.port}"], mounts)

    def _old_enough(self, created_at: datetime) -> bool:
        """Return whether creating has taken as long as the lab's setting wants it to take."""
        age = (utcnow() - created_at).total_seconds()
        return age >= self._settings.database_creation_seconds

    def _fail_over(self, cluster: Cluster, target: Database) -> None:
        old = cluster.writer
        assert old is not None
        began = time.monotonic()
        LOGGER.info("database %s: failing over from %s to %s", cluster.cluster_id, old.instance_id, target.instance_id)
        reality.failover_begins(cluster.key, target.key, self._region)
        # First the certain end of the old writer: two would be worse than none.
        self._instances.end(old.instance_id)
        self._roles.pop(old.key, None)
        self._instances.promote(target, old)
        self._roles[target.key] = "writer"
        reality.instance_restarts(old.key, self._region)
        reality.failover_done(cluster.key, target.key, self._region)
        self._moved()
        self._wake()
        LOGGER.info("database %s: failed over in %.1f s", cluster.cluster_id, time.monotonic() - began)

    def _serve(self, cluster: Cluster, step: Serve, existing: dict[str, Container]) -> None:
        if cluster.status == FAILING_OVER:
            # A failover that can be done would have been decided on.
            reality.failover_failed(cluster.key, self._region)
        for database in step.remove:
            self._remove(cluster, database)
        by_id = {one.instance_id: one for one in cluster.databases}
        if cluster.stands:
            for instance_id in by_id.keys() & existing.keys():
                self._instances.stop(instance_id)
                self._roles.pop(by_id[instance_id].key, None)
            reality.cluster_stopped(cluster.key, self._region)
            return
        alive = self._alive(cluster, existing)
        writer = cluster.writer
        if writer is None or writer.status == DELETING:
            return
        # The writer first: the readers copy and follow it.
        for instance_id in sorted(step.roles, key=lambda name: step.roles[name] != "writer"):
            database = by_id[instance_id]
            address = self._addresses.get(instance_id)
            rules = self._instances.directory(instance_id) / "security-groups.nft"
            if address is None or not rules.exists():
                continue  # it is new, and the next round gives it both
            if instance_id in alive and database not in step.restart:
                self._keep(cluster, database, writer)
            elif instance_id in existing and self._instances.isolated(database, existing[instance_id]):
                self._instances.end(instance_id)
            else:
                self._start(cluster, database, writer, address, gently=database.reboot_due)
        if cluster.password_due and self._answers(cluster, writer):
            sql = password_sql(cluster.master_username, self._master_password(cluster.cluster_id))
            self._instances.query(writer.instance_id, cluster.port, f"SET log_min_error_statement = panic;\n{sql}")
            reality.password_set(cluster.key, self._region)
        started = all(one.status == AVAILABLE for one in cluster.databases)
        if cluster.status == RENAMING or (cluster.status == STARTING and started):
            reality.cluster_available(cluster.key, self._region)

    def _start(self, cluster: Cluster, database: Database, writer: Database, address: str, *, gently: bool) -> None:
        """Start an instance, or start it again, with all parameters that are asked for."""
        self._in_force[database.key] = at_start(database)
        reality.instance_restarts(database.key, self._region)
        reality.parameters_wait(database.key, frozenset(), self._region)
        self._instances.certify(cluster, database)
        self._given[database.key] = self._settings_of(database, writer)
        self._write(cluster, database, writer)
        self._roles.pop(database.key, None)
        self._instances.start(cluster, database, address, gently=gently)
        self._roles[database.key] = "writer" if database.is_writer else "reader"
        self._started[database.key] = time.monotonic()
        if database.is_writer:
            for other in cluster.databases:
                # A reader that may have less of something than its writer now would no longer follow.
                if other.key in self._roles and other.key != database.key and self._falls_short(other, database):
                    self._start(cluster, other, writer, self._addresses[other.instance_id], gently=True)
        self._wake()

    def _falls_short(self, reader: Database, writer: Database) -> bool:
        own = self._given[reader.key]
        return fit_for_reader(own, self._given[writer.key]) != own

    def _settings_of(self, database: Database, writer: Database) -> Mapping[str, str]:
        settings = self._in_force[database.key].settings
        if database.key == writer.key or writer.key not in self._given:
            return settings
        return fit_for_reader(settings, self._given[writer.key])

    def _write(self, cluster: Cluster, database: Database, writer: Database) -> bool:
        """Write an instance's files; return whether they changed."""
        settings = self._settings_of(database, writer)
        files = {
            "instance.json": order(cluster, database, writer),
            "postgresql.conf": settings_file(cluster, database, writer, settings),
            "pg_hba.conf": access_file(settings),
        }
        return self._instances.write(database.instance_id, files)

    def _keep(self, cluster: Cluster, database: Database, writer: Database) -> None:
        """Look after an instance that runs in its role."""
        certificate = self._instances.certify(cluster, database)
        in_force = while_running(self._in_force[database.key], database)
        self._in_force[database.key] = in_force
        reality.parameters_wait(database.key, in_force.waiting, self._region)
        if self._write(cluster, database, writer) or certificate:
            self._instances.reload(database.instance_id, certificate=certificate)
            LOGGER.info("database %s: settings read again", database.instance_id)
        if database.status == AVAILABLE:
            return
        if self._answers(cluster, database):
            if database.status != CREATING or self._old_enough(database.created_at):
                reality.instance_available(database.key, self._region)
                self._wake()
            return
        if self._is_late(database) and not database.is_writer and self._answers(cluster, writer):
            LOGGER.warning("database %s: does not follow, gets a new copy", database.instance_id)
            self._instances.copy_anew(database)
            self._roles.pop(database.key, None)
            self._instances.end(database.instance_id)
        self._wake()

    def _answers(self, cluster: Cluster, database: Database) -> bool:
        """Return whether an instance's server answers in its role."""
        state = self._instances.state(database.instance_id, cluster.port)
        return state == ((False, False) if database.is_writer else (True, True))

    def _remove(self, cluster: Cluster, database: Database) -> None:
        self._instances.remove(database.instance_id)
        self._storage.run(
            f"db-job-{cluster.key.lower()}", ["forget", f"--instance={database.key}"], {"/cluster": cluster.key}
        )
        for known in (self._roles, self._in_force, self._given, self._started):
            known.pop(database.key, None)
        reality.instance_gone(database.key, self._region)
        self._wake()

    def _finish(self, cluster: Cluster) -> None:
        """Let a deleted cluster go, unless somebody still needs its data."""
        now = view(self._region)
        sources = [snapshot.source for snapshot in now.snapshots]
        sources += [other.source for other in now.clusters.values() if not other.stored]
        if not any(source.cluster_key == cluster.key for source in sources):
            reality.cluster_gone(cluster.key, self._region)
            self._wake()

    # Snapshots and storage.

    def _take(self, snapshot: Snapshot) -> None:
        # Read anew: it may have been made since the round began, and must not be made again of later data.
        if snapshot.key not in {wanted.key for wanted in view(self._region).snapshots}:
            return
        began = time.monotonic()
        name, source = f"db-job-{snapshot.key}", snapshot.source
        if source.kind == "snapshot":
            self._storage.run(name, ["copy"], {"/base": source.snapshot_key, "/snapshot": snapshot.key})
        else:
            mounts = {"/source": source.cluster_key, "/snapshot": snapshot.key}
            self._on_source(source.cluster_key, name, ["snapshot"], mounts)
        LOGGER.info("snapshot %s: made in %.1f s", snapshot.snapshot_id, time.monotonic() - began)
        reality.snapshot_made(snapshot.key, self._region)
        self._wake()

    def _keep_storage(self) -> None:
        self._storage.keep(self._needed)

    def _needed(self) -> Iterable[str]:
        return view(self._region).keys
