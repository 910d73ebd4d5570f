# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab that all tests of this directory share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from nodeops_lab.settings import LabSettings

from .live_lab import NAME, OPTIONS, LiveLab, lab


@pytest.fixture(scope="session")
def live() -> Iterator[LiveLab]:
    """A lab from up to down."""
    lab("down")
    lab("up", *OPTIONS)
    try:
        yield LiveLab(LabSettings.load(NAME))
    finally:
        lab("down")


@pytest.fixture(autouse=True)
def _no_errors(live: LiveLab) -> Iterator[None]:
    """No test may leave the reconciler with an error that it does not heal by itself."""
    yield
    lab("wait")
    assert live.report()["errors"] == {}
