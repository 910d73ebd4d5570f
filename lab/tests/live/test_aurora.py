# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database clusters as Aurora's: real servers that follow, fail over, keep and restore. The tests tell one story."""

from __future__ import annotations

import datetime
import ipaddress
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from .live_lab import NAME, SUBNET_CIDRS, Host, LiveLab, lab, until

pytestmark = pytest.mark.lab

PASSWORD = "it's a secret"
ENGINE = "aurora-postgresql"
DATABASE = {"Engine": ENGINE, "DBInstanceClass": "db.r6g.large"}
FAILOVER_SECONDS = 45.0
"""When a test gives up. How long a failover takes is measured by `make bench`."""

# Answers orders, one a line, until its input ends: many SSH sessions would take many times as long.
AGENT = """
import json, sys
import psycopg2
for line in sys.stdin:
    orders = json.loads(line)
    settings = dict(sslmode="verify-full", sslrootcert="/etc/ssl/certs/ca-certificates.crt", connect_timeout=20)
    try:
        connection = psycopg2.connect(**{**settings, **orders["settings"]})
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in orders["statements"]:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        answer = {"rows": [[str(cell) for cell in row] for row in rows]}
        connection.close()
    except psycopg2.Error as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
"""
# Writes a row every 50 ms, connecting anew after each error, and tells which of the acknowledged ones are there at
# the end, and for how long none could be written.
PROBE = """
import json, sys, time
import psycopg2
orders = json.loads(sys.stdin.readline())
settings = dict(orders["settings"], connect_timeout=5, tcp_user_timeout=5000, sslmode="verify-full",
                sslrootcert="/etc/ssl/certs/ca-certificates.crt")
connection, acknowledged, errors, number = None, [], [], 0
began = last = time.time()
longest = 0.0
print("writing", flush=True)
while time.time() < began + orders["seconds"] or not acknowledged or errors and last < errors[-1]:
    if time.time() > began + orders["seconds"] + 60:
        break
    number += 1
    try:
        if connection is None:
            connection = psycopg2.connect(**settings)
            connection.autocommit = True
        connection.cursor().execute("INSERT INTO probe VALUES (%s, %s)", (orders["run"], number))
    except psycopg2.Error:
        errors.append(time.time())
        connection = None
    else:
        acknowledged.append(number)
        longest, last = max(longest, time.time() - last), time.time()
    time.sleep(0.05)
connection = psycopg2.connect(**dict(settings, connect_timeout=30))
cursor = connection.cursor()
cursor.execute("SELECT number FROM probe WHERE run = %s", (orders["run"],))
kept = {row[0] for row in cursor}
print(json.dumps({"longest": longest, "lost": len(set(acknowledged) - kept), "errors": len(errors)}))
"""


