#!/usr/bin/python
# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chainlink_certificate
short_description: Request a certificate and validate it in a hosted zone
version_added: 0.2.0
description:
  - Requests a public certificate for one name from AWS Certificate Manager, writes the record that proves the name into
    a hosted zone of Amazon Route 53, and waits until the certificate is issued.
  - Keeps the record, since Certificate Manager needs it again to renew the certificate.
  - A certificate is known again by O(domain) and the tag C(nodeops:estate). Certificates of others are never touched.
author:
  - nodeops authors (@nodeops)
requirements:
  - boto3
  - botocore
options:
  domain:
    description: The name that the certificate is for. At most 64 characters.
    type: str
    required: true
  estate:
    description: Name of the estate that the certificate belongs to.
    type: str
    required: true
  zone_id:
    description:
      - Id of the public hosted zone that O(domain) is in. Needed with O(state=present).
      - Without it O(state=absent) leaves the record that validates the certificate, for where the zone is gone.
    type: str
  state:
    description:
      - V(present) requests the certificate where it is missing.
      - V(absent) deletes the estate's certificates for O(domain), and the record unless another certificate for
        O(domain) in this region needs it, since Certificate Manager gives all of an account the same.
    type: str
    choices: [present, absent]
    default: present
  wait_timeout:
    description:
      - Seconds to wait until the certificate is issued. Validation takes some minutes.
      - With O(state=absent) seconds to wait until nothing uses it. Certificate Manager takes up to minutes to notice
        that a load balancer is gone.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Tells whether anything would change.
    support: full
  diff_mode:
    description: There is no text to compare.
    support: none
seealso:
  - module: nodeops.chainlink.chainlink_domain_info
  - module: community.aws.acm_certificate
"""

EXAMPLES = r"""
- name: Request the certificate of the user interface
  nodeops.chainlink.chainlink_certificate:
    region: eu-central-1
    estate: oracle
    domain: chainlink.my-company.com
    zone_id: Z0123456789ABCDEFGHIJ
"""

RETURN = r"""
certificate_arn:
  description: ARN of the certificate, or null where check mode would request it and after deletion.
  returned: success
  type: str
  sample: arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
"""

import contextlib
import secrets
import time
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports the missing library itself.
    from botocore.exceptions import BotoCoreError, ClientError

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import error_code
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import certificate

POLL_SECONDS = 5.0
TAG = "nodeops:estate"
#: ListCertificates leaves out all but RSA_2048 unless it is asked for them.
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
RECORD_SECONDS = 300
IN_USE = "ResourceInUseException"


class NotDoneError(Exception):
    """What keeps the certificate from being issued or deleted, in the operator's words."""


