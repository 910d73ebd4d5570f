# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup jobs and recovery points: each is a real snapshot or image of the service that holds the resource."""

from __future__ import annotations

import datetime
import logging
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.backup.models import backup_backends
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.rds.exceptions import RDSClientError

from .backends import ACCOUNT_ID, ec2, rds
from .errors import NotEmulatedError
from .topics import PublishRefusedError, publish

LOGGER = logging.getLogger(__name__)


class UnknownResourceError(LookupError):
    """There is nothing to back up under this ARN."""


@dataclass
class Job:
    """A backup job, and the recovery point that it makes."""

    vault: str
    vault_arn: str
    resource_arn: str
    role_arn: str
    region: str
    tags: dict[str, str]
    lifecycle: dict[str, Any] | None
    job_id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    created: datetime.datetime = field(default_factory=utcnow)
    completed: datetime.datetime | None = None
    point_arn: str = ""
    failure: str = ""
    """Why it could not begin."""
    deleted: bool = False
    told: bool = False
    """Whether the vault's topic has been told how it ended."""

    @property
    def resource_type(self) -> str:
        """AWS Backup's name of the resource's kind."""
        return _kind(self.resource_arn)[0]

    def start(self) -> None:
        """Begin the snapshot or image.

        Raises:
            UnknownResourceError: there is no such resource.
            NotEmulatedError: AWS backs up such resources, too.
        """
        kind, name = _kind(self.resource_arn)
        if kind == "Aurora":
            if name not in rds(self.region).clusters:
                raise UnknownResourceError(self.resource_arn)
            identifier = f"awsbackup:job-{self.job_id.lower()}"
            tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
            try:
                snapshot = rds(self.region).create_db_cluster_snapshot(name, identifier, "awsbackup", tags)
            except RDSClientError as error:
                self.failure = error.message
            else:
                self.point_arn = snapshot.arn
            return
        try:
            if kind == "EC2":
                image = ec2(self.region).create_image(name, f"AwsBackup_{name}_{self.job_id}", "", self._tags("image"))
                self.point_arn = f"arn:aws:ec2:{self.region}::image/{image.id}"
            else:
                taken = ec2(self.region).create_snapshot(name, "This snapshot is created by the AWS Backup service.")
                taken.add_tags(self.tags)
                self.point_arn = f"arn:aws:ec2:{self.region}::snapshot/{taken.id}"
        except EC2ClientError:
            raise UnknownResourceError(self.resource_arn) from None

    def _tags(self, resource_type: str) -> list[dict[str, Any]]:
        listed = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return [{"ResourceType": resource_type, "Tags": listed}] if listed else []

    def _snapshot_state(self) -> str | None:
        """Return the state of the snapshot or image, None if it is no more."""
        kind, _name = _kind(self.resource_arn)
        found: Any
        if kind == "Aurora":
            identifier = self.point_arn.partition(":cluster-snapshot:")[2]
            found = rds(self.region).cluster_snapshots.get(identifier)
            return str(found.status) if found is not None else None
        identifier = self.point_arn.rpartition("/")[2]
        backend: Any = ec2(self.region)
        found = (backend.amis if kind == "EC2" else backend.snapshots).get(identifier)
        return str(found.state if kind == "EC2" else found.status) if found is not None else None

    @property
    def state(self) -> str:
        """The job's state, which follows from its snapshot's."""
        if self.completed is not None:
            return "COMPLETED"
        found = None if self.failure else self._snapshot_state()
        if found in ("available", "completed"):
            self.completed = utcnow()
            return "COMPLETED"
        return "RUNNING" if found in ("creating", "pending", "copying") else "FAILED"

    @property
    def point_exists(self) -> bool:
        """Whether the recovery point can be used, or soon can."""
        return bool(self.point_arn) and not self.deleted and self._snapshot_state() is not None

    def delete_point(self) -> None:
        """Delete the recovery point, and the snapshot or image that it is."""
        kind, _name = _kind(self.resource_arn)
        identifier = self.point_arn.rpartition("/")[2]
        if kind == "Aurora":
            name = self.point_arn.partition(":cluster-snapshot:")[2]
            # RDS itself lets nobody but AWS Backup delete such a snapshot.
            rds(self.region).cluster_snapshots[name].snapshot_type = "manual"
            rds(self.region).delete_db_cluster_snapshot(name)
        elif kind == "EC2":
            ec2(self.region).deregister_image(identifier)
        else:
            ec2(self.region).delete_snapshot(identifier)
        self.deleted = True

    def described(self) -> dict[str, Any]:
        """Return the job as DescribeBackupJob does."""
        state = self.state
        shown = {
            "AccountId": ACCOUNT_ID,
            "BackupJobId": self.job_id,
            "BackupVaultName": self.vault,
            "BackupVaultArn": self.vault_arn,
            "RecoveryPointArn": self.point_arn,
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "CreationDate": self.created,
            "State": state,
            "StatusMessage": self.failure,
            "PercentDone": "100.0" if state == "COMPLETED" else "0.0",
            "IamRoleArn": self.role_arn,
            "IsParent": False,
        }
        return {**shown, **({"CompletionDate": self.completed} if self.completed else {})}

    def point(self) -> dict[str, Any]:
        """Return the recovery point as DescribeRecoveryPoint does."""
        state = self.state
        shown = {
            "RecoveryPointArn": self.point_arn,
            "BackupVaultName": self.vault,
            "BackupVaultArn": self.vault_arn,
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "IamRoleArn": self.role_arn,
            "Status": {"COMPLETED": "COMPLETED", "RUNNING": "CREATING"}.get(state, "EXPIRED"),
            "CreationDate": self.created,
            "IsParent": False,
        }
        if self.lifecycle:
            shown["Lifecycle"] = self.lifecycle
        return {**shown, **({"CompletionDate": self.completed} if self.completed else {})}