@dataclass
class Aurora:
    """A cluster of two instances, and a host that may connect to it."""

    live: LiveLab
    host: Host
    group_id: str
    name: str = "aurora"
    agent: subprocess.Popen[str] | None = None

    @property
    def rds(self) -> Any:
        """The API."""
        return self.live.client("rds")

    def cluster(self, name: str = "") -> dict[str, Any]:
        """Describe a cluster."""
        found = self.rds.describe_db_clusters(DBClusterIdentifier=name or self.name)["DBClusters"][0]
        assert isinstance(found, dict)
        return found

    def instance(self, name: str) -> dict[str, Any]:
        """Describe an instance."""
        found = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        assert isinstance(found, dict)
        return found

    def writer(self) -> str:
        """Return the instance that the API calls the writer."""
        members = self.cluster()["DBClusterMembers"]
        (name,) = [member["DBInstanceIdentifier"] for member in members if member["IsClusterWriter"]]
        return str(name)

    def settings(self, host: str = "", **changes: str) -> dict[str, str]:
        """Return how to connect; to the cluster endpoint unless another name is given."""
        usual = {"host": host or self.cluster()["Endpoint"], "user": "master", "password": PASSWORD, "dbname": "app"}
        return usual | changes

    def ask(self, *statements: str, host: str = "", **changes: str) -> list[list[str]]:
        """Run statements from the host and return the last one's rows; they must succeed."""
        answer = self._order(statements, host, changes)
        assert "rows" in answer, answer
        rows = answer["rows"]
        assert isinstance(rows, list)
        return rows

    def found(self, *statements: str, host: str = "", **changes: str) -> list[list[str]] | None:
        """Return the last statement's rows, or None where one fails: a reader may not have the table yet."""
        rows = self._order(statements, host, changes).get("rows")
        assert rows is None or isinstance(rows, list)
        return rows

    def refused(self, *statements: str, host: str = "", **changes: str) -> str:
        """Return the error of statements that must fail."""
        answer = self._order(statements, host, changes)
        assert "error" in answer, answer
        return str(answer["error"])

    def allowed(self, **changes: str) -> bool:
        """Return whether a connection with these settings can be made."""
        return "rows" in self._order(("SELECT 1",), "", changes)

    def _order(self, statements: tuple[str, ...], host: str, changes: dict[str, str]) -> dict[str, Any]:
        if self.agent is None:
            self.agent = self._start(AGENT)
        assert self.agent.stdin is not None
        assert self.agent.stdout is not None
        orders = {"settings": self.settings(host, **changes), "statements": statements}
        self.agent.stdin.write(json.dumps(orders) + "\n")
        self.agent.stdin.flush()
        line = self.agent.stdout.readline()
        assert line, self.agent.communicate(timeout=30)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self, program: str) -> subprocess.Popen[str]:
        """Start a Python program on the host, without a single quote in it."""
        piped: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(self.host.command(f"python3 -c '{program}'"), text=True, **piped)

    def container(self, instance: str) -> Any:
        """Return an instance's container."""
        return docker.from_env().containers.get(f"nodeops-{NAME}-db-{instance}")

    def probe(self, run: str, disturb: Callable[[], object]) -> dict[str, Any]:
        """Write all the time while something is done to the cluster; return what came of it."""
        orders = json.dumps({"settings": self.settings(), "seconds": 5, "run": run})
        with self._start(PROBE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(orders + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "writing\n"
            time.sleep(1.5)
            disturb()
            output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        result: dict[str, Any] = json.loads(output)
        print(f"{run}: {result}")
        return result


@pytest.fixture(scope="module")
def aurora(live: LiveLab) -> Iterator[Aurora]:
    """The cluster, created without waiting for anything."""
    ec2, rds, network = live.client("ec2"), live.client("rds"), live.network()
    group_id = ec2.create_security_group(GroupName="aurora", Description="aurora", VpcId=network.vpc_id)["GroupId"]
    made = Aurora(live, live.launch(wait=False), group_id)
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    peers = [{"GroupId": network.group_id}]
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[{**permission, "UserIdGroupPairs": peers}])
    rds.create_db_subnet_group(
        DBSubnetGroupName="aurora", DBSubnetGroupDescription="aurora", SubnetIds=list(network.subnet_ids)
    )
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="aurora", DBParameterGroupFamily="aurora-postgresql16", Description="aurora"
    )
    created = rds.create_db_cluster(
        DBClusterIdentifier="aurora",
        Engine=ENGINE,
        EngineVersion="16.8",
        MasterUsername="master",
        MasterUserPassword=PASSWORD,
        DatabaseName="app",
        DBSubnetGroupName="aurora",
        DBClusterParameterGroupName="aurora",
        VpcSecurityGroupIds=[group_id],
    )["DBCluster"]
    assert created["Status"] == "creating"
    for suffix in "01":
        rds.create_db_instance(DBInstanceIdentifier=f"aurora-{suffix}", DBClusterIdentifier="aurora", **DATABASE)
    yield made
    if made.agent is not None:
        made.agent.communicate(timeout=30)
    live.terminate(made.host)
    ec2.delete_security_group(GroupId=group_id)


# From inside: whether a host may connect is another question.
READY = ["/usr/lib/postgresql/15/bin/pg_isready", "--host=/var/run/postgresql"]


def test_nothing_is_available_before_its_server_answers(aurora: Aurora) -> None:
    seen: set[tuple[str, str]] = set()
    answered: dict[str, bool] = {}

    def available() -> bool:
        states = {name: aurora.instance(name) for name in ("aurora-0", "aurora-1")}
        for name, described in states.items():
            seen.add((name, described["DBInstanceStatus"]))
            assert ("Endpoint" in described) == (described["DBInstanceStatus"] == "available")
            if described["DBInstanceStatus"] == "available" and name not in answered:
                answered[name] = aurora.container(name).exec_run(READY).exit_code == 0
        return all(described["DBInstanceStatus"] == "available" for described in states.values())

    until(available, 120, pause=0.1)
    assert seen == {(f"aurora-{number}", status) for number in "01" for status in ("creating", "available")}
    assert answered == {"aurora-0": True, "aurora-1": True}
    lab("wait")
    aurora.host = aurora.live.host(aurora.host.instance_id)
    assert aurora.ask("SELECT 1") == [["1"]]


ROLE = "SELECT current_setting('cluster_name'), pg_is_in_recovery(), current_setting('transaction_read_only')"


