# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.region import Found, Quotas, Wanted, judge

A, B, C = "eu-central-1a", "eu-central-1b", "eu-central-1c"
TYPES = {"estate_bastion_instance_type": "t3.micro", "estate_nodes_instance_type": "m6i.large"}
WANTED = Wanted(estate="oracle", instance_types=TYPES, cidr="10.42.0.0/16")
FOUND = Found(
    account="123456789012",
    region="eu-central-1",
    zones=(A, B, C),
    offerings={"t3.micro": [C, B, A], "m6i.large": [B, C]},
    quotas=Quotas(vpcs=5.0, vpcs_used=2, addresses=5.0, addresses_used=1),
)
OWN: list[dict[str, Any]] = [{"VpcId": "vpc-own", "CidrBlock": "10.42.0.0/16", "InstanceTenancy": "default"}]


def peers(needed: str, used: int) -> tuple[str, str]:
    besides = " for NAT gateways" if "besides" in needed else ""
    return (
        "estate_p2p_enabled",
        f"needs {needed}{besides}, and account 123456789012 may have 5 in eu-central-1 and has {used}; have quota "
        "L-0263D0A3 of EC2 raised, or set it to false",
    )


# (wanted, found, problems)
TEST_NEW: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ({}, {}, []),
    ({"account": "123456789012", "zones": (B, C)}, {}, []),
    (
        {"account": "999999999999"},
        {},
        [
            (
                "estate_account_expected",
                "is 999999999999, and these credentials belong to account 123456789012; use the other's credentials",
            )
        ],
    ),
    (
        {"zones": (A, B)},
        {},
        [("estate_nodes_instance_type", f"m6i.large is not offered in {A}, but in {B}, {C}")],
    ),
    (
        {"zones": ("eu-central-1x", B)},
        {},
        [
            (
                "estate_network_zones",
                f"eu-central-1x is not available to this account; choose of {A}, {B}, {C}",
            )
        ],
    ),
    (
        {"instance_types": {"estate_nodes_instance_type": "m9z.large"}},
        {},
        [("estate_nodes_instance_type", "m9z.large is not offered in eu-central-1; choose another type")],
    ),
    (
        {},
        {"offerings": {"t3.micro": [A, B], "m6i.large": [B, C]}},
        [
            (
                "estate_region",
                "no two zones of eu-central-1 offer t3.micro and m6i.large; choose other types, or another region",
            )
        ],
    ),
    (
        {},
        {"zones": (B,)},
        [
            (
                "estate_region",
                "an estate needs two availability zones, and account 123456789012 has 1 in eu-central-1; choose "
                "another "
                "region",
            )
        ],
    ),
    (
        {},
        {"quotas": Quotas(vpcs=5.0, vpcs_used=5, addresses=5.0, addresses_used=4)},
        [
            (
                "estate_network_existing",
                "account 123456789012 may have 5 networks (VPCs) in eu-central-1 and has 5; have quota L-F678F1CE of "
                "VPC "
                "raised, or name a network that exists",
            ),
            (
                "estate_network_nat_gateways",
                "per_zone needs 2 more Elastic IP addresses, and account 123456789012 may have 5 in eu-central-1 and "
                "has 4; "
                "have quota L-0263D0A3 of EC2 raised, or set it to one",
            ),
        ],
    ),
    ({"nat_gateways": "one"}, {"quotas": Quotas(addresses=5.0, addresses_used=4)}, []),
    # What cannot be read is not checked, and what is there is not needed again.
    ({}, {"quotas": Quotas(vpcs_used=99, addresses_used=99)}, []),
    ({}, {"own_vpcs": OWN, "own_nat_gateways": 2, "quotas": Quotas(5.0, 5, 5.0, 5)}, []),
    # An interrupted run has left an address without its gateway.
    ({}, {"own_addresses": [f"oracle-nat-{B}"], "quotas": Quotas(addresses=5.0, addresses_used=4)}, []),
    (
        {"nat_gateways": "one"},
        {"own_addresses": ["oracle-2-nat-a"], "quotas": Quotas(addresses=5.0, addresses_used=5)},
        [
            (
                "estate_network_nat_gateways",
                "one needs 1 more Elastic IP address, and account 123456789012 may have 5 in eu-central-1 and has 5; "
                "have quota L-0263D0A3 of EC2 raised",
            ),
        ],
    ),
    ({"p2p": True}, {}, []),
    (
        {"p2p": True},
        {"quotas": Quotas(addresses=5.0, addresses_used=2)},
        [peers("2 more Elastic IP addresses besides 2", 2)],
    ),
    (
        {"p2p": True, "nat_gateways": "none"},
        {"quotas": Quotas(addresses=5.0, addresses_used=4)},
        [peers("2 more Elastic IP addresses", 4)],
    ),
    (
        {"p2p": True},
        {
            "own_nat_gateways": 2,
            "own_addresses": ["oracle-p2p-1", f"oracle-nat-{A}", f"oracle-nat-{B}"],
            "quotas": Quotas(addresses=5.0, addresses_used=5),
        },
        [peers("1 more Elastic IP address", 5)],
    ),
    (
        {"p2p": True},
        {
            "own_nat_gateways": 2,
            "own_addresses": ["oracle-p2p-1", "oracle-p2p-2"],
            "quotas": Quotas(addresses=5.0, addresses_used=5),
        },
        [],
    ),
    (
        {"tenancy": "dedicated"},
        {"own_vpcs": OWN},
        [
            (
                "estate_network_tenancy",
                "is dedicated, and vpc-own of estate oracle has tenancy default, which cannot change; set it back",
            )
        ],
    ),
    (
        {"cidr": "10.43.0.0/16"},
        {"own_vpcs": OWN},
        [
            (
                "estate_network_cidr",
                "is 10.43.0.0/16, and vpc-own of estate oracle has 10.42.0.0/16, which cannot change; set it back, or "
                "give the new network another estate_name",
            )
        ],
    ),
    (
        {"recorded_vpc": "vpc-shared"},
        {},
        [
            (
                "estate_network_existing",
                "estate oracle lives in vpc-shared, and cannot move; name this network here again",
            )
        ],
    ),
    ({"recorded_vpc": "vpc-own"}, {"own_vpcs": OWN}, []),
    ({"backup_method": "aws_backup"}, {"aurora_opted_in": True}, []),
    ({"backup_method": "aws_backup"}, {"aurora_opted_in": None}, []),
    ({"backup_method": "snapshots"}, {"aurora_opted_in": False}, []),
    (
        {"backup_method": "aws_backup"},
        {"aurora_opted_in": False},
        [
            (
                "estate_backup_method",
                "is aws_backup, which backs up nothing: in eu-central-1 account 123456789012 has AWS Backup's opt-in "
                "setting for Aurora off; turn it on (aws backup update-region-settings --region eu-central-1 "
                "--resource-type-opt-in-preference Aurora=true), or choose snapshots",
            )
        ],
    ),
]


