# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling: what the lab does not emulate, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.autoscaling import responses
from moto.core.responses import ActionResult

from ..autoscaling.errors import not_emulated
from ._registry import patch, replace

if TYPE_CHECKING:
    from ..settings import Settings

    Response = responses.AutoScalingResponse

OPERATIONS = {
    "attach_load_balancers": "AttachLoadBalancers: Classic Load Balancers",
    "create_launch_configuration": "CreateLaunchConfiguration, which AWS no longer offers to new accounts",
    "batch_put_scheduled_update_group_action": "scheduled actions",
    "put_scheduled_update_group_action": "scheduled actions",
    "put_scaling_policy": "scaling policies",
    "execute_policy": "scaling policies",
    "put_warm_pool": "warm pools",
}
"""Operations that moto pretends to have: it keeps what it is told, and nothing follows."""

HARMLESS: dict[str, Any] = {
    "CapacityRebalance": False,
    "DeletionProtection": "none",
    "DesiredCapacityType": "units",
    "MaxInstanceLifetime": 0,
}
"""Parameters with the value that asks for nothing."""
PARAMETERS = (
    "AvailabilityZoneDistribution",
    "AvailabilityZoneIds",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityRebalance",
    "CapacityReservationSpecification",
    "Context",
    "DeletionProtection",
    "DesiredCapacityType",
    "InstanceId",
    "InstanceLifecyclePolicy",
    "InstanceMaintenancePolicy",
    "LaunchConfigurationName",
    "LoadBalancerNames",
    "MaxInstanceLifetime",
    "MixedInstancesPolicy",
    "Operator",
    "PlacementGroup",
    "ServiceLinkedRoleARN",
    "SkipZonalShiftValidation",
    "TrafficSources",
)
"""Parameters of CreateAutoScalingGroup and UpdateAutoScalingGroup of which nothing would follow."""
HEALTH_CHECKS = ("EC2", "ELB")


@patch
def operations(_settings: Settings) -> None:
    """Answer NotImplemented to what nothing would follow from.

    AWS: scales by alarms and schedules, keeps warm pools. Moto: keeps policies, schedules and warm pools, and never
    acts on them. What describes them keeps answering, truly: there are none.
    """

    def refusing(what: str) -> Callable[[Response], ActionResult]:
        def refuse(_self: Response) -> ActionResult:
            raise not_emulated(what)

        return refuse

    for name, what in OPERATIONS.items():
        replace(responses.AutoScalingResponse, name, refusing(what))


@patch
def parameters(_settings: Settings) -> None:
    """Answer NotImplemented to a group's settings that nothing would follow from.

    AWS: heeds them. Moto: ignores or keeps them. Health checks by EBS and VPC Lattice are among them.
    """

    def refusing(name: str) -> Callable[[Response], ActionResult]:
        original: Callable[[Response], ActionResult] = getattr(responses.AutoScalingResponse, name)

        def refuse(self: Response) -> ActionResult:
            for parameter in PARAMETERS:
                value = self._get_param(parameter)
                if value and value != HARMLESS.get(parameter):
                    raise not_emulated(f"Auto Scaling groups with {parameter}")
            for check in str(self._get_param("HealthCheckType") or "EC2").split(","):
                if check not in HEALTH_CHECKS:
                    raise not_emulated(f"health checks of the type {check}")
            return original(self)

        return refuse

    for name in ("create_auto_scaling_group", "update_auto_scaling_group"):
        replace(responses.AutoScalingResponse, name, refusing(name))