def test_each_endpoint_leads_to_a_server_in_its_role(aurora: Aurora) -> None:
    cluster = aurora.cluster()
    writes, reads = ["aurora-0", "False", "off"], ["aurora-1", "True", "on"]
    endpoints = {name: aurora.instance(name)["Endpoint"]["Address"] for name in ("aurora-0", "aurora-1")}
    for host, role in (
        (cluster["Endpoint"], writes),
        (cluster["ReaderEndpoint"], reads),
        (endpoints["aurora-0"], writes),
        (endpoints["aurora-1"], reads),
    ):
        assert aurora.ask(ROLE, host=host) == [role]
    zones = [aurora.instance(name)["AvailabilityZone"] for name in ("aurora-0", "aurora-1")]
    assert sorted(zones) == ["us-east-1a", "us-east-1b"]
    subnets = {zone: ipaddress.IPv4Network(cidr) for zone, cidr in SUBNET_CIDRS.items()}
    for database in aurora.live.report()["databases"]:
        zone = aurora.instance(database["id"])["AvailabilityZone"]
        assert ipaddress.IPv4Address(database["address"]) in subnets[zone]
    aurora.ask("CREATE TABLE probe (run text, number int)", "INSERT INTO probe VALUES ('first', 1)")
    reader = cluster["ReaderEndpoint"]
    until(lambda: aurora.found("SELECT * FROM probe", host=reader) == [["first", "1"]], 10)
    assert "cannot execute INSERT in a read-only transaction" in aurora.refused(
        "INSERT INTO probe VALUES ('never', 1)", host=reader
    )


def test_users_are_as_in_rds(aurora: Aurora) -> None:
    attributes = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = {}"
    assert aurora.ask(attributes.format("current_user")) == [["False", "True", "True", "False"]]
    assert aurora.ask(attributes.format("'rdsadmin'")) == [["True"] * 4]
    assert aurora.ask("SELECT pg_has_role('rds_superuser', 'member')") == [["True"]]
    assert "must be superuser" in aurora.refused("CREATE ROLE root SUPERUSER")
    aurora.ask(
        "CREATE ROLE application LOGIN PASSWORD 'of the application'",
        "GRANT application TO master",
        "CREATE DATABASE application OWNER application",
    )
    own = {"user": "application", "password": "of the application", "dbname": "application"}
    assert aurora.ask(
        "CREATE TABLE own (i int)", "SELECT tableowner FROM pg_tables WHERE tablename = 'own'", **own
    ) == [["application"]]
    assert "pg_hba.conf rejects connection" in aurora.refused("SELECT 1", user="rdsadmin")
    assert "no encryption" in aurora.refused("SELECT 1", sslmode="disable")
    assert aurora.ask("CREATE EXTENSION pg_stat_statements", "SELECT count(*) > 0 FROM pg_stat_statements") == [
        ["True"]
    ]


def swapped(aurora: Aurora, writer: str, result: dict[str, Any]) -> None:
    """Check that the other instance writes now, and that the old writer comes back to read only."""
    assert result["errors"] > 0
    assert result["lost"] == 0
    assert result["longest"] < FAILOVER_SECONDS
    assert aurora.writer() != writer
    assert aurora.ask(ROLE) == [[aurora.writer(), "False", "off"]]
    lab("wait")
    reader = aurora.cluster()["ReaderEndpoint"]
    assert aurora.ask(ROLE, host=reader) == [[writer, "True", "on"]]
    aurora.ask(f"INSERT INTO probe VALUES ('after {writer}', {int(time.time())})")
    newest = aurora.ask("SELECT max(number) FROM probe")
    until(lambda: aurora.ask("SELECT max(number) FROM probe", host=reader) == newest, 10)


def told(capsys: pytest.CaptureFixture[str], what: str, result: dict[str, Any]) -> None:
    """Print for how long no write was answered."""
    with capsys.disabled():
        print(f" {what}: writes answered again after {result['longest']:.1f} s", end="")


def test_a_failover_promotes_the_reader(aurora: Aurora, capsys: pytest.CaptureFixture[str]) -> None:
    writer = aurora.writer()
    target = "aurora-1" if writer == "aurora-0" else "aurora-0"

    def fail_over() -> None:
        answer = aurora.rds.failover_db_cluster(DBClusterIdentifier="aurora", TargetDBInstanceIdentifier=target)
        assert answer["DBCluster"]["Status"] == "failing-over"

    result = aurora.probe("asked", fail_over)
    told(capsys, "failover", result)
    swapped(aurora, writer, result)
    events = aurora.rds.describe_events(SourceIdentifier="aurora", SourceType="db-cluster")["Events"]
    assert [event["Message"] for event in events[-2:]] == [
        f"Started cross AZ failover to DB instance: {target}.",
        f"Completed failover to DB instance: {target}.",
    ]


