#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_database_offer_info
short_description: Choose the database's engine version and see that the region has what is wanted
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks RDS which versions of Aurora PostgreSQL the region offers, and takes the wanted one, or the newest of a major
    version on which a node runs (14 to 17).
  - The version of a cluster that exists is taken as it is. Refused is another version, port or name of its
    database, which no run changes.
  - Asks whether the class of the instances can be ordered for that version in every zone, and names everything that
    cannot be had at once.
requirements:
  - boto3
  - botocore
options:
  cluster:
    description: Identifier of the cluster.
    type: str
    required: true
  engine_version:
    description: The wanted version, or nothing for the newest.
    type: str
    default: ""
  instance_class:
    description: Class of the instances.
    type: str
    required: true
  port:
    description: Port of the database.
    type: int
    default: 5432
  database_name:
    description: Name of the database.
    type: str
    default: chainlink
  zones:
    description: Zones in which they are to run. One zone is refused where the cluster has a second instance by now.
    type: list
    elements: str
    required: true
  monitoring:
    description: Whether Enhanced Monitoring is wanted.
    type: bool
    default: false
  insights:
    description: Whether Performance Insights is wanted.
    type: bool
    default: false
  expect_right:
    description:
      - Whether to fail where there is a problem. Otherwise RV(problems) alone tells, for a caller that tells all of
        several looks together.
    type: bool
    default: true
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: amazon.aws.rds_engine_versions_info
"""

EXAMPLES = r"""
- name: See what there is for the database
  nodeops.chainlink.chainlink_database_offer_info:
    region: eu-central-1
    cluster: oracle-database
    instance_class: db.r6g.large
    zones: [eu-central-1a, eu-central-1b]
  register: offer
"""

RETURN = r"""
engine_version:
  description: The version that the cluster has or is to have. Null where there is a problem.
  returned: success
  type: str
  sample: "17.5"
running:
  description: Whether the cluster exists. Null where there is a problem.
  returned: success
  type: bool
  sample: false
problems:
  description: What cannot be had. Empty where there is nothing.
  returned: always
  type: list
  elements: dict
  contains:
    variable:
      description: The variable that asks for it.
      type: str
      sample: estate_database_engine_version
    message:
      description: What is wrong and what to do.
      type: str
      sample: 14.7 is not on offer in the region; choose one of 14.15, 14.17, or leave it out for the newest
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import database
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import database_offer


def choose(rds: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The version, after a look at what can be ordered; raises OfferError."""
    running = database_offer.running(rds, params["cluster"])
    if running is not None:
        # Instances that exist already may be of a class that is sold no more.
        database.check_running(
            running, params["engine_version"], params["port"], params["database_name"], len(params["zones"])
        )
        return {"engine_version": running["EngineVersion"], "running": True}
    version = database.choose_version(params["engine_version"], database_offer.versions(rds))
    options = database_offer.options(rds, version, params["instance_class"])
    database.check_class(params["instance_class"], version, options, params["zones"], params)
    return {"engine_version": version, "running": False}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "cluster": {"type": "str", "required": True},
            "engine_version": {"type": "str", "default": ""},
            "instance_class": {"type": "str", "required": True},
            "port": {"type": "int", "default": 5432},
            "database_name": {"type": "str", "default": "chainlink"},
            "zones": {"type": "list", "elements": "str", "required": True},
            "monitoring": {"type": "bool", "default": False},
            "insights": {"type": "bool", "default": False},
            "expect_right": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    answer: dict[str, Any] = {"engine_version": None, "running": None}
    problems: list[dict[str, str]] = []
    try:
        answer = choose(module.client("rds"), module.params)
    except database.OfferError as error:
        problems = [{"variable": variable, "message": message} for variable, message in error.problems]
        if module.params["expect_right"]:
            message = f"The region does not have what is wanted, nothing has been changed:\n{error}"
            module.fail_json(msg=message, problems=problems)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg="Failed to ask what the region offers")
    module.exit_json(changed=False, problems=problems, **answer)


if __name__ == "__main__":
    main()
