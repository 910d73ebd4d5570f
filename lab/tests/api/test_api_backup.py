# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Backup, and Service Quotas."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nodeops_lab.api import deliveries
from nodeops_lab.api.settings import ApiSettings

from ..expectations import refusal, until

Clients = Callable[[str], Any]
ROLE = "arn:aws:iam::123456789012:role/backup"


@pytest.fixture
def vault(client: Clients) -> str:
    name = f"v{uuid.uuid4().hex[:8]}"
    client("backup").create_backup_vault(BackupVaultName=name)
    return name


@pytest.fixture
def cluster_arn(client: Clients) -> Iterator[str]:
    name = f"c{uuid.uuid4().hex[:8]}"
    created = client("rds").create_db_cluster(
        DBClusterIdentifier=name, Engine="aurora-postgresql", MasterUsername="operator",
        MasterUserPassword="a password",
    )  # fmt: skip
    yield str(created["DBCluster"]["DBClusterArn"])
    client("rds").delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)


def start(client: Clients, vault: str, arn: str, **options: Any) -> dict[str, Any]:
    return dict(client("backup").start_backup_job(BackupVaultName=vault, ResourceArn=arn, IamRoleArn=ROLE, **options))


def finished(client: Clients, job_id: str) -> dict[str, Any]:
    def done() -> Any:
        job = client("backup").describe_backup_job(BackupJobId=job_id)
        return job if job["State"] != "RUNNING" else None

    return dict(until(done))


@pytest.mark.patch("backup.backup_jobs")
@pytest.mark.patch("backup.paths")
def test_a_backup_of_a_cluster_is_a_snapshot_of_it(client: Clients, vault: str, cluster_arn: str) -> None:
    backup = client("backup")
    started = start(client, vault, cluster_arn, RecoveryPointTags={"why": "a drill"})
    job = finished(client, started["BackupJobId"])
    assert (job["State"], job["ResourceType"], job["RecoveryPointArn"]) == (
        "COMPLETED", "Aurora", started["RecoveryPointArn"],
    )  # fmt: skip
    identifier = started["RecoveryPointArn"].partition(":cluster-snapshot:")[2]
    assert identifier == f"awsbackup:job-{started['BackupJobId'].lower()}"
    snapshots = client("rds").describe_db_cluster_snapshots(
        DBClusterSnapshotIdentifier=identifier, SnapshotType="awsbackup"
    )
    assert snapshots["DBClusterSnapshots"][0]["DBClusterSnapshotArn"] == started["RecoveryPointArn"]
    listed = backup.list_backup_jobs(ByResourceArn=cluster_arn, ByState="COMPLETED")["BackupJobs"]
    assert [item["BackupJobId"] for item in listed] == [started["BackupJobId"]]
    assert backup.list_backup_jobs(ByResourceArn=cluster_arn, ByState="FAILED")["BackupJobs"] == []


@pytest.mark.patch("backup.recovery_points")
def test_recovery_points_are_listed_and_deleted(client: Clients, vault: str, cluster_arn: str) -> None:
    backup = client("backup")
    started = start(client, vault, cluster_arn)
    finished(client, started["BackupJobId"])
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]
    assert (point["RecoveryPointArn"], point["Status"]) == (started["RecoveryPointArn"], "COMPLETED")
    assert len(backup.list_recovery_points_by_resource(ResourceArn=cluster_arn)["RecoveryPoints"]) == 1
    assert backup.describe_backup_vault(BackupVaultName=vault)["NumberOfRecoveryPoints"] == 1
    assert refusal(lambda: backup.delete_backup_vault(BackupVaultName=vault)) == "InvalidRequestException"
    names = {"BackupVaultName": vault, "RecoveryPointArn": started["RecoveryPointArn"]}
    assert backup.describe_recovery_point(**names)["ResourceArn"] == cluster_arn
    backup.delete_recovery_point(**names)
    assert refusal(lambda: backup.describe_recovery_point(**names)) == "ResourceNotFoundException"
    identifier = started["RecoveryPointArn"].partition(":cluster-snapshot:")[2]
    gone = client("rds").describe_db_cluster_snapshots
    wanted = {"DBClusterSnapshotIdentifier": identifier, "SnapshotType": "awsbackup"}
    assert refusal(lambda: gone(**wanted)) == "DBClusterSnapshotNotFoundFault"
    backup.delete_backup_vault(BackupVaultName=vault)


