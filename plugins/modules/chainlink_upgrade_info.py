#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_upgrade_info
short_description: Plan the upgrade or migration of an estate, or what an interrupted one does next
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Compares the record of an estate and what its hosts run with the release to reach, and tells what to do next, on
    which host first, or everything that speaks against it.
  - The module asks nobody and changes nothing, so the same arguments give the same plan.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  record:
    description: The estate record. Its key C(upgrade) is there while an upgrade is under way.
    type: dict
    required: true
  hosts:
    description: Reports of the estate's node hosts, as M(nodeops.chainlink.chainlink_health) returned them.
    type: list
    elements: dict
    required: true
  release:
    description: The release to reach, C(X.Y.Z).
    type: str
    required: true
  operation:
    description:
      - Which step is meant. An V(upgrade) stays in the major series.
      - A V(migration) goes from 1.13.x, which reads its environment, to 2.x, which reads files.
    type: str
    choices: [upgrade, migration]
    default: upgrade
  problems:
    description: What others have found to speak against it. It is told together with what this module finds.
    type: list
    elements: str
    default: []
seealso:
  - module: nodeops.chainlink.chainlink_health
  - module: nodeops.chainlink.chainlink_migration_info
  - module: nodeops.chainlink.chainlink_release_info
"""

EXAMPLES = r"""
- name: Plan the upgrade
  nodeops.chainlink.chainlink_upgrade_info:
    record: "{{ estate_recorded }}"
    hosts: "{{ groups['nodes'] | map('extract', hostvars, 'chainlink_node_health') | list }}"
    release: 2.46.0
  register: plan
"""

RETURN = r"""
state:
  description:
    - V(done) - every host runs the release already.
    - V(begin) - a new upgrade may begin.
    - V(continue) - one that was interrupted before its handover goes on. It can still be undone for nothing.
    - V(finish) - one that was interrupted at its handover or later goes on.
  returned: success
  type: str
  sample: begin
operation:
  description: What O(operation) says.
  returned: success
  type: str
  sample: upgrade
first:
  description: The host that gets the release first.
  returned: success
  type: str
  sample: i-0fedcba9876543210
last:
  description: The host that serves until the handover.
  returned: success
  type: str
  sample: i-0123456789abcdef0
old:
  description: The release that the upgrade starts from.
  returned: success
  type: str
  sample: 2.29.0
new:
  description: The release that the upgrade reaches.
  returned: success
  type: str
  sample: 2.46.0
most_failing:
  description: How many checks of an active node may fail after the upgrade, which is how many failed before.
  returned: success
  type: int
  sample: 0
snapshot:
  description: The snapshot of the database that an interrupted upgrade had made, or null.
  returned: success
  type: str
  sample: null
findings:
  description: Everything that speaks against the upgrade.
  returned: always
  type: list
  elements: str
  sample: []
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import upgrade


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "record": {"type": "dict", "required": True},
            "hosts": {"type": "list", "elements": "dict", "required": True},
            "release": {"type": "str", "required": True},
            "operation": {
                "type": "str",
                "choices": [upgrade.UPGRADE, upgrade.MIGRATION],
                "default": upgrade.UPGRADE,
            },
            "problems": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    plan = upgrade.plan(params["record"], params["hosts"], params["release"], params["operation"], params["problems"])
    if plan.findings:
        module.fail_json(
            msg=f"The {params['operation']} cannot begin: " + "; ".join(plan.findings) + ". Nothing has been changed.",
            findings=plan.findings,
        )
    module.exit_json(changed=False, operation=params["operation"], **asdict(plan))


if __name__ == "__main__":
    main()
