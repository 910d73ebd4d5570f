# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate that is destroyed leaves the account as it was, but for what it says it keeps. Last of this directory: it
destroys an estate that the tests before looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from account import difference, everything
from deployments import Deployed, prepare
from interruption import kill_at
from nodeops_lab.api.access.record import CALLS_FILE, Need, read
from readers import READERS, look
from region import Estate, Region, Run, open_region
from variants import BY_NAME

DESTROY = "playbooks/destroy.yml"
FINAL = re.compile(r"[a-z0-9-]+-final-[0-9]{14}")


def destroy(estate: Estate, *arguments: str, **variables: object) -> Run:
    """Destroy an estate as whoever means it does."""
    meant = {"estate_destroy_confirm": estate.name, "estate_destroy_lift_deletion_protection": True}
    return estate.run(DESTROY, *arguments, **(meant | variables))


def stands(region: Region, estate: str) -> dict[str, list[str]]:
    """What stands of an estate, by kind."""
    found = {kind: sorted(look(region, estate, kind)) for kind in READERS}
    return {kind: names for kind, names in found.items() if names}


def denied(region: Region, estate: str) -> set[Need | None]:
    """What the estate's operator was denied."""
    calls = read(region.settings.state_directory / CALLS_FILE)
    return {call.denied for call in calls if f":user/operator-of-{estate}" in call.principal and not call.allowed}


@pytest.mark.variant("usual", "chosen")
def test_an_estate_is_destroyed_and_its_neighbour_is_not(deployed: Deployed) -> None:
    usual, chosen = deployed("usual").estate, deployed("chosen").estate
    region = usual.region
    before, neighbour = stands(region, usual.name), stands(region, chosen.name)

    refused = usual.run(DESTROY)
    assert refused.code != 0
    assert "estate_destroy_confirm is ''" in refused.output
    assert "estate_destroy_lift_deletion_protection=true" in refused.output
    assert refused.changed == []
    assert stands(region, usual.name) == before

    run = destroy(usual).succeeded()
    assert stands(region, usual.name) == {"key": ["alias/usual"], "secret": ["usual/keystore"]}
    assert stands(region, chosen.name) == neighbour
    final = [name for name in snapshots(region, "usual-database") if FINAL.fullmatch(name)]
    assert len(final) == 1
    assert final[0] in run.output
    assert "1.00 USD a month" in run.output
    assert denied(region, usual.name) == set()


