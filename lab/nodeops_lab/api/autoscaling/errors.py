# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of Auto Scaling, with AWS's codes and words."""

from __future__ import annotations

from moto.autoscaling.exceptions import AutoscalingClientError

from ..errors import NotEmulatedError

GroupError = AutoscalingClientError


def invalid(message: str) -> GroupError:
    """Return a ValidationError."""
    return GroupError("ValidationError", message)


def not_emulated(what: str) -> NotEmulatedError:
    """Return the answer to what AWS does and the lab does not; ``what`` holds no values of the request."""
    return NotEmulatedError(what)


def in_progress(activity_id: str) -> GroupError:
    """Return the answer to a request that an activity stands in the way of."""
    return GroupError(
        "ScalingActivityInProgress", f"Scaling activity {activity_id} is in progress and blocks this action"
    )


def no_group(name: str) -> GroupError:
    """Return the answer to a request about a group that does not exist."""
    return invalid(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")


def no_instance(instance_id: str) -> GroupError:
    """Return the answer to a request about an instance of no group."""
    return invalid(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


def sizes_in_the_way(name: str, minimum: int, maximum: int, desired: int, aim: str, count: int) -> GroupError:
    """Return the answer to a change of ``count`` instances that the group's limits do not allow."""
    noun = "instance" if count == 1 else "instances"
    return invalid(
        f"AutoScalingGroup {name} has min-size={minimum}, max-size={maximum}, and desired-size={desired}. "
        f"To {aim} {count} {noun}, please update the AutoScalingGroup sizes appropriately."
    )
