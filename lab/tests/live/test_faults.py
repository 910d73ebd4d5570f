# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on real containers: each has its effect, and healing undoes it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .live_lab import Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

DATABASE = "faults"
PASSWORD = "not-a-secret-1"
IDENTITY = """python3 -c '
import boto3, botocore
try:
    print(boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"])
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
'"""
METADATA = "curl -sS -m 3 -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/"
# With a token, as engines ask: without one the registry's front answers by itself.
REGISTRY = (
    "token=$(curl -sS -m 3 https://public.ecr.aws/token/ | cut -d '\"' -f 4); "
    "curl -sS -m 8 -o /dev/null -w '%{http_code}' -H \"Authorization: Bearer $token\" https://public.ecr.aws/v2/"
)


@dataclass(frozen=True)
class Estate:
    """What the tests of this file share."""

    host: Host
    neighbour: Host
    endpoint: str

    def select(self, seconds: int = 8) -> subprocess.CompletedProcess[str]:
        """Ask the database for a number, from the host."""
        command = (
            f"PGCONNECT_TIMEOUT={seconds} timeout {seconds} python3 -c 'import sys, psycopg2, time; "
            f'began = time.monotonic(); connection = psycopg2.connect(host="{self.endpoint}", user="master", '
            f'password=sys.stdin.read(), dbname="postgres", sslmode="require"); '
            "cursor = connection.cursor(); began = time.monotonic(); "
            'cursor.execute("select 1"); print(time.monotonic() - began)\''
        )
        return self.host.ssh(command, PASSWORD)

    def answers(self) -> bool:
        """Return whether the database does."""
        return self.select().returncode == 0


@pytest.fixture(scope="module")
def estate(live: LiveLab) -> Iterator[Estate]:
    network, rds, ec2 = live.network(), live.client("rds"), live.client("ec2")
    group_id = ec2.create_security_group(GroupName="faults", Description="faults", VpcId=network.vpc_id)["GroupId"]
    permission = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": network.group_id}]}
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
    rds.create_db_subnet_group(
        DBSubnetGroupName=DATABASE, DBSubnetGroupDescription=DATABASE, SubnetIds=list(network.subnet_ids)
    )
    rds.create_db_cluster(
        DBClusterIdentifier=DATABASE,
        Engine="aurora-postgresql",
        MasterUsername="master",
        MasterUserPassword=PASSWORD,
        DBSubnetGroupName=DATABASE,
        VpcSecurityGroupIds=[group_id],
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"{DATABASE}-0",
        DBInstanceClass="db.t4g.medium",
        Engine="aurora-postgresql",
        DBClusterIdentifier=DATABASE,
        AvailabilityZone="us-east-1a",
    )
    group_ids = [network.group_id, group_id]
    host = live.launch(wait=False, Groups=group_ids)
    neighbour = live.launch(zone=1, wait=False, Groups=group_ids)
    lab("wait", "--timeout", "400")
    endpoint = rds.describe_db_clusters(DBClusterIdentifier=DATABASE)["DBClusters"][0]["Endpoint"]
    made = Estate(live.host(host.instance_id), live.host(neighbour.instance_id), endpoint)
    until(made.answers)
    yield made
    lab("heal", "--all")
    rds.delete_db_instance(DBInstanceIdentifier=f"{DATABASE}-0", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier=DATABASE, SkipFinalSnapshot=True)
    live.terminate(made.host, made.neighbour)
    rds.delete_db_subnet_group(DBSubnetGroupName=DATABASE)
    ec2.delete_security_group(GroupId=group_id)


@pytest.fixture(autouse=True)
def _healed() -> Iterator[None]:
    """No test may leave a fault to the next."""
    yield
    assert "no fault is in force" in lab("heal", check=False).stdout


