# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.backup import models, responses, urls
from moto.backup.exceptions import InvalidParameterValueException, InvalidRequestException, ResourceNotFoundException
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult

from ..backup_jobs import Job, UnknownResourceError, announce, jobs
from ._registry import add, patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


class AccessDeniedError(JsonRESTError):
    """What Backup answers about a vault that does not exist."""

    code = 403

    def __init__(self) -> None:
        super().__init__("AccessDeniedException", "Insufficient privileges to perform this action.")


@patch
def unknown_vault(_settings: Settings) -> None:
    """Deny access to a vault that does not exist.

    AWS: DescribeBackupVault of an unknown vault is an AccessDeniedException, which amazon.aws's backup_vault relies
    on. Moto: ResourceNotFoundException, on which the module fails.
    """
    original = models.BackupBackend.describe_backup_vault

    def describe_backup_vault(self: models.BackupBackend, backup_vault_name: str) -> models.Vault:
        if backup_vault_name not in self.vaults:
            raise AccessDeniedError
        return original(self, backup_vault_name)

    replace(models.BackupBackend, "describe_backup_vault", describe_backup_vault)


@patch
def names_of_deleted_plans(_settings: Settings) -> None:
    """Let a plan have the name of one that was deleted.

    AWS: only a plan that exists stands in the way of another (API reference, CreateBackupPlan). Moto: a deleted one
    does for ever.
    """
    original = models.BackupBackend.create_backup_plan

    def create_backup_plan(self: models.BackupBackend, *args: Any, **kwargs: Any) -> models.Plan:
        deleted = {key: plan for key, plan in self.plans.items() if plan.deletion_date is not None}
        for key in deleted:
            del self.plans[key]
        try:
            return original(self, *args, **kwargs)
        finally:
            self.plans.update(deleted)

    replace(models.BackupBackend, "create_backup_plan", create_backup_plan)


