# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.backup import models, responses
from moto.backup.exceptions import ResourceNotFoundException
from moto.core.exceptions import JsonRESTError

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
def selections(_settings: Settings) -> None:
    """Keep the selections of a plan.

    AWS: CreateBackupSelection, GetBackupSelection, ListBackupSelections and DeleteBackupSelection (API reference).
    Moto: none of them. Selections are kept as given; nothing is backed up.
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

    for function in (create_backup_selection, list_backup_selections, get_backup_selection, delete_backup_selection):
        add(responses.BackupResponse, function.__name__, function)
