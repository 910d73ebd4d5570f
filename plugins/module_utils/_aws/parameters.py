# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the estate record from SSM Parameter Store, and keeps the estate's lock there."""

from __future__ import annotations

from typing import Any

from .errors import AwsError, error_code, explain
from .record import parameter_name


def read_record(ssm: Any, estate: str) -> str:
    """The JSON text of an estate's record; raises AwsError."""
    name = parameter_name(estate)
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except Exception as error:  # whatever boto3 raises is told in the operator's words
        raise explain(error, f"read the estate record {name}", "ssm:GetParameter") from error


def create(ssm: Any, name: str, value: str) -> bool:
    """Create a parameter; False where it exists already. Of two callers at once one gets False. Raises AwsError."""
    try:
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=False)
    except Exception as error:  # whatever boto3 raises is told in the operator's words
        if error_code(error) == "ParameterAlreadyExists":
            return False
        raise explain(error, f"create the parameter {name}", "ssm:PutParameter") from error
    return True


def read(ssm: Any, name: str) -> tuple[str, int] | None:
    """The text and the version of a parameter, or None where it does not exist; raises AwsError."""
    try:
        parameter = ssm.get_parameter(Name=name)["Parameter"]
    except Exception as error:
        if error_code(error) == "ParameterNotFound":
            return None
        raise explain(error, f"read the parameter {name}", "ssm:GetParameter") from error
    return str(parameter["Value"]), int(parameter["Version"])


def replace(ssm: Any, name: str, value: str, version: int) -> None:
    """Put another value in the place of one that was read with this version; raises AwsError.

    The service has no conditional write, but counts: where another caller came between, the new version shows it.
    """
    try:
        answer = ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    except Exception as error:
        raise explain(error, f"write the parameter {name}", "ssm:PutParameter") from error
    if int(answer["Version"]) != version + 1:
        raise AwsError(f"could not write the parameter {name}: another caller wrote it at the same moment")


def delete(ssm: Any, name: str) -> None:
    """Delete a parameter, which may be gone already; raises AwsError."""
    try:
        ssm.delete_parameter(Name=name)
    except Exception as error:
        if error_code(error) != "ParameterNotFound":
            raise explain(error, f"delete the parameter {name}", "ssm:DeleteParameter") from error
