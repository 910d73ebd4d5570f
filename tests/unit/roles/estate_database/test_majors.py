# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed with a database is what may have been made for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import database

ROLE = Path(__file__).resolve().parents[4] / "roles" / "estate_database"
FIRST = 14
"""The oldest major version that the collection has ever made a parameter group for. Never raise it."""


def test_every_major_version_that_is_offered_can_be_removed() -> None:
    majors = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["__estate_database_majors"]
    assert majors == list(range(FIRST, max(database.MAJORS) + 1))


@pytest.mark.parametrize("name", ["remove.yml", "remove_additions.yml"])
def test_no_removal_has_a_list_of_its_own(name: str) -> None:
    tasks = yaml.safe_load((ROLE / "tasks" / name).read_text(encoding="utf-8"))
    loops = [task["loop"] for task in tasks if any("param_group" in key for key in task)]
    assert loops == ["{{ __estate_database_majors }}"]
