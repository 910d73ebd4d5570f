# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aurora clusters as the API shows them, alone and with somebody who runs the servers."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from nodeops_lab.api.aurora import orders, reality
from nodeops_lab.api.aurora.model import Cluster
from nodeops_lab.api.aurora.view import view

if TYPE_CHECKING:
    from conftest import Network

Clients = Callable[[str], Any]
REGION = "us-east-1"
ENGINE = "aurora-postgresql"


def refused(code: str, words: str = "") -> Any:
    """Expect an error of the API."""
    return pytest.raises(botocore.exceptions.ClientError, match=rf"\({code}\).*{words}")


@dataclass
class Aurora:
    """A cluster's life, with the servers' side played by the test."""

    rds: Any
    network: Network
    name: str
    group: str

    def create(self, name: str = "", **options: Any) -> dict[str, Any]:
        """Create the cluster."""
        made: dict[str, Any] = self.rds.create_db_cluster(
            DBClusterIdentifier=name or self.name,
            Engine=ENGINE,
            MasterUsername="operator",
            MasterUserPassword="a password",
            DBSubnetGroupName=self.group,
            **options,
        )["DBCluster"]
        return made

    def add(self, suffix: str, name: str = "", **options: Any) -> dict[str, Any]:
        """Create an instance of the cluster."""
        made: dict[str, Any] = self.rds.create_db_instance(
            DBInstanceIdentifier=f"{self.name}-{suffix}",
            DBClusterIdentifier=name or self.name,
            Engine=ENGINE,
            DBInstanceClass="db.r6g.large",
            **options,
        )["DBInstance"]
        return made

    def cluster(self, name: str = "") -> dict[str, Any]:
        """Describe the cluster."""
        found: dict[str, Any] = self.rds.describe_db_clusters(DBClusterIdentifier=name or self.name)["DBClusters"][0]
        return found

    def instance(self, suffix: str) -> dict[str, Any]:
        """Describe an instance."""
        found = self.rds.describe_db_instances(DBInstanceIdentifier=f"{self.name}-{suffix}")["DBInstances"][0]
        assert isinstance(found, dict)
        return found

    def snapshot(self, name: str) -> dict[str, Any]:
        """Describe a snapshot."""
        found = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)["DBClusterSnapshots"][0]
        assert isinstance(found, dict)
        return found

    def wanted(self, name: str = "") -> Cluster:
        """Return what whoever runs the servers is to do."""
        return view(REGION).clusters[name or self.name]

    def stand(self, *suffixes: str) -> Cluster:
        """Create the cluster with these instances and play its servers until all is available."""
        self.create()
        for suffix in suffixes:
            self.add(suffix)
        self.settle()
        return self.wanted()

    def settle(self, name: str = "") -> None:
        """Play the servers of a cluster until all is available."""
        wanted = self.wanted(name)
        if not wanted.stored:
            reality.storage_made(wanted.key, REGION)
        reality.cluster_available(wanted.key, REGION)
        for database in wanted.databases:
            reality.instance_available(database.key, REGION)


@pytest.fixture
def alone(client: Clients, network: Network) -> Aurora:
    """A cluster of the API by itself."""
    name = f"a{uuid.uuid4().hex[:8]}"
    client("rds").create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="test", SubnetIds=network.private
    )
    return Aurora(client("rds"), network, name, name)


@pytest.fixture
def aurora(alone: Aurora) -> Iterator[Aurora]:
    """A cluster whose servers the test plays."""
    orders.follow(lambda: None)
    yield alone
    orders.unfollow()


