# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Release numbers of the node: strict X.Y.Z, their order and their generation.

Image tags carry far more than releases (-beta, -rc, -ccip, -root, latest ...), and only plain X.Y.Z tags are
stable releases; ``latest`` does not work (docs.chain.link, running-a-chainlink-node).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRICT = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_PRE_RELEASE = re.compile(r"-(alpha|beta|rc|dev|pre)[0-9.]*", re.IGNORECASE)

#: Configured by environment variables and started with ``local n``.
ENVIRONMENT = "1.x"
#: Configured by TOML files and started with ``node start``.
TOML = "2.x"

EXAMPLE = "2.46.0"


class ReleaseError(ValueError):
    """A release that cannot be run; the message says what to write instead."""


@dataclass(frozen=True, order=True)
class Version:
    """A release number; ordered as numbers, so 2.9.0 is older than 2.10.0."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def generation(self) -> str:
        """ENVIRONMENT or TOML: how this release is configured and started.

        Environment variables were dropped in 2.0.0 (the node's changelog, 2023-04-20).
        """
        self.require_known_series()
        return ENVIRONMENT if self.major == 1 else TOML

    def require_known_series(self) -> None:
        """Raise ReleaseError for a release that cannot be run as one of a pair.

        The lease, which decides between the two nodes, came with the locking modes of 1.3.0.
        """
        if (self.major, self.minor) < (1, 3):
            raise ReleaseError(f"{self} is too old: the lease that a pair of nodes needs came with 1.3.0")
        if self.major > 2:
            raise ReleaseError(f"{self} is of a series that this collection does not know; it knows 1.x and 2.x")


def parse(tag: object) -> Version:
    """The version that an image tag names.

    Raises ReleaseError unless the tag is exactly X.Y.Z.
    """
    if not isinstance(tag, str) or not tag:
        raise ReleaseError(f"no release is given; write one as X.Y.Z, for example {EXAMPLE} (in quotes)")
    match = _STRICT.fullmatch(tag)
    if match:
        return Version(*(int(part) for part in match.groups()))
    raise ReleaseError(_refusal(tag))


def _refusal(tag: str) -> str:
    shown = repr(tag[:60])
    if tag.lower() == "latest":
        return f"{shown} is no release: it moves, and does not work; write X.Y.Z, such as {EXAMPLE}"
    if _STRICT.fullmatch(tag[1:]) and tag[0] in "vV":
        return f"{shown} has a leading v, which image tags do not have; write {tag[1:]}"
    base, dash, suffix = tag.partition("-")
    if dash and _STRICT.fullmatch(base):
        if _PRE_RELEASE.match(dash + suffix):
            return f"{shown} is a pre-release; write a stable release X.Y.Z, such as {base} once it is out"
        if suffix == "root":
            return f"{shown} is the image that runs as root; write {base}"
        return f"{shown} is a special build; write the plain release {base}"
    return f"{shown} is not of the form X.Y.Z; write a release such as {EXAMPLE}"