class Keeper:
    """Brings one certificate and its record into the wanted state; counts what it changed."""

    def __init__(self, acm: Any, route53: Any, params: dict[str, Any], check_mode: bool) -> None:
        self.acm = acm
        self.route53 = route53
        self.domain: str = params["domain"]
        self.estate: str = params["estate"]
        self.zone_id: str | None = params["zone_id"]
        self.check_mode = check_mode
        self.changed = False
        self._deadline = time.monotonic() + params["wait_timeout"]

    def keep(self) -> str | None:
        """The ARN of the issued certificate; None where check mode would request it. Raises NotDoneError."""
        own = [arn for arn, is_own in self._certificates() if is_own]
        if not own and self.check_mode:
            self.changed = True
            return None
        arn = own[0] if own else self._request()
        record = self._record(arn)
        if not self._published(record):
            self._change_record("UPSERT", record)
        if not self.check_mode:
            self._wait_until_issued(arn)
        return arn

    def remove(self) -> None:
        """Delete the estate's certificates for the domain, and the record if nobody else needs it.

        Raises NotDoneError.
        """
        certificates = self._certificates(("PENDING_VALIDATION", "ISSUED", "VALIDATION_TIMED_OUT", "FAILED", "EXPIRED"))
        own = [arn for arn, is_own in certificates if is_own]
        for arn in own:
            record = certificate.validation_record(self._describe(arn), self.domain) if self.zone_id else None
            if record and len(own) == len(certificates) and self._published(record):
                self._change_record("DELETE", record)
            self.changed = True
            if not self.check_mode:
                self._delete(arn)

    def _delete(self, arn: str) -> None:
        """Delete a certificate; what has used it may be gone for a while before Certificate Manager knows."""
        while True:
            try:
                self.acm.delete_certificate(CertificateArn=arn)
                return
            except ClientError as error:
                if error_code(error) != IN_USE:
                    raise
            users = ", ".join(self._describe(arn).get("InUseBy", []))
            self._wait(
                f"The certificate of {self.domain}, {arn}, cannot be deleted: it is still used by "
                f"{users or 'something that Certificate Manager does not name'}. Take it off there and run again"
            )

    def _certificates(self, statuses: tuple[str, ...] = ("ISSUED", "PENDING_VALIDATION")) -> list[tuple[str, bool]]:
        """The certificates for the domain: ARN, and whether it is the estate's. Those that are issued first."""
        pages = self.acm.get_paginator("list_certificates").paginate(
            CertificateStatuses=list(statuses), Includes={"keyTypes": KEY_TYPES}
        )
        found = [item for page in pages for item in page["CertificateSummaryList"] if item["DomainName"] == self.domain]
        found.sort(key=lambda item: item.get("Status") != certificate.ISSUED)
        return [(item["CertificateArn"], self._is_own(item["CertificateArn"])) for item in found]

    def _is_own(self, arn: str) -> bool:
        tags = self.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        return any(tag["Key"] == TAG and tag.get("Value") == self.estate for tag in tags)

    def _request(self) -> str:
        self.changed = True
        answer = self.acm.request_certificate(
            DomainName=self.domain,
            ValidationMethod="DNS",
            # For the retries of this very call. AWS keeps it for an hour: one that a later run gave as well could lead
            # to a certificate that was deleted since. What an interrupted run has left is found by its tag.
            IdempotencyToken=secrets.token_hex(16),
            Tags=[{"Key": TAG, "Value": self.estate}, {"Key": "Name", "Value": f"{self.estate}-ui"}],
        )
        return str(answer["CertificateArn"])

    def _describe(self, arn: str) -> Any:
        return self.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    def _record(self, arn: str) -> dict[str, str]:
        """The record that proves the domain; Certificate Manager takes some seconds to name it."""
        while True:
            record = certificate.validation_record(self._describe(arn), self.domain)
            if record:
                return record
            self._wait(f"Certificate Manager has not named the validation record of {self.domain}")

    def _published(self, record: dict[str, str]) -> bool:
        answer = self.route53.list_resource_record_sets(
            HostedZoneId=self.zone_id, StartRecordName=record["name"], StartRecordType="CNAME", MaxItems="1"
        )
        return certificate.shows(answer["ResourceRecordSets"], record)

    def _change_record(self, action: str, record: dict[str, str]) -> None:
        self.changed = True
        if self.check_mode:
            return
        record_set = {
            "Name": record["name"],
            "Type": "CNAME",
            "TTL": RECORD_SECONDS,
            "ResourceRecords": [{"Value": record["value"]}],
        }
        self.route53.change_resource_record_sets(
            HostedZoneId=self.zone_id, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
        )

    def _wait_until_issued(self, arn: str) -> None:
        while True:
            described = self._describe(arn)
            status = described["Status"]
            if status == certificate.ISSUED:
                return
            if status != certificate.PENDING:
                reason = described.get("FailureReason", "no reason given")
                raise NotDoneError(
                    f"The certificate of {self.domain} ended as {status} ({reason}): {arn}. Delete it, run again."
                )
            self._wait(
                f"The certificate of {self.domain} is not issued yet. Is its zone {self.zone_id} the one that the "
                "domain's registrar delegates to? Its name servers stand in Route 53. Run again to go on waiting"
            )

    def _wait(self, what: str) -> None:
        if time.monotonic() >= self._deadline:
            raise NotDoneError(f"{what}.")
        time.sleep(POLL_SECONDS)


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "estate": {"type": "str", "required": True},
            "zone_id": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait_timeout": {"type": "int", "default": 900},
        },
        required_if=[("state", "present", ["zone_id"])],
        supports_check_mode=True,
    )
    domain = module.params["domain"]
    arn = None
    try:
        keeper = Keeper(module.client("acm"), module.client("route53"), module.params, module.check_mode)
        if module.params["state"] == "present":
            arn = keeper.keep()
        else:
            keeper.remove()
    except NotDoneError as error:
        module.fail_json(msg=str(error))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed to keep the certificate of {domain}")
    module.exit_json(changed=keeper.changed, certificate_arn=arn)


if __name__ == "__main__":
    main()
