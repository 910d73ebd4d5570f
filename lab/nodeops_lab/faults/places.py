# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where faults can happen: hosts, database servers and load balancer nodes, found by what an operator calls them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from docker.models.containers import Container

from ..engine import container, containers_of
from ..errors import LabError
from ..reconciler.region import Instance, RegionApi
from ..settings import LABEL_THING, LabSettings

HOST, DATABASE, BALANCER = "host", "database", "balancer"


@dataclass(frozen=True)
class Place:
    """One container of the region, as faults see it."""

    container: str
    thing: str
    """HOST, DATABASE or BALANCER."""
    addresses: tuple[str, ...]
    """Private and public ones."""
    zone: str
    vpc_cidr: str
    resolver: str


class Places:
    """What the region holds at one moment; everything is read when it is first asked for."""

    def __init__(self, settings: LabSettings) -> None:
        self.settings = settings

    @cached_property
    def _api(self) -> RegionApi:
        return RegionApi(self.settings)

    @cached_property
    def instances(self) -> dict[str, Instance]:
        """The instances that have not been terminated."""
        return self._api.instances()

    @cached_property
    def zones(self) -> set[str]:
        """The region's zones."""
        return {item["ZoneName"] for item in self._api.ec2.describe_availability_zones()["AvailabilityZones"]}

    @cached_property
    def clusters(self) -> dict[str, dict[str, Any]]:
        """The database clusters as DescribeDBClusters returns them."""
        return {item["DBClusterIdentifier"]: item for item in self._api.rds.describe_db_clusters()["DBClusters"]}

    @cached_property
    def _networks(self) -> tuple[dict[str, str], list[tuple[ipaddress.IPv4Network, str, str]]]:
        """CIDR by VPC, and (network, zone, VPC) of each subnet."""
        ec2 = self._api.ec2
        vpcs = {item["VpcId"]: item["CidrBlock"] for item in ec2.describe_vpcs()["Vpcs"]}
        subnets = [
            (ipaddress.IPv4Network(item["CidrBlock"]), item["AvailabilityZone"], item["VpcId"])
            for item in ec2.describe_subnets()["Subnets"]
        ]
        return vpcs, subnets

    @cached_property
    def all(self) -> list[Place]:
        """Every place that has a container."""
        public = {item.address: item.public_address for item in self.instances.values() if item.public_address}
        return [
            place
            for found in containers_of(self.settings.name)
            if found.labels[LABEL_THING] in (HOST, DATABASE, BALANCER) and (place := self._place(found, public))
        ]

    def _place(self, found: Container, public: dict[str, str]) -> Place | None:
        vpcs, subnets = self._networks
        for vpc_id, cidr in vpcs.items():
            entry = found.attrs["NetworkSettings"]["Networks"].get(self.settings.container(vpc_id))
            if entry is None:
                continue
            # The engine forgets the present address of a container that stands still, not the one it was made with.
            address = entry["IPAddress"] or (entry.get("IPAMConfig") or {}).get("IPv4Address", "")
            if not address:
                return None
            zone = next(
                (zone for net, zone, owner in subnets if owner == vpc_id and ipaddress.IPv4Address(address) in net), ""
            )
            addresses = (address, public[address]) if address in public else (address,)
            resolver = str(ipaddress.IPv4Network(cidr)[2])
            return Place(str(found.name), found.labels[LABEL_THING], addresses, zone, cidr, resolver)
        return None

    def host(self, argument: str, text: str) -> tuple[str, Container]:
        """Return the one host that a text names, by instance id, Name tag or address, and its instance id.

        Raises:
            LabError: it names none, or several, or one without a container.
        """
        found = [
            instance_id
            for instance_id, item in self.instances.items()
            if text in (instance_id, item.tags.get("Name"), item.address, item.public_address)
        ]
        if not found:
            known = ", ".join(f"{key} ({item.tags.get('Name', '')})" for key, item in self.instances.items()) or "none"
            raise LabError(f"{argument} {text!r} is no instance; there are: {known}.")
        if len(found) > 1:
            raise LabError(f"{argument} {text!r} is the name of several instances: {', '.join(found)}.")
        host = container(self.settings.container(found[0]))
        if host is None:
            raise LabError(f"{argument} {text!r} has no host yet: `lab wait`.")
        return found[0], host

    def running_host(self, argument: str, text: str) -> tuple[str, Container]:
        """Return a host as `host` does.

        Raises:
            LabError: as `host`, or it does not run.
        """
        instance_id, found = self.host(argument, text)
        if found.status != "running":
            raise LabError(f"{argument} {text!r} does not run: it is {found.status}.")
        return instance_id, found

    def database(self, argument: str, text: str) -> tuple[str, int]:
        """Return the container and the port of a database: a cluster's writer, or an instance.

        Raises:
            LabError: there is none.
        """
        for cluster_id, cluster in self.clusters.items():
            members = cluster.get("DBClusterMembers", [])
            writer = next((item["DBInstanceIdentifier"] for item in members if item["IsClusterWriter"]), None)
            names = {item["DBInstanceIdentifier"] for item in members}
            if text != cluster_id and text not in names:
                continue
            chosen = writer if text == cluster_id else text
            found = container(self.settings.container(f"db-{chosen}")) if chosen else None
            if found is not None and found.status == "running":
                return str(found.name), int(cluster.get("Port") or 5432)
            raise LabError(f"{argument} {text!r} has no server that runs.")
        known = ", ".join(self.clusters) or "none"
        raise LabError(f"{argument} {text!r} is no database; the clusters are: {known}.")

    def some(self, argument: str, text: str) -> list[Place]:
        """Return the places that a text names: an instance, a database, a zone, or a tag as KEY=VALUE.

        Raises:
            LabError: it names none.
        """
        if text in self.zones:
            chosen = [place for place in self.all if place.zone == text]
        elif "=" in text:
            key, _, value = text.partition("=")
            names = {
                self.settings.container(instance_id)
                for instance_id, item in self.instances.items()
                if item.tags.get(key) == value
            }
            chosen = [place for place in self.all if place.container in names]
        elif self._is_database(text):
            name, _ = self.database(argument, text)
            chosen = [place for place in self.all if place.container == name]
        else:
            _, host = self.host(argument, text)
            chosen = [place for place in self.all if place.container == host.name]
        if not chosen:
            raise LabError(f"{argument} {text!r} names nothing that stands: there is no host, database or node of it.")
        return chosen

    def _is_database(self, text: str) -> bool:
        members = {
            item["DBInstanceIdentifier"]
            for cluster in self.clusters.values()
            for item in cluster.get("DBClusterMembers", [])
        }
        return text in self.clusters or text in members
