#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_rpc_info
short_description: Ask RPC endpoints whether they are of the chain that they are configured for
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks each URL of each endpoint, of HTTP and WebSocket, for its chain id (C(eth_chainId)), all at once, and compares.
  - A node goes on without an endpoint of another chain, and tells it in its log alone.
  - With O(chains) it asks from the controller, before anything is made. With O(estate) it asks from a node host, for
    the endpoints of the estate's secret, which it reads with the role of the instance.
  - An endpoint that cannot be asked from there is no error. Some answer the nodes' addresses alone, and all are down at
    times.
  - No message holds a URL. Changes nothing.
requirements:
  - boto3, with O(estate)
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  chains:
    description:
      - Chains as an operator lists them in C(chainlink_chains), checked before by
        M(nodeops.chainlink.chainlink_preflight).
    type: list
    elements: dict
  estate:
    description: Name of an estate, whose record and secrets tell the chains.
    type: str
  region:
    description:
      - AWS region of the estate.
      - When not given, the region of the instance, as its metadata tell.
    type: str
  timeout:
    description: Seconds after which an endpoint that has not answered is silent.
    type: float
    default: 5
  expect_right:
    description: Whether to fail, with every endpoint of another chain, and to warn of those that could not be asked.
    type: bool
    default: false
seealso:
  - module: nodeops.chainlink.chainlink_preflight
  - module: nodeops.chainlink.chainlink_health
"""

EXAMPLES = r"""
- name: Look at the endpoints before anything changes
  nodeops.chainlink.chainlink_rpc_info:
    chains: "{{ chainlink_chains }}"
  register: rpc

- name: Refuse endpoints of another chain, on a node host
  nodeops.chainlink.chainlink_rpc_info:
    estate: oracle
    expect_right: true
"""

RETURN = r"""
problems:
  description: Every endpoint that is of another chain than it is configured for.
  returned: always
  type: list
  elements: dict
  contains:
    variable:
      description: The variable that is wrong.
      type: str
      sample: chainlink_chains
    message:
      description: What is wrong with it and what to do.
      type: str
      sample: >-
        Ethereum-Sepolia: rpc endpoint primary: ws_url is one of chain 1, not of 11155111; write the URL of your
        provider for Ethereum-Sepolia
endpoints:
  description: Every URL of every endpoint.
  returned: always
  type: list
  elements: dict
  contains:
    chain_id:
      description: The chain that it is configured for.
      type: str
      sample: "11155111"
    name:
      description: Name of the endpoint.
      type: str
      sample: primary
    kind:
      description: Which of its URLs, V(ws_url) or V(http_url).
      type: str
      sample: ws_url
    state:
      description: Whether it is of that chain; V(unknown) where it could not be asked.
      type: str
      sample: right
    told:
      description: The chain that it says it is of, if it said so.
      type: str
      sample: "11155111"
    trouble:
      description: Why it could not be asked. Empty otherwise.
      type: str
      sample: ""
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.client import client
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.metadata import InstanceMetadata
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.record import RecordError
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import inputs
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import source
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import SettingsError
from ansible_collections.nodeops.chainlink.plugins.module_utils._rpc import ask, judge

VARIABLE = "chainlink_chains"
KINDS = ("ws_url", "http_url")


def given_endpoints(chains: list[dict[str, Any]]) -> list[judge.Endpoint]:
    """The endpoints of an operator's chains; those of a chain that is not known are for the preflight to refuse."""
    found = []
    for item in chains:
        chain, _problems = inputs.identity(item)
        if chain is not None:
            found += [
                judge.Endpoint(chain.network, chain.chain_id, str(endpoint.get("name")), kind, endpoint[kind])
                for endpoint in item.get("rpc") or []
                for kind in KINDS
                if endpoint.get(kind)
            ]
    return found


def estates_endpoints(estate: str, region: str | None) -> list[judge.Endpoint]:
    """The endpoints that the nodes of an estate are configured with; raises the errors that main() tells."""
    region = region or InstanceMetadata().region()
    settings = source.read(client("ssm", region), client("secretsmanager", region), estate).settings
    return [
        judge.Endpoint(chain.network, chain.chain_id, endpoint.name, kind, url)
        for chain in settings.chains
        for endpoint in chain.rpc
        for kind, url in zip(KINDS, (endpoint.ws_url, endpoint.http_url))
        if url
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "chains": {"type": "list", "elements": "dict", "no_log": True},
            "estate": {"type": "str"},
            "region": {"type": "str"},
            "timeout": {"type": "float", "default": 5.0},
            "expect_right": {"type": "bool", "default": False},
        },
        required_one_of=[("chains", "estate")],
        mutually_exclusive=[("chains", "estate")],
        supports_check_mode=True,
    )
    params = module.params
    # Ansible masks every text of the option.
    module.no_log_values.difference_update(inputs.public_texts(params["chains"]))
    try:
        if params["estate"]:
            endpoints = estates_endpoints(params["estate"], params["region"])
        else:
            endpoints = given_endpoints(params["chains"])
    except (AwsError, RecordError, SettingsError) as error:
        module.fail_json(msg=str(error))
    verdicts = judge.judge(ask.ask_all(endpoints, params["timeout"]))
    wrong = [verdict.message for verdict in verdicts if verdict.state == judge.WRONG]
    answer = {
        "problems": [{"variable": VARIABLE, "message": message} for message in wrong],
        "endpoints": [
            {
                "chain_id": verdict.endpoint.chain_id,
                "name": verdict.endpoint.name,
                "kind": verdict.endpoint.kind,
                "state": verdict.state,
                "told": verdict.told.chain_id,
                "trouble": verdict.told.trouble,
            }
            for verdict in verdicts
        ],
    }
    if params["expect_right"]:
        for verdict in verdicts:
            if verdict.state == judge.UNKNOWN:
                module.warn(f"{VARIABLE}: {verdict.message}; it may be of another chain")
        if wrong:
            module.fail_json(msg=f"{VARIABLE}: {'; '.join(wrong)}", **answer)
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
