#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_escrow_info
short_description: Tell whether the keys of an estate can be exported, and into which file
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Compares what its hosts run with the record of an estate, looks at the recipient's public key and at the place of
    the file, and fails with everything that speaks against an export at once.
  - The module asks nobody and changes nothing. It runs on the controller, since the file will be there.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  record:
    description: The estate record.
    type: dict
    required: true
  hosts:
    description: Reports of the estate's node hosts, as M(nodeops.chainlink.chainlink_health) returned them.
    type: list
    elements: dict
    required: true
  recipient:
    description:
      - For whom the export is. The public key of an age identity, or the ARN or the alias of a KMS key, see
        M(nodeops.chainlink.chainlink_escrow_identity).
    type: str
    required: true
  problems:
    description: What others have found to speak against it. It is told together with what this module finds.
    type: list
    elements: str
    default: []
  file:
    description:
      - Where the export is to be. It must not exist.
      - When not given, a name of the estate and this moment, as in V(oracle-keys-20260821T100000Z.age), or
        V(oracle-keys-20260821T100000Z.kms.json) for a KMS key.
    type: str
    default: ""
  directory:
    description: Where the file is when O(file) is not given or relative.
    type: path
    required: true
seealso:
  - module: nodeops.chainlink.chainlink_escrow
  - module: nodeops.chainlink.chainlink_escrow_identity
"""

EXAMPLES = r"""
- name: Refuse what cannot be
  nodeops.chainlink.chainlink_escrow_info:
    record: "{{ estate_recorded }}"
    hosts: "{{ groups['nodes'] | map('extract', hostvars, 'chainlink_node_health') | list }}"
    recipient: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
    directory: "{{ lookup('ansible.builtin.env', 'PWD') }}"
  register: plan
"""

RETURN = r"""
file:
  description: Absolute path of the file.
  returned: success
  type: str
  sample: /home/operator/oracle-keys-20260821T100000Z.age
findings:
  description: Everything that speaks against an export.
  returned: failure
  type: list
  elements: str
  sample:
    - estate_escrow_recipient does not fit its own checksum
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import escrow


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "record": {"type": "dict", "required": True},
            "hosts": {"type": "list", "elements": "dict", "required": True},
            "recipient": {"type": "str", "required": True},
            "problems": {"type": "list", "elements": "str", "default": []},
            "file": {"type": "str", "default": ""},
            "directory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    params, recipient = module.params, module.params["recipient"]
    now = datetime.datetime.now(datetime.timezone.utc)
    path = escrow.file_of(str(params["record"].get("estate")), params["file"], recipient, params["directory"], now)
    target = escrow.look(path)
    findings = escrow.problems(params["record"], params["hosts"], recipient, path, target, params["problems"])
    if findings:
        module.fail_json(msg="no keys can be exported: " + "; ".join(findings), findings=findings)
    module.exit_json(changed=False, file=path)


if __name__ == "__main__":
    main()
