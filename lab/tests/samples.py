# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small region to test with."""

from __future__ import annotations

from nodeops_lab.reconciler.region import Cluster, Instance, Region, Rule, Subnet, Vpc

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
CLUSTER = Cluster(
    cluster_id="estate-database",
    status="available",
    vpc_id="vpc-1",
    subnet_cidrs=("10.42.0.0/20",),
    group_ids=("sg-database",),
    endpoints=("writer.example", "reader.example", "instance.example"),
    master_username="estate_master",
    database_name="chainlink",
    engine_version="16.8",
)
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
