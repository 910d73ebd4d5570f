# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estates that are tried: what their operators write, and in what they differ from the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from table import BASE, Table, changed, filled

if TYPE_CHECKING:
    from region import Region


@dataclass(frozen=True)
class Prepared:
    """What stands before the estate does, as an existing network or a certificate."""

    variables: dict[str, Any] = field(default_factory=dict)
    """What the operator then writes besides."""
    facts: dict[str, str] = field(default_factory=dict)
    """What can be filled into rows besides, as `{vpc}`."""


@dataclass(frozen=True)
class Variant:
    """An estate. `number` gives it a network of its own."""

    name: str
    number: int
    variables: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    """Over those of the base: see `table.changed`."""
    prepare: Callable[[Region, str], Prepared] | None = None
    """Makes what the estate needs, given the region and the estate's name."""
    long: bool = False
    """Whether it is left out of `make test`."""
    base: Table = field(default_factory=lambda: BASE, repr=False)

    @property
    def net(self) -> str:
        """The first half of its network's addresses."""
        return f"10.{60 + self.number}"

    def expected(self, region: str, account: str, facts: dict[str, str]) -> Table:
        """Return what must stand."""
        known = {
            "estate": self.name,
            "region": region,
            "account": account,
            "net": self.net,
            "a": f"{region}a",
            "b": f"{region}b",
            **facts,
        }
        return filled(changed(self.base, self.rows), known)


VARIANTS = [
    # What the generated inventory says and nothing else (defect D37: the defaults are what is tried).
    Variant("usual", 0),
    # Another network, sizes and retentions; in the same region at the same time (defect D16).
    Variant(
        "chosen",
        1,
        {
            "estate_admin_cidrs": ["203.0.113.7/32", "198.51.100.0/24"],
            "estate_network_public_cidrs": ["10.61.200.0/24", "10.61.201.0/24"],
            "estate_network_private_cidrs": ["10.61.100.0/24", "10.61.101.0/24"],
            "estate_bastion_instance_type": "t3.small",
            "estate_nodes_instance_type": "c6i.xlarge",
            "estate_nodes_volume_gib": 80,
            "estate_database_engine_version": "15.12",
            "estate_database_instance_class": "db.r6g.xlarge",
            "estate_database_backup_retention_days": 35,
            "estate_observability_log_retention_days": 365,
        },
        {
            "subnet": {
                "{estate}-public-1": {"cidr": "{net}.200.0/24"},
                "{estate}-public-2": {"cidr": "{net}.201.0/24"},
                "{estate}-private-1": {"cidr": "{net}.100.0/24"},
                "{estate}-private-2": {"cidr": "{net}.101.0/24"},
            },
            "security_group": {"{estate}-bastion": {"ingress": ["tcp 22 198.51.100.0/24", "tcp 22 203.0.113.7/32"]}},
            "database_cluster_parameter_group": {
                "{estate}-database-postgresql16": None,
                "{estate}-database-postgresql15": {
                    "family": "aurora-postgresql15",
                    "parameters": {"rds.force_ssl": "1"},
                },
            },
            "database_cluster": {
                "{estate}-database": {
                    "version": "15.12",
                    "parameter_group": "{estate}-database-postgresql15",
                    "retention_days": 35,
                }
            },
            "database_instance": {
                "{estate}-database-1": {"class": "db.r6g.xlarge"},
                "{estate}-database-2": {"class": "db.r6g.xlarge"},
            },
            "launch_template": {
                "{estate}-bastion": {"type": "t3.small"},
                "{estate}-node": {"type": "c6i.xlarge", "volumes": ["gp3 80 GiB encrypted with alias/{estate}"]},
            },
            "log_group": {
                "/{estate}/node": {"retention_days": 365},
                "/aws/rds/cluster/{estate}-database/postgresql": {"retention_days": 365},
            },
        },
    ),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}
