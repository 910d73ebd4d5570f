# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of mutations fits the lab as it is, and covers every row of what the lab claims."""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys

import pytest
from nodeops_lab.settings import LAB_DIRECTORY

from .test_readme import TESTS, named_tests, path_of, rows

SPECIFICATION = importlib.util.spec_from_file_location("mutations", TESTS / "mutations.py")
assert SPECIFICATION is not None
assert SPECIFICATION.loader is not None
module = importlib.util.module_from_spec(SPECIFICATION)
# Dataclasses look their module up.
sys.modules["mutations"] = module
SPECIFICATION.loader.exec_module(module)

MUTATIONS = module.mutations()
EXEMPTIONS = module.exemptions()


@functools.cache
def functions(file: str) -> dict[str, bool]:
    """Return whether each test function of a file has a `patch` mark."""
    return {
        node.name: any("mark.patch(" in ast.unparse(decorator) for decorator in node.decorator_list)
        for node in ast.parse((TESTS / file).read_text()).body
        if isinstance(node, ast.FunctionDef)
    }


def claimed() -> list[str]:
    """Return the tests that the rows name, as FILE::FUNCTION."""
    named = [test for row in rows() for test in named_tests(row[3])]
    return sorted({f"{path_of(file).relative_to(TESTS).as_posix()}::{function}" for file, function in named})


def test_names_are_unique() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits_the_lab(mutation: module.Mutation) -> None:  # type: ignore[name-defined]
    text = (LAB_DIRECTORY / mutation.file).read_text()
    assert text.count(mutation.old) == 1
    changed = text.replace(mutation.old, mutation.new)
    assert changed != text
    if mutation.file.endswith(".py"):
        # What cannot be read would fail every test.
        compile(changed, mutation.file, "exec")
    assert mutation.tests
    for test in (*mutation.before, *mutation.tests):
        file, _, function = test.partition("::")
        assert function in functions(file)


@pytest.mark.parametrize("test", claimed())
def test_a_claimed_test_is_shown_to_fail(test: str) -> None:
    file, _, function = test.partition("::")
    mutated = any(test in mutation.tests for mutation in MUTATIONS)
    assert mutated or functions(file)[function] or test in EXEMPTIONS, (
        "add a mutation of the behaviour to mutations.toml, or a `patch` mark for a correction to moto"
    )


@pytest.mark.parametrize("test", EXEMPTIONS)
def test_an_exemption_is_still_one(test: str) -> None:
    assert test in claimed()
    assert not any(test in mutation.tests for mutation in MUTATIONS)
    assert len(EXEMPTIONS[test]) > 20
