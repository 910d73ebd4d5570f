# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Word that the region's instances have changed, so that the next round need not wait for its time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import InstanceBackend

CHANGED = threading.Event()
"""Set when an instance was launched, started, stopped or terminated; the reconciler clears it."""

OPERATIONS = ("run_instances", "start_instances", "stop_instances", "terminate_instances")


def watch() -> None:
    """Give word of what this process's API does to instances from now on."""
    for name in OPERATIONS:
        setattr(InstanceBackend, name, _alerting(getattr(InstanceBackend, name)))


def _alerting(original: Callable[..., Any]) -> Callable[..., Any]:
    def change(*arguments: Any, **named: Any) -> Any:
        # Set last: the round that it starts waits for the request, which holds the lock, to end.
        answer = original(*arguments, **named)
        CHANGED.set()
        return answer

    return change