@pytest.mark.patch("rds_clusters.cluster_status")
@pytest.mark.patch("rds_clusters.restorable_time")
def test_a_cluster_is_creating_until_its_storage_has_been_made(aurora: Aurora) -> None:
    created = aurora.create()
    assert created["Status"] == "creating"
    assert created["Endpoint"].startswith(f"{aurora.name}.cluster-")
    assert [aurora.cluster()["Status"] for _ in range(3)] == ["creating"] * 3
    assert not {"EarliestRestorableTime", "LatestRestorableTime"} & aurora.cluster().keys()
    automated = aurora.rds.describe_db_cluster_snapshots(DBClusterIdentifier=aurora.name)["DBClusterSnapshots"]
    assert [(one["SnapshotType"], one["Status"]) for one in automated] == [("automated", "creating")]

    aurora.settle()
    described = aurora.cluster()
    assert described["Status"] == "available"
    assert described["EarliestRestorableTime"] <= described["LatestRestorableTime"]
    automated = aurora.rds.describe_db_cluster_snapshots(DBClusterIdentifier=aurora.name)["DBClusterSnapshots"]
    assert [(one["Status"], one["PercentProgress"]) for one in automated] == [("available", 100)]


@pytest.mark.patch("rds_clusters.cluster_creation")
def test_a_cluster_needs_a_free_name_a_network_and_a_user(aurora: Aurora) -> None:
    aurora.create()
    with refused("DBClusterAlreadyExistsFault"):
        aurora.create()
    default = aurora.rds.describe_db_clusters(DBClusterIdentifier=aurora.name)["DBClusters"][0]["VpcSecurityGroups"]
    assert [group["Status"] for group in default] == ["active"]
    options = {"DBClusterIdentifier": "never", "Engine": ENGINE, "MasterUserPassword": "a password"}
    with refused("DBSubnetGroupNotFoundFault"):
        aurora.rds.create_db_cluster(**options, MasterUsername="operator", DBSubnetGroupName="none")
    for user in ("rdsadmin", "Admin"):
        with refused("InvalidParameterValue", "reserved word"):
            aurora.rds.create_db_cluster(**options, MasterUsername=user)


@pytest.mark.patch("rds_instances.member_creation")
def test_an_instance_is_creating_until_its_server_answers(aurora: Aurora) -> None:
    aurora.create()
    first = aurora.add("0")
    assert (first["DBInstanceStatus"], "Endpoint" in first) == ("creating", False)
    aurora.add("1")
    assert {aurora.instance(suffix)["AvailabilityZone"] for suffix in "01"} == {"us-east-1a", "us-east-1b"}
    assert [aurora.instance("0")["DBInstanceStatus"] for _ in range(2)] == ["creating"] * 2
    with refused("InvalidVPCNetworkStateFault"):
        aurora.add("2", AvailabilityZone="us-east-1c")
    aurora.settle()
    described = aurora.instance("0")
    assert described["DBInstanceStatus"] == "available"
    assert described["Endpoint"]["Address"].startswith(f"{aurora.name}-0.")
    assert aurora.rds.describe_db_snapshots(DBInstanceIdentifier=f"{aurora.name}-0")["DBSnapshots"] == []
    events = aurora.rds.describe_events(SourceIdentifier=f"{aurora.name}-0", SourceType="db-instance")["Events"]
    assert [event["Message"] for event in events] == ["DB instance created."]


@pytest.mark.patch("rds_instances.instance_identity")
def test_instances_have_resource_ids_of_their_own(alone: Aurora) -> None:
    alone.create()
    assert alone.add("0")["DbiResourceId"] != alone.add("1")["DbiResourceId"]


