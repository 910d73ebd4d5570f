# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import registry
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_release_info
from ansible_collections.nodeops.chainlink.tests.unit import registry_server as server

PLACE = {"registry": "registry.test", "repository": "chainlink/chainlink"}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Served]:
    """A registry that the module asks by its own name."""
    there = server.Served()
    for tag in ("1.13.3", "2.9.0", "2.29.0", "2.46.0", "2.46.0-root", "latest"):
        there.single(tag, server.AMD64)
    there.index("2.46.1", server.ARM64)
    with server.serving(there) as running:
        monkeypatch.setattr(registry, "https_opener", running.opener)
        yield there


# (options, tag, newer, passed over)
TEST_FOUND: list[tuple[dict[str, Any], str, bool, list[str]]] = [
    ({}, "2.46.0", True, ["2.46.1"]),
    ({"series": "2.9"}, "2.9.0", True, []),
    ({"release": "2.29.0", "current": "2.29.0"}, "2.29.0", False, []),
    ({"current": "1.13.3"}, "1.13.3", False, []),
    ({"platform": "linux/arm64"}, "2.46.1", True, []),
]

# (options, beginning of the message)
TEST_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"release": "2.9.0", "current": "2.46.0"}, "2.9.0 is older than 2.46.0, which runs: "),
    ({"release": "2.46.0", "current": "1.13.3"}, "2.46.0 is of another major series than 1.13.3, "),
    ({"release": "2.46.1"}, "the release 2.46.1 has no image for this platform; choose another"),
    ({"release": "latest"}, "release: 'latest' is no release: "),
    ({"release": "2.46.0", "series": "2"}, "parameters are mutually exclusive: release|series"),
    (
        {"registry": "https://registry.test", "platform": "amd64", "timeout": 0},
        "registry is not the name of a registry; write one such as public.ecr.aws; platform is not the name of a "
        "platform; write one such as linux/amd64; timeout must be 1 second or more",
    ),
    (
        {"repository": "chainlink/other"},
        "could not list the tags of registry.test/chainlink/other: there is no such repository (HTTP status 404)",
    ),
]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("options", "tag", "newer", "passed_over"), TEST_FOUND)
def test_found(
    run_module: Any,
    served: server.Served,
    options: dict[str, Any],
    tag: str,
    newer: bool,
    passed_over: list[str],
    check_mode: bool,
) -> None:
    answer = run_module(chainlink_release_info.main, {**PLACE, **options}, check_mode)
    digest = server.digest_of(served.manifests[tag][1])
    assert answer["rc"] == 0, answer
    assert {name: answer[name] for name in ("changed", "registry", "repository", "tag", "digest", "reference")} == {
        "changed": False,
        **PLACE,
        "tag": tag,
        "digest": digest,
        "reference": f"registry.test/chainlink/chainlink:{tag}@{digest}",
    }
    assert (answer["is_newer"], answer["passed_over"]) == (newer, passed_over)
    assert answer["releases"] == ["2.46.1", "2.46.0", "2.29.0", "2.9.0", "1.13.3"]


@pytest.mark.parametrize(("options", "message"), TEST_REFUSED)
def test_refused(run_module: Any, served: server.Served, options: dict[str, Any], message: str) -> None:
    answer = run_module(chainlink_release_info.main, {**PLACE, **options})
    assert answer["rc"] == 1
    assert answer["msg"].startswith(message)


def test_at_most_20_releases_are_told(run_module: Any, served: server.Served) -> None:
    served.tags += [f"2.20.{patch}" for patch in range(30)]
    answer = run_module(chainlink_release_info.main, PLACE)
    assert len(answer["releases"]) == 20
