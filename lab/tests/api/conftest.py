# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulated API for all tests of this directory, and what they share."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from nodeops_lab.api.access.accounts import create_administrator
from nodeops_lab.api.access.credentials import AccessKey
from nodeops_lab.api.access.gate import Gate
from nodeops_lab.api.access.record import CALLS_FILE, Recorder
from nodeops_lab.api.server import ApiServer
from nodeops_lab.api.settings import ApiSettings

PUBLIC_CIDR = "198.19.81.0/26"
REGION = "us-east-1"
CLIENT_ADDRESS = "198.51.100.10"
ADMINISTRATOR_KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "an-example-key")
LAB_KEY = AccessKey("AKIALABTESTTESTTEST0", "a-key-of-the-lab-itself")
IMAGE_PARAMETER = "/aws/service/debian/release/12/latest/amd64"

_networks = itertools.count(20)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-patch", metavar="NAME", help="serve without this patch, and run only the tests that are to fail then"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "patch(name): fails without this correction to moto")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    name = config.getoption("--without-patch", default=None)
    if name:
        items[:] = [item for item in items if any(name in mark.args for mark in item.iter_markers("patch"))]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ApiSettings:
    return ApiSettings(tmp_path_factory.mktemp("state"), PUBLIC_CIDR, REGION, LAB_KEY.key_id)


@pytest.fixture(scope="session")
def server(settings: ApiSettings, request: pytest.FixtureRequest) -> Iterator[ApiServer]:
    name = request.config.getoption("--without-patch", default=None)
    recorder = Recorder(settings.state_directory / CALLS_FILE)
    gate = Gate(LAB_KEY, CLIENT_ADDRESS, recorder)
    # Two listeners, as in the lab: one for the controller, one for the hosts.
    server = ApiServer([("127.0.0.1", 0), ("127.0.0.2", 0)], settings, frozenset({name} if name else ()), gate)
    create_administrator(ADMINISTRATOR_KEY)
    server.start()
    yield server
    server.stop()
    recorder.close()


@pytest.fixture(scope="session")
def endpoint(server: ApiServer) -> str:
    address, port = server.listeners[0]
    return f"http://{address}:{port}"


@pytest.fixture(scope="session")
def administrator_key() -> AccessKey:
    """The key of a user who may do anything: that of the fixture ``client``."""
    return ADMINISTRATOR_KEY


@pytest.fixture(scope="session")
def lab_key() -> AccessKey:
    """The lab's own key, which stands for AWS's services."""
    return LAB_KEY


Clients = Callable[[str], Any]


@pytest.fixture(scope="session")
def client(endpoint: str) -> Clients:
    """Return a function that makes boto3 clients, one per service."""
    # The stubs overload Session.client by service name, for which a variable is too little.
    session: Any = boto3.Session(
        aws_access_key_id=ADMINISTRATOR_KEY.key_id,
        aws_secret_access_key=ADMINISTRATOR_KEY.secret,
        region_name=REGION,
    )
    clients: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service, endpoint_url=endpoint)
        return clients[service]

    return make


@dataclass(frozen=True)
class Someone:
    """A principal with credentials."""

    arn: str
    name: str
    session: Any
    endpoint: str

    def client(self, service: str, **options: Any) -> Any:
        """Return a client with the principal's credentials."""
        return self.session.client(service, endpoint_url=self.endpoint, **options)


def document(*statements: dict[str, Any]) -> str:
    """Return a policy of statements, which allow on everything where they do not say otherwise."""
    full = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


@pytest.fixture
def user(client: Clients, endpoint: str) -> Callable[..., Someone]:
    """Return a function that creates a user with an inline policy of some statements."""

    def create(*statements: dict[str, Any], **options: Any) -> Someone:
        name = f"user-{uuid.uuid4().hex[:8]}"
        made = client("iam").create_user(UserName=name, **options)["User"]
        if statements:
            client("iam").put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = client("iam").create_access_key(UserName=name)["AccessKey"]
        return Someone(
            made["Arn"], name, boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION), endpoint
        )

    return create


