# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Estimates what an estate costs a month, resource by resource, and which choices would lower it.

Pure arithmetic over prices.py. What depends on use (traffic, requests, logs, data) is the operator's guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from .destroy import Kept
from .prices import DATED, REGIONS, SIZES, Prices

HOURS = 730
#: One active and one standby.
_NODES = 2


class CostError(ValueError):
    """Something without a known price. The message lists every one."""


@dataclass(frozen=True)
class Estate:
    """What an estate consists of. The defaults are those of the roles; usage is per month.

    database_class: None for a serverless cluster, whose instances then count database_units capacity units each, on
    average. interface_endpoints: how many services, each in two zones. load_balancers and network_load_balancers:
    their capacity units are counted as one each. guru_resources: resources that DevOps Guru looks at. backup_gib: what
    snapshots and backups hold beyond the size of the database, which is free.
    """

    region: str
    bastions: int = 1
    bastion_type: str = "t3.micro"
    bastion_volume_gib: int = 10
    node_type: str = "m6i.large"
    node_volume_gib: int = 50
    nat_gateways: int = 2
    traffic_gib: float = 50
    database_class: str | None = "db.r6g.large"
    database_instances: int = 2
    database_units: float = 2
    database_gib: float = 20
    database_million_requests: float = 50
    backup_gib: float = 20
    log_gib: float = 10
    log_stored_gib: float = 10
    secrets: int = 5
    keys: int = 1
    alarms: int = 0
    dashboards: int = 0
    load_balancers: int = 0
    network_load_balancers: int = 0
    interface_endpoints: int = 0
    guru_resources: int = 0
    image_gib: float = 0
    host_snapshot_gib: float = 0


@dataclass(frozen=True)
class Line:
    """One resource. price: dollars for one of the unit."""

    what: str
    quantity: float
    unit: str
    price: float

    @property
    def monthly(self) -> float:
        return self.quantity * self.price


@dataclass(frozen=True)
class Saving:
    """A choice that would lower the sum, and what it costs otherwise."""

    switch: str
    monthly: float
    price: str


def lines(estate: Estate) -> list[Line]:
    """A line for each resource; raises CostError naming everything that has no known price."""
    return [line for line in _lines(estate, _prices(estate)) if line.quantity > 0]


def total(estate: Estate) -> float:
    return sum(line.monthly for line in lines(estate))


def savings(estate: Estate) -> list[Saving]:
    """The choices that would lower the sum, the greatest first."""
    known = REGIONS[estate.region]
    candidates = [
        (estate.nat_gateways > 1, {"nat_gateways": 1}, "one NAT gateway for both zones",
         "nodes of the other zone lose the internet with its zone, and pay for traffic between zones"),
        (estate.bastions > 0, {"bastions": 0}, "no bastion, sessions through SSM instead",
         "needs the SSM agent, and its endpoints or a NAT gateway"),
        (estate.bastions > 1, {"bastions": 1}, "one bastion", "no way in for the minutes in which it is replaced"),
        (estate.database_class is not None, {"database_class": None, "database_units": 0.5},
         "a serverless database that rests at 0.5 capacity units",
         "dearer than a fixed class where it is busy: 2 units all the time are about a db.r6g.large"),
        (estate.database_class not in (None, "db.t4g.medium") and "t4g" in known.databases,
         {"database_class": "db.t4g.medium"}, "database instances of the class db.t4g.medium",
         "burstable, with 4 GiB: for trying, not for keeping"),
        (estate.database_instances > 1, {"database_instances": 1}, "one database instance",
         "no failover of the database: minutes without one, instead of seconds"),
        (_family(estate.node_type) in ("m5", "m6i", "m7i") and "m6a" in known.instances,
         {"node_type": f"m6a.{estate.node_type.partition('.')[2]}"}, "node hosts of the family m6a",
         "AMD instead of Intel; no difference for a node"),
        (estate.interface_endpoints > 0, {"interface_endpoints": 0}, "no interface endpoints",
         "the traffic to AWS goes through the NAT gateways"),
        (estate.guru_resources > 0, {"guru_resources": 0}, "no DevOps Guru", "nobody looks for anomalies"),
        (estate.log_gib > 2, {"log_gib": 2, "log_stored_gib": 2}, "fewer logs, kept for a shorter time",
         "less to look at afterwards"),
    ]  # fmt: skip
    now = total(estate)
    found = []
    for applies, changes, switch, price in candidates:
        if applies:
            saved = now - total(replace(estate, **changes))  # type: ignore[arg-type]
            if saved >= 0.01:
                found.append(Saving(switch, saved, price))
    return sorted(found, key=lambda saving: -saving.monthly)


def _prices(estate: Estate) -> Prices:
    known = REGIONS.get(estate.region)
    if known is None:
        raise CostError(
            f"estate_region: no prices of {estate.region} are known; known are {', '.join(sorted(REGIONS))}"
        )
    problems = [
        f"{variable}: no price of {name} in {estate.region} is known; families known are {', '.join(sorted(table))}"
        for variable, name, table in (
            ("estate_bastion_instance_type", estate.bastion_type, known.instances),
            ("estate_nodes_instance_type", estate.node_type, known.instances),
            ("estate_database_instance_class", estate.database_class, known.databases),
        )
        if name is not None and _hour(name, table) is None
    ]
    problems += [
        f"{part.name}: {value} is less than none"
        for part in fields(estate)
        if isinstance(value := getattr(estate, part.name), (int, float)) and value < 0
    ]
    if problems:
        raise CostError("; ".join(problems))
    return known


