# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from moto.acm import models, responses
from moto.acm.exceptions import AWSValidationException
from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from ...certificates import Authority
from ..backends import ACCOUNT_ID
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

PENDING = "PENDING_VALIDATION"
NOT_BEFORE_ISSUE = ("IssuedAt", "NotBefore", "NotAfter", "Serial", "Issuer", "SignatureAlgorithm")


def _published() -> dict[str, set[str]]:
    """Return the targets of the CNAME records in all public hosted zones, by name without the final dot."""
    found: dict[str, set[str]] = {}
    for backend in route53_backends[ACCOUNT_ID].values():
        for zone in backend.zones.values():
            if zone.private_zone:
                continue
            for record in zone.rrsets:
                if record.type == "CNAME":
                    found.setdefault(_name(record.name), set()).update(_name(value) for value in record.records)
    return found


def _name(text: str) -> str:
    return text.rstrip(".").lower()


def _validated(options: list[dict[str, Any]]) -> set[str]:
    """Return the domains whose validation record is published."""
    published = _published()
    return {
        option["DomainName"]
        for option in options
        if _name(option["ResourceRecord"]["Value"]) in published.get(_name(option["ResourceRecord"]["Name"]), set())
    }


@patch
def dns_validation(settings: Settings) -> None:
    """Issue a requested certificate once the validation records of all its names are published, and not before.

    AWS: PENDING_VALIDATION until the CNAME record of each name is found in public DNS (ACM guide, "DNS validation");
    such a certificate has no dates, serial or body yet, and GetCertificate is RequestInProgressException. Here public
    DNS is the public hosted zones of the API's Route 53, looked at with every request instead of every some minutes,
    and the certificate is signed by the lab's authority. Moto: issued after 60 s whatever happens, self-signed.
    """
    describe = models.CertBundle.describe
    get = responses.AWSCertificateManagerResponse.get_certificate

    def check(self: models.CertBundle) -> None:
        if self._not_valid_after(self._cert) <= utcnow():
            self.status = "EXPIRED"
        elif self.type == "AMAZON_ISSUED" and self.status == PENDING:
            options = describe(self)["Certificate"]["DomainValidationOptions"]
            if _validated(options) == {option["DomainName"] for option in options}:
                self._key = serialization.load_pem_private_key(self.key, password=None)
                authority = Authority(settings.state_directory)
                self.cert = authority.certify(self.sans or [self.common_name], self._key.public_key()).encode()
                self.chain = authority.certificate_pem.encode()
                self._cert = x509.load_pem_x509_certificate(self.cert)
                self.issuer_common_name = "nodeops lab"
                self.status = "ISSUED"
                self.issued_at = utcnow()  # type: ignore[attr-defined]

    def describe_as_far_as_known(self: models.CertBundle) -> dict[str, Any]:
        described = describe(self)
        certificate = described["Certificate"]
        if self.type == "AMAZON_ISSUED":
            options = certificate["DomainValidationOptions"]
            options.sort(key=lambda option: option["DomainName"])
            if self.status == PENDING:
                validated = _validated(options)
                for option in options:
                    option["ValidationStatus"] = "SUCCESS" if option["DomainName"] in validated else PENDING
                for key in NOT_BEFORE_ISSUE:
                    certificate.pop(key, None)
            elif hasattr(self, "issued_at"):
                certificate["IssuedAt"] = models.datetime_to_epoch(self.issued_at)
        return described

    def get_certificate(self: responses.AWSCertificateManagerResponse) -> ActionResult:
        found = self.acm_backend.get_certificate(self._get_param("CertificateArn") or "")
        if found.status == PENDING:
            raise AWSError(
                f"The certificate request for {found.arn} is in progress", exception_type="RequestInProgressException"
            )
        return get(self)

    replace(models.CertBundle, "check", check)
    replace(models.CertBundle, "describe", describe_as_far_as_known)
    replace(responses.AWSCertificateManagerResponse, "get_certificate", get_certificate)


