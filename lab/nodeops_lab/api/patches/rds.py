# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relational Database Service."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto.rds import exceptions, models

from .. import database_engines
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings


@patch
def unknown_parameter_group(_settings: Settings) -> None:
    """Say that a parameter group does not exist.

    AWS: DescribeDBParameterGroups of an unknown name is DBParameterGroupNotFound (API reference). Moto: an empty
    list, on which amazon.aws's rds_instance_param_group fails.
    """
    original = models.RDSBackend.describe_db_parameter_groups

    def describe_db_parameter_groups(
        self: models.RDSBackend, db_parameter_group_kwargs: dict[str, Any]
    ) -> list[models.DBParameterGroup]:
        groups = original(self, db_parameter_group_kwargs)
        name = db_parameter_group_kwargs.get("db_parameter_group_name")
        if name and not groups:
            raise exceptions.DBParameterGroupNotFoundError(name)
        return groups

    replace(models.RDSBackend, "describe_db_parameter_groups", describe_db_parameter_groups)


def check_changes(check: Callable[[Iterable[dict[str, Any]]], None]) -> None:
    """Let `check` see the parameters of every change of a parameter group first; what it raises refuses the change."""
    modify_instance_group = models.RDSBackend.modify_db_parameter_group
    modify_cluster_group = models.RDSBackend.modify_db_cluster_parameter_group

    def modify_db_parameter_group(self: models.RDSBackend, name: str, parameters: list[dict[str, Any]]) -> Any:
        check(parameters)
        return modify_instance_group(self, name, parameters)

    def modify_db_cluster_parameter_group(
        self: models.RDSBackend,
        db_cluster_parameter_group_name: str,
        db_cluster_parameter_group_parameters: list[dict[str, Any]],
    ) -> Any:
        check(db_cluster_parameter_group_parameters)
        return modify_cluster_group(self, db_cluster_parameter_group_name, db_cluster_parameter_group_parameters)

    replace(models.RDSBackend, "modify_db_parameter_group", modify_db_parameter_group)
    replace(models.RDSBackend, "modify_db_cluster_parameter_group", modify_db_cluster_parameter_group)


@patch
def unknown_parameter(_settings: Settings) -> None:
    """Refuse to set a parameter that does not exist.

    AWS: InvalidParameterValue, "Could not find parameter with name: x" (seen through amazon.aws). Moto: keeps it.
    """

    def check(parameters: Iterable[dict[str, Any]]) -> None:
        for parameter in parameters:
            if parameter["ParameterName"] not in database_engines.PARAMETERS:
                raise exceptions.InvalidParameterValue(
                    f"Could not find parameter with name: {parameter['ParameterName']}"
                )

    check_changes(check)


@patch
def cluster_defaults(_settings: Settings) -> None:
    """Create clusters of versions that exist, with Aurora's defaults.

    AWS: an unknown version is InvalidParameterCombination, "Cannot find version x for aurora-postgresql"; the default
    parameter group is that of the version's family, the default version a current one. Moto: any version, 12.7
    by default, and default.aurora8.0 as parameter group.
    """
    original = models.RDSBackend.create_db_cluster

    def create_db_cluster(self: models.RDSBackend, kwargs: dict[str, Any]) -> models.DBCluster:
        if kwargs.get("engine") == database_engines.ENGINE:
            version = kwargs.get("engine_version") or database_engines.DEFAULT_VERSION
            if version not in database_engines.VERSIONS:
                raise exceptions.InvalidParameterCombination(
                    f"Cannot find version {version} for {database_engines.ENGINE}"
                )
            kwargs["engine_version"] = version
            if not kwargs.get("db_cluster_parameter_group_name"):
                kwargs["db_cluster_parameter_group_name"] = f"default.{database_engines.family(version)}"
        return original(self, kwargs)

    replace(models.RDSBackend, "create_db_cluster", create_db_cluster)
