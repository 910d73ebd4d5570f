# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the estate record from SSM Parameter Store."""

from __future__ import annotations

from typing import Any

from .errors import explain
from .record import parameter_name


def read_record(ssm: Any, estate: str) -> str:
    """The JSON text of an estate's record; raises AwsError."""
    name = parameter_name(estate)
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except Exception as error:  # whatever boto3 raises is told in the operator's words
        raise explain(error, f"read the estate record {name}", "ssm:GetParameter") from error
