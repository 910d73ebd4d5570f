# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two labs without machines side by side, on a machine where no Docker Engine answers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from nodeops_lab.process import running_pid
from nodeops_lab.settings import LAB_DIRECTORY, LabSettings

NAMES = ("papertest", "papertest2")
SLOW = "papertest3"
IMAGE_PARAMETER = "/aws/service/debian/release/12/latest/amd64"
Client = Callable[[str], Any]


def lab(*arguments: str, name: str = NAMES[0], code: int = 0) -> str:
    """Run the command with no engine to be found; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "nodeops_lab.cli", arguments[0], "--name", name, *arguments[1:]],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere/docker.sock", "PYTHONPATH": str(LAB_DIRECTORY)},
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def settings() -> Iterator[LabSettings]:
    """The first of two labs."""
    for name in NAMES:
        lab("up", "--without-machines", name=name)
    yield LabSettings.load(NAMES[0])
    for name in NAMES:
        lab("down", name=name)
        assert not LabSettings(name=name).state_directory.exists()


@pytest.fixture(scope="module")
def client(settings: LabSettings) -> Client:
    """Return a function that makes the administrator's clients."""
    session: Any = boto3.Session(
        settings.administrator_access_key_id, settings.administrator_secret_access_key, region_name=settings.region
    )
    return lambda service: session.client(service, endpoint_url=settings.api_url)


@pytest.fixture(scope="module")
def subnets(client: Client) -> list[str]:
    return two_subnets(client)


def two_subnets(client: Client) -> list[str]:
    """Return two subnets of a new network, in two zones."""
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(
        VpcId=vpc_id, InternetGatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    )
    return [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for number, zone in enumerate("ab")
    ]


