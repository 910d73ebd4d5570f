# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator switches off later goes, or the run refuses it: nothing stays unwanted at its price."""

from __future__ import annotations

import json

import boto3
import pytest
import yaml
from deployments import Deployment
from readers import look
from variants import UBUNTU

pytestmark = [pytest.mark.long, pytest.mark.variant("chosen")]

KINDS = ("backup_plan", "backup_vault", "snapshot_policy")


def backups(deployment: Deployment) -> dict[str, list[str]]:
    """Return the names of what makes backups, by kind."""
    estate = deployment.estate
    return {kind: sorted(look(estate.region, estate.name, kind)) for kind in KINDS}


def roles(deployment: Deployment) -> dict[str, list[str]]:
    """Return who is trusted by the roles that backups and Enhanced Monitoring use."""
    estate = deployment.estate
    found = look(estate.region, estate.name, "role")
    return {
        name: found[f"chosen-{name}-{estate.region.name}"].properties["trusts"]
        for name in ("backup", "database-monitoring", "snapshots")
        if f"chosen-{name}-{estate.region.name}" in found
    }


def method(deployment: Deployment) -> str:
    """Return the method of backups that stands in the record."""
    ssm = deployment.estate.region.client("ssm")
    record = json.loads(ssm.get_parameter(Name="/nodeops/chosen/record")["Parameter"]["Value"])
    return str(record["backup"]["method"])


def test_the_second_database_instance_is_not_forgotten(deployment: Deployment) -> None:
    run = deployment.estate.provision(estate_database_multi_az=False)
    assert run.code != 0
    assert run.changed == []
    assert "delete-db-instance --db-instance-identifier chosen-database-2" in " ".join(run.output.split())


def test_aws_backup_that_would_back_up_nothing_is_refused(deployment: Deployment) -> None:
    """It passes over databases of Aurora where they are not opted in, and no job tells of it."""
    backup = deployment.estate.region.client("backup")
    backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": False})
    try:
        run = deployment.estate.provision()
    finally:
        backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": True})
    assert run.code != 0
    assert run.changed == []
    words = " ".join(run.output.split())
    assert "estate_backup_method: is aws_backup, which backs up nothing" in words
    assert "--resource-type-opt-in-preference Aurora=true" in words


def test_a_backup_of_aws_backup_can_be_gone_back_to(deployment: Deployment) -> None:
    """Neither its name nor its type is that of a snapshot that the collection makes."""
    estate, region = deployment.estate, deployment.estate.region
    rds, backup = region.client("rds"), region.client("backup")
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier="chosen-database")["DBClusters"]
    role = region.client("iam").get_role(RoleName=f"chosen-backup-{region.name}")["Role"]["Arn"]
    tags = {"nodeops:estate": "chosen"}
    point = {"BackupVaultName": "chosen-backup"}
    point["RecoveryPointArn"] = backup.start_backup_job(
        ResourceArn=cluster["DBClusterArn"], IamRoleArn=role, RecoveryPointTags=tags, **point
    )["RecoveryPointArn"]
    name = point["RecoveryPointArn"].partition(":cluster-snapshot:")[2]
    rds.get_waiter("db_cluster_snapshot_available").wait(DBClusterSnapshotIdentifier=name, SnapshotType="awsbackup")

    recorded = json.loads(region.client("ssm").get_parameter(Name="/nodeops/chosen/record")["Parameter"]["Value"])
    # No host has pinned it here, and none could ask the registry.
    recorded["release"]["digest"] = "sha256:" + "0" * 64
    known = {
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "estate_recorded": recorded,
        "estate_release_signature_host": "localhost",
        "estate_release_signature_mode": "off",
        "estate_restore_snapshot": name,
        "estate_restore_release": recorded["release"]["tag"],
    }
    plan = {"name": "nodeops.chainlink.estate_restore", "tasks_from": "plan"}
    task = {"name": "Plan", "ansible.builtin.include_role": plan}
    # restore.yml has looked at the nodes before.
    seen = {"chainlink_node_health": {"host": "i-1", "role": "standby"}}
    node = {
        "name": "Node",
        "ansible.builtin.add_host": {"name": "i-1", "groups": ["nodes", "nodes_standby_first"], **seen},
    }
    play = {"hosts": "localhost", "gather_facts": False, "vars": known, "tasks": [node, task]}
    playbook = estate.directory / "plan.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    assert f"snapshot {name}" in " ".join(estate.run(str(playbook), "--check").succeeded().output.split())

    operator = boto3.client(
        "rds",
        endpoint_url=region.settings.api_url,
        region_name=region.name,
        aws_access_key_id=estate.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=estate.environment["AWS_SECRET_ACCESS_KEY"],
    )
    restored = {"DBClusterIdentifier": "chosen-database-20261129000000", "Engine": cluster["Engine"]}
    operator.restore_db_cluster_from_snapshot(
        SnapshotIdentifier=name, DBSubnetGroupName=cluster["DBSubnetGroup"], **restored
    )
    rds.delete_db_cluster(DBClusterIdentifier=restored["DBClusterIdentifier"], SkipFinalSnapshot=True)
    backup.delete_recovery_point(**point)


