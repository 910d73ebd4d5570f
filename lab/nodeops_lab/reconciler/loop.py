# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds: read the region, compare it with the containers, and give each difference to its owner."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from functools import partial

from docker.models.containers import Container

from ..faults.keeper import Keeper
from ..files import write_atomically
from ..images import Images
from ..settings import ROUND_SECONDS, LabSettings
from . import networks, reboots
from .console import Consoles
from .databases import Databases
from .guards import Guards
from .hosts import Hosts
from .metadata import RoleCredentials, document
from .names import hosts_file
from .public import PublicAddresses
from .region import Instance, Region, RegionApi
from .report import report
from .work import Work

WORKERS = 4


class Reconciler:
    """Keeps the machine as the emulated region says, in a thread of its own.

    Every difference is one job with a key. The keys of a round are all that can be wrong now; errors of other keys
    belong to resources that are no more.
    """

    def __init__(self, settings: LabSettings, images: Images, master_password: Callable[[str], str]) -> None:
        """`master_password` tells the password of a cluster's master user, which no API call returns."""
        self._settings = settings
        self._state = settings.state_directory
        self._api = RegionApi(settings)
        self._credentials = RoleCredentials(self._api)
        self._work = Work(WORKERS)
        self._hosts = Hosts(settings, images.host)
        self._databases = Databases(settings, images.database, master_password)
        self._guards = Guards(settings, self._work)
        self._consoles = Consoles(settings)
        self._faults = Keeper(settings)
        self._public = PublicAddresses(settings)
        self._user_data: dict[str, str] = {}
        self._keys: set[str] = set()
        self._reboots: set[str] = set()
        """Instances whose reboot was asked for and has not begun."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler")

    def start(self) -> None:
        """Start the rounds."""
        reboots.watch()
        self._thread.start()

    def stop(self) -> None:
        """End after the present round."""
        self._stopping.set()
        self._thread.join()
        self._work.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._work.attempt("round", self._round)
            self._stopping.wait(max(0.2, ROUND_SECONDS - (time.monotonic() - began)))

    def _round(self) -> None:
        region = self._api.region()
        self._keys = {"round"}
        databases = self._databases.addresses(
            region.clusters.values(), [instance.address for instance in region.instances.values()]
        )
        hosts = self._hosts.existing()
        self._follow_networks(region, hosts)
        self._describe(region, databases)
        self._follow_databases(region, databases)
        self._follow_hosts(region, databases, hosts)
        if self._faults.due:
            self._submit("faults", self._faults.keep)
        self._work.keep(self._keys)
        report(self._state, region, hosts, databases, self._databases, self._consoles, self._work, self._faults.down())

    def _submit(self, key: str, job: Callable[[], None]) -> None:
        self._keys.add(key)
        self._work.submit(key, job)

    def _attempt(self, key: str, job: Callable[[], None]) -> None:
        self._keys.add(key)
        self._work.attempt(key, job)

    def _follow_networks(self, region: Region, hosts: dict[str, Container]) -> None:
        existing = networks.existing(self._settings)
        wanted = {networks.name_of(self._settings, vpc.vpc_id): vpc for vpc in region.inhabited_vpcs}
        for name, vpc in wanted.items():
            key = f"network {name}"
            self._keys.add(key)
            if name not in existing or key in self._work.errors:
                # Not beside the round: what lives in the network comes next.
                self._work.attempt(key, partial(networks.ensure, self._settings, vpc))
        if hosts.keys() <= region.instances.keys():
            for name in existing - wanted.keys():
                self._submit(f"network {name}", partial(networks.remove, self._settings, name))

    def _describe(self, region: Region, databases: dict[str, str]) -> None:
        """Write what the gateway serves, names and instance metadata, before a host boots and asks."""
        write_atomically(self._state / "names" / "hosts", hosts_file(region, databases, self._settings.domain))
        instances = region.instances.values()
        public_keys = self._api.public_keys() if instances else {}
        for instance in instances:
            job = partial(self._write_metadata, region, instance, public_keys.get(instance.key_name or ""))
            self._attempt(f"metadata of {instance.instance_id}", job)
        present = {f"{instance.address}.json" for instance in instances}
        for path in (self._state / "metadata").glob("[0-9]*.json"):
            if path.name not in present:
                path.unlink()
        reachable = {item.public_address: item.address for item in instances if item.public_address and item.running}
        self._attempt("public addresses", partial(self._public.set, reachable))

    def _write_metadata(self, region: Region, instance: Instance, public_key: str | None) -> None:
        if instance.instance_id not in self._user_data:
            self._user_data[instance.instance_id] = self._api.user_data(instance.instance_id)
        content = document(
            instance,
            region,
            self._settings,
            public_key,
            self._user_data[instance.instance_id],
            self._credentials.of(instance),
        )
        path = self._state / "metadata" / f"{instance.address}.json"
        write_atomically(path, json.dumps(content, indent=1), mode=0o600)

    def _follow_databases(self, region: Region, databases: dict[str, str]) -> None:
        existing = self._databases.existing()
        for cluster_id, cluster in region.clusters.items():
            if cluster_id not in databases:
                continue
            self._guards.write("databases", cluster_id, cluster, region, databases)
            self._submit(f"database {cluster_id}", partial(self._databases.ensure, cluster))
            found = existing.get(cluster_id)
            if found is not None and found.status == "running":
                self._keys.add(self._guards.load("databases", cluster_id, found))
        for cluster_id in existing.keys() - region.clusters.keys():
            self._submit(f"database {cluster_id}", partial(self._databases.remove, cluster_id))

    def _follow_hosts(self, region: Region, databases: dict[str, str], existing: dict[str, Container]) -> None:
        self._reboots = (self._reboots | reboots.requested()) & region.instances.keys()
        down = self._faults.down()
        for instance_id, instance in region.instances.items():
            self._guards.write("hosts", instance_id, instance, region, databases)
            key = f"host {instance_id}"
            self._keys.add(key)
            found = existing.get(instance_id)
            if instance_id in self._reboots:
                # Not lost while another job of this host runs.
                if self._work.submit(key, partial(self._hosts.reboot, instance_id)):
                    self._reboots.discard(instance_id)
            elif instance_id in down and instance.running:
                pass  # without power, until somebody heals or reboots it
            elif found is None or (found.status == "running") != instance.running:
                self._submit(key, partial(self._hosts.ensure, instance, region.vpcs[instance.vpc_id]))
            if found is not None:
                self._consoles.refresh(instance_id, found)
                if found.status == "running":
                    self._keys.add(self._guards.load("hosts", instance_id, found))
        for instance_id in existing.keys() - region.instances.keys():
            self._submit(f"host {instance_id}", partial(self._hosts.remove, instance_id))
            self._consoles.forget(instance_id)
            self._user_data.pop(instance_id, None)
