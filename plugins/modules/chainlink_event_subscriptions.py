#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_event_subscriptions
short_description: Keep the RDS event subscriptions of an estate
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Creates, repairs and removes the subscriptions by which RDS tells a topic what happens to an estate's database.
  - The estate's subscriptions are those that carry its tag C(nodeops:estate).
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate. A subscription's name begins with it and a hyphen.
    type: str
    required: true
  state:
    description: V(absent) removes every subscription of the estate.
    type: str
    choices: [present, absent]
    default: present
  topic:
    description: ARN of the topic that is told. Needed with O(state=present).
    type: str
  subscriptions:
    description: The subscriptions. One of the estate that does not stand here is removed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the subscription, without the estate's.
        type: str
        required: true
      source_type:
        description: What kind of source it is about. It cannot change, so give another kind another name.
        type: str
        choices: [db-cluster, db-cluster-snapshot, db-instance, db-parameter-group]
        required: true
      sources:
        description: Names of the sources. Without any, RDS tells of every one of the kind in the account and region.
        type: list
        elements: str
        default: []
      categories:
        description: Categories of events. Without any, RDS tells of all.
        type: list
        elements: str
        default: []
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
  - module: nodeops.chainlink.chainlink_topic
"""

EXAMPLES = r"""
- name: Tell when the cluster fails over
  nodeops.chainlink.chainlink_event_subscriptions:
    region: eu-central-1
    estate: oracle
    topic: "{{ topic.arn }}"
    subscriptions:
      - name: cluster-events
        source_type: db-cluster
        sources: [oracle-database]
        categories: [failover, failure]
"""

RETURN = r"""
changes:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{"action": "create", "name": "oracle-cluster-events"}]
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare, event_subscriptions, tags

SUBSCRIPTION: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "source_type": {
        "type": "str",
        "choices": ["db-cluster", "db-cluster-snapshot", "db-instance", "db-parameter-group"],
        "required": True,
    },
    "sources": {"type": "list", "elements": "str", "default": []},
    "categories": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "topic": {"type": "str"},
            "subscriptions": {"type": "list", "elements": "dict", "default": [], "options": SUBSCRIPTION},
        },
        required_if=[("state", "present", ["topic"])],
        supports_check_mode=True,
    )
    estate = module.params["estate"]
    table = module.params["subscriptions"] if module.params["state"] == "present" else []
    wanted = event_subscriptions.wanted(estate, table, module.params["topic"] or "", {tags.ESTATE: estate})
    try:
        rds = module.client("rds")
        changes = compare.plan(wanted, event_subscriptions.read(rds, estate, wanted))
        for change in [] if module.check_mode else changes:
            event_subscriptions.apply(rds, change)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the event subscriptions of estate {estate}")
    module.exit_json(
        changed=bool(changes), changes=[change.summary() for change in changes], diff=compare.diff(changes)
    )


if __name__ == "__main__":
    main()