@pytest.mark.patch("rds_clusters.cluster_failover")
def test_a_failover_is_done_when_a_reader_has_been_promoted(aurora: Aurora) -> None:
    wanted = aurora.stand("0", "1", "2")
    with refused("InvalidDBInstanceState", "not a reader"):
        aurora.rds.failover_db_cluster(DBClusterIdentifier=aurora.name, TargetDBInstanceIdentifier=f"{aurora.name}-0")
    answer = aurora.rds.failover_db_cluster(
        DBClusterIdentifier=aurora.name, TargetDBInstanceIdentifier=f"{aurora.name}-2"
    )
    assert answer["DBCluster"]["Status"] == "failing-over"
    assert aurora.wanted().failover_target == f"{aurora.name}-2"
    with refused("InvalidDBClusterStateFault"):
        aurora.rds.failover_db_cluster(DBClusterIdentifier=aurora.name)
    roles = {one["DBInstanceIdentifier"][-1]: one["IsClusterWriter"] for one in aurora.cluster()["DBClusterMembers"]}
    assert roles == {"0": True, "1": False, "2": False}

    target = wanted.databases[2]
    reality.failover_begins(wanted.key, target.key, REGION)
    reality.failover_done(wanted.key, target.key, REGION)
    roles = {one["DBInstanceIdentifier"][-1]: one["IsClusterWriter"] for one in aurora.cluster()["DBClusterMembers"]}
    assert roles == {"0": False, "1": False, "2": True}
    assert (aurora.cluster()["Status"], aurora.wanted().failover_target) == ("available", None)
    events = aurora.rds.describe_events(SourceIdentifier=aurora.name, SourceType="db-cluster")["Events"]
    assert [event["Message"] for event in events] == [
        "DB cluster created.",
        f"Started same AZ failover to DB instance: {aurora.name}-2.",
        f"Completed failover to DB instance: {aurora.name}-2.",
    ]


def test_a_failover_needs_a_reader(aurora: Aurora) -> None:
    aurora.stand("0")
    with refused("InvalidDBClusterStateFault"):
        aurora.rds.failover_db_cluster(DBClusterIdentifier=aurora.name)


def test_without_servers_everything_is_done_at_once(alone: Aurora) -> None:
    alone.create()
    for suffix in "01":
        alone.add(suffix)
    assert alone.instance("1")["DBInstanceStatus"] == "available"
    alone.cluster()
    alone.rds.failover_db_cluster(DBClusterIdentifier=alone.name)
    assert [one["IsClusterWriter"] for one in alone.cluster()["DBClusterMembers"]] == [False, True]
    snapshot = {"DBClusterSnapshotIdentifier": f"{alone.name}-s", "DBClusterIdentifier": alone.name}
    assert alone.rds.create_db_cluster_snapshot(**snapshot)["DBClusterSnapshot"]["Status"] == "available"
    for suffix in "01":
        alone.rds.delete_db_instance(DBInstanceIdentifier=f"{alone.name}-{suffix}", SkipFinalSnapshot=True)
    alone.rds.delete_db_cluster(DBClusterIdentifier=alone.name, SkipFinalSnapshot=True)
    with refused("DBClusterNotFoundFault"):
        alone.cluster()


@pytest.mark.patch("rds_clusters.cluster_stop_and_start")
def test_a_cluster_stops_and_starts_with_its_instances(aurora: Aurora) -> None:
    key = aurora.stand("0").key
    aurora.rds.stop_db_cluster(DBClusterIdentifier=aurora.name)
    assert (aurora.cluster()["Status"], aurora.instance("0")["DBInstanceStatus"]) == ("stopping", "stopping")
    with refused("InvalidDBClusterStateFault"):
        aurora.rds.start_db_cluster(DBClusterIdentifier=aurora.name)
    reality.cluster_stopped(key, REGION)
    assert (aurora.cluster()["Status"], aurora.instance("0")["DBInstanceStatus"]) == ("stopped", "stopped")
    latest = aurora.cluster()["LatestRestorableTime"]
    with refused("InvalidDBClusterStateFault"):
        aurora.rds.create_db_cluster_snapshot(DBClusterIdentifier=aurora.name, DBClusterSnapshotIdentifier="never")
    assert aurora.cluster()["LatestRestorableTime"] == latest
    aurora.rds.start_db_cluster(DBClusterIdentifier=aurora.name)
    assert (aurora.cluster()["Status"], aurora.instance("0")["DBInstanceStatus"]) == ("starting", "starting")
    aurora.settle()
    assert (aurora.cluster()["Status"], aurora.instance("0")["DBInstanceStatus"]) == ("available", "available")