def test_what_made_backups_and_samples_goes_when_it_is_not_wanted(deployment: Deployment) -> None:
    before = backups(deployment)
    assert before == {"backup_plan": ["chosen-backup"], "backup_vault": ["chosen-backup"], "snapshot_policy": []}
    unwanted = {"estate_backup_method": "none", "estate_database_monitoring_interval": 0}
    check = deployment.estate.provision("--check", **unwanted).succeeded()
    assert [task for task in check.changed if "Remove the plan" in task]
    assert (backups(deployment), method(deployment)) == (before, "aws_backup")

    deployment.estate.provision(**unwanted).succeeded()
    assert backups(deployment) == {kind: [] for kind in KINDS}
    assert (roles(deployment), method(deployment)) == ({}, "none")
    assert deployment.estate.provision(**unwanted).succeeded().changed == []


def test_another_method_takes_the_place_of_the_one_before(deployment: Deployment) -> None:
    deployment.estate.provision(estate_backup_method="snapshots").succeeded()
    assert backups(deployment) == {"backup_plan": [], "backup_vault": [], "snapshot_policy": ["chosen-snapshots"]}
    assert roles(deployment) == {
        "database-monitoring": ["monitoring.rds.amazonaws.com"],
        "snapshots": ["dlm.amazonaws.com"],
    }

    deployment.estate.provision().succeeded()
    assert backups(deployment) == {
        "backup_plan": ["chosen-backup"],
        "backup_vault": ["chosen-backup"],
        "snapshot_policy": [],
    }
    assert roles(deployment) == {
        "backup": ["backup.amazonaws.com"],
        "database-monitoring": ["monitoring.rds.amazonaws.com"],
    }


def test_a_vault_that_holds_backups_stays(deployment: Deployment) -> None:
    region = deployment.estate.region
    (cluster,) = region.client("rds").describe_db_clusters(DBClusterIdentifier="chosen-database")["DBClusters"]
    role = region.client("iam").get_role(RoleName=f"chosen-backup-{region.name}")["Role"]
    region.client("backup").start_backup_job(
        BackupVaultName="chosen-backup", ResourceArn=cluster["DBClusterArn"], IamRoleArn=role["Arn"]
    )
    run = deployment.estate.provision(estate_backup_method="snapshots").succeeded()
    assert backups(deployment) == {
        "backup_plan": [],
        "backup_vault": ["chosen-backup"],
        "snapshot_policy": ["chosen-snapshots"],
    }
    assert "Vault chosen-backup holds backups, so it stays" in " ".join(run.output.split())
    # AWS Backup deletes with it what expires.
    assert roles(deployment)["backup"] == ["backup.amazonaws.com"]
    assert roles(deployment)["snapshots"] == ["dlm.amazonaws.com"]


def test_a_role_that_served_both_methods_is_taken_apart(deployment: Deployment) -> None:
    """As it was with one role for both: the vault holds backups, and their role trusts the Data Lifecycle Manager."""
    region = deployment.estate.region
    iam, ssm = region.client("iam"), region.client("ssm")
    name = f"chosen-backup-{region.name}"
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"]["Service"] = "dlm.amazonaws.com"
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    (attached,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    text = ssm.get_parameter(Name="/nodeops/chosen/record")["Parameter"]["Value"]
    record = json.loads(text) | {"backup": {"method": "snapshots"}}
    ssm.put_parameter(Name="/nodeops/chosen/record", Value=json.dumps(record), Overwrite=True)

    deployment.estate.provision(estate_backup_method="snapshots").succeeded()
    assert roles(deployment)["backup"] == ["backup.amazonaws.com"]
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [attached]
    assert deployment.estate.provision(estate_backup_method="snapshots").succeeded().changed == []


def images(deployment: Deployment) -> set[str]:
    """Return the images that bastion and nodes are launched from."""
    estate = deployment.estate
    return {str(found.properties["image"]) for found in look(estate.region, estate.name, "launch_template").values()}


def test_an_image_is_another_one_only_when_it_is_renewed(deployment: Deployment) -> None:
    """Another system stands for the image of next month: its parameter leads to another image than the recorded one."""
    deployment.estate.provision().succeeded()
    before, other = images(deployment), {"estate_instances_image": "ubuntu-24.04", "estate_ssh_user": "ubuntu"}
    assert before == {"debian-12-amd64"}
    assert deployment.estate.provision(**other).succeeded().changed == []
    assert images(deployment) == before

    check = deployment.estate.provision("--check", estate_instances_image_renew=True, **other).succeeded()
    assert [task for task in check.changed if task.endswith(": Describe the instances")]
    assert images(deployment) == before

    deployment.estate.provision(estate_instances_image_renew=True, **other).succeeded()
    assert images(deployment) == {UBUNTU}
    # It is pinned as the one before was.
    assert deployment.estate.provision().succeeded().changed == []
    assert images(deployment) == {UBUNTU}
