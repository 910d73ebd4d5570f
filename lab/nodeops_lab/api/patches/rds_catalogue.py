# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS: what it offers. Engine versions, instance classes, parameters and their defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.rds import exceptions, models, responses

from .. import database_engines
from ..errors import NotEmulatedError
from ._registry import add, patch, replace
from .rds import check_changes

if TYPE_CHECKING:
    from ..settings import Settings

DEFAULT_GROUP = "default."
OTHER_ENGINES = (
    *("aurora-mysql", "custom-", "db2-", "docdb", "mariadb", "mysql", "neptune", "oracle-", "postgres", "sqlserver-"),
)


def check_engine(engine: str | None) -> None:
    """Refuse an engine that does not exist, or whose offers the lab does not know.

    Raises:
        InvalidParameterValue: there is none of this name.
        NotEmulatedError: AWS has it.
    """
    if not engine or engine == database_engines.ENGINE:
        return
    if engine.startswith(OTHER_ENGINES):
        raise NotEmulatedError(f"the database engine {engine}")
    raise exceptions.InvalidParameterValue(f"Unrecognized engine name: {engine}")


def family_of_default_group(name: str) -> str | None:
    """Return the family of a default parameter group's name, else None."""
    family = name.removeprefix(DEFAULT_GROUP)
    return family if name.startswith(DEFAULT_GROUP) and family in database_engines.FAMILIES else None


@patch
def default_parameters(_settings: Settings) -> None:
    """Describe all parameters of a parameter group, defaults included; and the default groups themselves.

    AWS: DescribeDBParameters and DescribeDBClusterParameters list every parameter, on request those of one source only
    (API reference); each family has a default group (user guide, "Default parameter groups"). Moto: only those that
    were changed, so amazon.aws's rds_cluster_param_group cannot find the one that it should set.
    """
    describe_cluster = models.RDSBackend.describe_db_cluster_parameters

    def chosen(response: responses.RDSResponse, changed: Iterable[dict[str, Any]]) -> ActionResult:
        source = response.params.get("Source")
        listed = database_engines.parameters(changed)
        return ActionResult({"Parameters": [item for item in listed if source in (None, item["Source"])]})

    def describe_db_cluster_parameters(self: responses.RDSResponse) -> ActionResult:
        name = self.params["DBClusterParameterGroupName"]
        return chosen(self, [] if family_of_default_group(name) else describe_cluster(self.backend, name))

    def describe_db_parameters(self: responses.RDSResponse) -> ActionResult:
        name = self.params["DBParameterGroupName"]
        if family_of_default_group(name):
            return chosen(self, [])
        groups = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
        if not groups:
            raise exceptions.DBParameterGroupNotFoundError(name)
        return chosen(self, groups[0].parameters.values())

    replace(responses.RDSResponse, "describe_db_cluster_parameters", describe_db_cluster_parameters)
    replace(responses.RDSResponse, "describe_db_parameters", describe_db_parameters)


@patch
def allowed_values(_settings: Settings) -> None:
    """Refuse a value that a parameter does not take.

    AWS: InvalidParameterValue for what AllowedValues does not hold (API reference, Parameter). Moto: keeps it.
    """

    def check(parameters: Iterable[dict[str, Any]]) -> None:
        for parameter in parameters:
            name, value = parameter["ParameterName"], str(parameter.get("ParameterValue", ""))
            if name in database_engines.PARAMETERS and not database_engines.is_allowed(name, value):
                allowed = database_engines.PARAMETERS[name][3]
                raise exceptions.InvalidParameterValue(
                    f"Invalid parameter value: {value} for: {name} allowed values are: {allowed}"
                )

    check_changes(check)


