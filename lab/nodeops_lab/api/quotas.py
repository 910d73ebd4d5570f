# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service Quotas: the quotas of what an estate is made of, at their default values or as they were raised.

Codes and values: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html, each service's page.
"""

from __future__ import annotations

from typing import Any

SERVICES = {
    "autoscaling": "Amazon EC2 Auto Scaling",
    "ec2": "Amazon Elastic Compute Cloud (Amazon EC2)",
    "elasticloadbalancing": "Elastic Load Balancing (ELB)",
    "kms": "AWS Key Management Service (AWS KMS)",
    "rds": "Amazon Relational Database Service (Amazon RDS)",
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
}

# Service: code: (name, value, whether it can be raised)
QUOTAS: dict[str, dict[str, tuple[str, float, bool]]] = {
    "autoscaling": {
        "L-CDE20ADC": ("Auto Scaling groups per region", 500.0, True),
        "L-6B80B8FA": ("Launch configurations per region", 200.0, True),
    },
    "ec2": {
        "L-0263D0A3": ("EC2-VPC Elastic IPs", 5.0, True),
        # In vCPUs. A new account has 5, into which no estate fits; AWS raises it by itself once an account is used.
        "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 32.0, True),
    },
    "elasticloadbalancing": {
        "L-53DA6B97": ("Application Load Balancers per Region", 50.0, True),
        "L-B22855CB": ("Target Groups per Region", 3000.0, True),
    },
    "kms": {"L-C2F1777E": ("Customer Master Keys (CMKs)", 100000.0, True)},
    "rds": {
        "L-48C6BF61": ("DB subnet groups", 50.0, True),
        "L-7B6409FD": ("DB instances", 40.0, True),
        "L-952B80B8": ("DB clusters", 40.0, True),
        "L-9B510759": ("Manual DB cluster snapshots", 100.0, True),
        "L-A59F4C87": ("Event subscriptions", 20.0, True),
        "L-DE55804A": ("Parameter groups", 50.0, True),
        "L-E4C808A8": ("DB cluster parameter groups", 50.0, True),
    },
    "vpc": {
        "L-0EA8095F": ("Inbound or outbound rules per security group", 60.0, True),
        "L-1B52E74A": ("Gateway VPC endpoints per Region", 20.0, True),
        "L-29B6F2EB": ("Interface VPC endpoints per VPC", 50.0, True),
        "L-2AFB9258": ("Security groups per network interface", 5.0, True),
        "L-407747CB": ("Subnets per VPC", 200.0, True),
        "L-589F43AA": ("Route tables per VPC", 200.0, True),
        "L-A4707A72": ("Internet gateways per Region", 5.0, True),
        "L-DF5E4CA3": ("Network interfaces per Region", 5000.0, True),
        "L-E79EC296": ("VPC security groups per Region", 2500.0, True),
        "L-F678F1CE": ("VPCs per Region", 5.0, True),
        "L-FE5A380F": ("NAT gateways per Availability Zone", 5.0, True),
    },
}


Raised = dict[tuple[str, str], float]
"""The values that an account had raised in a region, by service and code."""


def described(service: str, code: str, region: str, account_id: str, raised: Raised) -> dict[str, Any]:
    """Return a quota as the API does (API reference, ServiceQuota).

    Raises:
        KeyError: there is no such service, or no such quota of it.
    """
    name, value, adjustable = QUOTAS[service][code]
    return {
        "ServiceCode": service,
        "ServiceName": SERVICES[service],
        "QuotaArn": f"arn:aws:servicequotas:{region}:{account_id}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": raised.get((service, code), value),
        "Unit": "None",
        "Adjustable": adjustable,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def requested(quota: dict[str, Any], value: float, request_id: str, now: float, requester: str) -> dict[str, Any]:
    """Return a request to raise a quota as the API does (API reference, RequestedServiceQuotaChange)."""
    kept = ("ServiceCode", "ServiceName", "QuotaArn", "QuotaCode", "QuotaName", "Unit", "GlobalQuota")
    return {key: quota[key] for key in kept} | {
        "Id": request_id,
        "DesiredValue": value,
        "Status": "PENDING",
        "Created": now,
        "LastUpdated": now,
        "Requester": requester,
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
