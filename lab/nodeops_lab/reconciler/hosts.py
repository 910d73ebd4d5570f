# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 instances as system containers."""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from pathlib import Path

from docker.models.containers import Container
from docker.types import Mount

from ..api import machine
from ..certificates import Authority
from ..engine import container, containers_of, engine, remove_container
from ..errors import LabError
from ..files import write_atomically
from ..settings import LabSettings
from . import networks
from .disks import STORAGE, Disks
from .endings import Ending, ending
from .region import Instance, Vpc

LOGGER = logging.getLogger(__name__)
THING = "host"
LABEL_INSTANCE = "nodeops.instance"
SHUTDOWN_SECONDS = 60
"""How long a host that stops or reboots may take to shut down before it is cut off."""
TERMINATION_SECONDS = 2
"""How long a host whose instance is terminated may take: EC2 shuts it down in order as well, but nothing of it is kept,
and who terminated it waits for it to be gone."""

# What root of a virtual machine has, but for SYS_RESOURCE, BPF, PERFMON and CHECKPOINT_RESTORE, which engines and
# machines differ about: none of them is needed to boot systemd or to run an engine inside.
CAPABILITIES = (
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
    "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip


def runs(found: Container) -> bool:
    """Return whether a host runs; one that stands still while its disk is captured does."""
    return found.status in ("running", "paused")


class Hosts:
    """The hosts of one lab."""

    def __init__(self, settings: LabSettings, disks: Disks) -> None:
        self._settings = settings
        self._disks = disks
        self._authority = Authority(settings.state_directory)

    def directory(self, instance_id: str) -> Path:
        """Return the directory that the host sees as /lab."""
        return self._settings.state_directory / "hosts" / instance_id

    def name(self, instance_id: str) -> str:
        """Return the container's name."""
        return self._settings.container(instance_id)

    def existing(self) -> dict[str, Container]:
        """Return the host containers by instance id, running or not."""
        return {found.labels[LABEL_INSTANCE]: found for found in containers_of(self._settings.name, THING)}

    def ensure(self, instance: Instance, vpc: Vpc) -> None:
        """Make the host of an instance and let it run, or stand still, as the instance does.

        A host that rebooted from inside is started again. One that powered itself off ends the instance. One that
        died stays dead, as a virtual machine whose system crashed does, until it is rebooted or stopped.
        """
        found = container(self.name(instance.instance_id))
        if found is None:
            found = self._create(instance, vpc)
            LOGGER.info("%s: made at %s", instance.instance_id, instance.address)
        if not instance.running:
            if runs(found):
                found.stop(timeout=SHUTDOWN_SECONDS)
                LOGGER.info("%s: stopped", instance.instance_id)
            return
        if runs(found):
            return
        ended = ending(found.attrs["State"])
        if instance.state == "pending" or ended in (Ending.NEVER_RAN, Ending.REBOOTED, Ending.NOT_STARTED):
            found.start()
            LOGGER.info("%s: started", instance.instance_id)
        elif ended is Ending.POWERED_OFF:
            LOGGER.info("%s: powered itself off", instance.instance_id)
            machine.shut_down_from_inside(self._settings.region, instance.instance_id)

    def _create(self, instance: Instance, vpc: Vpc) -> Container:
        disk = machine.disk_of(instance.instance_id)
        if disk is None:
            raise LabError(f"The image {instance.image_id} holds no system: its snapshot is of no host's root volume.")
        directory = self.directory(instance.instance_id)
        facts = {
            "resolver": vpc.resolver,
            "domain": self._settings.domain,
            "outside": [f"{self._settings.client_address}/32", self._settings.public_cidr],
            "system_uuid": system_uuid(instance.instance_id),
        }
        write_atomically(directory / "host.json", json.dumps(facts))
        write_atomically(directory / "ca.pem", self._authority.certificate_pem)
        # Before the container: where that exists its disk is whole.
        storage = self._disks.make_storage(instance.instance_id, disk)
        # No restart policy: only the lab can tell a reboot from inside from a power-off, see `ensure`.
        return create_container(
            self._disks.image(disk),
            name=self.name(instance.instance_id),
            hostname=instance.short_name,
            labels={**self._settings.labels(THING), LABEL_INSTANCE: instance.instance_id},
            mounts=[Mount("/lab", str(directory), type="bind", read_only=True), Mount(STORAGE, storage, type="volume")],
            network=networks.name_of(self._settings, vpc.vpc_id),
            address=instance.address,
        )

    def capture(self, instance_id: str, disk: str, reboot: bool) -> None:
        """Capture a host's disk, shut down if asked for, and started again then.

        Raises:
            LabError, docker.errors.DockerException: it cannot be captured.
        """
        found = container(self.name(instance_id))
        if found is None:
            raise LabError(f"{instance_id} has no host.")
        if not (reboot and runs(found)):
            self._disks.capture(disk, found)
            return
        found.stop(timeout=SHUTDOWN_SECONDS)
        try:
            self._disks.capture(disk, found)
        finally:
            found.start()

    def reboot(self, instance_id: str) -> None:
        """Reboot a host as RebootInstances does: shut down in order, or cut off if it died, then start."""
        found = container(self.name(instance_id))
        if found is not None:
            found.restart(timeout=SHUTDOWN_SECONDS)
            LOGGER.info("%s: rebooted", instance_id)

    def remove(self, instance_id: str) -> None:
        """Shut a terminated instance's host down and remove it with its storage."""
        found = container(self.name(instance_id))
        if found is not None:
            found.stop(timeout=TERMINATION_SECONDS)
            remove_container(found)
            LOGGER.info("%s: removed", instance_id)
        self._disks.remove_storage(instance_id)
        shutil.rmtree(self.directory(instance_id), ignore_errors=True)


def create_container(
    image: str, *, name: str, hostname: str, labels: dict[str, str], mounts: list[Mount], network: str, address: str
) -> Container:
    """Make a host's container, which does not run yet, at an address of a network."""
    return engine().containers.create(
        image,
        name=name,
        hostname=hostname,
        labels=labels,
        # A terminal: it makes /dev/console, whose output is what EC2 returns as the console.
        tty=True,
        cap_add=list(CAPABILITIES),
        security_opt=["seccomp=unconfined"],
        cgroupns="private",
        tmpfs={"/run": "", "/run/lock": ""},
        mounts=mounts,
        network=network,
        networking_config={network: engine().api.create_endpoint_config(ipv4_address=address)},
    )


def system_uuid(instance_id: str) -> str:
    """Return the UUID that an instance's firmware tells, of which systemd makes the machine id where there is none.

    AWS: it begins with "ec2" (EC2 user guide, "Detect whether a host is an EC2 instance").
    """
    return f"ec2{str(uuid.uuid5(uuid.NAMESPACE_URL, instance_id))[3:]}"
