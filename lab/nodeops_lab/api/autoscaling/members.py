# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of a group, with the attributes that moto's answers and moto's other services read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .activities import Activity
from .hooks import Action

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance

COUNTED = ("Pending", "Pending:Wait", "Pending:Proceed", "InService")
"""Lifecycle states that count towards the desired capacity: neither standby nor on the way out."""
LEAVING = ("Terminating", "Terminating:Wait", "Terminating:Proceed", "Detaching")
ALIVE = ("pending", "running")
"""EC2's instance states in which an instance is, or is about to be, running."""


@dataclass(frozen=True)
class Source:
    """A version of a launch template."""

    template_id: str
    template_name: str
    version: int


@dataclass(eq=False)
class Member:
    """One instance of a group."""

    instance: Instance
    auto_scaling_group_name: str
    source: Source | None
    """What it was launched from; None for an instance that was attached."""
    protected_from_scale_in: bool = False
    lifecycle_state: str = "Pending"
    health_status: str = "Healthy"
    unhealthy_for: str = ""
    """Why it is unhealthy: one of activities.REASONS."""
    in_service_at: datetime | None = None
    actions: list[Action] = field(default_factory=list)
    activity: Activity | None = None
    """What the group does with it right now."""
    hooked: bool = True
    """Whether lifecycle hooks concern its present transition."""
    refresh_id: str | None = None
    """The instance refresh that launched it."""
    launch_configuration_name: None = None

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return str(self.instance.id)

    @property
    def instance_type(self) -> str:
        """The instance's type."""
        return str(self.instance.instance_type)

    @property
    def image_id(self) -> str:
        """The instance's image."""
        return str(self.instance.image_id)

    @property
    def availability_zone(self) -> str:
        """The zone of its subnet."""
        return str(self.instance.placement.zone)

    @property
    def launch_template(self) -> dict[str, Any] | None:
        """The version that it was launched with (API reference, Instance)."""
        if self.source is None:
            return None
        return {
            "LaunchTemplateId": self.source.template_id,
            "LaunchTemplateName": self.source.template_name,
            "Version": str(self.source.version),
        }

    @property
    def alive(self) -> bool:
        """Whether EC2 runs it."""
        return self.instance.state in ALIVE

    @property
    def counted(self) -> bool:
        """Whether it is part of the group's capacity."""
        return self.lifecycle_state in COUNTED

    @property
    def busy(self) -> bool:
        """Whether an activity about it is in progress."""
        return self.activity is not None and self.activity.end_time is None

    @property
    def details(self) -> dict[str, str | None]:
        """Where it runs, for its activities."""
        return {"Subnet ID": self.instance.subnet_id, "Availability Zone": self.availability_zone}
