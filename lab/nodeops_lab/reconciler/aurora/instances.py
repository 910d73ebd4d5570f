# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of database instances: making them, starting, stopping and asking them."""

from __future__ import annotations

import ipaddress
import logging
import shutil
import time
from pathlib import Path

from docker.models.containers import Container

from ...api.aurora.model import Cluster, Database
from ...certificates import Authority, certified_names
from ...engine import container, containers_of, engine, enter, remove_container
from ...errors import LabError
from ...files import write_atomically
from ...settings import LabSettings
from .. import networks
from .storage import Storage

LOGGER = logging.getLogger(__name__)
THING = "database"
LABEL_INSTANCE = "nodeops.database"
TOOLS = "/usr/local/lib/nodeops-lab"
STOP_SECONDS = 20
"""How long a server may take to shut down before it is cut off: as at a sudden end, nothing is lost then."""
END_SECONDS = 20.0

PSQL = (
    *("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"),
    *("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"),
    *("--host=/var/run/postgresql", "--username=rdsadmin", "--dbname=postgres", "--file=-"),
)
STATE = """\
SELECT pg_is_in_recovery(), coalesce((SELECT status FROM pg_stat_wal_receiver), '');
"""


class Instances:
    """The containers of one lab's database instances."""

    def __init__(self, settings: LabSettings, image: str, storage: Storage) -> None:
        self._settings = settings
        self._image = image
        self._storage = storage
        self._authority = Authority(settings.state_directory)

    def directory(self, instance_id: str) -> Path:
        """Return the directory that the instance sees as /lab."""
        return self._settings.state_directory / "databases" / instance_id

    def name(self, instance_id: str) -> str:
        """Return the container's name."""
        return self._settings.container(f"db-{instance_id}")

    def existing(self) -> dict[str, Container]:
        """Return the containers by instance id, running or not."""
        return {found.labels[LABEL_INSTANCE]: found for found in containers_of(self._settings.name, THING)}

    def connected(self, database: Database, found: Container) -> bool:
        """Return whether a container runs and is in its network."""
        network = networks.name_of(self._settings, database.vpc_id)
        return found.status == "running" and network in found.attrs["NetworkSettings"]["Networks"]

    def isolated(self, database: Database, found: Container) -> bool:
        """Return whether somebody has taken a container out of its network."""
        network = networks.name_of(self._settings, database.vpc_id)
        return network not in found.attrs["NetworkSettings"]["Networks"]

    def certify(self, cluster: Cluster, database: Database) -> bool:
        """See that the instance's certificate covers its names; return whether there is a new one."""
        directory = self.directory(database.instance_id) / "tls"
        directory.mkdir(parents=True, exist_ok=True)
        names = [cluster.endpoint, cluster.reader_endpoint, database.endpoint]
        if certified_names(directory / "certificate.pem") == names:
            return False
        certificate, key = self._authority.issue(names)
        write_atomically(directory / "key.pem", key, mode=0o600)
        write_atomically(directory / "certificate.pem", certificate)
        return True

    def write(self, instance_id: str, files: dict[str, str]) -> bool:
        """Write what the instance reads; return whether anything changed."""
        directory = self.directory(instance_id)
        directory.mkdir(parents=True, exist_ok=True)
        # Each of them, whatever became of the others.
        changed = [write_atomically(directory / name, content) for name, content in files.items()]
        return any(changed)

    def start(self, cluster: Cluster, database: Database, address: str, *, gently: bool) -> None:
        """Let an instance start, or start again, with the files as they are now.

        Args:
            address: its address, which it keeps for its life.
            gently: whether a server that runs may shut down in order.
        """
        found = container(self.name(database.instance_id))
        if found is None:
            found = self._create(cluster, database, address)
            LOGGER.info("database %s: made at %s", database.instance_id, address)
        else:
            if gently and found.status == "running":
                found.stop(timeout=STOP_SECONDS)
            self.end(database.instance_id)
        found.start()
        LOGGER.info("database %s: started", database.instance_id)

    def _create(self, cluster: Cluster, database: Database, address: str) -> Container:
        network_name = networks.name_of(self._settings, database.vpc_id)
        return engine().containers.create(
            self._image,
            name=self.name(database.instance_id),
            labels={**self._settings.labels(THING), LABEL_INSTANCE: database.instance_id},
            cap_add=["NET_ADMIN"],
            volumes={
                str(self.directory(database.instance_id)): {"bind": "/lab", "mode": "ro"},
                self._storage.volume(cluster.key): {"bind": "/cluster", "mode": "rw"},
            },
            network=network_name,
            networking_config={
                network_name: engine().api.create_endpoint_config(ipv4_address=str(ipaddress.IPv4Address(address)))
            },
            # No restart policy: whether it comes back, and as what, is decided here.
        )

    def stop(self, instance_id: str) -> None:
        """Shut an instance down in order, if it runs."""
        found = container(self.name(instance_id))
        if found is not None and found.status == "running":
            found.stop(timeout=STOP_SECONDS)
            LOGGER.info("database %s: stopped", instance_id)

    def end(self, instance_id: str) -> None:
        """End an instance at once and for certain, whatever state it is in; one that does not run is fine.

        Raises:
            LabError: it does not end.
        """
        deadline = time.monotonic() + END_SECONDS
        while True:
            found = container(self.name(instance_id))
            if found is None or found.status in ("exited", "created", "dead"):
                return
            if time.monotonic() > deadline:
                raise LabError(f"{found.name} does not end.")
            found.kill()
            time.sleep(0.1)

    def remove(self, instance_id: str) -> None:
        """Remove an instance's container and files; its data stay in the storage."""
        found = container(self.name(instance_id))
        if found is not None:
            remove_container(found)
            LOGGER.info("database %s: removed", instance_id)
        shutil.rmtree(self.directory(instance_id), ignore_errors=True)

    def reload(self, instance_id: str, *, certificate: bool = False) -> None:
        """Let a server that runs read its files again, with its certificate if that is new."""
        found = container(self.name(instance_id))
        if found is None or found.status != "running":
            return
        if certificate:
            enter(found, ["python3", f"{TOOLS}/tls.py"])
        found.kill(signal="SIGHUP")

    def state(self, instance_id: str, port: int) -> tuple[bool, bool] | None:
        """Return whether an instance's server is in recovery, and whether it follows a writer; None: no answer."""
        try:
            answer = self.query(instance_id, port, STATE).strip()
        except LabError:
            return None
        in_recovery, receiver = answer.split("|")
        return in_recovery == "t", receiver == "streaming"

    def query(self, instance_id: str, port: int, sql: str) -> str:
        """Run SQL as RDS's own user and return the rows, columns parted by |.

        Raises:
            LabError: no server runs, or the statement failed.
        """
        return enter(self._running(instance_id), [*PSQL, f"--port={port}"], text=sql)

    def promote(self, target: Database, old: Database) -> None:
        """Make a reader the writer, with everything that the old writer, which must have ended, had written.

        Raises:
            LabError: it does not run, or did not become the writer.
        """
        enter(self._running(target.instance_id), ["python3", f"{TOOLS}/promote.py", target.key, old.key])

    def copy_anew(self, database: Database) -> None:
        """Have a reader take a new copy of the writer's data at its next start."""
        enter(self._running(database.instance_id), ["rm", "--force", f"/cluster/instances/{database.key}/role"])

    def _running(self, instance_id: str) -> Container:
        found = container(self.name(instance_id))
        if found is None:
            raise LabError(f"There is no container for the database {instance_id}.")
        return found
