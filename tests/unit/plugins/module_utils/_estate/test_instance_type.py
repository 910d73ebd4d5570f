# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import instance_type

# (name, burstable, arm, vCPU, GiB)
TEST_PARSE: list[tuple[str, bool, bool, int | None, float | None]] = [
    ("m6i.large", False, False, 2, 8),
    ("m7i-flex.large", False, False, 2, 8),
    ("c6i.large", False, False, 2, 4),
    ("c4.large", False, False, 2, 3.75),
    ("r6a.2xlarge", False, False, 8, 64),
    ("m7a.medium", False, False, 1, 4),
    ("t3.micro", True, False, 2, 1),
    ("t3a.2xlarge", True, False, 8, 32),
    ("t4g.small", True, True, 2, 2),
    ("m6g.large", False, True, 2, 8),
    ("c7gn.xlarge", False, True, 4, 8),
    ("a1.large", False, True, 2, None),
    ("im4gn.large", False, True, 2, None),
    ("g5g.xlarge", False, True, 4, None),
    ("g4dn.xlarge", False, False, 4, None),
    ("m5.metal", False, False, None, None),
    ("m1.small", False, False, 1, None),
]


@pytest.mark.parametrize(("name", "burstable", "arm", "cpus", "memory"), TEST_PARSE)
def test_parse(name: str, burstable: bool, arm: bool, cpus: int | None, memory: float | None) -> None:
    assert instance_type.parse(name) == instance_type.InstanceType(burstable, arm, cpus, memory)


@pytest.mark.parametrize("name", ["", "large", "m6i", "m6i.", "M6I.LARGE", "m6i large", "db.r6g.large"])
def test_parse_of_something_else(name: str) -> None:
    assert instance_type.parse(name) is None
