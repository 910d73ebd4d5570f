# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges whether an account and its region have what an estate needs, before anything changes. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import instance_type

#: Docker Engine's own bridge on every node host.
DOCKER_NETWORK = ipaddress.IPv4Network("172.17.0.0/16")
#: Free addresses that a subnet must have at the first run: hosts and their replacements, database instances, a load
#: balancer (AWS wants eight for one), and room to move.
LEAST_FREE_ADDRESSES = 16
NAT_GATEWAYS = {"per_zone": 2, "one": 1, "none": 0}
#: One in each public subnet, for the load balancer that other nodes reach.
P2P_ADDRESSES = 2
NODES = 2
_NODES_TYPE, _BASTION_TYPE = "estate_nodes_instance_type", "estate_bastion_instance_type"

Problem = tuple[str, str]


@dataclass(frozen=True)
class Wanted:
    """What the operator asks for, as far as an account can have too little of it."""

    estate: str
    account: str | None = None
    zones: tuple[str, ...] = ()
    #: Variable: instance type.
    instance_types: Mapping[str, str] = field(default_factory=dict)
    cidr: str | None = None
    nat_gateways: str = "per_zone"
    endpoints: tuple[str, ...] = ()
    existing: Mapping[str, Any] = field(default_factory=dict)
    tenancy: str = "default"
    #: The network that the estate's record names.
    recorded_vpc: str | None = None
    public_hosts: int = 1
    #: Whether other nodes are to reach the estate's.
    p2p: bool = False
    backup_method: str = "snapshots"


@dataclass(frozen=True)
class Quotas:
    """How many an account may have, and has, of a kind; None where that could not be read."""

    vpcs: float | None = None
    vpcs_used: int = 0
    addresses: float | None = None
    addresses_used: int = 0
    #: vCPUs of On-Demand Standard instances. How many run is not known.
    processors: float | None = None


@dataclass(frozen=True)
class Found:
    """What AWS says of the account and the region."""

    account: str
    region: str
    zones: tuple[str, ...]
    #: Instance type: the zones that offer it.
    offerings: Mapping[str, Sequence[str]]
    #: Networks as DescribeVpcs lists them, those that fit the search for an existing one.
    vpcs: Sequence[Mapping[str, Any]] = ()
    #: The estate's own networks.
    own_vpcs: Sequence[Mapping[str, Any]] = ()
    #: The other networks of the region, by id.
    other_cidrs: Mapping[str, str] = field(default_factory=dict)
    own_nat_gateways: int = 0
    #: The names of the estate's own Elastic IP addresses.
    own_addresses: Sequence[str] = ()
    quotas: Quotas = field(default_factory=Quotas)
    #: Whether the network resolves names, and gives names to hosts.
    dns_support: bool = True
    dns_hostnames: bool = True
    #: All subnets, route tables and endpoints of an existing network, as AWS describes them.
    subnets: Sequence[Mapping[str, Any]] = ()
    route_tables: Sequence[Mapping[str, Any]] = ()
    endpoints: Sequence[Mapping[str, Any]] = ()
    #: State by id, of the NAT gateways of an existing network.
    nat_states: Mapping[str, str] = field(default_factory=dict)
    #: Whether the estate has security groups in the existing network, which is to say, is there already.
    settled: bool = False
    #: Whether AWS Backup backs up databases of Aurora in this region; None where that is not known.
    aurora_opted_in: bool | None = None


@dataclass(frozen=True)
class Network:
    """An existing network as an estate uses it: a public and a private subnet in each of two zones, in their order."""

    vpc_id: str
    cidr: str
    cidrs: tuple[str, ...]
    public_subnets: tuple[Mapping[str, Any], ...]
    private_subnets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Verdict:
    problems: list[Problem]
    warnings: list[str]
    #: Zones that offer every instance type, sorted.
    zones: list[str]
    network: Network | None


