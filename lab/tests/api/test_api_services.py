# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other services: load balancers, backups, keys, policies, databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest
from nodeops_lab.api import backends

Clients = Callable[[str], Any]


@pytest.mark.patch("iam.aws_managed_policies")
def test_managed_policy_can_be_attached(client: Clients) -> None:
    iam = client("iam")
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonSSMManagedInstanceCore", "PolicyArn": arn}]


@pytest.mark.patch("kms.deletion_by_arn")
@pytest.mark.parametrize("identifier", ["KeyId", "Arn"])
def test_key_deletion(client: Clients, identifier: str) -> None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    answer = kms.schedule_key_deletion(KeyId=key[identifier], PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"]) == (key["Arn"], "PendingDeletion")
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.patch("backup.unknown_vault")
def test_unknown_vault_is_denied(client: Clients) -> None:
    backup = client("backup")
    with pytest.raises(backup.exceptions.ClientError) as caught:
        backup.describe_backup_vault(BackupVaultName="none")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    backup.create_backup_vault(BackupVaultName="some")
    assert backup.describe_backup_vault(BackupVaultName="some")["BackupVaultName"] == "some"


@pytest.mark.patch("backup.selections")
def test_backup_selections(client: Clients) -> None:
    backup = client("backup")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "some"}
    plan_id = backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": [rule]})["BackupPlanId"]
    condition = {"ConditionType": "STRINGEQUALS", "ConditionKey": "estate", "ConditionValue": "one"}
    selection = {
        "SelectionName": "by-tag",
        "IamRoleArn": "arn:aws:iam::123456789012:role/backup",
        "ListOfTags": [condition],
    }
    selection_id = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)["SelectionId"]
    listed = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    assert [(entry["SelectionId"], entry["SelectionName"]) for entry in listed] == [(selection_id, "by-tag")]
    identifiers = {"BackupPlanId": plan_id, "SelectionId": selection_id}
    assert backup.get_backup_selection(**identifiers)["BackupSelection"] == selection
    backup.delete_backup_selection(**identifiers)
    assert backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        backup.get_backup_selection(**identifiers)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        backup.create_backup_selection(BackupPlanId="none", BackupSelection=selection)


@pytest.mark.patch("rds.unknown_parameter_group")
def test_unknown_parameter_group(client: Clients) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client("rds").describe_db_parameter_groups(DBParameterGroupName="none")
    assert caught.value.response["Error"]["Code"] == "DBParameterGroupNotFound"


@pytest.mark.patch("rds_catalogue.default_parameters")
@pytest.mark.parametrize("kind", ["", "Cluster"])
def test_parameters_with_their_defaults(client: Clients, kind: str) -> None:
    rds = client("rds")
    infix = kind.lower() + "_" if kind else ""
    name = {f"DB{kind}ParameterGroupName": f"defaults{kind.lower()}"}
    create = getattr(rds, f"create_db_{infix}parameter_group")
    create(**name, DBParameterGroupFamily="aurora-postgresql16", Description="test")
    parameter = {"ParameterName": "log_statement", "ParameterValue": "ddl", "ApplyMethod": "immediate"}
    getattr(rds, f"modify_db_{infix}parameter_group")(**name, Parameters=[parameter])
    described = getattr(rds, f"describe_db_{infix}parameters")(**name)["Parameters"]
    by_name = {entry["ParameterName"]: entry for entry in described}
    assert (by_name["rds.force_ssl"]["ParameterValue"], by_name["rds.force_ssl"]["Source"]) == ("1", "system")
    assert (by_name["log_statement"]["ParameterValue"], by_name["log_statement"]["Source"]) == ("ddl", "user")
    assert "ParameterValue" not in by_name["log_connections"]


