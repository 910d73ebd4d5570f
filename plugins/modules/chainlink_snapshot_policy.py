#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_snapshot_policy
short_description: Keep the lifecycle policy that makes snapshots of an estate's volumes
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Keeps one policy of the Data Lifecycle Manager, known by the tags C(nodeops:estate) and C(Name).
  - The snapshots that it has made stay when it is removed.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  name:
    description: Name of the policy, which is a tag.
    type: str
    required: true
  state:
    description: Whether there is one.
    type: str
    choices: [present, absent]
    default: present
  role:
    description: ARN of the role as which the Data Lifecycle Manager works. Needed with O(state=present).
    type: str
  targets:
    description: Tags of the volumes. One of them suffices.
    type: dict
    default: {}
  interval_hours:
    description: Hours from one snapshot to the next.
    type: int
    choices: [1, 2, 3, 4, 6, 8, 12, 24]
    default: 24
  time:
    description: When the first of a day is made, in UTC.
    type: str
    default: "03:30"
  keep:
    description: How many snapshots of a volume are kept.
    type: int
    default: 7
  wait_timeout:
    description: Seconds to wait until a new role can be used; IAM needs some to make one known everywhere.
    type: int
    default: 60
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Make a snapshot of each node host's volume every night
  nodeops.chainlink.chainlink_snapshot_policy:
    region: eu-central-1
    estate: oracle
    name: oracle-snapshots
    role: "{{ role.arn }}"
    targets: {Name: oracle-node}
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{"action": "create", "name": "oracle-snapshots"}]
"""

import contextlib
import time
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare, snapshot_policy, tags


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "role": {"type": "str"},
            "targets": {"type": "dict", "default": {}},
            "interval_hours": {"type": "int", "choices": [1, 2, 3, 4, 6, 8, 12, 24], "default": 24},
            "time": {"type": "str", "default": "03:30"},
            "keep": {"type": "int", "default": 7},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_if=[("state", "present", ["role", "targets"])],
        supports_check_mode=True,
    )
    params = module.params
    estate, name = params["estate"], params["name"]
    wanted: dict[str, dict[str, Any]] = {}
    if params["state"] == "present":
        own_tags = {tags.ESTATE: estate, "Name": name}
        wanted[name] = snapshot_policy.wanted(
            estate,
            params["role"],
            params["targets"],
            params["interval_hours"],
            params["time"],
            params["keep"],
            own_tags,
        )
    try:
        dlm = module.client("dlm")
        changes = compare.plan(wanted, snapshot_policy.read(dlm, estate, name))
        for change in [] if module.check_mode else changes:
            snapshot_policy.apply(dlm, change, params["wait_timeout"], time)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the snapshot policy of estate {estate}")
    module.exit_json(
        changed=bool(changes), changes=[change.summary() for change in changes], diff=compare.diff(changes)
    )


if __name__ == "__main__":
    main()
