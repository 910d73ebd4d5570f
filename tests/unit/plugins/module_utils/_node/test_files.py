# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import files

FOREIGN = (".env", "config.toml", "secrets.toml", ".password", ".api")
WANTED = {"config.toml": "a = 1\n", ".password": "canary\n"}


@pytest.fixture
def place(tmp_path: Path) -> files.Place:
    # 0700, since these tests may run as a user that could not write into a directory with 0500.
    return files.Place(str(tmp_path / "node"), os.geteuid(), os.getegid(), directory_mode=0o700)


def actions(plan: files.Plan) -> dict[str, str]:
    return {change.name: change.action for change in plan.changes}


def mode(path: str) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_first_write(place: files.Place) -> None:
    plan = files.plan(place, WANTED, FOREIGN)
    assert plan.changed
    assert plan.directory_action == files.CREATE
    assert actions(plan) == {".password": files.CREATE, "config.toml": files.CREATE}
    assert not os.path.exists(place.directory)
    files.apply(plan)
    assert files.read(place.directory, FOREIGN) == WANTED
    assert sorted(os.listdir(place.directory)) == [".password", "config.toml"]
    assert mode(place.directory) == 0o700
    for name in WANTED:
        assert mode(os.path.join(place.directory, name)) == 0o400


def test_second_write_changes_nothing(place: files.Place) -> None:
    files.apply(files.plan(place, WANTED, FOREIGN))
    before = {name: os.stat(os.path.join(place.directory, name)).st_ino for name in WANTED}
    plan = files.plan(place, WANTED, FOREIGN)
    assert not plan.changed
    files.apply(plan)
    assert {name: os.stat(os.path.join(place.directory, name)).st_ino for name in WANTED} == before


def test_only_what_differs_is_replaced(place: files.Place) -> None:
    files.apply(files.plan(place, WANTED, FOREIGN))
    password = os.path.join(place.directory, ".password")
    inode = os.stat(password).st_ino
    plan = files.plan(place, {**WANTED, "config.toml": "a = 2\n"}, FOREIGN)
    assert actions(plan) == {".password": files.KEEP, "config.toml": files.UPDATE}
    files.apply(plan)
    assert files.read(place.directory, ("config.toml",)) == {"config.toml": "a = 2\n"}
    assert os.stat(password).st_ino == inode


def test_a_wrong_mode_is_put_right(place: files.Place) -> None:
    files.apply(files.plan(place, WANTED, FOREIGN))
    os.chmod(os.path.join(place.directory, ".password"), 0o644)
    os.chmod(place.directory, 0o755)
    plan = files.plan(place, WANTED, FOREIGN)
    assert plan.changed
    assert plan.directory_action == files.PERMISSIONS
    assert actions(plan) == {".password": files.PERMISSIONS, "config.toml": files.KEEP}
    files.apply(plan)
    assert mode(os.path.join(place.directory, ".password")) == 0o400
    assert mode(place.directory) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_wrong_owner_is_put_right(place: files.Place) -> None:
    theirs = files.Place(place.directory, 14933, 14933)
    files.apply(files.plan(theirs, WANTED, FOREIGN))
    status = os.stat(os.path.join(place.directory, ".password"))
    assert (status.st_uid, status.st_gid) == (14933, 14933)
    assert (os.stat(place.directory).st_uid, mode(place.directory)) == (14933, 0o500)
    os.chown(os.path.join(place.directory, ".password"), 0, 0)
    assert actions(files.plan(theirs, WANTED, FOREIGN))[".password"] == files.PERMISSIONS


def test_the_other_generation_and_leftovers_are_removed(place: files.Place) -> None:
    files.apply(files.plan(place, {".env": "A=1\n", ".password": "canary\n"}, FOREIGN))
    for name in (".env.abc12345.nodeops-new", "kept-by-someone-else"):
        Path(place.directory, name).write_text("x")
    plan = files.plan(place, WANTED, FOREIGN)
    assert actions(plan) == {
        ".password": files.KEEP,
        "config.toml": files.CREATE,
        ".env": files.REMOVE,
        ".env.abc12345.nodeops-new": files.REMOVE,
    }
    files.apply(plan)
    assert sorted(os.listdir(place.directory)) == [".password", "config.toml", "kept-by-someone-else"]


def test_a_file_elsewhere(place: files.Place, tmp_path: Path) -> None:
    path = str(tmp_path / "launch.json")
    others = {path: files.State(b"{}\n", os.geteuid(), os.getegid(), 0o644)}
    files.apply(files.plan(place, WANTED, FOREIGN, others))
    assert Path(path).read_text() == "{}\n"
    assert mode(path) == 0o644
    assert not files.plan(place, WANTED, FOREIGN, others).changed
    others = {path: files.State(b"{2}\n", os.geteuid(), os.getegid(), 0o644)}
    assert actions(files.plan(place, WANTED, FOREIGN, others))[path] == files.UPDATE


