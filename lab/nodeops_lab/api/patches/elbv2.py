# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic Load Balancing: load balancers, listeners and rules."""

from __future__ import annotations

import ipaddress
import json
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.acm.models import acm_backends
from moto.elbv2 import models
from moto.elbv2.exceptions import DuplicateListenerError, ELBClientError, SubnetNotFoundError
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from .. import balancing
from ._registry import patch, replace

if TYPE_CHECKING:
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    from ..settings import Settings

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
COMMON_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "ipv6.deny_all_igw_traffic": "false",
    "zonal_shift.config.enabled": "false",
}
APPLICATION_ATTRIBUTES = {
    **COMMON_ATTRIBUTES,
    "idle_timeout.timeout_seconds": "60",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http2.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "waf.fail_open.enabled": "false",
}
NETWORK_ATTRIBUTES = {
    **COMMON_ATTRIBUTES,
    "dns_record.client_routing_policy": "any_availability_zone",
    "load_balancing.cross_zone.enabled": "false",
}
ATTRIBUTES = {balancing.APPLICATION: APPLICATION_ATTRIBUTES, balancing.NETWORK: NETWORK_ATTRIBUTES}
NUMBERS = {"idle_timeout.timeout_seconds": (1, 4000), "client_keep_alive.seconds": (60, 604800)}

SECURE_PROTOCOLS = ("HTTPS", "TLS")
EMULATED_PROTOCOLS = {balancing.APPLICATION: ("HTTP", "HTTPS"), balancing.NETWORK: ("TCP", "TLS")}
EMULATED_ACTIONS = ("forward", "redirect", "fixed-response")
LARGEST_PRIORITY = 50000


