# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key Management Service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.kms import models, responses
from moto.kms.exceptions import ValidationException

from ..access.policy import MalformedPolicyError, parse
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


class DisabledKeyError(JsonRESTError):
    """A disabled key is to be used."""

    code = 400

    def __init__(self, key: models.Key) -> None:
        super().__init__("DisabledException", f"{key.arn} is disabled.")


class KeyStateError(JsonRESTError):
    """A key cannot be used in the state that it is in."""

    code = 400

    def __init__(self, key: models.Key) -> None:
        words = {"PendingDeletion": "pending deletion"}.get(key.key_state, key.key_state.lower())
        super().__init__("KMSInvalidStateException", f"{key.arn} is {words}.")


KEY_FIELDS = frozenset({"DestinationKeyId", "KeyId", "SourceKeyId", "TargetKeyId"})


@patch
def key_arns(_settings: Settings) -> None:
    """Know a key by its ARN wherever it is known by its id.

    AWS: every operation that takes a key's id takes its ARN as well (API reference, the KeyId of each operation).
    Moto: some look the ARN up among ids, a KeyError: EnableKey, DisableKey, CancelKeyDeletion, grants.
    """
    original = responses.KmsResponse._get_param

    def _get_param(self: responses.KmsResponse, param_name: str, if_none: Any = None) -> Any:
        value = original(self, param_name, if_none)
        prefix = f"arn:{self.partition}:kms:{self.region}:{self.current_account}:key/"
        if param_name in KEY_FIELDS and isinstance(value, str):
            return value.removeprefix(prefix)
        return value

    replace(responses.KmsResponse, "_get_param", _get_param)


@patch
def cancelled_deletion(_settings: Settings) -> None:
    """Answer CancelKeyDeletion with the key's ARN, and refuse it of a key that is not to be deleted.

    AWS: KMSInvalidStateException (API reference). Moto: whatever the request called the key, of any key.
    """

    def cancel_key_deletion(self: responses.KmsResponse) -> str:
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        key = self.kms_backend.keys[self.kms_backend.get_key_id(key_id)]
        if key.key_state != "PendingDeletion":
            raise KeyStateError(key)
        self.kms_backend.cancel_key_deletion(key.id)
        return json.dumps({"KeyId": key.arn})

    replace(responses.KmsResponse, "cancel_key_deletion", cancel_key_deletion)


@patch
def deletion_window(_settings: Settings) -> None:
    """Refuse a waiting period that no deletion can have, and a second deletion.

    AWS: 7 to 30 days, else ValidationException; KMSInvalidStateException of a key that is pending deletion
    (API reference, ScheduleKeyDeletion). Moto: nothing happens, and that is a success.
    """
    original = models.KmsBackend.schedule_key_deletion

    def schedule_key_deletion(self: models.KmsBackend, key_id: str, pending_window_in_days: int) -> float:
        if not 7 <= pending_window_in_days <= 30:
            raise ValidationException("PendingWindowInDays must be between 7 and 30 days")
        key = self.keys[self.get_key_id(key_id)]
        if key.key_state == "PendingDeletion":
            raise KeyStateError(key)
        return original(self, key_id, pending_window_in_days)

    replace(models.KmsBackend, "schedule_key_deletion", schedule_key_deletion)