def judge(wanted: Wanted, found: Found) -> Verdict:
    problems: list[Problem] = []
    if wanted.account is not None and wanted.account != found.account:
        problems.append(
            (
                "estate_account_expected",
                f"is {wanted.account}, and these credentials belong to account {found.account}; use the other's "
                "credentials",
            )
        )
    zones, zone_problems = _zones(wanted, found)
    problems += zone_problems
    too_many, warnings = _processors(wanted, found)
    problems += too_many
    problems += _backups(wanted, found)
    network = None
    if wanted.existing:
        network, more = _existing(wanted, found)
        problems += more + _addresses(wanted, found)
        if network is not None and not wanted.zones:
            # The network decides the zones.
            placed = replace(wanted, zones=tuple(_zone(subnet) for subnet in network.private_subnets))
            problems += [problem for problem in _zones(placed, found)[1] if problem not in problems]
    else:
        problems += _new(wanted, found)
        warnings += _overlaps(wanted, found)
    return Verdict(problems, warnings, zones, network if not problems else None)


# --- backups --------------------------------------------------------------------------------------------------------


def _backups(wanted: Wanted, found: Found) -> list[Problem]:
    """Without the opt-in a plan of AWS Backup passes over databases of Aurora, and says nothing."""
    if wanted.backup_method != "aws_backup" or found.aurora_opted_in is not False:
        return []
    turn_on = f"aws backup update-region-settings --region {found.region} --resource-type-opt-in-preference Aurora=true"
    return [
        (
            "estate_backup_method",
            f"is aws_backup, which backs up nothing: in {found.region} account {found.account} has AWS Backup's opt-in "
            f"setting for Aurora off; turn it on ({turn_on}), or choose snapshots",
        )
    ]


# --- zones ----------------------------------------------------------------------------------------------------------


def _zones(wanted: Wanted, found: Found) -> tuple[list[str], list[Problem]]:
    fitting = set(found.zones)
    for kind in wanted.instance_types.values():
        fitting &= set(found.offerings.get(kind, ()))
    problems: list[Problem] = []
    for variable, kind in wanted.instance_types.items():
        offered = found.offerings.get(kind, ())
        if not offered:
            problems.append((variable, f"{kind} is not offered in {found.region}; choose another type"))
        lacking = [zone for zone in wanted.zones if zone in found.zones and zone not in offered]
        if offered and lacking:
            problems.append(
                (variable, f"{kind} is not offered in {' and '.join(lacking)}, but in {', '.join(sorted(offered))}")
            )
    unknown = [zone for zone in wanted.zones if zone not in found.zones]
    if unknown:
        problems.append(
            (
                "estate_network_zones",
                f"{' and '.join(unknown)} is not available to this account; choose of {', '.join(sorted(found.zones))}",
            )
        )
    if len(found.zones) < 2:
        problems.append(
            (
                "estate_region",
                f"an estate needs two availability zones, and account {found.account} has {len(found.zones)} in "
                f"{found.region}; choose another region",
            )
        )
    elif not problems and not wanted.zones and not wanted.existing and len(fitting) < 2:
        problems.append(
            (
                "estate_region",
                f"no two zones of {found.region} offer {' and '.join(dict.fromkeys(wanted.instance_types.values()))}; "
                "choose other types, or another region",
            )
        )
    return sorted(fitting), problems


# --- processors ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hosts:
    """Hosts of one type that count for the quota of standard instances."""

    variable: str
    kind: str
    count: int
    #: vCPUs of each.
    processors: int


def standard_hosts(wanted: Wanted) -> list[Hosts]:
    """The estate's hosts that count for the quota of standard instances, as far as the names of their types tell."""
    hosts = []
    for variable, count in ((_NODES_TYPE, NODES), (_BASTION_TYPE, wanted.public_hosts)):
        name = wanted.instance_types.get(variable, "")
        kind = instance_type.parse(name)
        if count and kind is not None and kind.standard and kind.cpus is not None:
            hosts.append(Hosts(variable, name, count, kind.cpus))
    return hosts


def _processors(wanted: Wanted, found: Found) -> tuple[list[Problem], list[str]]:
    """Hosts that the account may not run, whatever else it runs; and a replacement that it may not."""
    hosts, quota = standard_hosts(wanted), found.quotas.processors
    if quota is None or not hosts:
        return [], []
    needed = sum(item.count * item.processors for item in hosts)
    more = needed + sum(item.processors for item in hosts if item.variable == _NODES_TYPE)
    limit = f"and account {found.account} may run {quota:.0f} in {found.region}, all that runs there taken together"
    remedy = "have quota L-1216C47A of EC2 (Running On-Demand Standard instances) raised"
    first, *others = hosts
    if needed > quota:
        what = [f"{first.count} {'host' if first.count == 1 else 'hosts'} of {first.kind}"]
        what += [f"{item.count} of {item.kind} ({item.variable})" for item in others]
        verb = "needs" if first.count == 1 and not others else "need"
        message = f"{' and '.join(what)} {verb} {needed} vCPUs, {limit}; {remedy}, or choose smaller types"
        return [(first.variable, message)], []
    if more > quota:
        return [], [
            f"{first.variable} {first.kind}: the estate's hosts need {needed} vCPUs, and {more} while a node is "
            f"replaced, {limit}: a replacement may not start. Better {remedy}."
        ]
    return [], []


