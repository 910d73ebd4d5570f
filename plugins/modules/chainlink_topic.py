#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_topic
short_description: Keep an encrypted SNS topic and its subscriptions
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Creates, repairs and removes a topic with its key, its policy, its tag and its subscriptions, and tells which
    subscriptions nobody has confirmed yet.
  - Unlike M(community.aws.sns_topic) it knows the key and tags.
  - A subscription that is not wanted is ended, if it is of a protocol that this module makes. One that was never
    confirmed cannot be ended, and lapses by itself after some days.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate that the topic is tagged with.
    type: str
    required: true
  name:
    description: Name of the topic.
    type: str
    required: true
  state:
    description: Whether there is one.
    type: str
    choices: [present, absent]
    default: present
  key:
    description: ARN of the KMS key. Its policy must allow whoever publishes. Needed with O(state=present).
    type: str
  policy:
    description: Policy of the topic. Left as it is where not given.
    type: dict
  subscriptions:
    description:
      - Who is told, a list of mappings of C(protocol), which is V(email), V(email-json), V(https) or V(sqs), and
        C(endpoint).
      - The URL of an https endpoint is masked, since it often is a key.
    type: raw
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
    details:
      - Of an https endpoint the host alone is shown.
  idempotent:
    support: full
seealso:
  - module: community.aws.sns_topic
"""

EXAMPLES = r"""
- name: Tell the operators
  nodeops.chainlink.chainlink_topic:
    region: eu-central-1
    estate: oracle
    name: oracle-alarms
    key: "{{ key.key_arn }}"
    subscriptions:
      - {protocol: email, endpoint: operators@example.org}
"""

RETURN = r"""
arn:
  description: ARN of the topic, which it has as soon as it exists.
  returned: success
  type: str
  sample: arn:aws-us-gov:sns:us-gov-west-1:123456789012:oracle-alarms
pending:
  description: Subscriptions that wait for their owner to confirm them. Nothing reaches them before.
  returned: success
  type: list
  elements: str
  sample: [operators@example.org]
changes:
  description: What was done, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{"action": "create", "name": "oracle-alarms"}]
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare, tags, topic


def arn_of(module: Any, name: str) -> str:
    """The ARN that the topic has or will have."""
    caller = module.client("sts").get_caller_identity()["Arn"].split(":")
    return f"arn:{caller[1]}:sns:{module.region}:{caller[4]}:{name}"


def public_texts(subscriptions: Any) -> set[str]:
    """What of the subscriptions is no secret. Ansible masks every text of the option."""
    listed = subscriptions if isinstance(subscriptions, list) else []
    items = [item for item in listed if isinstance(item, dict)]
    return {str(item.get("protocol")) for item in items} | {
        str(item.get("endpoint")) for item in items if item.get("protocol") != "https"
    }


def keep(module: Any, target: dict[str, Any] | None) -> dict[str, Any]:
    """Make the topic what it should be and tell what it is then."""
    name = module.params["name"]
    sns, arn = module.client("sns"), arn_of(module, name)
    there = topic.read(sns, arn)
    wanted = {} if target is None else {name: target}
    changes = compare.plan(wanted, {} if there is None else {name: topic.without_pending(there, target or {})})
    if changes and not module.check_mode:
        for change in changes:
            topic.apply(sns, arn, change)
        there = topic.read(sns, arn)
    shown = [topic.masked(change) for change in changes]
    return {
        "changed": bool(changes),
        "arn": arn,
        "pending": [] if target is None or there is None else topic.pending(there),
        "changes": [change.summary() for change in changes],
        "diff": {"before": shown[0][0], "after": shown[0][1]} if shown else {"before": {}, "after": {}},
    }


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "key": {"type": "str", "no_log": False},
            "policy": {"type": "dict"},
            "subscriptions": {"type": "raw", "default": [], "no_log": True},
        },
        required_if=[("state", "present", ["key"])],
        supports_check_mode=True,
    )
    params = module.params
    module.no_log_values.difference_update(public_texts(params["subscriptions"]))
    target = None
    if params["state"] == "present":
        target = topic.wanted(params["key"], params["policy"], params["subscriptions"], {tags.ESTATE: params["estate"]})
    try:
        answer = keep(module, target)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep topic {params['name']}")
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