@pytest.mark.patch("rds_clusters.cluster_modification")
def test_a_new_password_is_being_set_until_the_servers_know_it(aurora: Aurora) -> None:
    key = aurora.stand("0").key
    with refused("DBClusterNotFoundFault"):
        aurora.rds.modify_db_cluster(DBClusterIdentifier="none", MasterUserPassword="another one")
    aurora.rds.modify_db_cluster(DBClusterIdentifier=aurora.name, MasterUserPassword="another one")
    assert (aurora.cluster()["Status"], aurora.wanted().password_due) == ("resetting-master-credentials", True)
    reality.password_set(key, REGION)
    assert (aurora.cluster()["Status"], aurora.wanted().password_due) == ("available", False)


def test_a_renamed_cluster_keeps_its_instances_and_its_data(aurora: Aurora) -> None:
    key = aurora.stand("0").key
    aurora.create("taken")
    new = f"{aurora.name}-old"
    with refused("DBClusterAlreadyExistsFault"):
        aurora.rds.modify_db_cluster(DBClusterIdentifier=aurora.name, NewDBClusterIdentifier="taken")
    aurora.rds.modify_db_cluster(DBClusterIdentifier=aurora.name, NewDBClusterIdentifier=new)
    assert aurora.cluster(new)["Status"] == "renaming"
    aurora.settle(new)
    renamed = aurora.cluster(new)
    assert renamed["Endpoint"].startswith(f"{new}.cluster-")
    assert [member["DBInstanceIdentifier"] for member in renamed["DBClusterMembers"]] == [f"{aurora.name}-0"]
    assert aurora.wanted(new).key == key


@pytest.mark.patch("rds_clusters.cluster_deletion")
@pytest.mark.patch("rds_instances.member_deletion")
def test_deletion_takes_until_all_is_gone(aurora: Aurora) -> None:
    wanted = aurora.stand("0", "1")
    cluster, final = {"DBClusterIdentifier": aurora.name}, f"{aurora.name}-final"
    with refused("InvalidDBClusterStateFault"):
        aurora.rds.delete_db_cluster(**cluster, SkipFinalSnapshot=True)
    with refused("InvalidParameterCombination"):
        aurora.rds.delete_db_instance(DBInstanceIdentifier=f"{aurora.name}-0", FinalDBSnapshotIdentifier="never")
    for suffix in "01":
        aurora.rds.delete_db_instance(DBInstanceIdentifier=f"{aurora.name}-{suffix}")
    assert aurora.instance("0")["DBInstanceStatus"] == "deleting"
    with refused("InvalidDBInstanceState"):
        aurora.rds.delete_db_instance(DBInstanceIdentifier=f"{aurora.name}-0")

    with refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        aurora.rds.delete_db_cluster(**cluster)
    with refused("InvalidParameterCombination", "can not be specified"):
        aurora.rds.delete_db_cluster(**cluster, SkipFinalSnapshot=True, FinalDBSnapshotIdentifier=final)
    aurora.rds.modify_db_cluster(**cluster, DeletionProtection=True)
    with refused("InvalidParameterCombination", "protected"):
        aurora.rds.delete_db_cluster(**cluster, SkipFinalSnapshot=True)
    aurora.rds.modify_db_cluster(**cluster, DeletionProtection=False)
    aurora.rds.delete_db_cluster(**cluster, FinalDBSnapshotIdentifier=final)
    assert (aurora.cluster()["Status"], aurora.snapshot(final)["Status"]) == ("deleting", "creating")

    for database in wanted.databases:
        reality.instance_gone(database.key, REGION)
    with refused("DBInstanceNotFound"):
        aurora.instance("0")
    (waiting,) = [one for one in view(REGION).snapshots if one.snapshot_id == final]
    assert waiting.source.cluster_key == wanted.key
    reality.snapshot_made(waiting.key, REGION)
    reality.cluster_gone(wanted.key, REGION)
    with refused("DBClusterNotFoundFault"):
        aurora.cluster()
    # The manual snapshot stays, the automated ones go.
    left = aurora.rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    mine = [one["DBClusterSnapshotIdentifier"] for one in left if one["DBClusterIdentifier"] == aurora.name]
    assert mine == [final]
    assert aurora.snapshot(final)["Status"] == "available"


