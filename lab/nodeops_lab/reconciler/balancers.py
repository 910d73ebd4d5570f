# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers as HAProxy containers, one per zone."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from ..api import balancing
from ..api.balancing import Balancer, Node, NodeReport
from ..api.target_health import Health
from ..engine import ALWAYS, container, containers_of, engine, remove_container
from ..errors import LabError
from ..files import write_atomically
from ..settings import LabSettings
from . import networks
from .balancer_configuration import files, generation
from .balancer_sources import sources
from .filters import members_of_groups, rules_of_groups, ruleset
from .region import Region, Rule, Vpc

LOGGER = logging.getLogger(__name__)
THING = "balancer"
LABEL_INTERFACE = "nodeops.interface"
RULES_FILE = "security-groups.nft"
STOP_SECONDS = 5
EVERYBODY = Rule("-1", cidrs=("0.0.0.0/0",))
"""A Network Load Balancer without security groups lets everybody in."""

Submit = Callable[[str, Callable[[], None]], None]


@dataclass(frozen=True)
class NodeState:
    """What the lab wants of a node, and what the node says."""

    wanted: str
    """The generation that it should run with."""
    rules: str
    """Digest of the rules that it should have loaded."""
    report: dict[str, Any]

    @property
    def answers(self) -> bool:
        """Whether the proxy runs, with whatever configuration."""
        return bool(self.report.get("generation"))

    @property
    def settled(self) -> bool:
        """Whether the node has taken over everything."""
        return (self.report.get("generation"), self.report.get("rules")) == (self.wanted, self.rules)

    @property
    def error(self) -> str | None:
        """Why the proxy refuses its configuration."""
        return self.report.get("error")


