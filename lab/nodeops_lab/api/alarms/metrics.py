# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The samples that moto keeps, as :mod:`series` reads them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum

from .series import STANDARD_RESOLUTION, MetricKey, Sample

if TYPE_CHECKING:
    from moto.cloudwatch.models import CloudWatchBackend

KEPT_SECONDS = 3 * 24 * 3600
"""How long samples are kept; CloudWatch keeps those of high resolution for three hours, others longer, aggregated."""


def samples_of(backend: CloudWatchBackend, key: MetricKey, unit: str | None = None) -> Iterator[Sample]:
    """Yield the samples of one metric; `unit` restricts to those that were put with it, as AWS does."""
    for datum in backend.get_all_metrics():
        if datum.name != key.name or datum.namespace != key.namespace or (unit and datum.unit != unit):
            continue
        if frozenset((item.name, item.value) for item in datum.dimensions) == key.dimensions:
            yield sample_of(datum)


def sample_of(datum: Any) -> Sample:
    """Return moto's datum as a sample."""
    seconds = seconds_of(datum.timestamp)
    resolution = getattr(datum, "storage_resolution", STANDARD_RESOLUTION)
    if isinstance(datum, MetricAggregatedDatum):
        return Sample(seconds, datum.sum, datum.sample_count, datum.min, datum.max, datum.unit, resolution)
    assert isinstance(datum, MetricDatum)
    return Sample.single(seconds, datum.value, datum.unit, resolution)


def seconds_of(moment: datetime.datetime) -> float:
    """Return a moment as seconds since the epoch; moto's are naive and mean UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def forget(backend: CloudWatchBackend, now: float) -> None:
    """Drop the samples that are too old to be asked for."""
    backend.metric_data = [datum for datum in backend.metric_data if seconds_of(datum.timestamp) > now - KEPT_SECONDS]