def test_a_failed_write_leaves_the_old_file(place: files.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    files.apply(files.plan(place, WANTED, FOREIGN))

    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space left"):
        files.apply(files.plan(place, {**WANTED, "config.toml": "a = 2\n"}, FOREIGN))
    assert files.read(place.directory, FOREIGN) == WANTED
    assert sorted(os.listdir(place.directory)) == [".password", "config.toml"]


# What apply() asks the system for; a process that is killed ends before one of these, or after it.
STEPS = ("mkdir", "chown", "chmod", "fchown", "fchmod", "fsync", "open", "rename", "unlink")


def killed_at_step(plan: files.Plan, step: int) -> bool:
    """Apply a plan in a process that is gone before its so-manieth step; return whether it was."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    steps = itertools.count()

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **named: Any) -> Any:
            if next(steps) == step:
                os._exit(9)
            return call(*arguments, **named)

        return instead

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    files.apply(plan)
    os._exit(0)


# What lies there when the process begins; None is no directory.
TEST_KILLED = {
    "a first start": None,
    "files of the last start": {".password": "canary-of-before\n", "config.toml": "a = 1\n"},
    "another generation": {".password": "canary-of-before\n", ".env": "A=1\n"},
}


@pytest.mark.parametrize("before", TEST_KILLED.values(), ids=TEST_KILLED)
def test_a_process_that_is_killed_at_any_step_leaves_whole_files_and_the_next_one_ends_it(
    place: files.Place, before: dict[str, str] | None
) -> None:
    for step in itertools.count():
        shutil.rmtree(place.directory, ignore_errors=True)
        if before is not None:
            files.apply(files.plan(place, before, FOREIGN))
        killed = killed_at_step(files.plan(place, WANTED, FOREIGN), step)
        for name, content in files.read(place.directory, FOREIGN).items():
            assert content in ((before or {}).get(name), WANTED.get(name)), f"{name}, killed at step {step}"
        files.apply(files.plan(place, WANTED, FOREIGN))
        assert files.read(place.directory, FOREIGN) == WANTED
        assert sorted(os.listdir(place.directory)) == [".password", "config.toml"]
        if not killed:
            break
    assert step >= len({"open", "fchown", "fchmod", "fsync", "rename"}), "the steps must have been counted"


def test_links_are_refused(place: files.Place, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("keep")
    files.apply(files.plan(place, {}, ()))
    link = Path(place.directory, "config.toml")
    link.symlink_to(target)
    with pytest.raises(files.FilesError) as caught:
        files.plan(place, WANTED, FOREIGN)
    assert str(caught.value) == f"{link} cannot be opened as a regular file: Too many levels of symbolic links"
    elsewhere = tmp_path / "directory-link"
    elsewhere.symlink_to(place.directory)
    with pytest.raises(files.FilesError) as caught:
        files.plan(files.Place(str(elsewhere), 0, 0), {}, ())
    assert str(caught.value) == f"{elsewhere} is not a directory; remove it"


def test_a_fifo_is_refused_without_hanging(place: files.Place) -> None:
    files.apply(files.plan(place, {}, ()))
    fifo = os.path.join(place.directory, ".password")
    os.mkfifo(fifo)
    with pytest.raises(files.FilesError) as caught:
        files.plan(place, WANTED, FOREIGN)
    assert str(caught.value) == f"{fifo} is not a regular file; remove it"


def test_describe_shows_no_value(place: files.Place) -> None:
    files.apply(files.plan(place, WANTED, FOREIGN))
    plan = files.plan(place, {**WANTED, "config.toml": "a = 2\n"}, FOREIGN)
    before, after = (dict(line.split(" ", 1) for line in text.splitlines()) for text in files.describe(plan))
    assert list(before) == list(after) == [f"{place.directory}/", ".password", "config.toml"]
    assert before[".password"] == after[".password"]
    assert before["config.toml"] != after["config.toml"]
    shown = "".join(files.describe(plan)) + repr(plan)
    assert "canary" not in shown
    assert "a = " not in shown


def test_fingerprints_cannot_be_compared_between_runs(place: files.Place) -> None:
    plan = files.plan(place, WANTED, FOREIGN)
    assert files.describe(plan)[0] == files.describe(plan)[0]
    assert files.describe(plan)[1] != files.describe(plan)[1]