@patch
def imported_certificate(_settings: Settings) -> None:
    """Check that key, certificate and chain belong together, and give the chain back as it came.

    AWS: ValidationException where they do not; one that is not self-signed needs its chain (ACM guide, "Prerequisites
    for importing ACM certificates"); importing to an ARN keeps the tags. Moto: takes any key and any chain, adds a
    root of Amazon's to the chain, so that community.aws's acm_certificate imports anew on every run, and loses the
    tags.
    """
    initialize = models.CertBundle.__init__
    import_certificate = models.AWSCertificateManagerBackend.import_certificate
    get = responses.AWSCertificateManagerResponse.get_certificate

    def initialize_checked(self: models.CertBundle, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        chain = kwargs.get("chain") or b""
        if self.type == "IMPORTED":
            _check_import(self._cert, self._key, chain)
            self.chain = chain

    def import_keeping_tags(
        self: models.AWSCertificateManagerBackend,
        certificate: bytes,
        private_key: bytes,
        chain: bytes | None,
        arn: str | None,
        tags: list[dict[str, str]],
    ) -> str:
        earlier = self._certificates.get(arn or "")
        imported = import_certificate(self, certificate, private_key, chain, arn, tags)
        if earlier is not None:
            self._certificates[imported].tags = earlier.tags
        return imported

    def get_certificate(self: responses.AWSCertificateManagerResponse) -> ActionResult:
        answer = get(self)
        result: Any = answer.result
        if not result.get("CertificateChain"):
            result.pop("CertificateChain", None)
        return answer

    replace(models.CertBundle, "__init__", initialize_checked)
    replace(models.AWSCertificateManagerBackend, "import_certificate", import_keeping_tags)
    replace(responses.AWSCertificateManagerResponse, "get_certificate", get_certificate)


def _check_import(certificate: x509.Certificate, key: Any, chain: bytes) -> None:
    if certificate.public_key() != key.public_key():
        raise AWSValidationException("The certificate and the private key do not match.")
    if not chain:
        try:
            certificate.verify_directly_issued_by(certificate)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise AWSValidationException(
                "Provided certificate is not a valid self signed. Please provide either a valid self-signed "
                "certificate or certificate chain."
            ) from error
        return
    issued = certificate
    try:
        for issuer in x509.load_pem_x509_certificates(chain):
            issued.verify_directly_issued_by(issuer)
            issued = issuer
    except (ValueError, TypeError, InvalidSignature) as error:
        raise AWSValidationException("Could not validate the certificate with the certificate chain.") from error


@patch
def certificate_in_use(_settings: Settings) -> None:
    """Describe which load balancers use a certificate, and refuse to delete a used one.

    AWS: InUseBy holds the ARNs of the load balancers; deleting is ResourceInUseException (API reference,
    DeleteCertificate). Moto: keeps the ARNs of listeners for ever, and deletes.
    """
    original = models.AWSCertificateManagerBackend.delete_certificate

    def in_use_by(self: models.CertBundle) -> list[str]:
        return [
            balancer.arn
            for backend in elbv2_backends[ACCOUNT_ID].values()
            for balancer in backend.load_balancers.values()
            if any(self.arn in listener.certificates for listener in balancer.listeners.values())
        ]

    def delete_certificate(self: models.AWSCertificateManagerBackend, arn: str) -> None:
        if arn in self._certificates and self._certificates[arn].in_use_by:
            raise AWSError(f"Certificate {arn} in account {ACCOUNT_ID} is in use.", "ResourceInUseException")
        original(self, arn)

    # Moto appends to the list that it finds: to the answer, which is thrown away.
    add(models.CertBundle, "in_use_by", property(in_use_by, lambda _self, _value: None))
    replace(models.AWSCertificateManagerBackend, "delete_certificate", delete_certificate)
