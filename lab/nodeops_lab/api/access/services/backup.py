# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Backup.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Backup"; AWS Backup developer
guide, "Access control" ("API permissions": what CreateBackupVault needs of KMS and of backup storage).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import Check, resources, service
from ..request import Call
from . import kms
from .passing import pass_role

_PLAN = "backup-plan:{BackupPlanId}"
_VAULT = "backup-vault:{BackupVaultName}"
_POINT = "{RecoveryPointArn}"
TABLE = {
    "CreateBackupPlan": ["backup-plan:*"],
    "CreateBackupSelection": [_PLAN],
    "CreateBackupVault": [_VAULT],
    "DeleteBackupPlan": [_PLAN],
    "DeleteBackupSelection": [_PLAN],
    "DeleteBackupVault": [_VAULT],
    "DeleteBackupVaultAccessPolicy": [_VAULT],
    "DeleteBackupVaultLockConfiguration": [_VAULT],
    "DeleteBackupVaultNotifications": [_VAULT],
    "DeleteRecoveryPoint": [_POINT],
    "DescribeBackupVault": [_VAULT],
    "DescribeRecoveryPoint": [_POINT],
    "GetBackupPlan": [_PLAN],
    "GetBackupSelection": [_PLAN],
    "GetBackupVaultAccessPolicy": [_VAULT],
    "GetBackupVaultNotifications": [_VAULT],
    "GetRecoveryPointRestoreMetadata": [_POINT],
    "ListBackupPlanVersions": [_PLAN],
    "ListBackupSelections": [_PLAN],
    "ListRecoveryPointsByBackupVault": [_VAULT],
    "ListTags": ["{ResourceArn}"],
    "PutBackupVaultAccessPolicy": [_VAULT],
    "PutBackupVaultLockConfiguration": [_VAULT],
    "PutBackupVaultNotifications": [_VAULT],
    "StartBackupJob": [_VAULT],
    "StartCopyJob": [_POINT],
    "StartRestoreJob": [_POINT],
    "TagResource": ["{ResourceArn}"],
    "UntagResource": ["{ResourceArn}"],
    "UpdateBackupPlan": [_PLAN],
    "UpdateRecoveryPointLifecycle": [_POINT],
}
VAULT_KEY_USES = ("CreateGrant", "DescribeKey", "GenerateDataKey", "Decrypt", "RetireGrant")


@service("backup")
def backup(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of AWS Backup."""
    given = call.parameters
    found = resources(call, TABLE)
    for arn in found:
        yield Check(call.action, arn)
    if call.operation.startswith("Create") and call.request_tags:
        yield Check("backup:TagResource", found[0])
    selection = given.get("BackupSelection") or {}
    yield from pass_role(selection.get("IamRoleArn") or given.get("IamRoleArn"), "backup.amazonaws.com")
    if call.operation == "CreateBackupVault":
        yield Check("backup-storage:MountCapsule")
        if kms.is_customers(given.get("EncryptionKeyArn")):
            yield from kms.use_for(VAULT_KEY_USES, str(given["EncryptionKeyArn"]), call.region, "backup")
