# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each variant consists of what the table says, and of nothing else."""

from __future__ import annotations

import pytest
from deployments import Deployed
from readers import READERS, TAG, look
from variants import VARIANTS, Variant

CASES = [
    pytest.param(variant.name, kind, marks=[pytest.mark.long] if variant.long else [], id=f"{variant.name}-{kind}")
    for variant in VARIANTS
    for kind in READERS
]


@pytest.mark.parametrize(("variant", "kind"), CASES)
def test_what_stands(deployed: Deployed, variant: str, kind: str) -> None:
    deployment = deployed(variant)
    found = look(deployment.estate.region, deployment.estate.name, kind)
    wanted = deployment.expected.get(kind, {})
    assert sorted(found) == sorted(wanted)
    for name, properties in wanted.items():
        assert {key: found[name].properties[key] for key in properties} == properties, name
        assert found[name].tags.get(TAG) == deployment.estate.name, f"{name} has no tag of its estate"


@pytest.mark.parametrize("chosen", VARIANTS, ids=lambda chosen: chosen.name)
def test_every_kind_of_the_table_can_be_read(chosen: Variant) -> None:
    assert set(chosen.base) | set(chosen.rows) <= set(READERS)
