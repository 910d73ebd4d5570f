# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 instances as system containers."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from docker.models.containers import Container

from ..certificates import Authority
from ..engine import ALWAYS, container, containers_of, engine, remove_container
from ..files import write_atomically
from ..settings import LabSettings
from . import networks
from .region import Instance, Vpc

LOGGER = logging.getLogger(__name__)
THING = "host"
LABEL_INSTANCE = "nodeops.instance"
SHUTDOWN_SECONDS = 60
"""How long a host may take to shut down before it is cut off."""

# What root of a virtual machine has, but for SYS_RESOURCE, BPF, PERFMON and CHECKPOINT_RESTORE, which engines and
# machines differ about: none of them is needed to boot systemd or to run an engine inside.
CAPABILITIES = (
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
    "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip


class Hosts:
    """The hosts of one lab."""

    def __init__(self, settings: LabSettings, image: str) -> None:
        self._settings = settings
        self._image = image
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
        """Make the host of an instance and let it run, or stand still, as the instance does."""
        found = container(self.name(instance.instance_id))
        if found is None:
            found = self._create(instance, vpc)
            LOGGER.info("%s: made at %s", instance.instance_id, instance.address)
        if instance.running and found.status != "running":
            found.start()
            LOGGER.info("%s: started", instance.instance_id)
        elif not instance.running and found.status == "running":
            found.stop(timeout=SHUTDOWN_SECONDS)
            LOGGER.info("%s: stopped", instance.instance_id)

    def _create(self, instance: Instance, vpc: Vpc) -> Container:
        directory = self.directory(instance.instance_id)
        facts = {
            "resolver": vpc.resolver,
            "domain": self._settings.domain,
            "outside": [f"{self._settings.client_address}/32", self._settings.public_cidr],
        }
        write_atomically(directory / "host.json", json.dumps(facts))
        write_atomically(directory / "ca.pem", self._authority.certificate_pem)
        network_name = networks.name_of(self._settings, vpc.vpc_id)
        endpoint = engine().api.create_endpoint_config(ipv4_address=instance.address)
        return engine().containers.create(
            self._image,
            name=self.name(instance.instance_id),
            hostname=instance.short_name,
            labels={**self._settings.labels(THING), LABEL_INSTANCE: instance.instance_id},
            # A terminal: it makes /dev/console, whose output is what EC2 returns as the console.
            tty=True,
            cap_add=list(CAPABILITIES),
            security_opt=["seccomp=unconfined"],
            cgroupns="private",
            tmpfs={"/run": "", "/run/lock": ""},
            volumes={str(directory): {"bind": "/lab", "mode": "ro"}},
            network=network_name,
            networking_config={network_name: endpoint},
            # A reboot from inside ends the container; the engine starts it again with its file system and address.
            restart_policy=ALWAYS,
        )

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
            found.stop(timeout=SHUTDOWN_SECONDS)
            remove_container(found)
            LOGGER.info("%s: removed", instance_id)
        shutil.rmtree(self.directory(instance_id), ignore_errors=True)
