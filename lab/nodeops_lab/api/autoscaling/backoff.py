# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a group waits after a launch that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 60.0


@dataclass
class Backoff:
    """Pauses that double with every failure in a row.

    AWS retries failed launches at a rate that it does not publish, and limits it when lifecycle hooks fail
    consistently (user guide, "Considerations and limitations for lifecycle hooks"). The seconds are the lab's.
    """

    failures: int = 0
    not_before: datetime | None = None

    def failed(self, now: datetime) -> None:
        """Note a failure."""
        pause = min(FIRST_SECONDS * 2**self.failures, LONGEST_SECONDS)
        self.failures += 1
        self.not_before = now + timedelta(seconds=pause)

    def over(self, now: datetime) -> bool:
        """Return whether the next attempt may be made."""
        return self.not_before is None or now >= self.not_before

    def reset(self) -> None:
        """Forget the failures: a launch succeeded, or the group was changed."""
        self.failures = 0
        self.not_before = None