@patch
def engine_defaults(_settings: Settings) -> None:
    """Describe the defaults of a family's parameters.

    AWS: DescribeEngineDefaultParameters and DescribeEngineDefaultClusterParameters (API reference). Moto: neither.
    """

    def describe(self: responses.RDSResponse) -> ActionResult:
        family = self.params["DBParameterGroupFamily"]
        if family not in database_engines.FAMILIES:
            check_engine(family.rstrip("0123456789."))
            raise exceptions.InvalidParameterValue(
                f"ParameterGroupFamily {family} is not a valid parameter group family"
            )
        listed = database_engines.parameters([])
        return ActionResult({"EngineDefaults": {"DBParameterGroupFamily": family, "Parameters": listed}})

    add(responses.RDSResponse, "describe_engine_default_parameters", describe)
    add(responses.RDSResponse, "describe_engine_default_cluster_parameters", describe)


@patch
def engine_versions(_settings: Settings) -> None:
    """Describe the versions of Aurora PostgreSQL.

    AWS: DescribeDBEngineVersions (API reference). Moto: not implemented. Other engines are refused here.
    """
    filters = {
        "db-parameter-group-family": "DBParameterGroupFamily",
        "engine": "Engine",
        "engine-version": "EngineVersion",
        "status": "Status",
    }

    def describe_db_engine_versions(self: responses.RDSResponse) -> ActionResult:
        check_engine(self.params.get("Engine"))
        described = [database_engines.describe(version) for version in database_engines.VERSIONS]
        wanted = {key: [self.params.get(key)] for key in ("EngineVersion", "DBParameterGroupFamily")}
        for item in self.params.get("Filters") or []:
            if item["Name"] == "engine-mode":
                described = described if "provisioned" in item["Values"] else []
            elif item["Name"] not in filters:
                raise exceptions.InvalidParameterValue(f"Unrecognized filter name: {item['Name']}")
            else:
                described = [version for version in described if version[filters[item["Name"]]] in item["Values"]]
        for key, (value,) in wanted.items():
            if value:
                # "16" asks for every 16.x.
                described = [
                    version
                    for version in described
                    if version[key] == value or (key == "EngineVersion" and version[key].startswith(f"{value}."))
                ]
        if self.params.get("DefaultOnly"):
            described = _defaults(described, bool(self.params.get("EngineVersion")))
        return ActionResult({"DBEngineVersions": described})

    add(responses.RDSResponse, "describe_db_engine_versions", describe_db_engine_versions)


def _defaults(described: list[dict[str, Any]], of_major: bool) -> list[dict[str, Any]]:
    """Return the default among versions: the engine's, or of a major version its newest here."""
    known = [version for version in described if version["EngineVersion"] == database_engines.DEFAULT_VERSION]
    return known or (described[-1:] if of_major else [])


@patch
def orderable_options(_settings: Settings) -> None:
    """Describe how instances of Aurora PostgreSQL can be ordered.

    AWS: DescribeOrderableDBInstanceOptions (API reference), by engine, version and class. Moto: a list without the
    versions that the lab has, and the class is not asked for.
    """

    def describe_orderable_db_instance_options(self: responses.RDSResponse) -> ActionResult:
        check_engine(self.params["Engine"])
        version, wanted = self.params.get("EngineVersion"), self.params.get("DBInstanceClass")
        versions = [item for item in database_engines.VERSIONS if version in (None, item)]
        classes = [item for item in database_engines.CLASSES if wanted in (None, item)]
        zones = [f"{self.region}{letter}" for letter in "abc"]
        options = [
            option for item in versions for name in classes for option in database_engines.orderable(item, name, zones)
        ]
        return PaginatedResult({"OrderableDBInstanceOptions": options})

    replace(responses.RDSResponse, "describe_orderable_db_instance_options", describe_orderable_db_instance_options)


@patch
def pending_maintenance(_settings: Settings) -> None:
    """Tell that no maintenance is pending.

    AWS: DescribePendingMaintenanceActions lists the resources for which some is (API reference). Moto: not implemented.
    The lab never has any.
    """

    def describe_pending_maintenance_actions(self: responses.RDSResponse) -> ActionResult:
        return ActionResult({"PendingMaintenanceActions": []})

    add(responses.RDSResponse, "describe_pending_maintenance_actions", describe_pending_maintenance_actions)
