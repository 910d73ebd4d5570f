# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and the machine beneath it tell each other: disks to capture, states that hosts have reached.

A region that a reconciler follows answers as AWS does: an instance is pending until its host runs, an image until its
disk is captured. An API that nobody follows has no hosts; there all of this happens at once.
Every function here takes the lock or is called by a request, which holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from moto.core.utils import utcnow
from moto.ec2.models.instances import StateReason

from ..settings import PUBLISHED_DISK
from .backends import LOCK, autoscaling, ec2, elbv2

if TYPE_CHECKING:
    from moto.ec2.models.elastic_block_store import Snapshot
    from moto.ec2.models.instances import Instance

LIVING_STATES = frozenset({"pending", "running", "stopping", "stopped"})
MOVING_STATES = frozenset({"pending", "stopping", "shutting-down"})
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
"""EC2's code of each instance state (API reference, InstanceState)."""

INITIALIZING, OK, IMPAIRED = "initializing", "ok", "impaired"


@dataclass(frozen=True)
class Capture:
    """A disk that was asked for and is not captured yet."""

    snapshot: Snapshot
    instance_id: str
    reboot: bool
    """Whether the instance is to be shut down first and started again afterwards."""


@dataclass(frozen=True)
class Health:
    """What EC2's status checks say of an instance, and since when."""

    status: str
    since: datetime


class _State:
    """What the API and the machine know of each other, in this process."""

    def __init__(self) -> None:
        self.followed = False
        self.gateways_followed = False
        self.captures: dict[str, Capture] = {}
        self.health: dict[str, Health] = {}
        self.launched_with: dict[str, str | None] = {}
        """The disk that each instance was launched with, by instance id."""
        self.roots: dict[str, str] = {}
        """The instance that each root volume was made for, by volume id."""
        self.disks: WeakKeyDictionary[Snapshot, str] = WeakKeyDictionary()
        """The disk that a snapshot holds: its own id, or for a copy the original's."""
        self.reasons: WeakKeyDictionary[Snapshot, str] = WeakKeyDictionary()


_state = _State()


def follow(followed: bool = True, gateways: bool = False) -> None:
    """Say whether somebody follows this process's API, and whether also its NAT gateways, which no host stands for."""
    _state.followed = followed
    _state.gateways_followed = gateways


def followed() -> bool:
    """Return whether hosts, and not this process alone, decide what states instances and snapshots reach."""
    return _state.followed


def gateways_followed() -> bool:
    """Return whether a NAT gateway is pending until somebody says that it is there."""
    return _state.gateways_followed


# Disks


def request_capture(snapshot: Snapshot, instance: Instance, reboot: bool) -> None:
    """Ask for an instance's disk as the content of a new snapshot, which stays pending until then."""
    _state.disks[snapshot] = snapshot.id
    if _state.followed:
        snapshot.status = "pending"
        _state.captures[snapshot.id] = Capture(snapshot, instance.id, reboot)


def publish(snapshot: Snapshot) -> None:
    """Make a snapshot hold the disk that Debian publishes."""
    _state.disks[snapshot] = PUBLISHED_DISK


def copy_disk(source: Snapshot, copy: Snapshot) -> None:
    """Make a snapshot hold what another holds."""
    if source in _state.disks:
        _state.disks[copy] = _state.disks[source]


def fail(snapshot: Snapshot, reason: str) -> None:
    """End a snapshot that cannot be taken."""
    snapshot.status = "error"
    _state.reasons[snapshot] = reason


def forget(snapshot: Snapshot) -> None:
    """Take a snapshot no more: it was deleted."""
    _state.captures.pop(snapshot.id, None)


def failure(snapshot: Snapshot) -> str | None:
    """Return why a snapshot could not be taken, or None."""
    return _state.reasons.get(snapshot)


def launched(instance: Instance, snapshot: Snapshot) -> None:
    """Note the snapshot that an instance's root volume was made of: it may be deleted before the host is made."""
    _state.launched_with[instance.id] = _state.disks.get(snapshot)
    root = instance.block_device_mapping.get(instance.root_device_name)
    if root is not None:
        _state.roots[root.volume_id] = instance.id


