# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: interface endpoints of a VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import vpcs
from moto.ec2.responses import vpcs as responses

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def interface_endpoints(_settings: Settings) -> None:
    """Let interface endpoints be changed and go as on AWS.

    AWS: their interfaces are in the endpoint's security groups and subnets, whatever is changed; a deleted one is not
    told of any more and its addresses are free; a second one with private names for the same service in a VPC is
    InvalidParameter, one in a VPC without DNS attributes too (PrivateLink guide, "Access an AWS service using an
    interface VPC endpoint"; API reference, ModifyVpcEndpoint). Moto: keeps the interfaces of the creation, without
    groups; goes on telling of deleted endpoints; takes any number of the same; knows nothing of PrivateDnsEnabled in a
    change.
    """
    create = vpcs.VPCBackend.create_vpc_endpoint
    modify = vpcs.VPCBackend.modify_vpc_endpoint
    respond = responses.VPCs.modify_vpc_endpoint
    delete = vpcs.VPCBackend.delete_vpc_endpoints

    def is_interface(endpoint: vpcs.VPCEndPoint) -> bool:
        return str(endpoint.vpc_endpoint_type).lower() == "interface"

    def claim_names(backend: Any, vpc_id: str, service: str, but: str | None = None) -> None:
        vpc = backend.get_vpc(vpc_id)
        if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            raise EC2ClientError(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"for {vpc_id}",
            )
        for other in backend.vpc_end_points.values():
            same = (other.vpc_id, other.service_name) == (vpc_id, service) and is_interface(other)
            if same and other.private_dns_enabled and other.id != but:
                domain = ".".join(reversed(service.split(".")[2:])) + ".amazonaws.com"
                raise EC2ClientError(
                    "InvalidParameter",
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                    f"{domain} in the VPC {vpc_id}",
                )

    def lay(backend: Any, endpoint: vpcs.VPCEndPoint) -> None:
        """Make the interfaces those of the endpoint's subnets and groups."""
        groups = [backend.get_security_group_from_id(identifier) for identifier in endpoint.security_group_ids]
        laid = {backend.enis[identifier].subnet.id: identifier for identifier in endpoint.network_interface_ids}
        wanted = list(endpoint.subnet_ids or [])
        for subnet_id, identifier in laid.items():
            if subnet_id not in wanted:
                backend.delete_network_interface(identifier)
        for subnet_id in wanted:
            if subnet_id not in laid:
                laid[subnet_id] = backend.create_network_interface(subnet_id, "").id
        endpoint.network_interface_ids = [laid[subnet_id] for subnet_id in wanted]
        for identifier in endpoint.network_interface_ids:
            backend.enis[identifier]._group_set = list(groups)
            backend.enis[identifier].description = f"VPC Endpoint Interface {endpoint.id}"

    def create_laid(self: Any, *args: Any, **kwargs: Any) -> vpcs.VPCEndPoint:
        if str(kwargs.get("endpoint_type")).lower() == "interface" and kwargs.get("private_dns_enabled"):
            claim_names(self, kwargs["vpc_id"], kwargs["service_name"])
        endpoint = create(self, *args, **kwargs)
        if is_interface(endpoint):
            lay(self, endpoint)
        return endpoint

    def modify_laid(self: Any, *args: Any, **kwargs: Any) -> None:
        modify(self, *args, **kwargs)
        endpoint = self.describe_vpc_endpoints(vpc_end_point_ids=[kwargs["vpc_id"]])[0]
        if is_interface(endpoint):
            lay(self, endpoint)

    def respond_with_names(self: Any) -> Any:
        wanted = self._get_bool_param("PrivateDnsEnabled")
        if wanted is not None:
            endpoint = self.ec2_backend.describe_vpc_endpoints([self._get_param("VpcEndpointId")])[0]
            if wanted:
                claim_names(self.ec2_backend, endpoint.vpc_id, endpoint.service_name, but=endpoint.id)
            endpoint.private_dns_enabled = wanted
        return respond(self)

    def delete_whole(self: Any, vpce_ids: list[str] | None = None) -> None:
        for identifier in vpce_ids or []:
            endpoint = self.vpc_end_points.get(identifier)
            if endpoint is not None and is_interface(endpoint):
                for interface in endpoint.network_interface_ids:
                    self.delete_network_interface(interface)
                endpoint.network_interface_ids = []
        delete(self, vpce_ids)
        for identifier in vpce_ids or []:
            self.vpc_end_points.pop(identifier, None)

    replace(vpcs.VPCBackend, "create_vpc_endpoint", create_laid)
    replace(vpcs.VPCBackend, "modify_vpc_endpoint", modify_laid)
    replace(vpcs.VPCBackend, "delete_vpc_endpoints", delete_whole)
    replace(responses.VPCs, "modify_vpc_endpoint", respond_with_names)