@pytest.fixture
def instance_role(client: Clients, endpoint: str) -> Callable[..., Someone]:
    """Return a function that creates an instance's role with some statements and takes it as EC2 does."""

    def create(*statements: dict[str, Any], **options: Any) -> Someone:
        name = f"role-{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        made = client("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **options,
        )["Role"]
        if statements:
            client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        lab = boto3.Session(LAB_KEY.key_id, LAB_KEY.secret, region_name=REGION).client("sts", endpoint_url=endpoint)
        answer = lab.assume_role(RoleArn=made["Arn"], RoleSessionName="i-0123456789abcdef0")
        keys = answer["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
        return Someone(answer["AssumedRoleUser"]["Arn"], name, session, endpoint)

    return create


@pytest.fixture(scope="session")
def image(client: Clients) -> str:
    return str(client("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"])


@dataclass(frozen=True)
class Network:
    """A network as an estate has it: a public and a private subnet in each of two zones."""

    name: str
    prefix: str
    vpc_id: str
    public: list[str]
    private: list[str]
    group_id: str


@pytest.fixture
def network(client: Clients) -> Network:
    """A new network with the addresses 10.N.0.0/16."""
    ec2 = client("ec2")
    name = f"n{uuid.uuid4().hex[:8]}"
    prefix = f"10.{next(_networks)}"
    vpc_id = ec2.create_vpc(CidrBlock=f"{prefix}.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"{prefix}.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for number, zone in enumerate("abab")
    ]
    for subnet_id in subnets[:2]:
        ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    group_id = ec2.create_security_group(GroupName=name, Description="nodes", VpcId=vpc_id)["GroupId"]
    return Network(name, prefix, vpc_id, subnets[:2], subnets[2:], group_id)


@dataclass
class Template:
    """A launch template, to be launched from in a test."""

    name: str
    data: dict[str, Any]


@pytest.fixture
def template(client: Clients, network: Network, image: str) -> Callable[..., Template]:
    """Return a function that creates a launch template in the network, with parameters over the usual ones."""

    def create(**parameters: Any) -> Template:
        data = {
            "ImageId": image,
            "InstanceType": "t3.small",
            "SecurityGroupIds": [network.group_id],
            **parameters,
        }
        name = f"{network.name}-{uuid.uuid4().hex[:6]}"
        client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        return Template(name, data)

    return create


@dataclass(frozen=True)
class Group:
    """An Auto Scaling group and how to look at it."""

    autoscaling: Any
    ec2: Any
    name: str

    def describe(self) -> dict[str, Any]:
        groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        return dict(groups[0])

    def instance_ids(self) -> set[str]:
        return {instance["InstanceId"] for instance in self.describe()["Instances"]}

    def states(self) -> dict[str, str]:
        """Return the lifecycle state of each instance."""
        return {instance["InstanceId"]: instance["LifecycleState"] for instance in self.describe()["Instances"]}

    def activities(self) -> list[dict[str, Any]]:
        """Return the group's scaling activities, the newest first."""
        answer = self.autoscaling.describe_scaling_activities(AutoScalingGroupName=self.name)
        return list(answer["Activities"])

    def until(self, condition: Callable[[], object], seconds: float = 20) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.states()}"
            time.sleep(0.1)

    def stays(self, condition: Callable[[], object], seconds: float = 1.5) -> None:
        """Check that a condition holds for a while: several looks of the GroupKeeper."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert condition(), self.states()
            time.sleep(0.1)

    def wait_for(self, size: int) -> None:
        """Wait until so many instances are in service, and none is on its way in or out."""
        self.until(lambda: list(self.states().values()) == ["InService"] * size)

    def instances(self) -> list[dict[str, Any]]:
        reservations = self.ec2.describe_instances(InstanceIds=sorted(self.instance_ids()))["Reservations"]
        return [instance for reservation in reservations for instance in reservation["Instances"]]


@pytest.fixture
def group(client: Clients, network: Network, template: Callable[..., Template]) -> Iterator[Callable[..., Group]]:
    """Return a function that creates an Auto Scaling group in the network's private subnets."""
    autoscaling = client("autoscaling")
    names = []

    def create(size: int = 2, from_template: Template | None = None, wait: bool = True, **parameters: Any) -> Group:
        name = f"{network.name}-{uuid.uuid4().hex[:6]}"
        arguments = {
            "LaunchTemplate": {"LaunchTemplateName": (from_template or template()).name, "Version": "$Latest"},
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": size,
            "VPCZoneIdentifier": ",".join(network.private),
            **parameters,
        }
        autoscaling.create_auto_scaling_group(AutoScalingGroupName=name, **arguments)
        names.append(name)
        created = Group(autoscaling, client("ec2"), name)
        if wait:
            created.wait_for(size)
        return created

    yield create
    for name in names:
        # A test may have deleted its group.
        if autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]:
            autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


@pytest.fixture
def console_directory(settings: ApiSettings) -> Path:
    directory = settings.state_directory / "console"
    directory.mkdir(exist_ok=True)
    return directory
