# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads everything a node is configured from: the estate record and the secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._aws import parameters, record, secrets
from . import extra, settings


@dataclass(frozen=True)
class Sources:
    record: record.EstateRecord
    settings: settings.NodeSettings


def read(ssm: Any, secretsmanager: Any, estate: str) -> Sources:
    """Record and settings of an estate, by boto3 clients of the two services.

    Raises AwsError, RecordError or SettingsError; none of their messages holds a secret.
    """
    return complete(secretsmanager, read_record(ssm, estate))


def read_record(ssm: Any, estate: str) -> record.EstateRecord:
    """The record of an estate; raises AwsError or RecordError."""
    estate_record = record.parse(parameters.read_record(ssm, estate))
    if estate_record.estate != estate:
        raise record.RecordError(
            f"the estate record of {estate} names the estate {estate_record.estate!r}; run the provisioning playbook "
            "to write it anew"
        )
    return estate_record


def complete(
    secretsmanager: Any, estate_record: record.EstateRecord, additions: Mapping[str, Any] | None = None
) -> Sources:
    """A record with the settings that its release has with the estate's secrets; raises AwsError or SettingsError.

    additions: what takes the place of the operator's additions in the secret, where it is given.
    """
    values = secrets.read_secrets(secretsmanager, estate_record.secrets, estate_record.estate)
    if additions is not None:
        values = replace(values, rpc=_with_additions(values.rpc, additions))
    return Sources(estate_record, settings.parse(estate_record, values))


def _with_additions(rpc: str, additions: Mapping[str, Any]) -> str:
    """The secret of the RPC endpoints with other additions; what cannot be read is left for the settings to refuse."""
    try:
        document = json.loads(rpc)
    except ValueError:
        return rpc
    return json.dumps({**document, extra.SECRET_KEY: additions}) if isinstance(document, dict) else rpc
