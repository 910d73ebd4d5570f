# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for all tests of this directory, as an operator reaches it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from nodeops_lab.settings import LabSettings

# Several engineers may run these tests on one machine, each with a number of their own.
NUMBER = int(os.environ.get("NODEOPS_LAB_TEST_NUMBER", "96"))
NAME = f"live{NUMBER}"
VPC_CIDR = f"10.{NUMBER}.0.0/16"
OPTIONS = ["--vpc-cidr", VPC_CIDR, "--public-cidr", f"198.19.{NUMBER}.0/24"]
SUBNET_CIDRS = {"us-east-1a": f"10.{NUMBER}.0.0/20", "us-east-1b": f"10.{NUMBER}.16.0/20"}
IMAGE_PARAMETER = "/aws/service/debian/release/12/latest/amd64"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def lab(*arguments: str, name: str = NAME, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    command = [str(Path(sys.executable).with_name("lab")), arguments[0], "--name", name, *arguments[1:]]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def until(condition: Callable[[], bool], seconds: float = 30.0, pause: float = 0.5) -> float:
    """Wait for a condition and return how many seconds it took; fail with its name."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {condition.__name__}"
        time.sleep(pause)
    return time.monotonic() - began


@dataclass(frozen=True)
class Network:
    """A network with two public subnets, and what an instance needs to be reached in it."""

    vpc_id: str
    subnet_ids: tuple[str, str]
    """In us-east-1a and us-east-1b."""
    group_id: str
    """A security group that lets the operator in by SSH."""
    key_name: str = "operator"
    profile_name: str = "live-host"


@dataclass
class Host:
    """An instance, reached by SSH through its public address, its host key learnt from the console."""

    lab: LiveLab
    instance_id: str
    address: str
    public_address: str

    def command(self, command: str) -> list[str]:
        """Return the arguments that run a command as the administrator."""
        state = self.lab.settings.state_directory
        options = {
            "IdentityFile": state / "operator_ed25519",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "5",
            "StrictHostKeyChecking": "yes",
            "HostKeyAlias": self.instance_id,
            "UserKnownHostsFile": self._known_hosts(),
            "GlobalKnownHostsFile": "/dev/null",
        }
        arguments = [item for key, value in options.items() for item in ("-o", f"{key}={value}")]
        return ["ssh", *arguments, f"admin@{self.public_address}", command]

    def ssh(self, command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as the administrator."""
        arguments = self.command(command)
        return subprocess.run(arguments, check=False, input=text, capture_output=True, text=True, timeout=120)

    def run(self, command: str, text: str = "") -> str:
        """Run a command that must succeed; return its output."""
        done = self.ssh(command, text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def reachable(self) -> bool:
        """Return whether SSH reaches it."""
        return self.ssh("true").returncode == 0

    def _known_hosts(self) -> Path:
        path = self.lab.settings.state_directory / f"known_hosts-{self.instance_id}"
        output = self.lab.client("ec2").get_console_output(InstanceId=self.instance_id).get("Output", "")
        # From the front: without the mark nothing is left, not everything.
        keys = output.partition("-----BEGIN SSH HOST KEY KEYS-----")[2].partition("-----END SSH HOST KEY KEYS-----")[0]
        lines = [f"{self.instance_id} {line.strip()}" for line in keys.splitlines() if line.strip()]
        if lines or not path.exists():
            # After a stop and start the console shows no keys any more: those of before still hold.
            path.write_text("".join(f"{line}\n" for line in lines))
        return path


@dataclass
class LiveLab:
    """The lab."""

    settings: LabSettings
    _clients: dict[str, Any] = field(default_factory=dict)
    _network: Network | None = None

    def client(self, service: str) -> Any:
        """Return a client with the administrator's credentials: the operator may do what an estate needs only."""
        if service not in self._clients:
            session: Any = boto3.session.Session(
                region_name=self.settings.region,
                aws_access_key_id=self.settings.administrator_access_key_id,
                aws_secret_access_key=self.settings.administrator_secret_access_key,
            )
            self._clients[service] = session.client(service, endpoint_url=self.settings.api_url)
        return self._clients[service]

    def report(self) -> dict[str, Any]:
        """Return the reconciler's report."""
        report: dict[str, Any] = json.loads(lab("status", "--json").stdout)
        return report

    def network(self) -> Network:
        """Return the network that all tests share, made by the first that asks."""
        if self._network is None:
            self._network = self._make_network()
        return self._network

    def _make_network(self) -> Network:
        ec2, iam = self.client("ec2"), self.client("iam")
        vpc_id = ec2.create_vpc(CidrBlock=VPC_CIDR)["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for zone, cidr in SUBNET_CIDRS.items()
        ]
        group_id = ec2.create_security_group(GroupName="live", Description="live", VpcId=vpc_id)["GroupId"]
        office = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[office])
        public_key = (self.settings.state_directory / "operator_ed25519.pub").read_bytes()
        ec2.import_key_pair(KeyName="operator", PublicKeyMaterial=public_key)
        iam.create_role(RoleName="live-host", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.create_instance_profile(InstanceProfileName="live-host")
        iam.add_role_to_instance_profile(InstanceProfileName="live-host", RoleName="live-host")
        return Network(vpc_id, (subnets[0], subnets[1]), group_id)

    def image_id(self) -> str:
        """Return the Debian image that the region publishes."""
        return str(self.client("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"])

    def launch(self, *, zone: int = 0, wait: bool = True, **options: Any) -> Host:
        """Launch an instance with a public address; further options are RunInstances' own."""
        network = self.network()
        groups = options.pop("Groups", [network.group_id])
        settings = {
            "ImageId": options.pop("ImageId", None) or self.image_id(),
            "InstanceType": "t3.micro",
            "KeyName": network.key_name,
            "IamInstanceProfile": {"Name": network.profile_name},
            "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": network.subnet_ids[zone],
                    "Groups": groups,
                    "AssociatePublicIpAddress": True,
                }
            ],
            **options,
        }
        made = self.client("ec2").run_instances(MinCount=1, MaxCount=1, **settings)["Instances"][0]
        if wait:
            lab("wait")
        return self.host(made["InstanceId"])

    def host(self, instance_id: str) -> Host:
        """Return an instance as the API describes it now."""
        answer = self.client("ec2").describe_instances(InstanceIds=[instance_id])
        instance = answer["Reservations"][0]["Instances"][0]
        return Host(self, instance_id, instance["PrivateIpAddress"], instance.get("PublicIpAddress", ""))

    def terminate(self, *hosts: Host) -> None:
        """Terminate instances and wait until their hosts are gone."""
        self.client("ec2").terminate_instances(InstanceIds=[host.instance_id for host in hosts])
        lab("wait")
