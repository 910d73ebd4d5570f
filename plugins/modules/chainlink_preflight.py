#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_preflight
short_description: Check every input of an estate before anything changes
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Checks the variables of an operator against the rules of the node and of AWS, and fails with one message that
    names every problem.
  - Each option has the name of the variable that it checks.
  - Needs neither network nor credentials. Looks at the two key files, and for the programs that sessions need, on the
    machine it runs on.
  - Options are optional here so that a missing variable is told together with all other problems.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
options:
  estate_name:
    description:
      - Name of the estate, 2 to 20 small letters, digits and single hyphens, with a letter first and no hyphen last.
      - Not C(sg) or C(internal), nor one that begins with either and a hyphen, which AWS refuses later.
    type: str
  estate_region:
    description: AWS region.
    type: str
  estate_admin_cidrs:
    description: IPv4 networks from which administrators may reach the bastion.
    type: list
    elements: str
  estate_ssh_public_key_file:
    description: File of the administrator's public SSH key.
    type: str
  estate_ssh_private_key_file:
    description: File of the administrator's private SSH key. Only its first line and its mode are looked at.
    type: str
  estate_ssh_user:
    description: User of the hosts' image.
    type: str
  estate_ssh_directory:
    description: Directory for the SSH configuration that is generated.
    type: str
  estate_network_cidr:
    description: Network of the estate.
    type: str
  estate_network_public_cidrs:
    description: Networks of the two public subnets.
    type: list
    elements: str
  estate_network_private_cidrs:
    description: Networks of the two private subnets.
    type: list
    elements: str
  estate_account_expected:
    description: AWS account that the estate belongs in.
    type: str
  estate_access_ssm:
    description: Whether hosts take sessions and commands of Systems Manager.
    type: bool
  estate_bastion_count:
    description: How many bastions run, from none to two.
    type: int
  estate_bastion_image_parameter:
    description: SSM parameter that names the image of the bastion.
    type: str
  estate_bastion_tenancy:
    description: Tenancy of the bastion.
    type: str
  estate_connection_via:
    description: How the nodes are reached, through a bastion or sessions of Systems Manager.
    type: str
  estate_instances_image:
    description: Operating system of the hosts.
    type: str
  estate_network_endpoints:
    description: Services with an interface endpoint in the network.
    type: raw
  estate_network_existing:
    description: A network that exists, to be used instead of one of the estate's own.
    type: raw
  estate_network_flow_logs:
    description: Which connections the flow log of the network holds.
    type: str
  estate_network_flow_logs_retention_days:
    description: How many days the flow log is kept.
    type: int
  estate_network_nat_gateways:
    description: How many NAT gateways the network has.
    type: str
  estate_network_tenancy:
    description: Tenancy of the network.
    type: str
  estate_network_zones:
    description: The two availability zones of the estate.
    type: raw
  estate_nodes_tenancy:
    description: Tenancy of the node hosts.
    type: str
  estate_release_signature_mode:
    description: Whether the signature of the release is verified.
    type: raw
  estate_bastion_instance_type:
    description: Instance type of the bastion.
    type: str
  estate_nodes_instance_type:
    description: Instance type of the node hosts.
    type: str
  estate_nodes_volume_gib:
    description: Size of a node host's volume in GiB.
    type: int
  estate_nodes_image_parameter:
    description: SSM parameter that names the image of the hosts.
    type: str
  estate_database_engine_version:
    description: Version of Aurora PostgreSQL.
    type: raw
  estate_database_instance_class:
    description: Class of the database instances.
    type: str
  estate_database_backup_retention_days:
    description: How many days backups of the database are kept.
    type: int
  estate_database_backup_window:
    description: Window of the daily backup of the database.
    type: raw
  estate_database_ca_certificate:
    description: Certificate authority of the database.
    type: str
  estate_database_cluster_parameters:
    description: Further parameters of the database's cluster.
    type: raw
  estate_database_instance_parameters:
    description: Parameters of the database's instances.
    type: raw
  estate_database_maintenance_window:
    description: Window of the weekly maintenance of the database. It must not overlap the backup's.
    type: raw
  estate_database_master_password:
    description: Password of the database's master user. Generated when not given.
    type: raw
  estate_database_master_username:
    description: Name of the database's master user.
    type: str
  estate_database_maximum_acu:
    description: Most capacity of serverless instances.
    type: float
  estate_database_minimum_acu:
    description: Least capacity of serverless instances.
    type: float
  estate_database_monitoring_interval:
    description: Seconds between two samples of Enhanced Monitoring.
    type: int
  estate_database_name:
    description: Name of the database.
    type: str
  estate_database_port:
    description: Port of the database.
    type: int
  estate_backup_interval_hours:
    description: Hours from one backup to the next.
    type: int
  estate_backup_keep:
    description: How many backups are kept.
    type: int
  estate_backup_method:
    description: What makes backups on a schedule.
    type: str
  estate_backup_time:
    description: When the first backup of a day is made.
    type: raw
  estate_observability_database_cpu_percent:
    description: CPU of the database at which an alarm goes off.
    type: int
  estate_observability_database_free_gib:
    description: Free local storage of the database at which an alarm goes off.
    type: int
  estate_observability_database_transaction_ids:
    description: Used transaction ids of the database at which an alarm goes off.
    type: int
  estate_observability_log_retention_days:
    description: How many days logs are kept.
    type: int
  estate_observability_stack_set_administrator:
    description: Account that may administer stack sets here.
    type: raw
  estate_observability_stack_set_external_id:
    description: External id that this account must name.
    type: str
  estate_observability_subscriptions:
    description: Who is told of alarms. Masked as a whole, since an https endpoint often is a key.
    type: raw
  estate_p2p_port:
    description: Port on which other nodes connect.
    type: int
  estate_ui_certificate_arn:
    description: ARN of the certificate of the user interface.
    type: str
  estate_ui_domain:
    description: Name under which the user interface is opened.
    type: str
  estate_ui_zone:
    description: Name of the hosted zone in which O(estate_ui_domain) is.
    type: str
  estate_ui_cidrs:
    description: Networks that may open the user interface. Not the whole internet.
    type: list
    elements: str
  estate_ui_ssl_policy:
    description: Security policy of the user interface's listener.
    type: str
  estate_ui_idle_timeout_seconds:
    description: Seconds after which a silent connection to the user interface is closed.
    type: int
  chainlink_release:
    description: Release of the node, a mapping of C(registry), C(repository), C(tag) and, if pinned, C(digest).
    type: dict
  chainlink_chains:
    description:
      - Chains that the node serves, a list of mappings.
      - Each has C(network), a name such as V(Ethereum-Sepolia), and C(rpc), its endpoints. C(chain_id) and
        C(link_contract_address) are for networks that the collection does not know.
      - An endpoint has C(name), unique in the estate, C(ws_url) and C(http_url), C(send_only), which is V(true)
        for one that only sends transactions, and C(order) from 1, asked first, to 100, from release 2.3.0 on.
      - Raw and masked as a whole, so that URLs stay secret also where the structure is not as it should be.
    type: raw
  chainlink_extra_config:
    description:
      - What the node's C(config.toml) has besides what the collection renders, as text of TOML. For 2.x releases.
      - An C([[EVM]]) needs the C(ChainID) of one of O(chainlink_chains), and is merged into that chain.
      - Keys that the collection keeps to itself are refused by name, such as ports, TLS, the database and its lease,
        log files, RPC endpoints and secrets. All others are for the node's C(validate) to judge.
      - Raw and masked as a whole, since there may be keys of services in it.
    type: raw
  chainlink_api_email:
    description: E-mail address of the node's first user.
    type: str
  chainlink_api_password:
    description: Password of that user. Generated when not given.
    type: str
  chainlink_keystore_password:
    description: Password of the node's keystore. Generated when not given.
    type: str
  chainlink_database_password:
    description: Password of the node's database user. Generated when not given.
    type: str
