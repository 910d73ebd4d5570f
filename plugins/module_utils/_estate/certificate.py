# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a certificate and a hosted zone can serve a name; judges what AWS answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ISSUED = "ISSUED"
PENDING = "PENDING_VALIDATION"


def covers(names: Iterable[str], domain: str) -> bool:
    """Whether one of a certificate's names is the domain's; a wildcard stands for exactly one label (RFC 6125)."""
    parent = domain.partition(".")[2].lower()
    return any(name.lower() in (domain.lower(), f"*.{parent}") for name in names)


def certificate_problems(certificate: Mapping[str, Any], domain: str) -> list[str]:
    """What is wrong with a certificate as DescribeCertificate tells it; one sentence for each."""
    found = []
    status = certificate.get("Status")
    if status == PENDING:
        found.append(
            "waits for its validation; create the record that Certificate Manager names, and wait until issued"
        )
    elif status != ISSUED:
        found.append(f"has the status {status}; request or import another")
    names = [str(certificate.get("DomainName", "")), *certificate.get("SubjectAlternativeNames", [])]
    if not covers(names, domain):
        found.append(f"is for {', '.join(sorted(set(names)))}, which does not cover estate_ui_domain {domain}")
    return found


def public_zones(zones: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """The ids of the public hosted zones that have exactly this name, of what ListHostedZonesByName answered."""
    return [
        str(zone["Id"]).rpartition("/")[2]
        for zone in zones
        if zone["Name"].rstrip(".").lower() == name.lower() and not zone.get("Config", {}).get("PrivateZone")
    ]


def zone_problems(ids: list[str], name: str) -> list[str]:
    """What is wrong with what was found under the name of a zone."""
    if not ids:
        return [f"{name} is not a public hosted zone of this account; create it, or name one that exists"]
    if len(ids) > 1:
        return [
            f"{name} is the name of {len(ids)} public hosted zones, {', '.join(ids)}; delete all but the delegated one"
        ]
    return []


def validation_record(certificate: Mapping[str, Any], domain: str) -> dict[str, str] | None:
    """Name and value of the CNAME record that proves the domain; None while Certificate Manager does not know it."""
    for option in certificate.get("DomainValidationOptions", []):
        record = option.get("ResourceRecord")
        if option.get("DomainName") == domain and record:
            return {"name": record["Name"], "value": record["Value"]}
    return None


def shows(record_sets: Iterable[Mapping[str, Any]], record: Mapping[str, str]) -> bool:
    """Whether record sets, as ListResourceRecordSets answers them, contain a CNAME record."""
    return any(
        item["Type"] == "CNAME"
        and item["Name"].rstrip(".").lower() == record["name"].rstrip(".").lower()
        and [value["Value"].rstrip(".") for value in item.get("ResourceRecords", [])] == [record["value"].rstrip(".")]
        for item in record_sets
    )


def foreign_records(record_sets: Iterable[Mapping[str, Any]], domain: str, load_balancer: str) -> list[str]:
    """What stands in the way: records of the name that lead elsewhere than to a load balancer of this name."""
    found = []
    for item in record_sets:
        if item["Name"].rstrip(".").lower() != domain or item["Type"] not in ("A", "AAAA", "CNAME"):
            continue
        target = str(item.get("AliasTarget", {}).get("DNSName", ""))
        if not re.match(rf"(dualstack\.)?{re.escape(load_balancer)}-[0-9]+\.", target, re.IGNORECASE):
            values = [value["Value"] for value in item.get("ResourceRecords", [])] or [target]
            found.append(
                f"{domain} has a record already, {item['Type']} {', '.join(values)}; delete it, or choose another name"
            )
    return found
