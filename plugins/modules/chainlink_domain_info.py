#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_domain_info
short_description: Check that a name can be served, and tell its hosted zone
version_added: 0.2.0
description:
  - Looks at the certificate and the hosted zone that an operator names for the user interface of an estate.
  - Fails with every problem at once if the certificate does not exist in the region, is not issued or does not cover
    the name, if there is not exactly one public hosted zone of that name, or if the name leads elsewhere already.
author:
  - nodeops authors (@nodeops)
requirements:
  - boto3
  - botocore
options:
  domain:
    description: The name that is to be served.
    type: str
    required: true
  certificate_arn:
    description: ARN of the certificate for O(domain). Not looked at when not given.
    type: str
  zone:
    description: Name of the public hosted zone that O(domain) is in. Not looked at when not given.
    type: str
  load_balancer:
    description: Name of the load balancer that O(domain) is to lead to. An existing record may lead nowhere else.
    type: str
    required: true
  expect_right:
    description:
      - Whether to fail where there is a problem. Otherwise RV(problems) alone tells, for a caller that tells all of
        several looks together.
    type: bool
    default: true
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
  - module: nodeops.chainlink.chainlink_certificate
"""

EXAMPLES = r"""
- name: Check certificate and zone before anything changes
  nodeops.chainlink.chainlink_domain_info:
    region: eu-central-1
    domain: chainlink.my-company.com
    load_balancer: oracle-ui
    certificate_arn: arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
"""

RETURN = r"""
zone_id:
  description: Id of the hosted zone, or null without O(zone), or where there is not exactly one.
  returned: success
  type: str
  sample: Z0123456789ABCDEFGHIJ
problems:
  description: Every problem. Empty where there is none.
  returned: always
  type: list
  elements: dict
  contains:
    variable:
      description: The variable that is wrong.
      type: str
      sample: estate_ui_certificate_arn
    message:
      description: What is wrong with it and what to do.
      type: str
      sample: has the status EXPIRED; request or import another
"""

import contextlib
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import certificate


def certificate_problems(client: Any, arn: str, domain: str) -> list[str]:
    """What is wrong with the certificate of an ARN."""
    try:
        described = client.describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return ["does not exist in this account and region; copy the ARN from Certificate Manager"]
    return certificate.certificate_problems(described, domain)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "certificate_arn": {"type": "str"},
            "zone": {"type": "str"},
            "load_balancer": {"type": "str", "required": True},
            "expect_right": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    domain, arn, zone = (module.params[name] for name in ("domain", "certificate_arn", "zone"))
    problems: list[tuple[str, str]] = []
    zone_id = None
    try:
        if arn:
            found = certificate_problems(module.client("acm"), arn, domain)
            problems += [("estate_ui_certificate_arn", message) for message in found]
        if zone:
            route53 = module.client("route53")
            answer = route53.list_hosted_zones_by_name(DNSName=zone)
            ids = certificate.public_zones(answer["HostedZones"], zone)
            problems += [("estate_ui_zone", message) for message in certificate.zone_problems(ids, zone)]
            if len(ids) == 1:
                zone_id = ids[0]
                records = route53.list_resource_record_sets(
                    HostedZoneId=zone_id, StartRecordName=domain, StartRecordType="A", MaxItems="10"
                )["ResourceRecordSets"]
                found = certificate.foreign_records(records, domain, module.params["load_balancer"])
                problems += [("estate_ui_domain", message) for message in found]
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to look at certificate and zone of {domain}")
    told = [{"variable": variable, "message": message} for variable, message in problems]
    if told and module.params["expect_right"]:
        lines = [f"{variable}: {message}" for variable, message in problems]
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        module.fail_json(msg=f"{count} with the inputs, nothing has been changed:\n" + "\n".join(lines), problems=told)
    module.exit_json(changed=False, zone_id=zone_id, problems=told)


if __name__ == "__main__":
    main()
