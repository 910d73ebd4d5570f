#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_region_info
short_description: Check what an account and its region offer an estate
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Looks at account, zones, instance types, quotas and networks, and fails with one message that names every problem.
  - The vCPUs of the estate's hosts, two nodes and O(public_hosts) bastions, are compared with quota L-1216C47A of EC2
    (Running On-Demand Standard instances) alone, since what else runs in the account is not known. Hosts of other
    families do not count. Where only the replacement of a node would exceed it, a warning says so.
  - Changes nothing. Quotas that the caller may not read are passed over with a warning.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  account_expected:
    description: Id of the account that the credentials must belong to.
    type: str
  instance_types:
    description: Instance types that must be offered, by the variable that names each.
    type: dict
    default: {}
  zones:
    description: Availability zones to use. Where none are named, two that offer every instance type are needed.
    type: list
    elements: str
    default: []
  cidr:
    description: Addresses that a network of the estate's own would have.
    type: str
  tenancy:
    description: Tenancy of a network of the estate's own.
    type: str
    choices: [default, dedicated]
    default: default
  nat_gateways:
    description: NAT gateways of a network of the estate's own.
    type: str
    choices: [per_zone, one, none]
    default: per_zone
  endpoints:
    description: Services for which interface endpoints are wanted.
    type: list
    elements: str
    default: []
  existing:
    description:
      - A network that exists, to be used instead of one of the estate's own.
      - C(vpc_id) or C(vpc_tags), C(public_subnet_ids) or C(public_subnet_tags), C(private_subnet_ids) or
        C(private_subnet_tags).
    type: dict
    default: {}
  recorded_vpc:
    description: The network that the estate's record names; an estate cannot move.
    type: str
  public_hosts:
    description: How many hosts of the estate have a public address, its bastions, in number.
    type: int
    default: 1
  p2p:
    description: Whether other nodes are to reach the estate's, which takes an Elastic IP address in each zone.
    type: bool
    default: false
  backup_method:
    description:
      - What makes backups on a schedule. With V(aws_backup) the opt-in setting of AWS Backup for Aurora must be on.
      - A setting that the caller may not read is passed over with a warning.
    type: str
    choices: [snapshots, aws_backup, none]
    default: snapshots
  expect_right:
    description:
      - Whether to fail where there is a problem. Otherwise RV(problems) alone tells, for a caller that tells all of
        several looks together.
    type: bool
    default: true
seealso:
  - module: nodeops.chainlink.chainlink_preflight
"""

EXAMPLES = r"""
- name: Check account and region
  nodeops.chainlink.chainlink_region_info:
    region: eu-central-1
    estate: oracle
    account_expected: "123456789012"
    instance_types:
      estate_nodes_instance_type: m6i.large
    existing:
      vpc_tags:
        Name: shared
      public_subnet_tags:
        tier: public
      private_subnet_tags:
        tier: private
"""

RETURN = r"""
problems:
  description: Every problem. Empty where there is none.
  returned: always
  type: list
  elements: dict
  contains:
    variable:
      description: The variable that is wrong.
      type: str
      sample: estate_network_existing
    message:
      description: What is wrong with it and what to do.
      type: str
      sample: vpc-0123456789abcdef0 does not resolve names; turn its enableDnsSupport on
account:
  description: Id of the account.
  returned: success
  type: str
  sample: "123456789012"
partition:
  description: Partition of the account, as in its ARNs.
  returned: success
  type: str
  sample: aws
zones:
  description: Availability zones that offer every instance type, in the order of their names.
  returned: success
  type: list
  elements: str
  sample: [eu-central-1a, eu-central-1b, eu-central-1c]
network:
  description: The existing network, or null where the estate has one of its own, or where there is a problem.
  returned: success
  type: dict
  contains:
    vpc_id:
      description: Id of the network.
      type: str
      sample: vpc-0123456789abcdef0
    cidr:
      description: Its first IPv4 block.
      type: str
      sample: 10.0.0.0/16
    cidrs:
      description: All its IPv4 blocks.
      type: list
      elements: str
      sample: [10.0.0.0/16]
    public_subnets:
      description: Two public subnets, in the order of their zones.
      type: list
      elements: dict
      sample: [{"id": "subnet-0123456789abcdef0", "availability_zone": "eu-central-1a"}]
    private_subnets:
      description: Two private subnets, in the order of their zones.
      type: list
      elements: dict
      sample: [{"id": "subnet-0123456789abcdef1", "availability_zone": "eu-central-1a"}]
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

