#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_destroy_info
short_description: Tell what stands of an estate, what speaks against destroying it, and what would be kept
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Looks for everything of an estate by tag and by name, so that it also finds what an interrupted creation or removal
    has left.
  - Names every refusal at once, without failing.
  - The keys of the nodes lie in the database. Its snapshots, the secret with the keystore's password and the estate's
    key are needed together to have them back, so they are kept together, unless O(give_up_keys) is the estate's name.
  - Changes nothing. Runs on the controller.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  confirm:
    description: The estate's name, typed by whoever wants it destroyed.
    type: str
    default: ""
  lift_deletion_protection:
    description: Whether the deletion protection of the database may be lifted.
    type: bool
    default: false
  give_up_keys:
    description: The estate's name, typed by whoever wants the keys of its nodes lost for ever.
    type: str
    default: ""
  keep_logs:
    description: Whether the log groups stay.
    type: bool
    default: false
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: nodeops.chainlink.chainlink_cost_info
"""

EXAMPLES = r"""
- name: See what stands of the estate
  nodeops.chainlink.chainlink_destroy_info:
    estate: oracle
    region: eu-central-1
"""

RETURN = r"""
refusals:
  description: Everything that speaks against destroying the estate, each with what to do.
  returned: success
  type: list
  elements: str
  sample: ["estate_destroy_confirm is ''; write the name of the estate to destroy it: oracle"]
holdings:
  description: What stands of the estate and is to go, a line for each kind. Empty where nothing is left to remove.
  returned: success
  type: list
  elements: str
  sample: ["database clusters: oracle-database", "vpc: vpc-0d1f..."]
keeps_key:
  description: Whether the estate's key stays.
  returned: success
  type: bool
  sample: true
keeps_keystore:
  description: Whether the secret with the keystore's password stays.
  returned: success
  type: bool
  sample: true
snapshots:
  description: The manual cluster snapshots of the estate.
  returned: success
  type: list
  elements: str
  sample: ["oracle-2-46-0-final-20261128093000"]
kept:
  description: What stands now of that which stays after the removal, a line for each, with its price a month.
  returned: success
  type: list
  elements: str
  sample: ["key 5c1f...: without it the snapshots cannot be read, 1.00 USD a month; to remove it, run ..."]
"""

import contextlib

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import cost, destroy, holdings


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "confirm": {"type": "str", "default": ""},
            "lift_deletion_protection": {"type": "bool", "default": False},
            "give_up_keys": {"type": "str", "default": "", "no_log": False},
            "keep_logs": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    wish = destroy.Wish(
        confirm=params["confirm"],
        lift_deletion_protection=params["lift_deletion_protection"],
        give_up_keys=params["give_up_keys"],
        keep_logs=params["keep_logs"],
    )
    try:
        found = holdings.look(module.client, params["estate"], module.region)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to see what stands of estate {params['estate']}")
    module.exit_json(
        changed=False,
        refusals=destroy.refusals(found, wish),
        holdings=destroy.holdings(found, wish),
        keeps_key=destroy.keeps_key(found, wish),
        keeps_keystore=destroy.keeps_keystore(found, wish),
        snapshots=[snapshot.name for snapshot in found.snapshots if snapshot.kind == "manual"],
        kept=[cost.in_words(item, module.region) for item in destroy.kept(found, wish)],
    )


if __name__ == "__main__":
    main()