@pytest.mark.parametrize(("wanted", "found", "problems"), TEST_NEW)
def test_a_network_of_its_own(wanted: dict[str, Any], found: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    verdict = judge(replace(WANTED, **wanted), replace(FOUND, **found))
    assert verdict.problems == problems
    assert verdict.network is None


def test_the_zones_are_those_that_offer_every_type() -> None:
    assert judge(WANTED, FOUND).zones == [B, C]


def test_overlaps_are_told() -> None:
    others = {"vpc-b": "10.42.128.0/17", "vpc-a": "10.0.0.0/8", "vpc-c": "192.168.0.0/16"}
    assert judge(WANTED, replace(FOUND, other_cidrs=others)).warnings == [
        "estate_network_cidr 10.42.0.0/16 overlaps vpc-a (10.0.0.0/8), vpc-b (10.42.128.0/17): these can never be "
        "peered. "
        "Addresses cannot change later."
    ]
    assert judge(WANTED, replace(FOUND, other_cidrs=others, own_vpcs=OWN)).warnings == []


# --- processors ------------------------------------------------------------------------------------------------------


NODES, BASTION = "estate_nodes_instance_type", "estate_bastion_instance_type"
MAY_RUN = "and account 123456789012 may run {} in eu-central-1, all that runs there taken together"
RAISE = "have quota L-1216C47A of EC2 (Running On-Demand Standard instances) raised"

# (wanted, the quota, problems, warnings)
TEST_PROCESSORS: list[tuple[dict[str, Any], float | None, list[tuple[str, str]], list[str]]] = [
    ({}, 8.0, [], []),
    ({}, None, [], []),
    (
        {},
        5.0,
        [
            (
                NODES,
                f"2 hosts of m6i.large and 1 of t3.micro ({BASTION}) need 6 vCPUs, {MAY_RUN.format(5)}; {RAISE}, or "
                "choose smaller types",
            )
        ],
        [],
    ),
    (
        {},
        7.0,
        [],
        [
            f"{NODES} m6i.large: the estate's hosts need 6 vCPUs, and 8 while a node is replaced, {MAY_RUN.format(7)}: "
            f"a replacement may not start. Better {RAISE}."
        ],
    ),
    ({"public_hosts": 0}, 6.0, [], []),
    (
        {"public_hosts": 2, "instance_types": {BASTION: "t3.micro", NODES: "g5.xlarge"}},
        2.0,
        [
            (
                BASTION,
                f"2 hosts of t3.micro need 4 vCPUs, {MAY_RUN.format(2)}; {RAISE}, or choose smaller types",
            )
        ],
        [],
    ),
    # What the name of a type does not tell is not counted.
    ({"instance_types": {BASTION: "t3.micro", NODES: "m5.metal"}}, 2.0, [], []),
    ({"instance_types": {}}, 0.0, [], []),
]


@pytest.mark.parametrize(("wanted", "quota", "problems", "warnings"), TEST_PROCESSORS)
def test_processors(
    wanted: dict[str, Any], quota: float | None, problems: list[tuple[str, str]], warnings: list[str]
) -> None:
    asked = replace(WANTED, **wanted)
    offerings = {kind: [A, B, C] for kind in asked.instance_types.values()}
    verdict = judge(asked, replace(FOUND, offerings=offerings, quotas=Quotas(processors=quota)))
    assert (verdict.problems, verdict.warnings) == (problems, warnings)


# --- a network that exists -------------------------------------------------------------------------------------------


def subnet(identifier: str, zone: str, tier: str, **more: Any) -> dict[str, Any]:
    return {
        "SubnetId": f"subnet-{identifier}",
        "AvailabilityZone": zone,
        "AvailableIpAddressCount": 200,
        "MapPublicIpOnLaunch": tier == "public",
        "Tags": [{"Key": "tier", "Value": tier}],
        **more,
    }


def table(*subnets: str, main: bool = False, **route: Any) -> dict[str, Any]:
    associations: list[dict[str, Any]] = [{"SubnetId": f"subnet-{name}"} for name in subnets]
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
    routes = [local, {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **route}] if route else [local]
    return {"Associations": associations + ([{"Main": True}] if main else []), "Routes": routes}


VPC: dict[str, Any] = {
    "VpcId": "vpc-1",
    "CidrBlock": "10.0.0.0/16",
    "CidrBlockAssociationSet": [
        {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
        {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "associated"}},
        {"CidrBlock": "10.2.0.0/16", "CidrBlockState": {"State": "disassociated"}},
    ],
}
SUBNETS = [
    subnet("public-b", B, "public"),
    subnet("public-a", A, "public"),
    subnet("private-a", A, "private"),
    subnet("private-b", B, "private"),
]
TABLES = [
    table("public-a", "public-b", GatewayId="igw-1"),
    table("private-a", NatGatewayId="nat-a"),
    # What has no table of its own follows the main one.
    table(main=True, TransitGatewayId="tgw-1"),
]
BY_ID = {
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-public-b", "subnet-public-a"],
    "private_subnet_ids": ["subnet-private-a", "subnet-private-b"],
}
BY_TAGS = {
    "vpc_tags": {"Name": "shared"},
    "public_subnet_tags": {"tier": "public"},
    "private_subnet_tags": {"tier": "private"},
}
SHARED = Wanted(estate="oracle", existing=BY_ID)
LAID = replace(FOUND, vpcs=[VPC], subnets=SUBNETS, route_tables=TABLES, nat_states={"nat-a": "available"})
EXISTING = "estate_network_existing"


def changed(position: int, **more: Any) -> list[dict[str, Any]]:
    return [{**item, **more} if index == position else item for index, item in enumerate(SUBNETS)]


ENDPOINT = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Interface",
    "PrivateDnsEnabled": True,
    "ServiceName": "com.amazonaws.eu-central-1.kms",
    "State": "available",
}

