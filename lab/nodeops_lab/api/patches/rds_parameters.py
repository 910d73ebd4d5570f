# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service: when a parameter takes effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.rds import exceptions, models

from .. import database_engines
from ..aurora import orders
from ._registry import patch, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..settings import Settings


@patch
def static_parameter(_settings: Settings) -> None:
    """Refuse to apply a static parameter immediately.

    AWS: InvalidParameterCombination, "cannot use immediate apply method for static parameter"
    (https://github.com/hashicorp/terraform-provider-aws/issues/216). Moto: keeps it.
    """

    def check(parameters: Iterable[dict[str, Any]]) -> None:
        types = {item["ParameterName"]: item["ApplyType"] for item in database_engines.parameters([])}
        for parameter in parameters:
            if types.get(parameter["ParameterName"]) == "static" and parameter.get("ApplyMethod") == "immediate":
                raise exceptions.InvalidParameterCombination("cannot use immediate apply method for static parameter")

    modify_instance_group = models.RDSBackend.modify_db_parameter_group
    modify_cluster_group = models.RDSBackend.modify_db_cluster_parameter_group

    def modify_db_parameter_group(self: models.RDSBackend, name: str, parameters: list[dict[str, Any]]) -> Any:
        check(parameters)
        modified = modify_instance_group(self, name, parameters)
        orders.announce()
        return modified

    def modify_db_cluster_parameter_group(
        self: models.RDSBackend,
        db_cluster_parameter_group_name: str,
        db_cluster_parameter_group_parameters: list[dict[str, Any]],
    ) -> Any:
        check(db_cluster_parameter_group_parameters)
        modified = modify_cluster_group(self, db_cluster_parameter_group_name, db_cluster_parameter_group_parameters)
        orders.announce()
        return modified

    replace(models.RDSBackend, "modify_db_parameter_group", modify_db_parameter_group)
    replace(models.RDSBackend, "modify_db_cluster_parameter_group", modify_db_cluster_parameter_group)
