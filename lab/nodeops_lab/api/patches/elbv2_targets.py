# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic Load Balancing: target groups and targets."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elbv2 import models
from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError, TargetNotRunning
from moto.elbv2.responses import ELBV2Response

from .. import balancing, target_health
from ..target_health import Health, health_of
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

    Group = models.FakeTargetGroup

HTTP_PROTOCOLS = ("HTTP", "HTTPS")
TCP_PROTOCOLS = ("TCP", "TLS")
LARGEST_CODE = {"HTTP": 499, "HTTPS": 499, "TCP": 599, "TLS": 599}
PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


def _check_matcher(protocol: str, codes: str | None) -> None:
    if codes is None:
        return
    parts = [part.split("-") for part in codes.split(",")]
    wrong = not re.fullmatch(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*", codes) or any(
        not 200 <= int(number) <= LARGEST_CODE[protocol] for part in parts for number in part
    )
    if wrong:
        raise ELBClientError(
            "ValidationError", f"Health check matcher HTTP code '{codes}' must be within '200-{LARGEST_CODE[protocol]}'"
        )


@patch
def health_check_settings(_settings: Settings) -> None:
    """Check the settings of health checks, and default them as AWS does.

    AWS: codes of an ALB's matcher are 200 to 499, of an NLB's 200 to 599 with 200-399 as default; an NLB's HTTP checks
    time out after 6 s; TCP checks are for NLBs (API reference, CreateTargetGroup, ModifyTargetGroup; NLB guide,
    "Health checks for target groups"). Moto: takes any code and cannot change the matcher of an NLB's group. Lambda,
    ALB and UDP targets, HTTP/2 and gRPC to the targets: not emulated, 501.
    """
    create = models.ELBv2Backend.create_target_group
    modify = models.ELBv2Backend.modify_target_group

    def create_target_group(self: models.ELBv2Backend, name: str, **settings: Any) -> Group:
        protocol, checks = settings.get("protocol"), settings.get("healthcheck_protocol")
        if settings.get("target_type") not in (None, "instance", "ip"):
            raise NotImplementedError(f"targets of type {settings['target_type']}")
        if protocol in LARGEST_CODE:
            if settings.get("protocol_version") not in (None, "HTTP1"):
                raise NotImplementedError(f"{settings['protocol_version']} to targets")
            if protocol in HTTP_PROTOCOLS and checks == "TCP":
                raise ELBClientError(
                    "ValidationError", f"Health check protocol 'TCP' is not supported for protocol '{protocol}'"
                )
            _check_matcher(protocol, (settings.get("matcher") or {}).get("HttpCode"))
            if protocol in TCP_PROTOCOLS and checks in HTTP_PROTOCOLS:
                settings["matcher"] = settings.get("matcher") or {"HttpCode": "200-399"}
                settings["healthcheck_path"] = settings.get("healthcheck_path") or "/"
                default = 6 if checks == "HTTP" else 10
                settings["healthcheck_timeout_seconds"] = settings.get("healthcheck_timeout_seconds") or default
        elif protocol in ("UDP", "TCP_UDP", "GENEVE"):
            raise NotImplementedError(f"{protocol} target groups")
        return create(self, name, **settings)

    def modify_target_group(self: models.ELBv2Backend, arn: str, *args: Any, **kwargs: Any) -> Group:
        names = (
            "health_check_proto", "health_check_port", "health_check_path", "health_check_interval",
            "health_check_timeout", "healthy_threshold_count", "unhealthy_threshold_count", "http_codes",
        )  # fmt: skip
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        found = self.target_groups.get(arn)
        if found is not None:
            _check_matcher(str(found.protocol), given.get("http_codes"))
            interval = given.get("health_check_interval") or found.health_check_interval_seconds
            timeout = given.get("health_check_timeout") or found.health_check_timeout_seconds
            if int(timeout) > int(interval) or (found.protocol in HTTP_PROTOCOLS and int(timeout) == int(interval)):
                raise ELBClientError(
                    "ValidationError",
                    f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'",
                )
        modified = modify(self, arn, *args, **kwargs)
        if modified.health_check_protocol in HTTP_PROTOCOLS:
            default = "200" if modified.protocol in HTTP_PROTOCOLS else "200-399"
            present = getattr(modified, "matcher", None) or {"HttpCode": default}
            modified.matcher = {"HttpCode": given.get("http_codes") or present["HttpCode"]}
            modified.health_check_path = modified.health_check_path or "/"
        return modified

    replace(models.ELBv2Backend, "create_target_group", create_target_group)
    replace(models.ELBv2Backend, "modify_target_group", modify_target_group)


