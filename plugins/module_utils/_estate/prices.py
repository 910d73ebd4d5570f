# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS asks for in some regions: on demand, US dollars, without tax, discounts and free tiers.

Written down in November 2026 from public copies of AWS's price list and pricing pages, no page of AWS itself among
them (docs/operations/cost.md names the copies). They serve for an estimate, and to compare one choice with another.
To correct or add a region, look at https://aws.amazon.com/ec2/pricing/on-demand/, .../rds/aurora/pricing/,
.../vpc/pricing/, .../ebs/pricing/, .../elasticloadbalancing/pricing/, .../cloudwatch/pricing/, and set DATED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

#: The day to which the table is true, as far as it is.
DATED = "2026-11-28"

#: Within a family the price follows the size. In parts of a `large`.
SIZES: Mapping[str, float] = {
    "nano": 0.0625,
    "micro": 0.125,
    "small": 0.25,
    "medium": 0.5,
    "large": 1,
    "xlarge": 2,
    "2xlarge": 4,
    "4xlarge": 8,
    "8xlarge": 16,
    "12xlarge": 24,
    "16xlarge": 32,
    "24xlarge": 48,
}


@dataclass(frozen=True)
class Prices:
    """The prices of a region. instances, databases: an hour of a `large`, by family."""

    instances: Mapping[str, float]
    databases: Mapping[str, float]
    capacity_unit_hour: float
    database_gib: float
    database_million_requests: float
    database_backup_gib: float
    volume_gib: float
    volume_snapshot_gib: float
    nat_hour: float
    nat_gib: float
    endpoint_hour: float
    load_balancer_hour: float
    log_gib: float
    log_stored_gib: float
    # These are the same in every region of the table.
    address_hour: float = 0.005
    capacity_unit_balancer_hour: float = 0.008
    key: float = 1.00
    secret: float = 0.40
    alarm: float = 0.10
    dashboard: float = 3.00
    guru_resource_hour: float = 0.0042


_VIRGINIA = Prices(
    instances={
        "c5": 0.085, "c6a": 0.0765, "c6i": 0.085, "c7a": 0.10264, "c7i": 0.08925,
        "m5": 0.096, "m6a": 0.0864, "m6i": 0.096, "m7a": 0.11592, "m7i": 0.1008,
        "r5": 0.126, "r6a": 0.1134, "r6i": 0.126, "t3": 0.0832, "t3a": 0.0752,
    },
    databases={"r5": 0.29, "r6g": 0.26, "r6i": 0.29, "r7g": 0.276, "t3": 0.164, "t4g": 0.146},
    capacity_unit_hour=0.12,
    database_gib=0.10,
    database_million_requests=0.20,
    database_backup_gib=0.021,
    volume_gib=0.08,
    volume_snapshot_gib=0.05,
    nat_hour=0.045,
    nat_gib=0.045,
    endpoint_hour=0.01,
    load_balancer_hour=0.0225,
    log_gib=0.50,
    log_stored_gib=0.03,
)  # fmt: skip

_IRELAND = replace(
    _VIRGINIA,
    instances={
        "c5": 0.096, "c6a": 0.0821, "c6i": 0.0912, "m5": 0.107, "m6a": 0.0963, "m6i": 0.107,
        "r5": 0.141, "r6a": 0.1269, "r6i": 0.141, "t3": 0.0912, "t3a": 0.0816,
    },
    databases={"r5": 0.32, "r6g": 0.287, "r6i": 0.32},
    capacity_unit_hour=0.14,
    database_gib=0.11,
    database_million_requests=0.22,
    database_backup_gib=0.022,
    volume_gib=0.088,
    nat_hour=0.048,
    nat_gib=0.048,
    endpoint_hour=0.011,
    load_balancer_hour=0.0252,
    log_gib=0.57,
)  # fmt: skip

_FRANKFURT = replace(
    _VIRGINIA,
    instances={
        "c5": 0.097, "c6a": 0.0873, "c6i": 0.097, "m5": 0.115, "m6a": 0.1035, "m6i": 0.115,
        "r5": 0.152, "r6a": 0.1368, "r6i": 0.152, "t3": 0.096, "t3a": 0.0864,
    },
    databases={"r5": 0.35, "r6g": 0.313, "r6i": 0.35},
    capacity_unit_hour=0.14,
    database_gib=0.119,
    database_million_requests=0.22,
    database_backup_gib=0.023,
    volume_gib=0.0952,
    volume_snapshot_gib=0.054,
    nat_hour=0.052,
    nat_gib=0.052,
    endpoint_hour=0.012,
    load_balancer_hour=0.027,
    log_gib=0.63,
    log_stored_gib=0.0324,
)  # fmt: skip

REGIONS: Mapping[str, Prices] = {
    "eu-central-1": _FRANKFURT,
    "eu-west-1": _IRELAND,
    "us-east-1": _VIRGINIA,
    # AWS asks the same in these three.
    "us-east-2": _VIRGINIA,
    "us-west-2": _VIRGINIA,
}
