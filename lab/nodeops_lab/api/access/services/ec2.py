# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 except for launches, which ask for more than any other operation and have a file of their own.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"; EC2 user guide,
"Grant permission to tag Amazon EC2 resources during creation".
"""

from __future__ import annotations

from collections.abc import Iterable

from ...backends import ec2 as ec2_backend
from ..checks import Check, Values, service
from ..request import Call, tags_of
from .ec2_context import context_of, region_key
from .ec2_launch import launch
from .passing import pass_profile, pass_role

# A resource's kind by the beginning of its id.
KINDS = {
    "acl": "network-acl",
    "ami": "image",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
# What each operation is about: "+kind" is made by it, "kind?" only counts if the request names one. Operations that
# are missing here have no permissions for single resources (all that describe have none), or are not known.
TABLE = {
    "AllocateAddress": "+elastic-ip",
    "AssignPrivateIpAddresses": "network-interface",
    "AssociateAddress": "elastic-ip? instance? network-interface?",
    "AssociateDhcpOptions": "dhcp-options vpc",
    "AssociateIamInstanceProfile": "instance",
    "AssociateNatGatewayAddress": "elastic-ip natgateway",
    "AssociateRouteTable": "route-table subnet? internet-gateway?",
    "AssociateSubnetCidrBlock": "subnet",
    "AssociateVpcCidrBlock": "vpc",
    "AttachInternetGateway": "internet-gateway vpc",
    "AttachNetworkInterface": "instance network-interface",
    "AttachVolume": "instance volume",
    "AuthorizeSecurityGroupEgress": "security-group",
    "AuthorizeSecurityGroupIngress": "security-group",
    "CopyImage": "+image snapshot",
    "CopySnapshot": "+snapshot",
    "CreateDhcpOptions": "+dhcp-options",
    "CreateEgressOnlyInternetGateway": "+egress-only-internet-gateway vpc",
    "CreateFlowLogs": "+vpc-flow-log vpc? subnet? network-interface?",
    "CreateImage": "+image instance +snapshot",
    "CreateInternetGateway": "+internet-gateway",
    "CreateKeyPair": "key-pair",
    "CreateLaunchTemplate": "+launch-template",
    "CreateLaunchTemplateVersion": "launch-template",
    "CreateManagedPrefixList": "+prefix-list",
    "CreateNatGateway": "+natgateway subnet elastic-ip?",
    "CreateNetworkAcl": "+network-acl vpc",
    "CreateNetworkAclEntry": "network-acl",
    "CreateNetworkInterface": "+network-interface security-group? subnet",
    "CreateRoute": "route-table",
    "CreateRouteTable": "+route-table vpc",
    "CreateSecurityGroup": "+security-group vpc?",
    "CreateSnapshot": "+snapshot volume",
    "CreateSnapshots": "+snapshot instance volume",
    "CreateSubnet": "+subnet vpc",
    "CreateVolume": "+volume snapshot?",
    "CreateVpc": "+vpc",
    "CreateVpcEndpoint": "+vpc-endpoint vpc route-table? security-group? subnet?",
    "CreateVpcPeeringConnection": "+vpc-peering-connection vpc",
    "DeleteDhcpOptions": "dhcp-options",
    "DeleteFlowLogs": "vpc-flow-log",
    "DeleteInternetGateway": "internet-gateway",
    "DeleteKeyPair": "key-pair",
    "DeleteLaunchTemplate": "launch-template",
    "DeleteLaunchTemplateVersions": "launch-template",
    "DeleteManagedPrefixList": "prefix-list",
    "DeleteNatGateway": "natgateway",
    "DeleteNetworkAcl": "network-acl",
    "DeleteNetworkAclEntry": "network-acl",
    "DeleteNetworkInterface": "network-interface",
    "DeleteRoute": "route-table",
    "DeleteRouteTable": "route-table",
    "DeleteSecurityGroup": "security-group",
    "DeleteSnapshot": "snapshot",
    "DeleteSubnet": "subnet",
    "DeleteVolume": "volume",
    "DeleteVpc": "vpc",
    "DeleteVpcEndpoints": "vpc-endpoint",
    "DeregisterImage": "image",
    "DescribeImageAttribute": "image",
    "DescribeInstanceAttribute": "instance",
    "DescribeSnapshotAttribute": "snapshot",
    "DescribeVolumeAttribute": "volume",
    "DescribeVpcAttribute": "vpc",
    "DetachInternetGateway": "internet-gateway vpc",
    "DetachNetworkInterface": "instance? network-interface?",
    "DetachVolume": "instance? volume",
    "DisableImage": "image",
    "DisableImageDeprecation": "image",
    "DisassociateAddress": "elastic-ip",
    "DisassociateIamInstanceProfile": "instance",
    "DisassociateRouteTable": "route-table subnet?",
    "DisassociateVpcCidrBlock": "vpc",
    "EnableImage": "image",
    "EnableImageDeprecation": "image",
    "GetConsoleOutput": "instance",
    "GetConsoleScreenshot": "instance",
    "GetLaunchTemplateData": "instance",
    "GetPasswordData": "instance",
    "ImportKeyPair": "key-pair",
    "ModifyImageAttribute": "image",
    "ModifyInstanceAttribute": "instance security-group?",
    "ModifyInstanceMaintenanceOptions": "instance",
    "ModifyInstanceMetadataOptions": "instance",
    "ModifyLaunchTemplate": "launch-template",
    "ModifyNetworkInterfaceAttribute": "network-interface security-group?",
    "ModifySecurityGroupRules": "security-group",
    "ModifySnapshotAttribute": "snapshot",
    "ModifySubnetAttribute": "subnet",
    "ModifyVolume": "volume",
    "ModifyVolumeAttribute": "volume",
    "ModifyVpcAttribute": "vpc",
    "ModifyVpcEndpoint": "vpc-endpoint route-table? security-group? subnet?",
    "MonitorInstances": "instance",
    "RebootInstances": "instance",
    "RegisterImage": "+image snapshot?",
    "ReleaseAddress": "elastic-ip",
    "ReplaceIamInstanceProfileAssociation": "instance",
    "ReplaceNetworkAclAssociation": "network-acl subnet?",
    "ReplaceNetworkAclEntry": "network-acl",
    "ReplaceRoute": "route-table",
    "ReplaceRouteTableAssociation": "route-table subnet?",
    "ReportInstanceStatus": "instance",
    "ResetImageAttribute": "image",
    "ResetInstanceAttribute": "instance",
    "RevokeSecurityGroupEgress": "security-group",
    "RevokeSecurityGroupIngress": "security-group",
    "StartInstances": "instance",
    "StopInstances": "instance",
    "TerminateInstances": "instance",
    "UnassignPrivateIpAddresses": "network-interface",
    "UnmonitorInstances": "instance",
    "UpdateSecurityGroupRuleDescriptionsEgress": "security-group",
    "UpdateSecurityGroupRuleDescriptionsIngress": "security-group",
}
PROFILES = frozenset({"AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"})


@service("ec2")
def ec2(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of EC2."""
    if call.operation == "RunInstances":
        yield from launch(call.region, call.parameters)
        return
    if call.operation in ("CreateTags", "DeleteTags"):
        for identifier in call.parameters.get("Resources") or []:
            arn = arn_of(call, str(identifier))
            yield Check(call.action, arn, context_of(arn, call.region), request_tags=call.request_tags)
        return
    if call.operation not in TABLE:
        yield Check(call.action)
        return
    specifications = {
        str(item.get("ResourceType")): tags_of(item) for item in call.parameters.get("TagSpecifications") or []
    }
    named = list(_named(call))
    for entry in TABLE[call.operation].split():
        kind = entry.strip("+?")
        if entry.startswith("+"):
            tags = specifications.get(kind, {})
            made = _arn(call, kind, "*")
            yield Check(call.action, made, region_key(call.region), tags=dict, request_tags=tags)
            continue
        found = [arn for arn in named if arn.split(":", 5)[5].startswith(f"{kind}/")]
        if not found and not entry.endswith("?"):
            found = [_arn(call, kind, "*")]
        # An imported or made key pair has its name already, and the tags of the request.
        tags = specifications.get(kind, {})
        for arn in found:
            yield Check(call.action, arn, context_of(arn, call.region), request_tags=tags)
    for kind, tags in specifications.items():
        context: dict[str, Values] = {**region_key(call.region), "ec2:createaction": (call.operation,)}
        yield Check("ec2:CreateTags", _arn(call, kind, "*"), context, tags=dict, request_tags=tags)
    if call.operation == "CreateFlowLogs":
        yield from pass_role(call.parameters.get("DeliverLogsPermissionArn"), "vpc-flow-logs.amazonaws.com")
    if call.operation == "CreateVpcEndpoint" and str(call.parameters.get("PrivateDnsEnabled")).lower() == "true":
        # The names stand in a hosted zone of AWS's own, which the request does not name.
        yield Check("route53:AssociateVPCWithHostedZone")
    if call.operation in PROFILES:
        yield from pass_profile(call.parameters.get("IamInstanceProfile"))