try:
    import botocore.exceptions
except ImportError:  # AnsibleAWSModule tells what is missing.
    botocore = None

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.region import (
    Found,
    Network,
    Quotas,
    Wanted,
    judge,
    standard_hosts,
)

VPCS, ADDRESSES, PROCESSORS = ("vpc", "L-F678F1CE"), ("ec2", "L-0263D0A3"), ("ec2", "L-1216C47A")
REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def filters(**wanted: Any) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in wanted.items()]


def by_tags(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


class Region:
    """Asks AWS, one method for each thing that is asked."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.ec2 = module.client("ec2")

    def look(self, wanted: Wanted) -> tuple[Found, str]:
        """What there is, and the partition."""
        identity = self.module.client("sts").get_caller_identity()
        facts: dict[str, Any] = {
            "account": identity["Account"],
            "region": self.ec2.meta.region_name,
            "zones": self.zones(),
            "offerings": self.offerings(sorted(set(wanted.instance_types.values()))),
        }
        own_tag = {"nodeops:estate": wanted.estate}
        if wanted.existing:
            facts |= self.existing(wanted.existing, own_tag)
            if wanted.p2p:
                facts |= self.addresses(wanted.estate, Quotas())
        else:
            vpcs = pages(self.ec2, "describe_vpcs", "Vpcs")
            own = [vpc for vpc in vpcs if {"Key": "nodeops:estate", "Value": wanted.estate} in vpc.get("Tags", [])]
            nats = pages(self.ec2, "describe_nat_gateways", "NatGateways", Filters=by_tags(own_tag))
            facts |= {
                "own_vpcs": own,
                "other_cidrs": {vpc["VpcId"]: vpc["CidrBlock"] for vpc in vpcs if vpc not in own},
                "own_nat_gateways": len([nat for nat in nats if nat["State"] in ("pending", "available")]),
                **self.addresses(wanted.estate, Quotas(vpcs=self.quota(*VPCS), vpcs_used=len(vpcs))),
            }
        if standard_hosts(wanted):
            facts["quotas"] = replace(facts.get("quotas", Quotas()), processors=self.quota(*PROCESSORS))
        if wanted.backup_method == "aws_backup":
            facts["aurora_opted_in"] = self.aurora_opted_in()
        return Found(**facts), identity["Arn"].split(":")[1]

    def zones(self) -> tuple[str, ...]:
        zones = self.ec2.describe_availability_zones(
            Filters=filters(state="available") + filters(zone_type="availability-zone")
        )
        return tuple(sorted(zone["ZoneName"] for zone in zones["AvailabilityZones"]))

    def offerings(self, kinds: list[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {kind: [] for kind in kinds}
        if kinds:
            for offering in pages(
                self.ec2,
                "describe_instance_type_offerings",
                "InstanceTypeOfferings",
                LocationType="availability-zone",
                Filters=[{"Name": "instance-type", "Values": kinds}],
            ):
                found[offering["InstanceType"]].append(offering["Location"])
        return found

    def addresses(self, estate: str, quotas: Quotas) -> dict[str, Any]:
        """The Elastic IP addresses of the account, added to other quotas, and the names of the estate's own."""
        addresses = self.ec2.describe_addresses()["Addresses"]
        tags = [{tag["Key"]: tag["Value"] for tag in address.get("Tags", [])} for address in addresses]
        return {
            "quotas": replace(quotas, addresses=self.quota(*ADDRESSES), addresses_used=len(addresses)),
            "own_addresses": [item.get("Name", "") for item in tags if item.get("nodeops:estate") == estate],
        }

    def quota(self, service: str, code: str) -> float | None:
        try:
            answer = self.module.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in (*REFUSALS, "NoSuchResourceException"):
                raise
            self.module.warn(f"Quota {code} of {service} could not be read and is not checked: {error}")
            return None
        return float(answer["Quota"]["Value"])

    def aurora_opted_in(self) -> bool | None:
        try:
            settings = self.module.client("backup").describe_region_settings()["ResourceTypeOptInPreference"]
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                raise
            self.module.warn(f"AWS Backup's opt-in setting for Aurora could not be read and is not checked: {error}")
            return None
        return settings.get("Aurora")

    def existing(self, named: Mapping[str, Any], own_tag: Mapping[str, str]) -> dict[str, Any]:
        # As a filter an id that does not exist finds nothing; as VpcIds it would be an error.
        wanted = filters(vpc_id=named["vpc_id"]) if named.get("vpc_id") else by_tags(named["vpc_tags"])
        vpcs = pages(self.ec2, "describe_vpcs", "Vpcs", Filters=wanted)
        if len(vpcs) != 1:
            return {"vpcs": vpcs}
        vpc_id = vpcs[0]["VpcId"]
        inside = filters(vpc_id=vpc_id)
        groups = pages(self.ec2, "describe_security_groups", "SecurityGroups", Filters=inside + by_tags(own_tag))
        nats = pages(self.ec2, "describe_nat_gateways", "NatGateways", Filters=inside)
        return {
            "vpcs": vpcs,
            "dns_support": self.attribute(vpc_id, "enableDnsSupport"),
            "dns_hostnames": self.attribute(vpc_id, "enableDnsHostnames"),
            "subnets": pages(self.ec2, "describe_subnets", "Subnets", Filters=inside),
            "route_tables": pages(self.ec2, "describe_route_tables", "RouteTables", Filters=inside),
            "endpoints": pages(self.ec2, "describe_vpc_endpoints", "VpcEndpoints", Filters=inside),
            "nat_states": {nat["NatGatewayId"]: nat["State"] for nat in nats},
            "settled": bool(groups),
        }

    def attribute(self, vpc_id: str, name: str) -> bool:
        answer = self.ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])