def test_a_fault_of_nothing_is_refused(estate: Estate) -> None:
    wrong = {
        ("kill-instance", "i-none"): "INSTANCE 'i-none' is no instance; there are: ",
        ("kill-process", estate.host.instance_id, "no-such-process"): "PATTERN 'no-such-process' matches no process",
        ("lose-zone", "us-east-1z"): "ZONE 'us-east-1z' is none of us-east-1a, ",
        ("break-database", "none"): "DATABASE 'none' is no database; the clusters are: faults",
        ("cut-network", "api", "internet"): "FROM api and TO internet: one of both must be in the region.",
        ("fill-disk", estate.host.instance_id, "/var"): "PATH /var has another file system on it or below it, at ",
        ("slow-network", "role=none", "100"): "TARGET 'role=none' names nothing that stands",
    }
    for arguments, message in wrong.items():
        done = lab("fault", *arguments, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"lab: {message}")
    assert lab("heal", "lose-zone", check=False).stderr == "lab: 'lose-zone' is no fault in force; in force: none.\n"


def test_a_process_is_killed_and_comes_back_by_its_service(estate: Estate) -> None:
    pid = estate.host.run("systemctl show --value --property=MainPID docker")
    lab("fault", "kill-process", estate.host.instance_id, "^/usr/sbin/dockerd")
    until(lambda: estate.host.run("systemctl show --value --property=MainPID docker") not in ("0", pid), seconds=60)


def test_a_process_is_stopped_until_healed(estate: Estate) -> None:
    state = "ps -o state= -p $(systemctl show --value --property=MainPID systemd-journald)"
    lab("fault", "kill-process", estate.host.instance_id, "systemd-journald$", "--signal", "STOP")
    assert estate.host.run(state) == "T"
    lab("heal")
    assert estate.host.run(state) != "T"


def test_a_path_is_cut_in_one_direction(estate: Estate) -> None:
    ping = f"ping -c 1 -W 2 {estate.neighbour.address}"
    assert estate.host.ssh(ping).returncode == 0
    lab("fault", "cut-network", estate.host.instance_id, estate.neighbour.instance_id)
    assert estate.host.ssh(ping).returncode == 1
    # Also what comes from the neighbour goes unanswered, but arrives.
    counted = "cat /sys/class/net/eth0/statistics/rx_packets; nstat -asz IcmpInEchos | tail -1"
    before = estate.host.run(counted)
    assert estate.neighbour.ssh(f"ping -c 1 -W 2 {estate.host.address}").returncode == 1
    assert estate.host.run(counted).split()[2] != before.split()[2]
    lab("heal", "cut-network")
    assert estate.host.ssh(ping).returncode == 0


def test_a_host_is_cut_off_the_api_and_nothing_else(estate: Estate) -> None:
    ask = "curl -sS -m 3 -o /dev/null https://sts.us-east-1.amazonaws.com/"
    lab("fault", "cut-network", estate.host.instance_id, "api")
    assert estate.host.ssh(ask).returncode == 28
    assert estate.answers()
    lab("heal")
    assert estate.host.ssh(ask).returncode == 0


def test_a_zone_is_lost(live: LiveLab, estate: Estate) -> None:
    lab("fault", "lose-zone", "us-east-1b")
    assert not estate.neighbour.reachable()
    assert estate.host.ssh(f"ping -c 1 -W 2 {estate.neighbour.address}").returncode == 1
    assert "FAULT lose-zone: zone=us-east-1b" in lab("status").stdout
    lab("heal")
    assert estate.neighbour.reachable()


def test_a_network_is_slow(estate: Estate) -> None:
    lab("fault", "slow-network", estate.host.instance_id, "400", "--to", estate.neighbour.instance_id)
    ping = "ping -c 3 -W 5 {} | tail -1 | cut -d = -f 2 | cut -d / -f 1"  # the shortest of the round trips
    assert float(estate.host.run(ping.format(estate.neighbour.address))) >= 400
    # Large frames, which the kernel would have cut later, arrive whole.
    copy = "head -c 3000000 /dev/urandom > /tmp/sent; python3 -m http.server 8000 -d /tmp > /dev/null 2>&1 & "
    estate.host.run(f"{copy} sleep 1")
    digest = estate.host.run("sha256sum < /tmp/sent")
    fetch = f"curl -sS -m 60 http://{estate.host.address}:8000/sent | sha256sum"
    assert estate.neighbour.run(fetch) == digest
    lab("heal")
    assert float(estate.host.run(ping.format(estate.neighbour.address))) < 400
    assert estate.host.ssh("ip link show labslow0").returncode == 1
    assert estate.host.ssh("pgrep -f '^python3 - 400'").returncode == 1


