# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of a release: registry, repository, strict tag and, where pinned, digest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import version as versions

_REGISTRY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Release:
    """One release of the node as the estate runs it; built by :func:`parse`."""

    registry: str
    repository: str
    version: versions.Version
    digest: str | None

    @property
    def generation(self) -> str:
        return self.version.generation

    @property
    def reference(self) -> str:
        """What ``docker run`` takes; with a digest the tag is for people only, Docker goes by the digest."""
        pinned = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}:{self.version}{pinned}"


def problems(release: Any) -> list[tuple[str, str]]:
    """Everything that is wrong with a release mapping, as (key, message); empty when it is good."""
    if not isinstance(release, Mapping):
        return [("", "must be a mapping of registry, repository, tag and optionally digest")]
    found = name_problems(release)
    try:
        versions.parse(release.get("tag")).require_known_series()
    except versions.ReleaseError as error:
        found.append(("tag", str(error)))
    digest = release.get("digest")
    if digest and not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        found.append(("digest", "is not a digest; write sha256: and 64 hexadecimal digits, or leave it out"))
    unknown = sorted(set(map(str, release)) - {"registry", "repository", "tag", "digest"})
    if unknown:
        found.append((unknown[0], "is not a key of a release; known are registry, repository, tag and digest"))
    return found


def name_problems(release: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the registry and the repository of a mapping, as (key, message)."""
    found = []
    for key, pattern, example in (
        ("registry", _REGISTRY, "public.ecr.aws"),
        ("repository", _REPOSITORY, "chainlink/chainlink"),
    ):
        value = release.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            found.append((key, f"is not the name of a {key}; write one such as {example}"))
    return found


def parse(release: Any) -> Release:
    """The release that a mapping describes; raises ReleaseError with every problem in one message."""
    found = problems(release)
    if found:
        raise versions.ReleaseError("; ".join(f"{key}: {message}" if key else message for key, message in found))
    return Release(
        registry=release["registry"],
        repository=release["repository"],
        version=versions.parse(release["tag"]),
        digest=release.get("digest") or None,
    )


def version_of(reference: str) -> versions.Version | None:
    """The release number in an image reference, or None where its tag is not one."""
    name = reference.partition("@")[0].rpartition("/")[2]
    tag = name.partition(":")[2]
    try:
        return versions.parse(tag)
    except versions.ReleaseError:
        return None