@pytest.mark.patch("rds_instances.member_reboot")
def test_a_reboot_lasts_until_the_server_is_back(aurora: Aurora) -> None:
    aurora.stand("0")
    with refused("InvalidParameterCombination", "Multi-AZ"):
        aurora.rds.reboot_db_instance(DBInstanceIdentifier=f"{aurora.name}-0", ForceFailover=True)
    aurora.rds.reboot_db_instance(DBInstanceIdentifier=f"{aurora.name}-0")
    (database,) = aurora.wanted().databases
    assert (database.status, database.reboot_due) == ("rebooting", True)
    with refused("InvalidDBInstanceState"):
        aurora.rds.reboot_db_instance(DBInstanceIdentifier=f"{aurora.name}-0")
    reality.instance_restarts(database.key, REGION)
    assert (aurora.instance("0")["DBInstanceStatus"], aurora.wanted().databases[0].reboot_due) == ("rebooting", False)
    reality.instance_available(database.key, REGION)
    assert aurora.instance("0")["DBInstanceStatus"] == "available"


@pytest.mark.patch("rds_instances.member_modification")
def test_what_is_the_clusters_is_not_the_instances(aurora: Aurora) -> None:
    aurora.stand("0")
    instance = {"DBInstanceIdentifier": f"{aurora.name}-0"}
    with refused("InvalidParameterCombination"):
        aurora.rds.modify_db_instance(**instance, MasterUserPassword="another one")
    with refused("InvalidParameterCombination"):
        aurora.rds.modify_db_instance(**instance, VpcSecurityGroupIds=[aurora.network.group_id])
    with refused("NotImplemented"):
        aurora.rds.modify_db_instance(**instance, NewDBInstanceIdentifier="other")


@pytest.mark.patch("rds_instances.performance_insights")
def test_performance_insights_are_kept(aurora: Aurora) -> None:
    def told() -> tuple[Any, ...]:
        found = aurora.instance("0")
        named = ("PerformanceInsightsEnabled", "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod")
        return tuple(found.get(name) for name in named)

    aurora.stand("0")
    assert told() == (False, None, None)
    instance = {"DBInstanceIdentifier": f"{aurora.name}-0"}
    aurora.rds.modify_db_instance(**instance, EnablePerformanceInsights=True)
    enabled, key, days = told()
    assert (enabled, days) == (True, 7)
    assert ":kms:" in key
    aurora.rds.modify_db_instance(**instance, PerformanceInsightsRetentionPeriod=31)
    assert told() == (True, key, 31)
    aurora.rds.modify_db_instance(**instance, EnablePerformanceInsights=False)
    assert told() == (False, None, None)


