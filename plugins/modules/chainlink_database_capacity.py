#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_database_capacity
short_description: Keep the capacity range of a cluster's serverless instances
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Sets how much capacity the instances of class C(db.serverless) of an Aurora cluster may have.
  - M(amazon.aws.rds_cluster) fails on a cluster that has no such range yet, which a restored one never has.
requirements:
  - boto3
  - botocore
options:
  cluster:
    description: Identifier of the cluster.
    type: str
    required: true
  minimum:
    description: Least capacity in ACU.
    type: float
    required: true
  maximum:
    description: Most capacity in ACU.
    type: float
    required: true
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: amazon.aws.rds_cluster
"""

EXAMPLES = r"""
- name: Let the instances have up to 8 ACU
  nodeops.chainlink.chainlink_database_capacity:
    region: eu-central-1
    cluster: oracle-database
    minimum: 0.5
    maximum: 8
"""

RETURN = r"""
capacity:
  description: The range that the cluster has now, or would have in check mode.
  returned: success
  type: dict
  sample: {"MinCapacity": 0.5, "MaxCapacity": 8.0}
"""

import contextlib

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._services import compare, database_offer


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "cluster": {"type": "str", "required": True},
            "minimum": {"type": "float", "required": True},
            "maximum": {"type": "float", "required": True},
        },
        supports_check_mode=True,
    )
    cluster = module.params["cluster"]
    wanted = {"MinCapacity": module.params["minimum"], "MaxCapacity": module.params["maximum"]}
    try:
        rds = module.client("rds")
        running = database_offer.running(rds, cluster)
        if running is None and not module.check_mode:
            module.fail_json(msg=f"There is no cluster {cluster}.")
        there = (running or {}).get("ServerlessV2ScalingConfiguration") or {}
        changed = not compare.fits(wanted, there)
        if changed and not module.check_mode:
            rds.modify_db_cluster(
                DBClusterIdentifier=cluster, ServerlessV2ScalingConfiguration=wanted, ApplyImmediately=True
            )
            rds.get_waiter("db_cluster_available").wait(DBClusterIdentifier=cluster)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the capacity of cluster {cluster}")
    shown = {key: there.get(key) for key in wanted}
    module.exit_json(changed=changed, capacity=wanted, diff={"before": shown, "after": wanted})


if __name__ == "__main__":
    main()
