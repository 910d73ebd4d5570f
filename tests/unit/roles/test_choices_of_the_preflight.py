# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles take what the preflight lets through, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import choices, inputs

ROLES = Path(__file__).resolve().parents[3] / "roles"

#: What the preflight knows, and the role that takes the same.
TEST_CHOICES: list[tuple[str, str, tuple[object, ...]]] = [
    ("estate_network", "estate_network_endpoints", choices.ENDPOINTS),
    ("estate_network", "estate_network_flow_logs_retention_days", inputs.RETENTION_DAYS),
    ("estate_observability", "estate_observability_log_retention_days", inputs.RETENTION_DAYS),
]


@pytest.mark.parametrize(("role", "option", "known"), TEST_CHOICES)
def test_preflight_and_role_take_the_same_choices(role: str, option: str, known: tuple[object, ...]) -> None:
    specification = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert tuple(specification["argument_specs"]["main"]["options"][option]["choices"]) == known
