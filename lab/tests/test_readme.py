# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what the lab claims: each row names tests, and they exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nodeops_lab.settings import LAB_DIRECTORY

TESTS = LAB_DIRECTORY / "tests"
HEAD = "| behaviour | source of the fact | real or imitated | test |"


def rows() -> list[list[str]]:
    """Return the cells of each row of the tables under "What it claims"."""
    text = (LAB_DIRECTORY / "README.md").read_text().partition("## What it claims\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and line != HEAD and "|---" not in line]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named_tests(cell: str) -> list[tuple[str, str]]:
    """Return (file, function) of each test that a cell names; `::name` alone is of the file before."""
    found: list[tuple[str, str]] = []
    for file, function in re.findall(r"([\w/]*\.py)?::(\w+)", cell):
        found.append((file or found[-1][0], function))
    return found


def path_of(file: str) -> Path:
    """Return the path of a test file: below the tests' directory, or wherever there is only one of the name."""
    if (TESTS / file).exists():
        return TESTS / file
    candidates = [path for path in TESTS.rglob(Path(file).name) if path.as_posix().endswith(f"/{file}")]
    assert len(candidates) == 1, f"{file} is {candidates}"
    return candidates[0]


def test_there_is_a_table() -> None:
    assert len(rows()) > 50


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_a_row_is_complete_and_its_tests_exist(row: list[str]) -> None:
    assert len(row) == 4
    assert row[2]
    tests = named_tests(row[3])
    assert tests
    for file, function in tests:
        assert f"\ndef {function}(" in path_of(file).read_text(), f"{file} has no {function}"
