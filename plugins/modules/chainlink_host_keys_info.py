#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_host_keys_info
short_description: Read the SSH host keys of instances from their consoles
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Reads the public SSH host keys that the first boot of an instance prints on its console, so that the first
    connection to it needs no trust on first use.
  - Waits until the keys of every instance are there.
requirements:
  - boto3
  - botocore
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
options:
  instance_ids:
    description: Ids of the instances.
    type: list
    elements: str
    required: true
  wait_timeout:
    description:
      - Seconds to wait until every console shows host keys.
      - With V(0) the answer of the first look is final.
    type: int
    default: 300
seealso:
  - module: amazon.aws.ec2_instance_info
"""

EXAMPLES = r"""
- name: Learn the host keys of the nodes
  nodeops.chainlink.chainlink_host_keys_info:
    region: eu-central-1
    instance_ids: [i-0123456789abcdef0, i-0fedcba9876543210]
  register: keys

- name: Record them
  ansible.builtin.known_hosts:
    name: "{{ item.0.key }}"
    key: "{{ item.0.key }} {{ item.1 }}"
  loop: "{{ keys.host_keys | dict2items | subelements('value') }}"
"""

RETURN = r"""
host_keys:
  description: For each instance its public host keys, each as type and base64 text, as in a known_hosts file.
  returned: success
  type: dict
  sample: {"i-0123456789abcdef0": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYfX7Ew"]}
"""

import time
from collections.abc import Sequence
from typing import Any

try:
    import botocore.exceptions
except ImportError:  # AnsibleAWSModule tells what is missing.
    botocore = None

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.console import host_keys

PAUSE_SECONDS = 5.0


class KeysMissingError(Exception):
    """Some consoles showed no host keys in time."""

    def __init__(self, instance_ids: list[str], seconds: int) -> None:
        super().__init__(
            f"after {seconds} s the console of {', '.join(instance_ids)} shows no SSH host keys; see whether the "
            "instance boots, and whether its image runs cloud-init"
        )


def wait_for_keys(ec2: Any, instance_ids: Sequence[str], seconds: int) -> dict[str, list[str]]:
    """The host keys of every instance; raises KeysMissingError after so many seconds."""
    deadline = time.monotonic() + seconds
    found: dict[str, list[str]] = {}
    while True:
        for instance_id in instance_ids:
            if not found.get(instance_id):
                # Latest reads what the console shows now; it exists for instances on the Nitro system only.
                output = ec2.get_console_output(InstanceId=instance_id, Latest=True)
                found[instance_id] = host_keys(output.get("Output", ""))
        missing = [instance_id for instance_id in instance_ids if not found[instance_id]]
        if not missing:
            return found
        if time.monotonic() + PAUSE_SECONDS > deadline:
            raise KeysMissingError(missing, seconds)
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "instance_ids": {"type": "list", "elements": "str", "required": True},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    try:
        keys = wait_for_keys(module.client("ec2"), module.params["instance_ids"], module.params["wait_timeout"])
    except KeysMissingError as error:
        module.fail_json(msg=str(error))
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg="Failed to read the console of an instance")
    module.exit_json(changed=False, host_keys=keys)


if __name__ == "__main__":
    main()
