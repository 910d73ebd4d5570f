#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_caller_info
short_description: See that AWS accepts the credentials, and whose they are
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Asks AWS whose the credentials are, which needs no permission. Changes nothing.
  - Where there are none, or they have expired or are not accepted, it fails and says what to do. No message holds any
    part of them.
requirements:
  - boto3
  - botocore
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - nodeops.chainlink.attributes.info
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: nodeops.chainlink.chainlink_region_info
  - module: amazon.aws.aws_caller_info
"""

EXAMPLES = r"""
- name: See that AWS accepts the credentials
  nodeops.chainlink.chainlink_caller_info:
    region: eu-central-1
"""

RETURN = r"""
account:
  description: Id of the account that the credentials belong to.
  returned: success
  type: str
  sample: "123456789012"
arn:
  description: ARN of whoever they belong to.
  returned: success
  type: str
  sample: arn:aws:iam::123456789012:user/operator
"""

import contextlib

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import unaccepted


def main() -> None:
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    try:
        identity = module.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        message = unaccepted(error)
        if message is None:
            module.fail_json_aws(error, msg="Failed to ask AWS whose the credentials are")
        module.fail_json(msg=f"{message}. Nothing has been changed.")
    module.exit_json(changed=False, account=identity["Account"], arn=identity["Arn"])


if __name__ == "__main__":
    main()