@pytest.mark.patch("rds.unknown_parameter")
@pytest.mark.parametrize("kind", ["", "Cluster"])
def test_unknown_parameter(client: Clients, kind: str) -> None:
    rds = client("rds")
    infix = kind.lower() + "_" if kind else ""
    name = {f"DB{kind}ParameterGroupName": f"unknown{kind.lower()}"}
    create = getattr(rds, f"create_db_{infix}parameter_group")
    create(**name, DBParameterGroupFamily="aurora-postgresql16", Description="test")
    parameter = {"ParameterName": "rds.force_tls", "ParameterValue": "1", "ApplyMethod": "immediate"}
    with pytest.raises(botocore.exceptions.ClientError, match=r"Could not find parameter with name: rds\.force_tls"):
        getattr(rds, f"modify_db_{infix}parameter_group")(**name, Parameters=[parameter])


@pytest.mark.patch("rds_catalogue.engine_versions")
def test_engine_versions(client: Clients) -> None:
    rds = client("rds")
    every = rds.describe_db_engine_versions(Engine="aurora-postgresql")["DBEngineVersions"]
    assert {version["DBParameterGroupFamily"] for version in every} == {
        f"aurora-postgresql{major}" for major in (14, 15, 16, 17)
    }
    of_16 = rds.describe_db_engine_versions(Engine="aurora-postgresql", EngineVersion="16")["DBEngineVersions"]
    assert [version["EngineVersion"] for version in of_16] == ["16.1", "16.4", "16.6", "16.8", "16.9"]
    (one,) = rds.describe_db_engine_versions(Engine="aurora-postgresql", EngineVersion="16.8")["DBEngineVersions"]
    targets = [(target["EngineVersion"], target["IsMajorVersionUpgrade"]) for target in one["ValidUpgradeTarget"]]
    assert targets == [("16.9", False), ("17.4", True), ("17.5", True)]
    assert one["ExportableLogTypes"] == ["postgresql"]
    (default,) = rds.describe_db_engine_versions(Engine="aurora-postgresql", DefaultOnly=True)["DBEngineVersions"]
    assert default["EngineVersion"] == "16.8"


CLUSTER = {"Engine": "aurora-postgresql", "MasterUsername": "operator", "MasterUserPassword": "first password"}


@pytest.mark.patch("rds.cluster_defaults")
def test_cluster_defaults(client: Clients) -> None:
    rds = client("rds")
    cluster = rds.create_db_cluster(DBClusterIdentifier="defaults", **CLUSTER)["DBCluster"]
    assert (cluster["EngineVersion"], cluster["DBClusterParameterGroup"]) == ("16.8", "default.aurora-postgresql16")
    with pytest.raises(botocore.exceptions.ClientError, match=r"Cannot find version 16\.99 for aurora-postgresql"):
        rds.create_db_cluster(DBClusterIdentifier="never", EngineVersion="16.99", **CLUSTER)


def test_managed_password_is_the_one_in_the_secret(client: Clients) -> None:
    cluster = client("rds").create_db_cluster(
        DBClusterIdentifier="managed",
        Engine="aurora-postgresql",
        MasterUsername="operator",
        ManageMasterUserPassword=True,
    )["DBCluster"]
    secret = client("secretsmanager").get_secret_value(SecretId=cluster["MasterUserSecret"]["SecretArn"])
    assert json.loads(secret["SecretString"])["password"] == backends.master_password("managed")


def test_cluster_keeps_its_endpoints_and_tells_its_password_in_process_only(client: Clients) -> None:
    rds = client("rds")
    created = rds.create_db_cluster(DBClusterIdentifier="kept", **CLUSTER)["DBCluster"]
    rds.create_db_instance(
        DBInstanceIdentifier="kept-0",
        DBClusterIdentifier="kept",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )
    assert backends.master_password("kept") == "first password"
    rds.modify_db_cluster(DBClusterIdentifier="kept", MasterUserPassword="second password", ApplyImmediately=True)
    assert backends.master_password("kept") == "second password"
    described = rds.describe_db_clusters(DBClusterIdentifier="kept")["DBClusters"][0]
    assert [described[key] for key in ("Endpoint", "ReaderEndpoint")] == [
        created[key] for key in ("Endpoint", "ReaderEndpoint")
    ]
    assert described["Endpoint"].startswith("kept.cluster-")
    assert "password" not in json.dumps(described, default=str).lower()
    with pytest.raises(backends.UnknownClusterError, match=r"^no database cluster none in us-east-1$"):
        backends.master_password("none")
