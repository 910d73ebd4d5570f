# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the estate's secrets from Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import AwsError, explain
from .record import SECRET_NAMES


@dataclass(frozen=True)
class NodeSecrets:
    """The four secrets of a node as they are stored; never shown by repr()."""

    database: str = field(repr=False)
    keystore: str = field(repr=False)
    api: str = field(repr=False)
    rpc: str = field(repr=False)


def read_secrets(secretsmanager: Any, arns: Mapping[str, str], estate: str) -> NodeSecrets:
    """The secrets of an estate by their ARNs; raises AwsError for the first that cannot be read."""
    values = {}
    for name in SECRET_NAMES:
        shown = f"{estate}/{name}"
        try:
            answer = secretsmanager.get_secret_value(SecretId=arns[name])
        except Exception as error:  # whatever boto3 raises is told in the operator's words
            raise explain(error, f"read the secret {shown}", "secretsmanager:GetSecretValue") from error
        value = answer.get("SecretString")
        if not isinstance(value, str):
            raise AwsError(f"could not read the secret {shown}: it holds binary data; store it as a string")
        values[name] = value
    return NodeSecrets(**values)
