# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of the throw-away node, with a program in the place of docker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._escrow import runner, throwaway
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import container
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.settings import NodeSettings
from ansible_collections.nodeops.chainlink.tests.unit import samples

from .fake_node import FakeNode

# The file "running" stands for the container. What the fake docker was called with stands in "calls".
DOCKER = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$1 $2" in
  "run --rm")
    touch "$here/running"
    cat "$here/says" 2>/dev/null
    [ -e "$here/ends" ] && { rm -f "$here/running"; exit 1; }
    while [ -e "$here/running" ]; do sleep 0.05; done ;;
  "container inspect") [ -e "$here/running" ] && echo "127.0.0.1 " || exit 1 ;;
  "container ls") [ -e "$here/broken" ] && { echo "no daemon" >&2; exit 1; }; [ ! -e "$here/running" ] || echo 4f1c ;;
  "container rm") rm -f "$here/running" ;;
esac
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER, encoding="ascii")
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(container, "USER_ID", os.geteuid())
    monkeypatch.setattr(container, "GROUP_ID", os.getegid())
    monkeypatch.setattr(runner, "_PAUSE_SECONDS", 0.02)
    return programs


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNode]:
    node = FakeNode("", {})
    monkeypatch.setattr(container, "PORT", node.port)
    yield node
    node.close()


@pytest.fixture
def settings() -> NodeSettings:
    return throwaway.settings_of(samples.node_settings(), throwaway.invent())


def calls(here: Path) -> list[str]:
    return (here / "calls").read_text(encoding="ascii").splitlines()


def test_it_runs_and_is_gone_afterwards(here: Path, serving: FakeNode, settings: NodeSettings, tmp_path: Path) -> None:
    directory = tmp_path / "files"
    with runner.node(settings, str(directory), 5) as url:
        assert url == serving.url
        assert sorted(path.name for path in directory.iterdir()) == [".api", ".password", "config.toml", "secrets.toml"]
        assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o400}
        assert runner.left(str(directory)) == [str(directory), "container chainlink-escrow"]
    assert runner.left(str(directory)) == []
    (run,) = [call for call in calls(here) if call.startswith("run")]
    for secret in (settings.api_password, settings.keystore_password, settings.database.password):
        assert secret not in "\n".join(calls(here))
    assert f"--name chainlink-escrow --pull never --user {os.geteuid()}" in run


# (what there is, message)
TEST_DOES_NOT_RUN = [
    ("ends", "the throw-away node ended while it started: one; two ***"),
    ("", "the throw-away node does not serve yet: one; two ***"),
]


@pytest.mark.parametrize(("there", "message"), TEST_DOES_NOT_RUN)
def test_it_does_not_run(
    here: Path,
    settings: NodeSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: str,
    message: str,
) -> None:
    monkeypatch.setattr(container, "PORT", 1)
    (here / "says").write_text(f"one\ntwo {settings.database.password}\n", encoding="ascii")
    if there:
        (here / there).touch()
    with pytest.raises(runner.RunnerError) as caught, runner.node(settings, str(tmp_path / "files"), 0.5):
        pass
    assert str(caught.value) == message
    assert runner.left(str(tmp_path / "files")) == []


def test_what_was_left_goes(here: Path, tmp_path: Path) -> None:
    directory = tmp_path / "files"
    directory.mkdir()
    (directory / "secret").touch()
    directory.chmod(0o500)
    (here / "running").touch()
    runner.remove(str(directory))
    assert runner.left(str(directory)) == []
    runner.remove(str(directory))


def test_an_engine_that_does_not_answer(here: Path, tmp_path: Path) -> None:
    (here / "broken").touch()
    with pytest.raises(runner.RunnerError, match=r"^docker container ls failed: no daemon$"):
        runner.remove(str(tmp_path / "files"))
