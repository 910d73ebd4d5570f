# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each service's operations need, one file per service."""

from __future__ import annotations

from . import (
    autoscaling,
    backup,
    cloudwatch,
    ec2,
    elb,
    events,
    iam,
    kms,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
    small,
    sns,
    ssm,
    sts,
)

__all__ = [
    "autoscaling",
    "backup",
    "cloudwatch",
    "ec2",
    "elb",
    "events",
    "iam",
    "kms",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "small",
    "sns",
    "ssm",
    "sts",
]
