# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role that was just made: IAM needs some seconds to make it known everywhere, and services refuse it until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

PAUSE_SECONDS = 5.0

Answer = TypeVar("Answer")


class Clock(Protocol):
    """What this needs of the module time."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> Any: ...


def until_known(
    call: Callable[[], Answer], is_unknown: Callable[[Exception], bool], seconds: float, clock: Clock
) -> Answer:
    """What a call answers; for so many seconds it is made again where its error may mean that the role is unknown."""
    deadline = clock.monotonic() + seconds
    while True:
        try:
            return call()
        except Exception as error:
            if not is_unknown(error) or clock.monotonic() + PAUSE_SECONDS > deadline:
                raise
        clock.sleep(PAUSE_SECONDS)