def until(condition: Callable[[], bool]) -> None:
    """Wait a little for what the lab tells soon."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_up_again_finds_it_and_other_settings_are_refused(settings: LabSettings) -> None:
    assert "stands already" in lab("up", "--without-machines")
    assert "lab down" in lab("up", "--without-machines", "--region", "eu-west-1", code=1)


def test_a_port_that_is_taken_is_refused(settings: LabSettings) -> None:
    refused = lab("up", "--without-machines", "--api-port", str(settings.api_port), name="papertest4", code=1)
    assert f"--api-port {settings.api_port} is taken" in refused


def test_commands_know_that_there_are_no_machines(settings: LabSettings) -> None:
    lab("wait")
    assert "without machines" in lab("status")
    assert "no machines" in lab("status", "--json", code=1)
    assert "no machines" in lab("fault", "lose-registry", code=1)


def test_permissions_are_judged(settings: LabSettings) -> None:
    session: Any = boto3.Session(
        settings.operator_access_key_id, settings.operator_secret_access_key, region_name=settings.region
    )
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        session.client("iam", endpoint_url=settings.api_url).create_user(UserName="another")
    assert "iam:CreateUser" in lab("calls")


def test_faults_of_the_api_can_be_had(settings: LabSettings, client: Client) -> None:
    lab("fault", "api-fail", "ec2:DescribeVpcs", "--count", "1")
    assert "FAULT api-fail" in lab("status")
    assert client("ec2").describe_vpcs()["Vpcs"], "botocore tries again"
    lab("heal")


def test_instances_run_at_once_and_load_balancers_find_them_healthy(client: Client, subnets: list[str]) -> None:
    ec2, elbv2 = client("ec2"), client("elbv2")
    image = client("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][0]
    described = ec2.describe_instances(InstanceIds=[launched["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert described["State"]["Name"] == "running"
    balancer = elbv2.create_load_balancer(Name="paper", Subnets=subnets, Type="network")["LoadBalancers"][0]
    group = elbv2.create_target_group(Name="paper", Protocol="TCP", Port=6688, VpcId=described["VpcId"])
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=6688,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": launched["InstanceId"]}])

    def active() -> bool:
        return bool(elbv2.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] == "active")

    def healthy() -> bool:
        found = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return bool(found[0]["TargetHealth"]["State"] == "healthy")

    until(active)
    until(healthy)


def test_databases_are_available_at_once(client: Client, subnets: list[str]) -> None:
    rds = client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="paper", DBSubnetGroupDescription="paper", SubnetIds=subnets)
    cluster = {"DBClusterIdentifier": "paper", "Engine": "aurora-postgresql"}
    rds.create_db_cluster(
        **cluster, MasterUsername="operator", MasterUserPassword="a password", DBSubnetGroupName="paper"
    )
    rds.create_db_instance(**cluster, DBInstanceIdentifier="paper-1", DBInstanceClass="db.r6g.large")
    assert rds.describe_db_clusters(DBClusterIdentifier="paper")["DBClusters"][0]["Status"] == "available"
    assert (
        rds.describe_db_instances(DBInstanceIdentifier="paper-1")["DBInstances"][0]["DBInstanceStatus"] == "available"
    )
    rds.create_db_cluster_snapshot(DBClusterIdentifier="paper", DBClusterSnapshotIdentifier="paper-kept")
    rds.get_waiter("db_cluster_snapshot_available").wait(DBClusterSnapshotIdentifier="paper-kept")
    rds.delete_db_instance(DBInstanceIdentifier="paper-1")
    rds.delete_db_cluster(DBClusterIdentifier="paper", SkipFinalSnapshot=True)
    assert rds.describe_db_clusters()["DBClusters"] == []


@pytest.fixture
def slow_client() -> Iterator[Client]:
    """A lab in which creating takes a two-hundredth of the time that it takes on AWS."""
    lab("up", "--without-machines", "--creation-pace", "0.005", name=SLOW)
    found = LabSettings.load(SLOW)
    session: Any = boto3.Session(
        found.administrator_access_key_id, found.administrator_secret_access_key, region_name=found.region
    )
    yield lambda service: session.client(service, endpoint_url=found.api_url)
    lab("down", name=SLOW)


def test_a_pace_needs_a_lab_without_machines() -> None:
    assert "--creation-pace" in lab("up", "--creation-pace", "1", name=SLOW, code=1)


def test_creating_takes_its_time(slow_client: Client) -> None:
    ec2, rds, elbv2 = slow_client("ec2"), slow_client("rds"), slow_client("elbv2")
    made = two_subnets(slow_client)
    began = time.monotonic()
    image = slow_client("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=made[0])["Instances"][0]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=made[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    balancer = elbv2.create_load_balancer(Name="slow", Subnets=made, Type="network")["LoadBalancers"][0]
    rds.create_db_subnet_group(DBSubnetGroupName="slow", DBSubnetGroupDescription="slow", SubnetIds=made)
    cluster = {"DBClusterIdentifier": "slow", "Engine": "aurora-postgresql"}
    rds.create_db_cluster(
        **cluster, MasterUsername="operator", MasterUserPassword="a password", DBSubnetGroupName="slow"
    )
    rds.create_db_instance(**cluster, DBInstanceIdentifier="slow-1", DBInstanceClass="db.r6g.large")

    def states() -> dict[str, str]:
        instance = ec2.describe_instances(InstanceIds=[launched["InstanceId"]])["Reservations"][0]["Instances"][0]
        return {
            "instance": instance["State"]["Name"],
            "gateway": ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"],
            "balancer": elbv2.describe_load_balancers(LoadBalancerArns=[balancer["LoadBalancerArn"]])["LoadBalancers"][
                0
            ]["State"]["Code"],
            "cluster": rds.describe_db_clusters()["DBClusters"][0]["Status"],
            "database": rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"],
        }

    first = states()
    ready = {"running", "available", "active"}
    assert not ready & set(first.values())
    took: dict[str, float] = {}
    while len(took) < len(first):
        assert time.monotonic() - began < 20, states()
        now = states()
        took |= {key: time.monotonic() - began for key, state in now.items() if state in ready and key not in took}
    assert took["instance"] >= 0.6
    assert took["gateway"] >= 0.6
    assert took["balancer"] >= 0.9
    assert took["cluster"] >= 0.6
    assert took["database"] >= 3.0

    rds.delete_db_instance(DBInstanceIdentifier="slow-1")
    rds.delete_db_cluster(DBClusterIdentifier="slow", SkipFinalSnapshot=True)
    until(lambda: rds.describe_db_clusters()["DBClusters"] == [])


def test_the_other_lab_knows_nothing_of_it(settings: LabSettings) -> None:
    other = LabSettings.load(NAMES[1])
    assert other.api_port != settings.api_port
    assert running_pid(other.state_directory) != running_pid(settings.state_directory)
    assert "papertest" not in lab("calls", name=NAMES[1])