def arn_of(call: Call, identifier: str) -> str:
    """Return the ARN of a resource by its id."""
    kind = KINDS.get(identifier.partition("-")[0], "*")
    if kind == "key-pair":
        pairs = ec2_backend(call.region).key_pairs.items()
        identifier = next((name for name, pair in pairs if pair.id == identifier), identifier)
    return _arn(call, kind, identifier)


def _arn(call: Call, kind: str, identifier: str) -> str:
    if kind in ("image", "snapshot"):
        return f"arn:aws:ec2:{call.region}::{kind}/{identifier}"
    return call.arn(f"{kind}/{identifier}")


def _named(call: Call) -> Iterable[str]:
    """Return the ARNs of what a request names at its top level: groups inside of rules are not what it changes."""
    given = call.parameters
    for name, value in given.items():
        if name == "KeyName":
            yield _arn(call, "key-pair", str(value))
        elif name == "LaunchTemplateName":
            identifier = ec2_backend(call.region).launch_template_name_to_ids.get(str(value))
            if identifier:
                yield _arn(call, "launch-template", identifier)
        elif name == "AssociationId":
            yield from _associated(call, str(value))
        elif name not in ("ImageId", "SourceImageId") or call.operation != "CreateImage":
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str) and item.partition("-")[0] in KINDS and "-" in item:
                    yield arn_of(call, item)


def _associated(call: Call, association: str) -> Iterable[str]:
    """Return what an association joins: an address, a route table and its subnet, or an instance."""
    backend = ec2_backend(call.region)
    for address in backend.addresses:
        if address.association_id == association:
            yield _arn(call, "elastic-ip", str(address.allocation_id))
    for table in backend.route_tables.values():
        target = table._associations.get(association)
        if target:
            if call.operation != "ReplaceRouteTableAssociation":
                yield _arn(call, "route-table", table.id)
            yield arn_of(call, target)
    for joined in backend.iam_instance_profile_associations.values():
        if joined.association_id == association:
            yield _arn(call, "instance", joined.instance.id)