def host_of_volume(volume_id: str) -> str | None:
    """Return the instance that a root volume was made for, or None for a volume that no host has."""
    return _state.roots.get(volume_id)


def disk_of(instance_id: str) -> str | None:
    """Return the disk that an instance starts with: an id, `PUBLISHED_DISK`, or None for a snapshot of no system."""
    with LOCK:
        return _state.launched_with.get(instance_id)


def wanted_captures() -> list[Capture]:
    """Return the captures that are asked for, the oldest first."""
    with LOCK:
        return list(_state.captures.values())


def captured(snapshot_id: str) -> None:
    """Report that a snapshot holds its disk."""
    with LOCK:
        capture = _state.captures.pop(snapshot_id, None)
        if capture is not None:
            capture.snapshot.status = "completed"


def capture_failed(snapshot_id: str, reason: str) -> None:
    """Report that a snapshot will never hold its disk."""
    with LOCK:
        capture = _state.captures.pop(snapshot_id, None)
        if capture is not None:
            fail(capture.snapshot, reason)


def needed_disks(region: str, without_host: Collection[str]) -> set[str]:
    """Return the disks that a snapshot holds, or that an instance of `without_host` is still to start with."""
    with LOCK:
        held = {disk for snapshot in ec2(region).snapshots.values() if (disk := _state.disks.get(snapshot))}
        awaited = {disk for instance_id in without_host if (disk := _state.launched_with.get(instance_id))}
        return held | awaited


# Instance states


def set_state(instance: Instance, name: str) -> None:
    """Put an instance into a state."""
    instance._state.name = name
    instance._state.code = CODES[name]


def settle(region: str, hosts: Mapping[str, bool], busy: Collection[str] = ()) -> None:
    """Let instances on their way to a state reach it, as their hosts have.

    Args:
        region: the region's name.
        hosts: whether each host runs, by instance id; an instance that is missing has none.
        busy: instances whose host is being worked on, so that what `hosts` says may be past.
    """
    with LOCK:
        for instance in ec2(region).all_instances():
            runs = hosts.get(instance.id)
            if instance.state == "pending" and runs:
                set_state(instance, "running")
            elif instance.state == "stopping" and not runs and instance.id not in busy:
                set_state(instance, "stopped")
            elif instance.state == "shutting-down" and runs is None and instance.id not in busy:
                set_state(instance, "terminated")
                _state.health.pop(instance.id, None)


def unsettled(region: str) -> set[str]:
    """Return the instances and snapshots that are on their way to a state."""
    with LOCK:
        moving = {found.id for found in ec2(region).all_instances() if found.state in MOVING_STATES}
        return moving | set(_state.captures)


def terminate(region: str, instance: Instance) -> None:
    """Terminate an instance and let those know that TerminateInstances lets know."""
    instance.terminate()
    autoscaling(region).notify_terminate_instances([instance.id])
    elbv2(region).notify_terminate_instances([instance.id])


def shut_down_from_inside(region: str, instance_id: str) -> None:
    """Report that a running instance's system powered off: the instance stops, or terminates if it is set to.

    AWS: InstanceInitiatedShutdownBehavior decides; termination protection does not matter (EC2 user guide, "Change
    instance initiated shutdown behavior", "Change instance termination protection").
    """
    with LOCK:
        instance = ec2(region).get_instance(instance_id)
        if instance.state != "running":
            return
        if instance.instance_initiated_shutdown_behavior == "terminate":
            terminate(region, instance)
        else:
            instance.stop()
            set_state(instance, "stopped")
        instance._reason = ""
        instance.state_reason = StateReason(
            "Client.InstanceInitiatedShutdown: Instance initiated shutdown", "Client.InstanceInitiatedShutdown"
        )


def set_health(statuses: Mapping[str, str]) -> None:
    """Report what the status checks of running instances find: `INITIALIZING`, `OK` or `IMPAIRED`."""
    with LOCK:
        for instance_id, status in statuses.items():
            known = _state.health.get(instance_id)
            if known is None or known.status != status:
                _state.health[instance_id] = Health(status, utcnow())


def health(instance_id: str) -> Health:
    """Return what the status checks say of a running instance."""
    if not _state.followed:
        return Health(OK, utcnow())
    return _state.health.get(instance_id) or Health(INITIALIZING, utcnow())
