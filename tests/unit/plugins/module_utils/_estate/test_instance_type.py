# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import instance_type

# (name, burstable, arm, standard, vCPU, GiB)
TEST_PARSE: list[tuple[str, bool, bool, bool, int | None, float | None]] = [
    ("m6i.large", False, False, True, 2, 8),
    ("m7i-flex.large", False, False, True, 2, 8),
    ("c6i.large", False, False, True, 2, 4),
    ("c4.large", False, False, True, 2, 3.75),
    ("r6a.2xlarge", False, False, True, 8, 64),
    ("m7a.medium", False, False, True, 1, 4),
    ("t3.micro", True, False, True, 2, 1),
    ("t3a.2xlarge", True, False, True, 8, 32),
    ("t4g.small", True, True, True, 2, 2),
    ("m6g.large", False, True, True, 2, 8),
    ("c7gn.xlarge", False, True, True, 4, 8),
    ("a1.large", False, True, True, 2, None),
    ("im4gn.large", False, True, True, 2, None),
    ("g5g.xlarge", False, True, False, 4, None),
    ("g4dn.xlarge", False, False, False, 4, None),
    ("m5.metal", False, False, True, None, None),
    ("m1.small", False, False, True, 1, None),
    ("t2.small", True, False, True, 1, 2),
    ("t2.medium", True, False, True, 2, 4),
    ("hpc7a.12xlarge", False, False, False, 48, None),
    ("dl1.24xlarge", False, False, False, 96, None),
]


@pytest.mark.parametrize(("name", "burstable", "arm", "standard", "cpus", "memory"), TEST_PARSE)
def test_parse(name: str, burstable: bool, arm: bool, standard: bool, cpus: int | None, memory: float | None) -> None:
    assert instance_type.parse(name) == instance_type.InstanceType(burstable, arm, standard, cpus, memory)


@pytest.mark.parametrize("name", ["", "large", "m6i", "m6i.", "M6I.LARGE", "m6i large", "db.r6g.large"])
def test_parse_of_something_else(name: str) -> None:
    assert instance_type.parse(name) is None
