# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`lab up`, `lab wait` and `lab down`."""

from __future__ import annotations

import dataclasses
import json
import secrets
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

import docker.errors
from docker.types import IPAMConfig, IPAMPool

from . import ethereum, process
from .certificates import Authority, endpoint_names
from .collisions import collision
from .engine import ALWAYS, containers_of, engine, network, remove_container
from .errors import LabError
from .files import write_atomically
from .images import Say, ensure_images
from .machine import free_port, port_is_free, survey
from .operator_files import check_inventory_template, write_operator_files
from .reconciler.disks import remove_disks
from .settings import CHECKOUT, LABEL, LABEL_SETTINGS, REPORT_FILE, ROUND_SECONDS, UP_FILE, LabSettings

START_SECONDS = 60.0
KEY_OWNERS = ("operator", "administrator", "lab")


def up(chosen: LabSettings, say: Say) -> LabSettings:
    """Make a lab, unless it stands with the same settings, and return its final settings.

    Raises:
        LabError: it cannot be made; nothing was made if the reason could be known beforehand.
    """
    standing = _standing(chosen)
    if standing is not None:
        say(f"lab {standing.name}: stands already at {standing.api_url}")
        return standing
    began = time.monotonic()
    check_inventory_template()
    if not chosen.machines:
        return _up_without_machines(chosen, say, began)
    reason = collision(chosen, survey(chosen))
    if reason:
        raise LabError(reason)
    images = ensure_images(say)
    images_seconds = round(time.monotonic() - began, 1)

    settings = _make_state(chosen)
    state = settings.state_directory
    _make_public_network(settings)
    settings, fabric_cidr = _make_fabric(settings)
    settings.save()
    authority = Authority(state)
    authority.create(f"nodeops lab {settings.name}")
    certificate, key = authority.issue(endpoint_names(settings.region))
    write_atomically(state / "tls" / "key.pem", key, mode=0o600)
    write_atomically(state / "tls" / "certificate.pem", certificate)
    write_operator_files(settings)

    _start_registry(settings, images.registry)
    _start_ethereum(settings, images.ethereum)
    _start_gateway(settings, images.gateway, fabric_cidr)
    say(f"lab {settings.name}: starting the region at {settings.api_url}")
    _start_daemon(settings, dataclasses.astuple(images))
    _note_up(settings, began, images_seconds, say)
    return settings


def _up_without_machines(chosen: LabSettings, say: Say, began: float) -> LabSettings:
    """Make a lab that is the API alone. It needs no engine, and can collide with nothing but a port and its name."""
    state = chosen.state_directory
    if process.running_pid(state) is not None or _has_machines(chosen.name):
        raise LabError(
            f"A lab {chosen.name!r} stands already, with other settings: `lab down --name {chosen.name}` first."
        )
    if not port_is_free(chosen.api_port):
        raise LabError(f"--api-port {chosen.api_port} is taken on 127.0.0.1: choose another, or 0 for any free one.")
    settings = _make_state(chosen)
    settings.save()
    # ACM's certificates are signed here too, though nobody answers with one.
    Authority(settings.state_directory).create(f"nodeops lab {settings.name}")
    write_operator_files(settings)
    _start_daemon(settings, ())
    _note_up(settings, began, 0.0, say)
    return settings


def _has_machines(name: str) -> bool:
    """Return whether there may be containers of a lab: it was made with some, and `lab down` has not removed it."""
    try:
        return LabSettings.load(name).machines
    except LabError:
        return False


def _make_state(chosen: LabSettings) -> LabSettings:
    """Make a new state directory, and return the settings with keys and a port."""
    state = chosen.state_directory
    if state.exists():
        shutil.rmtree(state)
    for directory in ("metadata", "names", "console", "tls", "hosts", "databases"):
        (state / directory).mkdir(parents=True)
    (state / "metadata").chmod(0o700)
    return dataclasses.replace(
        chosen,
        api_port=chosen.api_port or free_port(),
        **new_keys("operator"),
        **new_keys("administrator"),
        **new_keys("lab"),
    )


def _note_up(settings: LabSettings, began: float, images_seconds: float, say: Say) -> None:
    seconds = round(time.monotonic() - began, 1)
    note = {"seconds": seconds, "images_seconds": images_seconds}
    write_atomically(settings.state_directory / UP_FILE, json.dumps(note))
    say(f"lab {settings.name}: up in {seconds} s")


def _standing(chosen: LabSettings) -> LabSettings | None:
    """Return the settings of this lab if it runs with what was chosen, else None."""
    if process.running_pid(chosen.state_directory) is None:
        return None
    found = LabSettings.load(chosen.name)
    wanted = dataclasses.replace(
        chosen,
        api_port=chosen.api_port or found.api_port,
        fabric_gateway=found.fabric_gateway,
        **{name: getattr(found, name) for owner in KEY_OWNERS for name in new_keys(owner)},
    )
    return found if wanted == found else None


def new_keys(owner: str) -> dict[str, Any]:
    """Return a new access key as settings of its owner."""
    return {
        f"{owner}_access_key_id": f"AKIALAB{secrets.token_hex(7).upper()[:13]}",
        f"{owner}_secret_access_key": secrets.token_urlsafe(30),
    }


def _make_fabric(settings: LabSettings) -> tuple[LabSettings, str]:
    """Make the lab's own network; return the settings with the machine's address in it, and its CIDR.

    The labels tell other labs, perhaps of another checkout, what this one uses.
    """
    used = {key: getattr(settings, key) for key in ("name", "vpc_cidr", "public_cidr", "api_port")}
    labels = {**settings.labels("fabric"), LABEL_SETTINGS: json.dumps(used)}
    made = engine().networks.create(settings.fabric, driver="bridge", labels=labels)
    made.reload()
    pool = made.attrs["IPAM"]["Config"][0]
    return dataclasses.replace(settings, fabric_gateway=pool["Gateway"]), pool["Subnet"]


