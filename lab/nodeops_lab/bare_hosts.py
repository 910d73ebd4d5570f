# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lab hosts`: hosts without a region, as fresh as an instance after its first boot, to try roles on."""

from __future__ import annotations

import ipaddress
import json
import time
from dataclasses import dataclass
from pathlib import Path

import docker.errors
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool, Mount

from .certificates import Authority
from .engine import containers_of, engine, enter
from .errors import LabError
from .files import write_atomically
from .images import Say, archive, ensure_host_images
from .operator_files import KEY_FILE, key_pair
from .reconciler.hosts import create_container, system_uuid
from .settings import LabSettings

FIRST_ADDRESS = 10
"""Of the first host, from the beginning of the network."""
BOOT_SECONDS = 60.0
RESOLVER = "127.0.0.11"
"""The engine's own: there is no gateway here. Containers inside the hosts get no names resolved."""
USER = "admin"

# What cloud-init does at the first boot of an instance, which has no metadata to ask here.
FIRST_BOOT = """
set -eu
useradd --create-home --groups adm,sudo --shell /bin/bash {user}
install -d -m 0700 -o {user} -g {user} /home/{user}/.ssh
install -m 0600 -o {user} -g {user} /dev/null /home/{user}/.ssh/authorized_keys
echo '{public_key}' > /home/{user}/.ssh/authorized_keys
echo '{user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/90-cloud-init-users
chmod 0440 /etc/sudoers.d/90-cloud-init-users
rm -f /etc/ssh/ssh_host_dsa_key
ssh-keygen -q -A
systemctl reset-failed ssh.service
systemctl start ssh.service
cut -d ' ' -f 1,2 /etc/ssh/ssh_host_*_key.pub
"""


@dataclass(frozen=True)
class Wanted:
    """A host to make."""

    name: str
    packages: str
    """The program that manages its packages: apt or dnf."""


def wanted(text: str) -> Wanted:
    """Return what NAME or NAME:dnf asks for.

    Raises:
        LabError: it asks for nothing that there is.
    """
    name, _, packages = text.partition(":")
    if packages not in ("", "apt", "dnf") or not name:
        raise LabError(f"{text!r} is no host: write NAME or NAME:dnf.")
    return Wanted(name, packages or "apt")


def up(settings: LabSettings, cidr: str, hosts: list[Wanted], say: Say) -> Path:
    """Make the hosts, and return the SSH configuration that leads to them by their names.

    Raises:
        LabError: they cannot be made, or there are some of this name already.
    """
    if containers_of(settings.name):
        raise LabError(f"{settings.name!r} stands already: `lab down --name {settings.name}` first.")
    began = time.monotonic()
    images = ensure_host_images(say, dnf=any(host.packages == "dnf" for host in hosts))
    state = settings.state_directory
    state.mkdir(parents=True, exist_ok=True)
    Authority(state).create(f"nodeops lab {settings.name}")
    private, public = key_pair(settings.name)
    write_atomically(state / KEY_FILE, private, mode=0o600)
    network = _make_network(settings, cidr)
    addresses = {host.name: str(network[FIRST_ADDRESS + number]) for number, host in enumerate(hosts)}
    made = [_make(settings, host, images[host.packages], addresses[host.name]) for host in hosts]
    keys = {}
    for host, container in zip(hosts, made, strict=True):
        _wait_for_boot(container)
        script = FIRST_BOOT.format(user=USER, public_key=public.strip())
        keys[host.name] = enter(container, ["sh", "-s"], script).splitlines()
    known = "".join(f"{name} {key}\n" for name, lines in keys.items() for key in lines)
    write_atomically(state / "known_hosts", known)
    write_atomically(state / "ssh_config", ssh_config(state, addresses))
    say(f"hosts {settings.name}: up in {time.monotonic() - began:.1f} s")
    return state / "ssh_config"


def ssh_config(state: Path, addresses: dict[str, str]) -> str:
    """Return the SSH configuration of the hosts."""
    entries = [
        f"Host {name}\n  HostName {address}\n  HostKeyAlias {name}\n  User {USER}\n  IdentityFile {state / KEY_FILE}\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {state / 'known_hosts'}\n  StrictHostKeyChecking yes\n"
        for name, address in addresses.items()
    ]
    return "\n".join(entries)


def _make_network(settings: LabSettings, cidr: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(cidr)
        engine().networks.create(
            settings.container("hosts"),
            driver="bridge",
            ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=cidr)]),
            labels=settings.labels("hosts"),
        )
    except ValueError as error:
        raise LabError(f"--cidr {cidr!r} is no IPv4 network: {error}.") from None
    except docker.errors.APIError as error:
        raise LabError(f"{cidr} cannot be a network of this machine: {error.explanation}.") from error
    return network


def _make(settings: LabSettings, host: Wanted, image: str, address: str) -> Container:
    directory = settings.state_directory / "hosts" / host.name
    directory.mkdir(parents=True)
    facts = {"resolver": RESOLVER, "domain": settings.domain, "outside": [], "system_uuid": system_uuid(host.name)}
    write_atomically(directory / "host.json", json.dumps(facts))
    write_atomically(directory / "ca.pem", Authority(settings.state_directory).certificate_pem)
    # No security group: what is refused here, the host itself refuses.
    write_atomically(directory / "security-groups.nft", "")
    container = create_container(
        image,
        name=settings.container(host.name),
        hostname=host.name,
        labels=settings.labels("host"),
        mounts=[Mount("/lab", str(directory), type="bind", read_only=True)],
        network=settings.container("hosts"),
        address=address,
    )
    # It would wait a minute for metadata.
    container.put_archive("/etc/cloud", archive({"cloud-init.disabled": b""}))
    container.start()
    return container


def _wait_for_boot(container: Container) -> None:
    deadline = time.monotonic() + BOOT_SECONDS
    while True:
        try:
            # "degraded" is as good: without host keys the SSH server has failed.
            enter(container, ["sh", "-c", "systemctl is-system-running | grep -E 'running|degraded'"])
            return
        except LabError as error:
            if time.monotonic() > deadline:
                raise LabError(f"{container.name} did not boot within {BOOT_SECONDS:.0f} s: {error}") from error
            time.sleep(0.3)
