# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides which release of a repository is meant, and whether an estate may go there from what it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .version import ReleaseError, Version, parse

_SERIES = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.(0|[1-9][0-9]{0,5}))?")
#: The last releases that can write their settings as TOML, which 2.x alone reads.
_LAST_ENVIRONMENT_SERIES = (1, 13)
#: How many releases a message lists.
_SHOWN = 5


@dataclass(frozen=True)
class Wish:
    """What is asked for; built by :func:`wish`.

    release: exactly this one. series: the newest of (major,) or (major, minor). Neither: the newest within the major
    of current, or of all. current: what runs now, if anything.
    """

    release: Version | None
    series: tuple[int, ...] | None
    current: Version | None
    allow_major: bool


@dataclass(frozen=True)
class Choice:
    version: Version
    digest: str
    #: Newer ones that would have been chosen, had they an image for the platform.
    passed_over: tuple[Version, ...]


def wish(release: str | None, series: str | None, current: str | None, allow_major: bool) -> Wish:
    """The wish that options describe, of which release and series exclude each other.

    Raises ReleaseError naming the option that is wrong.
    """
    return Wish(
        release=_option("release", release),
        series=None if series is None else _series(series),
        current=_option("current", current),
        allow_major=allow_major,
    )


def stable(tags: Iterable[str]) -> list[Version]:
    """The stable releases among tags that can run as one of a pair, newest first."""
    found = set()
    for tag in tags:
        try:
            version = parse(tag)
            version.require_known_series()
        except ReleaseError:
            continue
        found.add(version)
    return sorted(found, reverse=True)


def choose(wish_: Wish, releases: list[Version], digest_of: Callable[[Version], str | None]) -> Choice:
    """The release that is meant.

    releases: as :func:`stable` returns them. digest_of: the digest of a release's image, None where it has none for
    the platform; asked for as few releases as possible.
    Raises ReleaseError where there is none, or the estate may not go there.
    """
    passed_over: list[Version] = []
    for version in _candidates(wish_, releases):
        check_step(wish_, version)
        digest = digest_of(version)
        if digest is not None:
            return Choice(version, digest, tuple(passed_over))
        passed_over.append(version)
    if wish_.release is not None:
        raise ReleaseError(f"the release {wish_.release} has no image for this platform; choose another")
    raise ReleaseError(
        f"none of the {_scope(wish_)} has an image for this platform: {_listed(passed_over)}; choose another series"
    )


def check_step(wish_: Wish, target: Version) -> None:
    """Raise ReleaseError where an estate that runs current must not go to target."""
    current = wish_.current
    if current is None:
        return
    if target < current:
        raise ReleaseError(
            f"{target} is older than {current}, which runs: a node refuses to start on the database of a newer one; "
            "the way back is to restore the snapshot that was made before the upgrade, together with the old release"
        )
    if target.major == current.major:
        return
    if (current.major, current.minor) < _LAST_ENVIRONMENT_SERIES:
        raise ReleaseError(
            f"{target} is of another major series than {current}, which runs: 2.x reads TOML files where 1.x reads "
            "environment variables, and only 1.13.x writes the one from the other; upgrade to the newest 1.13.x "
            "first (series 1.13), then migrate from there"
        )
    if not wish_.allow_major or wish_.release is None:
        raise ReleaseError(
            f"{target} is of another major series than {current}, which runs: 2.x reads TOML files where 1.x reads "
            "environment variables, so this is a migration and no upgrade; migrate the settings with 1.13.x, then "
            "name the release exactly, with allow_major"
        )


def is_newer(choice: Choice, current: Version | None) -> bool:
    """Whether a choice is newer than what runs; where nothing runs it is."""
    return current is None or choice.version > current


def _option(name: str, value: str | None) -> Version | None:
    if value is None:
        return None
    try:
        version = parse(value)
        version.require_known_series()
    except ReleaseError as error:
        raise ReleaseError(f"{name}: {error}") from error
    return version


def _series(value: str) -> tuple[int, ...]:
    match = _SERIES.fullmatch(value)
    if not match:
        raise ReleaseError(f"series: {value[:60]!r} is not of the form X or X.Y; write a series such as 2 or 2.46")
    return tuple(int(part) for part in match.groups() if part is not None)


def _candidates(wish_: Wish, releases: list[Version]) -> list[Version]:
    """What can be meant, newest first and never empty; raises ReleaseError where it would be."""
    if wish_.release is not None:
        if wish_.release not in releases:
            raise ReleaseError(f"there is no release {wish_.release}; {_instead(releases)}")
        return [wish_.release]
    series = wish_.series or ((wish_.current.major,) if wish_.current else ())
    found = [one for one in releases if (one.major, one.minor, one.patch)[: len(series)] == series]
    if not found:
        raise ReleaseError(f"there are no {_scope(wish_)}; {_instead(releases)}")
    if wish_.current is None or found[0] < wish_.current:
        return found
    # Older ones are no upgrade, whatever the newer ones lack.
    return [one for one in found if one >= wish_.current]


def _scope(wish_: Wish) -> str:
    if wish_.series is not None:
        return f"stable releases of the series {'.'.join(map(str, wish_.series))}"
    if wish_.current is not None:
        return f"stable releases of the series {wish_.current.major}"
    return "stable releases"


def _instead(releases: list[Version]) -> str:
    return f"the newest are {_listed(releases)}" if releases else "the repository has none that can be run"


def _listed(releases: list[Version]) -> str:
    more = ", ..." if len(releases) > _SHOWN else ""
    return ", ".join(map(str, releases[:_SHOWN])) + more
