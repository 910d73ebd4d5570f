#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_flow_log
short_description: Keep the flow log of an estate's network
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Makes one flow log of a network, written to a log group of CloudWatch Logs.
  - A flow log cannot be changed. One of the estate that is not as it should be is deleted and made anew; flow logs
    without the estate's tag are left alone.
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
  state:
    description: Whether there is a flow log.
    type: str
    choices: [present, absent]
    default: present
  estate:
    description: Name of the estate; the value of the tag C(nodeops:estate).
    type: str
    required: true
  vpc_id:
    description: Network whose traffic is logged. Needed with O(state=present).
    type: str
  traffic:
    description: What is logged; connections that were accepted, that were rejected, or all.
    type: str
    choices: [accept, all, reject]
    default: reject
  log_group:
    description: Name of the log group. Needed with O(state=present).
    type: str
  role_arn:
    description: ARN of the role with which the service writes there. Needed with O(state=present).
    type: str
  wait_timeout:
    description: Seconds to wait until a new role can be used; IAM needs some to make one known everywhere.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Log what the network rejects
  nodeops.chainlink.chainlink_flow_log:
    region: eu-central-1
    estate: oracle
    vpc_id: vpc-0123456789abcdef0
    log_group: /oracle/network
    role_arn: arn:aws:iam::123456789012:role/oracle-flow-logs-eu-central-1
"""

RETURN = r"""
flow_log_id:
  description: Id of the flow log; null where there is none, or would be one in check mode.
  returned: success
  type: str
  sample: fl-0123456789abcdef0
deleted:
  description: Ids of flow logs that were deleted, or would be.
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
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.flow_log import Plan, Wanted, plan, tags
from ansible_collections.nodeops.chainlink.plugins.module_utils._services.new_role import until_known

# What EC2 says of a role that it does not know yet.
ROLE_UNKNOWN = "Access Denied for LogDestination", "Unable to assume given IAM role"


def described(tags_wanted: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags_wanted.items()]


def look(ec2: Any, wanted: Wanted) -> list[Any]:
    """The flow logs of the estate, in whatever network."""
    found = []
    for page in ec2.get_paginator("describe_flow_logs").paginate(
        Filters=[{"Name": "tag:nodeops:estate", "Values": [wanted.estate]}]
    ):
        found += page["FlowLogs"]
    return found


def refuse(answer: Any, operation: str) -> None:
    """What is refused comes as a part of the answer: make it the error that it is."""
    for failure in answer.get("Unsuccessful", []):
        raise botocore.exceptions.ClientError({"Error": failure["Error"]}, operation)


def create(ec2: Any, wanted: Wanted, seconds: int) -> str:
    def made() -> str:
        answer = ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[wanted.vpc_id],
            TrafficType=wanted.traffic,
            LogDestinationType="cloud-watch-logs",
            LogGroupName=wanted.log_group,
            DeliverLogsPermissionArn=wanted.role_arn,
            TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": described(tags(wanted))}],
        )
        refuse(answer, "CreateFlowLogs")
        return str(answer["FlowLogIds"][0])

    return until_known(made, lambda error: any(words in str(error) for words in ROLE_UNKNOWN), seconds, time)


def carry_out(ec2: Any, wanted: Wanted, planned: Plan, seconds: int) -> str | None:
    """Delete first: two flow logs of one network into one log group are refused."""
    if planned.delete:
        refuse(ec2.delete_flow_logs(FlowLogIds=planned.delete), "DeleteFlowLogs")
    if planned.tags:
        ec2.create_tags(Resources=[planned.keep], Tags=described(dict(planned.tags)))
    return create(ec2, wanted, seconds) if planned.create else planned.keep


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "estate": {"type": "str", "required": True},
            "vpc_id": {"type": "str"},
            "traffic": {"type": "str", "choices": ["accept", "all", "reject"], "default": "reject"},
            "log_group": {"type": "str"},
            "role_arn": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_if=[("state", "present", ("vpc_id", "log_group", "role_arn"))],
        supports_check_mode=True,
    )
    given = module.params
    wanted = Wanted(
        estate=given["estate"],
        name=f"{given['estate']}-network",
        vpc_id=given["vpc_id"],
        traffic=given["traffic"].upper() if given["state"] == "present" else None,
        log_group=given["log_group"],
        role_arn=given["role_arn"],
    )
    try:
        ec2 = module.client("ec2")
        planned = plan(wanted, look(ec2, wanted))
        flow_log_id = planned.keep
        if not planned.empty and not module.check_mode:
            flow_log_id = carry_out(ec2, wanted, planned, given["wait_timeout"])
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg="Failed to keep the flow log")
    module.exit_json(changed=not planned.empty, flow_log_id=flow_log_id, deleted=planned.delete)


if __name__ == "__main__":
    main()