@patch
def group_attributes(_settings: Settings) -> None:
    """Refuse stickiness that no proxy of the lab carries out, and describe the defaults of an NLB's group.

    AWS: application cookies; preserve_client_ip.enabled defaults to true for instances, false for addresses (API
    reference, TargetGroupAttribute). Moto: takes the one and does nothing, does not know the other.
    """
    initialize = models.FakeTargetGroup.__init__
    modify = models.ELBv2Backend.modify_target_group_attributes

    def initialize_with_defaults(self: Group, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        if self.protocol in TCP_PROTOCOLS:
            self.attributes.update(
                {
                    "deregistration_delay.connection_termination.enabled": "false",
                    "preserve_client_ip.enabled": "false" if self.target_type == "ip" else "true",
                    "proxy_protocol_v2.enabled": "false",
                    "target_health_state.unhealthy.connection_termination.enabled": "true",
                }
            )

    def modify_target_group_attributes(
        self: models.ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]
    ) -> None:
        found = self.target_groups.get(target_group_arn)
        if found is not None:
            merged = {**found.attributes, **attributes}
            if merged.get("stickiness.enabled") == "true" and merged.get("stickiness.type") == "app_cookie":
                raise NotImplementedError("application cookies")
        modify(self, target_group_arn, attributes)

    replace(models.FakeTargetGroup, "__init__", initialize_with_defaults)
    replace(models.ELBv2Backend, "modify_target_group_attributes", modify_target_group_attributes)


@patch
def load_balancers_of_a_group(_settings: Settings) -> None:
    """Describe the load balancers that forward to a target group now, at most one.

    AWS: LoadBalancerArns holds those that route to it; "you can use each target group with only one load balancer"
    (TargetGroupAssociationLimit), whose type its protocol must fit (IncompatibleProtocols; API reference,
    TargetGroup, CreateListener). Moto: keeps the ARN for ever, and takes any group.
    """
    validate = models.ELBv2Backend._validate_actions
    create_listener = models.ELBv2Backend.create_listener
    create_rule = models.ELBv2Backend.create_rule

    def load_balancer_arns(self: Group) -> list[str]:
        backend = balancing.elbv2(self.region_name)
        return [balancer.arn for balancer in balancing.users_of(backend, self.arn)]

    def check(self: models.ELBv2Backend, balancer_arn: str, actions: list[dict[str, Any]]) -> None:
        validate(self, [models.FakeAction(dict(action)) for action in actions])
        balancer = self.load_balancers.get(balancer_arn)
        for action in actions if balancer is not None else ():
            assert balancer is not None
            for group_arn, _ in balancing.groups_of(action):
                fitting = HTTP_PROTOCOLS if balancer.type == balancing.APPLICATION else TCP_PROTOCOLS
                if self.target_groups[group_arn].protocol not in fitting:
                    raise ELBClientError(
                        "IncompatibleProtocols", "The specified configuration is not valid with this protocol."
                    )
                if any(user.arn != balancer_arn for user in balancing.users_of(self, group_arn)):
                    raise ELBClientError(
                        "TargetGroupAssociationLimit",
                        f"The following target groups cannot be associated with more than one load balancer: "
                        f"{group_arn}",
                    )

    def checked_create_listener(
        self: models.ELBv2Backend, load_balancer_arn: str, *args: Any, **kwargs: Any
    ) -> models.FakeListener:
        actions = kwargs["actions"] if "actions" in kwargs else args[4]
        check(self, load_balancer_arn, actions)
        return create_listener(self, load_balancer_arn, *args, **kwargs)

    def checked_create_rule(
        self: models.ELBv2Backend, listener_arn: str, *args: Any, **kwargs: Any
    ) -> models.FakeListenerRule:
        actions = kwargs["actions"] if "actions" in kwargs else args[2]
        check(self, self.describe_listeners(None, [listener_arn])[0].load_balancer_arn, actions)
        return create_rule(self, listener_arn, *args, **kwargs)

    # Moto appends to the list that it finds: to the answer, which is thrown away.
    add(models.FakeTargetGroup, "load_balancer_arns", property(load_balancer_arns, lambda _self, _value: None))
    replace(models.ELBv2Backend, "create_listener", checked_create_listener)
    replace(models.ELBv2Backend, "create_rule", checked_create_rule)