def _family(name: str) -> str:
    return name.removeprefix("db.").partition(".")[0]


def _hour(name: str, table: object) -> float | None:
    size = SIZES.get(name.rpartition(".")[2])
    large = table.get(_family(name)) if isinstance(table, dict) else None
    return None if size is None or large is None else size * large


def _lines(estate: Estate, prices: Prices) -> Iterator[Line]:
    nodes = _NODES * HOURS
    yield Line(f"node hosts ({estate.node_type})", nodes, "h", _hour(estate.node_type, prices.instances) or 0)
    yield Line("volumes of the node hosts", _NODES * estate.node_volume_gib, "GiB", prices.volume_gib)
    bastions = estate.bastions * HOURS
    yield Line(f"bastion ({estate.bastion_type})", bastions, "h", _hour(estate.bastion_type, prices.instances) or 0)
    yield Line("volume of the bastion", estate.bastions * estate.bastion_volume_gib, "GiB", prices.volume_gib)
    yield from _database_lines(estate, prices)
    yield Line("NAT gateways", estate.nat_gateways * HOURS, "h", prices.nat_hour)
    yield Line(
        "traffic through the NAT gateways", estate.traffic_gib if estate.nat_gateways else 0, "GiB", prices.nat_gib
    )
    addresses = estate.nat_gateways + estate.bastions + 2 * (estate.load_balancers + estate.network_load_balancers)
    yield Line("public IPv4 addresses", addresses * HOURS, "h", prices.address_hour)
    yield Line("logs written", estate.log_gib, "GiB", prices.log_gib)
    yield Line("logs kept", estate.log_stored_gib, "GiB", prices.log_stored_gib)
    yield Line("secrets", estate.secrets, "each", prices.secret)
    yield Line("encryption keys", estate.keys, "each", prices.key)
    balancers = estate.load_balancers + estate.network_load_balancers
    yield Line("load balancers", balancers * HOURS, "h", prices.load_balancer_hour)
    yield Line("capacity units of the load balancers", balancers * HOURS, "h", prices.capacity_unit_balancer_hour)
    yield Line("interface endpoints, in two zones", 2 * estate.interface_endpoints * HOURS, "h", prices.endpoint_hour)
    yield Line("alarms", estate.alarms, "each", prices.alarm)
    yield Line("dashboards", estate.dashboards, "each", prices.dashboard)
    yield Line("resources in DevOps Guru", estate.guru_resources * HOURS, "h", prices.guru_resource_hour)
    yield Line("images of hosts", estate.image_gib, "GiB", prices.volume_snapshot_gib)
    yield Line("snapshots of the node hosts", estate.host_snapshot_gib, "GiB", prices.volume_snapshot_gib)


def _database_lines(estate: Estate, prices: Prices) -> Iterator[Line]:
    hours = estate.database_instances * HOURS
    if estate.database_class is None:
        units = hours * estate.database_units
        yield Line("database, serverless", units, "unit h", prices.capacity_unit_hour)
    else:
        hour = _hour(estate.database_class, prices.databases) or 0
        yield Line(f"database instances ({estate.database_class})", hours, "h", hour)
    yield Line("database storage", estate.database_gib, "GiB", prices.database_gib)
    yield Line("database requests", estate.database_million_requests, "million", prices.database_million_requests)
    yield Line("snapshots and backups of the database", estate.backup_gib, "GiB", prices.database_backup_gib)


def table(estate: Estate) -> list[str]:
    """The estimate as the lines of a table, with the sum, the choices that would lower it, and what it leaves out."""
    rows = lines(estate)
    width = max(len(line.what) for line in rows)
    text = [f"{line.what:<{width}} {line.quantity:>9,.1f} {line.unit:<7} {line.monthly:>10,.2f}" for line in rows]
    text.append(f"{'sum':<{width}} {'':>9} {'USD':<7} {total(estate):>10,.2f}")
    text.append("")
    text.append("What would lower it:")
    text += [f"{saving.monthly:>10,.2f}  {saving.switch}: {saving.price}" for saving in savings(estate)]
    text.append("")
    text.append(
        f"An estimate in USD for a month of {HOURS} hours in {estate.region}, with prices of {DATED}: on demand, "
        "without tax, discounts, free tiers, traffic to the internet and between zones. Traffic, data and logs are "
        "the guesses of estate_cost_*."
    )
    return text


def in_words(kept: Kept, region: str) -> str:
    """Something that a removal keeps, with what it costs a month and how to remove it."""
    words = f"{kept.what} {kept.name}: {kept.why}"
    if kept.until:
        return f"{words}; free of charge, and gone by itself at {kept.until}"
    if kept.what in ("backup vault", "role"):
        words += "; free of charge by itself"
    else:
        words += f"; {_monthly(kept, REGIONS.get(region), region)}"
    return f"{words}; to remove it: {kept.remove}" if kept.remove else words


def _monthly(kept: Kept, prices: Prices | None, region: str) -> str:
    if prices is None:
        return f"no prices of {region} are known"
    each = {"secret": prices.secret, "key": prices.key}.get(kept.what)
    if each is not None:
        return f"{each:.2f} USD a month"
    gib = {"snapshot": prices.database_backup_gib, "image": prices.volume_snapshot_gib}.get(
        kept.what, prices.log_stored_gib
    )
    return f"{gib:.3f} USD a month and GiB" if kept.gib is None else f"{kept.gib * gib:.2f} USD a month"
