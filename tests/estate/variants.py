# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estates that are tried: what their operators write, and in what they differ from the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nodeops_lab.certificates import Authority
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


CLOSED = ["/metrics*", "/discovery*", "/plugins*", "/debug*", "/v2/debug*", "/health*", "/readyz*"]
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
ADMINISTRATORS = "198.51.100.0/24"


def user_interface(domain: str, cidr: str = ADMINISTRATORS, policy: str = POLICY) -> dict[str, Any]:
    """Return the rows of a user interface by HTTPS."""
    return {
        "security_group": {
            "{estate}-ui": {
                "vpc": "{estate}-network",
                "ingress": [f"tcp 443 {cidr}", f"tcp 80 {cidr}"],
                "egress": ["tcp 6688 {net}.0.0/16"],
            },
            "{estate}-node": {"ingress": ["tcp 22 group {estate}-bastion", "tcp 6688 group {estate}-ui"]},
        },
        "load_balancer": {
            "{estate}-ui": {
                "type": "application",
                "scheme": "internet-facing",
                "subnets": ["{estate}-public-1", "{estate}-public-2"],
                "security_groups": ["{estate}-ui"],
                "protected": "true",
                "idle_seconds": "300",
                "drops_invalid_headers": "true",
                "listeners": [
                    "http 80: redirect https 443 301",
                    *[f"https 443 {path}: answer 403" for path in CLOSED],
                    f"https 443 {policy} for {domain}: forward {{estate}}-ui",
                ],
            }
        },
        "target_group": {
            "{estate}-ui": {"port": "http 6688", "check": "http traffic-port /health 200,207", "targets": 2}
        },
        "group": {"{estate}-node": {"target_groups": ["{estate}-ui"]}},
    }


def certificate_of_somebody(region: Region, estate: str) -> Prepared:
    """Import a certificate for every host of a domain, as of a company that has one."""
    authority = Authority(region.settings.state_directory)
    certificate, key = authority.issue([f"*.{estate}.test"])
    answer = region.client("acm").import_certificate(
        Certificate=certificate.encode(), PrivateKey=key.encode(), CertificateChain=authority.certificate_pem.encode()
    )
    return Prepared({"estate_ui_certificate_arn": answer["CertificateArn"]})


def hosted_zone(region: Region, estate: str) -> Prepared:
    """Make the public hosted zone of a domain."""
    region.client("route53").create_hosted_zone(Name=f"{estate}.test", CallerReference=estate)
    return Prepared({"estate_ui_zone": f"{estate}.test"})


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
    # The user interface by HTTPS with a certificate that there is; the name is led there by the operator (defect D21).
    Variant(
        "certified",
        2,
        {
            "estate_ui_domain": "chainlink.certified.test",
            "estate_ui_cidrs": ["203.0.113.0/24"],
            "estate_ui_ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
        },
        user_interface("*.certified.test", "203.0.113.0/24", "ELBSecurityPolicy-TLS13-1-3-2021-06"),
        prepare=certificate_of_somebody,
        long=True,
    ),
    # The same with a certificate that is requested, and with other nodes let in (defect D34).
    Variant(
        "reachable",
        3,
        {"estate_ui_domain": "chainlink.reachable.test", "estate_p2p_enabled": True},
        {
            **(rows := user_interface("chainlink.reachable.test")),
            "security_group": {
                **rows["security_group"],
                "{estate}-node": {
                    "ingress": ["tcp 22 group {estate}-bastion", "tcp 6688 group {estate}-ui", "tcp 6690 0.0.0.0/0"],
                    "egress": [
                        "tcp 1024-65535 0.0.0.0/0",
                        "tcp 443 0.0.0.0/0",
                        "tcp 5432 {net}.0.0/16",
                        "tcp 80 0.0.0.0/0",
                    ],
                },
            },
            "load_balancer": {
                **rows["load_balancer"],
                "{estate}-p2p": {
                    "type": "network",
                    "scheme": "internet-facing",
                    "subnets": ["{estate}-public-1", "{estate}-public-2"],
                    "security_groups": [],
                    "protected": "true",
                    "cross_zone": "true",
                    "listeners": ["tcp 6690: forward {estate}-p2p"],
                },
            },
            "target_group": {
                **rows["target_group"],
                "{estate}-p2p": {
                    "port": "tcp 6690",
                    "check": "tcp traffic-port",
                    "keeps_client_address": "true",
                    "targets": 2,
                },
            },
            "group": {"{estate}-node": {"target_groups": ["{estate}-p2p", "{estate}-ui"]}},
            "address": {
                "{estate}-p2p-1": {"used_by": "{estate}-p2p"},
                "{estate}-p2p-2": {"used_by": "{estate}-p2p"},
            },
            "certificate": {"chainlink.reachable.test": {"status": "ISSUED", "type": "AMAZON_ISSUED"}},
            "dns_record": {
                "A chainlink.reachable.test.": {"alias_of": "reachable-ui"},
                "validation": {"alias_of": None},
            },
        },
        prepare=hosted_zone,
    ),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}
