# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estates that are tried: what their operators write, and in what they differ from the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nodeops_lab.certificates import Authority
from nodeops_lab.settings import OPERATOR_POLICIES
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
    policies: dict[str, str] = field(default_factory=dict)
    """What the operator may besides: documents by name."""


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


SESSION_PROGRAMS = ("aws", "session-manager-plugin")
EXISTING_POLICY = OPERATOR_POLICIES / "existing-network" / "existing-network.json"


def shared_network(region: Region, name: str) -> Prepared:
    """Make a network as another team would: three zones, one NAT gateway, tags of its own, and more addresses later."""
    ec2 = region.client("ec2")

    def tagged(kind: str, label: str, **tags: str) -> list[dict[str, Any]]:
        every = {"Name": f"shared-{label}", **tags}
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in every.items()]}]

    vpc = ec2.create_vpc(CidrBlock="10.200.0.0/16", TagSpecifications=tagged("vpc", "network", team="platform"))
    vpc_id = vpc["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    ec2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock="10.201.0.0/16")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    subnets: dict[str, list[str]] = {"public": [], "private": []}
    for number, zone in enumerate("abc"):
        for block, (tier, made) in zip(("10.200", "10.201"), subnets.items(), strict=True):
            subnet = ec2.create_subnet(
                VpcId=vpc_id,
                CidrBlock=f"{block}.{number}.0/24",
                AvailabilityZone=f"{region.name}{zone}",
                TagSpecifications=tagged("subnet", f"{tier}-{zone}", tier=tier),
            )["Subnet"]["SubnetId"]
            ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": tier == "public"})
            made.append(subnet)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets["public"][0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for tier, route in (("public", {"GatewayId": gateway}), ("private", {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **route)
        for subnet in subnets[tier]:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    account = region.client("sts").get_caller_identity()["Account"]
    document = EXISTING_POLICY.read_text(encoding="utf-8")
    known = {"<region>": region.name, "<account>": account, "<partition>": "aws", "<estate>": name, "<vpc>": vpc_id}
    for placeholder, value in known.items():
        document = document.replace(placeholder, value)
    return Prepared(policies={f"{name}-operator-existing-network": document})


def shared_network_and_certificate(region: Region, name: str) -> Prepared:
    """Make a network as another team would, and a certificate."""
    return replace(shared_network(region, name), variables=certificate_of_somebody(region, name).variables)


def session_programs(region: Region, name: str) -> Prepared:
    """Put the programs that sessions need on the operator's PATH; nothing calls them here."""
    directory = region.directory / name / "bin"
    directory.mkdir(parents=True)
    for program in SESSION_PROGRAMS:
        (directory / program).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (directory / program).chmod(0o755)
    return Prepared()


AGENT_ADDRESS = "https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest/debian_amd64/amazon-ssm-agent.deb"
AGENT = f"""#cloud-config
runcmd:
  - - python3
    - -c
    - import urllib.request; urllib.request.urlretrieve('{AGENT_ADDRESS}', '/run/amazon-ssm-agent.deb')
  - [dpkg, --install, /run/amazon-ssm-agent.deb]
"""


def interface(service: str, subnets: list[str]) -> dict[str, Any]:
    """Return the row of an interface endpoint."""
    return {
        "type": "Interface",
        "service": f"com.amazonaws.{{region}}.{service}",
        "route_tables": [],
        "subnets": subnets,
        "security_groups": ["{estate}-endpoints"],
        "private_names": True,
    }


ENDPOINT_GROUP = {
    "vpc": "{estate}-network",
    "ingress": ["tcp 443 group {estate}-bastion", "tcp 443 group {estate}-node"],
    "egress": [],
}
UBUNTU = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64"
OWN_SUBNETS = ["{estate}-private-1", "{estate}-private-2"]
SHARED_SUBNETS = ["shared-private-a", "shared-private-b"]
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
            "estate_nodes_monitoring": True,
            "estate_bastion_tenancy": "dedicated",
            "estate_network_flow_logs": "none",
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
                "{estate}-flow-logs-{region}": None,
                "{estate}-snapshots-{region}": None,
                "{estate}-backup-{region}": {
                    "trusts": ["backup.amazonaws.com"],
                    "may": {},
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
            "flow_log": None,
            "launch_template": {
                "{estate}-bastion": {"type": "t3.small", "tenancy": "dedicated"},
                "{estate}-node": {
                    "type": "c6i.xlarge",
                    "volumes": ["gp3 80 GiB encrypted with alias/{estate}"],
                    "monitoring": True,
                },
            },
            "log_group": {
                "/{estate}/network": None,
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
            "role": {"{estate}-snapshots-{region}": None, "{estate}-database-monitoring-{region}": None},
            "alarm": None,
            "event_subscription": None,
            "dashboard": {"{estate}-{region}": {"shows_alarms": False}},
            "snapshot_policy": None,
        },
        long=True,
    ),
    # In a network of somebody else's: nothing is made there but what bears the estate's tag.
    Variant(
        "within",
        2,
        {
            "estate_network_cidr": "10.42.0.0/16",
            "estate_network_existing": {
                "vpc_tags": {"team": "platform"},
                "public_subnet_tags": {"tier": "public"},
                "private_subnet_tags": {"tier": "private"},
            },
            "estate_network_zones": ["us-east-1a", "us-east-1b"],
            "estate_network_endpoints": ["logs", "secretsmanager"],
            "estate_network_flow_logs": "all",
            "estate_bastion_count": 2,
            "estate_ui_domain": "chainlink.within.test",
        },
        {
            **(inside := user_interface("*.within.test")),
            "vpc": None,
            "alarm": {"{estate}-ports-nat-{a}": None, "{estate}-ports-nat-{b}": None},
            "internet_gateway": None,
            "subnet": None,
            "address": None,
            "nat_gateway": None,
            "route_table": None,
            "vpc_endpoint": {
                "{estate}-s3": None,
                "{estate}-logs": interface("logs", SHARED_SUBNETS),
                "{estate}-secretsmanager": interface("secretsmanager", SHARED_SUBNETS),
            },
            "flow_log": {"{estate}-network": {"network": "shared-network", "traffic": "ALL"}},
            "security_group": {
                "{estate}-bastion": {
                    "vpc": "shared-network",
                    "egress": [
                        "tcp 22 10.200.0.0/16",
                        "tcp 22 10.201.0.0/16",
                        "tcp 443 0.0.0.0/0",
                        "tcp 80 0.0.0.0/0",
                    ],
                },
                "{estate}-node": {
                    "vpc": "shared-network",
                    "ingress": inside["security_group"]["{estate}-node"]["ingress"],
                    "egress": [
                        "tcp 443 0.0.0.0/0",
                        "tcp 5432 10.200.0.0/16",
                        "tcp 5432 10.201.0.0/16",
                        "tcp 80 0.0.0.0/0",
                    ],
                },
                # The nodes are in the addresses that were added.
                "{estate}-ui": {
                    **inside["security_group"]["{estate}-ui"],
                    "vpc": "shared-network",
                    "egress": ["tcp 6688 10.200.0.0/16", "tcp 6688 10.201.0.0/16"],
                },
                "{estate}-database": {"vpc": "shared-network"},
                "{estate}-endpoints": {**ENDPOINT_GROUP, "vpc": "shared-network"},
            },
            "database_subnet_group": {"{estate}-database": {"subnets": SHARED_SUBNETS}},
            "group": {
                "{estate}-bastion": {"size": [2, 2, 2], "subnets": ["shared-public-a", "shared-public-b"]},
                "{estate}-node": {"subnets": SHARED_SUBNETS, "target_groups": ["{estate}-ui"]},
            },
            "load_balancer": {
                "{estate}-ui": {
                    **inside["load_balancer"]["{estate}-ui"],
                    "subnets": ["shared-public-a", "shared-public-b"],
                }
            },
        },
        prepare=shared_network_and_certificate,
        long=True,
    ),
    # No bastion, one NAT gateway, and sessions of Systems Manager through endpoints.
    Variant(
        "sessions",
        3,
        {
            "estate_bastion_count": 0,
            "estate_access_ssm": True,
            "estate_network_nat_gateways": "one",
            "estate_network_endpoints": ["ssm", "ssmmessages"],
        },
        {
            "address": {"{estate}-nat-{b}": None},
            "alarm": {"{estate}-ports-nat-{b}": None},
            "nat_gateway": {"{estate}-nat-{b}": None},
            "route_table": {"{estate}-private-2": {"routes": {"0.0.0.0/0": "{estate}-nat-{a}"}}},
            "vpc_endpoint": {
                "{estate}-ssm": interface("ssm", OWN_SUBNETS),
                "{estate}-ssmmessages": interface("ssmmessages", OWN_SUBNETS),
            },
            "security_group": {"{estate}-endpoints": ENDPOINT_GROUP},
            "role": {
                "{estate}-bastion-{region}": {"attached": ["AmazonSSMManagedInstanceCore"]},
                "{estate}-node-{region}": {"attached": ["AmazonSSMManagedInstanceCore"]},
            },
            "launch_template": {"{estate}-bastion": {"user_data": AGENT}, "{estate}-node": {"user_data": AGENT}},
            "group": {"{estate}-bastion": {"size": [0, 0, 0]}},
            "instance": {"bastion": None},
        },
        prepare=session_programs,
        long=True,
    ),
    # No way out but endpoints, hardware that nobody else's hosts share, and another system on the hosts.
    Variant(
        "closed",
        6,
        {
            "estate_network_nat_gateways": "none",
            "estate_network_endpoints": ["logs", "secretsmanager", "ssm", "kms"],
            "estate_network_tenancy": "dedicated",
            "estate_instances_image": "ubuntu-24.04",
            "estate_ssh_user": "ubuntu",
        },
        {
            "vpc": {"{estate}-network": {"tenancy": "dedicated"}},
            "address": None,
            "alarm": {"{estate}-ports-nat-{a}": None, "{estate}-ports-nat-{b}": None},
            "nat_gateway": None,
            "route_table": {"{estate}-private-1": {"routes": {}}, "{estate}-private-2": {"routes": {}}},
            "vpc_endpoint": {
                "{estate}-logs": interface("logs", OWN_SUBNETS),
                "{estate}-secretsmanager": interface("secretsmanager", OWN_SUBNETS),
                "{estate}-ssm": interface("ssm", OWN_SUBNETS),
                "{estate}-kms": interface("kms", OWN_SUBNETS),
            },
            "security_group": {"{estate}-endpoints": ENDPOINT_GROUP},
            # In a network of dedicated hardware, hosts need not ask for it.
            "launch_template": {"{estate}-bastion": {"image": UBUNTU}, "{estate}-node": {"image": UBUNTU}},
        },
        long=True,
    ),
    # The user interface by HTTPS with a certificate that there is; the name is led there by the operator (defect D21).
    Variant(
        "certified",
        4,
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
        5,
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
        long=True,
    ),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}
