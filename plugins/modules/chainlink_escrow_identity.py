#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_escrow_identity
short_description: Make a recipient of an export that only a KMS key opens
version_added: 0.1.0
author:
  - nodeops authors (@nodeops)
description:
  - Makes an age identity, has KMS encrypt its secret key, and forgets it. Whoever may decrypt with the KMS key can
    decrypt what is encrypted to the identity's public key, and nobody else.
  - So an export can be encrypted where the keys are, by a host that may not use the KMS key. The secret key never
    leaves the memory of this module but to KMS.
extends_documentation_fragment:
  - nodeops.chainlink.attributes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    support: full
    details:
      - KMS keeps nothing of what it encrypts, so nothing changes, and it is asked in check mode too.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: N/A
    details:
      - This module changes nothing. Each identity is another.
requirements:
  - cryptography
options:
  kms_key:
    description:
      - ARN or alias of the KMS key, a symmetric one. Whoever runs this must be allowed C(kms:Encrypt) with it.
    type: str
    required: true
seealso:
  - module: nodeops.chainlink.chainlink_escrow
"""

EXAMPLES = r"""
- name: Make a recipient
  nodeops.chainlink.chainlink_escrow_identity:
    kms_key: alias/escrow
    region: us-east-1
  register: identity
"""

RETURN = r"""
recipient:
  description: Public key of the identity.
  returned: success
  type: str
  sample: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
encrypted:
  description: The identity's secret key, encrypted by the KMS key, as base64.
  returned: success
  type: str
  sample: AQICAHg=
kms_key_arn:
  description: ARN of the KMS key.
  returned: success
  type: str
  sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
"""

import base64
import traceback

try:
    import botocore.exceptions
except ImportError:  # AnsibleAWSModule tells what is missing.
    botocore = None
try:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    MISSING = ""
except ImportError:
    MISSING = traceback.format_exc()

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import recipient


def identity() -> tuple[str, str]:
    """Secret and public key of a new identity, as age writes them."""
    private = X25519PrivateKey.generate()
    secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return recipient.secret_key(secret), recipient.public_key(public)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={"kms_key": {"type": "str", "required": True, "no_log": False}}, supports_check_mode=True
    )
    if MISSING:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=MISSING)
    key = module.params["kms_key"]
    secret, public = identity()
    try:
        answer = module.client("kms").encrypt(KeyId=key, Plaintext=f"{secret}\n".encode())
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        module.fail_json_aws(error, msg=f"estate_escrow_recipient {key} cannot encrypt")
    module.exit_json(
        changed=False,
        recipient=public,
        encrypted=base64.b64encode(answer["CiphertextBlob"]).decode("ascii"),
        kms_key_arn=answer["KeyId"],
    )


if __name__ == "__main__":
    main()
