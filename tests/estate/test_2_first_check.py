# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode before the first run says what would be made, and makes nothing."""

from __future__ import annotations

import re

import pytest
from readers import READERS, look
from region import Region


@pytest.mark.parametrize(
    ("name", "playbook"),
    [
        ("checked", "site.yml"),
        # The first part of it, by itself.
        pytest.param("checked-part", "playbooks/estate.yml", marks=pytest.mark.long),
    ],
)
def test_a_check_before_the_first_run_makes_nothing(region: Region, name: str, playbook: str) -> None:
    estate = region.estate(name)
    run = estate.run(playbook, "--check").succeeded()
    words = re.sub(r"\s+", " ", run.output)
    assert f"Would create estate {name} in {region.name} of account " in words
    for thing in ("network with two public and two private subnets", "Aurora PostgreSQL", "two node hosts", "record"):
        assert thing in words
    assert run.changed == ["Say what a first run would create"]
    # The kind `parameter` has the record and the lock.
    assert {kind: sorted(found) for kind in READERS if (found := look(region, name, kind))} == {}
    assert not (estate.directory / "ssh").exists()
