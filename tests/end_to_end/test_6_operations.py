# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator does with a running estate: look, hand over, upgrade and go back, restore, patch.

It begins with an older release on an empty database, as the file before it does, so that there is something to upgrade.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nodes import active_and_standby, health, sql, wait_for_role
from operations import (
    assert_unlocked,
    by_tag,
    deploy_anew,
    fail,
    interrupt,
    printed_way_back,
    releases,
    succeed,
    wait_for_words,
)
from outage import HealthClient
from playbook_output import recap
from support import Estate

OLD, BETWEEN, NEW = "2.29.0", "2.30.1", "2.46.0"
CRASHES, NEVER_HEALTHY, MIGRATION_FAILS, REFUSES_FILE = "2.46.101", "2.46.102", "2.46.103", "2.46.106"
# How soon a test gives up on a release that will not serve; an operator gives it half an hour.
SHORT = {"estate_upgrade_timeout": 45, "chainlink_node_start_timeout": 45}


@pytest.fixture(scope="module", autouse=True)
def old_release(estate: Estate) -> None:
    """Deploy the older release over an empty database, with a row in a table that no node knows."""
    rows = "SELECT count(*) FROM pg_tables WHERE tablename = 'operator_rows'"
    if estate.record["release"]["tag"] == OLD and sql(estate, rows) == [[1]]:
        return
    deploy_anew(estate, OLD)
    sql(estate, "CREATE TABLE operator_rows (said text)", "INSERT INTO operator_rows VALUES ('before')")


@pytest.fixture
def kept(estate: Estate) -> Iterator[None]:
    """The rows that were there are there afterwards."""
    before = sql(estate, "SELECT said FROM operator_rows ORDER BY said")
    yield
    assert sql(estate, "SELECT said FROM operator_rows ORDER BY said") == before


def test_status_shows_the_estate_and_changes_nothing(estate: Estate) -> None:
    output = succeed(estate, "status")
    assert f"release {OLD}" in output
    active, standby = active_and_standby(estate)
    assert re.search(rf"{active} +\S+ +active +{re.escape(OLD)}", output)
    assert re.search(rf"{standby} +\S+ +standby +{re.escape(OLD)}", output)
    assert all(counts["changed"] == 0 for counts in recap(output).values()), output


def test_status_of_an_estate_that_is_not_whole_is_a_failure(estate: Estate) -> None:
    _active, standby = active_and_standby(estate)
    estate.host(standby).check_output("systemctl stop chainlink.service")
    output = fail(estate, "status")
    assert f"{standby} is down" in output
    estate.host(standby).check_output("systemctl start chainlink.service")


def test_a_second_operation_is_refused_with_who_holds_the_lock(estate: Estate) -> None:
    ssm = estate.client("ssm")
    lock = {"id": "4f1c09aa", "operation": "restore", "holder": "bob@laptop", "process": "b-1-1", "since": "2026-01-01"}
    name = f"/nodeops/{estate.name}/lock"
    ssm.put_parameter(Name=name, Value=json.dumps(lock), Type="String")
    for playbook in ("failover", "hosts", "nodes"):
        output = fail(estate, playbook)
        assert f"Estate {estate.name} is being changed by 'restore', begun 2026-01-01 by bob@laptop" in output
    assert json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"]) == lock
    succeed(estate, "backup", estate_operation_take_over="4f1c09aa", estate_backup_reason="rehearsal")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=name)


@pytest.mark.long
def test_the_hosts_alone_have_nothing_to_change_and_leave_no_lock(estate: Estate) -> None:
    output = succeed(estate, "hosts")
    assert all(counts["changed"] == 0 for counts in recap(output).values()), output
    assert_unlocked(estate)


def test_a_backup_is_named_after_estate_release_and_reason(estate: Estate) -> None:
    snapshots = estate.client("rds").describe_db_cluster_snapshots()["DBClusterSnapshots"]
    (snapshot,) = [item for item in snapshots if "-rehearsal-" in item["DBClusterSnapshotIdentifier"]]
    assert snapshot["DBClusterSnapshotIdentifier"].startswith(f"{estate.name}-2-29-0-rehearsal-")
    assert snapshot["Status"] == "available"


@pytest.mark.parametrize("mode", ["planned", pytest.param("hard", marks=pytest.mark.long)])
def test_failover(estate: Estate, kept: None, mode: str) -> None:
    active, standby = active_and_standby(estate)
    with HealthClient(estate) as client:
        succeed(estate, "failover", estate_failover_mode=mode)
    print(f"failover {mode}: nobody served for {client.longest:.1f} s")
    assert active_and_standby(estate) == (standby, active)
    assert len(client.outages) == 1


