#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_cost_info
short_description: Estimate what an estate costs a month
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Computes what each resource of an estate costs a month, from a dated table of AWS's prices, and which choices would
    lower the sum.
  - An estimate, on demand and without tax. What depends on use is taken from the options.
  - Fails where something has no known price, and says what has one.
  - Needs neither network nor credentials.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  region:
    description: AWS region.
    type: str
    required: true
  bastions:
    description: How many bastions run.
    type: int
    default: 1
  bastion_type:
    description: Instance type of the bastion.
    type: str
    default: t3.micro
  bastion_volume_gib:
    description: Size of a bastion's volume, in GiB.
    type: int
    default: 10
  node_type:
    description: Instance type of the two node hosts.
    type: str
    default: m6i.large
  node_volume_gib:
    description: Size of a node host's volume, in GiB.
    type: int
    default: 50
  nat_gateways:
    description: How many NAT gateways there are.
    type: int
    default: 2
  traffic_gib:
    description: Traffic through the NAT gateways, in GiB a month.
    type: float
    default: 50
  database_class:
    description: Class of the database instances. Empty for a serverless database.
    type: str
    default: db.r6g.large
  database_instances:
    description: How many database instances there are.
    type: int
    default: 2
  database_units:
    description: Capacity units that each instance of a serverless database uses on average.
    type: float
    default: 2
  database_gib:
    description: Size of the database, in GiB.
    type: float
    default: 20
  database_million_requests:
    description: Reads and writes of the database's storage, in millions a month.
    type: float
    default: 50
  backup_gib:
    description: What snapshots and backups of the database hold beyond its size, in GiB.
    type: float
    default: 20
  log_gib:
    description: Logs written, in GiB a month.
    type: float
    default: 10
  log_stored_gib:
    description: Logs kept, in GiB.
    type: float
    default: 10
  secrets:
    description: How many secrets there are.
    type: int
    default: 5
  keys:
    description: How many encryption keys there are.
    type: int
    default: 1
  alarms:
    description: How many alarms there are.
    type: int
    default: 0
  dashboards:
    description: How many dashboards there are.
    type: int
    default: 0
  load_balancers:
    description: How many Application Load Balancers there are, each in two zones.
    type: int
    default: 0
  network_load_balancers:
    description: How many Network Load Balancers there are, each with a public address in two zones.
    type: int
    default: 0
  interface_endpoints:
    description: For how many services there is an interface endpoint, each in two zones.
    type: int
    default: 0
  guru_resources:
    description: How many resources DevOps Guru looks at.
    type: int
    default: 0
  image_gib:
    description: What images of hosts hold, in GiB.
    type: float
    default: 0
  host_snapshot_gib:
    description: What snapshots of the node hosts' volumes hold, in GiB.
    type: float
    default: 0
seealso:
  - module: nodeops.chainlink.chainlink_preflight
"""

EXAMPLES = r"""
- name: Estimate the estate
  nodeops.chainlink.chainlink_cost_info:
    region: eu-central-1
    nat_gateways: 1
  register: cost
"""

RETURN = r"""
monthly:
  description: The sum in US dollars a month.
  returned: success
  type: float
  sample: 726.35
lines:
  description: A line for each resource.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The resource.
      type: str
      sample: NAT gateways
    quantity:
      description: How much of it a month.
      type: float
      sample: 1460.0
    unit:
      description: What the quantity counts.
      type: str
      sample: h
    price:
      description: US dollars for one of the unit.
      type: float
      sample: 0.052
    monthly:
      description: US dollars a month.
      type: float
      sample: 75.92
savings:
  description: Choices that would lower the sum, the greatest first.
  returned: success
  type: list
  elements: dict
  contains:
    switch:
      description: The choice.
      type: str
      sample: one NAT gateway for both zones
    monthly:
      description: US dollars a month that it saves.
      type: float
      sample: 41.61
    price:
      description: What it costs otherwise.
      type: str
      sample: nodes of the other zone lose the internet with its zone
table:
  description: All of it as lines of text.
  returned: success
  type: list
  elements: str
  sample: ["node hosts (m6i.large)   1,460.0 h   167.90"]
dated:
  description: The day of the prices.
  returned: success
  type: str
  sample: "2026-11-28"
"""

from dataclasses import asdict, fields

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import cost, prices

_TYPES = {"int": "int", "float": "float", "str": "str", "str | None": "str"}


def argument_spec() -> dict[str, dict[str, object]]:
    """An option for each part of an estate, of its type and with its default."""
    spec: dict[str, dict[str, object]] = {"region": {"type": "str", "required": True}}
    for part in fields(cost.Estate):
        if part.name != "region":
            spec[part.name] = {"type": _TYPES[str(part.type)], "default": part.default}
    # Names with "key" and "secret" in them: these are numbers.
    for name in ("secrets", "keys"):
        spec[name]["no_log"] = False
    return spec


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    estate = cost.Estate(**{**params, "database_class": params["database_class"] or None})
    try:
        rows = cost.lines(estate)
    except cost.CostError as error:
        module.fail_json(msg=f"The estate cannot be estimated: {error}")
    module.exit_json(
        changed=False,
        monthly=round(cost.total(estate), 2),
        lines=[{**asdict(line), "monthly": round(line.monthly, 2)} for line in rows],
        savings=[{**asdict(saving), "monthly": round(saving.monthly, 2)} for saving in cost.savings(estate)],
        table=cost.table(estate),
        dated=prices.DATED,
    )


if __name__ == "__main__":
    main()
