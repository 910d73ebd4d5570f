# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers between the API and whoever runs them: what they are to do, and what their nodes report.

Read from the backends directly, not by API calls: certificates' private keys are returned by none of these, and one
look at a load balancer would take a dozen of them every round.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.acm.models import acm_backends
from moto.elbv2.models import elbv2_backends

from .backends import ACCOUNT_ID, LOCK, ec2, iam
from .target_health import Health

if TYPE_CHECKING:
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface
    from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeTargetGroup

NETWORK = "network"
APPLICATION = "application"


@dataclass(frozen=True)
class Target:
    """A target to which requests may go: registered, running if it is an instance, in an enabled zone."""

    target_id: str
    port: int
    address: str
    zone: str | None
    """None: outside the network, or any zone."""
    registered: float
    """When it was registered; a later registration is another target."""


@dataclass(frozen=True)
class TargetGroup:
    """A target group that a listener or rule forwards to."""

    arn: str
    protocol: str
    target_type: str
    check_protocol: str
    check_port: str
    """A number, or "traffic-port"."""
    check_path: str
    check_interval: int
    check_timeout: int
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: str
    attributes: dict[str, str]
    targets: tuple[Target, ...]

    def check_id(self, target: Target) -> str:
        """Return the name under which nodes report of a target."""
        return check_id(self.arn, target.target_id, target.port, target.registered)


@dataclass(frozen=True)
class Rule:
    """A rule of a listener; its conditions and action as the API describes them."""

    priority: int | None
    """None: the default rule, which matches everything."""
    conditions: tuple[dict[str, Any], ...]
    action: dict[str, Any]


@dataclass(frozen=True)
class Listener:
    """A listener."""

    arn: str
    port: int
    protocol: str
    ssl_policy: str | None
    certificates: tuple[str, ...]
    """ARNs, the default one first."""
    idle_seconds: int
    rules: tuple[Rule, ...]
    """In order of evaluation; the default rule is the last."""


@dataclass(frozen=True)
class Node:
    """A load balancer's part in one zone: an interface."""

    interface_id: str
    subnet_id: str
    zone: str
    address: str
    public_address: str | None