def described(network: Network | None) -> dict[str, Any] | None:
    if network is None:
        return None
    subnets = {
        kind: [{"id": subnet["SubnetId"], "availability_zone": subnet["AvailabilityZone"]} for subnet in chosen]
        for kind, chosen in (("public_subnets", network.public_subnets), ("private_subnets", network.private_subnets))
    }
    return {"vpc_id": network.vpc_id, "cidr": network.cidr, "cidrs": list(network.cidrs), **subnets}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "account_expected": {"type": "str"},
            "instance_types": {"type": "dict", "default": {}},
            "zones": {"type": "list", "elements": "str", "default": []},
            "cidr": {"type": "str"},
            "tenancy": {"type": "str", "choices": ["default", "dedicated"], "default": "default"},
            "nat_gateways": {"type": "str", "choices": ["per_zone", "one", "none"], "default": "per_zone"},
            "endpoints": {"type": "list", "elements": "str", "default": []},
            "existing": {"type": "dict", "default": {}},
            "recorded_vpc": {"type": "str"},
            "public_hosts": {"type": "int", "default": 1},
            "p2p": {"type": "bool", "default": False},
            "backup_method": {"type": "str", "choices": ["snapshots", "aws_backup", "none"], "default": "snapshots"},
            "expect_right": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    wanted = Wanted(
        estate=given["estate"],
        account=given["account_expected"],
        zones=tuple(given["zones"]),
        instance_types=given["instance_types"],
        cidr=given["cidr"],
        nat_gateways=given["nat_gateways"],
        endpoints=tuple(given["endpoints"]),
        existing=given["existing"],
        tenancy=given["tenancy"],
        recorded_vpc=given["recorded_vpc"],
        public_hosts=given["public_hosts"],
        p2p=given["p2p"],
        backup_method=given["backup_method"],
    )
    try:
        found, partition = Region(module).look(wanted)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg="Failed to look at the account and its region")
    verdict = judge(wanted, found)
    for warning in verdict.warnings:
        module.warn(warning)
    problems = [{"variable": variable, "message": message} for variable, message in verdict.problems]
    if problems and given["expect_right"]:
        lines = [f"{problem['variable']}: {problem['message']}" for problem in problems]
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        module.fail_json(msg=f"{count}, nothing has been changed:\n" + "\n".join(lines), problems=problems)
    module.exit_json(
        changed=False,
        problems=problems,
        account=found.account,
        partition=partition,
        zones=verdict.zones,
        network=described(verdict.network),
    )


if __name__ == "__main__":
    main()
