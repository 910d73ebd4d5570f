#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_dashboard
short_description: Keep the CloudWatch dashboard of an estate
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Draws one dashboard from a table of graphs, with the state of the alarms above them.
  - Dashboards belong to an account and not to a region, and know no tags, so the name must say both estate and region.
requirements:
  - boto3
  - botocore
options:
  name:
    description: Name of the dashboard.
    type: str
    required: true
  state:
    description: Whether there is one.
    type: str
    choices: [present, absent]
    default: present
  alarms:
    description: ARNs of the alarms whose states are shown.
    type: list
    elements: str
    default: []
  widgets:
    description: The graphs, two in a row.
    type: list
    elements: dict
    default: []
    suboptions:
      title:
        description: Title of the graph.
        type: str
        required: true
      statistic:
        description: What of the samples in a period is drawn.
        type: str
        default: Average
      period:
        description: Length of a period in seconds.
        type: int
        default: 60
      metrics:
        description: The lines. Each has C(namespace), C(metric), C(dimensions), and C(for_each) as in
          M(nodeops.chainlink.chainlink_alarms).
        type: list
        elements: dict
        required: true
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
seealso:
  - module: nodeops.chainlink.chainlink_alarms
"""

EXAMPLES = r"""
- name: Draw the database
  nodeops.chainlink.chainlink_dashboard:
    region: eu-central-1
    name: oracle-eu-central-1
    widgets:
      - title: CPU of the database (percent)
        metrics:
          - namespace: AWS/RDS
            metric: CPUUtilization
            for_each: {dimension: DBInstanceIdentifier, values: [oracle-database-1, oracle-database-2]}
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{"action": "create", "name": "oracle-eu-central-1"}]
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare, dashboard

WIDGET: dict[str, Any] = {
    "title": {"type": "str", "required": True},
    "statistic": {"type": "str", "default": "Average"},
    "period": {"type": "int", "default": 60},
    "metrics": {"type": "list", "elements": "dict", "required": True},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "alarms": {"type": "list", "elements": "str", "default": []},
            "widgets": {"type": "list", "elements": "dict", "default": [], "options": WIDGET},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    wanted: dict[str, dict[str, Any]] = {}
    if module.params["state"] == "present":
        drawn = dashboard.body(module.region or "", module.params["widgets"], module.params["alarms"])
        wanted = {name: {"body": drawn}}
    try:
        cloudwatch = module.client("cloudwatch")
        changes = compare.plan(wanted, dashboard.read(cloudwatch, name))
        for change in [] if module.check_mode else changes:
            dashboard.apply(cloudwatch, change)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep dashboard {name}")
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=bool(changes), changes=[change.summary() for change in changes], diff=compare.diff(changes)
    )


if __name__ == "__main__":
    main()
