# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate consists of, written by hand from what the Quick Start creates and from what it should have had.

The table does not read the roles: it is what an operator may rely on. `BASE` is an estate of the smallest inventory;
what a variant has instead stands with the variant in variants.py. By kind (see readers.py) and name: the properties
that matter, with `{estate}`, `{region}`, `{account}`, `{net}` (the first half of its network's addresses) and the zones
`{a}` and `{b}` to be filled in. Each resource here has the estate's tag; one that is not here must not exist.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Table = dict[str, dict[str, dict[str, Any]]]

# An alarm that tells nobody is none; and whoever was told wants to know that it is over.
TOLD = {"told": ["{estate}-alarms"], "told_when_over": ["{estate}-alarms"]}

BASE: Table = {
    # --- network: over two zones, each private subnet through its own zone's gateway
    "vpc": {
        "{estate}-network": {
            "cidr": "{net}.0.0/16",
            "tenancy": "default",
            "dns_support": True,
            "dns_hostnames": True,
        }
    },
    "internet_gateway": {"{estate}-internet": {"vpcs": ["{estate}-network"]}},
    "subnet": {
        "{estate}-public-1": {
            "vpc": "{estate}-network",
            "cidr": "{net}.0.0/20",
            "zone": "{a}",
            "public_addresses": True,
        },
        "{estate}-public-2": {
            "vpc": "{estate}-network",
            "cidr": "{net}.16.0/20",
            "zone": "{b}",
            "public_addresses": True,
        },
        "{estate}-private-1": {
            "vpc": "{estate}-network",
            "cidr": "{net}.32.0/20",
            "zone": "{a}",
            "public_addresses": False,
        },
        "{estate}-private-2": {
            "vpc": "{estate}-network",
            "cidr": "{net}.48.0/20",
            "zone": "{b}",
            "public_addresses": False,
        },
    },
    "address": {
        "{estate}-nat-{a}": {"used_by": "{estate}-nat-{a}"},
        "{estate}-nat-{b}": {"used_by": "{estate}-nat-{b}"},
    },
    "nat_gateway": {
        "{estate}-nat-{a}": {"subnet": "{estate}-public-1", "state": "available", "connectivity": "public"},
        "{estate}-nat-{b}": {"subnet": "{estate}-public-2", "state": "available", "connectivity": "public"},
    },
    "route_table": {
        "{estate}-public": {
            "subnets": ["{estate}-public-1", "{estate}-public-2"],
            "routes": {"0.0.0.0/0": "{estate}-internet"},
        },
        "{estate}-private-1": {"subnets": ["{estate}-private-1"], "routes": {"0.0.0.0/0": "{estate}-nat-{a}"}},
        "{estate}-private-2": {"subnets": ["{estate}-private-2"], "routes": {"0.0.0.0/0": "{estate}-nat-{b}"}},
    },
    "vpc_endpoint": {
        "{estate}-s3": {
            "type": "Gateway",
            "service": "com.amazonaws.{region}.s3",
            "route_tables": ["{estate}-private-1", "{estate}-private-2"],
            "subnets": [],
            "security_groups": [],
        }
    },
    "flow_log": {
        "{estate}-network": {
            "network": "{estate}-network",
            "traffic": "REJECT",
            "log_group": "/{estate}/network",
            "role": "{estate}-flow-logs-{region}",
        }
    },
    # --- who may reach whom: the bastion from the administrators, nodes from the bastion, the database from nodes
    "security_group": {
        "{estate}-bastion": {
            "vpc": "{estate}-network",
            "ingress": ["tcp 22 198.51.100.0/24"],
            "egress": ["tcp 22 {net}.0.0/16", "tcp 443 0.0.0.0/0", "tcp 80 0.0.0.0/0"],
        },
        "{estate}-node": {
            "vpc": "{estate}-network",
            "ingress": ["tcp 22 group {estate}-bastion"],
            "egress": ["tcp 443 0.0.0.0/0", "tcp 5432 {net}.0.0/16", "tcp 80 0.0.0.0/0"],
        },
        "{estate}-database": {
            "vpc": "{estate}-network",
            "ingress": ["tcp 5432 group {estate}-node"],
            "egress": [],
        },
    },
    # --- one key for everything that the estate stores
    "key": {
        "alias/{estate}": {
            "state": "Enabled",
            "usage": "ENCRYPT_DECRYPT",
            "rotation": True,
            "used_by": [
                "AWSServiceRoleForAutoScaling",
                "AWSServiceRoleForAutoScaling",
                "cloudwatch.amazonaws.com, events.rds.amazonaws.com",
                "logs.{region}.amazonaws.com",
                "root",
            ],
        }
    },
    "key_pair": {"{estate}-operator": {}},
    "secret": {
        "{estate}/database": {"key": "alias/{estate}", "parts": ["password", "username"]},
        "{estate}/database-master": {"key": "alias/{estate}", "parts": ["password", "username"]},
        "{estate}/keystore": {"key": "alias/{estate}", "parts": ["a text"]},
        "{estate}/api": {"key": "alias/{estate}", "parts": ["email", "password"]},
        "{estate}/rpc": {"key": "alias/{estate}", "parts": ["11155111", "extra_config"]},
    },
    "role": {
        "{estate}-flow-logs-{region}": {
            "trusts": ["vpc-flow-logs.amazonaws.com"],
            "may": {
                "logs log-group:*": ["logs:DescribeLogGroups"],
                "logs log-group:/{estate}/network:*": [
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
            },
            "attached": [],
        },
        "{estate}-bastion-{region}": {"trusts": ["ec2.amazonaws.com"], "may": {}, "attached": []},
        "{estate}-node-{region}": {
            "trusts": ["ec2.amazonaws.com"],
            "may": {
                "secretsmanager secret:{estate}/database": ["secretsmanager:GetSecretValue"],
                "secretsmanager secret:{estate}/keystore": ["secretsmanager:GetSecretValue"],
                "secretsmanager secret:{estate}/api": ["secretsmanager:GetSecretValue"],
                "secretsmanager secret:{estate}/rpc": ["secretsmanager:GetSecretValue"],
                "kms alias/{estate}": ["kms:Decrypt"],
                "ssm parameter/nodeops/{estate}/record": ["ssm:GetParameter"],
                "ssm parameter/nodeops/{estate}/lock": ["ssm:GetParameter"],
                "autoscaling autoScalingGroup:*:autoScalingGroupName/{estate}-node": ["autoscaling:SetInstanceHealth"],
                "logs log-group:/{estate}/node:*": [
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
            },
            "attached": [],
        },
        "{estate}-snapshots-{region}": {
            "trusts": ["dlm.amazonaws.com"],
            "may": {},
            "attached": ["AWSDataLifecycleManagerServiceRole"],
        },
        "{estate}-database-monitoring-{region}": {
            "trusts": ["monitoring.rds.amazonaws.com"],
            "may": {},
            "attached": ["AmazonRDSEnhancedMonitoringRole"],
        },
    },
    "instance_profile": {
        "{estate}-bastion-{region}": {"roles": ["{estate}-bastion-{region}"]},
        "{estate}-node-{region}": {"roles": ["{estate}-node-{region}"]},
    },
    # --- database: a writer and a reader in two zones
    "database_subnet_group": {"{estate}-database": {"subnets": ["{estate}-private-1", "{estate}-private-2"]}},
    "database_cluster_parameter_group": {
        "{estate}-database-postgresql17": {"family": "aurora-postgresql17", "parameters": {"rds.force_ssl": "1"}}
    },
    "database_parameter_group": {
        "{estate}-database-instance-postgresql17": {"family": "aurora-postgresql17", "parameters": {}}
    },
    "database_cluster": {
        "{estate}-database": {
            "status": "available",
            "engine": "aurora-postgresql",
            "version": "17.5",
            "port": 5432,
            "database": "chainlink",
            "master": "chainlink_master",
            "encrypted": True,
            "key": "alias/{estate}",
            "subnet_group": "{estate}-database",
            "parameter_group": "{estate}-database-postgresql17",
            "security_groups": ["{estate}-database"],
            "retention_days": 7,
            "deletion_protection": True,
            "copies_tags_to_snapshots": True,
            "exports": ["postgresql"],
            "members": ["{estate}-database-1", "{estate}-database-2"],
        }
    },
    "database_instance": {
        "{estate}-database-1": {
            "status": "available",
            "cluster": "{estate}-database",
            "class": "db.r6g.large",
            "zone": "{a}",
            "public": False,
            "minor_upgrades": False,
            "monitoring_seconds": 60,
            "insights": False,
            "parameter_group": "{estate}-database-instance-postgresql17",
        },
        "{estate}-database-2": {
            "status": "available",
            "cluster": "{estate}-database",
            "class": "db.r6g.large",
            "zone": "{b}",
            "public": False,
            "minor_upgrades": False,
            "monitoring_seconds": 60,
            "insights": False,
            "parameter_group": "{estate}-database-instance-postgresql17",
        },
    },
    # --- hosts: one bastion, and one active and one standby in two zones
    "launch_template": {
        "{estate}-bastion": {
            "image": "debian-12-amd64",
            "type": "t3.micro",
            "key_pair": "{estate}-operator",
            "profile": "{estate}-bastion-{region}",
            "security_groups": ["{estate}-bastion"],
            "metadata_tokens": "required",
            "metadata_hops": 1,
            "metadata_tags": "enabled",
            "volumes": ["gp3 10 GiB encrypted with alias/{estate}"],
            "monitoring": False,
            "tenancy": "default",
            "user_data": None,
        },
        "{estate}-node": {
            "image": "debian-12-amd64",
            "type": "m6i.large",
            "key_pair": "{estate}-operator",
            "profile": "{estate}-node-{region}",
            "security_groups": ["{estate}-node"],
            "metadata_tokens": "required",
            "metadata_hops": 1,
            "metadata_tags": "enabled",
            "volumes": ["gp3 50 GiB encrypted with alias/{estate}"],
            "monitoring": False,
            "tenancy": "default",
            "user_data": None,
        },
    },
    "group": {
        "{estate}-bastion": {
            "size": [1, 1, 1],
            "health_check": "EC2",
            "template": "{estate}-bastion",
            "template_version": "$Latest",
            "subnets": ["{estate}-public-1", "{estate}-public-2"],
            "role": "bastion",
            "tags_reach_instances": True,
        },
        "{estate}-node": {
            "size": [2, 2, 2],
            "health_check": "EC2",
            "template": "{estate}-node",
            "template_version": "$Latest",
            "subnets": ["{estate}-private-1", "{estate}-private-2"],
            "zones": ["{a}", "{b}"],
            "role": "node",
            "tags_reach_instances": True,
        },
    },
    "instance": {
        "bastion": {
            "state": "running",
            "public_address": True,
            "metadata_tokens": "required",
            "profile": "{estate}-bastion-{region}",
            "security_groups": ["{estate}-bastion"],
        },
        "node in {a}": {
            "state": "running",
            "public_address": False,
            "metadata_tokens": "required",
            "profile": "{estate}-node-{region}",
            "security_groups": ["{estate}-node"],
        },
        "node in {b}": {
            "state": "running",
            "public_address": False,
            "metadata_tokens": "required",
            "profile": "{estate}-node-{region}",
            "security_groups": ["{estate}-node"],
        },
    },
    # --- no way in from outside unless it is asked for
    "load_balancer": {},
    "target_group": {},
    "certificate": {},
    "dns_record": {},
    # --- logs, and the record that everything else reads
    "log_group": {
        "/{estate}/network": {"retention_days": 30, "key": "alias/{estate}"},
        "/{estate}/node": {"retention_days": 30, "key": "alias/{estate}"},
        "/aws/rds/cluster/{estate}-database/postgresql": {"retention_days": 30, "key": "alias/{estate}"},
    },
    # --- who is told when something is wrong: the Quick Start's three for each instance, and what an operator needs
    "topic": {
        "{estate}-alarms": {
            "key": "alias/{estate}",
            "publishers": ["cloudwatch.amazonaws.com, events.rds.amazonaws.com"],
            "subscriptions": [],
        }
    },
    "alarm": {
        "{estate}-cpu-database-1": {
            **TOLD,
            "when": "AWS/RDS CPUUtilization Average >= 80",
            "of": "{estate}-database-1",
        },
        "{estate}-cpu-database-2": {
            **TOLD,
            "when": "AWS/RDS CPUUtilization Average >= 80",
            "of": "{estate}-database-2",
        },
        "{estate}-transaction-ids-database-1": {
            **TOLD,
            "when": "AWS/RDS MaximumUsedTransactionIDs Maximum >= 600000000",
            "of": "{estate}-database-1",
        },
        "{estate}-transaction-ids-database-2": {
            **TOLD,
            "when": "AWS/RDS MaximumUsedTransactionIDs Maximum >= 600000000",
            "of": "{estate}-database-2",
        },
        "{estate}-free-local-storage-database-1": {
            **TOLD,
            "when": "AWS/RDS FreeLocalStorage Minimum <= 5368709120",
            "of": "{estate}-database-1",
        },
        "{estate}-free-local-storage-database-2": {
            **TOLD,
            "when": "AWS/RDS FreeLocalStorage Minimum <= 5368709120",
            "of": "{estate}-database-2",
        },
        "{estate}-node-host": {**TOLD, "when": "AWS/EC2 StatusCheckFailed Maximum >= 1", "of": "{estate}-node"},
        "{estate}-node-in-service": {
            **TOLD,
            "when": "AWS/AutoScaling GroupInServiceInstances Minimum < 2",
            "of": "{estate}-node",
        },
        "{estate}-node-critical": {**TOLD, "when": "nodeops/{estate} CriticalLines Sum >= 1", "of": ""},
        "{estate}-node-lease-lost": {**TOLD, "when": "nodeops/{estate} LeaseLost Sum >= 1", "of": ""},
        "{estate}-node-lease-unwritten": {**TOLD, "when": "nodeops/{estate} LeaseUnwritten Sum >= 5", "of": ""},
        "{estate}-no-active-node": {
            **TOLD,
            "when": "nodeops/{estate} ActiveNodes Sum < 1",
            "of": "",
            "missing": "breaching",
        },
        "{estate}-ports-nat-{a}": {**TOLD, "when": "AWS/NATGateway ErrorPortAllocation Sum >= 1"},
        "{estate}-ports-nat-{b}": {**TOLD, "when": "AWS/NATGateway ErrorPortAllocation Sum >= 1"},
    },
    "metric_filter": {
        "{estate}-active": {"group": "/{estate}/node", "metric": "nodeops/{estate} ActiveNodes"},
        "{estate}-critical": {"group": "/{estate}/node", "metric": "nodeops/{estate} CriticalLines"},
        "{estate}-lease-lost": {"group": "/{estate}/node", "metric": "nodeops/{estate} LeaseLost"},
        "{estate}-lease-unwritten": {"group": "/{estate}/node", "metric": "nodeops/{estate} LeaseUnwritten"},
    },
    "event_subscription": {
        "{estate}-cluster-events": {
            "topic": "{estate}-alarms",
            "enabled": True,
            "kind": "db-cluster",
            "of": ["{estate}-database"],
            "categories": ["deletion", "failover", "failure", "maintenance", "notification"],
        },
        "{estate}-instance-events": {
            "topic": "{estate}-alarms",
            "enabled": True,
            "kind": "db-instance",
            "of": ["{estate}-database-1", "{estate}-database-2"],
            "categories": [
                "availability",
                "deletion",
                "failover",
                "failure",
                "low storage",
                "maintenance",
                "notification",
                "recovery",
                "restoration",
            ],
        },
        "{estate}-parameter-events": {
            "topic": "{estate}-alarms",
            "enabled": True,
            "kind": "db-parameter-group",
            "of": ["{estate}-database-instance-postgresql17"],
            "categories": ["configuration change"],
        },
    },
    "dashboard": {"{estate}-{region}": {"graphs": 9, "shows_alarms": True}},
    # --- backups of the hosts, beside those that Aurora makes
    "snapshot_policy": {
        "{estate}-snapshots": {
            "state": "ENABLED",
            "role": "{estate}-snapshots-{region}",
            "volumes": ["Name={estate}-node"],
            "every_hours": 24,
            "at": ["03:30"],
            "kept": 7,
        }
    },
    "backup_plan": {},
    "backup_vault": {},
    "devops_guru": {},
    "parameter": {
        "/nodeops/{estate}/record": {
            "type": "String",
            "parts": [
                "backup",
                "chains",
                "database",
                "estate",
                "images",
                "log_group",
                "network",
                "p2p",
                "region",
                "release",
                "secrets",
                "ui",
                "version",
            ],
        }
    },
}


def changed(table: Table, rows: dict[str, Any]) -> Table:
    """Return a table with rows over it: properties over those of the same name, None for what does not exist."""
    result = deepcopy(table)
    for kind, named in rows.items():
        if named is None:
            result[kind] = {}
            continue
        there = result.setdefault(kind, {})
        for name, properties in named.items():
            if properties is None:
                del there[name]
            else:
                there[name] = {**there.get(name, {}), **properties}
    return result


def filled(value: Any, facts: dict[str, str]) -> Any:
    """Return a part of the table with its facts filled in."""
    if isinstance(value, str):
        for name, fact in facts.items():
            value = value.replace(f"{{{name}}}", fact)
        return value
    if isinstance(value, dict):
        return {filled(key, facts): filled(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return sorted_texts([filled(item, facts) for item in value])
    return value


def sorted_texts(items: list[Any]) -> list[Any]:
    """Return texts in order, as the readers do: filled in they may stand in another."""
    return sorted(items) if all(isinstance(item, str) for item in items) else items
