# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds: read the region, compare it with the containers, and give each difference to its owner."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

import docker.errors
import requests
from docker.models.containers import Container

from ..api import balancing, machine
from ..api.aurora import orders
from ..api.aurora.view import view
from ..errors import LabError
from ..faults.keeper import Keeper
from ..files import write_atomically
from ..images import Images
from ..settings import ROUND_SECONDS, LabSettings
from . import alerts, networks, reboots, states
from .aurora.databases import Databases
from .aurora.deaths import Deaths
from .balancers import Balancers, public_addresses
from .console import Consoles
from .disks import Disks
from .guards import Guards
from .hosts import Hosts, runs
from .metadata import RoleCredentials, document
from .names import hosts_file
from .public import PublicAddresses
from .region import Instance, Region, RegionApi
from .report import report
from .work import Work

LOGGER = logging.getLogger(__name__)
WORKERS = 4
PAUSE_SECONDS = 0.2
"""Seconds at least between two rounds, however much changes."""


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
        self._woken = threading.Event()
        self._naming = threading.Lock()
        self._seen: Region | None = None
        """The region as the present round, or the last one, saw it."""
        self._disks = Disks(settings, images.host)
        self._hosts = Hosts(settings, self._disks)
        self._databases = Databases(settings, images.database, master_password, self._woken.set, self._write_names)
        self._deaths = Deaths(settings, self.wake)
        self._balancers = Balancers(settings, images.balancer)
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
        machine.follow()
        alerts.watch(self.wake)
        orders.follow(self.wake)
        self._deaths.start()
        self._thread.start()

    def wake(self) -> None:
        """Look after the databases now, and begin the next round soon; does not wait."""
        self._databases.hurry()
        self._woken.set()

    def stop(self) -> None:
        """End after the present round."""
        self._stopping.set()
        self._woken.set()
        self._deaths.stop()
        self._thread.join()
        self._work.close()
        self._databases.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._woken.clear()
            self._work.attempt("round", self._round)
            self._stopping.wait(PAUSE_SECONDS)
            self._woken.wait(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))

    def _round(self) -> None:
        region = self._api.region(view(self._settings.region), balancing.snapshot(self._settings.region))
        self._keys = {"round"}
        databases = self._databases.addresses(region)
        busy = self._busy_hosts()
        hosts = self._hosts.existing()
        balancers = self._balancers.existing()
        states.tell(self._settings.region, region, hosts, busy | self._busy_hosts(), self._consoles)
        self._follow_networks(region, hosts, balancers)
        self._describe(region)
        self._follow_databases(region)
        self._follow_disks(region, hosts)
        self._follow_hosts(region, databases, hosts)
        if self._faults.due:
            self._submit("faults", self._faults.keep)
        self._balancers.follow(region, databases, balancers, self._submit)
        self._work.keep(self._keys)
        unsettled = machine.unsettled(self._settings.region) | self._balancers.pending(region, balancers)
        report(
            self._state,
            region,
            hosts,
            databases,
            self._databases,
            self._consoles,
            self._work,
            self._balancers.report(region),
            unsettled,
            self._faults.down(),
        )

    def _busy_hosts(self) -> set[str]:
        """Return the instances whose host is being worked on."""
        return {key.removeprefix("host ") for key in self._work.busy if key.startswith("host ")}

    def _submit(self, key: str, job: Callable[[], None]) -> None:
        self._keys.add(key)
        self._work.submit(key, job)

    def _attempt(self, key: str, job: Callable[[], None]) -> None:
        self._keys.add(key)
        self._work.attempt(key, job)

    def _follow_networks(self, region: Region, hosts: dict[str, Container], balancers: dict[str, Container]) -> None:
        existing = networks.existing(self._settings)
        wanted = {networks.name_of(self._settings, vpc.vpc_id): vpc for vpc in region.inhabited_vpcs}
        for name, vpc in wanted.items():
            key = f"network {name}"
            self._keys.add(key)
            if name not in existing or key in self._work.errors:
                # Not beside the round: what lives in the network comes next.
                self._work.attempt(key, partial(networks.ensure, self._settings, vpc))
        nodes = {node.interface_id for balancer in region.balancers.values() for node in balancer.nodes}
        if hosts.keys() <= region.instances.keys() and balancers.keys() <= nodes:
            for name in existing - wanted.keys():
                self._submit(f"network {name}", partial(networks.remove, self._settings, name))

    def _describe(self, region: Region) -> None:
        """Write what the gateway serves, names and instance metadata, before a host boots and asks."""
        self._seen = region
        self._write_names()
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
        reachable |= public_addresses(region)
        self._attempt("public addresses", partial(self._public.set, reachable))

    def _write_names(self) -> None:
        """Write what the resolvers answer, with the databases' endpoints as they are at this moment."""
        with self._naming:
            if self._seen is not None:
                content = hosts_file(self._seen, self._databases.names(), self._settings.domain)
                write_atomically(self._state / "names" / "hosts", content)

    def _write_metadata(self, region: Region, instance: Instance, public_key: str | None) -> None:
        # It can be changed while the instance is stopped, and is read at the start.
        if instance.instance_id not in self._user_data or instance.state in ("stopped", "pending"):
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

    def _follow_databases(self, region: Region) -> None:
        self._keys |= self._databases.follow(region, self._guards, self._databases.existing())

    def _follow_disks(self, region: Region, hosts: dict[str, Container]) -> None:
        for capture in machine.wanted_captures():
            if capture.instance_id in hosts:
                # The host's own key: nothing else happens to it meanwhile.
                self._work.submit(f"host {capture.instance_id}", partial(self._capture, capture))
            elif capture.instance_id not in region.instances:
                machine.capture_failed(capture.snapshot.id, f"{capture.instance_id} was terminated before")
        needed = machine.needed_disks(self._settings.region, region.instances.keys() - hosts.keys())
        in_use = {found.attrs["Image"] for found in hosts.values()}
        for disk, image_id in self._disks.held.items():
            if disk not in needed and image_id not in in_use:
                self._submit(f"disk {disk}", partial(self._disks.remove, disk))

    def _capture(self, capture: machine.Capture) -> None:
        disk = capture.snapshot.id
        try:
            self._hosts.capture(capture.instance_id, disk, capture.reboot)
        except (LabError, docker.errors.DockerException, requests.RequestException) as error:
            # Not tried again: the image has failed, as AWS's does, and the one who asked for it sees why.
            LOGGER.exception("the disk of %s cannot be captured", capture.instance_id)
            machine.capture_failed(disk, str(error))
        else:
            machine.captured(disk)

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
            elif found is None or runs(found) != instance.running:
                self._submit(key, partial(self._hosts.ensure, instance, region.vpcs[instance.vpc_id]))
            if found is not None:
                self._consoles.refresh(instance_id, found, stopped=instance.state == "stopped")
                # One whose disk is being captured stands still and takes no commands.
                if found.status == "running" and instance_id not in self._busy_hosts():
                    self._keys.add(self._guards.load("hosts", instance_id, found))
        for instance_id in existing.keys() - region.instances.keys():
            self._submit(f"host {instance_id}", partial(self._hosts.remove, instance_id))
            self._consoles.forget(instance_id)
            self._user_data.pop(instance_id, None)
