# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small region to test with."""

from __future__ import annotations

import datetime
from typing import Any

from nodeops_lab.api.aurora.model import Cluster, Database, Source
from nodeops_lab.reconciler.region import Instance, Region, Rule, Subnet, Vpc

BASTION = Instance(
    instance_id="i-bastion",
    state="running",
    vpc_id="vpc-1",
    subnet_id="subnet-1",
    address="10.42.0.4",
    public_address="198.19.80.4",
    group_ids=("sg-bastion",),
    group_names=("estate-bastion",),
    image_id="ami-1",
    instance_type="t3.micro",
    zone="us-east-1a",
    key_name="estate",
    profile_arn="arn:aws:iam::123456789012:instance-profile/estate-bastion",
    interface_id="eni-1",
    reservation_id="r-1",
    metadata_options={
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
        "InstanceMetadataTags": "enabled",
    },
    tags={"Name": "estate-bastion", "nodeops:role": "bastion"},
)
NODE = Instance(
    instance_id="i-node",
    state="stopped",
    vpc_id="vpc-1",
    subnet_id="subnet-1",
    address="10.42.0.5",
    public_address=None,
    group_ids=("sg-node",),
    group_names=("estate-node",),
    image_id="ami-1",
    instance_type="m6i.large",
    zone="us-east-1a",
    key_name=None,
    profile_arn=None,
    interface_id="eni-2",
    reservation_id="r-2",
    metadata_options={"HttpTokens": "optional", "HttpPutResponseHopLimit": 2, "InstanceMetadataTags": "disabled"},
    tags={"Name": "estate-node"},
)
_CREATED = datetime.datetime(2026, 1, 1)


def database(instance_id: str, *, is_writer: bool, **changes: Any) -> Database:
    """An instance of the sample's cluster."""
    facts: dict[str, Any] = {
        "instance_id": instance_id,
        "key": f"db-{instance_id.upper()}",
        "cluster_id": "estate-database",
        "status": "available",
        "is_writer": is_writer,
        "endpoint": f"{instance_id}.example",
        "zone": "us-east-1a",
        "vpc_id": "vpc-1",
        "subnet_ids": ("subnet-1",),
        "group_ids": ("sg-database",),
        "instance_class": "db.r6g.large",
        "promotion_tier": 1,
        "reboot_due": False,
        "cluster_group": ("default.aurora-postgresql16", ()),
        "instance_group": ("default.aurora-postgresql16", ()),
        "created_at": _CREATED,
    }
    return Database(**(facts | changes))


def cluster(*databases: Database, **changes: Any) -> Cluster:
    """The sample's cluster with these instances."""
    facts: dict[str, Any] = {
        "cluster_id": "estate-database",
        "key": "cluster-ESTATE",
        "status": "available",
        "vpc_id": "vpc-1",
        "endpoint": "cluster.example",
        "reader_endpoint": "cluster-ro.example",
        "port": 5432,
        "master_username": "estate_master",
        "database_name": "chainlink",
        "databases": databases,
        "created_at": _CREATED,
        "source": Source("nothing"),
        "stored": True,
        "backup_key": "snapshot-1",
        "failover_target": None,
        "password_due": False,
    }
    return Cluster(**(facts | changes))


CLUSTER = cluster(database("writer", is_writer=True), database("reader", is_writer=False))
REGION = Region(
    vpcs={"vpc-1": Vpc("vpc-1", "10.42.0.0/16", False), "vpc-0": Vpc("vpc-0", "172.31.0.0/16", True)},
    subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "10.42.0.0/20")},
    groups={
        "sg-bastion": (Rule("tcp", 22, 22, ("198.51.100.0/24",)),),
        "sg-node": (Rule("tcp", 22, 22, (), ("sg-bastion",)),),
        "sg-database": (Rule("tcp", 5432, 5432, (), ("sg-node",)),),
    },
    outbound={
        "sg-bastion": (Rule("tcp", 22, 22, ("10.42.0.0/16",)),),
        "sg-node": (Rule("tcp", 443, 443, ("0.0.0.0/0",)),),
        "sg-database": (),
    },
    instances={"i-bastion": BASTION, "i-node": NODE},
    clusters={"estate-database": CLUSTER},
)
