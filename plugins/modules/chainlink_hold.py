#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_hold
short_description: Keep Auto Scaling from replacing healthy node hosts during an operation
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Refuses while an instance refresh of the estate's node hosts runs, and suspends the processes that end hosts which
    have nothing wrong with them, C(InstanceRefresh) and C(AZRebalance). So none of them takes a host away while an
    operation stops and starts the nodes by turns.
  - A host that dies is replaced all the same.
  - O(state=released) resumes both, whoever suspended them.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
    details:
      - Suspends nothing; is refused where the real run would be.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  state:
    description: Whether replacing healthy hosts is held back.
    type: str
    choices: [held, released]
    default: held
"""

EXAMPLES = r"""
- name: Keep the hosts
  nodeops.chainlink.chainlink_hold:
    estate: oracle
    region: eu-central-1
"""

RETURN = r"""
suspended:
  description: The processes that are suspended now, or would be.
  returned: success
  type: list
  elements: str
  sample: [AZRebalance, InstanceRefresh]
"""

from typing import Any

try:
    import botocore.exceptions
except ImportError:  # AnsibleAWSModule tells what is missing.
    botocore = None

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

PROCESSES = ("AZRebalance", "InstanceRefresh")
# Of an instance refresh that replaces hosts now, or will (API reference, InstanceRefresh.Status).
RUNNING = ("Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking")


def running_refresh(autoscaling: Any, group: str) -> dict[str, Any] | None:
    """The instance refresh that runs; a group has one at most, and the newest comes first."""
    refreshes = autoscaling.describe_instance_refreshes(AutoScalingGroupName=group, MaxRecords=1)["InstanceRefreshes"]
    return next((dict(refresh) for refresh in refreshes if refresh["Status"] in RUNNING), None)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
        },
        supports_check_mode=True,
    )
    group, held = f"{module.params['estate']}-node", module.params["state"] == "held"
    try:
        autoscaling = module.client("autoscaling")
        groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        if not groups:
            module.exit_json(changed=False, suspended=[])
        suspended = {process["ProcessName"] for process in groups[0].get("SuspendedProcesses", [])}
        refresh = running_refresh(autoscaling, group) if held else None
        if refresh is not None:
            module.fail_json(
                msg=f"Instance refresh {refresh['InstanceRefreshId']} of {group} is {refresh['Status']}: it would take "
                "hosts away in the middle. Nothing has been changed. Wait for its end, or cancel it."
            )
        differing = sorted(set(PROCESSES) - suspended if held else suspended.intersection(PROCESSES))
        if differing and not module.check_mode:
            change = autoscaling.suspend_processes if held else autoscaling.resume_processes
            change(AutoScalingGroupName=group, ScalingProcesses=differing)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to hold {group}")
    left = suspended.union(differing) if held else suspended.difference(differing)
    module.exit_json(changed=bool(differing), suspended=sorted(left))


if __name__ == "__main__":
    main()
