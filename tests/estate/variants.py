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
            "estate_database_backup_window": "02:00-03:00",
            "estate_database_maintenance_window": "Sat:05:00-Sat:06:00",
            "estate_database_auto_minor_version_upgrade": True,
            "estate_database_monitoring_interval": 15,
            "estate_database_performance_insights": True,
            "estate_database_ca_certificate": "rds-ca-rsa2048-g1",
            "estate_database_port": 5433,
            "estate_database_name": "oracle",
            "estate_database_master_username": "dba",
            "estate_database_cluster_parameters": {"log_min_duration_statement": 1000},
            "estate_database_instance_parameters": {"log_lock_waits": 1},
            "estate_observability_subscriptions": [
                {"protocol": "email", "endpoint": "operators@nodeops.test"},
                {"protocol": "https", "endpoint": "https://pager.nodeops.test/canary-pager"},
            ],
            "estate_observability_dashboard": False,
            "estate_observability_database_cpu_percent": 60,
            "estate_observability_devops_guru": True,
            "estate_observability_stack_set_administrator": "210987654321",
            "estate_observability_stack_set_external_id": "chosen-by-both-sides",
            "estate_backup_method": "aws_backup",
            "estate_backup_interval_hours": 12,
            "estate_backup_keep": 30,
            "estate_observability_log_retention_days": 365,
        },
        {
            "subnet": {
                "{estate}-public-1": {"cidr": "{net}.200.0/24"},
                "{estate}-public-2": {"cidr": "{net}.201.0/24"},
                "{estate}-private-1": {"cidr": "{net}.100.0/24"},
                "{estate}-private-2": {"cidr": "{net}.101.0/24"},
            },
            "security_group": {
                "{estate}-bastion": {"ingress": ["tcp 22 198.51.100.0/24", "tcp 22 203.0.113.7/32"]},
                "{estate}-node": {"egress": ["tcp 443 0.0.0.0/0", "tcp 5433 {net}.0.0/16", "tcp 80 0.0.0.0/0"]},
                "{estate}-database": {"ingress": ["tcp 5433 group {estate}-node"]},
            },
            "key": {
                "alias/{estate}": {
                    "used_by": [
                        "AWSServiceRoleForAutoScaling",
                        "AWSServiceRoleForAutoScaling",
                        "cloudwatch.amazonaws.com, events.rds.amazonaws.com, {region}.devops-guru.amazonaws.com",
                        "logs.{region}.amazonaws.com",
                        "root",
                    ]
                }
            },
            "role": {
                "{estate}-backup-{region}": {
                    "trusts": ["backup.amazonaws.com"],
                    "attached": ["AWSBackupServiceRolePolicyForBackup"],
                },
                "{estate}-stack-set-administration-{region}": {
                    "trusts": ["cloudformation.amazonaws.com"],
                    "may": {"iam role/{estate}-stack-set-execution-{region}": ["sts:AssumeRole"]},
                    "attached": [],
                },
                "{estate}-stack-set-execution-{region}": {"trusts": ["root"], "attached": []},
            },
            "database_parameter_group": {
                "{estate}-database-instance-postgresql17": None,
                "{estate}-database-instance-postgresql15": {
                    "family": "aurora-postgresql15",
                    "parameters": {"log_lock_waits": "1"},
                },
            },
            "topic": {
                "{estate}-alarms": {
                    "subscriptions": ["email operators@nodeops.test", "https https://pager.nodeops.test/canary-pager"]
                },
                # DevOps Guru writes its own permission into the topic's policy.
                "{estate}-devops-guru": {
                    "key": "alias/{estate}",
                    "subscriptions": ["email operators@nodeops.test", "https https://pager.nodeops.test/canary-pager"],
                },
            },
            "alarm": {
                "{estate}-cpu-database-1": {"when": "AWS/RDS CPUUtilization Average >= 60"},
                "{estate}-cpu-database-2": {"when": "AWS/RDS CPUUtilization Average >= 60"},
            },
            "event_subscription": {
                "{estate}-parameter-events": {"of": ["{estate}-database-instance-postgresql15"]},
            },
            "dashboard": None,
            "snapshot_policy": None,
            "backup_plan": {
                "{estate}-backup": {
                    "vault": "{estate}-backup",
                    "schedule": "cron(30 3/12 ? * * *)",
                    "kept_days": 30,
                    "of": ["{estate}-database"],
                }
            },
            "backup_vault": {"{estate}-backup": {"key": "alias/{estate}"}},
            "devops_guru": {"{estate}": {"tells": ["{estate}-devops-guru"]}},
            "database_cluster_parameter_group": {
                "{estate}-database-postgresql17": None,
                "{estate}-database-postgresql15": {
                    "family": "aurora-postgresql15",
                    "parameters": {"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
                },
            },
            "database_cluster": {
                "{estate}-database": {
                    "version": "15.12",
                    "parameter_group": "{estate}-database-postgresql15",
                    "retention_days": 35,
                    "backup": "02:00-03:00",
                    "maintenance": "sat:05:00-sat:06:00",
                    "port": 5433,
                    "database": "oracle",
                    "master": "dba",
                }
            },
            "database_instance": {
                "{estate}-database-1": {
                    "class": "db.r6g.xlarge",
                    "minor_upgrades": True,
                    "maintenance": "sat:05:00-sat:06:00",
                    "monitoring_seconds": 15,
                    "insights": True,
                    "certificate_authority": "rds-ca-rsa2048-g1",
                    "parameter_group": "{estate}-database-instance-postgresql15",
                },
                "{estate}-database-2": {
                    "class": "db.r6g.xlarge",
                    "minor_upgrades": True,
                    "maintenance": "sat:05:00-sat:06:00",
                    "monitoring_seconds": 15,
                    "insights": True,
                    "certificate_authority": "rds-ca-rsa2048-g1",
                    "parameter_group": "{estate}-database-instance-postgresql15",
                },
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
    # Whatever can be left out of database, monitoring and backups.
    Variant(
        "lean",
        30,
        {
            "estate_database_instance_class": "db.serverless",
            "estate_database_minimum_acu": 1,
            "estate_database_maximum_acu": 16,
            "estate_database_multi_az": False,
            "estate_database_monitoring_interval": 0,
            "estate_observability_alarms": False,
            "estate_backup_method": "none",
        },
        {
            "database_cluster": {
                "{estate}-database": {
                    "capacity": {"MinCapacity": 1.0, "MaxCapacity": 16.0},
                    "members": ["{estate}-database-1"],
                }
            },
            "database_instance": {
                "{estate}-database-1": {"class": "db.serverless", "monitoring_seconds": 0},
                "{estate}-database-2": None,
            },
            "role": {"{estate}-backup-{region}": None, "{estate}-database-monitoring-{region}": None},
            "alarm": None,
            "event_subscription": None,
            "dashboard": {"{estate}-{region}": {"alarms": 0}},
            "snapshot_policy": None,
        },
        long=True,
    ),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}
