#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_devops_guru
short_description: Have DevOps Guru watch one estate, or no longer
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Adds the estate to what DevOps Guru watches, by the tag C(devops-guru-nodeops) whose value is the estate's name, and
    has insights told to a topic.
  - What DevOps Guru watches is a setting of the whole account in a region. Other estates' values of the same tag stand
    beside this one. Where it watches by stacks or by another tag, or has no channel free, this module refuses and
    changes nothing.
  - Only resources with the tag are watched, and each of them is billed by the hour.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  topic:
    description: ARN of the topic that insights are told to.
    type: str
    required: true
  state:
    description: V(absent) takes away this estate's value and this topic's channel, and nothing else.
    type: str
    choices: [present, absent]
    default: present
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
seealso:
  - module: nodeops.chainlink.chainlink_topic
"""

EXAMPLES = r"""
- name: Have the estate watched
  nodeops.chainlink.chainlink_devops_guru:
    region: eu-central-1
    estate: oracle
    topic: "{{ topic.arn }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: [add channel, add value]
"""

import contextlib

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import devops_guru


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "topic": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    estate, topic = module.params["estate"], module.params["topic"]
    try:
        guru = module.client("devops-guru")
        found = devops_guru.read(guru, topic)
        steps = devops_guru.steps(found, estate, topic, module.params["state"] == "present")
        for step in [] if module.check_mode else steps:
            devops_guru.apply(guru, step, found, estate, topic)
    except devops_guru.InUseError as error:
        module.fail_json(msg=str(error))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to change what DevOps Guru watches of estate {estate}")
    module.exit_json(changed=bool(steps), steps=steps)


if __name__ == "__main__":
    main()