@patch
def key_states(_settings: Settings) -> None:
    """Use only keys that are enabled.

    AWS: a disabled key is a DisabledException, one pending deletion a KMSInvalidStateException (developer guide, "Key
    states of AWS KMS keys"). Moto: encrypts and decrypts with any, and enables keys that are pending deletion.
    """
    encrypt, decrypt, enable = models.KmsBackend.encrypt, models.KmsBackend.decrypt, models.KmsBackend.enable_key

    def check(self: models.KmsBackend, key_id: str) -> None:
        key = self.keys[self.get_key_id(key_id)]
        if key.key_state == "Disabled":
            raise DisabledKeyError(key)
        if key.key_state != "Enabled":
            raise KeyStateError(key)

    def checked_encrypt(
        self: models.KmsBackend, key_id: str, plaintext: bytes, encryption_context: dict[str, str]
    ) -> tuple[bytes, str]:
        identifier = self.any_id_to_key_id(key_id)
        if identifier in self.keys:
            check(self, identifier)
        return encrypt(self, key_id, plaintext, encryption_context)

    def checked_decrypt(
        self: models.KmsBackend, ciphertext_blob: bytes, encryption_context: dict[str, str], key_id: str | None = None
    ) -> tuple[bytes, str]:
        plaintext, arn = decrypt(self, ciphertext_blob, encryption_context, key_id)
        check(self, arn)
        return plaintext, arn

    def enable_key(self: models.KmsBackend, key_id: str) -> None:
        key = self.keys[self.get_key_id(key_id)]
        if key.key_state == "PendingDeletion":
            raise KeyStateError(key)
        enable(self, key_id)

    replace(models.KmsBackend, "encrypt", checked_encrypt)
    replace(models.KmsBackend, "decrypt", checked_decrypt)
    replace(models.KmsBackend, "enable_key", enable_key)


@patch
def rotation(_settings: Settings) -> None:
    """Tell when a key will be rotated.

    AWS: EnableKeyRotation takes a period, 365 days by default; GetKeyRotationStatus tells the key's ARN, the period and
    the next date (API reference). Moto: yes or no.
    """

    def enable_key_rotation(self: responses.KmsResponse) -> str:
        key_id, days = self._get_param("KeyId"), self._get_param("RotationPeriodInDays")
        self._validate_cmk_id(key_id)
        key: Any = self.kms_backend.keys[self.kms_backend.get_key_id(key_id)]
        if not key.key_rotation_status or days is not None:
            key.rotation_days = days or getattr(key, "rotation_days", 365)
            key.rotation_enabled_at = time.time()
        self.kms_backend.enable_key_rotation(key.id)
        return "{}"

    def get_key_rotation_status(self: responses.KmsResponse) -> str:
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        key: Any = self.kms_backend.keys[self.kms_backend.get_key_id(key_id)]
        status: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            days = getattr(key, "rotation_days", 365)
            began = getattr(key, "rotation_enabled_at", key.creation_date)
            status.update(RotationPeriodInDays=days, NextRotationDate=began + days * 86400)
        return json.dumps(status)

    replace(responses.KmsResponse, "enable_key_rotation", enable_key_rotation)
    replace(responses.KmsResponse, "get_key_rotation_status", get_key_rotation_status)


@patch
def grants_of_known_keys(_settings: Settings) -> None:
    """Look for grants of keys that exist, and by their id or ARN only.

    AWS: NotFoundException (API reference, CreateGrant, ListGrants and RevokeGrant). Moto: no grants, or a KeyError.
    """
    for name in ("create_grant", "list_grants", "revoke_grant"):
        original = getattr(responses.KmsResponse, name)

        def checked(self: responses.KmsResponse, original: Callable[[Any], str] = original) -> str:
            self._validate_cmk_id(self._get_param("KeyId"))
            return original(self)

        replace(responses.KmsResponse, name, checked)


@patch
def malformed_policies(_settings: Settings) -> None:
    """Refuse a key policy that is none.

    AWS: MalformedPolicyDocumentException (API reference, PutKeyPolicy and CreateKey). Moto: keeps any text.
    """
    create = models.KmsBackend.create_key
    put = models.KmsBackend.put_key_policy

    def check(document: str) -> None:
        try:
            parse(document)
        except MalformedPolicyError as error:
            raise JsonRESTError(
                "MalformedPolicyDocumentException", "Policy contains a statement with errors"
            ) from error

    def create_key(self: models.KmsBackend, policy: str | None, *arguments: Any, **options: Any) -> models.Key:
        if policy:  # there is a default
            check(policy)
        return create(self, policy, *arguments, **options)

    def put_key_policy(self: models.KmsBackend, key_id: str, policy: str) -> None:
        check(policy)
        put(self, key_id, policy)

    replace(models.KmsBackend, "create_key", create_key)
    replace(models.KmsBackend, "put_key_policy", put_key_policy)