def _key(target: dict[str, Any]) -> str:
    return f"{target['Id']}:{target['Port']}"


def _check_target(group: Group, target: dict[str, Any]) -> None:
    """Refuse a target that AWS refuses (API reference, RegisterTargets, InvalidTarget)."""
    target_id = target["Id"]
    if group.target_type == "instance":
        instance = group.ec2_backend.get_instance_by_id(target_id)
        if instance is None or instance.vpc_id != group.vpc_id:
            raise ELBClientError(
                "InvalidTarget",
                f"The following targets are not in the VPC '{group.vpc_id}' of the target group: '{target_id}'",
            )
        if instance.state != "running":
            raise TargetNotRunning(instance_id=target_id)
        return
    try:
        address = ipaddress.ip_address(target_id)
    except ValueError:
        raise ELBClientError("ValidationError", f"The IP address '{target_id}' is not a valid IPv4 address") from None
    network = ipaddress.ip_network(group.ec2_backend.get_vpc(group.vpc_id).cidr_block)
    if address not in network:
        if not any(address in private for private in PRIVATE_NETWORKS):
            raise ELBClientError("ValidationError", f"The IP address '{target_id}' is not within the VPC")
        if target.get("AvailabilityZone") != "all":
            raise ELBClientError(
                "ValidationError",
                f"You must specify an Availability Zone for the IP address '{target_id}', as it is outside the VPC",
            )


@patch
def registration(_settings: Settings) -> None:
    """Register targets by id and port.

    AWS: "You can register each EC2 instance or IP address with the same target group multiple times using different
    ports"; an instance must run and lie in the group's network; registering a registered target changes nothing (API
    reference, RegisterTargets). Moto: one port per id; any id at all; refuses to register a stopped instance again,
    so that an Auto Scaling group with one cannot change.
    """

    def register(self: Group, targets: list[dict[str, Any]]) -> None:
        entries: list[dict[str, Any]] = []
        for target in targets:
            entry: dict[str, Any] = {"Id": target["Id"], "Port": int(target.get("Port") or self.port)}
            if "AvailabilityZone" in target:
                entry["AvailabilityZone"] = target["AvailabilityZone"]
            if _key(entry) not in self.targets:
                _check_target(self, entry)
                entries.append({**entry, "Registered": balancing.now()})
        for entry in entries:
            self.targets[_key(entry)] = entry
            self.deregistered_targets.pop(_key(entry), None)

    replace(models.FakeTargetGroup, "register", register)