def _make_public_network(settings: LabSettings) -> None:
    """Make the network of the public addresses, of which the machine has the first and the gateway all others."""
    pool = IPAMPool(subnet=settings.public_cidr, gateway=settings.public_router)
    try:
        engine().networks.create(
            settings.public_network,
            driver="bridge",
            ipam=IPAMConfig(pool_configs=[pool]),
            labels=settings.labels("public"),
            # Public addresses appear as sources in VPC networks, too: the engine must not translate them.
            options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
        )
    except docker.errors.APIError as error:
        raise LabError(f"{settings.public_cidr} cannot be a network of this machine: {error.explanation}.") from error


def _start_registry(settings: LabSettings, image: str) -> None:
    engine().containers.run(
        image,
        name=settings.container("registry"),
        labels=settings.labels("registry"),
        detach=True,
        network=settings.fabric,
        networking_config={settings.fabric: engine().api.create_endpoint_config(aliases=["registry"])},
        restart_policy=ALWAYS,
    )


def _start_ethereum(settings: LabSettings, image: str) -> None:
    engine().containers.run(
        image,
        name=settings.container(ethereum.CONTAINER),
        labels=settings.labels(ethereum.CONTAINER),
        detach=True,
        network=settings.fabric,
        networking_config={settings.fabric: engine().api.create_endpoint_config(aliases=[ethereum.CONTAINER])},
        volumes={str(ethereum.prepare(settings)): {"bind": "/lab/ethereum", "mode": "rw"}},
        restart_policy=ALWAYS,
    )


def _start_gateway(settings: LabSettings, image: str, fabric_cidr: str) -> None:
    state = settings.state_directory
    served = ("metadata", "names", "tls", "ca.pem")
    gateway = engine().containers.create(
        image,
        name=settings.container("gateway"),
        labels=settings.labels("gateway"),
        cap_add=["NET_ADMIN"],
        sysctls={"net.ipv4.ip_forward": "1"},
        network=settings.fabric,
        volumes={str(state / name): {"bind": f"/lab/{name}", "mode": "ro"} for name in served},
        environment={
            "API_ADDRESS": f"{settings.fabric_gateway}:{settings.api_port}",
            "FABRIC_NETWORK": fabric_cidr,
            "PUBLIC_NETWORK": settings.public_cidr,
        },
        restart_policy=ALWAYS,
    )
    public = network(settings.public_network)
    assert public is not None, "made a moment ago"
    public.connect(gateway, ipv4_address=settings.public_gateway)
    gateway.start()


def _start_daemon(settings: LabSettings, images: Sequence[str]) -> None:
    state = settings.state_directory
    started = process.start(state, images)
    deadline = time.monotonic() + START_SECONDS
    while not (_answers(settings.api_url) and (not settings.machines or (state / REPORT_FILE).exists())):
        if started.poll() is not None or time.monotonic() > deadline:
            log = state / process.LOG_FILE
            raise LabError(f"The lab's daemon did not start; the end of {log}:\n{log.read_text()[-1500:]}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        # One of the emulator's own addresses: any other would be recorded as somebody's call.
        urllib.request.urlopen(f"{url}/moto-api/config", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait(settings: LabSettings, timeout: float) -> None:
    """Wait until every host has booted, every database is ready, and what was deleted is gone.

    Raises:
        LabError: not within `timeout` seconds, or the daemon does not run.
    """
    state = settings.state_directory
    if not settings.machines:
        if process.running_pid(state) is None:
            raise LabError(f"The lab's daemon does not run (see {state / process.LOG_FILE}).")
        return
    deadline = time.monotonic() + timeout
    # Only a round that began after this call tells of what was asked for before it.
    after = time.time() + ROUND_SECONDS
    while True:
        report = json.loads((state / REPORT_FILE).read_text())
        if report["written_at"] > after and not report["pending"]:
            return
        if process.running_pid(state) is None:
            raise LabError(f"The lab's daemon does not run (see {state / process.LOG_FILE}).")
        if time.monotonic() > deadline:
            errors = "".join(f" {key}: {message}" for key, message in sorted(report["errors"].items()))
            raise LabError(f"Not ready after {timeout:.0f} s: {', '.join(report['pending'])}.{errors}")
        time.sleep(0.3)


def down(name: str, say: Say) -> None:
    """Remove everything of a lab, however much of it there is; the images that labs share stay."""
    state = CHECKOUT / ".lab" / name
    process.stop(state)
    if (state / "settings.json").exists() and not LabSettings.load(name).machines:
        # No engine is asked for what was never there: there may be none.
        shutil.rmtree(state)
        say(f"lab {name}: down")
        return
    # Again until none is left: the engine may still have been making one for a daemon that was cut short.
    while containers := containers_of(name):
        for container in containers:
            say(f"removing {container.name}")
            remove_container(container)
    for removed in remove_disks(name):
        say(f"removing {removed}")
    label = {"label": f"{LABEL}={name}"}
    for found in engine().networks.list(filters=label):
        say(f"removing {found.name}")
        found.remove()
    for volume in engine().volumes.list(filters=label):
        say(f"removing {volume.name}")
        volume.remove()
    if state.exists():
        shutil.rmtree(state)
    say(f"lab {name}: down")
