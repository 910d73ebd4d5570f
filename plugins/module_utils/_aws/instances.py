# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells Auto Scaling about an instance."""

from __future__ import annotations

from typing import Any

from .errors import explain


def report_unhealthy(autoscaling: Any, instance_id: str) -> None:
    """Let Auto Scaling replace an instance, but not within its grace period; raises AwsError."""
    try:
        autoscaling.set_instance_health(InstanceId=instance_id, HealthStatus="Unhealthy", ShouldRespectGracePeriod=True)
    except Exception as error:  # whatever boto3 raises is told in the operator's words
        raise explain(
            error, f"tell Auto Scaling that {instance_id} is unhealthy", "autoscaling:SetInstanceHealth"
        ) from error
