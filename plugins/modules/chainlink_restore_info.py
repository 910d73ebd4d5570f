#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_restore_info
short_description: Plan the restore of an estate's database
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Tells from where the database of an estate is restored, into which cluster and with which release, or everything
    that speaks against it.
  - The release is the one that the data are of. The snapshot's tags tell it, or the estate's record; where neither
    does, O(release) must.
  - The module asks nobody and changes nothing.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  record:
    description: The estate record. Its key C(restore) is there while a restore is under way.
    type: dict
    required: true
  clusters:
    description: The estate's present cluster, as M(amazon.aws.rds_cluster_info) returns it.
    type: list
    elements: dict
    required: true
  snapshots:
    description: The cluster snapshot, as M(amazon.aws.rds_snapshot_info) returns it.
    type: list
    elements: dict
    default: []
  snapshot:
    description: Name of the cluster snapshot to restore. Either this or O(time).
    type: str
    default: ""
  time:
    description: The moment to restore, in UTC as C(2026-11-28T09:30:00Z).
    type: str
    default: ""
  release:
    description: The release that the data are of, C(X.Y.Z).
    type: str
    default: ""
  abandon:
    description:
      - Plan to leave a restore that has begun, instead of one that begins or goes on. Only while O(record) names the
        old cluster; then C(cluster) is the one that was to be made, and C(release) the one that O(record) names.
    type: bool
    default: false
seealso:
  - module: nodeops.chainlink.chainlink_upgrade_info
  - module: amazon.aws.rds_cluster
"""

EXAMPLES = r"""
- name: Plan the restore
  nodeops.chainlink.chainlink_restore_info:
    record: "{{ estate_recorded }}"
    clusters: "{{ found.clusters }}"
    time: "2026-11-28T09:30:00Z"
"""

RETURN = r"""
source:
  description: The snapshot or the moment.
  returned: success
  type: str
  sample: "2026-11-28T09:30:00Z"
cluster:
  description: The cluster to make; that of an interrupted restore where there is one.
  returned: success
  type: str
  sample: oracle-database-20261128094500
old_cluster:
  description: The cluster that it is made beside.
  returned: success
  type: str
  sample: oracle-database
release:
  description: The release that the nodes will run, with registry, repository, tag and digest.
  returned: success
  type: dict
  sample: {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "2.46.0", "digest": null}
moment:
  description: The moment that the data are of.
  returned: success
  type: str
  sample: "2026-11-28T09:30:00Z"
findings:
  description: Everything that speaks against the restore.
  returned: always
  type: list
  elements: str
  sample: []
"""

from dataclasses import asdict
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import restore


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "record": {"type": "dict", "required": True},
            "clusters": {"type": "list", "elements": "dict", "required": True},
            "snapshots": {"type": "list", "elements": "dict", "default": []},
            "snapshot": {"type": "str", "default": ""},
            "time": {"type": "str", "default": ""},
            "release": {"type": "str", "default": ""},
            "abandon": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    wish = restore.Wish(params["snapshot"], params["time"], params["release"])
    if params["abandon"]:
        plan = restore.abandon(params["record"], wish)
    else:
        plan = restore.plan(
            params["record"],
            next(iter(params["clusters"]), None),
            next(iter(params["snapshots"]), None),
            wish,
            datetime.now(timezone.utc),
        )
    if plan.findings:
        step = "be left" if params["abandon"] else "begin"
        module.fail_json(
            msg=f"The restore cannot {step}: " + "; ".join(plan.findings) + ". Nothing has been changed.",
            findings=plan.findings,
        )
    module.exit_json(changed=False, **asdict(plan))


if __name__ == "__main__":
    main()
