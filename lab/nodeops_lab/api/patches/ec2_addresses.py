# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: private, public and Elastic IP addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import (
    ec2_backends,
    elastic_ip_addresses,
    elastic_network_interfaces,
    nat_gateways,
    subnets,
    vpcs,
)
from moto.ec2.utils import generic_filter

from .. import machine
from ..addresses import RESERVED_AT_START, AddressRing, NoFreeAddressError
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


def _public_address_taken(address: str) -> bool:
    return any(
        any(elastic.public_ip == address for elastic in backend.addresses)
        or any(interface.public_ip == address for interface in backend.enis.values())
        for regions in ec2_backends.values()
        for backend in regions.values()
    )


@patch
def public_addresses(settings: Settings) -> None:
    """Take public and Elastic IP addresses from the lab's block, each once.

    AWS: no two interfaces have the same public address. Moto: random addresses of 54.214.0.0/16 and of all
    127.0.0.0/8, with nothing to prevent a duplicate and no host behind them.
    """
    ring = AddressRing(settings.public_cidr, skip_first=RESERVED_AT_START)

    def take() -> str:
        try:
            return ring.take(_public_address_taken)
        except NoFreeAddressError as error:
            raise EC2ClientError("AddressLimitExceeded", str(error)) from error

    replace(elastic_ip_addresses, "random_ip", take)
    replace(elastic_network_interfaces, "random_public_ip", take)


@patch
def kept_elastic_address(_settings: Settings) -> None:
    """Keep an instance's Elastic IP address while it is stopped and started.

    AWS: "an Elastic IP address remains associated with your instance" when it stops, an address assigned at launch is
    released and another comes with the start (EC2 user guide, "How instance stop and start works", "Public IPv4
    addresses"). Moto: replaces either by a new one.
    """
    stop, start = (
        elastic_network_interfaces.NetworkInterface.stop,
        elastic_network_interfaces.NetworkInterface.start,
    )

    def has_elastic_address(interface: elastic_network_interfaces.NetworkInterface) -> bool:
        return any(elastic.eni is interface for elastic in interface.ec2_backend.addresses)

    def stop_unless_elastic(self: elastic_network_interfaces.NetworkInterface) -> None:
        if not has_elastic_address(self):
            stop(self)

    def start_unless_elastic(self: elastic_network_interfaces.NetworkInterface) -> None:
        if not has_elastic_address(self):
            start(self)

    replace(elastic_network_interfaces.NetworkInterface, "stop", stop_unless_elastic)
    replace(elastic_network_interfaces.NetworkInterface, "start", start_unless_elastic)


@patch
def subnet_addresses(_settings: Settings) -> None:
    """Take a subnet's addresses in turn.

    AWS: never the first four addresses nor the last (VPC guide, "Subnet CIDR blocks");
    InsufficientFreeAddressesInSubnet when there is none (EC2 error codes). Moto: reuses a released address at
    once, while a host may still answer there, and lets a StopIteration escape when there is none.
    """
    rings: WeakKeyDictionary[subnets.Subnet, AddressRing] = WeakKeyDictionary()

    def get_available_subnet_ip(self: subnets.Subnet, instance: Any) -> str:
        if self not in rings:
            rings[self] = AddressRing(str(self.cidr), skip_first=RESERVED_AT_START)
        reserved = {str(address) for address in self._reserved_ips}
        try:
            address = rings[self].take(lambda candidate: candidate in self._subnet_ips or candidate in reserved)
        except NoFreeAddressError as error:
            raise EC2ClientError(
                "InsufficientFreeAddressesInSubnet",
                f"The specified subnet {self.id} does not have enough free addresses to satisfy the request.",
            ) from error
        self._subnet_ips[address] = instance
        return address

    replace(subnets.Subnet, "get_available_subnet_ip", get_available_subnet_ip)


