# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import process


def make(proc: Path, pid: int, parent: int, arguments: str, start: int) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "cmdline").write_text(arguments.replace(" ", "\0") + "\0")
    rest = " ".join(["S", str(parent), *(["0"] * 17), str(start), "0"])
    (proc / str(pid) / "stat").write_text(f"{pid} (a name) with) blanks) {rest}\n")


@pytest.fixture
def proc(tmp_path: Path) -> str:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("6f1a8f1e-6d0e-4d6a-9b53-0d2f4c3a1b7e\n")
    make(tmp_path, 1, 0, "/sbin/init", 1)
    make(tmp_path, 20, 1, "bash", 100)
    make(tmp_path, 30, 20, "/venv/bin/python /venv/bin/ansible-playbook site.yml", 200)
    make(tmp_path, 31, 30, "/venv/bin/python /venv/bin/ansible-playbook site.yml", 210)
    make(tmp_path, 40, 31, "sh -c python3", 220)
    make(tmp_path, 41, 40, "python3", 230)
    return str(tmp_path)


def test_the_topmost_playbook_counts(proc: str) -> None:
    assert process.controller_process(41, proc) == "6f1a8f1e-30-200"


def test_no_playbook_above(proc: str) -> None:
    assert process.controller_process(20, proc) == ""


def test_no_proc(tmp_path: Path) -> None:
    assert process.controller_process(41, str(tmp_path / "none")) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("6f1a8f1e-30-200", True),
        ("6f1a8f1e-30-199", False),  # another process with the same number
        ("00000000-30-200", False),  # before a reboot
        ("6f1a8f1e-99-200", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_is_running(proc: str, name: str, expected: bool) -> None:
    assert process.is_running(name, proc) is expected


def test_a_real_process_is_told_from_one_that_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process.identity(child.pid)
    assert process.is_running(name)
    child.communicate(b"\n")
    assert not process.is_running(name)
    assert process.is_running(process.identity(os.getpid()))
