#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_health
short_description: Tell which role a Chainlink node host has, and whether an estate is whole
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - On a node host it looks at the node's container, its port and the lease in the database, and tells which role the
    host has.
  - V(active) serves on its port. V(standby) runs and waits for the lease that another node holds; its port is closed
    by design. V(migrating) migrates the database. V(starting) is on its way to one of these. V(failed) runs and will
    not get there, or has exited. V(down) has no container.
  - Given O(hosts), the reports of the hosts of an estate, it judges the estate instead. Exactly one host must be
    active and every other must stand by.
  - The checks of an active node are read from the body of C(/health), so releases before 2.9.0, which always answer
    with status 200, are judged right as well.
requirements:
  - psycopg2 (on a node host)
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  url:
    description: Base URL of the node on this host.
    type: str
    default: http://127.0.0.1:6688
  container:
    description: Name of the node's container.
    type: str
    default: chainlink
  directory:
    description:
      - Directory of the files that M(nodeops.chainlink.chainlink_env) renders.
      - The URL of the database is read there.
    type: path
    default: /run/chainlink
  launch_file:
    description: Launch description that M(nodeops.chainlink.chainlink_env) writes. It names the instance.
    type: path
    default: /run/chainlink-launch.json
  expected_role:
    description:
      - Roles of which the host must have one. The module fails for any other.
      - When empty, and O(wait) is V(false), the module only reports.
      - When empty, and O(wait) is V(true), V(active) and V(standby) are expected.
    type: list
    elements: str
    choices: [active, standby, migrating, starting, failed, down]
    default: []
  most_failing:
    description:
      - How many checks of an active node may fail. Any number when not given.
      - Checks also fail for reasons outside, such as an RPC endpoint that is down. So compare with how many failed
        before.
    type: int
  ready:
    description:
      - Whether an active node must be ready, that is, C(/readyz) says so and C(/health) can be read. Failing checks
        do not count.
      - A node that has just become active looks at itself every 15 seconds only, and may not be ready for so long.
      - With O(hosts), whether the active host must be ready for the estate to be whole.
    type: bool
    default: false
  wait:
    description: Whether to wait until the host has an expected role, and is what O(most_failing) and O(ready) ask for.
    type: bool
    default: false
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 120
  delay:
    description: Seconds between two looks.
    type: int
    default: 2
  hosts:
    description:
      - Reports of all hosts of an estate, as this module returned them on each host.
      - When given, nothing is looked at; the options for a host have no effect, but for O(ready).
    type: list
    elements: dict
  least_standbys:
    description: How many hosts must stand by at least. Only with O(hosts).
    type: int
    default: 1
seealso:
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Wait until the node has a role
  nodeops.chainlink.chainlink_health:
    expected_role: [active, standby]
    ready: true
    wait: true
    timeout: 300
  register: health

- name: Prove that exactly one node is active and the others stand by
  nodeops.chainlink.chainlink_health:
    hosts: "{{ groups['nodes'] | map('extract', hostvars, 'health') | list }}"
    ready: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
host:
  description: The instance that the launch description names, else the name of the host.
  returned: without O(hosts)
  type: str
  sample: i-0123456789abcdef0
role:
  description: Role of the host.
  returned: without O(hosts)
  type: str
  sample: active
checks:
  description: Every check of an active node, V(passing) or V(failing).
  returned: without O(hosts)
  type: dict
  sample: {"EVM.11155111": "passing", "JobSpawner": "passing"}
failing:
  description: Names of the failing checks.
  returned: without O(hosts)
  type: list
  elements: str
  sample: []
findings:
  description: What speaks against the host or the estate.
  returned: always
  type: list
  elements: str
  sample: []
release:
  description: Release that the container runs, or null where its image names none.
  returned: without O(hosts)
  type: str
  sample: 2.46.0
started:
  description: When the container was last started, in seconds since 1970, or null where there is none.
  returned: without O(hosts)
  type: float
  sample: 1795334877.0
