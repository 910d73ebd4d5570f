# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's host meets at its start.

The journal names the cause, the active node serves on, and once the trouble is over the host's node stands by again
with nobody's help and nothing lost.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from nodes import active_and_standby, health, run_statement, sql, wait_for_role
from support import BIN, Estate
from testinfra.host import Host

pytestmark = pytest.mark.long

Trouble = Callable[[Estate, str], AbstractContextManager[None]]


# What the node keeps and cannot make again, and who may sign in.
KEPT = (
    "SELECT array_agg(encrypted_keys::text ORDER BY 1) FROM encrypted_key_rings",
    "SELECT array_agg(email || hashed_password ORDER BY 1) FROM users",
)


@pytest.fixture(autouse=True)
def nothing_lost(estate: Estate) -> Iterator[None]:
    """Compare what the node keeps after a test with what it kept before."""
    before = [sql(estate, statement) for statement in KEPT]
    assert all(rows[0][0] for rows in before)
    yield
    assert [sql(estate, statement) for statement in KEPT] == before


def lab(estate: Estate, *arguments: str) -> None:
    answer = subprocess.run(
        [str(BIN / "lab"), *arguments, "--name", estate.directory.name], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr


def fault(name: str, *arguments: str) -> Trouble:
    """A fault of the region; STANDBY among its arguments is the host that meets it, WRITER the database instance."""

    @contextlib.contextmanager
    def meet(estate: Estate, standby: str) -> Iterator[None]:
        named = {"STANDBY": standby, "WRITER": writer(estate)}
        lab(estate, "fault", name, *(named.get(argument, argument) for argument in arguments))
        try:
            yield
        finally:
            lab(estate, "heal")

    return meet


def writer(estate: Estate) -> str:
    (cluster,) = estate.client("rds").describe_db_clusters(DBClusterIdentifier=estate.record["database"]["cluster"])[
        "DBClusters"
    ]
    members = [item["DBInstanceIdentifier"] for item in cluster["DBClusterMembers"] if item["IsClusterWriter"]]
    return str(members[0])


def secret(name: str, value: str) -> Trouble:
    """A secret that somebody has overwritten."""

    @contextlib.contextmanager
    def meet(estate: Estate, _standby: str) -> Iterator[None]:
        manager, secret_id = estate.client("secretsmanager"), estate.record["secrets"][name]
        before = manager.get_secret_value(SecretId=secret_id)["SecretString"]
        manager.put_secret_value(SecretId=secret_id, SecretString=value)
        try:
            yield
        finally:
            manager.put_secret_value(SecretId=secret_id, SecretString=before)

    return meet


@contextlib.contextmanager
def no_record(estate: Estate, _standby: str) -> Iterator[None]:
    ssm, name, before = estate.client("ssm"), f"/nodeops/{estate.name}/record", json.dumps(estate.record)
    ssm.delete_parameter(Name=name)
    try:
        yield
    finally:
        ssm.put_parameter(Name=name, Value=before, Type="String")


@contextlib.contextmanager
def no_secret(estate: Estate, _standby: str) -> Iterator[None]:
    """A secret that somebody has deleted; the account can still have it back."""
    manager, secret_id = estate.client("secretsmanager"), estate.record["secrets"]["keystore"]
    manager.delete_secret(SecretId=secret_id, RecoveryWindowInDays=7)
    try:
        yield
    finally:
        manager.restore_secret(SecretId=secret_id)


def node_role(estate: Estate) -> tuple[str, str]:
    """Return the name of the nodes' instance profile and that of its role."""
    (association, *_) = estate.client("ec2").describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": sorted(estate.nodes())}]
    )["IamInstanceProfileAssociations"]
    profile = association["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    (role,) = estate.client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    return profile, str(role["RoleName"])


@contextlib.contextmanager
def no_permission(estate: Estate, _standby: str) -> Iterator[None]:
    """A policy that takes away what the role's own one gives."""
    iam, (_profile, role) = estate.client("iam"), node_role(estate)
    denied = {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=role, PolicyName="somebody-denies", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="somebody-denies")


@contextlib.contextmanager
def no_role(estate: Estate, standby: str) -> Iterator[None]:
    """An instance that has lost its profile."""
    ec2, (profile, _role) = estate.client("ec2"), node_role(estate)
    (association,) = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [standby]}]
    )["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    host = estate.host(standby)
    try:
        wait_for(lambda: role_in_metadata(host) == "404", "metadata without a role", 60)
        yield
    finally:
        ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": profile}, InstanceId=standby)


def role_in_metadata(host: Host) -> str:
    """Return the HTTP status with which instance metadata answer the question for the role."""
    return host.check_output(
        "token=$(curl --silent --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "
        "http://169.254.169.254/latest/api/token); curl --silent --output /dev/null --write-out '%{http_code}' "
        '--header "X-aws-ec2-metadata-token: $token" '
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
    )


def wait_for(condition: Callable[[], bool], what: str, seconds: float) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"no {what} within {seconds:.0f} s"
        time.sleep(1)


@contextlib.contextmanager
def no_room_for_containers(estate: Estate, standby: str) -> Iterator[None]:
    """A disk that is full where the engine keeps its containers; a running one has something mounted there."""
    estate.host(standby).check_output("systemctl stop chainlink.service")
    with fault("fill-disk", "STANDBY", "/var/lib/docker/containers")(estate, standby):
        yield


# (trouble, what the journal of the node's unit says while it lasts)
TEST_STARTS = {
    "Secrets Manager has trouble": (
        fault("api-fail", "secretsmanager:GetSecretValue"),
        "could not read the secret .*: the AWS service has trouble",
    ),
    "no record": (no_record, "could not read the estate record .*: it does not exist"),
    "a secret is no JSON": (secret("api", "not JSON"), "secret .*/api is not a JSON object"),
    "a secret holds a password that no node takes": (
        secret("keystore", "short"),
        "chainlink_keystore_password .* is shorter than 16 bytes",
    ),
    "a secret has been deleted": (no_secret, "could not read the secret .*/keystore: it is scheduled for deletion"),
    "the role may not read secrets": (no_permission, "could not read the secret .*: not permitted"),
    "the instance has no role": (no_role, "the instance has no credentials; give it the estate's node role"),
    "a clock that is wrong by more than AWS takes": (
        fault("skew-clock", "STANDBY", "1000"),
        "the credentials are not accepted .*; see that this machine's clock is right",
    ),
    "no room for a container": (no_room_for_containers, "no space left on device"),
    "no way to the database": (
        fault("cut-network", "STANDBY", "WRITER"),
        "failed to open db",
    ),
    "instance metadata hang": (
        fault("stop-metadata", "STANDBY", "--how", "hang"),
        "no answer from the instance metadata service",
    ),
}


@pytest.mark.parametrize(("trouble", "words"), TEST_STARTS.values(), ids=TEST_STARTS)
def test_a_start_in_trouble_names_it_and_goes_on_when_it_is_over(estate: Estate, trouble: Trouble, words: str) -> None:
    active, standby = active_and_standby(estate)
    host = estate.host(standby)
    since = host.check_output("date '+%F %T'")
    with trouble(estate, standby):
        host.check_output("systemctl restart --no-block chainlink.service")
        # What the unit's own programs say, and what the node and docker do.
        journal = f"journalctl --namespace=+chainlink --unit chainlink.service --since '{since}' --output cat"
        began = time.monotonic()
        while host.run(f"{journal} | grep --quiet --extended-regexp {shlex.quote(words)}").rc != 0:
            assert time.monotonic() - began < 90, host.check_output(journal)
            time.sleep(1)
        assert health(estate, active)["role"] == "active"
        assert health(estate, standby)["role"] not in ("active", "standby")
    wait_for_role(estate, standby, "standby", timeout=180)
    assert active_and_standby(estate) == (active, standby)


# Troubles that a start does not even notice.
TEST_UNNOTICED = {
    "no registry": fault("lose-registry"),
    "a full disk": fault("fill-disk", "STANDBY"),
    "a clock that is wrong by half a minute": fault("skew-clock", "STANDBY", "30"),
    "slow instance metadata": fault("slow-network", "STANDBY", "2000", "--to", "metadata"),
}


@pytest.mark.parametrize("trouble", TEST_UNNOTICED.values(), ids=TEST_UNNOTICED)
def test_a_start_needs_neither_registry_nor_room_nor_the_exact_time(estate: Estate, trouble: Trouble) -> None:
    active, standby = active_and_standby(estate)
    with trouble(estate, standby):
        estate.host(standby).check_output("systemctl restart chainlink.service")
        wait_for_role(estate, standby, "standby", timeout=90)
    assert active_and_standby(estate) == (active, standby)


@pytest.mark.parametrize("playbook", ["playbooks/failover.yml", "site.yml"])
def test_a_keystore_password_that_opens_nothing_stops_no_node(estate: Estate, playbook: str) -> None:
    before = active_and_standby(estate)
    with secret("keystore", "this-opens-no-keystore-of-this-estate")(estate, before[1]):
        answer = estate.playbook(playbook)
        assert answer.returncode != 0, answer.stdout[-4000:]
        assert "does not hold the password with which the running node" in re.sub(r"\s+", " ", answer.stdout)
        assert active_and_standby(estate) == before


def test_a_wrong_keystore_password_at_a_start_ends_with_the_right_one(estate: Estate) -> None:
    """A node that waits has not opened its keystore yet: it finds out when it should serve."""
    active, standby = active_and_standby(estate)
    with secret("keystore", "this-opens-no-keystore-of-this-estate")(estate, standby):
        estate.host(standby).check_output("systemctl restart chainlink.service")
        wait_for_role(estate, standby, "standby", timeout=90)
        estate.host(active).check_output("systemctl stop chainlink.service")
        time.sleep(20)
        assert health(estate, standby)["role"] != "active"
    # Started again and again by its unit, it needs nothing but the right one.
    wait_for_role(estate, standby, "active", timeout=180)
    estate.host(active).check_output("systemctl start chainlink.service")
    wait_for_role(estate, active, "standby", timeout=90)


def test_a_standby_that_could_not_open_the_keystore_is_told_before_it_has_to(estate: Estate) -> None:
    """The secret was wrong when it was started, and is right again."""
    roles = active_and_standby(estate)
    _active, standby = roles
    with secret("keystore", "this-opens-no-keystore-of-this-estate")(estate, standby):
        estate.host(standby).check_output("systemctl restart chainlink.service")
        wait_for_role(estate, standby, "standby", timeout=90)
    for playbook in ("playbooks/status.yml", "playbooks/failover.yml"):
        answer = estate.playbook(playbook)
        assert answer.returncode != 0, answer.stdout[-4000:]
        assert f"The node on {standby} stands by with another password" in re.sub(r"\s+", " ", answer.stdout)
    for playbook in ("playbooks/nodes.yml", "playbooks/status.yml"):
        answer = estate.playbook(playbook)
        assert answer.returncode == 0, answer.stdout[-4000:]
    assert active_and_standby(estate) == roles


def test_a_database_that_takes_no_writes_is_named_and_waited_for(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    user = sql(estate, "SELECT current_user")[0][0]
    run_statement(estate, f"ALTER ROLE {user} SET default_transaction_read_only = on")
    try:
        estate.host(standby).check_output("systemctl restart --no-block chainlink.service")
        began = time.monotonic()
        journal = "journalctl --unit chainlink.service --since=-2min --output cat"
        while "the database takes no writes" not in (said := estate.host(standby).check_output(journal)):
            assert time.monotonic() - began < 90, said
            time.sleep(2)
        assert health(estate, active)["role"] == "active"
    finally:
        run_statement(estate, f"SET TRANSACTION READ WRITE; ALTER ROLE {user} RESET ALL")
    wait_for_role(estate, standby, "standby", timeout=120)
    assert active_and_standby(estate) == (active, standby)


def test_a_failover_of_the_database_leaves_one_active_and_one_standby(estate: Estate) -> None:
    active_and_standby(estate)
    rds = estate.client("rds")
    (cluster,) = [
        one for one in rds.describe_db_clusters()["DBClusters"] if one["Endpoint"] == estate.record["database"]["host"]
    ]
    writer = next(one["DBInstanceIdentifier"] for one in cluster["DBClusterMembers"] if one["IsClusterWriter"])
    rds.failover_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"])
    began = time.monotonic()
    while True:
        (now,) = rds.describe_db_clusters(DBClusterIdentifier=cluster["DBClusterIdentifier"])["DBClusters"]
        if [one["DBInstanceIdentifier"] for one in now["DBClusterMembers"] if one["IsClusterWriter"]] != [writer]:
            break
        assert time.monotonic() - began < 120
        time.sleep(1)
    # Long enough for whatever hangs to be seen, and started anew.
    while sorted(role_now(estate, instance_id) for instance_id in estate.nodes()) != ["active", "standby"]:
        assert time.monotonic() - began < 240, [role_now(estate, instance_id) for instance_id in estate.nodes()]
        time.sleep(2)
    print(f"the database failed over: one served and one stood by after {time.monotonic() - began:.0f} s")
    sql(estate, "CREATE TABLE after_failover ()", "DROP TABLE after_failover")


def test_an_engine_that_crashes_takes_no_node_with_it(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    host = estate.host(active)
    started = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' chainlink"
    unit = "systemctl show --property=NRestarts,MainPID chainlink.service"
    before = (host.check_output(started), host.check_output(unit))
    host.check_output("systemctl kill --signal KILL docker.service")
    began = time.monotonic()
    while host.run("docker version").rc != 0:
        assert time.monotonic() - began < 60
        time.sleep(1)
    # Longer than systemd waits before it starts a unit again (12 s) and a node takes to start: an end would be seen.
    time.sleep(30)
    assert (host.check_output(started), host.check_output(unit)) == before
    assert host.run("test -s /run/chainlink/config.toml").rc == 0
    assert active_and_standby(estate) == (active, standby)


def test_a_renderer_that_is_killed_half_way_leaves_nothing_half_done(estate: Estate) -> None:
    active, standby = active_and_standby(estate)
    host = estate.host(standby)
    with fault("api-slow", "secretsmanager:GetSecretValue", "3")(estate, standby):
        host.check_output("systemctl restart --no-block chainlink.service")
        began = time.monotonic()
        # The pattern does not match the shell that it is in.
        while host.run("pkill --signal KILL --full 'chainlink-host[ ]render'").rc != 0:
            assert time.monotonic() - began < 60
            time.sleep(0.2)
        time.sleep(1)
        assert host.run("ls /run/chainlink").rc != 0, "nothing is left of files that were not complete"
    wait_for_role(estate, standby, "standby", timeout=120)
    assert active_and_standby(estate) == (active, standby)


def test_both_hosts_rebooted_at_once(estate: Estate) -> None:
    hosts = sorted(active_and_standby(estate))
    boots = {instance_id: boot_of(estate, instance_id) for instance_id in hosts}
    estate.client("ec2").reboot_instances(InstanceIds=hosts)
    rebooted = time.monotonic()
    for instance_id in hosts:
        while boot_of(estate, instance_id) in ("", boots[instance_id]):
            assert time.monotonic() - rebooted < 120, f"{instance_id} has not rebooted"
            time.sleep(1)
        while (role := role_now(estate, instance_id)) not in ("active", "standby"):
            assert time.monotonic() - rebooted < 240, f"{instance_id} is {role}"
            time.sleep(2)
    print(f"both hosts rebooted: one served and one stood by after {time.monotonic() - rebooted:.0f} s")
    assert sorted(active_and_standby(estate)) == hosts


def boot_of(estate: Estate, instance_id: str) -> str:
    """Return the id of a host's boot; empty while it does not answer."""
    try:
        return str(estate.host(instance_id).run("cat /proc/sys/kernel/random/boot_id").stdout.strip())
    except RuntimeError:
        return ""


def role_now(estate: Estate, instance_id: str) -> str:
    try:
        return str(health(estate, instance_id)["role"])
    except (AssertionError, ValueError) as error:  # the host may be rebooting
        return str(error)[:200]