seealso:
  - module: nodeops.chainlink.chainlink_env
"""

EXAMPLES = r"""
- name: Check every input
  nodeops.chainlink.chainlink_preflight:
    estate_name: "{{ estate_name | default(omit) }}"
    estate_region: "{{ estate_region | default(omit) }}"
    estate_admin_cidrs: "{{ estate_admin_cidrs | default(omit) }}"
    estate_ssh_public_key_file: "{{ estate_ssh_public_key_file | default(omit) }}"
    estate_ssh_private_key_file: "{{ estate_ssh_private_key_file | default(omit) }}"
    chainlink_release: "{{ chainlink_release | default(omit) }}"
    chainlink_chains: "{{ chainlink_chains | default(omit) }}"
    chainlink_api_email: "{{ chainlink_api_email | default(omit) }}"
  delegate_to: localhost
  register: preflight
"""

RETURN = r"""
problems:
  description: Every problem. Empty on success.
  returned: always
  type: list
  elements: dict
  contains:
    variable:
      description: The variable that is wrong.
      type: str
      sample: estate_admin_cidrs
    message:
      description: What is wrong with it and what to do.
      type: str
      sample: 0.0.0.0/0 opens the bastion to the whole internet; name the networks of your administrators
chains:
  description: The chains with their canonical names, without their RPC endpoints.
  returned: success
  type: list
  elements: dict
  contains:
    network:
      description: Name of the network.
      type: str
      sample: Ethereum-Sepolia
    chain_id:
      description: Chain id.
      type: str
      sample: "11155111"
    link_contract_address:
      description: LINK token contract, or null where none is known.
      type: str
      sample: "0x779877A7B0D9E8603169DdbD7836e478b4624789"
