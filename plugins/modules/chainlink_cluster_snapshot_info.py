#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_cluster_snapshot_info
short_description: Look at a cluster snapshot, whoever made it
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Looks at one snapshot of a database cluster. RDS shows those that it has made by itself, or AWS Backup, only
    to who asks for their type, which their names give away. M(amazon.aws.rds_snapshot_info) does not know the latter.
  - Changes nothing.
requirements:
  - boto3
  - botocore
options:
  name:
    description: Name of the snapshot. One that RDS made begins with C(rds:), one of AWS Backup with C(awsbackup:).
    type: str
    required: true
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: amazon.aws.rds_snapshot_info
  - module: nodeops.chainlink.chainlink_restore_info
"""

EXAMPLES = r"""
- name: Look at a snapshot of AWS Backup
  nodeops.chainlink.chainlink_cluster_snapshot_info:
    region: eu-central-1
    name: awsbackup:job-5f5c7f0a-4d3e-4d3b-9c8e-0a1b2c3d4e5f
"""

RETURN = r"""
cluster_snapshots:
  description: The snapshot as M(amazon.aws.rds_snapshot_info) returns it; empty where there is none of this name.
  returned: success
  type: list
  elements: dict
  sample: [{"db_cluster_snapshot_identifier": "oracle-2-46-0-manual-20261128093000", "status": "available"}]
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

TYPES = {"awsbackup": "awsbackup", "rds": "automated"}


def query(name: str) -> dict[str, str]:
    """What DescribeDBClusterSnapshots is asked."""
    maker, colon, _rest = name.partition(":")
    kind = {"SnapshotType": TYPES[maker]} if colon and maker in TYPES else {}
    return {"DBClusterSnapshotIdentifier": name, **kind}


def described(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot as amazon.aws's info module writes it."""
    tags = boto3_tag_list_to_ansible_dict(snapshot.get("TagList", []))
    return camel_dict_to_snake_dict({**snapshot, "Tags": tags}, ignore_list=["Tags"])


def main() -> None:
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    name = module.params["name"]
    try:
        found = module.client("rds").describe_db_cluster_snapshots(**query(name))["DBClusterSnapshots"]
    except is_boto3_error_code("DBClusterSnapshotNotFoundFault"):
        found = []
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to look at snapshot {name}")
    module.exit_json(changed=False, cluster_snapshots=[described(snapshot) for snapshot in found])


if __name__ == "__main__":
    main()