@patch
def selections(_settings: Settings) -> None:
    """Keep the selections of a plan.

    AWS: CreateBackupSelection, GetBackupSelection, ListBackupSelections and DeleteBackupSelection (API reference).
    A plan is not deleted before its selections (API reference, DeleteBackupPlan). Moto: none of them. Selections are
    kept as given; nothing is backed up by them.
    """
    stored: dict[str, dict[str, dict[str, Any]]] = {}

    def plan_and_selection(response: responses.BackupResponse) -> tuple[str, str]:
        """Split /backup/plans/<plan>/selections[/<selection>], checking that the plan exists."""
        parts = response.path.strip("/").split("/")
        if parts[2] not in response.backup_backend.plans:
            raise ResourceNotFoundException(f"Cannot find Backup plan with ID {parts[2]}")
        return parts[2], parts[4] if len(parts) > 4 else ""

    def find(response: responses.BackupResponse) -> dict[str, Any]:
        plan, selection = plan_and_selection(response)
        if selection not in stored.get(plan, {}):
            raise ResourceNotFoundException(f"Cannot find Backup selection with ID {selection}")
        return stored[plan][selection]

    def create_backup_selection(self: responses.BackupResponse) -> str:
        plan, _selection = plan_and_selection(self)
        request = json.loads(self.body)
        entry = {
            "SelectionId": str(uuid.uuid4()),
            "BackupPlanId": plan,
            "CreationDate": time.time(),
            "CreatorRequestId": request.get("CreatorRequestId"),
            "BackupSelection": request["BackupSelection"],
        }
        stored.setdefault(plan, {})[entry["SelectionId"]] = entry
        return json.dumps({key: entry[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")})

    def list_backup_selections(self: responses.BackupResponse) -> str:
        plan, _selection = plan_and_selection(self)
        listed = [
            {
                **{key: entry[key] for key in ("SelectionId", "BackupPlanId", "CreationDate", "CreatorRequestId")},
                "SelectionName": entry["BackupSelection"]["SelectionName"],
                "IamRoleArn": entry["BackupSelection"]["IamRoleArn"],
            }
            for entry in stored.get(plan, {}).values()
        ]
        return json.dumps({"BackupSelectionsList": listed})

    def get_backup_selection(self: responses.BackupResponse) -> str:
        return json.dumps(find(self))

    def delete_backup_selection(self: responses.BackupResponse) -> str:
        entry = find(self)
        del stored[entry["BackupPlanId"]][entry["SelectionId"]]
        return "{}"

    delete_plan = models.BackupBackend.delete_backup_plan

    def delete_backup_plan(self: models.BackupBackend, backup_plan_id: str) -> tuple[str, str, float, str]:
        if stored.get(backup_plan_id):
            raise InvalidRequestException(
                "Related backup plan selections must be deleted prior to backup plan deletion"
            )
        return delete_plan(self, backup_plan_id)

    replace(models.BackupBackend, "delete_backup_plan", delete_backup_plan)
    for function in (create_backup_selection, list_backup_selections, get_backup_selection, delete_backup_selection):
        add(responses.BackupResponse, function.__name__, function)


def parsed(response: responses.BackupResponse) -> dict[str, Any]:
    """Return a request's parameters, wherever in it they stand."""
    response.parse_parameters(response.normalized_request)
    return dict(response.params)


def vault_of(response: responses.BackupResponse, name: str) -> models.Vault:
    """Return a vault; an unknown one is denied."""
    return response.backup_backend.describe_backup_vault(name)


@patch
def changed_plan(_settings: Settings) -> None:
    """Change a plan.

    AWS: UpdateBackupPlan gives it a new version (API reference). Moto: not implemented.
    """

    def update_backup_plan(self: responses.BackupResponse) -> str:
        request = parsed(self)
        plan = self.backup_backend.get_backup_plan(request["BackupPlanId"], None)
        changed = models.Plan(json.loads(self.body)["BackupPlan"], plan.creator_request_id, self.backup_backend)
        plan.backup_plan, plan.version_id = changed.backup_plan, changed.version_id
        plan.advanced_backup_settings = changed.advanced_backup_settings
        return json.dumps(plan.to_dict())

    add(responses.BackupResponse, "update_backup_plan", update_backup_plan)


@patch
def region_settings(_settings: Settings) -> None:
    """Keep which kinds of resources AWS Backup protects in a region.

    AWS: DescribeRegionSettings, and UpdateRegionSettings, which changes the kinds that it names (API reference). Moto:
    neither. All kinds are opted in from the start, as far as the lab backs them up; since plans are never executed, and
    backups on demand need no opt-in, nothing follows from it.
    """
    kept: dict[str, dict[str, bool]] = {}

    def settings_of(region: str) -> dict[str, bool]:
        return kept.setdefault(region, {"Aurora": True, "EBS": True, "EC2": True})

    def describe_region_settings(self: responses.BackupResponse) -> ActionResult:
        return ActionResult({"ResourceTypeOptInPreference": settings_of(self.region)})

    def update_region_settings(self: responses.BackupResponse) -> EmptyResult:
        settings_of(self.region).update(parsed(self).get("ResourceTypeOptInPreference") or {})
        return EmptyResult()

    add(responses.BackupResponse, "describe_region_settings", describe_region_settings)
    add(responses.BackupResponse, "update_region_settings", update_region_settings)


@patch
def paths(_settings: Settings) -> None:
    """Reach the operations below, whose paths moto does not route."""
    urls.url_paths["{0}/(?P<path>.+)$"] = responses.BackupResponse.dispatch


@patch
def vault_settings(_settings: Settings) -> None:
    """Keep a vault's access policy and whom it notifies.

    AWS: Put-, Get- and DeleteBackupVaultAccessPolicy and -Notifications (API reference). Moto: not implemented. Access
    policies are kept, not enforced; of the events only those of backup jobs happen.
    """

    def put_backup_vault_access_policy(self: responses.BackupResponse) -> EmptyResult:
        request = parsed(self)
        vault: Any = vault_of(self, request["BackupVaultName"])
        try:
            json.loads(request["Policy"])
        except ValueError:
            raise InvalidParameterValueException("The policy is no valid JSON.") from None
        vault.access_policy = request["Policy"]
        return EmptyResult()

    def get_backup_vault_access_policy(self: responses.BackupResponse) -> ActionResult:
        vault: Any = vault_of(self, parsed(self)["BackupVaultName"])
        if not getattr(vault, "access_policy", None):
            raise ResourceNotFoundException(f"Backup vault {vault.backup_vault_name} has no associated policy")
        return ActionResult({**_named(vault), "Policy": vault.access_policy})

    def delete_backup_vault_access_policy(self: responses.BackupResponse) -> EmptyResult:
        vault: Any = vault_of(self, parsed(self)["BackupVaultName"])
        vault.access_policy = None
        return EmptyResult()

    def put_backup_vault_notifications(self: responses.BackupResponse) -> EmptyResult:
        request = parsed(self)
        vault: Any = vault_of(self, request["BackupVaultName"])
        vault.notifications = {key: request[key] for key in ("SNSTopicArn", "BackupVaultEvents")}
        return EmptyResult()

    def get_backup_vault_notifications(self: responses.BackupResponse) -> ActionResult:
        vault: Any = vault_of(self, parsed(self)["BackupVaultName"])
        if not getattr(vault, "notifications", None):
            name = vault.backup_vault_name
            raise ResourceNotFoundException(f"Failed reading notifications from database for Backup vault {name}")
        return ActionResult({**_named(vault), **vault.notifications})

    def delete_backup_vault_notifications(self: responses.BackupResponse) -> EmptyResult:
        vault: Any = vault_of(self, parsed(self)["BackupVaultName"])
        vault.notifications = None
        return EmptyResult()

    functions = (
        put_backup_vault_access_policy,
        get_backup_vault_access_policy,
        delete_backup_vault_access_policy,
        put_backup_vault_notifications,
        get_backup_vault_notifications,
        delete_backup_vault_notifications,
    )
    for function in functions:
        add(responses.BackupResponse, function.__name__, function)


def _named(vault: models.Vault) -> dict[str, str]:
    return {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn}


@patch
def backup_jobs(_settings: Settings) -> None:
    """Back up on demand.

    AWS: StartBackupJob makes a recovery point, which is a snapshot of the cluster or volume or an image of the instance
    (API reference; developer guide, "Creating on-demand backups"). Moto: not implemented. The job's state here follows
    from that snapshot's; other kinds of resources are refused.
    """

    def start_backup_job(self: responses.BackupResponse) -> ActionResult:
        request = parsed(self)
        vault = vault_of(self, request["BackupVaultName"])
        job = Job(
            vault=vault.backup_vault_name,
            vault_arn=vault.backup_vault_arn,
            resource_arn=request["ResourceArn"],
            role_arn=request["IamRoleArn"],
            region=self.region,
            tags=dict(request.get("RecoveryPointTags") or {}),
            lifecycle=request.get("Lifecycle"),
        )
        try:
            job.start()
        except UnknownResourceError:
            raise ResourceNotFoundException(f"The resource {request['ResourceArn']} does not exist") from None
        jobs(self.region)[job.job_id] = job
        announce(job, "BACKUP_JOB_STARTED", "was started")
        started = {"BackupJobId": job.job_id, "RecoveryPointArn": job.point_arn, "CreationDate": job.created}
        return ActionResult({**started, "IsParent": False})

    def describe_backup_job(self: responses.BackupResponse) -> ActionResult:
        job = jobs(self.region).get(parsed(self)["BackupJobId"])
        if job is None:
            raise ResourceNotFoundException("Cannot find the backup job")
        return ActionResult(job.described())

    def list_backup_jobs(self: responses.BackupResponse) -> ActionResult:
        request = parsed(self)
        wanted = {
            "ResourceArn": request.get("ByResourceArn"),
            "State": request.get("ByState"),
            "BackupVaultName": request.get("ByBackupVaultName"),
            "ResourceType": request.get("ByResourceType"),
        }
        listed = [job.described() for job in reversed(jobs(self.region).values())]
        matching = [job for job in listed if all(not value or job[key] == value for key, value in wanted.items())]
        return ActionResult({"BackupJobs": matching})

    for function in (start_backup_job, describe_backup_job, list_backup_jobs):
        add(responses.BackupResponse, function.__name__, function)


@patch
def recovery_points(_settings: Settings) -> None:
    """Describe, list and delete recovery points, and keep a vault that has some.

    AWS: a vault with recovery points is not deleted (API reference, DeleteBackupVault). Moto: knows none.
    """
    describe_vault = responses.BackupResponse.describe_backup_vault
    delete_vault = responses.BackupResponse.delete_backup_vault

    def points(region: str, vault: str | None = None) -> list[Job]:
        return [job for job in jobs(region).values() if job.point_exists and vault in (None, job.vault)]

    def find(response: responses.BackupResponse) -> Job:
        request = parsed(response)
        vault_of(response, request["BackupVaultName"])
        for job in points(response.region, request["BackupVaultName"]):
            if job.point_arn == request["RecoveryPointArn"]:
                return job
        raise ResourceNotFoundException("Recovery point does not exist.")

    def list_recovery_points_by_backup_vault(self: responses.BackupResponse) -> ActionResult:
        request = parsed(self)
        vault_of(self, request["BackupVaultName"])
        resource, kind = request.get("ByResourceArn"), request.get("ByResourceType")
        listed = [
            job.point()
            for job in points(self.region, request["BackupVaultName"])
            if resource in (None, job.resource_arn) and kind in (None, job.resource_type)
        ]
        return ActionResult({"RecoveryPoints": listed})

    def list_recovery_points_by_resource(self: responses.BackupResponse) -> ActionResult:
        arn = parsed(self)["ResourceArn"]
        return ActionResult({"RecoveryPoints": [job.point() for job in points(self.region) if job.resource_arn == arn]})

    def describe_recovery_point(self: responses.BackupResponse) -> ActionResult:
        return ActionResult(find(self).point())

    def delete_recovery_point(self: responses.BackupResponse) -> EmptyResult:
        find(self).delete_point()
        return EmptyResult()

    def describe_backup_vault(self: responses.BackupResponse) -> ActionResult:
        answer = describe_vault(self)
        vault: Any = answer.result
        vault.num_of_recovery_points = len(points(self.region, vault.backup_vault_name))
        vault.number_of_recovery_points = vault.num_of_recovery_points
        return answer

    def delete_backup_vault(self: responses.BackupResponse) -> EmptyResult:
        if points(self.region, self.path.split("/")[-1]):
            raise InvalidRequestException("Backup vault cannot be deleted because it contains recovery points.")
        return delete_vault(self)

    replace(responses.BackupResponse, "describe_backup_vault", describe_backup_vault)
    replace(responses.BackupResponse, "delete_backup_vault", delete_backup_vault)
    for function in (
        list_recovery_points_by_backup_vault,
        list_recovery_points_by_resource,
        describe_recovery_point,
        delete_recovery_point,
    ):
        add(responses.BackupResponse, function.__name__, function)