@patch
def interface_addresses(_settings: Settings) -> None:
    """Give every interface that is created without an address a free one of its subnet, and hold it.

    AWS: "If you don't specify one, Amazon EC2 selects one for you from the subnet's range" (API reference,
    CreateNetworkInterface). Moto: random bits over the whole block, so also reserved or taken addresses.
    """
    initialize = elastic_network_interfaces.NetworkInterface.__init__
    delete = elastic_network_interfaces.NetworkInterfaceBackend.delete_network_interface

    def initialize_with_address(
        self: elastic_network_interfaces.NetworkInterface,
        ec2_backend: Any,
        subnet: Any,
        private_ip_address: Any,
        private_ip_addresses: Any = None,
        **kwargs: Any,
    ) -> None:
        if not private_ip_address and not private_ip_addresses:
            place = ec2_backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
            private_ip_address = place.get_available_subnet_ip(self)
        initialize(self, ec2_backend, subnet, private_ip_address, private_ip_addresses, **kwargs)

    def delete_and_release(self: elastic_network_interfaces.NetworkInterfaceBackend, eni_id: str) -> None:
        interface = self.get_network_interface(eni_id)
        delete(self, eni_id)
        for address in interface.private_ip_addresses:
            interface.subnet.del_subnet_ip(address["PrivateIpAddress"])

    replace(elastic_network_interfaces.NetworkInterface, "__init__", initialize_with_address)
    replace(elastic_network_interfaces.NetworkInterfaceBackend, "delete_network_interface", delete_and_release)


@patch
def nat_gateway_address(_settings: Settings) -> None:
    """Give a NAT gateway a private address of its subnet, and let it be pending where somebody follows gateways.

    AWS: a NAT gateway's interface lies in its subnet (VPC guide, "NAT gateways"), and it is pending at first (API
    reference, NatGateway). Moto: any address of 10.0.0.0/8; available at once.
    """
    initialize = nat_gateways.NatGateway.__init__

    def initialize_in_subnet(self: nat_gateways.NatGateway, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        self.private_ip = self._eni.private_ip_address
        if machine.gateways_followed():
            self.state = "pending"

    # Moto passes this function's answer to the interface; without an address the interface takes one.
    replace(nat_gateways, "random_private_ip", lambda: "")
    replace(nat_gateways.NatGateway, "__init__", initialize_in_subnet)


@patch
def endpoint_addresses(_settings: Settings) -> None:
    """Give an interface endpoint private addresses of its subnets.

    AWS: one interface in each subnet, with an address of it (PrivateLink guide, "Interface endpoints"). Moto: any
    addresses of 10.0.0.0/8.
    """
    # Moto passes this function's answer to the interface; without an address the interface takes one.
    replace(vpcs, "random_private_ip", lambda: "")


@patch
def nat_gateway_gone(_settings: Settings) -> None:
    """Give back what a NAT gateway held when it is deleted.

    AWS: "Deleting a public NAT gateway disassociates its Elastic IP address, but does not release the address from your
    account" (VPC guide, "Delete a NAT gateway"), and its network interface goes with it. Moto: keeps both, so that the
    subnet is never empty.
    """
    original = nat_gateways.NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> nat_gateways.NatGateway:
        gateway = original(self, nat_gateway_id)
        interface = gateway._eni
        for elastic in self.addresses:
            if elastic.eni is interface:
                elastic.eni, elastic.association_id = None, None
        self.enis.pop(interface.id, None)
        return gateway

    replace(nat_gateways.NatGatewayBackend, "delete_nat_gateway", delete_nat_gateway)


@patch
def nat_gateway_filters(_settings: Settings) -> None:
    """Find NAT gateways by their tags.

    AWS: filters tag:KEY and tag-key (API reference, DescribeNatGateways). Moto: takes no notice of them, and answers
    with those of everybody.
    """
    original = nat_gateways.NatGatewayBackend.describe_nat_gateways

    def describe_nat_gateways(
        self: Any, filters: dict[str, Any] | None, nat_gateway_ids: list[str] | None
    ) -> list[nat_gateways.NatGateway]:
        by_tag = {name: values for name, values in (filters or {}).items() if name.startswith("tag")}
        return generic_filter(by_tag, original(self, filters, nat_gateway_ids))

    replace(nat_gateways.NatGatewayBackend, "describe_nat_gateways", describe_nat_gateways)
