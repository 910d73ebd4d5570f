# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import certificate

DOMAIN = "chainlink.nodeops.test"

TEST_COVERS: list[tuple[list[str], bool]] = [
    ([DOMAIN], True),
    (["CHAINLINK.nodeops.test"], True),
    (["*.nodeops.test"], True),
    (["other.test", "*.nodeops.test"], True),
    (["nodeops.test"], False),
    (["*.chainlink.nodeops.test"], False),
    (["*.test"], False),
    (["*"], False),
    ([], False),
]

TEST_CERTIFICATE: list[tuple[dict[str, Any], list[str]]] = [
    ({"Status": "ISSUED", "DomainName": DOMAIN}, []),
    ({"Status": "ISSUED", "DomainName": "nodeops.test", "SubjectAlternativeNames": ["nodeops.test", DOMAIN]}, []),
    (
        {"Status": "PENDING_VALIDATION", "DomainName": DOMAIN},
        ["waits for its validation; create the record that Certificate Manager names, and wait until issued"],
    ),
    (
        {"Status": "EXPIRED", "DomainName": "b.test", "SubjectAlternativeNames": ["b.test", "a.test"]},
        [
            "has the status EXPIRED; request or import another",
            f"is for a.test, b.test, which does not cover estate_ui_domain {DOMAIN}",
        ],
    ),
]

ZONE = {"Id": "/hostedzone/Z1", "Name": "nodeops.test.", "Config": {"PrivateZone": False}}
TEST_ZONES: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([], []),
    ([ZONE], ["Z1"]),
    ([{**ZONE, "Config": {"PrivateZone": True}}], []),
    ([{**ZONE, "Name": "z.nodeops.test."}], []),
    ([ZONE, {**ZONE, "Id": "/hostedzone/Z2"}], ["Z1", "Z2"]),
]

TEST_ZONE_PROBLEMS: list[tuple[list[str], list[str]]] = [
    (["Z1"], []),
    ([], ["nodeops.test is not a public hosted zone of this account; create it, or name one that exists"]),
    (
        ["Z1", "Z2"],
        ["nodeops.test is the name of 2 public hosted zones, Z1, Z2; delete all but the delegated one"],
    ),
]

RECORD = {"name": f"_a.{DOMAIN}.", "value": "_b.acm-validations.aws."}
TEST_VALIDATION: list[tuple[dict[str, Any], dict[str, str] | None]] = [
    ({}, None),
    ({"DomainValidationOptions": [{"DomainName": DOMAIN}]}, None),
    (
        {
            "DomainValidationOptions": [
                {
                    "DomainName": DOMAIN,
                    "ResourceRecord": {"Name": RECORD["name"], "Type": "CNAME", "Value": RECORD["value"]},
                }
            ]
        },
        RECORD,
    ),
]


def record_set(kind: str, name: str, *values: str, alias: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": kind, "Name": name}
    if alias:
        return {**found, "AliasTarget": {"DNSName": alias}}
    return {**found, "ResourceRecords": [{"Value": value} for value in values]}


TEST_SHOWS: list[tuple[list[dict[str, Any]], bool]] = [
    ([], False),
    ([record_set("CNAME", RECORD["name"], RECORD["value"])], True),
    ([record_set("CNAME", RECORD["name"].upper(), "_b.acm-validations.aws")], True),
    ([record_set("CNAME", RECORD["name"], "elsewhere.")], False),
    ([record_set("TXT", RECORD["name"], RECORD["value"])], False),
]

TAKEN = "delete it, or choose another name"
TEST_FOREIGN: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([], []),
    ([record_set("A", f"{DOMAIN}.", alias="oracle-ui-12.eu-central-1.elb.amazonaws.com.")], []),
    ([record_set("A", f"{DOMAIN}.", alias="dualstack.Oracle-ui-12.eu-central-1.elb.amazonaws.com.")], []),
    ([record_set("A", "other.test.", "198.51.100.7"), record_set("TXT", f"{DOMAIN}.", "x")], []),
    (
        [record_set("A", f"{DOMAIN}.", "198.51.100.7", "198.51.100.8")],
        [f"{DOMAIN} has a record already, A 198.51.100.7, 198.51.100.8; {TAKEN}"],
    ),
    (
        [record_set("CNAME", f"{DOMAIN}.", "www.nodeops.test.")],
        [f"{DOMAIN} has a record already, CNAME www.nodeops.test.; {TAKEN}"],
    ),
    (
        [record_set("A", f"{DOMAIN}.", alias="another-ui-12.eu-central-1.elb.amazonaws.com.")],
        [f"{DOMAIN} has a record already, A another-ui-12.eu-central-1.elb.amazonaws.com.; {TAKEN}"],
    ),
]


@pytest.mark.parametrize(("names", "expected"), TEST_COVERS)
def test_covers(names: list[str], expected: bool) -> None:
    assert certificate.covers(names, DOMAIN) is expected


@pytest.mark.parametrize(("described", "problems"), TEST_CERTIFICATE)
def test_certificate_problems(described: dict[str, Any], problems: list[str]) -> None:
    assert certificate.certificate_problems(described, DOMAIN) == problems


@pytest.mark.parametrize(("zones", "ids"), TEST_ZONES)
def test_public_zones(zones: list[dict[str, Any]], ids: list[str]) -> None:
    assert certificate.public_zones(zones, "nodeops.test") == ids


@pytest.mark.parametrize(("ids", "problems"), TEST_ZONE_PROBLEMS)
def test_zone_problems(ids: list[str], problems: list[str]) -> None:
    assert certificate.zone_problems(ids, "nodeops.test") == problems


@pytest.mark.parametrize(("described", "record"), TEST_VALIDATION)
def test_validation_record(described: dict[str, Any], record: dict[str, str] | None) -> None:
    assert certificate.validation_record(described, DOMAIN) == record


@pytest.mark.parametrize(("record_sets", "expected"), TEST_SHOWS)
def test_shows(record_sets: list[dict[str, Any]], expected: bool) -> None:
    assert certificate.shows(record_sets, RECORD) is expected


@pytest.mark.parametrize(("record_sets", "problems"), TEST_FOREIGN)
def test_foreign_records(record_sets: list[dict[str, Any]], problems: list[str]) -> None:
    assert certificate.foreign_records(record_sets, DOMAIN, "oracle-ui") == problems