# (wanted, found, messages for estate_network_existing)
TEST_EXISTING: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"existing": BY_ID}, {"vpcs": []}, ["must name one network of eu-central-1, and vpc-1 fits none"]),
    (
        {"existing": BY_TAGS},
        {"vpcs": [VPC, {**VPC, "VpcId": "vpc-2"}]},
        ["must name one network of eu-central-1, and Name=shared fits vpc-1, vpc-2"],
    ),
    (
        {"recorded_vpc": "vpc-9"},
        {},
        ["names vpc-1, and estate oracle lives in vpc-9, and cannot move; name that"],
    ),
    (
        {},
        {"vpcs": [{**VPC, "Tags": [{"Key": "nodeops:estate", "Value": "oracle"}]}]},
        ["names vpc-1, which the estate made for itself; leave it out"],
    ),
    (
        {},
        {"dns_support": False, "dns_hostnames": False},
        [
            "vpc-1 does not resolve names; turn its enableDnsSupport on",
            "vpc-1 gives no names to hosts; turn its enableDnsHostnames on",
        ],
    ),
    (
        {},
        {"vpcs": [{**VPC, "CidrBlock": "172.17.0.0/20", "CidrBlockAssociationSet": []}]},
        [
            "vpc-1 has 172.17.0.0/20, which overlaps 172.17.0.0/16, the container engine's own on every node; use "
            "another "
            "network"
        ],
    ),
    (
        {"existing": {**BY_ID, "public_subnet_ids": ["subnet-x", "subnet-public-a"]}},
        {},
        ["public_subnet_ids: subnet-x is not in vpc-1"],
    ),
    (
        {"existing": {**BY_ID, "private_subnet_ids": ["subnet-private-a"]}},
        {},
        [
            "private_subnet_ids must fit one private subnet in each of two zones, and fits subnet-private-a in "
            f"{A}; name their ids, or narrow the zones by estate_network_zones"
        ],
    ),
    (
        {"existing": BY_TAGS},
        {"subnets": [*SUBNETS, subnet("private-c", C, "private")]},
        [
            "private_subnet_tags tier=private must fit one private subnet in each of two zones, and fits "
            f"subnet-private-a in {A}, "
            f"subnet-private-b in {B}, subnet-private-c in {C}; name their ids, or narrow the zones by "
            "estate_network_zones"
        ],
    ),
    (
        {},
        {"subnets": changed(3, AvailabilityZone=C)},
        [
            f"its public subnets lie in {A} and {B}, its private ones in {A} and {C}; name subnets of the same two "
            "zones",
        ],
    ),
    (
        {},
        {
            "route_tables": [
                table("public-a", GatewayId="igw-1"),
                table("private-a", NatGatewayId="nat-a"),
                table(main=True),
            ]
        },
        [
            "public subnet subnet-public-b has no route to an internet gateway; give it one, or name a public subnet",
            "private subnet subnet-private-b has no route to the world, which a node needs for its RPC endpoints; "
            "route "
            "0.0.0.0/0 to a NAT gateway",
        ],
    ),
    (
        {},
        {"route_tables": [table(main=True, GatewayId="igw-1")]},
        [
            f"private subnet subnet-private-{zone} is public: its route leads to igw-1; route 0.0.0.0/0 to a NAT "
            "gateway"
            for zone in "ab"
        ],
    ),
    (
        {},
        {"nat_states": {"nat-a": "deleted"}},
        [
            "private subnet subnet-private-a has its route to the world through nat-a, which does not work; repair "
            "the route"
        ],
    ),
    (
        {},
        {"route_tables": [*TABLES[:2], table(main=True, TransitGatewayId="tgw-1", State="blackhole")]},
        [
            "private subnet subnet-private-b has its route to the world through nowhere, which does not work; repair "
            "the route"
        ],
    ),
    (
        {},
        {"subnets": changed(0, MapPublicIpOnLaunch=False)},
        [
            "public subnet subnet-public-b gives hosts no public address, which a bastion needs; turn its "
            "MapPublicIpOnLaunch on"
        ],
    ),
    ({"public_hosts": 0}, {"subnets": changed(0, MapPublicIpOnLaunch=False)}, []),
    (
        {"endpoints": ("logs", "ssm")},
        {"subnets": changed(2, AvailableIpAddressCount=17)},
        ["subnet subnet-private-a has 17 free addresses, and an estate needs 18; name a larger subnet"],
    ),
    # An estate that is there has taken its addresses already.
    ({}, {"subnets": changed(2, AvailableIpAddressCount=3), "settled": True}, []),
]


