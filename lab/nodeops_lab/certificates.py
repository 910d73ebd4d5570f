# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority: it stands for all that sign AWS's endpoints and the RDS instances."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import ethereum
from .files import write_atomically

LIFETIME = datetime.timedelta(days=365)
# The clocks of containers are the machine's, but a verifier may round down.
BACKDATED = datetime.timedelta(hours=1)


class Authority:
    """A certificate authority kept in a directory as ca.pem and ca-key.pem."""

    def __init__(self, directory: Path) -> None:
        self._certificate_file = directory / "ca.pem"
        self._key_file = directory / "ca-key.pem"

    @property
    def certificate_pem(self) -> str:
        """The authority's certificate."""
        return self._certificate_file.read_text()

    def create(self, name: str) -> None:
        """Make key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = (
            _builder(subject, subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_atomically(self._key_file, _key_pem(key), mode=0o600)
        write_atomically(self._certificate_file, _certificate_pem(certificate))

    def issue(self, names: list[str]) -> tuple[str, str]:
        """Return (certificate, private key), both PEM, of a server known by these DNS names."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self.certify(names, key.public_key()), _key_pem(key)

    def certify(self, names: list[str], public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str:
        """Return the certificate, PEM, of a server that has this key and is known by these DNS names."""
        authority_key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
        assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
        authority = x509.load_pem_x509_certificate(self._certificate_file.read_bytes())
        certificate = (
            # The names stand in the extension only: a common name holds at most 64 characters, and nothing reads it.
            _builder(_name("nodeops lab"), authority.subject, public_key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        return _certificate_pem(certificate)


def certified_names(certificate_file: Path) -> list[str]:
    """Return the DNS names of a certificate file; none where there is no file."""
    if not certificate_file.exists():
        return []
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return names.value.get_values_for_type(x509.DNSName)


def endpoint_names(region: str) -> list[str]:
    """Return the names of the region's HTTPS endpoints; a wildcard covers one label only."""
    return [
        "amazonaws.com",
        "*.amazonaws.com",
        f"*.{region}.amazonaws.com",
        f"*.s3.{region}.amazonaws.com",
        "*.s3.amazonaws.com",
        "*.ecr-public.us-east-1.amazonaws.com",
        "truststore.pki.rds.amazonaws.com",
        "public.ecr.aws",
        ethereum.HOST,
    ]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