@dataclass(frozen=True)
class Balancer:
    """A load balancer."""

    arn: str
    name: str
    kind: str
    scheme: str
    state: str
    vpc_id: str
    dns_name: str
    group_ids: tuple[str, ...]
    attributes: dict[str, str]
    nodes: tuple[Node, ...]
    listeners: tuple[Listener, ...]
    target_groups: dict[str, TargetGroup]
    certificates: dict[str, str] = field(repr=False)
    """Certificate, chain and private key in PEM, by ARN."""

    def targets_of(self, node: Node, group: TargetGroup) -> tuple[Target, ...]:
        """Return the targets to which a node sends requests: its own zone's, or all with cross-zone load balancing."""
        if self.cross_zone(group):
            return group.targets
        return tuple(target for target in group.targets if target.zone in (node.zone, None))

    def cross_zone(self, group: TargetGroup) -> bool:
        """Return whether a group's targets get requests from other zones (the group's attribute goes first)."""
        chosen = group.attributes.get("load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
        if chosen == "use_load_balancer_configuration":
            chosen = "true" if self.kind == APPLICATION else self.attributes["load_balancing.cross_zone.enabled"]
        return chosen == "true"


@dataclass(frozen=True)
class NodeReport:
    """What a node says of itself."""

    generation: str
    """The configuration that its proxy runs with."""
    targets: dict[str, Health]


interfaces: WeakKeyDictionary[FakeLoadBalancer, dict[str, NetworkInterface]] = WeakKeyDictionary()
"""The nodes' interfaces of each load balancer, by subnet id."""

_reports: dict[str, NodeReport] = {}
_answering: set[str] = set()


def report(reports: dict[str, NodeReport], answering: set[str]) -> None:
    """Take over what all nodes report, by interface id, and the ARNs of the load balancers that answer."""
    with LOCK:
        _reports.clear()
        _reports.update(reports)
        _answering.clear()
        _answering.update(answering)


def answers(arn: str) -> bool:
    """Return whether all nodes of a load balancer answer."""
    return arn in _answering


def reports_of(check: str) -> list[Health]:
    """Return what the nodes say of one registered target."""
    return [node.targets[check] for node in _reports.values() if check in node.targets]


def check_id(group_arn: str, target_id: str, port: int, registered: float) -> str:
    """Return the name of a target's health check."""
    return f"{group_arn.partition('targetgroup/')[2]}/{target_id}:{port}@{registered:.3f}"


def elbv2(region: str) -> ELBv2Backend:
    """Return the load balancers' backend of a region."""
    return elbv2_backends[ACCOUNT_ID][region]


def forwarded(listener: FakeListener) -> Iterator[str]:
    """Yield the ARNs of the target groups to which a listener's rules forward."""
    for rule in listener.rules.values():
        for action in rule.actions:
            for group_arn, _ in groups_of(action.data):
                yield group_arn


def groups_of(action: dict[str, Any]) -> list[tuple[str, int]]:
    """Return (target group's ARN, weight) of a forward action; none for another one."""
    if action.get("Type") != "forward":
        return []
    chosen = action.get("ForwardConfig", {}).get("TargetGroups", [])
    if chosen:
        return [(item["TargetGroupArn"], int(item.get("Weight", 1))) for item in chosen]
    return [(action["TargetGroupArn"], 1)]


def users_of(backend: ELBv2Backend, group_arn: str) -> list[FakeLoadBalancer]:
    """Return the load balancers that forward to a target group."""
    return [
        balancer
        for balancer in backend.load_balancers.values()
        if any(group_arn in forwarded(listener) for listener in balancer.listeners.values())
    ]


def zone_of(group: FakeTargetGroup, target_id: str) -> str | None:
    """Return the zone of a target; None for an address outside the network's subnets."""
    backend = ec2(group.region_name)
    if group.target_type == "instance":
        instance = backend.get_instance_by_id(target_id)
        return str(instance.availability_zone) if instance else None
    address = ipaddress.ip_address(target_id)
    for subnet in backend.describe_subnets():
        if subnet.vpc_id == group.vpc_id and address in ipaddress.ip_network(subnet.cidr_block):
            return str(subnet.availability_zone)
    return None


def enabled_zones(balancer: FakeLoadBalancer) -> set[str]:
    """Return the zones in which a load balancer has nodes."""
    return {str(subnet.availability_zone) for subnet in balancer.subnets}


def instance_state(group: FakeTargetGroup, target_id: str) -> str | None:
    """Return the state of an instance target, None for an IP address."""
    if group.target_type != "instance":
        return None
    instance = ec2(group.region_name).get_instance_by_id(target_id)
    return str(instance.state) if instance else "terminated"


def snapshot(region: str) -> dict[str, Balancer]:
    """Return the region's load balancers by ARN."""
    with LOCK:
        backend = elbv2(region)
        return {arn: _balancer(backend, found) for arn, found in backend.load_balancers.items()}


def _balancer(backend: ELBv2Backend, found: FakeLoadBalancer) -> Balancer:
    listeners = tuple(_listener(listener) for listener in found.listeners.values())
    group_arns = {arn for listener in found.listeners.values() for arn in forwarded(listener)}
    zones = enabled_zones(found)
    certificate_arns = {arn for listener in listeners for arn in listener.certificates}
    bundles = {arn: _bundle(backend.region_name, arn) for arn in certificate_arns}
    nodes = interfaces.get(found, {})
    return Balancer(
        arn=found.arn,
        name=found.name,
        kind=found.type,
        scheme=found.scheme,
        state=found.state,
        vpc_id=found.vpc_id,
        dns_name=found.dns_name,
        group_ids=tuple(found.security_groups or ()),
        attributes={key: str(value) for key, value in found.attrs.items()},
        nodes=tuple(
            Node(
                interface_id=nodes[subnet.id].id,
                subnet_id=subnet.id,
                zone=str(subnet.availability_zone),
                address=str(nodes[subnet.id].private_ip_address),
                public_address=nodes[subnet.id].public_ip,
            )
            for subnet in found.subnets
            if subnet.id in nodes
        ),
        listeners=listeners,
        target_groups={
            arn: _target_group(backend.target_groups[arn], zones)
            for arn in sorted(group_arns)
            if arn in backend.target_groups
        },
        certificates={arn: bundle for arn, bundle in bundles.items() if bundle is not None},
    )


def _listener(found: FakeListener) -> Listener:
    rules = []
    for rule in found.rules.values():
        default = rule.priority == "default"
        # The last action decides; those before it authenticate, which the lab refuses.
        action = max(rule.actions, key=lambda item: int(item.data.get("Order", 0)))
        rules.append(Rule(None if default else int(rule.priority), tuple(rule.conditions), dict(action.data)))
    rules.sort(key=lambda rule: (rule.priority is None, rule.priority or 0))
    return Listener(
        arn=found.arn,
        port=int(found.port),
        protocol=found.protocol,
        ssl_policy=found.ssl_policy,
        certificates=tuple(dict.fromkeys(found.certificates)),
        idle_seconds=int(found.attributes.get("tcp.idle_timeout.seconds", "350")),
        rules=tuple(rules),
    )


def _target_group(found: FakeTargetGroup, zones: set[str]) -> TargetGroup:
    targets = []
    for entry in found.targets.values():
        target_id, port = entry["Id"], int(entry["Port"])
        zone = zone_of(found, target_id)
        if zone is not None and zone not in zones:
            continue
        if instance_state(found, target_id) not in (None, "running"):
            continue
        address = target_id
        if found.target_type == "instance":
            address = str(ec2(found.region_name).get_instance(target_id).private_ip)
        targets.append(Target(target_id, port, address, zone, float(entry.get("Registered", 0.0))))
    return TargetGroup(
        arn=found.arn,
        protocol=str(found.protocol),
        target_type=found.target_type,
        check_protocol=str(found.health_check_protocol),
        check_port=str(found.health_check_port),
        check_path=found.health_check_path or "/",
        check_interval=int(found.health_check_interval_seconds),
        check_timeout=int(found.health_check_timeout_seconds),
        healthy_threshold=int(found.healthy_threshold_count),
        unhealthy_threshold=int(found.unhealthy_threshold_count),
        matcher=str(getattr(found, "matcher", {}).get("HttpCode", "200")),
        attributes={key: str(value) for key, value in found.attributes.items()},
        targets=tuple(targets),
    )


def _bundle(region: str, arn: str) -> str | None:
    """Return certificate, chain and key of a certificate of ACM or IAM, None for one that is no more."""
    found = acm_backends[ACCOUNT_ID][region]._certificates.get(arn)
    if found is not None:
        return "\n".join(part.decode().strip() for part in (found.cert, found.chain, found.key) if part) + "\n"
    server = iam().get_certificate_by_arn(arn)
    if server is None:
        return None
    parts = (server.cert_body, server.cert_chain, server.private_key)
    return "\n".join(str(part).strip() for part in parts if part) + "\n"


def now() -> float:
    """Return the time by which registrations are ordered and drained; it never jumps back."""
    return time.monotonic()