@pytest.mark.parametrize(("wanted", "found", "messages"), TEST_EXISTING)
def test_an_existing_network(wanted: dict[str, Any], found: dict[str, Any], messages: list[str]) -> None:
    verdict = judge(replace(SHARED, **wanted), replace(LAID, **found))
    assert verdict.problems == [(EXISTING, message) for message in messages]
    assert (verdict.network is None) == bool(messages)


def test_an_existing_network_needs_addresses_for_p2p_alone() -> None:
    full = replace(LAID, quotas=Quotas(addresses=5.0, addresses_used=5))
    assert judge(SHARED, full).problems == []
    assert judge(replace(SHARED, p2p=True), full).problems == [peers("2 more Elastic IP addresses", 5)]
    own = replace(full, own_addresses=["oracle-p2p-1", "oracle-p2p-2"])
    assert judge(replace(SHARED, p2p=True), own).problems == []


@pytest.mark.parametrize("existing", [BY_ID, BY_TAGS])
def test_an_existing_network_is_told_in_the_order_of_its_zones(existing: dict[str, Any]) -> None:
    network = judge(replace(SHARED, existing=existing), LAID).network
    assert network is not None
    assert (network.vpc_id, network.cidr, network.cidrs) == ("vpc-1", "10.0.0.0/16", ("10.0.0.0/16", "10.1.0.0/16"))
    assert [item["SubnetId"] for item in network.public_subnets] == ["subnet-public-a", "subnet-public-b"]
    assert [item["SubnetId"] for item in network.private_subnets] == ["subnet-private-a", "subnet-private-b"]


