# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates: imported ones as they came, requested ones issued once their names are proven."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from nodeops_lab.api.settings import ApiSettings
from nodeops_lab.certificates import Authority

from .conftest import Clients
from .test_api_load_balancers import NOWHERE, Create, balancer, certificate, outside, refused

__all__ = ["balancer", "certificate", "outside"]


@pytest.fixture
def lab_authority(settings: ApiSettings) -> Authority:
    authority = Authority(settings.state_directory)
    authority.create("Lab")
    return authority


@pytest.mark.patch("acm.dns_validation")
def test_a_requested_certificate_waits_for_its_records(client: Clients, lab_authority: Authority) -> None:
    acm, route53 = client("acm"), client("route53")
    names = ["node.example.org", "*.node.example.org", "other.example.org"]
    arn = acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=names[1:], ValidationMethod="DNS")[
        "CertificateArn"
    ]

    def describe() -> dict[str, Any]:
        return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])

    pending = describe()
    assert (pending["Status"], "NotAfter" in pending, "Serial" in pending) == ("PENDING_VALIDATION", False, False)
    refused("RequestInProgressException", acm.get_certificate, CertificateArn=arn)
    records = {item["DomainName"]: item["ResourceRecord"] for item in pending["DomainValidationOptions"]}
    assert records[names[0]] == records[names[1]], "a wildcard is proven by its parent's record"

    def publish(zone: str, record: dict[str, str]) -> None:
        content = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": content}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    zone = route53.create_hosted_zone(Name="example.org", CallerReference=arn)["HostedZone"]["Id"]
    publish(zone, records[names[0]])
    publish(zone, {**records["other.example.org"], "Value": "wrong.example.org."})
    described = describe()
    assert described["Status"] == "PENDING_VALIDATION"
    assert {item["DomainName"]: item["ValidationStatus"] for item in described["DomainValidationOptions"]} == {
        names[0]: "SUCCESS",
        names[1]: "SUCCESS",
        names[2]: "PENDING_VALIDATION",
    }
    publish(zone, records["other.example.org"])
    assert describe()["Status"] == "ISSUED"
    issued = x509.load_pem_x509_certificate(acm.get_certificate(CertificateArn=arn)["Certificate"].encode())
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(lab_authority.certificate_pem.encode()))
    found = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(found.get_values_for_type(x509.DNSName)) == set(names)


@pytest.mark.patch("acm.imported_certificate")
def test_an_import_is_checked_and_comes_back_as_it_was(client: Clients, tmp_path: Any) -> None:
    acm = client("acm")
    authority = Authority(tmp_path)
    authority.create("Office")
    (issued, key), (_, other_key) = authority.issue(["a.example.org"]), authority.issue(["a.example.org"])
    chain = authority.certificate_pem
    with pytest.raises(ClientError, match="do not match"):
        acm.import_certificate(Certificate=issued, PrivateKey=other_key, CertificateChain=chain)
    with pytest.raises(ClientError, match="not a valid self signed"):
        acm.import_certificate(Certificate=issued, PrivateKey=key)
    stranger = Authority(tmp_path / "stranger")
    (tmp_path / "stranger").mkdir()
    stranger.create("Stranger")
    with pytest.raises(ClientError, match="Could not validate"):
        acm.import_certificate(Certificate=issued, PrivateKey=key, CertificateChain=stranger.certificate_pem)
    tags = [{"Key": "a", "Value": "b"}]
    arn = acm.import_certificate(Certificate=issued, PrivateKey=key, CertificateChain=chain, Tags=tags)
    found = acm.get_certificate(CertificateArn=arn["CertificateArn"])
    assert (found["Certificate"], found["CertificateChain"]) == (issued, chain)
    acm.import_certificate(
        CertificateArn=arn["CertificateArn"], Certificate=issued, PrivateKey=key, CertificateChain=chain
    )
    assert acm.list_tags_for_certificate(CertificateArn=arn["CertificateArn"])["Tags"] == tags


@pytest.mark.patch("acm.certificate_in_use")
def test_a_used_certificate_stays(client: Clients, balancer: Create, certificate: str) -> None:
    acm, elbv2 = client("acm"), client("elbv2")
    arn = balancer()["LoadBalancerArn"]
    listener = elbv2.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=NOWHERE,
    )["Listeners"][0]["ListenerArn"]
    assert acm.describe_certificate(CertificateArn=certificate)["Certificate"]["InUseBy"] == [arn]
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=certificate)
    elbv2.delete_listener(ListenerArn=listener)
    acm.delete_certificate(CertificateArn=certificate)
