# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import version
from hypothesis import given
from hypothesis import strategies as st

TEST_PARSE: list[tuple[str, tuple[int, int, int], str]] = [
    ("1.3.0", (1, 3, 0), "1.x"),
    ("1.12.0", (1, 12, 0), "1.x"),
    ("1.13.3", (1, 13, 3), "1.x"),
    ("2.0.0", (2, 0, 0), "2.x"),
    ("2.46.0", (2, 46, 0), "2.x"),
    ("2.100.12", (2, 100, 12), "2.x"),
]

TEST_PARSE_REFUSES: list[tuple[object, str]] = [
    ("latest", "'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"),
    ("Latest", "'Latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"),
    ("v2.46.0", "'v2.46.0' has a leading v, which image tags do not have; write 2.46.0"),
    (
        "2.46.0-beta.1",
        "'2.46.0-beta.1' is a pre-release; write a stable release X.Y.Z, such as 2.46.0 once it is out",
    ),
    ("2.46.0-rc0", "'2.46.0-rc0' is a pre-release; write a stable release X.Y.Z, such as 2.46.0 once it is out"),
    ("2.46.0-root", "'2.46.0-root' is the image that runs as root; write 2.46.0"),
    ("2.46.0-plugins", "'2.46.0-plugins' is a special build; write the plain release 2.46.0"),
    ("2.46.0-ccip1.5", "'2.46.0-ccip1.5' is a special build; write the plain release 2.46.0"),
    ("2.46", "'2.46' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ("2.046.0", "'2.046.0' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ("2.46.0\n", "'2.46.0\\n' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ("2.46.\u0660", "'2.46.\u0660' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ("develop", "'develop' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ("", "no release is given; write one as X.Y.Z, for example 2.46.0 (in quotes)"),
    (None, "no release is given; write one as X.Y.Z, for example 2.46.0 (in quotes)"),
    (2.46, "no release is given; write one as X.Y.Z, for example 2.46.0 (in quotes)"),
]

TEST_SERIES_REFUSES: list[tuple[str, str]] = [
    ("0.10.15", "0.10.15 is too old: the lease that a pair of nodes needs came with 1.3.0"),
    ("1.2.1", "1.2.1 is too old: the lease that a pair of nodes needs came with 1.3.0"),
    ("3.0.0", "3.0.0 is of a series that this collection does not know; it knows 1.x and 2.x"),
]


@pytest.mark.parametrize(("tag", "numbers", "generation"), TEST_PARSE)
def test_parse(tag: str, numbers: tuple[int, int, int], generation: str) -> None:
    parsed = version.parse(tag)
    assert parsed == version.Version(*numbers)
    assert str(parsed) == tag
    assert parsed.generation == generation


@pytest.mark.parametrize(("tag", "message"), TEST_PARSE_REFUSES)
def test_parse_refuses(tag: object, message: str) -> None:
    with pytest.raises(version.ReleaseError) as caught:
        version.parse(tag)
    assert str(caught.value) == message


@pytest.mark.parametrize(("tag", "message"), TEST_SERIES_REFUSES)
def test_series_refuses(tag: str, message: str) -> None:
    with pytest.raises(version.ReleaseError) as caught:
        _ = version.parse(tag).generation
    assert str(caught.value) == message


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999)), min_size=2))
def test_releases_are_ordered_as_numbers(numbers: list[tuple[int, int, int]]) -> None:
    parsed = [version.parse(".".join(map(str, triple))) for triple in numbers]
    assert [(one.major, one.minor, one.patch) for one in sorted(parsed)] == sorted(numbers)
