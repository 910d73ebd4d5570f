#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_lock
short_description: Keep two operations from changing one estate at once
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Takes the lock of an estate for an operation, or gives it back.
  - The lock is the SSM parameter C(/nodeops/<estate>/lock). It exists only while an operation runs, and creating it is
    atomic, so of two operations that begin at once one is refused, with who holds the lock since when.
  - It belongs to the C(ansible-playbook) process that took it. Taking it again in the same run is no change.
  - A run that ended without giving it back is known by its process, so the next run on the same controller and by the
    same user takes the lock over and says so. From another controller O(take_over) names it.
  - Runs on the controller.
requirements:
  - boto3
  - botocore
options:
  estate:
    description: Name of the estate.
    type: str
    required: true
  operation:
    description: What is going to change the estate, such as V(upgrade). Needed with O(state=held).
    type: str
  state:
    description: Whether this run holds the lock.
    type: str
    choices: [held, released]
    default: held
  take_over:
    description: The id of a lock whose holder is known to run no more, as the refusal named it.
    type: str
    default: ""
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
    details:
      - Takes nothing; is refused where the real run would be.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - Within one run of C(ansible-playbook).
"""

EXAMPLES = r"""
- name: Keep other operations away
  nodeops.chainlink.chainlink_lock:
    estate: oracle
    region: eu-central-1
    operation: upgrade

- name: Let other operations in again
  nodeops.chainlink.chainlink_lock:
    estate: oracle
    region: eu-central-1
    state: released
"""

RETURN = r"""
lock:
  description: The lock that this run holds, would hold in check mode, or has given back. Null where it held none.
  returned: success
  type: dict
  sample:
    id: 5f3a9c01
    operation: upgrade
    holder: alice@controller
    process: 6f1a8f1e-4711-90210
    since: "2026-11-28T09:30:00Z"
taken_over:
  description: The lock of a run that had ended without giving it back, or null.
  returned: success
  type: dict
  sample: null
"""

import contextlib
import getpass
import secrets
import socket
import time
from dataclasses import asdict

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import parameters
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import lock as locks
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import process


def wanted_lock(operation: str) -> locks.Lock:
    """The lock that this run would hold."""
    return locks.Lock(
        id=secrets.token_hex(4),
        operation=operation,
        holder=f"{getpass.getuser()}@{socket.gethostname()}",
        process=process.controller_process(),
        since=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )


def hold(ssm: object, estate: str, wanted: locks.Lock, take_over: str, check_mode: bool) -> dict[str, object]:
    """Take the lock; raises LockError where somebody else holds it."""
    name = locks.parameter_name(estate)
    if not check_mode and parameters.create(ssm, name, locks.to_json(wanted)):
        return {"changed": True, "lock": asdict(wanted), "taken_over": None}
    there = parameters.read(ssm, name)
    if there is None:
        if check_mode:
            return {"changed": True, "lock": asdict(wanted), "taken_over": None}
        raise locks.LockError(f"The lock of estate {estate} was given back at this moment; run this again.")
    found = locks.parse(there[0])
    decision = locks.decide(found, wanted, take_over, process.is_running)
    if decision == locks.REFUSE:
        raise locks.LockError(locks.refusal(estate, found))
    if decision == locks.OURS:
        return {"changed": False, "lock": asdict(found), "taken_over": None}
    if not check_mode:
        parameters.replace(ssm, name, locks.to_json(wanted), there[1])
    return {"changed": True, "lock": asdict(wanted), "taken_over": asdict(found)}


def release(ssm: object, estate: str, check_mode: bool) -> dict[str, object]:
    """Give the lock back where this run holds it."""
    name = locks.parameter_name(estate)
    there = parameters.read(ssm, name)
    found = None if there is None else locks.parse(there[0])
    if found is None or locks.decide(found, wanted_lock(found.operation), "", lambda _process: True) != locks.OURS:
        return {"changed": False, "lock": None, "taken_over": None}
    if not check_mode:
        parameters.delete(ssm, name)
    return {"changed": True, "lock": asdict(found), "taken_over": None}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "operation": {"type": "str"},
            "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
            "take_over": {"type": "str", "default": ""},
        },
        required_if=[("state", "held", ["operation"])],
        supports_check_mode=True,
    )
    params = module.params
    if params["state"] == "held" and not locks.OPERATION.fullmatch(params["operation"]):
        module.fail_json(msg=f"operation is {params['operation']!r}; write a short name such as upgrade")
    try:
        ssm = module.client("ssm")
        if params["state"] == "held":
            answer = hold(
                ssm, params["estate"], wanted_lock(params["operation"]), params["take_over"], module.check_mode
            )
        else:
            answer = release(ssm, params["estate"], module.check_mode)
    except (locks.LockError, AwsError) as error:
        module.fail_json(msg=str(error))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the lock of estate {params['estate']}")
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
