# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts follow their instances."""

from __future__ import annotations

import pytest

from .live_lab import LiveLab

pytestmark = pytest.mark.lab


def test_a_launched_instance_is_reached_under_the_key_that_its_console_told(live: LiveLab) -> None:
    host = live.launch()
    assert host.run("systemctl is-system-running") == "running"
    live.terminate(host)
    assert not host.reachable()