def test_a_database_is_slow(estate: Estate) -> None:
    lab("fault", "slow-database", DATABASE, "700")
    assert float(estate.select(seconds=30).stdout) >= 0.7
    lab("heal")
    assert float(estate.select().stdout) < 0.7


def test_a_database_hangs(estate: Estate) -> None:
    lab("fault", "break-database", DATABASE)
    assert estate.select(seconds=4).returncode != 0
    taken = estate.host.ssh(f"timeout 3 bash -c '< /dev/tcp/{estate.endpoint}/5432'")
    assert taken.returncode == 0, "its host still takes connections"
    lab("heal")
    until(estate.answers)


def test_a_database_refuses(estate: Estate) -> None:
    lab("fault", "break-database", DATABASE, "--how", "refuse")
    assert "Connection refused" in estate.select().stderr
    lab("heal")
    assert estate.answers()


def test_a_disk_is_full_until_room_is_made(estate: Estate) -> None:
    write = "sudo sh -c 'head -c 100000 /dev/zero > /var/log/faults-test'"
    estate.host.run("sudo touch /var/log/faults-before")
    lab("fault", "fill-disk", estate.host.instance_id)
    done = estate.host.ssh(write)
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    estate.host.run("sudo rm /var/log/.lab-fault-filler")
    estate.host.run(write)
    lab("heal")
    # What was written to the full disk is still there.
    assert estate.host.run("ls /var/log/faults-test /var/log/faults-before").count("\n") == 1
    estate.host.run(f"{write}; sudo rm /var/log/faults-test /var/log/faults-before")
    assert estate.host.ssh("mountpoint /var/log").returncode != 0


def test_metadata_stops(estate: Estate) -> None:
    lab("fault", "stop-metadata", estate.host.instance_id)
    assert estate.host.ssh(METADATA).returncode == 28
    assert estate.neighbour.run(METADATA) == "401"
    lab("heal")
    lab("fault", "stop-metadata", "--how", "refuse")
    assert estate.host.ssh(METADATA).returncode == 7
    assert estate.neighbour.ssh(METADATA).returncode == 7
    lab("heal")
    assert estate.host.run(METADATA) == "401"


def test_the_registry_is_lost(estate: Estate) -> None:
    assert estate.host.run(REGISTRY) == "200"
    lab("fault", "lose-registry")
    until(lambda: estate.host.ssh(REGISTRY).stdout == "502")
    lab("heal")
    until(lambda: estate.host.ssh(REGISTRY).stdout == "200")
    lab("fault", "lose-registry", "--how", "hang")
    assert estate.host.ssh(REGISTRY).returncode == 28
    lab("heal")
    until(lambda: estate.host.ssh(REGISTRY).stdout == "200")


def test_credentials_expire(estate: Estate) -> None:
    assert estate.host.run(IDENTITY) == "123456789012"
    lab("fault", "expire-credentials", estate.host.instance_id)
    assert estate.host.run(IDENTITY) == "ExpiredToken"
    assert estate.neighbour.run(IDENTITY) == "123456789012"
    lab("heal")
    assert estate.host.run(IDENTITY) == "123456789012"


def test_an_instance_loses_its_power(live: LiveLab, estate: Estate) -> None:
    boot_id = estate.host.run("cat /proc/sys/kernel/random/boot_id")
    lab("fault", "kill-instance", estate.host.instance_id)
    # As long as the lab would need to start it again.
    lab("wait")
    lab("wait")
    assert not estate.host.reachable()
    described = live.client("ec2").describe_instances(InstanceIds=[estate.host.instance_id])
    assert described["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"
    lab("heal")
    until(estate.host.reachable, seconds=90)
    assert estate.host.run("cat /proc/sys/kernel/random/boot_id") != boot_id
    # A power failure is no shutdown: the journal of that boot does not tell of one.
    lab("fault", "kill-instance", estate.host.instance_id)
    live.client("ec2").reboot_instances(InstanceIds=[estate.host.instance_id])
    until(estate.host.reachable, seconds=90)
    until(lambda: "FAULT" not in lab("status").stdout)
