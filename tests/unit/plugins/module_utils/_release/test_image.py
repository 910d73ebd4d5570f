# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image, version

DIGEST = "sha256:" + "0123456789abcdef" * 4
GOOD = {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "2.46.0"}

TEST_REFERENCE: list[tuple[dict[str, Any], str]] = [
    (GOOD, "public.ecr.aws/chainlink/chainlink:2.46.0"),
    ({**GOOD, "digest": None}, "public.ecr.aws/chainlink/chainlink:2.46.0"),
    ({**GOOD, "digest": DIGEST}, f"public.ecr.aws/chainlink/chainlink:2.46.0@{DIGEST}"),
    ({**GOOD, "registry": "registry.test:5000"}, "registry.test:5000/chainlink/chainlink:2.46.0"),
]

TEST_PROBLEMS: list[tuple[Any, list[tuple[str, str]]]] = [
    ("2.46.0", [("", "must be a mapping of registry, repository, tag and optionally digest")]),
    (
        {"repository": "Chainlink", "tag": "latest", "digest": "sha256:12"},
        [
            ("registry", "is not the name of a registry; write one such as public.ecr.aws"),
            ("repository", "is not the name of a repository; write one such as chainlink/chainlink"),
            ("tag", "'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"),
            ("digest", "is not a digest; write sha256: and 64 hexadecimal digits, or leave it out"),
        ],
    ),
    (
        {**GOOD, "version": "2.46.0"},
        [("version", "is not a key of a release; known are registry, repository, tag and digest")],
    ),
    (
        {**GOOD, "registry": "public.ecr.aws/x --privileged"},
        [("registry", "is not the name of a registry; write one such as public.ecr.aws")],
    ),
]

TEST_VERSION_OF: list[tuple[str, str | None]] = [
    ("public.ecr.aws/chainlink/chainlink:2.46.0", "2.46.0"),
    (f"public.ecr.aws/chainlink/chainlink:2.46.0@{DIGEST}", "2.46.0"),
    ("registry.test:5000/chainlink/chainlink:1.12.0", "1.12.0"),
    ("registry.test:5000/chainlink/chainlink", None),
    ("chainlink:latest", None),
    (DIGEST, None),
]


@pytest.mark.parametrize(("release", "reference"), TEST_REFERENCE)
def test_reference(release: dict[str, Any], reference: str) -> None:
    assert image.problems(release) == []
    assert image.parse(release).reference == reference


@pytest.mark.parametrize(("release", "problems"), TEST_PROBLEMS)
def test_problems(release: Any, problems: list[tuple[str, str]]) -> None:
    assert image.problems(release) == problems
    with pytest.raises(version.ReleaseError) as caught:
        image.parse(release)
    for _key, message in problems:
        assert message in str(caught.value)


@pytest.mark.parametrize(("reference", "expected"), TEST_VERSION_OF)
def test_version_of(reference: str, expected: str | None) -> None:
    found = image.version_of(reference)
    assert (None if found is None else str(found)) == expected