@patch
def attributes(_settings: Settings) -> None:
    """Give a load balancer the attributes of its type, with their defaults, and no others.

    AWS: DescribeLoadBalancerAttributes lists all attributes of the type; an unknown one and a value out of range are
    refused (API reference, LoadBalancerAttribute). Moto: lists only those that were set, so amazon.aws's
    elb_application_lb ends in a KeyError on ``routing_http_drop_invalid_header_fields_enabled``; takes any value.
    """
    initialize = models.FakeLoadBalancer.__init__
    modify = models.ELBv2Backend.modify_load_balancer_attributes

    def initialize_with_defaults(self: models.FakeLoadBalancer, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        self.attrs = dict(ATTRIBUTES.get(self.type, self.attrs))

    def modify_load_balancer_attributes(self: models.ELBv2Backend, arn: str, attrs: dict[str, Any]) -> dict[str, Any]:
        found = self.load_balancers.get(arn)
        known = ATTRIBUTES.get(found.type, {}) if found else {}
        for key, value in attrs.items() if found else ():
            if key not in known:
                raise ELBClientError(
                    "InvalidConfigurationRequest", f"Load balancer attribute key '{key}' is not recognized"
                )
            if key in NUMBERS:
                low, high = NUMBERS[key]
                if not str(value).isdigit() or not low <= int(value) <= high:
                    raise ELBClientError(
                        "ValidationError", f"'{key}' value '{value}' must be between '{low}-{high}' inclusive"
                    )
            elif known[key] in ("true", "false") and value not in ("true", "false"):
                raise ELBClientError("ValidationError", f"'{key}' value '{value}' must be one of [true, false]")
        return modify(self, arn, attrs)

    replace(models.FakeLoadBalancer, "__init__", initialize_with_defaults)
    replace(models.ELBv2Backend, "modify_load_balancer_attributes", modify_load_balancer_attributes)


def _check_zones(zones: list[str], kind: str) -> None:
    if len(set(zones)) < len(zones):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if kind == balancing.APPLICATION and len(zones) < 2:
        raise ELBClientError(
            "ValidationError", "At least two subnets in two different Availability Zones must be specified"
        )


@patch
def creation(settings: Settings) -> None:
    """Create load balancers as AWS does: checked, named, once.

    AWS: an ALB needs subnets in two zones, none may have two in one zone; an internet-facing one needs an internet
    gateway; the scheme is internet-facing unless given; an ALB without groups has the network's default one; a second
    call with the same settings returns the first's load balancer, with others it is DuplicateLoadBalancerName (API
    reference, CreateLoadBalancer). The DNS name is NAME-NUMBER.REGION.elb.amazonaws.com, with "internal-" before that
    of an internal ALB, NAME-ID.elb.REGION.amazonaws.com of an NLB. Moto: checks none of it, describes no scheme, and
    gives every load balancer of a name the same DNS name. Gateway Load Balancers and IPv6: not emulated, 501.
    """
    original = models.ELBv2Backend.create_load_balancer

    def create_load_balancer(
        self: models.ELBv2Backend,
        name: str,
        security_groups: list[str],
        subnet_ids: list[str],
        subnet_mappings: list[dict[str, str]] | None = None,
        scheme: str | None = None,
        loadbalancer_type: str | None = None,
        **others: Any,
    ) -> models.FakeLoadBalancer:
        kind = loadbalancer_type or balancing.APPLICATION
        if kind not in EMULATED_PROTOCOLS:
            raise NotImplementedError(f"load balancers of type {kind}")
        if others.get("ip_address_type", "ipv4") != "ipv4":
            raise NotImplementedError("load balancers with IPv6")
        scheme = scheme or "internet-facing"
        chosen = [*subnet_ids, *(mapping["SubnetId"] for mapping in subnet_mappings or [])]
        known = {subnet.id: subnet for subnet in self.ec2_backend.describe_subnets()}
        if not set(chosen) <= known.keys():
            raise SubnetNotFoundError()
        _check_zones([str(known[subnet_id].availability_zone) for subnet_id in chosen], kind)
        vpc_id = known[chosen[0]].vpc_id if chosen else None
        if scheme == "internet-facing" and not any(
            gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.ec2_backend.internet_gateways.values()
        ):
            raise ELBClientError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
        for group_id in security_groups:
            if self.ec2_backend.get_security_group_from_id(group_id) is None:
                raise ELBClientError("InvalidSecurityGroup", f"The security group '{group_id}' does not exist")
        if not security_groups and kind == balancing.APPLICATION and vpc_id:
            default = self.ec2_backend.get_default_security_group(vpc_id)
            security_groups = [default.id] if default else []
        for found in self.load_balancers.values():
            if found.name == name:
                settings_of = (found.type, found.scheme, set(found.security_groups), {s.id for s in found.subnets})
                if settings_of == (kind, scheme, set(security_groups), set(chosen)):
                    return found
                raise ELBClientError(
                    "DuplicateLoadBalancerName",
                    f"A load balancer with the same name '{name}' exists, but with different settings",
                )
        made = original(
            self, name, security_groups, subnet_ids, subnet_mappings, scheme=scheme, loadbalancer_type=kind, **others
        )
        identifier = made.arn.rpartition("/")[2]
        if kind == balancing.NETWORK:
            self.load_balancers.pop(made.arn)
            self.tagging_service.delete_all_tags_for_resource(made.arn)
            made.arn = made.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            self.load_balancers[made.arn] = made
            self.tagging_service.tag_resource(made.arn, others.get("tags"))
            made.dns_name = f"{name}-{identifier}.elb.{self.region_name}.amazonaws.com"
        else:
            number = zlib.crc32(identifier.encode())
            prefix = "internal-" if scheme == "internal" else ""
            made.dns_name = f"{prefix}{name}-{number}.{self.region_name}.elb.amazonaws.com"
        return made

    replace(models.ELBv2Backend, "create_load_balancer", create_load_balancer)


def _interface(
    backend: models.ELBv2Backend, balancer: models.FakeLoadBalancer, subnet_id: str, mapping: dict[str, str]
) -> NetworkInterface:
    """Create a node's interface, with the address that the mapping asks for and a public one if it faces outwards."""
    ec2 = backend.ec2_backend
    subnet = ec2.get_subnet(subnet_id)
    address: Any = mapping.get("PrivateIPv4Address", "")
    allocation_id = mapping.get("AllocationId")
    if allocation_id:
        addresses = [item for item in ec2.describe_addresses() if item.allocation_id == allocation_id]
        if not addresses:
            raise ELBClientError("AllocationIdNotFound", f"The allocation IDs '{allocation_id}' do not exist")
        if addresses[0].association_id:
            raise ELBClientError("ResourceInUse", f"The allocation IDs '{allocation_id}' are not available for use")
    if address and (ipaddress.IPv4Address(address) not in subnet.cidr or address in subnet._subnet_ips):
        raise ELBClientError("ValidationError", f"The address '{address}' is not available in subnet '{subnet_id}'")
    kind = "net" if balancer.type == balancing.NETWORK else "app"
    made = ec2.create_network_interface(
        subnet,
        address,
        group_ids=list(balancer.security_groups or []),
        description=f"ELB {kind}/{balancer.name}/{balancer.arn.rpartition('/')[2]}",
        public_ip_auto_assign=balancer.scheme == "internet-facing" and not allocation_id,
    )
    if address:
        subnet._subnet_ips[address] = made  # type: ignore[assignment]
    if not balancer.security_groups:
        made._group_set = []
    made.requester_managed = True
    made.requester_id = "amazon-elb"
    made.status = "in-use"
    if kind == "net":
        made.interface_type = "network_load_balancer"
    if allocation_id:
        ec2.associate_address(eni=made, allocation_id=allocation_id)
    return made


def _release(backend: models.ELBv2Backend, interface: NetworkInterface) -> None:
    ec2 = backend.ec2_backend
    for elastic in ec2.describe_addresses():
        if elastic.eni is interface:
            ec2.disassociate_address(address=elastic.public_ip)
    ec2.delete_network_interface(interface.id)


def _follow_subnets(
    backend: models.ELBv2Backend, balancer: models.FakeLoadBalancer, mappings: Iterable[dict[str, str]]
) -> None:
    nodes = balancing.interfaces.setdefault(balancer, {})
    by_subnet = {mapping["SubnetId"]: mapping for mapping in mappings}
    wanted = [subnet.id for subnet in balancer.subnets]
    for subnet_id in [subnet_id for subnet_id in nodes if subnet_id not in wanted]:
        _release(backend, nodes.pop(subnet_id))
    for subnet_id in wanted:
        if subnet_id not in nodes:
            nodes[subnet_id] = _interface(backend, balancer, subnet_id, by_subnet.get(subnet_id, {}))


@patch
def node_interfaces(_settings: Settings) -> None:
    """Give a load balancer an interface in each of its subnets, with a public address if it is internet-facing.

    AWS: one node per zone, seen by DescribeNetworkInterfaces with the description "ELB app/NAME/ID" (or net/) and the
    load balancer's groups; an NLB takes the Elastic IP addresses and the private addresses of its SubnetMappings and
    describes them as LoadBalancerAddresses (API reference, SubnetMapping, LoadBalancerAddress). Moto: no interfaces, no
    addresses.
    """
    create = models.ELBv2Backend.create_load_balancer
    delete = models.ELBv2Backend.delete_load_balancer
    set_subnets = models.ELBv2Backend.set_subnets
    set_groups = models.ELBv2Backend.set_security_groups

    def create_load_balancer(self: models.ELBv2Backend, *args: Any, **kwargs: Any) -> models.FakeLoadBalancer:
        made = create(self, *args, **kwargs)
        if made not in balancing.interfaces:
            try:
                _follow_subnets(self, made, kwargs.get("subnet_mappings") or [])
            except Exception:
                delete_load_balancer(self, made.arn)
                raise
        return made

    def delete_load_balancer(self: models.ELBv2Backend, arn: str) -> None:
        found = self.load_balancers.get(arn)
        delete(self, arn)
        for interface in balancing.interfaces.pop(found, {}).values() if found else ():
            _release(self, interface)

    def follow_set_subnets(
        self: models.ELBv2Backend, arn: str, subnets: list[str], subnet_mappings: list[dict[str, Any]]
    ) -> list[Any]:
        set_subnets(self, arn, subnets, subnet_mappings)
        _follow_subnets(self, self.load_balancers[arn], subnet_mappings)
        return self.load_balancers[arn].availability_zones

    def set_security_groups(self: models.ELBv2Backend, arn: str, sec_groups: list[str]) -> None:
        set_groups(self, arn, sec_groups)
        for interface in balancing.interfaces.get(self.load_balancers[arn], {}).values():
            interface._group_set = [self.ec2_backend.get_security_group_from_id(item) for item in sec_groups]

    def availability_zones(self: models.FakeLoadBalancer) -> list[dict[str, Any]]:
        described = []
        for subnet in self.subnets:
            entry: dict[str, Any] = {"SubnetId": subnet.id, "ZoneName": subnet.availability_zone}
            interface = balancing.interfaces.get(self, {}).get(subnet.id)
            if interface is not None and self.type == balancing.NETWORK:
                allocation_id = interface.association.get("allocationId")
                if allocation_id:
                    entry["LoadBalancerAddresses"] = [{"IpAddress": interface.public_ip, "AllocationId": allocation_id}]
                elif self.scheme == "internal":
                    entry["LoadBalancerAddresses"] = [{"PrivateIPv4Address": interface.private_ip_address}]
            described.append(entry)
        return described

    replace(models.ELBv2Backend, "create_load_balancer", create_load_balancer)
    replace(models.ELBv2Backend, "delete_load_balancer", delete_load_balancer)
    replace(models.ELBv2Backend, "set_subnets", follow_set_subnets)
    replace(models.ELBv2Backend, "set_security_groups", set_security_groups)
    replace(models.FakeLoadBalancer, "availability_zones", property(availability_zones))


@patch
def state(_settings: Settings) -> None:
    """Call a load balancer active once its nodes answer.

    AWS: provisioning until it is "fully set up and ready to route traffic" (API reference, LoadBalancerState). Moto:
    active at the first look.
    """

    def activate(self: models.FakeLoadBalancer) -> None:
        if self.state == "provisioning" and balancing.answers(self.arn):
            self.state = "active"

    replace(models.FakeLoadBalancer, "activate", activate)


@patch
def deletion_protection(_settings: Settings) -> None:
    """Refuse to delete a protected load balancer.

    AWS: OperationNotPermitted (API reference, DeleteLoadBalancer). Moto: deletes it.
    """
    original = models.ELBv2Backend.delete_load_balancer

    def delete_load_balancer(self: models.ELBv2Backend, arn: str) -> None:
        found = self.load_balancers.get(arn)
        if found is not None and found.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    replace(models.ELBv2Backend, "delete_load_balancer", delete_load_balancer)


def _check_certificates(backend: models.ELBv2Backend, arns: Iterable[str]) -> None:
    certificates = acm_backends[backend.account_id][backend.region_name]._certificates
    for arn in arns:
        if not backend._certificate_exists(arn):
            raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")
        if arn in certificates and certificates[arn].status != "ISSUED":
            # What AWS says of every certificate that cannot serve, also of one that is not validated yet.
            raise ELBClientError(
                "UnsupportedCertificate",
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
                "and a supported key size.",
            )


def _check_secure(backend: models.ELBv2Backend, protocol: str, policy: str | None, arns: list[str]) -> None:
    if protocol not in SECURE_PROTOCOLS:
        return
    if not arns:
        raise ELBClientError("ValidationError", f"A certificate must be specified for {protocol} listeners")
    if policy is not None and policy not in SSL_POLICIES:
        raise ELBClientError("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    _check_certificates(backend, arns)


def _check_unused_port(balancer: models.FakeLoadBalancer, port: Any, but: str | None = None) -> None:
    if any(str(other.port) == str(port) and other.arn != but for other in balancer.listeners.values()):
        raise DuplicateListenerError()


@patch
def listeners(_settings: Settings) -> None:
    """Check what a listener is given.

    AWS: a port has one listener (DuplicateListener); HTTPS and TLS need a certificate that exists and is issued
    (CertificateNotFound, UnsupportedCertificate) and a known policy (SSLPolicyNotFound); HTTP and TCP have no policy
    (API reference, CreateListener, ModifyListener, AddListenerCertificates). Moto: checks none of these at creation,
    takes any certificate, and gives every listener a policy. UDP listeners: not emulated, 501.
    """
    create = models.ELBv2Backend.create_listener
    modify = models.ELBv2Backend.modify_listener
    add_certificates = models.ELBv2Backend.add_listener_certificates
    respond = ELBV2Response.create_listener

    def create_listener(
        self: models.ELBv2Backend,
        load_balancer_arn: str,
        protocol: str,
        port: str,
        ssl_policy: str | None,
        certificate: str | None,
        actions: list[dict[str, Any]],
        *args: Any,
        **kwargs: Any,
    ) -> models.FakeListener:
        balancer = self.load_balancers.get(load_balancer_arn)
        if balancer is not None and protocol:
            _check_unused_port(balancer, port)
            self._validate_port_and_protocol(balancer.type, port, protocol)
            if protocol not in EMULATED_PROTOCOLS[balancer.type]:
                raise NotImplementedError(f"{protocol} listeners")
            _check_secure(self, protocol, ssl_policy, [certificate] if certificate else [])
        policy: Any = ssl_policy if protocol in SECURE_PROTOCOLS else None
        return create(self, load_balancer_arn, protocol, port, policy, certificate, actions, *args, **kwargs)

    def modify_listener(
        self: models.ELBv2Backend,
        arn: str,
        port: str | None = None,
        protocol: str | None = None,
        ssl_policy: str | None = None,
        certificates: list[dict[str, Any]] | None = None,
        actions: list[dict[str, Any]] | None = None,
    ) -> models.FakeListener:
        found = self.describe_listeners(None, [arn])[0]
        balancer = self.load_balancers[found.load_balancer_arn]
        if port is not None:
            _check_unused_port(balancer, port, but=arn)
        kept = [item["CertificateArn"] for item in certificates or []] or list(found.certificates)
        becomes = protocol or found.protocol
        if becomes not in EMULATED_PROTOCOLS[balancer.type]:
            raise NotImplementedError(f"{becomes} listeners")
        _check_secure(self, becomes, ssl_policy, kept)
        self._validate_actions([models.FakeAction(dict(action)) for action in actions or []])
        if certificates:
            # The certificates that were added for other names stay (ModifyListener replaces the default one).
            kept += [item for item in found.certificates[1:] if item not in kept]
        # Moto knows HTTP, HTTPS and TCP only.
        found.protocol = becomes
        modified = modify(self, arn, port, None, ssl_policy, certificates or [], actions or [])
        if becomes in SECURE_PROTOCOLS:
            modified.certificates, modified.certificate = kept, kept[0]
            modified.ssl_policy = ssl_policy or modified.ssl_policy or "ELBSecurityPolicy-2016-08"
        else:
            modified.certificates, modified.certificate = [], None
            modified.ssl_policy = None  # type: ignore[assignment]
        return modified

    def add_listener_certificates(self: models.ELBv2Backend, arn: str, certificates: list[dict[str, Any]]) -> list[str]:
        _check_certificates(self, [item["CertificateArn"] for item in certificates])
        present = self.describe_listeners(None, [arn])[0].certificates
        return add_certificates(self, arn, [item for item in certificates if item["CertificateArn"] not in present])

    def answer(self: ELBV2Response) -> Any:
        if self._get_params().get("MutualAuthentication", {}).get("Mode", "off") != "off":
            raise NotImplementedError("mutual authentication")
        return respond(self)

    replace(models.ELBv2Backend, "create_listener", create_listener)
    replace(models.ELBv2Backend, "modify_listener", modify_listener)
    replace(models.ELBv2Backend, "add_listener_certificates", add_listener_certificates)
    replace(ELBV2Response, "create_listener", answer)


@patch
def rules_by_priority(_settings: Settings) -> None:
    """Describe a listener's rules in the order of their priorities.

    AWS: "Rules are evaluated in priority order, from the lowest value to the highest value. The default rule is
    evaluated last" (ALB guide, "Listener rules"); priorities go from 1 to 50000. Moto: the order of creation.
    """
    original = vars(models.FakeListener)["rules"].fget
    create = models.ELBv2Backend.create_rule

    def rules(self: models.FakeListener) -> dict[Any, Any]:
        found = sorted(
            original(self).items(),
            key=lambda item: LARGEST_PRIORITY + 1 if item[1].priority == "default" else int(item[1].priority),
        )
        return dict(found)

    def create_rule(
        self: models.ELBv2Backend,
        listener_arn: str,
        conditions: list[dict[str, Any]],
        priority: int,
        *args: Any,
        **kwargs: Any,
    ) -> models.FakeListenerRule:
        if not 1 <= int(priority) <= LARGEST_PRIORITY:
            raise ELBClientError(
                "ValidationError", f"Priority '{priority}' must be between '1-{LARGEST_PRIORITY}' inclusive"
            )
        return create(self, listener_arn, conditions, int(priority), *args, **kwargs)

    replace(models.FakeListener, "rules", property(rules))
    replace(models.ELBv2Backend, "create_rule", create_rule)


@patch
def actions_and_conditions(_settings: Settings) -> None:
    """Refuse actions and conditions that no proxy of the lab carries out.

    AWS: also authenticates users, matches by regular expressions and sticks clients to one of several target groups.
    Moto: takes them all and does nothing. The lab: 501, so that nobody takes silence for success.
    """
    validate_actions = models.ELBv2Backend._validate_actions
    validate_conditions = models.ELBv2Backend._validate_conditions

    def _validate_actions(self: models.ELBv2Backend, actions: list[models.FakeAction]) -> None:
        validate_actions(self, actions)
        for action in actions:
            if action.type not in EMULATED_ACTIONS:
                raise NotImplementedError(f"actions of type {action.type}")
            forward = action.data.get("ForwardConfig", {})
            stickiness = forward.get("TargetGroupStickinessConfig", {})
            if len(forward.get("TargetGroups", [])) > 1 and str(stickiness.get("Enabled")).lower() == "true":
                raise NotImplementedError("stickiness among target groups")

    def _validate_conditions(self: models.ELBv2Backend, conditions: list[dict[str, Any]]) -> None:
        validate_conditions(self, conditions)
        if "RegexValues" in json.dumps(conditions):
            raise NotImplementedError("conditions with regular expressions")

    replace(models.ELBv2Backend, "_validate_actions", _validate_actions)
    replace(models.ELBv2Backend, "_validate_conditions", _validate_conditions)
