#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_env
short_description: Render the files of a Chainlink node from AWS
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Reads the estate record and the secrets of an estate with the role of the instance it runs on, checks them as a
    whole, and writes the node's files into memory.
  - A 1.x node gets C(.env), C(.password) and C(.api). A 2.x node gets C(config.toml), C(secrets.toml), C(.password)
    and C(.api). Files of the other generation are removed.
  - Besides, it writes the launch description, which says what C(chainlink-host run) runs and holds no secret. So a
    new release shows as a change even where the node's files stay the same.
  - Everything is checked before anything is written, and all that is wrong is told at once.
  - Every file is replaced whole or not at all.
  - C(chainlink-host render) does the same at every start of the node, with the same code.
requirements:
  - boto3
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.estate
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The diff shows names, owners, modes and fingerprints, never a value.
      - Fingerprints are keyed at random for every run. They can be compared within one diff only.
  idempotent:
    support: full
options:
  directory:
    description:
      - Directory for the node's files. It should be in memory.
      - Its parent must exist. The directory itself is created with mode V(0500), the files have mode V(0400).
    type: path
    default: /run/chainlink
  launch_file:
    description: File for the launch description, with mode V(0644). Its directory must exist.
    type: path
    default: /run/chainlink-launch.json
  owner:
    description: User id of the owner of directory and files. The default is the user of the node's image.
    type: int
    default: 14933
  group:
    description: Group id of directory and files. The default is the group of the node's image.
    type: int
    default: 14933
seealso:
  - module: nodeops.chainlink.chainlink_health
  - module: nodeops.chainlink.chainlink_preflight
"""

EXAMPLES = r"""
- name: Render the node's files
  nodeops.chainlink.chainlink_env:
    estate: oracle
  register: env

- name: Tell what the next start would run
  nodeops.chainlink.chainlink_env:
    estate: oracle
  check_mode: true
  diff: true
"""

RETURN = r"""
release:
  description: The release that the estate record names.
  returned: success
  type: str
  sample: 2.46.0
generation:
  description: How that release is configured, V(1.x) by environment variables or V(2.x) by TOML files.
  returned: success
  type: str
  sample: 2.x
files:
  description: Every file and what happened to it, or would happen in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: /run/chainlink/config.toml
    action:
      description: One of V(create), V(update), V(permissions), V(remove) and V(keep).
      type: str
      sample: keep
findings:
  description: What is wrong with record and secrets, one message for each problem.
  returned: when record or secrets do not fit
  type: list
  elements: str
  sample:
    - chainlink_api_password (secret oracle/api) is shorter than 16 bytes; choose a longer one
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.metadata import InstanceMetadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.record import RecordError
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import container, files, host, source
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import SettingsError


def plan(params: dict[str, Any]) -> tuple[source.Sources, files.Plan]:
    """What the host should hold and what must change for that; raises the errors that main() tells."""
    metadata = InstanceMetadata()
    region = params["region"] or metadata.region()
    sources = source.read(client("ssm", region), client("secretsmanager", region), params["estate"])
    place = files.Place(params["directory"], params["owner"], params["group"])
    return sources, host.plan(sources, metadata.instance_id(), place, params["launch_file"], host.memory_mib())


def result(sources: source.Sources, plan_: files.Plan) -> dict[str, Any]:
    """What the module returns for a plan."""
    before, after = files.describe(plan_)
    return {
        "changed": plan_.changed,
        "release": str(sources.settings.release.version),
        "generation": sources.settings.generation,
        "files": [
            {"path": os.path.join(plan_.place.directory, change.name), "action": change.action}
            for change in plan_.changes
        ],
        "diff": {
            "before": before,
            "after": after,
            "before_header": plan_.place.directory,
            "after_header": plan_.place.directory,
        },
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "region": {"type": "str"},
            "directory": {"type": "path", "default": host.DIRECTORY},
            "launch_file": {"type": "path", "default": host.LAUNCH_FILE},
            "owner": {"type": "int", "default": container.USER_ID},
            "group": {"type": "int", "default": container.GROUP_ID},
        },
        supports_check_mode=True,
    )
    try:
        sources, plan_ = plan(module.params)
        answer = result(sources, plan_)
        if not module.check_mode:
            files.apply(plan_)
    except SettingsError as error:
        module.fail_json(msg=str(error), findings=error.findings)
    except (AwsError, RecordError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"could not write the node's files: {files.explain(error)}")
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
