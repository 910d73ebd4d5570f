# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datapoints of metrics: pure functions over the samples that were put.

CloudWatch aggregates the samples of each period; those of a metric of standard resolution belong to their minute
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STANDARD_RESOLUTION = 60
"""Seconds."""
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

Series = list[float | None]
"""One value per period of a timeline, the earliest first; None where the metric has no data."""


@dataclass(frozen=True)
class MetricKey:
    """What makes a metric: CloudWatch treats each combination of dimensions as a metric of its own."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> MetricKey:
        """Return the key of a metric as requests name it."""
        return cls(namespace, name, frozenset((item["Name"], item["Value"]) for item in dimensions))


@dataclass(frozen=True)
class Sample:
    """One value, or one statistic set, that was put."""

    seconds: float
    """Time since the epoch, as given."""
    total: float
    count: float = 1.0
    minimum: float = 0.0
    maximum: float = 0.0
    unit: str | None = None
    resolution: int = STANDARD_RESOLUTION

    @classmethod
    def single(cls, seconds: float, value: float, unit: str | None = None, resolution: int = 60) -> Sample:
        """Return the sample of a single value."""
        return cls(seconds, value, 1.0, value, value, unit, resolution)

    @property
    def stored_at(self) -> float:
        """The time that the sample counts for."""
        return self.seconds // self.resolution * self.resolution


@dataclass(frozen=True)
class Timeline:
    """Consecutive periods."""

    start: float
    """Seconds since the epoch."""
    period: int
    """Seconds."""
    length: int

    @property
    def times(self) -> list[float]:
        """The start of each period."""
        return [self.start + index * self.period for index in range(self.length)]

    @classmethod
    def until(cls, now: float, period: int, length: int) -> Timeline:
        """Return the last periods that are over.

        An alarm is evaluated every minute, one of high resolution every ten seconds; its periods end there.
        """
        step = STANDARD_RESOLUTION if period >= STANDARD_RESOLUTION else 10
        return cls(now // step * step - length * period, period, length)

    @classmethod
    def between(cls, start: float, end: float, period: int) -> Timeline:
        """Return the periods of a request for metrics, which begin at a whole minute or at the period's seconds."""
        step = min(period, STANDARD_RESOLUTION)
        first = start // step * step
        return cls(first, period, max(0, math.ceil((end - first) / period)))


def percentile_of(statistic: str) -> float | None:
    """Return the percentile that an extended statistic like p99 or p99.9 names, else None."""
    if not statistic.startswith("p"):
        return None
    try:
        value = float(statistic[1:])
    except ValueError:
        return None
    return value if 0.0 <= value <= 100.0 else None


def is_statistic(statistic: str) -> bool:
    """Return whether the lab can compute a statistic: the five plain ones and percentiles."""
    return statistic in STATISTICS or percentile_of(statistic) is not None


def statistic_of(samples: Sequence[Sample], statistic: str) -> float | None:
    """Return a statistic of one period's samples, None if there are none.

    Percentiles of statistic sets exist only where all their values are equal (API reference, StatisticSet).
    """
    count = sum(sample.count for sample in samples)
    if not samples or not count:
        return None
    match statistic:
        case "SampleCount":
            return count
        case "Sum":
            return sum(sample.total for sample in samples)
        case "Average":
            return sum(sample.total for sample in samples) / count
        case "Minimum":
            return min(sample.minimum for sample in samples)
        case "Maximum":
            return max(sample.maximum for sample in samples)
    fraction = percentile_of(statistic)
    if fraction is None:
        raise ValueError(f"no such statistic: {statistic}")
    if any(sample.minimum != sample.maximum for sample in samples):
        return None
    values = sorted(value for sample in samples for value in [sample.minimum] * max(1, int(sample.count)))
    position = (len(values) - 1) * fraction / 100.0
    lower = math.floor(position)
    upper = min(lower + 1, len(values) - 1)
    return values[lower] + (values[upper] - values[lower]) * (position - lower)


def by_period(samples: Iterable[Sample], timeline: Timeline) -> list[list[Sample]]:
    """Return the samples of each period."""
    buckets: list[list[Sample]] = [[] for _ in range(timeline.length)]
    for sample in samples:
        index = math.floor((sample.stored_at - timeline.start) / timeline.period)
        if 0 <= index < timeline.length:
            buckets[index].append(sample)
    return buckets


def series_of(samples: Iterable[Sample], timeline: Timeline, statistic: str) -> Series:
    """Return a statistic of each period."""
    return [statistic_of(bucket, statistic) for bucket in by_period(samples, timeline)]
