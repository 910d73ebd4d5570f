#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_vpc_endpoints
short_description: Keep the VPC endpoints of an estate
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Makes one endpoint per service, mends its subnets, security groups or route tables and its tags, and deletes those
    of the estate and of this O(type) that are not wanted any more. Endpoints without the estate's tag are left alone.
    Interface endpoints have private names.
  - All are made before any is waited for. M(amazon.aws.ec2_vpc_endpoint) makes one, and compares of an existing one
    nothing but its tags.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  estate:
    description: Name of the estate; the value of the tag C(nodeops:estate).
    type: str
    required: true
  vpc_id:
    description: Network of the endpoints. Needed where there are O(services).
    type: str
  services:
    description:
      - Services by their short names, such as V(secretsmanager) or V(logs).
      - An empty list deletes all endpoints of the estate and of this O(type), in O(vpc_id) or, without it, in any
        network.
    type: list
    elements: str
    required: true
  type:
    description:
      - V(Interface) endpoints need O(subnet_ids) and O(security_group_ids).
      - V(Gateway) endpoints, which only S3 and DynamoDB have, need O(route_table_ids).
    type: str
    choices: [Interface, Gateway]
    default: Interface
    version_added: 0.2.0
  route_table_ids:
    description: Route tables that lead to each gateway endpoint.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  subnet_ids:
    description: Subnets in which each endpoint has an address.
    type: list
    elements: str
    default: []
  security_group_ids:
    description: Security groups of the endpoints.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait until new endpoints are available and deleted ones are gone.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Reach Secrets Manager and the logs without the internet
  nodeops.chainlink.chainlink_vpc_endpoints:
    region: eu-central-1
    estate: oracle
    vpc_id: vpc-0123456789abcdef0
    services: [secretsmanager, logs]
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    security_group_ids: [sg-0123456789abcdef0]

- name: Reach S3 without the internet
  nodeops.chainlink.chainlink_vpc_endpoints:
    region: eu-central-1
    estate: oracle
    vpc_id: vpc-0123456789abcdef0
    type: Gateway
    services: [s3]
    route_table_ids: [rtb-0123456789abcdef0, rtb-0123456789abcdef1]
"""

RETURN = r"""
created:
  description: Services that got an endpoint, or would get one.
  returned: success
  type: list
  elements: str
  sample: [com.amazonaws.eu-central-1.logs]
modified:
  description: Ids of endpoints that were mended, or would be.
  returned: success
  type: list
  elements: str
  sample: []
deleted:
  description: Ids of endpoints that were deleted, or would be.
  returned: success
  type: list
  elements: str
  sample: []
"""

import time
from typing import Any

try:
    import botocore.exceptions
except ImportError:  # AnsibleAWSModule tells what is missing.
    botocore = None

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.endpoints import (
    BROKEN,
    GATEWAY,
    INTERFACE,
    Plan,
    Wanted,
    plan,
    state,
    tags,
)

PAUSE_SECONDS = 5.0
NEEDED = {INTERFACE: ("vpc_id", "subnet_ids", "security_group_ids"), GATEWAY: ("vpc_id", "route_table_ids")}


def described(tags_wanted: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags_wanted.items()]


def look(ec2: Any, wanted: Wanted) -> list[Any]:
    """The endpoints of the estate and the wanted type in the network, or in all."""
    found = []
    filters = [
        {"Name": "vpc-endpoint-type", "Values": [wanted.type]},
        {"Name": "tag:nodeops:estate", "Values": [wanted.estate]},
    ]
    if wanted.vpc_id:
        filters.append({"Name": "vpc-id", "Values": [wanted.vpc_id]})
    for page in ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=filters):
        found += page["VpcEndpoints"]
    return found


def carry_out(ec2: Any, wanted: Wanted, planned: Plan) -> None:
    """Delete first: a network has one endpoint with private names, and a route table one gateway, for a service."""
    if planned.delete:
        answer = ec2.delete_vpc_endpoints(VpcEndpointIds=planned.delete)
        for failure in answer.get("Unsuccessful", []):
            # What is refused comes as a part of the answer.
            raise botocore.exceptions.ClientError({"Error": failure["Error"]}, "DeleteVpcEndpoints")
    for change in planned.change:
        if change.arguments:
            ec2.modify_vpc_endpoint(VpcEndpointId=change.endpoint_id, **change.arguments)
        if change.tags:
            ec2.create_tags(Resources=[change.endpoint_id], Tags=described(dict(change.tags)))
    for service in planned.create:
        ec2.create_vpc_endpoint(
            VpcId=wanted.vpc_id,
            VpcEndpointType=wanted.type,
            ServiceName=service,
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": described(tags(wanted, service))}],
            **place(wanted),
        )


def place(wanted: Wanted) -> dict[str, Any]:
    """Where a new endpoint of the wanted type is to be."""
    if wanted.type == GATEWAY:
        return {"RouteTableIds": sorted(wanted.route_table_ids)}
    return {
        "SubnetIds": sorted(wanted.subnet_ids),
        "SecurityGroupIds": sorted(wanted.group_ids),
        "PrivateDnsEnabled": True,
    }


def wait(ec2: Any, wanted: Wanted, seconds: int) -> list[str]:
    """Wait for what was begun; returns what is not done after so many seconds, or never will be."""
    deadline = time.monotonic() + seconds
    while True:
        unsettled = [endpoint for endpoint in look(ec2, wanted) if state(endpoint) not in ("available", "deleted")]
        broken = any(state(endpoint) in BROKEN for endpoint in unsettled)
        if not unsettled or broken or time.monotonic() + PAUSE_SECONDS > deadline:
            return sorted(
                f"{endpoint['VpcEndpointId']} for {endpoint['ServiceName']} is {state(endpoint)}"
                for endpoint in unsettled
            )
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "vpc_id": {"type": "str"},
            "services": {"type": "list", "elements": "str", "required": True},
            "type": {"type": "str", "choices": [INTERFACE, GATEWAY], "default": INTERFACE},
            "route_table_ids": {"type": "list", "elements": "str", "default": []},
            "subnet_ids": {"type": "list", "elements": "str", "default": []},
            "security_group_ids": {"type": "list", "elements": "str", "default": []},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    given = module.params
    needed = NEEDED[given["type"]]
    if given["services"] and not all(given[name] for name in needed):
        module.fail_json(msg=f"services need {', '.join(needed[:-1])} and {needed[-1]}")
    try:
        ec2 = module.client("ec2")
        wanted = Wanted(
            estate=given["estate"],
            vpc_id=given["vpc_id"],
            names={
                f"com.amazonaws.{ec2.meta.region_name}.{service}": f"{given['estate']}-{service}"
                for service in given["services"]
            },
            subnet_ids=frozenset(given["subnet_ids"]),
            group_ids=frozenset(given["security_group_ids"]),
            route_table_ids=frozenset(given["route_table_ids"]),
            type=given["type"],
        )
        planned = plan(wanted, look(ec2, wanted))
        if not planned.empty and not module.check_mode:
            carry_out(ec2, wanted, planned)
            unsettled = wait(ec2, wanted, given["wait_timeout"])
            if unsettled:
                module.fail_json(
                    msg=f"{'; '.join(unsettled)} after waiting up to {given['wait_timeout']} s; run this again"
                )
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg="Failed to keep the VPC endpoints")
    module.exit_json(
        changed=not planned.empty,
        created=planned.create,
        modified=[change.endpoint_id for change in planned.change],
        deleted=planned.delete,
    )


if __name__ == "__main__":
    main()