class Balancers:
    """The load balancers of one lab."""

    def __init__(self, settings: LabSettings, image: str) -> None:
        self._settings = settings
        self._image = image
        self._lock = threading.Lock()
        self._states: dict[str, NodeState] = {}
        """By interface id."""

    def directory(self, interface_id: str) -> Path:
        """Return the directory that a node sees as /lab; its part "report" is the node's to write."""
        return self._settings.state_directory / "balancers" / interface_id

    def name(self, interface_id: str) -> str:
        """Return the name of a node's container."""
        return self._settings.container(f"lb-{interface_id}")

    def existing(self) -> dict[str, Container]:
        """Return the node containers by interface id, running or not."""
        return {found.labels[LABEL_INTERFACE]: found for found in containers_of(self._settings.name, THING)}

    def follow(self, region: Region, databases: dict[str, str], existing: dict[str, Container], submit: Submit) -> None:
        """Write what the nodes are to do, take over what they report, and submit a job for each difference."""
        nodes = {
            node.interface_id: (balancer, node) for balancer in region.balancers.values() for node in balancer.nodes
        }
        for interface_id, (balancer, node) in nodes.items():
            submit(
                f"load balancer's node {interface_id}",
                partial(self._ensure, region, databases, balancer, node, existing.get(interface_id)),
            )
        for interface_id in existing.keys() - nodes.keys():
            submit(f"load balancer's node {interface_id}", partial(self._remove, interface_id))
        with self._lock:
            for interface_id in self._states.keys() - nodes.keys():
                del self._states[interface_id]
            states = dict(self._states)
        reports = {
            interface_id: NodeReport(
                str(state.report.get("generation", "")),
                {check: Health(**health) for check, health in state.report.get("targets", {}).items()},
            )
            for interface_id, state in states.items()
        }
        answering = {
            balancer.arn
            for balancer in region.balancers.values()
            if balancer.nodes and all(self._answers(node) for node in balancer.nodes)
        }
        balancing.report(reports, answering)

    def _answers(self, node: Node) -> bool:
        state = self._states.get(node.interface_id)
        return state is not None and state.answers

    def _ensure(
        self, region: Region, databases: dict[str, str], balancer: Balancer, node: Node, found: Container | None
    ) -> None:
        """Make a node and tell it what to do.

        Raises:
            LabError: the load balancer asks for what no proxy can do, or the node's proxy refuses it.
        """
        vpc = region.vpcs[balancer.vpc_id]
        members = members_of_groups(region, databases)
        rules = self._write_rules(region, balancer, node, vpc, members)
        allowed = {listener.port: sources(balancer, listener, region, members) for listener in balancer.listeners}
        wanted = self._write_generation(node, files(balancer, node, allowed))
        if found is None or found.status != "running":
            self._make(balancer, node, vpc)
        report = _report(self.directory(node.interface_id) / "report" / "report.json")
        state = NodeState(wanted, rules, report)
        with self._lock:
            self._states[node.interface_id] = state
        if state.settled:
            self._forget_generations(node, wanted)
        if state.error:
            raise LabError(f"HAProxy refuses the configuration: {state.error}")

    def _write_rules(
        self, region: Region, balancer: Balancer, node: Node, vpc: Vpc, members: dict[str, list[str]]
    ) -> str:
        """Write the node's rules and return their digest."""
        inbound: list[Rule] = [EVERYBODY]
        outbound: list[Rule] | None = None
        if balancer.group_ids or balancer.kind == balancing.APPLICATION:
            inbound = rules_of_groups(region.groups, balancer.group_ids)
            outbound = rules_of_groups(region.outbound, balancer.group_ids)
        text = ruleset(inbound, outbound, members, vpc)
        directory = self.directory(node.interface_id)
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(directory / RULES_FILE, text)
        return hashlib.sha256(text.encode()).hexdigest()

    def _write_generation(self, node: Node, content: dict[str, str]) -> str:
        name = generation(content)
        base = self.directory(node.interface_id)
        directory = base / name
        directory.mkdir(exist_ok=True, mode=0o700)
        for file, text in content.items():
            write_atomically(directory / file, text, mode=0o600)
        write_atomically(base / "current", name)
        return name

    def _forget_generations(self, node: Node, present: str) -> None:
        for directory in self.directory(node.interface_id).iterdir():
            if directory.is_dir() and directory.name not in (present, "report"):
                shutil.rmtree(directory, ignore_errors=True)

    def _make(self, balancer: Balancer, node: Node, vpc: Vpc) -> None:
        directory = self.directory(node.interface_id)
        (directory / "report").mkdir(exist_ok=True)
        network_name = networks.name_of(self._settings, balancer.vpc_id)
        name = self.name(node.interface_id)
        found = container(name)
        if found is None:
            endpoint = engine().api.create_endpoint_config(ipv4_address=node.address)
            found = engine().containers.create(
                self._image,
                name=name,
                labels={**self._settings.labels(THING), LABEL_INTERFACE: node.interface_id},
                cap_add=["NET_ADMIN"],
                # What comes through the internet gateway goes back through it.
                environment={
                    "OUTSIDE": f"{self._settings.client_address}/32 {self._settings.public_cidr}",
                    "GATEWAY": vpc.resolver,
                },
                volumes={
                    str(directory): {"bind": "/lab", "mode": "ro"},
                    str(directory / "report"): {"bind": "/report", "mode": "rw"},
                },
                network=network_name,
                networking_config={network_name: endpoint},
                restart_policy=ALWAYS,
            )
            LOGGER.info("load balancer %s: a node at %s", balancer.name, node.address)
        if found.status != "running":
            found.start()

    def _remove(self, interface_id: str) -> None:
        found = container(self.name(interface_id))
        if found is not None:
            found.stop(timeout=STOP_SECONDS)
            remove_container(found)
        shutil.rmtree(self.directory(interface_id), ignore_errors=True)

    def report(self, region: Region) -> list[dict[str, Any]]:
        """Return what `lab status` tells of the load balancers."""
        return [
            {
                "name": balancer.name,
                "type": balancer.kind,
                "state": balancer.state,
                "dns_name": balancer.dns_name,
                "nodes": [
                    {
                        "zone": node.zone,
                        "address": node.address,
                        "public_address": node.public_address,
                        "settled": node.interface_id in self._states and self._states[node.interface_id].settled,
                    }
                    for node in balancer.nodes
                ],
                "listeners": [f"{listener.protocol} {listener.port}" for listener in balancer.listeners],
            }
            for balancer in region.balancers.values()
        ]

    def pending(self, region: Region, existing: dict[str, Container]) -> set[str]:
        """Return what has not followed the region yet."""
        found = {
            f"load balancer {balancer.name}"
            for balancer in region.balancers.values()
            for node in balancer.nodes
            if node.interface_id not in self._states or not self._states[node.interface_id].settled
        }
        return found | {f"node {interface_id}" for interface_id in existing.keys() - set(self._states)}


def public_addresses(region: Region) -> dict[str, str]:
    """Return the nodes' private addresses by their public ones."""
    return {
        node.public_address: node.address
        for balancer in region.balancers.values()
        for node in balancer.nodes
        if node.public_address
    }


def _report(path: Path) -> dict[str, Any]:
    """Return what a node reported last; nothing before its first report."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return content