@pytest.mark.patch("rds_snapshots.snapshot_creation")
@pytest.mark.patch("rds_snapshots.snapshot_copy")
@pytest.mark.patch("rds_snapshots.snapshot_deletion")
def test_a_snapshot_is_used_only_when_it_holds_its_data(aurora: Aurora) -> None:
    wanted = aurora.stand("0")
    name, copy = f"{aurora.name}-s", f"{aurora.name}-c"
    made = aurora.rds.create_db_cluster_snapshot(DBClusterIdentifier=aurora.name, DBClusterSnapshotIdentifier=name)[
        "DBClusterSnapshot"
    ]
    assert (made["Status"], made["PercentProgress"]) == ("creating", 0)
    copying = {"SourceDBClusterSnapshotIdentifier": name, "TargetDBClusterSnapshotIdentifier": copy}
    with refused("InvalidDBClusterSnapshotStateFault"):
        aurora.rds.copy_db_cluster_snapshot(**copying)
    with refused("InvalidDBClusterSnapshotStateFault"):
        aurora.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
    (waiting,) = [one for one in view(REGION).snapshots if one.snapshot_id == name]
    assert (waiting.source.kind, waiting.source.cluster_key) == ("cluster", wanted.key)
    reality.snapshot_made(waiting.key, REGION)
    assert (aurora.snapshot(name)["Status"], aurora.snapshot(name)["PercentProgress"]) == ("available", 100)

    aurora.rds.copy_db_cluster_snapshot(**copying)
    assert aurora.snapshot(copy)["Status"] == "creating"
    (waiting_copy,) = [one for one in view(REGION).snapshots if one.snapshot_id == copy]
    assert waiting_copy.source.snapshot_key == waiting.key
    # Even without the original, its data are kept until the copy has been made.
    aurora.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
    assert waiting.key in view(REGION).keys
    reality.snapshot_made(waiting_copy.key, REGION)
    assert waiting.key not in view(REGION).keys
    assert waiting_copy.key in view(REGION).keys

    (automated,) = aurora.rds.describe_db_cluster_snapshots(DBClusterIdentifier=aurora.name, SnapshotType="automated")[
        "DBClusterSnapshots"
    ]
    with refused("InvalidDBClusterSnapshotStateFault", "Only manual"):
        aurora.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=automated["DBClusterSnapshotIdentifier"])


@pytest.mark.patch("rds_restores.restore_from_snapshot")
def test_a_restored_cluster_has_default_settings(aurora: Aurora) -> None:
    aurora.create(
        DeletionProtection=True, BackupRetentionPeriod=7, DatabaseName="app", Tags=[{"Key": "estate", "Value": "one"}]
    )
    aurora.rds.modify_db_cluster(
        DBClusterIdentifier=aurora.name, VpcSecurityGroupIds=[aurora.network.group_id], ApplyImmediately=True
    )
    aurora.settle()
    snapshot, new = f"{aurora.name}-s", f"{aurora.name}-new"
    aurora.rds.create_db_cluster_snapshot(DBClusterIdentifier=aurora.name, DBClusterSnapshotIdentifier=snapshot)
    restoring = {"DBClusterIdentifier": new, "SnapshotIdentifier": snapshot, "Engine": ENGINE}
    with refused("InvalidDBClusterSnapshotStateFault"):
        aurora.rds.restore_db_cluster_from_snapshot(**restoring)
    (waiting,) = [one for one in view(REGION).snapshots if one.snapshot_id == snapshot]
    reality.snapshot_made(waiting.key, REGION)
    aurora.rds.restore_db_cluster_from_snapshot(**restoring, DBSubnetGroupName=aurora.group)

    wanted = aurora.wanted(new)
    assert (wanted.source.kind, wanted.source.snapshot_key) == ("snapshot", waiting.key)
    with refused("InvalidDBClusterStateFault"):
        aurora.add("9", new)
    aurora.settle(new)
    aurora.add("9", new)
    restored = aurora.cluster(new)
    kept = ("MasterUsername", "DatabaseName", "EngineVersion", "BackupRetentionPeriod")
    assert [restored[key] for key in kept] == [aurora.cluster()[key] for key in kept]
    assert restored["DeletionProtection"] is False
    assert restored["TagList"] == []
    assert restored["VpcSecurityGroups"][0]["VpcSecurityGroupId"] != aurora.network.group_id
    with refused("DBClusterSnapshotNotFoundFault"):
        aurora.rds.restore_db_cluster_from_snapshot(**{**restoring, "SnapshotIdentifier": "none"})