def test_backups_of_instances_and_volumes(client: Clients, vault: str, image: str) -> None:
    ec2 = client("ec2")
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    arn = f"arn:aws:ec2:us-east-1:123456789012:instance/{instance['InstanceId']}"
    image_arn = start(client, vault, arn)["RecoveryPointArn"]
    made = ec2.describe_images(ImageIds=[image_arn.rpartition("/")[2]])["Images"]
    assert made[0]["Name"].startswith(f"AwsBackup_{instance['InstanceId']}_")
    volume_id = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    volume_arn = f"arn:aws:ec2:us-east-1:123456789012:volume/{volume_id}"
    snapshot_arn = start(client, vault, volume_arn)["RecoveryPointArn"]
    snapshots = ec2.describe_snapshots(SnapshotIds=[snapshot_arn.rpartition("/")[2]])["Snapshots"]
    assert snapshots[0]["VolumeId"] == volume_id
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:rds:us-east-1:123456789012:cluster:none", "ResourceNotFoundException"),
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0", "ResourceNotFoundException"),
        ("arn:aws:s3:::bucket", "NotImplemented"),
        ("arn:aws:rds:us-east-1:123456789012:db:one", "NotImplemented"),
    ],
)
def test_what_cannot_be_backed_up_is_refused(client: Clients, vault: str, arn: str, code: str) -> None:
    assert refusal(lambda: start(client, vault, arn)) == code


@pytest.mark.patch("backup.vault_settings")
def test_access_policy_and_notifications_of_a_vault(client: Clients, vault: str) -> None:
    backup, name = client("backup"), {"BackupVaultName": vault}
    assert refusal(lambda: backup.get_backup_vault_access_policy(**name)) == "ResourceNotFoundException"
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    backup.put_backup_vault_access_policy(**name, Policy=policy)
    assert backup.get_backup_vault_access_policy(**name)["Policy"] == policy
    backup.delete_backup_vault_access_policy(**name)
    assert refusal(lambda: backup.get_backup_vault_access_policy(**name)) == "ResourceNotFoundException"
    assert refusal(lambda: backup.get_backup_vault_notifications(**name)) == "ResourceNotFoundException"
    topic = "arn:aws:sns:us-east-1:123456789012:backups"
    backup.put_backup_vault_notifications(**name, SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_COMPLETED"])
    assert backup.get_backup_vault_notifications(**name)["SNSTopicArn"] == topic
    backup.delete_backup_vault_notifications(**name)
    assert refusal(lambda: backup.get_backup_vault_notifications(**name)) == "ResourceNotFoundException"
    unknown = {"BackupVaultName": "none"}
    assert refusal(lambda: backup.get_backup_vault_access_policy(**unknown)) == "AccessDeniedException"


def test_a_finished_job_is_announced_if_the_topic_names_aws_backup(
    client: Clients, vault: str, cluster_arn: str, settings: ApiSettings
) -> None:
    sns = client("sns")
    topic_arn = sns.create_topic(Name=f"t{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint="+15550100")
    client("backup").put_backup_vault_notifications(
        BackupVaultName=vault, SNSTopicArn=topic_arn, BackupVaultEvents=["BACKUP_JOB_COMPLETED"]
    )

    def messages() -> list[str]:
        return [item["message"] for item in deliveries.read(settings.state_directory) if item["topic"] == topic_arn]

    unheard = finished(client, start(client, vault, cluster_arn)["BackupJobId"])
    time.sleep(1.5)
    assert messages() == []
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "backup.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": topic_arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic_arn, AttributeName="Policy", AttributeValue=policy)
    heard = finished(client, start(client, vault, cluster_arn)["BackupJobId"])
    (message,) = until(messages)
    assert heard["BackupJobId"] in message
    assert unheard["BackupJobId"] not in message


@pytest.mark.patch("backup.names_of_deleted_plans")
def test_a_deleted_plan_is_in_nobodys_way(client: Clients) -> None:
    backup = client("backup")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "some"}
    plan = {"BackupPlanName": f"p{uuid.uuid4().hex[:8]}", "Rules": [rule]}
    first = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    assert refusal(lambda: backup.create_backup_plan(BackupPlan=plan)) == "AlreadyExistsException"
    backup.delete_backup_plan(BackupPlanId=first)
    second = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    listed = [item["BackupPlanId"] for item in backup.list_backup_plans()["BackupPlansList"]]
    assert (first in listed, second in listed) == (False, True)


