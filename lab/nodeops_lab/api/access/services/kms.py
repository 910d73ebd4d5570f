# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key Management Service, and the use of keys by other services for their callers.

Source: KMS developer guide, "Key policies in AWS KMS", "AWS KMS condition keys"; Service Authorization Reference,
"Actions, resources, and condition keys for AWS Key Management Service".
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from moto.kms.exceptions import InvalidCiphertextException
from moto.kms.utils import _deserialize_ciphertext_blob

from ...backends import ACCOUNT_ID
from .. import state
from ..checks import Check, Values, service
from ..decision import ResourcePolicy
from ..policy import parse
from ..request import Call

if TYPE_CHECKING:
    from moto.kms.models import Key

UNSCOPED = frozenset(
    {
        "ConnectCustomKeyStore",
        "CreateCustomKeyStore",
        "CreateKey",
        "DeleteCustomKeyStore",
        "DescribeCustomKeyStores",
        "DisconnectCustomKeyStore",
        "GenerateRandom",
        "ListAliases",
        "ListKeys",
        "ListRetirableGrants",
        "UpdateCustomKeyStore",
    }
)


@service("kms")
def kms(call: Call) -> Iterable[Check]:
    """Return the checks of an operation of KMS."""
    if call.operation in UNSCOPED:
        yield Check(call.action)
        if call.operation == "CreateKey" and call.request_tags:
            yield Check("kms:TagResource")
        return
    context = _context(call)
    if call.operation == "ReEncrypt":
        given = call.parameters
        source = given.get("SourceKeyId") or _key_of(given.get("CiphertextBlob"), call.region)
        before = encryption_context(given.get("SourceEncryptionContext") or {})
        after = encryption_context(given.get("DestinationEncryptionContext") or {})
        yield use("kms:ReEncryptFrom", str(source), call.region, {**context, **before})
        yield use("kms:ReEncryptTo", str(given.get("DestinationKeyId")), call.region, {**context, **after})
        return
    if "Alias" in call.operation:
        name = str(call.parameters.get("AliasName", "alias/*"))
        yield Check(call.action, call.arn(name), context)
        known = state.key(name, call.region)
        if known is not None:
            yield use(call.action, known.arn, call.region, context)
    identifier = call.parameters.get("TargetKeyId") or call.parameters.get("KeyId")
    if identifier is None and "CiphertextBlob" in call.parameters:
        identifier = _key_of(call.parameters["CiphertextBlob"], call.region)
    if identifier is None:
        if "Alias" not in call.operation:
            yield Check(call.action, call.arn("key/*"), context)
    elif state.key(str(identifier), call.region) is not None:
        # KMS answers that a key or an alias does not exist before it asks who may use it.
        yield use(call.action, str(identifier), call.region, context)


def use(
    action: str, identifier: str, region: str, context: Mapping[str, Values], message: str | None = None, code: str = ""
) -> Check:
    """Return the check of an action on a key, with the key's policy and its grants.

    An unknown key has no policy.
    """
    found = state.key(identifier, region)
    if found is None:
        missing = identifier if identifier.startswith("arn:") else f"arn:aws:kms:{region}:{ACCOUNT_ID}:key/{identifier}"
        return Check(action, missing, context, message=message, code=code or None)
    aliases = tuple(found.aliases)
    more: dict[str, Values] = {"kms:calleraccount": (ACCOUNT_ID,), "kms:resourcealiases": aliases}
    if "alias/" in identifier:
        more["kms:requestalias"] = ("alias/" + identifier.rpartition("alias/")[2],)
    return Check(
        action,
        found.arn,
        {**more, **context},
        resource_policy=lambda: _policy(found, action),
        message=message,
        code=code or None,
    )


def use_for(
    operations: Iterable[str],
    identifier: str,
    region: str,
    via: str,
    context: Mapping[str, str] | None = None,
    message: str | None = None,
    code: str = "",
) -> list[Check]:
    """Return the checks of a service that uses a key with its caller's permissions.

    Source: KMS developer guide, "kms:ViaService".
    """
    keys: dict[str, Values] = {"kms:viaservice": (f"{via}.{region}.amazonaws.com",)}
    keys |= encryption_context(context or {})
    found = []
    for operation in operations:
        more = dict(keys)
        if operation == "CreateGrant":
            more["kms:grantisforawsresource"] = ("true",)
        found.append(use(f"kms:{operation}", identifier, region, more, message, code))
    return found


def is_customers(identifier: str | None) -> bool:
    """Return whether a key is not one that AWS manages for a service, which everybody in the account may use."""
    return bool(identifier) and "alias/aws/" not in str(identifier)


def encryption_context(pairs: Mapping[str, str]) -> dict[str, Values]:
    """Return the condition keys of an encryption context."""
    if not pairs:
        return {}
    keys: dict[str, Values] = {f"kms:encryptioncontext:{name.lower()}": (str(text),) for name, text in pairs.items()}
    keys["kms:encryptioncontextkeys"] = tuple(pairs)
    return keys


def _policy(key: Key, action: str) -> ResourcePolicy:
    operation = action.partition(":")[2]
    grantees = frozenset(
        grant.grantee_principal for grant in key.grants.values() if operation in (grant.operations or [])
    )
    return ResourcePolicy(parse(key.policy, key.id), decisive=True, also_granted=grantees)


def _context(call: Call) -> dict[str, Values]:
    given = call.parameters
    keys = encryption_context(given.get("EncryptionContext") or {})
    for name in ("GranteePrincipal", "RetiringPrincipal", "KeySpec", "KeyUsage", "KeyOrigin", "EncryptionAlgorithm"):
        if given.get(name):
            keys[f"kms:{name.lower()}"] = (str(given[name]),)
    if call.operation == "CreateGrant":
        keys["kms:grantoperations"] = tuple(given.get("Operations") or ())
        keys["kms:grantisforawsresource"] = ("false",)
    return keys


def _key_of(blob: object, region: str) -> str | None:
    """Return the id of the key that encrypted something; None for what is no ciphertext, which KMS refuses itself."""
    try:
        return _deserialize_ciphertext_blob(base64.b64decode(str(blob))).key_id
    except (InvalidCiphertextException, binascii.Error, struct.error, UnicodeDecodeError):
        return None