@patch
def deregistration(_settings: Settings) -> None:
    """Drain targets that are deregistered, or whose instances were terminated, for the deregistration delay.

    AWS: "draining" until deregistration_delay.timeout_seconds have passed, then "unused"; a target group without a
    load balancer has nothing to drain; a target that does not exist is fine (API reference, DeregisterTargets; ALB
    guide, "Deregistration delay"). Moto: deregistered ones unused at once, terminated ones draining for ever, unknown
    ones an error.
    """

    def drain(self: Group, keys: list[str]) -> None:
        in_use = balancing.users_of(balancing.elbv2(self.region_name), self.arn)
        delay = float(str(self.attributes["deregistration_delay.timeout_seconds"])) if in_use else 0.0
        for key in keys:
            self.deregistered_targets[key] = {**self.targets.pop(key), "Until": balancing.now() + delay}

    def deregister(self: Group, targets: list[dict[str, Any]]) -> None:
        for target in targets:
            drain(
                self,
                [
                    key
                    for key, entry in self.targets.items()
                    # Without a port: all of them.
                    if entry["Id"] == target["Id"] and int(target.get("Port") or entry["Port"]) == int(entry["Port"])
                ],
            )

    def deregister_terminated_instances(self: Group, instance_ids: list[str]) -> None:
        drain(self, [key for key, entry in self.targets.items() if entry["Id"] in instance_ids])

    replace(models.FakeTargetGroup, "deregister", deregister)
    replace(models.FakeTargetGroup, "deregister_terminated_instances", deregister_terminated_instances)


def _draining(group: Group) -> list[dict[str, Any]]:
    return [entry for entry in group.deregistered_targets.values() if entry.get("Until", 0.0) > balancing.now()]


def _health(backend: models.ELBv2Backend, group: Group, entry: dict[str, Any]) -> Health:
    users = balancing.users_of(backend, group.arn)
    zone = balancing.zone_of(group, entry["Id"])
    check = balancing.check_id(group.arn, entry["Id"], int(entry["Port"]), float(entry.get("Registered", 0.0)))
    return health_of(
        used=bool(users),
        zone_enabled=zone is None or any(zone in balancing.enabled_zones(user) for user in users),
        instance_state=balancing.instance_state(group, entry["Id"]),
        reports=balancing.reports_of(check),
    )


@patch
def health(_settings: Settings) -> None:
    """Describe targets' health as the load balancer's nodes see it.

    AWS: states, reasons and descriptions as target_health has them; draining targets are listed, too; HealthCheckPort
    is a number (API reference, DescribeTargetHealth). Moto: every target is healthy unless its instance is stopped.
    """

    def describe_target_health(self: ELBV2Response) -> ActionResult:
        backend = self.elbv2_backend
        group = backend.target_groups.get(self._get_param("TargetGroupArn"))
        if group is None:
            raise TargetGroupNotFoundError()
        registered = list(group.targets.values())
        draining = _draining(group)
        described: list[tuple[dict[str, Any], Health]] = []
        asked = self._get_param("Targets", [])
        if not asked:
            described = [(entry, _health(backend, group, entry)) for entry in registered]
            described += [(entry, target_health.DRAINING) for entry in draining]
        for target in asked:
            port = int(target.get("Port") or group.port)
            wanted = {"Id": target["Id"], "Port": port}
            found = next((entry for entry in registered if _matches(entry, target)), None)
            leaving = next((entry for entry in draining if _matches(entry, target)), None)
            if found is not None:
                described.append((found, _health(backend, group, found)))
            elif leaving is not None:
                described.append((leaving, target_health.DRAINING))
            else:
                described.append((wanted, target_health.NOT_REGISTERED))
        return ActionResult(
            {"TargetHealthDescriptions": [_description(group, entry, found) for entry, found in described]}
        )

    replace(ELBV2Response, "describe_target_health", describe_target_health)


def _matches(entry: dict[str, Any], target: dict[str, Any]) -> bool:
    return entry["Id"] == target["Id"] and int(target.get("Port") or entry["Port"]) == int(entry["Port"])


def _description(group: Group, entry: dict[str, Any], found: Health) -> dict[str, Any]:
    port = group.health_check_port
    target = {key: entry[key] for key in ("Id", "Port", "AvailabilityZone") if key in entry}
    return {
        "Target": {**target, "Port": int(target["Port"])},
        "HealthCheckPort": str(target["Port"]) if port in (None, "traffic-port") else str(port),
        "TargetHealth": found.described(),
    }