@pytest.mark.patch("rds_restores.restore_to_time")
def test_a_time_to_restore_must_be_one_that_can_be(aurora: Aurora) -> None:
    source = {"SourceDBClusterIdentifier": aurora.name, "DBClusterIdentifier": f"{aurora.name}-new"}
    restore = aurora.rds.restore_db_cluster_to_point_in_time
    aurora.create()
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    with refused("InvalidDBClusterStateFault"):
        restore(**source, UseLatestRestorableTime=True)
    aurora.settle()
    for time in (now - hour, now + hour):
        with refused("InvalidParameterValue", "not between"):
            restore(**source, RestoreToTime=time)
    for options in (
        {},
        {"RestoreToTime": now, "UseLatestRestorableTime": True},
        {"RestoreToTime": now, "RestoreType": "copy-on-write"},
    ):
        with refused("InvalidParameterCombination"):
            restore(**source, **options)
    with refused("DBClusterNotFoundFault"):
        restore(**{**source, "SourceDBClusterIdentifier": "none"}, UseLatestRestorableTime=True)

    key = aurora.wanted().key
    moment = aurora.cluster()["LatestRestorableTime"]
    restore(**source, RestoreToTime=moment)
    wanted = aurora.wanted(f"{aurora.name}-new").source
    assert (wanted.kind, wanted.cluster_key, wanted.snapshot_key) == ("time", key, aurora.wanted().backup_key)
    assert wanted.time == moment.replace(tzinfo=None)
    restore(
        SourceDBClusterIdentifier=aurora.name,
        DBClusterIdentifier=f"{aurora.name}-clone",
        RestoreType="copy-on-write",
        UseLatestRestorableTime=True,
    )
    clone = aurora.wanted(f"{aurora.name}-clone").source
    assert (clone.kind, clone.cluster_key) == ("cluster", key)
    assert aurora.cluster(f"{aurora.name}-clone")["DBSubnetGroup"] == aurora.group


@pytest.mark.patch("rds_clusters.cluster_member_parameters")
@pytest.mark.patch("rds_instances.instance_parameters")
def test_parameters_that_wait_for_a_reboot_are_told(aurora: Aurora) -> None:
    group = {"DBClusterParameterGroupName": aurora.name}
    aurora.rds.create_db_cluster_parameter_group(**group, DBParameterGroupFamily=f"{ENGINE}16", Description="test")
    own = {"DBParameterGroupName": f"{aurora.name}-own", "DBParameterGroupFamily": f"{ENGINE}16"}
    aurora.rds.create_db_parameter_group(**own, Description="test")
    aurora.create(**group)
    aurora.add("0", DBParameterGroupName=own["DBParameterGroupName"])
    aurora.settle()
    (database,) = aurora.wanted().databases

    def states() -> tuple[str, str]:
        member = aurora.cluster()["DBClusterMembers"][0]["DBClusterParameterGroupStatus"]
        return member, aurora.instance("0")["DBParameterGroups"][0]["ParameterApplyStatus"]

    assert states() == ("in-sync", "in-sync")
    reality.parameters_wait(database.key, frozenset({aurora.name}), REGION)
    assert states() == ("pending-reboot", "in-sync")
    reality.parameters_wait(database.key, frozenset({f"{aurora.name}-own"}), REGION)
    assert states() == ("in-sync", "pending-reboot")


@pytest.mark.patch("rds_parameters.static_parameter")
@pytest.mark.parametrize("kind", ["", "Cluster"])
def test_a_static_parameter_waits_for_a_reboot(client: Clients, kind: str) -> None:
    rds = client("rds")
    infix = kind.lower() + "_" if kind else ""
    name = {f"DB{kind}ParameterGroupName": f"static{kind.lower()}"}
    getattr(rds, f"create_db_{infix}parameter_group")(**name, DBParameterGroupFamily=f"{ENGINE}16", Description="test")
    modify = getattr(rds, f"modify_db_{infix}parameter_group")
    parameter = {"ParameterName": "max_connections", "ParameterValue": "200"}
    with refused("InvalidParameterCombination", "cannot use immediate apply method for static parameter"):
        modify(**name, Parameters=[{**parameter, "ApplyMethod": "immediate"}])
    modify(**name, Parameters=[{**parameter, "ApplyMethod": "pending-reboot"}])
