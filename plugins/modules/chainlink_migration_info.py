#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_migration_info
short_description: Tell what speaks against running the node of an estate with a 2.x release
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks the 1.x node that runs on this host for its settings as TOML, as C(chainlink config dump) does, and compares
    them with the files that a 2.x release would be given. A 1.x node may have settings, chains and RPC endpoints in
    its database, where somebody has put them by hand, and a 2.x node reads its files alone.
  - Tells besides what the 2.x release would miss in record and secrets, such as an C(http_url) of an RPC endpoint.
  - Signs in as the node's first user, with the password of the secret C(<estate>/api), and ends the session again.
    Changes nothing, and returns nothing secret.
  - A host whose node does not serve is not asked for its settings. Whether that is in order is not the module's affair.
requirements:
  - boto3
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - nodeops.chainlink.estate
options:
  release:
    description: The 2.x release to reach, C(X.Y.Z).
    type: str
    required: true
  additions:
    description:
      - What C(config.toml) has besides what the collection renders, as text of JSON.
      - When not given, what the secret of the RPC endpoints holds.
    type: str
  dropped:
    description:
      - Settings of the running node that may get lost, by their full keys. A key stands for all below it.
      - A chain is named by its id, as in V(EVM.11155111.FinalityDepth), an RPC endpoint by its name, as in
        V(EVM.11155111.Nodes.old).
    type: list
    elements: str
    default: []
  serves:
    description: Whether the node on this host serves, so that it can be asked.
    type: bool
    default: true
  url:
    description: Base URL of the node on this host.
    type: str
    default: http://127.0.0.1:6688
seealso:
  - module: nodeops.chainlink.chainlink_upgrade_info
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Tell what would get lost
  nodeops.chainlink.chainlink_migration_info:
    estate: oracle
    release: 2.9.0
    dropped: [EVM.11155111.FinalityDepth]
  register: migration
"""

RETURN = r"""
problems:
  description: Everything that speaks against the release, undecided differences included.
  returned: success
  type: list
  elements: str
  sample:
    - >-
      EVM.11155111.FinalityDepth is 70 now and would be the release's default; write it into chainlink_extra_config, or
      name it in estate_migration_dropped
dropped:
  description: What gets lost because O(dropped) says that it may.
  returned: success
  type: list
  elements: str
  sample: [EVM.5 is a chain of the running node that chainlink_chains does not have]
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.metadata import InstanceMetadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.record import EstateRecord, RecordError
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import (
    api,
    dump,
    extra,
    migration,
    render,
    source,
    toml,
    validation,
)
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings, SettingsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._release.version import ReleaseError


def additions_of(text: str | None, record: EstateRecord) -> tuple[Mapping[str, Any] | None, list[str]]:
    """The additions that the option holds, and what is wrong with them for the chains of the record."""
    if text is None:
        return None, []
    additions = json.loads(text)
    found = extra.problems(additions, [chain.chain_id for chain in record.chains])
    return ({} if found else additions), [f"chainlink_extra_config: {problem}" for problem in found]


def differences(params: Mapping[str, Any], settings: NodeSettings) -> list[migration.Difference]:
    """What the running node has and the files for the release have not; raises ApiError or TomlError."""
    credentials = api.Credentials(settings.api_email, settings.api_password, f"{settings.estate}/api")
    dumped = toml.read(dump.ask(params["url"], credentials))
    return migration.compare(dumped, render.config(settings), settings.release.version)


def look(params: Mapping[str, Any]) -> tuple[list[str], list[migration.Difference]]:
    """What is wrong with record, secrets and additions, and the differences; raises the errors that main() tells."""
    region = params["region"] or InstanceMetadata().region()
    record = source.read_record(client("ssm", region), params["estate"])
    release = validation.target(record.release, params["release"], None, None, None)
    additions, problems = additions_of(params["additions"], record)
    try:
        sources = source.complete(client("secretsmanager", region), replace(record, release=release), additions)
        found = differences(params, sources.settings) if params["serves"] else []
    except SettingsError as error:
        return problems + error.findings, []
    except api.ApiError as error:
        return [*problems, str(error)], []
    except toml.TomlError as error:
        return [*problems, f"the settings that the node says cannot be read: {error}"], []
    return problems, found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "region": {"type": "str"},
            "release": {"type": "str", "required": True},
            "additions": {"type": "str", "no_log": True},
            "dropped": {"type": "list", "elements": "str", "default": []},
            "serves": {"type": "bool", "default": True},
            "url": {"type": "str", "default": "http://127.0.0.1:6688"},
        },
        supports_check_mode=True,
    )
    dropped = module.params["dropped"]
    try:
        problems, found = look(module.params)
    except (AwsError, RecordError, ReleaseError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        problems=problems + migration.undecided(found, dropped),
        dropped=[f"{one.key} {one.said}" for one in found if migration.is_dropped(one, dropped)],
    )


if __name__ == "__main__":
    main()