"""

import shutil
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import inputs, key_file

ARGUMENTS: dict[str, Any] = {
    "estate_name": {"type": "str"},
    "estate_region": {"type": "str"},
    "estate_admin_cidrs": {"type": "list", "elements": "str"},
    "estate_ssh_public_key_file": {"type": "str", "no_log": False},
    "estate_ssh_private_key_file": {"type": "str", "no_log": False},
    "estate_ssh_user": {"type": "str"},
    "estate_ssh_directory": {"type": "str"},
    "estate_network_cidr": {"type": "str"},
    "estate_network_public_cidrs": {"type": "list", "elements": "str"},
    "estate_network_private_cidrs": {"type": "list", "elements": "str"},
    "estate_account_expected": {"type": "str"},
    "estate_access_ssm": {"type": "bool"},
    "estate_bastion_count": {"type": "int"},
    "estate_bastion_image_parameter": {"type": "str"},
    "estate_bastion_tenancy": {"type": "str"},
    "estate_connection_via": {"type": "str"},
    "estate_instances_image": {"type": "str"},
    "estate_network_endpoints": {"type": "raw"},
    "estate_network_existing": {"type": "raw"},
    "estate_network_flow_logs": {"type": "str"},
    "estate_network_flow_logs_retention_days": {"type": "int"},
    "estate_network_nat_gateways": {"type": "str"},
    "estate_network_tenancy": {"type": "str"},
    "estate_network_zones": {"type": "raw"},
    "estate_nodes_tenancy": {"type": "str"},
    "estate_release_signature_mode": {"type": "raw"},
    "estate_bastion_instance_type": {"type": "str"},
    "estate_nodes_instance_type": {"type": "str"},
    "estate_nodes_volume_gib": {"type": "int"},
    "estate_nodes_image_parameter": {"type": "str"},
    # Raw, to see whether the quotes are missing that keep 16.10 from becoming 16.1.
    "estate_database_engine_version": {"type": "raw"},
    "estate_database_instance_class": {"type": "str"},
    "estate_database_backup_retention_days": {"type": "int"},
    "estate_database_backup_window": {"type": "raw"},
    "estate_database_ca_certificate": {"type": "str"},
    "estate_database_cluster_parameters": {"type": "raw"},
    "estate_database_instance_parameters": {"type": "raw"},
    "estate_database_maintenance_window": {"type": "raw"},
    "estate_database_master_password": {"type": "raw", "no_log": True},
    "estate_database_master_username": {"type": "str"},
    "estate_database_maximum_acu": {"type": "float"},
    "estate_database_minimum_acu": {"type": "float"},
    "estate_database_monitoring_interval": {"type": "int"},
    "estate_database_name": {"type": "str"},
    "estate_database_port": {"type": "int"},
    "estate_backup_interval_hours": {"type": "int"},
    "estate_backup_keep": {"type": "int"},
    "estate_backup_method": {"type": "str"},
    # Raw: without quotes YAML takes 22:30 for a number.
    "estate_backup_time": {"type": "raw"},
    "estate_observability_database_cpu_percent": {"type": "int"},
    "estate_observability_database_free_gib": {"type": "int"},
    "estate_observability_database_transaction_ids": {"type": "int"},
    "estate_observability_log_retention_days": {"type": "int"},
    "estate_observability_stack_set_administrator": {"type": "raw"},
    "estate_observability_stack_set_external_id": {"type": "str"},
    "estate_observability_subscriptions": {"type": "raw", "no_log": True},
    "estate_p2p_port": {"type": "int"},
    "estate_ui_certificate_arn": {"type": "str"},
    "estate_ui_domain": {"type": "str"},
    "estate_ui_zone": {"type": "str"},
    "estate_ui_cidrs": {"type": "list", "elements": "str"},
    "estate_ui_ssl_policy": {"type": "str"},
    "estate_ui_idle_timeout_seconds": {"type": "int"},
    "chainlink_release": {"type": "dict"},
    "chainlink_chains": {"type": "raw", "no_log": True},
    "chainlink_extra_config": {"type": "raw", "no_log": True},
    "chainlink_api_email": {"type": "str"},
    "chainlink_api_password": {"type": "str", "no_log": True},
    "chainlink_keystore_password": {"type": "str", "no_log": True},
    "chainlink_database_password": {"type": "str", "no_log": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    # Ansible masks every text of the option.
    module.no_log_values.difference_update(inputs.public_texts(module.params["chainlink_chains"]))
    outcome = inputs.check(module.params, key_file.look, shutil.which)
    problems = [{"variable": variable, "message": message} for variable, message in outcome.problems]
    if problems:
        lines = [f"{variable}: {message}" for variable, message in outcome.problems]
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        module.fail_json(
            msg=f"{count} with the inputs, nothing has been changed:\n" + "\n".join(lines), problems=problems
        )
    module.exit_json(changed=False, problems=[], chains=[asdict(chain) for chain in outcome.chains])


if __name__ == "__main__":
    main()
