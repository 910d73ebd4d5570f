#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_database_info
short_description: Tell whether a Chainlink node can work on its database, and if not, why
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks the database of an estate as the node's own user, with the very URL that the node would have, and tells who
    holds the lease, which release and schema it is at, and what the node would miss.
  - A node that may not write, or may not create tables, says nothing and waits for the lease for ever. Here is the
    reason.
  - Runs on a node host, since the database is reached from there only. Reads the estate record and the secrets with
    the role of the instance, so no password is among its arguments. Changes nothing.
requirements:
  - boto3
  - psycopg2
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - nodeops.chainlink.estate
options:
  expect_usable:
    description: Whether to fail, with every cause, for a database that the node cannot work on.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to go on asking while what is wrong may pass by itself, as in a failover of the cluster. These are a
        name that is not known, a closed port, a database that starts, exhausted connections, and a reader.
    type: int
    default: 0
seealso:
  - module: nodeops.chainlink.chainlink_health
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Refuse a database that the node would wait on for ever
  nodeops.chainlink.chainlink_database_info:
    estate: oracle
    expect_usable: true

- name: Tell who holds the lease
  nodeops.chainlink.chainlink_database_info:
    estate: oracle
  register: database
"""

RETURN = r"""
usable:
  description: Whether the node can work on the database as it is.
  returned: when record and secrets could be read
  type: bool
  sample: true
findings:
  description: Why the node cannot work on it, each with what to do.
  returned: when record and secrets could be read, or do not fit
  type: list
  elements: str
  sample: []
warnings_found:
  description: What will not go well for long, such as too few connections for two nodes.
  returned: when record and secrets could be read
  type: list
  elements: str
  sample: []
failure:
  description:
    - Why there is no connection, or null where there is one.
    - One of V(name), V(port), V(tls), V(login), V(database), V(connections), V(starting) and V(other).
  returned: when record and secrets could be read
  type: str
  sample: login
database:
  description: What the node's user finds, or null without a connection.
  returned: when record and secrets could be read
  type: dict
  contains:
    server_version:
      description: Version of PostgreSQL.
      type: str
      sample: "16.8"
    in_recovery:
      description: Whether this is a reader.
      type: bool
      sample: false
    read_only:
      description: Whether it takes no writes.
      type: bool
      sample: false
    user:
      description: The node's user.
      type: str
      sample: chainlink
    database:
      description: Name of the database.
      type: str
      sample: chainlink
    owner:
      description: Owner of the database.
      type: str
      sample: chainlink
    owns_database:
      description: Whether the user owns the database, itself or as a member of the owner.
      type: bool
      sample: true
    creates_schemas:
      description: Whether the user may create schemas in it.
      type: bool
      sample: true
    schema:
      description: Schema in which the node's tables are created, or null where the user may use none.
      type: str
      sample: public
    creates_tables:
      description: Whether the user may create tables there.
      type: bool
      sample: true
    encrypted:
      description: Whether the connection is encrypted.
      type: bool
      sample: true
    most_connections:
      description: How many connections the server takes.
      type: int
      sample: 1722
    reserved_connections:
      description: How many of these are kept for superusers.
      type: int
      sample: 3
    used_connections:
      description: How many are open, of all users.
      type: int
      sample: 14
    database_limit:
      description: How many the database takes, V(-1) for any number.
      type: int
      sample: -1
    user_limit:
      description: How many the user may have, V(-1) for any number.
      type: int
      sample: -1
    tables:
      description: Tables of the node that were looked at, as far as they exist.
      type: list
      elements: dict
      sample: [{"name": "lease_lock", "owner": "chainlink", "owned": true, "lacking": []}]
    node_version:
      description: The newest release that has used the database. No older one starts on it.
      type: str
      sample: 2.46.0
    schema_version:
      description: Number of the last migration.
      type: int
      sample: 287
    lease:
      description: The lease, as M(nodeops.chainlink.chainlink_health) returns it, or null before the first node.
      type: dict
"""

import time
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.metadata import InstanceMetadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.record import RecordError
from ansible_collections.nodeops.chainlink.plugins.module_utils._database import judge, query
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import source
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.render import database_connections
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings, SettingsError

PAUSE_SECONDS = 2


def settings_of(estate: str, region: str | None) -> NodeSettings:
    """What the node of this estate is configured with; raises the errors that main() tells."""
    region = region or InstanceMetadata().region()
    return source.read(client("ssm", region), client("secretsmanager", region), estate).settings


def look(settings: NodeSettings) -> tuple[dict[str, Any], bool]:
    """The answer of the module, and whether what is wrong may pass by itself."""
    url = settings.database.url
    try:
        facts = query.look(url)
    except query.DatabaseError as error:
        failure = judge.explain(str(error), query.address(url))
        findings = [failure.cause]
        answer = {"findings": findings, "warnings_found": [], "failure": failure.kind, "database": None}
        return {"usable": False, **answer}, failure.kind in judge.PASSING
    demands = judge.Demands(settings.release.version, database_connections(settings.generation))
    verdict = judge.judge(facts, query.address(url), demands)
    found = {**asdict(facts), "lease": None if facts.lease is None else judge.lease_as_dict(facts.lease)}
    return {
        "usable": not verdict.findings,
        "findings": list(verdict.findings),
        "warnings_found": list(verdict.warnings),
        "failure": None,
        "database": found,
    }, verdict.passing


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "estate": {"type": "str", "required": True},
            "region": {"type": "str"},
            "expect_usable": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    deadline = time.monotonic() + module.params["timeout"]
    try:
        settings = settings_of(module.params["estate"], module.params["region"])
    except SettingsError as error:
        module.fail_json(msg=str(error), findings=error.findings)
    except (AwsError, RecordError) as error:
        module.fail_json(msg=str(error))
    answer, passing = look(settings)
    while passing and time.monotonic() + PAUSE_SECONDS < deadline:
        time.sleep(PAUSE_SECONDS)
        answer, passing = look(settings)
    for warning in answer["warnings_found"]:
        module.warn(warning)
    if module.params["expect_usable"] and not answer["usable"]:
        name = settings.estate
        module.fail_json(
            msg=f"the node of estate {name} cannot work on its database: " + "; ".join(answer["findings"]), **answer
        )
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