@pytest.mark.patch("backup.changed_plan")
def test_a_plan_is_changed_and_deleted_after_its_selections(client: Clients) -> None:
    backup = client("backup")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "some"}
    plan = {"BackupPlanName": f"p{uuid.uuid4().hex[:8]}", "Rules": [rule]}
    created = backup.create_backup_plan(BackupPlan=plan)
    plan_id = created["BackupPlanId"]
    hourly = {**rule, "ScheduleExpression": "cron(0 * * * ? *)"}
    updated = backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan={**plan, "Rules": [hourly]})
    assert updated["VersionId"] != created["VersionId"]
    found = backup.get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"][0]
    assert found["ScheduleExpression"] == "cron(0 * * * ? *)"
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
    selection_id = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)["SelectionId"]
    assert refusal(lambda: backup.delete_backup_plan(BackupPlanId=plan_id)) == "InvalidRequestException"
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
    backup.delete_backup_plan(BackupPlanId=plan_id)


@pytest.mark.patch("backup.region_settings")
@pytest.mark.patch("backup.paths")
def test_a_kind_of_resource_is_opted_out_in_its_region(client: Clients) -> None:
    backup = client("backup")
    settings = backup.describe_region_settings()["ResourceTypeOptInPreference"]
    assert settings == {"Aurora": True, "EBS": True, "EC2": True}
    backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": False})
    assert backup.describe_region_settings()["ResourceTypeOptInPreference"] == {**settings, "Aurora": False}
    backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": True})
    assert backup.describe_region_settings()["ResourceTypeOptInPreference"] == settings


@pytest.mark.patch("service_quotas.estate_quotas")
def test_quotas_of_what_an_estate_is_made_of(client: Clients) -> None:
    quotas = client("service-quotas")
    quota = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")["Quota"]
    assert (quota["QuotaName"], quota["Value"], quota["Adjustable"]) == ("EC2-VPC Elastic IPs", 5.0, True)
    assert quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-1216C47A")["Quota"]["Value"] == 32.0
    names = {item["QuotaName"]: item["Value"] for item in quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]}
    assert (names["VPCs per Region"], names["NAT gateways per Availability Zone"]) == (5.0, 5.0)
    default = quotas.get_aws_default_service_quota(ServiceCode="rds", QuotaCode="L-952B80B8")["Quota"]
    assert default["Value"] == 40.0
    assert "rds" in [item["ServiceCode"] for item in quotas.list_services()["Services"]]
    for service, code in (("none", "L-0263D0A3"), ("ec2", "L-00000000")):
        call = {"ServiceCode": service, "QuotaCode": code}
        assert refusal(lambda call=call: quotas.get_service_quota(**call)) == "NoSuchResourceException"


@pytest.mark.patch("service_quotas.estate_quotas")
def test_a_quota_is_raised_in_its_region(client: Clients) -> None:
    quotas = client("service-quotas")
    quota = {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}
    asked = quotas.request_service_quota_increase(**quota, DesiredValue=10.0)["RequestedQuota"]
    assert (asked["QuotaName"], asked["DesiredValue"], asked["Status"]) == ("EC2-VPC Elastic IPs", 10.0, "PENDING")
    assert quotas.get_service_quota(**quota)["Quota"]["Value"] == 10.0
    assert quotas.get_aws_default_service_quota(**quota)["Quota"]["Value"] == 5.0
    no_more = {**quota, "DesiredValue": 10.0}
    assert refusal(lambda: quotas.request_service_quota_increase(**no_more)) == "IllegalArgumentException"