# --- a network of the estate's own -----------------------------------------------------------------------------------


def _new(wanted: Wanted, found: Found) -> list[Problem]:
    problems: list[Problem] = []
    own = [str(vpc["VpcId"]) for vpc in found.own_vpcs]
    if wanted.recorded_vpc and wanted.recorded_vpc not in own:
        problems.append(
            (
                "estate_network_existing",
                f"estate {wanted.estate} lives in {wanted.recorded_vpc}, and cannot move; name this network here again",
            )
        )
        return problems
    for vpc in found.own_vpcs:
        tenancy = str(vpc.get("InstanceTenancy", "default"))
        if tenancy != wanted.tenancy:
            problems.append(
                (
                    "estate_network_tenancy",
                    f"is {wanted.tenancy}, and {vpc['VpcId']} of estate {wanted.estate} has tenancy {tenancy}, which "
                    "cannot "
                    "change; set it back",
                )
            )
        if wanted.cidr is not None and vpc["CidrBlock"] != wanted.cidr:
            problems.append(
                (
                    "estate_network_cidr",
                    f"is {wanted.cidr}, and {vpc['VpcId']} of estate {wanted.estate} has {vpc['CidrBlock']}, which "
                    "cannot change; set it back, or give the new network another estate_name",
                )
            )
    quotas = found.quotas
    if not own and quotas.vpcs is not None and quotas.vpcs_used + 1 > quotas.vpcs:
        problems.append(
            (
                "estate_network_existing",
                f"account {found.account} may have {quotas.vpcs:.0f} networks (VPCs) in {found.region} and has "
                f"{quotas.vpcs_used}; have quota L-F678F1CE of VPC raised, or name a network that exists",
            )
        )
    return problems + _addresses(wanted, found)


def _addresses(wanted: Wanted, found: Found) -> list[Problem]:
    """Elastic IP addresses that the account may not have: those of NAT gateways first, then those of P2P."""
    quotas = found.quotas
    if quotas.addresses is None:
        return []
    gateways = 0 if wanted.existing else NAT_GATEWAYS[wanted.nat_gateways]
    # An interrupted run leaves an address without its gateway, which the next one takes.
    gateways = max(0, gateways - max(found.own_nat_gateways, _held(wanted, found, "nat")))
    peers = max(0, P2P_ADDRESSES - _held(wanted, found, "p2p")) if wanted.p2p else 0
    limit = (
        f"account {found.account} may have {quotas.addresses:.0f} in {found.region} and has {quotas.addresses_used}; "
        "have quota L-0263D0A3 of EC2 raised"
    )
    problems: list[Problem] = []
    if gateways and quotas.addresses_used + gateways > quotas.addresses:
        fewer = ", or set it to one" if wanted.nat_gateways == "per_zone" else ""
        problems.append(
            ("estate_network_nat_gateways", f"{wanted.nat_gateways} needs {_more(gateways)}, and {limit}{fewer}")
        )
    if peers and quotas.addresses_used + gateways + peers > quotas.addresses:
        besides = f" besides {gateways} for NAT gateways" if gateways else ""
        problems.append(("estate_p2p_enabled", f"needs {_more(peers)}{besides}, and {limit}, or set it to false"))
    return problems


def _held(wanted: Wanted, found: Found, purpose: str) -> int:
    return len([name for name in found.own_addresses if name.startswith(f"{wanted.estate}-{purpose}-")])


def _more(count: int) -> str:
    return "1 more Elastic IP address" if count == 1 else f"{count} more Elastic IP addresses"