def test_a_reader_takes_over_from_a_writer_that_dies(aurora: Aurora, capsys: pytest.CaptureFixture[str]) -> None:
    writer = aurora.writer()
    result = aurora.probe("killed", aurora.container(writer).kill)
    told(capsys, "death of the writer", result)
    swapped(aurora, writer, result)


def test_parameters_have_effect(aurora: Aurora) -> None:
    def set_parameter(name: str, value: str, method: str) -> None:
        aurora.rds.modify_db_cluster_parameter_group(
            DBClusterParameterGroupName="aurora",
            Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}],
        )

    def states() -> set[str]:
        return {member["DBClusterParameterGroupStatus"] for member in aurora.cluster()["DBClusterMembers"]}

    assert aurora.ask("SHOW max_connections") == [["1802"]]
    set_parameter("rds.force_ssl", "0", "immediate")
    set_parameter("log_min_duration_statement", "12345", "immediate")
    until(lambda: aurora.allowed(sslmode="disable"))
    until(lambda: aurora.ask("SHOW log_min_duration_statement") == [["12345ms"]])
    assert states() == {"in-sync"}
    set_parameter("rds.force_ssl", "1", "immediate")
    until(lambda: not aurora.allowed(sslmode="disable"))

    set_parameter("max_connections", "1900", "pending-reboot")
    until(lambda: states() == {"pending-reboot"})
    assert aurora.ask("SHOW max_connections") == [["1802"]]
    aurora.rds.reboot_db_instance(DBInstanceIdentifier=aurora.writer())
    assert aurora.instance(aurora.writer())["DBInstanceStatus"] == "rebooting"
    lab("wait")
    assert aurora.ask("SHOW max_connections") == [["1900"]]
    # A reader follows only with as many connections: it was restarted, too.
    assert aurora.ask("SHOW max_connections", host=aurora.cluster()["ReaderEndpoint"]) == [["1900"]]
    assert states() == {"in-sync"}


def test_backups_hold_the_data_of_their_moment(aurora: Aurora) -> None:
    rds = aurora.rds
    aurora.ask("CREATE TABLE story (what text)", "INSERT INTO story VALUES ('snapshot')")
    rds.create_db_cluster_snapshot(DBClusterIdentifier="aurora", DBClusterSnapshotIdentifier="aurora-1")
    lab("wait")
    (snapshot,) = rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="aurora-1")["DBClusterSnapshots"]
    assert (snapshot["Status"], snapshot["PercentProgress"]) == ("available", 100)
    aurora.ask("INSERT INTO story VALUES ('time')")
    time.sleep(0.5)
    moment = datetime.datetime.now(datetime.UTC)
    time.sleep(0.5)
    aurora.ask("INSERT INTO story VALUES ('clone')")
    place = {"DBSubnetGroupName": "aurora", "VpcSecurityGroupIds": [aurora.group_id]}
    rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier="aurora-1", TargetDBClusterSnapshotIdentifier="aurora-2"
    )
    source = {"SourceDBClusterIdentifier": "aurora", **place}
    rds.restore_db_cluster_to_point_in_time(DBClusterIdentifier="timed", RestoreToTime=moment, **source)
    rds.restore_db_cluster_to_point_in_time(
        DBClusterIdentifier="cloned", RestoreType="copy-on-write", UseLatestRestorableTime=True, **source
    )
    rds.restore_db_cluster_to_point_in_time(DBClusterIdentifier="latest", UseLatestRestorableTime=True, **source)
    lab("wait")
    # The original snapshot's data are no longer needed.
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="aurora-1")
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="snapped", SnapshotIdentifier="aurora-2", Engine=ENGINE, **place
    )
    lab("wait")
    held = {
        "snapped": ["snapshot"],
        "timed": ["snapshot", "time"],
        "cloned": ["snapshot", "time", "clone"],
        "latest": ["snapshot", "time", "clone"],
    }
    for name in held:
        assert aurora.cluster(name)["Status"] == "available"
        rds.create_db_instance(DBInstanceIdentifier=f"{name}-0", DBClusterIdentifier=name, **DATABASE)
    lab("wait")
    for name, words in held.items():
        host = aurora.cluster(name)["Endpoint"]
        assert aurora.ask("SELECT what FROM story", host=host) == [[word] for word in words]
        # Each goes its own way.
        aurora.ask(f"INSERT INTO story VALUES ('{name}')", host=host)
    assert aurora.ask("SELECT what FROM story") == [["snapshot"], ["time"], ["clone"]]
    for name in held:
        rds.delete_db_instance(DBInstanceIdentifier=f"{name}-0")
        rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="aurora-2")


