# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import choose, version
from hypothesis import given
from hypothesis import strategies as st

# As a registry lists them: in lexical order, with everything that is no release.
TAGS = [
    "0.10.15", "1.12.0", "1.13.0", "1.13.3", "1.2.1", "2.10.0", "2.29.0", "2.29.0-root", "2.29.1", "2.30.1", "2.46.0",
    "2.46.0-ccip1.5", "2.46.0-rc.1", "2.46.1-beta.0", "2.47.0-beta.1", "2.9.0", "3.0.0", "develop", "latest", "v2.99.0",
]  # fmt: skip
RELEASES = ["2.46.0", "2.30.1", "2.29.1", "2.29.0", "2.10.0", "2.9.0", "1.13.3", "1.13.0", "1.12.0"]

# (options, releases without an image, chosen, passed over, newer)
TEST_CHOOSE: list[tuple[dict[str, Any], set[str], str, list[str], bool]] = [
    ({}, set(), "2.46.0", [], True),
    ({}, {"2.46.0", "2.30.1"}, "2.29.1", ["2.46.0", "2.30.1"], True),
    ({"series": "2"}, set(), "2.46.0", [], True),
    ({"series": "2.29"}, set(), "2.29.1", [], True),
    ({"series": "2.29"}, {"2.29.1"}, "2.29.0", ["2.29.1"], True),
    ({"series": "1"}, set(), "1.13.3", [], True),
    ({"series": "2.29", "current": "2.9.0"}, set(), "2.29.1", [], True),
    ({"release": "2.9.0"}, {"2.46.0"}, "2.9.0", [], True),
    ({"release": "2.30.1", "current": "2.29.0"}, set(), "2.30.1", [], True),
    ({"release": "2.29.0", "current": "2.29.0"}, set(), "2.29.0", [], False),
    ({"current": "2.29.0"}, set(), "2.46.0", [], True),
    ({"current": "2.46.0"}, set(), "2.46.0", [], False),
    ({"current": "2.30.1"}, {"2.46.0"}, "2.30.1", ["2.46.0"], False),
    ({"current": "1.12.0"}, set(), "1.13.3", [], True),
    ({"current": "1.12.0", "allow_major": True}, set(), "1.13.3", [], True),
    ({"release": "2.9.0", "current": "1.13.3", "allow_major": True}, set(), "2.9.0", [], True),
]

OLDER = (
    "which runs: a node refuses to start on the database of a newer one; the way back is to restore the snapshot that "
    "was made before the upgrade, together with the old release"
)
MIGRATION = (
    "which runs: 2.x reads TOML files where 1.x reads environment variables, so this is a migration and no upgrade; "
    "migrate the settings with 1.13.x, then name the release exactly, with allow_major"
)
STOP_OVER = (
    "which runs: 2.x reads TOML files where 1.x reads environment variables, and only 1.13.x writes the one from the "
    "other; upgrade to the newest 1.13.x first (series 1.13), then migrate from there"
)
NEWEST = "the newest are 2.46.0, 2.30.1, 2.29.1, 2.29.0, 2.10.0, ..."

# (options, releases without an image, message)
TEST_CHOOSE_REFUSES: list[tuple[dict[str, Any], set[str], str]] = [
    ({"release": "2.29.0", "current": "2.30.1"}, set(), f"2.29.0 is older than 2.30.1, {OLDER}"),
    ({"series": "2.29", "current": "2.46.0"}, set(), f"2.29.1 is older than 2.46.0, {OLDER}"),
    ({"series": "1", "current": "2.46.0", "allow_major": True}, set(), f"1.13.3 is older than 2.46.0, {OLDER}"),
    ({"current": "2.47.0"}, set(), f"2.46.0 is older than 2.47.0, {OLDER}"),
    (
        {"release": "2.46.0", "current": "1.13.3"},
        set(),
        f"2.46.0 is of another major series than 1.13.3, {MIGRATION}",
    ),
    (
        {"series": "2", "current": "1.13.3", "allow_major": True},
        set(),
        f"2.46.0 is of another major series than 1.13.3, {MIGRATION}",
    ),
    (
        {"release": "2.46.0", "current": "1.12.0", "allow_major": True},
        set(),
        f"2.46.0 is of another major series than 1.12.0, {STOP_OVER}",
    ),
    ({"release": "2.46.0"}, {"2.46.0"}, "the release 2.46.0 has no image for this platform; choose another"),
    ({"release": "2.45.0"}, set(), f"there is no release 2.45.0; {NEWEST}"),
    ({"series": "2.45"}, set(), f"there are no stable releases of the series 2.45; {NEWEST}"),
    ({"series": "3"}, set(), f"there are no stable releases of the series 3; {NEWEST}"),
    (
        {"series": "2.29"},
        {"2.29.1", "2.29.0"},
        "none of the stable releases of the series 2.29 has an image for this platform: 2.29.1, 2.29.0; "
        "choose another series",
    ),
    (
        {"current": "2.46.0"},
        {"2.46.0"},
        "none of the stable releases of the series 2 has an image for this platform: 2.46.0; choose another series",
    ),
]

