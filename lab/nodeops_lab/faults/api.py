# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the API that fail, are throttled or slow."""

from __future__ import annotations

from typing import Any, ClassVar

from .answers import FAIL, THROTTLE
from .kind import Argument, Kind, decimal, whole_number
from .places import Places
from .service_names import operations, signing_name
from .store import Fault


def call_of(text: str) -> str:
    """Return SERVICE or SERVICE:ACTION with the service's signing name.

    Raises:
        ValueError: there is no such service or action.
    """
    service, separator, action = text.partition(":")
    signed_for = signing_name(service)
    if signed_for is None:
        raise ValueError("names no service of AWS")
    if not separator:
        return signed_for
    if action not in operations(service):
        raise ValueError(f"names no action of {service}")
    return f"{signed_for}:{action}"


CALL = Argument("CALL", "SERVICE or SERVICE:ACTION, as ec2:RunInstances", call_of)
PROBABILITY = Argument("--probability", "of each call, up to 1 (%(default)s)", decimal(0.001, 1), 1.0)
COUNT = Argument("--count", "only the next so many calls (all)", whole_number(1, 1_000_000))


class ApiKind(Kind):
    """The API itself reads the faults in force (`middleware.py`); the lab's own calls are spared."""

    error: ClassVar[str | None]
    """What is answered, or None for the call's own answer."""
    without_machines = True

    def undo(self, fault: Fault, places: Places) -> None:
        """Nothing: the API reads that it is no more."""


class ApiFail(ApiKind):
    """An error of AWS's own: nothing was done, and a client may try again."""

    name = "api-fail"
    summary = "let calls to the API fail with an internal error, before they do anything"
    arguments = (CALL, PROBABILITY, COUNT)
    error = FAIL


class ApiThrottle(ApiKind):
    """Too many calls, by AWS's count."""

    name = "api-throttle"
    summary = "let the API throttle calls"
    arguments = (CALL, PROBABILITY, COUNT)
    error = THROTTLE


class ApiSlow(ApiKind):
    """Calls that do what they should, later."""

    name = "api-slow"
    summary = "delay calls to the API"
    arguments = (CALL, Argument("SECONDS", "of delay", decimal(0.01, 300)), PROBABILITY, COUNT)
    error = None


def concerns(arguments: dict[str, Any], service: str, operation: str) -> bool:
    """Return whether a fault's CALL means an operation of a service."""
    wanted, _, action = str(arguments["call"]).partition(":")
    return wanted == service and action in ("", operation)