def test_a_new_password_counts_from_when_the_cluster_is_available(aurora: Aurora) -> None:
    aurora.rds.modify_db_cluster(DBClusterIdentifier="aurora", MasterUserPassword="another secret")
    assert aurora.cluster()["Status"] == "resetting-master-credentials"
    until(lambda: aurora.cluster()["Status"] == "available", 30)
    assert aurora.ask("SELECT 1", password="another secret") == [["1"]]
    assert "password authentication failed" in aurora.refused("SELECT 1")
    aurora.rds.modify_db_cluster(DBClusterIdentifier="aurora", MasterUserPassword=PASSWORD)
    until(lambda: aurora.cluster()["Status"] == "available", 30)


def test_a_stopped_cluster_keeps_its_data(aurora: Aurora) -> None:
    aurora.rds.stop_db_cluster(DBClusterIdentifier="aurora")
    assert aurora.cluster()["Status"] == "stopping"
    lab("wait")
    assert (aurora.cluster()["Status"], aurora.instance("aurora-0")["DBInstanceStatus"]) == ("stopped", "stopped")
    assert {aurora.container(f"aurora-{number}").status for number in "01"} == {"exited"}
    aurora.rds.start_db_cluster(DBClusterIdentifier="aurora")
    lab("wait")
    assert aurora.cluster()["Status"] == "available"
    assert aurora.ask("SELECT count(*) FROM story") == [["3"]]


def test_the_reader_takes_over_from_a_deleted_writer_and_a_lone_one_comes_back(aurora: Aurora) -> None:
    writer = aurora.writer()
    aurora.rds.delete_db_instance(DBInstanceIdentifier=writer)
    lab("wait")
    left = aurora.writer()
    assert left != writer
    with pytest.raises(docker.errors.NotFound):
        aurora.container(writer)
    # With one instance only, the reader endpoint leads to the writer.
    assert aurora.ask(ROLE, host=aurora.cluster()["ReaderEndpoint"]) == [[left, "False", "off"]]

    result = aurora.probe("alone", aurora.container(left).kill)
    assert (aurora.writer(), result["lost"]) == (left, 0)
    assert result["errors"] > 0
    lab("wait")


def test_the_data_outlive_the_instances_and_a_final_snapshot_outlives_the_cluster(aurora: Aurora) -> None:
    rds, left = aurora.rds, aurora.writer()
    rds.delete_db_instance(DBInstanceIdentifier=left)
    lab("wait")
    assert aurora.cluster()["DBClusterMembers"] == []
    rds.create_db_instance(DBInstanceIdentifier="aurora-9", DBClusterIdentifier="aurora", **DATABASE)
    lab("wait")
    assert aurora.ask("SELECT current_setting('cluster_name'), count(*) FROM story") == [["aurora-9", "3"]]

    rds.delete_db_instance(DBInstanceIdentifier="aurora-9")
    rds.delete_db_cluster(DBClusterIdentifier="aurora", FinalDBSnapshotIdentifier="final")
    assert aurora.cluster()["Status"] == "deleting"
    lab("wait")
    with pytest.raises(rds.exceptions.DBClusterNotFoundFault):
        aurora.cluster()
    place = {"DBSubnetGroupName": "aurora", "VpcSecurityGroupIds": [aurora.group_id]}
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="again", SnapshotIdentifier="final", Engine=ENGINE, **place
    )
    lab("wait")
    rds.create_db_instance(DBInstanceIdentifier="again-0", DBClusterIdentifier="again", **DATABASE)
    lab("wait")
    assert aurora.ask("SELECT count(*) FROM story", host=aurora.cluster("again")["Endpoint"]) == [["3"]]
    rds.delete_db_instance(DBInstanceIdentifier="again-0")
    rds.delete_db_cluster(DBClusterIdentifier="again", SkipFinalSnapshot=True)
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="final")

    def volumes_gone() -> bool:
        labels = {"label": [f"nodeops.lab={NAME}", "nodeops.thing=database-storage"]}
        return not docker.from_env().volumes.list(filters=labels)

    until(volumes_gone, 30)
    rds.delete_db_subnet_group(DBSubnetGroupName="aurora")
    rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName="aurora")


def test_no_password_reaches_the_logs(aurora: Aurora) -> None:
    daemon = (aurora.live.settings.state_directory / "daemon.log").read_text()
    assert "failed over in" in daemon
    assert not any(secret in daemon for secret in (PASSWORD, PASSWORD.replace("'", "''"), "SCRAM-SHA-256"))
