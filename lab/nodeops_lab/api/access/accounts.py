# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users that every lab has: its operator with the documented policies, and an administrator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from moto.utilities.utils import get_partition

from ..backends import ACCOUNT_ID, LOCK, iam
from .credentials import AccessKey

OPERATOR = "operator"
ADMINISTRATOR = "administrator"
# As AWS's own policy AdministratorAccess.
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def create_user(name: str, key: AccessKey, policies: Mapping[str, str]) -> None:
    """Create a user with an access key and customer-managed policies (documents by name)."""
    with LOCK:
        backend = iam()
        user = backend.create_user("us-east-1", name, "/", [])
        made = backend.create_access_key(name)
        del backend.access_keys[made.access_key_id]
        made.access_key_id, made.secret_access_key = key.key_id, key.secret
        backend.access_keys[key.key_id] = made
        for policy_name, document in policies.items():
            policy = backend.create_policy("", "/", document, policy_name, [])
            policy.attach_to(user)


def create_administrator(key: AccessKey, name: str = ADMINISTRATOR) -> None:
    """Create a user who may do anything."""
    create_user(name, key, {name: json.dumps(EVERYTHING)})


def operator_policies(directory: Path, estate: str, region: str) -> dict[str, str]:
    """Return the documented policies of an operator for one estate, by name.

    The documents name what they are for as ``<estate>``, ``<region>``, ``<account>`` and ``<partition>``; an operator
    replaces these as this function does. Blanks do not count for AWS's limit of 6,144 characters, so they go.
    """
    values = {
        "<estate>": estate,
        "<region>": region,
        "<account>": ACCOUNT_ID,
        "<partition>": get_partition(region),
    }
    found = {}
    for path in sorted(directory.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(name, value)
        found[f"{estate}-operator-{path.stem}"] = json.dumps(json.loads(text), separators=(",", ":"))
    return found