@pytest.mark.long
def test_a_failover_that_is_interrupted_after_its_handover_is_not_done_twice(estate: Estate, kept: None) -> None:
    active, standby = active_and_standby(estate)
    interrupt(estate, "failover", when_stopped=active)
    output = re.sub(r"\s+", " ", succeed(estate, "failover"))
    assert (
        f"The failover that was interrupted has taken place, and the node that it left stopped runs again. {standby}"
        in output
    )
    assert active_and_standby(estate) == (standby, active)


@pytest.mark.long
def test_a_standby_that_does_not_take_over_costs_no_more_than_a_start(estate: Estate, kept: None) -> None:
    """It hangs at the very moment: the node that served is started again."""
    active, standby = active_and_standby(estate)
    host = estate.host(standby)
    host.check_output("docker inspect chainlink")  # has a connection open
    running = estate.start_playbook("playbooks/failover.yml", chainlink_node_start_timeout=20)
    try:
        wait_for_words(estate, running, "PLAY [Let go of the lease]")
        host.check_output("docker pause chainlink")
        assert running.wait(timeout=300) != 0, estate.started.read_text()[-6000:]
        wait_for_role(estate, active, "active", timeout=60)
    finally:
        running.kill()
        running.communicate()
        host.run("docker unpause chainlink")
    output = re.sub(r"\s+", " ", estate.started.read_text())
    assert f"{standby} did not take over: " in output
    assert f"So the node of {active}, which had served, runs again." in output
    wait_for_role(estate, standby, "standby", timeout=60)
    succeed(estate, "failover")
    assert active_and_standby(estate) == (standby, active)


@pytest.mark.long
def test_a_backup_that_is_interrupted_can_be_made_again(estate: Estate) -> None:
    rds = estate.client("rds")

    def snapshots() -> set[str]:
        found = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
        return {
            item["DBClusterSnapshotIdentifier"] for item in found if "-twice-" in item["DBClusterSnapshotIdentifier"]
        }

    before = snapshots()
    running = estate.start_playbook("playbooks/backup.yml", estate_backup_reason="twice")
    try:
        deadline = time.monotonic() + 120
        while snapshots() == before:
            assert running.poll() is None, f"it ended too early:\n{estate.started.read_text()[-6000:]}"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        running.kill()
        running.communicate()
    time.sleep(1)  # a snapshot's name holds the second
    succeed(estate, "backup", estate_backup_reason="twice")
    made = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    states = {item["DBClusterSnapshotIdentifier"]: item["Status"] for item in made}
    assert [states[name] for name in sorted(snapshots() - before)] == ["available", "available"]


TEST_REFUSED = [
    ({"estate_upgrade_release": "2.9.0"}, "2.9.0 is older than 2.29.0"),
    ({"estate_upgrade_release": "2.99.0"}, "2.99.0"),
    ({"estate_upgrade_release": "2.47.0-beta.1"}, "pre-release"),
    ({}, "Set either estate_upgrade_release"),
]


@pytest.mark.parametrize(("variables", "words"), TEST_REFUSED)
def test_an_upgrade_to_nowhere_is_refused(estate: Estate, variables: dict[str, Any], words: str) -> None:
    before = estate.record
    assert words in fail(estate, "upgrade", **variables)
    assert estate.record == before
    assert_unlocked(estate)


