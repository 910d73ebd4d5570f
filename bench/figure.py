# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every figure of the benchmark has."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parent.parent


@dataclass
class Figure:
    """One figure: median seconds of some runs, beside those of a baseline and what nobody can be quicker than."""

    runs: list[float]
    baseline: list[float]
    limits: list[float]

    def as_dict(self) -> dict[str, Any]:
        """Return it as results.json has it."""
        value = statistics.median(self.runs)
        answer: dict[str, Any] = {"value": round(value, 2), "unit": "s", "runs": len(self.runs)}
        if self.baseline:
            baseline = statistics.median(self.baseline)
            answer |= {"baseline": round(baseline, 2), "ratio": round(value / baseline, 3)}
        if self.limits:
            limit = statistics.median(self.limits)
            answer |= {"limit": round(limit, 2), "over_limit": round(value - limit, 2)}
        return answer
