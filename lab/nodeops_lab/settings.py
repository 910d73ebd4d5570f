# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of one lab and the names and paths that follow from them."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

# lab/nodeops_lab/settings.py -> lab -> the checkout
LAB_DIRECTORY = Path(__file__).resolve().parents[1]
CHECKOUT = LAB_DIRECTORY.parent
LABEL = "nodeops.lab"
LABEL_THING = "nodeops.thing"
LABEL_SETTINGS = "nodeops.settings"
OPERATOR_POLICIES = CHECKOUT / "docs" / "operator-policy"

PUBLISHED_DISK = "published"
"""The disk of the image that Debian publishes, which is the lab's own."""

REPORT_FILE = "status.json"
UP_FILE = "up.json"
ROUND_SECONDS = 2.0
"""Seconds from the start of one round of the reconciler to the start of the next."""

_NAME = re.compile(r"(?=.{2,20}\Z)[a-z](-?[a-z0-9])+")


@dataclass(frozen=True)
class LabSettings:
    """One lab: what the operator chose, and what `lab up` decided for it.

    `api_port` may be 0 until `lab up` has chosen one; what follows it is empty until known.
    """

    name: str = "demo"
    region: str = "us-east-1"
    vpc_cidr: str = "10.42.0.0/16"
    public_cidr: str = "198.19.80.0/22"
    client_address: str = "198.51.100.10"
    database_creation_seconds: float = 0.0
    """How long creating a database cluster or instance takes at least."""
    machines: bool = True
    """Whether containers stand for what the region's API tells of; else the API is all that there is."""
    creation_pace: float = 0.0
    """Without machines: how long what AWS takes minutes to create takes here, as a share of that."""
    api_port: int = 0
    fabric_gateway: str = ""
    operator_access_key_id: str = ""
    operator_secret_access_key: str = ""
    administrator_access_key_id: str = ""
    administrator_secret_access_key: str = ""
    lab_access_key_id: str = ""
    """The lab's own key, with which it acts in the place of AWS's services."""
    lab_secret_access_key: str = ""

    def __post_init__(self) -> None:
        """Refuse settings that no lab can have."""
        if not _NAME.fullmatch(self.name):
            raise LabError(f"--name {self.name!r} must be 2 to 20 lower-case letters, digits or single hyphens.")
        vpc = _network("--vpc-cidr", self.vpc_cidr)
        if not 16 <= vpc.prefixlen <= 28:
            raise LabError(f"--vpc-cidr {self.vpc_cidr} must have a prefix between /16 and /28, as in AWS.")
        public = _network("--public-cidr", self.public_cidr)
        if not 16 <= public.prefixlen <= 28:
            raise LabError(f"--public-cidr {self.public_cidr} must have a prefix between /16 and /28.")
        if public.overlaps(vpc):
            raise LabError(f"--public-cidr {self.public_cidr} overlaps --vpc-cidr {self.vpc_cidr}.")
        if self.creation_pace < 0 or (self.creation_pace and self.machines):
            raise LabError("--creation-pace must not be negative, and goes with --without-machines only.")
        try:
            ipaddress.IPv4Address(self.client_address)
        except ValueError:
            raise LabError(f"--client-address {self.client_address!r} is no IPv4 address.") from None
        if ipaddress.IPv4Address(self.client_address) in public:
            raise LabError(f"--client-address {self.client_address} must lie outside --public-cidr {self.public_cidr}.")

    @property
    def state_directory(self) -> Path:
        """Where everything of this lab lies."""
        return CHECKOUT / ".lab" / self.name

    @property
    def domain(self) -> str:
        """The private DNS domain that EC2 gives instances in this region."""
        return "ec2.internal" if self.region == "us-east-1" else f"{self.region}.compute.internal"

    @property
    def api_url(self) -> str:
        """The API as the controller reaches it."""
        return f"http://127.0.0.1:{self.api_port}"

    def container(self, thing: str) -> str:
        """Return the name of a container or network of this lab."""
        return f"nodeops-{self.name}-{thing}"

    @property
    def fabric(self) -> str:
        """The name of the lab's own network."""
        return self.container("fabric")

    @property
    def public_network(self) -> str:
        """The name of the network whose addresses are the region's public ones."""
        return self.container("public")

    @property
    def public_router(self) -> str:
        """The machine's address among the public ones."""
        return str(ipaddress.IPv4Network(self.public_cidr)[1])

    @property
    def public_gateway(self) -> str:
        """The gateway's own address among the public ones, which it also has all the others of."""
        return str(ipaddress.IPv4Network(self.public_cidr)[2])

    def labels(self, thing: str) -> dict[str, str]:
        """Return the labels that `lab down` finds a container, network or volume by."""
        return {LABEL: self.name, LABEL_THING: thing}

    def save(self) -> None:
        """Write the settings into the state directory, readable by the owner only."""
        path = self.state_directory / "settings.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, name: str) -> LabSettings:
        """Read the settings of a lab that `lab up` made.

        Raises:
            LabError: there is no such lab.
        """
        path = CHECKOUT / ".lab" / name / "settings.json"
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise LabError(f"There is no lab {name!r}: `lab up --name {name}` makes it.") from None


def _network(option: str, text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise LabError(f"{option} {text!r} is no IPv4 network: {error}.") from None