def _overlaps(wanted: Wanted, found: Found) -> list[str]:
    """Networks of the region with the same addresses: allowed, but never to be joined with the estate's."""
    if wanted.cidr is None or found.own_vpcs:
        return []
    mine = ipaddress.ip_network(wanted.cidr)
    same = [
        f"{vpc} ({cidr})"
        for vpc, cidr in sorted(found.other_cidrs.items())
        if ipaddress.ip_network(cidr).overlaps(mine)
    ]
    if not same:
        return []
    return [
        f"estate_network_cidr {wanted.cidr} overlaps {', '.join(same)}: these can never be peered. Addresses cannot "
        "change "
        "later."
    ]


# --- a network that exists -------------------------------------------------------------------------------------------


def _existing(wanted: Wanted, found: Found) -> tuple[Network | None, list[Problem]]:
    variable = "estate_network_existing"
    asked = wanted.existing.get("vpc_id") or _tags(wanted.existing.get("vpc_tags"))
    if len(found.vpcs) != 1:
        names = ", ".join(sorted(str(vpc["VpcId"]) for vpc in found.vpcs)) or "none"
        return None, [(variable, f"must name one network of {found.region}, and {asked} fits {names}")]
    vpc = found.vpcs[0]
    vpc_id = str(vpc["VpcId"])
    if wanted.recorded_vpc not in (None, vpc_id):
        return None, [
            (
                variable,
                f"names {vpc_id}, and estate {wanted.estate} lives in {wanted.recorded_vpc}, and cannot move; name "
                "that",
            )
        ]
    if _owned(vpc, wanted.estate):
        return None, [(variable, f"names {vpc_id}, which the estate made for itself; leave it out")]
    cidrs = _cidrs(vpc)
    found_problems = [
        f"{vpc_id} has {cidr}, which overlaps {DOCKER_NETWORK}, the container engine's own on every node; use "
        "another network"
        for cidr in cidrs
        if ipaddress.ip_network(cidr).overlaps(DOCKER_NETWORK)
    ]
    if not found.dns_support:
        found_problems.append(f"{vpc_id} does not resolve names; turn its enableDnsSupport on")
    if not found.dns_hostnames:
        found_problems.append(f"{vpc_id} gives no names to hosts; turn its enableDnsHostnames on")
    public, messages = _subnets("public", wanted, found, vpc_id)
    found_problems += messages
    private, messages = _subnets("private", wanted, found, vpc_id)
    found_problems += messages
    if public and private and {_zone(subnet) for subnet in public} != {_zone(subnet) for subnet in private}:
        found_problems.append(
            f"its public subnets lie in {_zones_of(public)}, its private ones in {_zones_of(private)}; name subnets "
            "of the "
            "same two zones"
        )
    found_problems += [_public(subnet, found, wanted) for subnet in public]
    found_problems += [_private(subnet, found) for subnet in private]
    if not found.settled:
        found_problems += [_room(subnet, wanted if subnet in private else None) for subnet in (*public, *private)]
    problems = [(variable, message) for message in found_problems if message]
    problems += [("estate_network_endpoints", message) for message in _endpoints(wanted, found, vpc_id)]
    return Network(vpc_id, cidrs[0], tuple(cidrs), tuple(public), tuple(private)), problems


def _tags(tags: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in (tags or {}).items())


def _owned(resource: Mapping[str, Any], estate: str) -> bool:
    return {"Key": "nodeops:estate", "Value": estate} in resource.get("Tags", [])


def _cidrs(vpc: Mapping[str, Any]) -> list[str]:
    """The network's IPv4 blocks in use, the first one first."""
    blocks = [
        str(item["CidrBlock"])
        for item in vpc.get("CidrBlockAssociationSet", [])
        if item.get("CidrBlockState", {}).get("State", "associated") == "associated"
    ]
    first = str(vpc["CidrBlock"])
    return [first, *sorted(block for block in blocks if block != first)]


def _zone(subnet: Mapping[str, Any]) -> str:
    return str(subnet["AvailabilityZone"])


def _zones_of(subnets: Sequence[Mapping[str, Any]]) -> str:
    return " and ".join(sorted({_zone(subnet) for subnet in subnets}))