lease:
  description: The lease in the database, or null where it could not be read or does not exist yet.
  returned: without O(hosts)
  type: dict
  contains:
    client_id:
      description: The process that holds the lease, or held it last.
      type: str
      sample: 6f1a8f1e-6d0e-4d6a-9b53-0d2f4c3a1b7e
    expires_in:
      description: Seconds until the lease runs out, negative where it has.
      type: float
      sample: 9.4
    age:
      description: Seconds since the lease was last refreshed.
      type: float
      sample: 0.6
    holder_address:
      description: Address from which the holder reaches the database, or null.
      type: str
      sample: 10.42.32.11
    holder_application:
      description: Name under which the holder is known to the database, or null.
      type: str
      sample: Chainlink 2.46.0 | App | 6f1a8f1e-6d0e-4d6a-9b53
    mine:
      description: Whether the holder is on this host, or null where the holder has no session.
      type: bool
      sample: true
    own_sessions:
      description: Number of database sessions of this host.
      type: int
      sample: 4
    writable:
      description: Whether the database server that was asked can write; a reader of the cluster cannot.
      type: bool
      sample: true
active:
  description: Names of the active hosts.
  returned: with O(hosts)
  type: list
  elements: str
  sample: [i-0123456789abcdef0]
standby:
  description: Names of the hosts that stand by.
  returned: with O(hosts)
  type: list
  elements: str
  sample: [i-0fedcba9876543210]
"""

import socket
import time
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._health import judge, probe
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import container, host


def host_name(launch_file: str) -> str:
    """The instance id in the launch description, else the host's own name."""
    try:
        with open(launch_file, encoding="utf-8") as stream:
            return container.launch_from_json(stream.read()).instance_id
    except (OSError, container.LaunchError):
        # A host without a node is reported as well, under the only name there is.
        return socket.gethostname()


def is_wanted(report: judge.HostReport, expected: list[str], params: dict[str, Any]) -> bool:
    """Whether a report is what was asked for."""
    if report.role not in expected or (params["ready"] and report.role == judge.ACTIVE and report.findings):
        return False
    return params["most_failing"] is None or len(report.failing) <= params["most_failing"]


def in_words(expected: list[str], params: dict[str, Any]) -> str:
    """What was asked for."""
    words = " or ".join(f"{role} and ready" if params["ready"] and role == judge.ACTIVE else role for role in expected)
    return words + ("" if params["most_failing"] is None else f" with at most {params['most_failing']} failing checks")


def look(params: dict[str, Any], expected: list[str]) -> tuple[judge.HostReport, int]:
    """The last report, and after how many whole seconds: the first wanted one, or whatever is seen at the end."""
    began = time.monotonic()
    while True:
        report = judge.judge_host(probe.observe(params["url"], params["container"], params["directory"]))
        waited = time.monotonic() - began
        if not params["wait"] or is_wanted(report, expected, params):
            return report, int(waited)
        if waited + params["delay"] > params["timeout"]:
            return report, int(waited)
        time.sleep(params["delay"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "default": "http://127.0.0.1:6688"},
            "container": {"type": "str", "default": container.NAME},
            "directory": {"type": "path", "default": host.DIRECTORY},
            "launch_file": {"type": "path", "default": host.LAUNCH_FILE},
            "expected_role": {"type": "list", "elements": "str", "choices": list(judge.ROLES), "default": []},
            "most_failing": {"type": "int"},
            "ready": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 120},
            "delay": {"type": "int", "default": 2},
            "hosts": {"type": "list", "elements": "dict"},
            "least_standbys": {"type": "int", "default": 1},
        },
        supports_check_mode=True,
    )
    params = module.params
    if params["hosts"] is not None:
        estate = judge.judge_estate(params["hosts"], params["least_standbys"], params["ready"])
        summary = {"active": estate.active, "standby": estate.standby, "findings": estate.findings}
        if estate.findings:
            module.fail_json(msg="The estate is not whole: " + "; ".join(estate.findings), **summary)
        module.exit_json(changed=False, **summary)
    if urlsplit(params["url"]).scheme not in ("http", "https") or not urlsplit(params["url"]).hostname:
        module.fail_json(msg="url must begin with http:// or https:// and name a host")
    expected = params["expected_role"] or ([judge.ACTIVE, judge.STANDBY] if params["wait"] else [])
    report, waited = look(params, expected)
    answer: dict[str, Any] = {"host": host_name(params["launch_file"]), **report.as_dict()}
    if expected and not is_wanted(report, expected, params):
        wanted = in_words(expected, params)
        module.fail_json(
            msg=f"{answer['host']} is not {wanted} after {waited} s; last seen: {report.in_words()}", **answer
        )
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
