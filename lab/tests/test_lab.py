# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of its own, from `lab up` to `lab down`, with an instance and a database that really run.

The tests are one story in the order of the file: each goes on from where the one before left the region.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
from nodeops_lab.process import running_pid
from nodeops_lab.settings import LABEL, LabSettings

pytestmark = pytest.mark.lab

NAME = "labtest"
OPTIONS = ["--vpc-cidr", "10.97.0.0/16", "--public-cidr", "198.19.97.0/24"]
NODE_IMAGE = "public.ecr.aws/chainlink/chainlink:2.46.0"
PASSWORD = "pa'ss\"w%rd with $igns"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def lab(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    command = [str(Path(sys.executable).with_name("lab")), arguments[0], "--name", NAME, *arguments[1:]]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition; fail with its name."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition.__name__}"
        time.sleep(0.5)


@dataclass
class Story:
    """What the tests hand on."""

    settings: LabSettings
    facts: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a client with the administrator's credentials: the operator may do what an estate needs only."""
        session = boto3.session.Session(
            region_name=self.settings.region,
            aws_access_key_id=self.settings.administrator_access_key_id,
            aws_secret_access_key=self.settings.administrator_secret_access_key,
        )
        connect: Any = session.client
        return connect(service, endpoint_url=self.settings.api_url)

    def ssh(self, command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command on the instance, through its public address."""
        state = self.settings.state_directory
        options = {
            "IdentityFile": state / "operator_ed25519",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "5",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": state / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null",
        }
        arguments = [item for key, value in options.items() for item in ("-o", f"{key}={value}")]
        address = f"admin@{self.facts['public_address']}"
        return subprocess.run(
            ["ssh", *arguments, address, command], check=False, input=text, capture_output=True, text=True, timeout=120
        )

    def run(self, command: str, text: str = "") -> str:
        """Run a command on the instance that must succeed; return its output."""
        done = self.ssh(command, text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def reachable(self) -> bool:
        """Return whether SSH reaches the instance."""
        return self.ssh("true").returncode == 0

    def read_instance(self) -> dict[str, Any]:
        """Return the instance as the API describes it now."""
        answer = self.client("ec2").describe_instances(InstanceIds=[self.facts["instance_id"]])
        instance: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
        return instance


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """A lab from up to down."""
    lab("down")
    lab("up", *OPTIONS)
    try:
        yield Story(LabSettings.load(NAME))
    finally:
        lab("down")


def test_up_again_finds_the_lab(story: Story) -> None:
    done = lab("up", *OPTIONS)
    assert done.stderr.strip() == f"lab {NAME}: stands already at {story.settings.api_url}"
    assert LabSettings.load(NAME) == story.settings


def test_a_lab_with_the_same_addresses_is_refused_before_anything_is_made(story: Story) -> None:
    command = [str(Path(sys.executable).with_name("lab")), "up", "--name", "labtest2", *OPTIONS]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == (
        "lab: --public-cidr 198.19.97.0/24 overlaps 198.19.97.0/24 of the lab 'labtest': choose another.\n"
    )
    assert not story.settings.state_directory.with_name("labtest2").exists()


def test_an_instance_boots(story: Story) -> None:
    ec2, iam = story.client("ec2"), story.client("iam")
    vpc_id = ec2.create_vpc(CidrBlock=story.settings.vpc_cidr)["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for cidr, zone in (("10.97.0.0/20", "a"), ("10.97.16.0/20", "b"))
    ]
    group_id = ec2.create_security_group(GroupName="host", Description="host", VpcId=vpc_id)["GroupId"]
    public_key = (story.settings.state_directory / "operator_ed25519.pub").read_bytes()
    ec2.import_key_pair(KeyName="operator", PublicKeyMaterial=public_key)
    iam.create_role(RoleName="host", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(
        RoleName="host",
        PolicyName="logs",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
                ],
            }
        ),
    )
    iam.create_instance_profile(InstanceProfileName="host")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
    parameter = story.client("ssm").get_parameter(Name="/aws/service/debian/release/12/latest/amd64")
    instance = ec2.run_instances(
        ImageId=parameter["Parameter"]["Value"],
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        KeyName="operator",
        UserData="#!/bin/sh\necho from user data > /var/lib/user-data-ran\n",
        IamInstanceProfile={"Name": "host"},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"},
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnets[0], "Groups": [group_id], "AssociatePublicIpAddress": True}
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "nodeops:role", "Value": "bastion"}]}],
    )["Instances"][0]
    story.facts.update(vpc_id=vpc_id, subnets=subnets, group_id=group_id, instance_id=instance["InstanceId"])
    described = story.read_instance()
    story.facts.update(address=described["PrivateIpAddress"], public_address=described["PublicIpAddress"])
    assert story.facts["public_address"].startswith("198.19.97.")
    lab("wait")
    report = json.loads(lab("status", "--json").stdout)
    assert report["errors"] == {}
    assert report["instances"][0]["boot_seconds"] > 0


def test_the_console_tells_the_host_keys(story: Story) -> None:
    output = story.client("ec2").get_console_output(InstanceId=story.facts["instance_id"])["Output"]
    keys = output.split("-----BEGIN SSH HOST KEY KEYS-----")[1].split("-----END SSH HOST KEY KEYS-----")[0]
    lines = [f"{story.facts['public_address']} {line.strip()}" for line in keys.splitlines() if line.strip()]
    assert {line.split()[1] for line in lines} == {"ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"}
    # From here on every connection checks the host's key: the console told the truth.
    (story.settings.state_directory / "known_hosts").write_text("\n".join(lines) + "\n")


def test_ssh_needs_the_security_groups_permission(story: Story) -> None:
    ec2, group_id = story.client("ec2"), story.facts["group_id"]
    assert not story.reachable()
    elsewhere = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[elsewhere])
    time.sleep(5)
    assert not story.reachable()
    office = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[office])
    until(story.reachable)
    assert story.run("cat /var/lib/user-data-ran; systemctl is-system-running") == "from user data\nrunning"


def test_removed_rules_come_back(story: Story) -> None:
    story.run("sudo nft delete table inet lab_security_groups")
    until(lambda: story.ssh("sudo nft list table inet lab_security_groups").returncode == 0)


def test_names_lead_where_the_vpc_says(story: Story) -> None:
    resolver = "10.97.0.2"
    assert story.run("cat /etc/resolv.conf") == f"search ec2.internal\nnameserver {resolver}"
    name = f"ip-{story.facts['address'].replace('.', '-')}"
    assert story.run("hostname") == name
    assert story.run(f"getent ahostsv4 {name}.ec2.internal").split()[0] == story.facts["address"]
    for endpoint in ("sts.us-east-1.amazonaws.com", "public.ecr.aws", "truststore.pki.rds.amazonaws.com"):
        assert story.run(f"getent ahostsv4 {endpoint}").split()[0] == resolver


TEST_METADATA: list[tuple[str, str]] = [
    ("-H 'X-Nothing: 1' {url}/meta-data/instance-id", "401"),
    ("-X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' -H 'X-Forwarded-For: 10.0.0.1' {url}/api/token", "403"),
    ("-X PUT {url}/api/token", "400"),
    ('-H "X-aws-ec2-metadata-token: $token" {url}/meta-data/nothing', "404"),
    ('-H "X-aws-ec2-metadata-token: $token" {url}/meta-data/instance-id', "200"),
]
URL = "http://169.254.169.254/latest"
TAKE_TOKEN = f"token=$(curl -sS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' {URL}/api/token)"


@pytest.mark.parametrize(("arguments", "status"), TEST_METADATA)
def test_metadata_needs_version_2(story: Story, arguments: str, status: str) -> None:
    code = "-o /dev/null -w '%{http_code}'"
    assert story.run(f"{TAKE_TOKEN}; curl -sS {code} {arguments.replace('{url}', URL)}") == status


def test_metadata_tells_tags_and_role(story: Story) -> None:
    ask = f'{TAKE_TOKEN}; curl -sS -H "X-aws-ec2-metadata-token: $token" {URL}/meta-data'
    assert story.run(f"{ask}/tags/instance/nodeops:role") == "bastion"
    assert story.run(f"{ask}/iam/security-credentials/") == "host"
    program = "import boto3; print(boto3.client('sts', region_name='us-east-1').get_caller_identity()['Arn'])"
    arn = story.run("python3 -", text=program)
    assert arn == f"arn:aws:sts::123456789012:assumed-role/host/{story.facts['instance_id']}"


def test_the_nested_engine_pulls_but_its_containers_get_no_token(story: Story) -> None:
    story.run(f"sudo docker pull --quiet {NODE_IMAGE}")
    token = "curl -sS -m 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"
    nested = f"sudo docker run --rm --user 14933:14933 --entrypoint /bin/sh {NODE_IMAGE} -c"
    # The container reaches the metadata service: it is the reply with the token that dies on its way.
    listing = story.run(f'{nested} "curl -sS -m 4 -o /dev/null -w %{{http_code}} {URL}/meta-data/"')
    assert listing == "401"
    assert story.ssh(f'{nested} "{token} {URL}/api/token"').returncode == 28
    assert story.run(f"{nested} 'cat /etc/resolv.conf'") == "search ec2.internal\nnameserver 10.97.0.2"


def test_the_nested_engine_logs_with_the_roles_credentials(story: Story) -> None:
    logs = story.client("logs")
    logs.create_log_group(logGroupName="/labtest/node")
    options = "--log-opt awslogs-region=us-east-1 --log-opt awslogs-group=/labtest/node --log-opt tag=stream-1"
    story.run(
        f"sudo docker run --rm --log-driver awslogs {options} --entrypoint /bin/echo {NODE_IMAGE} told to the log"
    )
    events = logs.get_log_events(logGroupName="/labtest/node", logStreamName="stream-1")["events"]
    assert [event["message"] for event in events] == ["told to the log"]


def test_kernel_settings_stay_in_the_host(story: Story) -> None:
    setting = Path("/proc/sys/vm/swappiness")
    before = setting.read_text().strip()
    other = str((int(before) + 7) % 100)
    # As sysctl does it; the program itself lies outside an ordinary user's path.
    story.run(f"sudo sysctl -q -w vm.swappiness={other}")
    assert story.run("cat /proc/sys/vm/swappiness") == other
    assert setting.read_text().strip() == before


IDENTITY = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; hostname -I; cat /var/lib/cloud/data/instance-id"
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def reboot_from_inside(story: Story) -> None:
    """Reboot as an administrator does."""
    story.ssh("sudo systemctl reboot")


def reboot_by_the_api(story: Story) -> None:
    """Reboot as EC2 does."""
    story.client("ec2").reboot_instances(InstanceIds=[story.facts["instance_id"]])


def stop_and_start(story: Story) -> None:
    """Stop the instance, see it stand still, and start it."""
    ec2, instance_id = story.client("ec2"), story.facts["instance_id"]
    ec2.stop_instances(InstanceIds=[instance_id])
    lab("wait")
    assert not story.reachable()
    host = docker.from_env().containers.get(f"nodeops-{NAME}-{instance_id}")
    assert host.status == "exited"
    ec2.start_instances(InstanceIds=[instance_id])
    lab("wait")
    known_hosts = story.settings.state_directory / "known_hosts"
    old, new = story.facts["public_address"], story.read_instance()["PublicIpAddress"]
    known_hosts.write_text(known_hosts.read_text().replace(f"{old} ", f"{new} "))
    story.facts["public_address"] = new


@pytest.mark.parametrize("reboot", [reboot_from_inside, reboot_by_the_api, stop_and_start])
def test_a_host_comes_back_as_itself(story: Story, reboot: Callable[[Story], None]) -> None:
    identity, boot_id = story.run(IDENTITY), story.run(BOOT_ID)
    reboot(story)

    def rebooted() -> bool:
        return story.ssh(BOOT_ID).stdout.strip() not in ("", boot_id)

    until(rebooted, 60)
    lab("wait")
    assert story.run(IDENTITY) == identity
    assert story.run("systemctl is-system-running; systemctl is-active docker") == "running\nactive"
    # The rules were there before anything listened.
    assert "hook prerouting" in story.run("sudo nft list table inet lab_security_groups")


CONNECT = """
import sys, psycopg2
settings = dict(user="estate_master", dbname="chainlink", connect_timeout=5, password={password!r})
for host in sys.argv[2:]:
    cursor = psycopg2.connect(
        host=host, sslmode=sys.argv[1], sslrootcert="/etc/ssl/certs/ca-certificates.crt", **settings
    ).cursor()
    cursor.execute(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, pg_get_userbyid(datdba)"
        " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
    )
    print(*cursor.fetchone())
"""


def test_a_database_serves_its_endpoints_by_tls(story: Story) -> None:
    ec2, rds = story.client("ec2"), story.client("rds")
    group_id = ec2.create_security_group(GroupName="db", Description="db", VpcId=story.facts["vpc_id"])["GroupId"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="labtest", DBSubnetGroupDescription="labtest", SubnetIds=story.facts["subnets"]
    )
    rds.create_db_cluster(
        DBClusterIdentifier="labtest",
        Engine="aurora-postgresql",
        EngineVersion="16.8",
        MasterUsername="estate_master",
        MasterUserPassword=PASSWORD,
        DatabaseName="chainlink",
        DBSubnetGroupName="labtest",
        VpcSecurityGroupIds=[group_id],
    )
    for number in (0, 1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"labtest-{number}",
            DBClusterIdentifier="labtest",
            Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
        )
    lab("wait")
    cluster = rds.describe_db_clusters()["DBClusters"][0]
    endpoints = [cluster["Endpoint"], cluster["ReaderEndpoint"]]
    endpoints += [instance["Endpoint"]["Address"] for instance in rds.describe_db_instances()["DBInstances"]]
    program = CONNECT.format(password=PASSWORD)
    connect = f"python3 - verify-full {' '.join(endpoints)}"

    refused = story.ssh(connect, text=program)
    assert refused.returncode != 0
    assert "timeout expired" in refused.stderr

    permission = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": story.facts["group_id"]}],
    }
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
    until(lambda: story.ssh(connect, text=program).returncode == 0)
    assert story.run(connect, text=program).splitlines() == ["False True True estate_master"] * len(endpoints)
    plain = story.ssh(f"python3 - disable {endpoints[0]}", text=program)
    assert "no encryption" in plain.stderr


def test_no_secret_in_the_lab_logs(story: Story) -> None:
    database = docker.from_env().containers.get(f"nodeops-{NAME}-db-labtest-0")
    texts = [database.logs().decode(), (story.settings.state_directory / "daemon.log").read_text()]
    assert not any(PASSWORD in text or PASSWORD.replace("'", "''") in text for text in texts)


def test_what_is_deleted_goes(story: Story) -> None:
    ec2, rds = story.client("ec2"), story.client("rds")
    engine = docker.from_env()
    host = engine.containers.get(f"nodeops-{NAME}-{story.facts['instance_id']}")
    volumes = [mount["Name"] for mount in host.attrs["Mounts"] if mount["Type"] == "volume"]
    assert len(volumes) == 1
    ec2.terminate_instances(InstanceIds=[story.facts["instance_id"]])
    for number in (0, 1):
        rds.delete_db_instance(DBInstanceIdentifier=f"labtest-{number}", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier="labtest", SkipFinalSnapshot=True)

    def containers_gone() -> bool:
        names = {found.labels["nodeops.thing"] for found in containers()}
        return names == {"ethereum", "gateway", "registry"}

    def volumes_gone() -> bool:
        return not {volume.name for volume in engine.volumes.list()} & set(volumes)

    until(containers_gone, 60)
    until(volumes_gone)
    assert list((story.settings.state_directory / "metadata").glob("[0-9]*.json")) == []


def containers() -> list[Any]:
    """Return the lab's containers."""
    return docker.from_env().containers.list(all=True, filters={"label": f"{LABEL}={NAME}"}, ignore_removed=True)


def test_down_leaves_nothing_even_after_a_crash(story: Story) -> None:
    state = story.settings.state_directory
    pid = running_pid(state)
    assert pid is not None
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    until(lambda: running_pid(state) is None)
    assert "THE DAEMON DOES NOT RUN" in lab("status").stdout
    assert lab("up", *OPTIONS, check=False).returncode == 1
    lab("down")
    assert containers() == []
    assert docker.from_env().networks.list(filters={"label": f"{LABEL}={NAME}"}) == []
    assert not state.exists()
    assert lab("down").stderr == f"lab {NAME}: down\n"
