#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_escrow
short_description: Export the keys of a running node, encrypted to a recipient and proven
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks the node on this host, as its first user, for all keys that its interface exports, imports them into a
    throw-away node of the same release, and returns them encrypted when that node shows the same keys.
  - The throw-away node has a database of its own in the estate's cluster, a container of its own, no jobs and no way to
    any chain. Nothing of it is left, and what an interrupted run has left is removed by the next one.
  - Runs on the host of the active node, so that no key leaves it but encrypted to the recipient. Reads the estate
    record and the secrets with the role of the instance. The password of the master user comes from the controller,
    whose user may read it; the instance may not.
requirements:
  - boto3
  - psycopg2
  - age
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.estate
attributes:
  check_mode:
    support: full
    details:
      - Lists the keys that would be exported. For that somebody has to sign in to the node, and signs out again.
  diff_mode:
    support: none
    details:
      - What it makes is a secret.
  idempotent:
    support: full
    details:
      - An export changes neither node nor estate. What an interrupted run has left is removed once.
options:
  state:
    description:
      - V(exported) makes an export.
      - V(absent) removes what an interrupted export has left. It waits for one that still runs on this host.
    type: str
    choices: [exported, absent]
    default: exported
  recipient:
    description:
      - Public key of the age identity that alone will be able to decrypt the export.
      - Required for O(state=exported).
    type: str
  login_user:
    description: Master user of the estate's database, which creates and removes the throw-away node's.
    type: str
    required: true
  login_password:
    description: Password of the master user.
    type: str
    required: true
  timeout:
    description: Seconds that the throw-away node may take to start, and that another export on this host is waited for.
    type: int
    default: 300
  url:
    description: Base URL of the node on this host.
    type: str
    default: http://127.0.0.1:6688
  directory:
    description: Where the files of the throw-away node are meanwhile. It must be in memory.
    type: path
    default: /run/chainlink-escrow
seealso:
  - module: nodeops.chainlink.chainlink_escrow_info
"""

EXAMPLES = r"""
- name: Export the keys
  nodeops.chainlink.chainlink_escrow:
    estate: oracle
    recipient: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
    login_user: "{{ master.username }}"
    login_password: "{{ master.password }}"
  no_log: true
  register: escrow
"""

RETURN = r"""
keys:
  description: The keys that are in the export, or would be.
  returned: when O(state=exported)
  type: list
  elements: dict
  contains:
    kind:
      description: Kind of the key, as the node's interface calls it.
      type: str
      sample: eth
    id:
      description: Address, public key or whatever else names it.
      type: str
      sample: "0x9CA9d2D5E04012C9Ed24C0e513C9bfAa4A2dD77f"
    chains:
      description: The chains that a sending key is used on.
      returned: for sending keys
      type: list
      elements: str
      sample: ["11155111"]
not_exported:
  description: Keys that the node has and its interface does not export, each with kind and id.
  returned: when O(state=exported)
  type: list
  elements: dict
  sample: []
ciphertext:
  description: The export, in ASCII armour. Only the recipient can decrypt it.
  returned: when O(state=exported), not in check mode
  type: str
removed:
  description: What an interrupted run had left.
  returned: when O(state=absent)
  type: list
  elements: str
  sample: [container chainlink-escrow]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.metadata import InstanceMetadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.record import RecordError
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import bundle, database, export
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import recipient as recipients
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import alone, files, source
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings, SettingsError


def settings_of(estate: str, region: str | None) -> NodeSettings:
    """What the node of this estate is configured with; raises the errors that main() tells."""
    region = region or InstanceMetadata().region()
    return source.read(client("ssm", region), client("secretsmanager", region), estate).settings


def order_of(params: dict[str, Any]) -> export.Order:
    return export.Order(
        settings=settings_of(params["estate"], params["region"]),
        master=database.Master(params["login_user"], params["login_password"]),
        recipient=params["recipient"] or "",
        url=params["url"],
        directory=params["directory"],
        seconds=params["timeout"],
    )


def act(order: export.Order, state: str, check_mode: bool) -> dict[str, Any]:
    """The answer of the module; raises the errors that main() tells."""
    if state == "exported" and check_mode:
        return told(export.look(order))
    if check_mode:
        found = export.left_over(order)
        return {"changed": bool(found), "removed": found}
    with alone.alone(f"{order.directory}.lock", order.seconds), alone.ending_by_signals() as hold_signals:
        # One that was killed could not clean up.
        removed = export.clean(order)
        if state == "absent":
            return {"changed": bool(removed), "removed": removed}
        done = export.export(order, hold_signals)
        return {**told(done), "ciphertext": done.text}


def told(done: export.Done) -> dict[str, Any]:
    return {
        "changed": False,
        "keys": [bundle.as_dict(key) for key in done.exported],
        "not_exported": [bundle.as_dict(key) for key in done.left],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "region": {"type": "str"},
            "state": {"type": "str", "choices": ["exported", "absent"], "default": "exported"},
            "recipient": {"type": "str"},
            "login_user": {"type": "str", "required": True},
            "login_password": {"type": "str", "required": True, "no_log": True},
            "timeout": {"type": "int", "default": 300},
            "url": {"type": "str", "default": "http://127.0.0.1:6688"},
            "directory": {"type": "path", "default": "/run/chainlink-escrow"},
        },
        required_if=[("state", "exported", ["recipient"])],
        supports_check_mode=True,
    )
    params = module.params
    if params["state"] == "exported":
        wrong = recipients.public_key_problems(params["recipient"])
        if wrong:
            module.fail_json(msg=f"the recipient {'; '.join(wrong)}")
    try:
        answer = act(order_of(params), params["state"], module.check_mode)
    except (AwsError, RecordError, SettingsError, *export.FAILURES) as error:
        module.fail_json(msg=str(error))
    except alone.BusyError:
        module.fail_json(msg="another export runs on this host; wait until it ends, and run this again")
    except OSError as error:
        module.fail_json(msg=files.explain(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
