# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: what an instance's life goes through, and who may end it."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidParameterCombination,
    InvalidParameterValueError,
    OperationNotPermitted4,
)
from moto.ec2.models import instances
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import parse_user_data

from .. import machine
from ._registry import patch, replace

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend

    from ..settings import Settings

FLAGS = frozenset({"disable_api_stop", "disable_api_termination", "ebs_optimized", "source_dest_check"})
WHILE_STOPPED = frozenset({"instance_type", "kernel", "ramdisk", "user_data"})
"""Attributes that AWS changes on a stopped instance only (API reference, ModifyInstanceAttribute)."""
SHUTDOWN_BEHAVIOURS = ("stop", "terminate")


class IncorrectInstanceStateError(EC2ClientError):
    """What EC2 answers when an instance's state does not allow what was asked for."""

    def __init__(self, message: str) -> None:
        super().__init__("IncorrectInstanceState", message)


@patch
def transitions(_settings: Settings) -> None:
    """Lead instances through the states that AWS leads them through.

    AWS: pending until the instance runs, stopping until it has shut down, shutting-down until it is gone; a terminated
    instance never starts, only a running one reboots, and one that has never run cannot be stopped (EC2 user guide,
    "Amazon EC2 instance state changes"; error codes, IncorrectInstanceState). Starting again sets the launch time
    (API reference, Instance.LaunchTime). Moto: every state at once and from every state, so that a terminated
    instance can be started.
    """
    initialize, start = instances.Instance.__init__, instances.Instance.start
    stop, terminate = instances.Instance.stop, instances.Instance.terminate
    reboot = instances.Instance.reboot
    started_again: WeakSet[instances.Instance] = WeakSet()

    def initialize_pending(self: instances.Instance, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        if machine.followed():
            machine.set_state(self, "pending")

    def same(instance: instances.Instance) -> instances.InstanceState:
        return instances.InstanceState(instance.state, instance.state_code)

    def start_if_stopped(self: instances.Instance) -> instances.InstanceState:
        if self.state in ("pending", "running"):
            return same(self)
        if self.state != "stopped":
            raise IncorrectInstanceStateError(
                f"The instance '{self.id}' is not in a state from which it can be started."
            )
        previous = start(self)
        self.launch_time = utcnow()
        started_again.add(self)
        if machine.followed():
            machine.set_state(self, "pending")
        return previous

    def stop_if_running(self: instances.Instance) -> instances.InstanceState:
        if self.state in ("stopping", "stopped"):
            return same(self)
        if self.state == "pending" and self not in started_again:
            raise IncorrectInstanceStateError(
                f"Instance '{self.id}' cannot be stopped as it has never reached the 'running' state."
            )
        if self.state not in ("pending", "running"):
            raise IncorrectInstanceStateError(
                f"This instance '{self.id}' is not in a state from which it can be stopped."
            )
        previous = stop(self)
        if machine.followed():
            machine.set_state(self, "stopping")
        return previous

    def terminate_once(self: instances.Instance) -> instances.InstanceState:
        if self.state in ("shutting-down", "terminated"):
            return same(self)
        previous = terminate(self)
        if machine.followed():
            machine.set_state(self, "shutting-down")
        return previous

    def reboot_if_running(self: instances.Instance) -> None:
        if self.state != "running":
            raise IncorrectInstanceStateError(f"The instance '{self.id}' is not in the 'running' state.")
        reboot(self)

    replace(instances.Instance, "__init__", initialize_pending)
    replace(instances.Instance, "start", start_if_stopped)
    replace(instances.Instance, "stop", stop_if_running)
    replace(instances.Instance, "terminate", terminate_once)
    replace(instances.Instance, "reboot", reboot_if_running)


@patch
def status_checks(_settings: Settings) -> None:
    """Tell what the status checks find.

    AWS: a running instance's checks are "initializing" at first, then "ok"; the instance check is "impaired" while
    its system does not respond, with the time since when (EC2 user guide, "Status checks for your instances").
    Moto: always "ok".
    """

    def summary(instance: instances.Instance, of_the_system: bool) -> dict[str, Any]:
        if instance.state != "running":
            return {"Status": "not-applicable"}
        health = machine.health(instance.id)
        # The hardware beneath a host whose system died is well.
        status = machine.OK if of_the_system and health.status == machine.IMPAIRED else health.status
        result = {machine.OK: "passed", machine.IMPAIRED: "failed"}.get(status, status)
        detail: dict[str, Any] = {"Name": "reachability", "Status": result}
        if status == machine.IMPAIRED:
            detail["ImpairedSince"] = health.since
        return {"Status": status, "Details": [detail]}

    replace(instances.Instance, "instance_status", property(lambda self: summary(self, of_the_system=False)))
    replace(instances.Instance, "system_status", property(lambda self: summary(self, of_the_system=True)))


@patch
def termination_protection(_settings: Settings) -> None:
    """Refuse to terminate protected instances, and those of the same zone with them.

    AWS: a request that names a protected instance fails; instances in other availability zones are terminated all
    the same (API reference, TerminateInstances). RunInstances takes DisableApiTermination. Auto Scaling terminates
    protected instances nevertheless (EC2 user guide, "Change instance termination protection"). Moto: ignores the
    parameter, terminates what comes before the protected instance, and holds up Auto Scaling.
    """
    run_instances, terminate = InstanceResponse.run_instances, InstanceResponse.terminate_instances

    def run_protected(self: InstanceResponse) -> ActionResult:
        answer = run_instances(self)
        reservation: Any = answer.result
        if self._get_bool_param("DisableApiTermination", False):
            for instance in reservation.instances:
                instance.disable_api_termination = True
        return answer

    def terminate_unless_protected(self: InstanceResponse) -> ActionResult:
        named = self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", []))
        alive = [instance for instance in named if instance.state not in ("shutting-down", "terminated")]
        protected = [instance for instance in alive if instance.disable_api_termination]
        if not protected:
            return terminate(self)
        zones = {instance.availability_zone for instance in protected}
        for instance in alive:
            if instance.availability_zone not in zones:
                machine.terminate(self.ec2_backend.region_name, instance)
        raise OperationNotPermitted4(protected[0].id)

    def terminate_all(self: EC2Backend, instance_ids: list[str]) -> list[Any]:
        if not instance_ids:
            raise InvalidParameterCombination("No instances specified")
        found = self.get_multi_instances_by_id(instance_ids)
        return [(instance, instance.terminate()) for instance in found]

    replace(InstanceResponse, "run_instances", run_protected)
    replace(InstanceResponse, "terminate_instances", terminate_unless_protected)
    replace(instances.InstanceBackend, "terminate_instances", terminate_all)


@patch
def attributes(_settings: Settings) -> None:
    """Change an instance's attributes where AWS allows it, as the types that they have.

    AWS: InstanceInitiatedShutdownBehavior is "stop" or "terminate"; user data, type, kernel and RAM disk change while
    the instance is stopped, else IncorrectInstanceState (API reference, ModifyInstanceAttribute; error codes). Moto:
    has no InstanceInitiatedShutdownBehavior of this form, keeps "true" as a text that protects nothing, changes a
    running instance's user data, and takes its base64 off twice.
    """
    modify = instances.InstanceBackend.modify_instance_attribute
    handle = InstanceResponse._dot_value_instance_attribute_handler

    def modify_instance_attribute(
        self: instances.InstanceBackend, instance_id: str, key: str, value: Any
    ) -> instances.Instance:
        instance = self.get_instance(instance_id)
        if key in WHILE_STOPPED and instance.state != "stopped":
            raise IncorrectInstanceStateError(f"The instance '{instance_id}' is not in the 'stopped' state.")
        if key == "instance_initiated_shutdown_behavior" and value not in SHUTDOWN_BEHAVIOURS:
            raise InvalidParameterValueError(str(value))
        if key in FLAGS:
            value = str(value).lower() == "true"
        if key == "user_data" and isinstance(value, str):
            value = parse_user_data(value)
        return modify(self, instance_id, key, value)

    def handle_dot_value(self: InstanceResponse) -> bool:
        behaviour = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        user_data = self._get_param("UserData.Value")
        if behaviour is None and user_data is None:
            return handle(self)
        self.error_on_dryrun()
        change = partial(self.ec2_backend.modify_instance_attribute, self._get_param("InstanceId"))
        if behaviour is not None:
            change("instance_initiated_shutdown_behavior", behaviour)
        else:
            # Decoded already, as the request's model says.
            change("user_data", parse_user_data(base64.b64encode(user_data)))
        return True

    replace(instances.InstanceBackend, "modify_instance_attribute", modify_instance_attribute)
    replace(InstanceResponse, "_dot_value_instance_attribute_handler", handle_dot_value)
