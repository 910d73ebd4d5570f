# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Word that the region's instances have changed, so that the next round need not wait for its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import InstanceBackend

OPERATIONS = ("run_instances", "start_instances", "stop_instances", "terminate_instances")


def watch(changed: Callable[[], None]) -> None:
    """Call `changed` whenever this process's API has launched, started, stopped or terminated an instance."""
    for name in OPERATIONS:
        setattr(InstanceBackend, name, _alerting(getattr(InstanceBackend, name), changed))


def _alerting(original: Callable[..., Any], changed: Callable[[], None]) -> Callable[..., Any]:
    def change(*arguments: Any, **named: Any) -> Any:
        # Called last: the round that it starts waits for the request, which holds the lock, to end.
        answer = original(*arguments, **named)
        changed()
        return answer

    return change