def test_the_zones_of_the_network_must_offer_the_types() -> None:
    verdict = judge(replace(SHARED, instance_types=TYPES), LAID)
    assert verdict.problems == [
        ("estate_nodes_instance_type", f"m6i.large is not offered in {A}, but in {B}, {C}"),
    ]


def test_zones_choose_among_the_subnets() -> None:
    more = [subnet("public-c", C, "public"), subnet("private-c", C, "private")]
    laid = replace(LAID, subnets=[*SUBNETS, *more], route_tables=[*TABLES, table("public-c", GatewayId="igw-1")])
    network = judge(replace(SHARED, existing=BY_TAGS, zones=(B, C)), laid).network
    assert network is not None
    assert [item["SubnetId"] for item in network.private_subnets] == ["subnet-private-b", "subnet-private-c"]


@pytest.mark.parametrize(
    ("endpoint", "messages"),
    [
        (
            {},
            ["vpc-1 has an endpoint for kms already, vpce-1; leave kms out, and see that it lets the nodes in"],
        ),
        ({"PrivateDnsEnabled": False}, []),
        ({"State": "deleted"}, []),
        ({"Tags": [{"Key": "nodeops:estate", "Value": "oracle"}]}, []),
    ],
)
def test_endpoints_of_others(endpoint: dict[str, Any], messages: list[str]) -> None:
    verdict = judge(replace(SHARED, endpoints=("kms",)), replace(LAID, endpoints=[{**ENDPOINT, **endpoint}]))
    assert verdict.problems == [("estate_network_endpoints", message) for message in messages]