TEST_WISH_REFUSES: list[tuple[dict[str, Any], str]] = [
    (
        {"release": "latest"},
        "release: 'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0",
    ),
    (
        {"release": "2.47.0-beta.1"},
        "release: '2.47.0-beta.1' is a pre-release; write a stable release X.Y.Z, such as 2.47.0 once it is out",
    ),
    ({"release": "2.46.0-root"}, "release: '2.46.0-root' is the image that runs as root; write 2.46.0"),
    ({"release": "2.46"}, "release: '2.46' is not of the form X.Y.Z; write a release such as 2.46.0"),
    ({"release": ""}, "release: no release is given; write one as X.Y.Z, for example 2.46.0 (in quotes)"),
    ({"release": "3.0.0"}, "release: 3.0.0 is of a series that this collection does not know; it knows 1.x and 2.x"),
    ({"current": "1.2.1"}, "current: 1.2.1 is too old: the lease that a pair of nodes needs came with 1.3.0"),
    ({"series": "2.46.0"}, "series: '2.46.0' is not of the form X or X.Y; write a series such as 2 or 2.46"),
    ({"series": "2.x"}, "series: '2.x' is not of the form X or X.Y; write a series such as 2 or 2.46"),
    ({"series": ""}, "series: '' is not of the form X or X.Y; write a series such as 2 or 2.46"),
]


def wish(release: str | None = None, series: str | None = None, **options: Any) -> choose.Wish:
    return choose.wish(release, series, options.get("current"), options.get("allow_major", False))


def choice(options: dict[str, Any], lacking: set[str]) -> choose.Choice:
    def digest_of(one: version.Version) -> str | None:
        return None if str(one) in lacking else f"sha256:{one}"

    return choose.choose(wish(**options), choose.stable(TAGS), digest_of)


def test_stable() -> None:
    assert [str(one) for one in choose.stable([*TAGS, *TAGS])] == RELEASES
    assert choose.stable([]) == []


@pytest.mark.parametrize(("options", "lacking", "chosen", "passed_over", "newer"), TEST_CHOOSE)
def test_choose(options: dict[str, Any], lacking: set[str], chosen: str, passed_over: list[str], newer: bool) -> None:
    made = choice(options, lacking)
    assert (str(made.version), made.digest) == (chosen, f"sha256:{chosen}")
    assert [str(one) for one in made.passed_over] == passed_over
    assert choose.is_newer(made, wish(**options).current) is newer


@pytest.mark.parametrize(("options", "lacking", "message"), TEST_CHOOSE_REFUSES)
def test_choose_refuses(options: dict[str, Any], lacking: set[str], message: str) -> None:
    with pytest.raises(version.ReleaseError) as caught:
        choice(options, lacking)
    assert str(caught.value) == message


@pytest.mark.parametrize(("options", "message"), TEST_WISH_REFUSES)
def test_wish_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(version.ReleaseError) as caught:
        wish(**options)
    assert str(caught.value) == message


def test_an_empty_repository_is_told() -> None:
    with pytest.raises(version.ReleaseError) as caught:
        choose.choose(wish(), [], lambda _version: None)
    assert str(caught.value) == "there are no stable releases; the repository has none that can be run"


def test_a_refused_step_asks_for_no_digest() -> None:
    with pytest.raises(version.ReleaseError):
        choose.choose(wish(series="2.9", current="2.46.0"), choose.stable(TAGS), pytest.fail)


NUMBERS = st.tuples(st.sampled_from([1, 2]), st.integers(3, 12), st.integers(0, 12)).map(lambda n: version.Version(*n))


@given(st.sets(NUMBERS, min_size=1), NUMBERS, st.sets(NUMBERS))
def test_an_unattended_choice_never_goes_back_nor_leaves_the_major(
    releases: set[version.Version], current: version.Version, lacking: set[version.Version]
) -> None:
    try:
        made = choose.choose(
            wish(current=str(current), allow_major=True),
            choose.stable(map(str, releases)),
            lambda one: None if one in lacking else "sha256:",
        )
    except version.ReleaseError:
        return
    assert made.version >= current
    assert made.version.major == current.major
    assert made.version not in lacking