TEST_FREE_FAILURES = [
    (REFUSES_FILE, "Log"),
    pytest.param(CRASHES, "undone before its handover", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("release", "words"), TEST_FREE_FAILURES)
def test_a_release_that_fails_before_the_handover_costs_nothing(
    estate: Estate, kept: None, release: str, words: str
) -> None:
    active, standby = active_and_standby(estate)
    before = estate.record
    with HealthClient(estate) as client:
        output = fail(estate, "upgrade", estate_upgrade_release=release, **SHORT)
    assert words in output
    assert client.outages == []
    assert estate.record == before
    assert active_and_standby(estate) == (active, standby)
    assert releases(estate) == {OLD}


@pytest.mark.long
def test_a_standby_that_is_lost_while_it_gets_the_release_costs_nothing(estate: Estate, kept: None) -> None:
    """Its SSH server goes away, so there is nothing to rescue; the record names the old release again all the same."""
    active, standby = active_and_standby(estate)
    before = estate.record
    host = estate.host(standby)
    away = "systemctl stop ssh; pkill -KILL sshd; sleep 45; systemctl start ssh"
    with HealthClient(estate) as client:
        running = estate.start_playbook("playbooks/upgrade.yml", estate_upgrade_release=BETWEEN)
        try:
            wait_for_words(estate, running, "PLAY [Bring the release to the standby]")
            host.check_output(f"systemd-run --no-block sh -c '{away}'")
            assert running.wait(timeout=300) != 0, estate.started.read_text()[-6000:]
        finally:
            running.kill()
            running.communicate()
    output = re.sub(r"\s+", " ", estate.started.read_text())
    assert f"SSH does not reach {standby}. The upgrade was undone before its handover" in output, output[-6000:]
    assert client.outages == []
    assert estate.record == before
    wait_for_role(estate, standby, "standby", timeout=120)
    succeed(estate, "nodes")
    assert active_and_standby(estate) == (active, standby)
    assert releases(estate) == {OLD}


def test_an_upgrade_that_is_interrupted_at_its_handover_goes_on(estate: Estate, kept: None) -> None:
    active, standby = active_and_standby(estate)
    interrupt(estate, "upgrade", when_stopped=active, estate_upgrade_release=BETWEEN)
    assert estate.record["upgrade"]["from"]["tag"] == OLD
    output = fail(estate, "upgrade", estate_upgrade_release=NEW, **SHORT)
    assert f"an upgrade from {OLD} to {BETWEEN} has begun and not ended" in output
    # Nobody has decided that the new release should serve.
    output = fail(estate, "failover")
    assert f"Estate {estate.name} is in the middle of an operation that has not ended" in output
    output = succeed(estate, "upgrade", estate_upgrade_release=BETWEEN)
    assert "Took over the lock of 'failover'" in re.sub(r"\s+", " ", output)
    assert active_and_standby(estate) == (standby, active)
    assert releases(estate) == {BETWEEN}


@pytest.mark.long
def test_upgrade(estate: Estate, kept: None) -> None:
    active, standby = active_and_standby(estate)
    with HealthClient(estate) as client:
        succeed(estate, "upgrade", estate_upgrade_release=NEW)
    print(f"upgrade: nobody served for {client.longest:.1f} s")
    assert active_and_standby(estate) == (standby, active)
    assert releases(estate) == {NEW}
    assert len(client.outages) == 1
    after = estate.record
    assert after["release"]["tag"] == NEW
    assert after["release"]["digest"].startswith("sha256:")
    assert after["previous"]["release"]["tag"] == BETWEEN
    assert after["previous"]["begun"] < after["previous"]["ended"]
    assert "upgrade" not in after


@pytest.mark.long
def test_an_upgrade_to_what_runs_changes_nothing(estate: Estate) -> None:
    output = succeed(estate, "upgrade", estate_upgrade_release=NEW)
    assert "Nothing to do" in output
    assert all(counts["changed"] == 0 for counts in recap(output).values()), output


@pytest.mark.parametrize("release", [MIGRATION_FAILS, pytest.param(NEVER_HEALTHY, marks=pytest.mark.long)])
def test_a_release_that_fails_after_the_handover_prints_the_way_back(estate: Estate, kept: None, release: str) -> None:
    output = fail(estate, "upgrade", estate_upgrade_release=release, **SHORT)
    variables = printed_way_back(estate, output)
    before = estate.record["upgrade"]["from"]["tag"]
    if release == NEVER_HEALTHY:
        # Between the old cluster and the new one, with no node running.
        (running,) = (name for name in estate.nodes() if health(estate, name)["role"] != "down")
        interrupt(estate, "restore", when_stopped=running, **variables)
    succeed(estate, "restore", **variables)
    assert releases(estate) == {before}
    assert {"upgrade", "restore"} & set(estate.record) == set()


def test_a_restore_says_what_will_be_lost_before_it_does_anything(estate: Estate) -> None:
    before = estate.record
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    output = fail(estate, "restore", estate_restore_time=moment)
    assert f"would go back to {moment}" in output
    assert f"estate_restore_confirm={estate.name}" in output
    assert estate.record == before


def test_a_restore_with_a_release_that_nobody_has_stops_no_node(estate: Estate) -> None:
    before = estate.record
    wish = {
        "estate_restore_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "estate_restore_release": "2.46.99",
    }
    with HealthClient(estate) as client:
        output = fail(estate, "restore", estate_restore_confirm=estate.name, **wish)
    assert "Release 2.46.99, which fits the data, cannot be run" in output
    assert client.outages == []
    assert estate.record == before


@pytest.mark.long
def test_a_restore_that_is_left_goes_back_to_the_old_cluster(estate: Estate, kept: None) -> None:
    _active, standby = active_and_standby(estate)
    before = estate.record
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # The standby stops first, long before the switch.
    wish = {"estate_restore_time": moment, "estate_restore_confirm": estate.name}
    interrupt(estate, "restore", when_stopped=standby, **wish)
    made = estate.record["restore"]["cluster"]
    output = re.sub(r"\s+", " ", succeed(estate, "restore", estate_restore_abandon=True))
    assert f"The restore from {moment} is left" in output
    assert f"estate_forget_cluster={made}" in output
    assert estate.record == before
    active_and_standby(estate)


@pytest.mark.long
def test_restore_to_a_point_in_time(estate: Estate) -> None:
    old_cluster = estate.record["database"]["cluster"]
    sql(estate, "INSERT INTO operator_rows VALUES ('kept')")
    time.sleep(2)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(2)
    sql(estate, "INSERT INTO operator_rows VALUES ('lost')")
    succeed(estate, "restore", estate_restore_time=moment, estate_restore_confirm=estate.name)
    assert sql(estate, "SELECT said FROM operator_rows ORDER BY said") == [["before"], ["kept"]]
    assert estate.record["database"]["cluster"] != old_cluster
    clusters = estate.client("rds").describe_db_clusters()["DBClusters"]
    assert old_cluster in [cluster["DBClusterIdentifier"] for cluster in clusters]


@pytest.mark.long
def test_site_changes_nothing_on_a_restored_estate(estate: Estate) -> None:
    answer = estate.playbook("site.yml", chainlink_release=by_tag(estate))
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert {counts["changed"] for counts in recap(answer.stdout).values()} == {0}, answer.stdout[-6000:]


ADVISORY = Path(__file__).with_name("publish_advisory.sh")
ADVISORY_VERSION = "dpkg-query --show --showformat '${Version}' advisory"


@pytest.fixture(scope="module")
def advisory(estate: Estate) -> list[str]:
    """Publish a security update to every host; return the hosts."""
    hosts = [instance["InstanceId"] for role in ("bastion", "node") for instance in estate.instances(role)]
    for instance_id in hosts:
        estate.run_on(instance_id, ["sh"], text=ADVISORY.read_text(encoding="utf-8"))
    return hosts


def boot_id(estate: Estate, instance_id: str) -> str:
    return str(estate.host(instance_id).check_output("cat /proc/sys/kernel/random/boot_id"))


@pytest.mark.long
def test_a_dry_run_of_patch_lists_what_would_be_updated(estate: Estate, advisory: list[str]) -> None:
    answer = estate.playbook("playbooks/patch.yml", "--check")
    assert answer.returncode == 0, answer.stdout[-6000:]
    assert answer.stdout.count("advisory=1.1") == len(advisory)
    assert {estate.host(instance_id).check_output(ADVISORY_VERSION) for instance_id in advisory} == {"1.0"}


@pytest.mark.long
def test_an_update_that_fails_leaves_no_node_stopped(estate: Estate, advisory: list[str], kept: None) -> None:
    active, standby = active_and_standby(estate)
    refusing = "/etc/apt/apt.conf.d/99-refuse"
    estate.run_on(standby, ["tee", refusing], text='DPkg::Pre-Invoke { "false"; };\n')
    try:
        output = fail(estate, "patch", host_patch_reboot="never")
    finally:
        estate.host(standby).check_output(f"rm {refusing}")
    assert f"{standby} was not updated" in output
    assert "Its node was started again." in output
    wait_for_role(estate, standby, "standby", timeout=60)
    assert active_and_standby(estate) == (active, standby)


@pytest.mark.long
def test_patch_with_an_update_that_needs_a_reboot(estate: Estate, advisory: list[str], kept: None) -> None:
    active, standby = active_and_standby(estate)
    boots = {instance_id: boot_id(estate, instance_id) for instance_id in advisory}
    with HealthClient(estate) as client:
        interrupt(estate, "patch", when_stopped=active)
        succeed(estate, "patch")
    print(f"patch: nobody served for {client.longest:.1f} s")
    for instance_id in advisory:
        assert estate.host(instance_id).check_output(ADVISORY_VERSION) == "1.1"
        assert boot_id(estate, instance_id) != boots[instance_id]
    assert active_and_standby(estate)[0] in (active, standby)


@pytest.mark.long
def test_a_second_patch_changes_nothing(estate: Estate, advisory: list[str]) -> None:
    output = succeed(estate, "patch")
    assert output.count("Nothing to update") == len(advisory)
    assert all(counts["changed"] == 0 for counts in recap(output).values()), output