def _subnets(kind: str, wanted: Wanted, found: Found, vpc_id: str) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The two subnets of a kind that are named, one in each of two zones, in the order of the zones."""
    ids, tags = wanted.existing.get(f"{kind}_subnet_ids"), wanted.existing.get(f"{kind}_subnet_tags")
    if ids:
        known = {str(subnet["SubnetId"]): subnet for subnet in found.subnets}
        missing = [item for item in ids if item not in known]
        if missing:
            return [], [f"{kind}_subnet_ids: {', '.join(missing)} is not in {vpc_id}"]
        chosen = [known[item] for item in ids]
        asked = f"{kind}_subnet_ids"
    else:
        chosen = [
            subnet
            for subnet in found.subnets
            if all({"Key": key, "Value": value} in subnet.get("Tags", []) for key, value in (tags or {}).items())
        ]
        asked = f"{kind}_subnet_tags {_tags(tags)}"
    if wanted.zones:
        chosen = [subnet for subnet in chosen if _zone(subnet) in wanted.zones]
    if len(chosen) != 2 or len({_zone(subnet) for subnet in chosen}) != 2:
        what = ", ".join(f"{subnet['SubnetId']} in {_zone(subnet)}" for subnet in sorted(chosen, key=_zone)) or "none"
        return [], [
            f"{asked} must fit one {kind} subnet in each of two zones, and fits {what}; name their ids, or narrow "
            "the zones by "
            "estate_network_zones"
        ]
    return sorted(chosen, key=_zone), []


def _default_route(subnet: Mapping[str, Any], found: Found) -> Mapping[str, Any] | None:
    """Where a subnet's packets to the world go: by its own route table, else by the network's main one."""
    main: Mapping[str, Any] | None = None
    own: Mapping[str, Any] | None = None
    for table in found.route_tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet["SubnetId"]:
                own = table
            elif association.get("Main"):
                main = table
    for route in (own or main or {}).get("Routes", []):
        if route.get("DestinationCidrBlock") == "0.0.0.0/0":
            return dict(route)
    return None


def _public(subnet: Mapping[str, Any], found: Found, wanted: Wanted) -> str:
    name = f"public subnet {subnet['SubnetId']}"
    route = _default_route(subnet, found)
    if route is None or not str(route.get("GatewayId", "")).startswith("igw-"):
        return f"{name} has no route to an internet gateway; give it one, or name a public subnet"
    if wanted.public_hosts and not subnet.get("MapPublicIpOnLaunch"):
        return f"{name} gives hosts no public address, which a bastion needs; turn its MapPublicIpOnLaunch on"
    return ""


def _private(subnet: Mapping[str, Any], found: Found) -> str:
    name = f"private subnet {subnet['SubnetId']}"
    route = _default_route(subnet, found)
    if route is None:
        what = "no route to the world, which a node needs for its RPC endpoints"
        return f"{name} has {what}; route 0.0.0.0/0 to a NAT gateway"
    if str(route.get("GatewayId", "")).startswith("igw-"):
        return f"{name} is public: its route leads to {route['GatewayId']}; route 0.0.0.0/0 to a NAT gateway"
    nat = route.get("NatGatewayId")
    if route.get("State") == "blackhole" or (nat and found.nat_states.get(str(nat)) != "available"):
        target = nat or "nowhere"
        return f"{name} has its route to the world through {target}, which does not work; repair the route"
    return ""


def _room(subnet: Mapping[str, Any], wanted: Wanted | None) -> str:
    least = LEAST_FREE_ADDRESSES + (len(wanted.endpoints) if wanted else 0)
    free = int(subnet.get("AvailableIpAddressCount", 0))
    if free >= least:
        return ""
    return f"subnet {subnet['SubnetId']} has {free} free addresses, and an estate needs {least}; name a larger subnet"


def _endpoints(wanted: Wanted, found: Found, vpc_id: str) -> list[str]:
    """A network has one endpoint with private names for a service: a second one is refused by AWS."""
    taken = {
        str(endpoint["ServiceName"]).split(f".{found.region}.", 1)[-1]: str(endpoint["VpcEndpointId"])
        for endpoint in found.endpoints
        if endpoint.get("VpcEndpointType") == "Interface"
        and endpoint.get("PrivateDnsEnabled")
        and str(endpoint.get("State", "")).lower() not in ("deleting", "deleted", "failed", "rejected", "expired")
        and not _owned(endpoint, wanted.estate)
    }
    return [
        f"{vpc_id} has an endpoint for {service} already, {taken[service]}; leave {service} out, and see that it "
        "lets the nodes in"
        for service in wanted.endpoints
        if service in taken
    ]