def _kind(arn: str) -> tuple[str, str]:
    """Return the kind of a resource and its name.

    Raises:
        NotEmulatedError: the lab cannot back it up.
        UnknownResourceError: it is no ARN.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:
        raise UnknownResourceError(arn)
    service, resource = parts[2], parts[5]
    if service == "rds" and resource.startswith("cluster:"):
        return "Aurora", resource.partition(":")[2]
    if service == "ec2" and resource.startswith("instance/"):
        return "EC2", resource.partition("/")[2]
    if service == "ec2" and resource.startswith("volume/"):
        return "EBS", resource.partition("/")[2]
    raise NotEmulatedError(f"backups of {service} {resource.replace('/', ':').partition(':')[0]}")


def announce(job: Job, event: str, words: str) -> None:
    """Tell the topic of a job's vault, if it has one that wants this event.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html
    """
    vault: Any = backup_backends[ACCOUNT_ID][job.region].vaults.get(job.vault)
    settings = getattr(vault, "notifications", None)
    if not settings or event not in settings["BackupVaultEvents"]:
        return
    message = (
        f"An AWS Backup job {words}. Recovery point ARN: {job.point_arn}. Resource ARN : {job.resource_arn}. "
        f"BackupJob ID : {job.job_id}"
    )
    attributes = {
        "EventType": {"Type": "String", "Value": "BACKUP_JOB"},
        "State": {"Type": "String", "Value": job.state},
        "AccountId": {"Type": "String", "Value": ACCOUNT_ID},
        "Id": {"Type": "String", "Value": job.job_id},
    }
    try:
        publish(
            "backup.amazonaws.com", job.region, settings["SNSTopicArn"], "Notification from AWS Backup", message,
            by_name=True, message_attributes=attributes,
        )  # fmt: skip
    except PublishRefusedError as error:
        LOGGER.warning("backup job %s cannot be announced: %s", job.job_id, error)


def tell(region: str) -> None:
    """Announce the jobs that have ended since the last call."""
    for job in jobs(region).values():
        if job.told or job.state == "RUNNING":
            continue
        job.told = True
        if job.state == "COMPLETED":
            announce(job, "BACKUP_JOB_COMPLETED", "was completed successfully")
            announce(job, "BACKUP_JOB_SUCCESSFUL", "was completed successfully")
        else:
            announce(job, "BACKUP_JOB_FAILED", "failed")


_jobs: dict[str, dict[str, Job]] = {}


def jobs(region: str) -> dict[str, Job]:
    """Return the jobs of a region by id, the earliest first."""
    return _jobs.setdefault(region, {})