def snapshots(region: Region, cluster: str) -> list[str]:
    """The manual snapshots of a cluster."""
    answer = region.client("rds").describe_db_cluster_snapshots(SnapshotType="manual")
    return [
        snapshot["DBClusterSnapshotIdentifier"]
        for snapshot in answer["DBClusterSnapshots"]
        if snapshot["DBClusterIdentifier"] == cluster and snapshot["Status"] == "available"
    ]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A region in which nothing else happens."""
    with open_region(tmp_path_factory.mktemp("alone"), name="estates-alone") as opened:
        yield opened


@pytest.mark.long
def test_an_account_is_as_it_was_and_the_name_can_be_used_again(alone: Region) -> None:
    """Defect D16: secrets keep their names for a week, and so an estate could not be made again."""
    estate = alone.estate("again")
    before = everything(alone)
    secrets = alone.client("secretsmanager")
    estate.provision().succeeded()
    names = [item["Name"] for item in secrets.list_secrets()["SecretList"]]
    values = {name: secrets.get_secret_value(SecretId=name)["SecretString"] for name in names}

    planned = destroy(estate, "--check").succeeded()
    assert "would lose" in planned.output
    standing = everything(alone)
    destroy(estate).succeeded()
    came, went = difference(before, everything(alone))
    assert went == {}
    assert set(came) == {"describe_db_cluster_snapshots", "list_aliases", "list_keys", "list_secrets"}
    assert came["list_aliases"] == ["alias/again"]
    assert came["list_secrets"] == ["again/keystore"]
    assert FINAL.fullmatch(came["describe_db_cluster_snapshots"][0])

    nothing = destroy(estate).succeeded()
    assert nothing.changed == []
    assert "nothing to remove" in nothing.output

    estate.provision().succeeded()
    assert estate.provision().succeeded().changed == []
    assert {kind: len(ids) for kind, ids in everything(alone).items() if kind != "describe_db_cluster_snapshots"} == {
        kind: len(ids) for kind, ids in standing.items() if kind != "describe_db_cluster_snapshots"
    }
    assert {name: secrets.get_secret_value(SecretId=name)["SecretString"] for name in names} == values

    destroy(estate, estate_destroy_give_up_keys="again").succeeded()
    came, went = difference(before, everything(alone))
    assert went == {}
    assert set(came) == {"list_aliases", "list_keys"}
    key = alone.client("kms").describe_key(KeyId=came["list_keys"][0])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    assert denied(alone, "again") == set()


@pytest.mark.long
@pytest.mark.parametrize("name", ["chosen", "reachable", "within"])
def test_a_destroyed_variant_takes_nothing_along(alone: Region, name: str) -> None:
    """A network of somebody else's, and what the default estate does without: plans of AWS Backup, DevOps Guru."""
    estate, _prepared = prepare(alone, BY_NAME[name])
    before = everything(alone)
    estate.provision().succeeded()
    destroy(estate).succeeded()
    came, went = difference(before, everything(alone))
    assert went == {}
    assert set(came) == {"describe_db_cluster_snapshots", "list_aliases", "list_keys", "list_secrets"}
    assert (came["list_aliases"], came["list_secrets"]) == ([f"alias/{name}"], [f"{name}/keystore"])
    assert denied(alone, name) == set()


@pytest.mark.long
def test_a_vault_that_holds_backups_stays_with_its_role(alone: Region) -> None:
    """AWS Backup deletes with that role what expires; without it the backups would cost for ever."""
    estate, backup = alone.estate("vaulted", estate_backup_method="aws_backup"), alone.client("backup")
    role = f"vaulted-backup-{alone.name}"
    estate.provision().succeeded()
    (cluster,) = alone.client("rds").describe_db_clusters(DBClusterIdentifier="vaulted-database")["DBClusters"]
    point = backup.start_backup_job(
        BackupVaultName="vaulted-backup",
        ResourceArn=cluster["DBClusterArn"],
        IamRoleArn=alone.client("iam").get_role(RoleName=role)["Role"]["Arn"],
    )["RecoveryPointArn"]
    kept = {"key": ["alias/vaulted"], "secret": ["vaulted/keystore"]}
    with_backups = {**kept, "backup_vault": ["vaulted-backup"], "role": [role]}

    words = " ".join(destroy(estate).succeeded().output.split())
    assert stands(alone, "vaulted") == with_backups
    assert "backup vault vaulted-backup: holds 1 backup" in words
    assert f"role {role}: with it AWS Backup deletes what expires" in words
    assert destroy(estate).succeeded().changed == []
    assert stands(alone, "vaulted") == with_backups

    backup.delete_recovery_point(BackupVaultName="vaulted-backup", RecoveryPointArn=point)
    destroy(estate).succeeded()
    assert stands(alone, "vaulted") == kept
    assert denied(alone, "vaulted") == set()


