#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_alarms
short_description: Keep all CloudWatch alarms of an estate as one table says
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Creates, repairs and removes the metric alarms of an estate in one go, so that an alarm of a database that is gone
    does not stay behind.
  - The estate's alarms are those that carry its tag C(nodeops:estate), whatever their names.
  - Unlike M(amazon.aws.cloudwatch_metric_alarm) it tags alarms, and one call keeps a whole table.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate. An alarm's name begins with it and a hyphen.
    type: str
    required: true
  state:
    description: V(absent) removes every alarm of the estate.
    type: str
    choices: [present, absent]
    default: present
  topics:
    description: ARNs of the topics that are told when an alarm goes off and when it is over.
    type: list
    elements: str
    default: []
  alarms:
    description: The table. An alarm of the estate that does not stand in it is removed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the alarm, without the estate's.
        type: str
        required: true
      description:
        description: What it means and what to do, for whoever receives it.
        type: str
        required: true
      namespace:
        description: Namespace of the metric.
        type: str
        required: true
      metric:
        description: Name of the metric.
        type: str
        required: true
      dimensions:
        description: Dimensions of the metric.
        type: dict
        default: {}
      for_each:
        description: Makes one alarm for each value of a further dimension; the value is a part of its name.
        type: dict
        suboptions:
          dimension:
            description: Name of the dimension.
            type: str
            required: true
          values:
            description: Its values.
            type: list
            elements: str
            required: true
          labels:
            description: What stands in the names in the place of the values, in the same order.
            type: list
            elements: str
      statistic:
        description: What of the samples in a period counts.
        type: str
        choices: [Average, Maximum, Minimum, SampleCount, Sum]
        default: Average
      period:
        description: Length of a period in seconds.
        type: int
        default: 60
      evaluation_periods:
        description: How many periods are looked at.
        type: int
        default: 5
      datapoints:
        description: How many of them must be over the threshold. All where it is not given.
        type: int
      threshold:
        description: The threshold.
        type: float
        required: true
      comparison:
        description: How a sample is compared with it.
        type: str
        choices:
          - GreaterThanOrEqualToThreshold
          - GreaterThanThreshold
          - LessThanOrEqualToThreshold
          - LessThanThreshold
        default: GreaterThanOrEqualToThreshold
      missing:
        description: What a period without samples means.
        type: str
        choices: [breaching, ignore, missing, notBreaching]
        default: missing
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
  - module: amazon.aws.cloudwatch_metric_alarm
"""

EXAMPLES = r"""
- name: Tell when the database works too hard
  nodeops.chainlink.chainlink_alarms:
    region: eu-central-1
    estate: oracle
    topics: ["{{ topic.arn }}"]
    alarms:
      - name: cpu
        description: An instance of the database is busy.
        namespace: AWS/RDS
        metric: CPUUtilization
        for_each: {dimension: DBInstanceIdentifier, values: [oracle-database-1, oracle-database-2]}
        threshold: 80
"""

RETURN = r"""
alarms:
  description: Names of the alarms that there are now, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [oracle-cpu-database-1, oracle-cpu-database-2]
changes:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: V(create), V(change) or V(delete).
      type: str
      sample: create
    name:
      description: Name of the alarm.
      type: str
      sample: oracle-cpu-database-1
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import alarms, compare, tags

ALARM: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "metric": {"type": "str", "required": True},
    "dimensions": {"type": "dict", "default": {}},
    "for_each": {
        "type": "dict",
        "options": {
            "dimension": {"type": "str", "required": True},
            "values": {"type": "list", "elements": "str", "required": True},
            "labels": {"type": "list", "elements": "str"},
        },
    },
    "statistic": {
        "type": "str",
        "choices": ["Average", "Maximum", "Minimum", "SampleCount", "Sum"],
        "default": "Average",
    },
    "period": {"type": "int", "default": 60},
    "evaluation_periods": {"type": "int", "default": 5},
    "datapoints": {"type": "int"},
    "threshold": {"type": "float", "required": True},
    "comparison": {
        "type": "str",
        "choices": [
            "GreaterThanOrEqualToThreshold",
            "GreaterThanThreshold",
            "LessThanOrEqualToThreshold",
            "LessThanThreshold",
        ],
        "default": "GreaterThanOrEqualToThreshold",
    },
    "missing": {"type": "str", "choices": ["breaching", "ignore", "missing", "notBreaching"], "default": "missing"},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "topics": {"type": "list", "elements": "str", "default": []},
            "alarms": {"type": "list", "elements": "dict", "default": [], "options": ALARM},
        },
        supports_check_mode=True,
    )
    estate = module.params["estate"]
    table = module.params["alarms"] if module.params["state"] == "present" else []
    wanted = alarms.wanted(estate, table, module.params["topics"], {tags.ESTATE: estate})
    try:
        cloudwatch = module.client("cloudwatch")
        changes = compare.plan(wanted, alarms.read(cloudwatch, estate, wanted))
        for change in [] if module.check_mode else changes:
            alarms.apply(cloudwatch, change)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the alarms of estate {estate}")
    module.exit_json(
        changed=bool(changes),
        alarms=sorted(wanted),
        changes=[change.summary() for change in changes],
        diff=compare.diff(changes),
    )


if __name__ == "__main__":
    main()
