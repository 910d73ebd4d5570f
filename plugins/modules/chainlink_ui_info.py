#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_ui_info
short_description: Prove that a load balancer serves the user interface, and nothing that it must not
version_added: 0.2.0
description:
  - Asks every public address of an application load balancer from where the module runs, under the name of O(url).
    The name need not be in the DNS yet; whether it is, the answer tells.
  - Fails unless every address answers V(200) under a certificate that is valid for the name, redirects plain HTTP to
    it, and refuses O(closed_paths).
author:
  - nodeops authors (@nodeops)
requirements:
  - boto3
  - botocore
options:
  load_balancer:
    description: Name of the load balancer.
    type: str
    required: true
  url:
    description: Address of the user interface, beginning with C(https://).
    type: str
    required: true
  ca_file:
    description: File of the authorities that may have signed the certificate. Defaults to those of the system.
    type: path
  closed_paths:
    description: Paths that must be answered with V(403).
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds within which everything must hold. A new load balancer takes some minutes.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: nodeops.chainlink.chainlink_health
"""

EXAMPLES = r"""
- name: Prove that the user interface answers
  nodeops.chainlink.chainlink_ui_info:
    region: eu-central-1
    load_balancer: oracle-ui
    url: https://chainlink.my-company.com
    closed_paths: [/metrics]
"""

RETURN = r"""
dns_name:
  description: Name of the load balancer, which the name of the user interface must lead to.
  returned: success
  type: str
  sample: oracle-ui-1234567890.eu-central-1.elb.amazonaws.com
addresses:
  description: Public addresses that were asked, one in each zone.
  returned: success
  type: list
  elements: str
  sample: ["203.0.113.7", "203.0.113.8"]
resolved:
  description: Whether the name of O(url) leads to these addresses from here.
  returned: success
  type: bool
"""

import contextlib
import time
from typing import Any
from urllib.parse import urlsplit

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import web

POLL_SECONDS = 2.0


def public_addresses(ec2: Any, arn: str) -> list[str]:
    """The public addresses of a load balancer's interfaces; these are described with the end of its ARN."""
    description = "ELB " + arn.partition(":loadbalancer/")[2]
    answer = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
    found = [item.get("Association", {}).get("PublicIp") for item in answer["NetworkInterfaces"]]
    return sorted(address for address in found if address)


def findings(address: str, url: str, ca_file: str | None, closed_paths: list[str]) -> list[str]:
    """What one address does otherwise than it must."""
    answer = web.ask(address, url + "/", ca_file)
    if answer.error:
        return [f"{address}: {answer.error}"]
    found = [] if answer.status == 200 else [f"{address}: the user interface answers {answer.status}, not 200"]
    for path in closed_paths:
        closed = web.ask(address, url + path, ca_file)
        if closed.status != 403:
            found.append(f"{address}: {path} answers {closed.status or closed.error}, not 403")
    plain = web.ask(address, f"http://{urlsplit(url).hostname}/")
    if plain.status != 301 or not (plain.location or "").startswith("https://"):
        found.append(f"{address}: plain HTTP answers {plain.status or plain.error} and does not lead to HTTPS")
    return found


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "load_balancer": {"type": "str", "required": True},
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "closed_paths": {"type": "list", "elements": "str", "default": []},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    name, url = module.params["load_balancer"], module.params["url"].rstrip("/")
    deadline = time.monotonic() + module.params["wait_timeout"]
    try:
        described = module.client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"][0]
        ec2 = module.client("ec2")
        while True:
            addresses = public_addresses(ec2, described["LoadBalancerArn"])
            found = [
                line
                for address in addresses
                for line in findings(address, url, module.params["ca_file"], module.params["closed_paths"])
            ]
            if (addresses and not found) or time.monotonic() >= deadline:
                break
            time.sleep(POLL_SECONDS)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to look at load balancer {name}")
    if not addresses:
        module.fail_json(msg=f"Load balancer {name} has no public address yet.")
    if found:
        module.fail_json(msg=f"Load balancer {name} does not serve {url} as it must: " + "; ".join(found))
    resolved = web.resolve(urlsplit(url).hostname or "")
    module.exit_json(
        changed=False,
        dns_name=described["DNSName"],
        addresses=addresses,
        resolved=bool(resolved) and set(resolved) <= set(addresses),
    )


if __name__ == "__main__":
    main()
