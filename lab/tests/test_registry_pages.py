# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of tags come in pages, as from public registries."""

from __future__ import annotations

import importlib.util

import pytest
from nodeops_lab.settings import LAB_DIRECTORY

SPECIFICATION = importlib.util.spec_from_file_location(
    "registry", LAB_DIRECTORY / "images" / "registry" / "registry.py"
)
assert SPECIFICATION is not None
assert SPECIFICATION.loader is not None
registry = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(registry)

TAGS = [f"1.{number}.0" for number in range(12)]
ORDERED = sorted(TAGS)  # lexically: 1.0.0, 1.1.0, 1.10.0, 1.11.0, 1.2.0 ...

TEST_PAGES = [
    ("", 100, (ORDERED[:10], True)),
    ("", 10, (ORDERED[:10], True)),
    ("", 3, (ORDERED[:3], True)),
    (ORDERED[9], 100, (ORDERED[10:], False)),
    (ORDERED[1], 10, (ORDERED[2:], False)),
    ("1.1.5", 2, (["1.10.0", "1.11.0"], True)),
    (ORDERED[-1], 10, ([], False)),
    ("", 0, ([], True)),
]


@pytest.mark.parametrize(("last", "size", "expected"), TEST_PAGES)
def test_page(last: str, size: int, expected: tuple[list[str], bool]) -> None:
    assert registry.page(TAGS, last, size) == expected
