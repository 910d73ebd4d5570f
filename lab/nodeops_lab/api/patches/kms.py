# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key Management Service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.kms import models, responses

from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def deletion_by_arn(_settings: Settings) -> None:
    """Schedule a key's deletion by its ARN.

    AWS: KeyId of ScheduleKeyDeletion takes the key's id or its ARN, and the answer holds the ARN
    (API reference, ScheduleKeyDeletion). Moto: looks the ARN up among ids, a KeyError.
    """
    schedule = models.KmsBackend.schedule_key_deletion
    respond = responses.KmsResponse.schedule_key_deletion

    def schedule_key_deletion(self: models.KmsBackend, key_id: str, pending_window_in_days: int) -> float:
        return schedule(self, self.get_key_id(key_id), pending_window_in_days)

    def answer(self: responses.KmsResponse) -> str:
        result = json.loads(respond(self))
        key = self.kms_backend.keys[self.kms_backend.get_key_id(result["KeyId"])]
        return json.dumps({**result, "KeyId": key.arn, "KeyState": key.key_state})

    replace(models.KmsBackend, "schedule_key_deletion", schedule_key_deletion)
    replace(responses.KmsResponse, "schedule_key_deletion", answer)