@pytest.mark.long
def test_secrets_and_key_that_are_going_are_taken_up_again(alone: Region) -> None:
    """Defect D16 where the creation was interrupted early, so that nothing is kept."""
    estate, secrets, kms = alone.estate("taken-up"), alone.client("secretsmanager"), alone.client("kms")
    until = "Create two public and two private subnets"

    def values() -> dict[str, str]:
        listed = secrets.list_secrets(Filters=[{"Key": "name", "Values": ["taken-up/"]}])["SecretList"]
        return {item["Name"]: secrets.get_secret_value(SecretId=item["Name"])["SecretString"] for item in listed}

    kill_at(estate, "playbooks/estate.yml", until, estate_operation_name="site")
    made = values()
    assert len(made) == 5
    destroy(estate).succeeded()
    assert values() == {}
    assert kms.describe_key(KeyId="alias/taken-up")["KeyMetadata"]["KeyState"] == "PendingDeletion"

    kill_at(estate, "playbooks/estate.yml", until, estate_operation_name="site")
    assert values() == made
    assert kms.describe_key(KeyId="alias/taken-up")["KeyMetadata"]["KeyState"] == "Enabled"
    destroy(estate).succeeded()
    assert denied(alone, "taken-up") == set()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "task", "has_database"),
    [
        ("half-1", "Store each secret", False),
        ("half-2", "Create the missing NAT gateways", False),
        ("half-3", "Create a database instance in each zone", True),
        ("half-4", "Write the estate's record", True),
    ],
)
def test_an_interrupted_creation_leaves_nothing_that_is_not_found(
    alone: Region, name: str, task: str, has_database: bool
) -> None:
    estate = alone.estate(name)
    before = everything(alone)
    kill_at(estate, "playbooks/estate.yml", task, estate_operation_name="site")
    destroy(estate).succeeded()
    came, went = difference(before, everything(alone))
    assert went == {}
    expected = {"list_aliases", "list_keys"}
    if has_database:
        expected |= {"describe_db_cluster_snapshots", "list_secrets"}
    assert set(came) == expected
    assert denied(alone, estate.name) == set()


@pytest.mark.long
def test_an_interrupted_removal_goes_on(alone: Region) -> None:
    estate = alone.estate("stopped")
    before = everything(alone)
    estate.provision().succeeded()
    meant = {"estate_destroy_confirm": "stopped", "estate_destroy_lift_deletion_protection": True}
    for task in (
        "Wait until the instances are gone",
        "Remove the instances",
        "Remove the rules of the security groups",
        "Remove the subnets",
        "Schedule the secrets for deletion",
        "Give the lock back",
    ):
        kill_at(estate, DESTROY, task, **meant)
    destroy(estate).succeeded()
    came, went = difference(before, everything(alone))
    assert went == {}
    assert set(came) == {"describe_db_cluster_snapshots", "list_aliases", "list_keys", "list_secrets"}
    # Made once, although the run that made it was killed.
    assert len(came["describe_db_cluster_snapshots"]) == 1


@pytest.mark.long
def test_what_must_not_be_is_refused_at_once(alone: Region) -> None:
    """Defect D35: nothing kept an operator from losing the keys with the database."""
    estate = alone.estate("refused")
    estate.provision().succeeded()
    ec2, secrets = alone.client("ec2"), alone.client("secretsmanager")
    filters = [{"Name": "tag:nodeops:estate", "Values": ["refused"]}]
    instance = ec2.describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    subnet = ec2.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    stranger = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]["InstanceId"]
    secrets.delete_secret(SecretId="refused/keystore", RecoveryWindowInDays=7)
    before = everything(alone)
    run = estate.run(DESTROY, estate_destroy_give_up_keys="yes")
    assert run.code != 0
    for words in (
        "estate_destroy_confirm is ''",
        "estate_destroy_give_up_keys is 'yes'",
        "refused-database cannot be deleted while protected",
        "refused/keystore",
        f"instance {instance} is protected",
        f"instance {stranger} is in the estate's network",
    ):
        assert words in run.output
    assert everything(alone) == before

    secrets.restore_secret(SecretId="refused/keystore")
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[stranger])
    kill_at(estate, "playbooks/estate.yml", "Create two public and two private subnets", estate_operation_name="site")
    ssm = alone.client("ssm")
    name = "/nodeops/refused/lock"
    text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=re.sub(r'"holder": "[^"]*"', '"holder": "bob@elsewhere"', text), Overwrite=True)
    held = destroy(estate)
    assert held.code != 0
    assert "bob@elsewhere" in held.output
    assert everything(alone)["describe_db_clusters"] == before["describe_db_clusters"]
