# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_library

CHECKOUT = Path(__file__).resolve().parents[4]

# What a process that has imported the module and nothing else would install. AnsiballZ makes such a process on a host.
ALONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import conftest
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_library
print(json.dumps({path: content.decode() for path, content in chainlink_library.library().items()}))
"""


@pytest.fixture(scope="module")
def library() -> dict[str, bytes]:
    answer = subprocess.run(
        [sys.executable, "-c", ALONE, str(CHECKOUT / "tests/unit")], capture_output=True, text=True, check=True
    )
    return {path: content.encode() for path, content in json.loads(answer.stdout).items()}


def test_it_is_what_the_modules_run_with(library: dict[str, bytes]) -> None:
    for path, content in library.items():
        package, _slash, rest = path.partition("/")
        assert package == "nodeops_chainlink"
        assert (CHECKOUT / "plugins/module_utils" / rest).read_bytes() == content
    assert "nodeops_chainlink/_node/__init__.py" in library
    assert "nodeops_chainlink/_node/render.py" in library


@pytest.mark.parametrize(("name", "word"), [("chainlink-host", "render"), ("chainlink-watch", "--hung-seconds")])
def test_it_is_all_that_the_host_programs_need(library: dict[str, bytes], tmp_path: Path, name: str, word: str) -> None:
    chainlink_library.write(str(tmp_path), chainlink_library.changes(str(tmp_path), library))
    program = (CHECKOUT / "roles/chainlink_node/files" / name).read_text(encoding="utf-8")
    script = tmp_path / name
    script.write_text(program.replace("/usr/local/lib/nodeops-chainlink", str(tmp_path)), encoding="utf-8")
    answer = subprocess.run([sys.executable, "-I", str(script), "--help"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert word in answer.stdout


def test_check_mode_then_install_then_nothing(
    run_module: Any, monkeypatch: pytest.MonkeyPatch, library: dict[str, bytes], tmp_path: Path
) -> None:
    monkeypatch.setattr(chainlink_library, "library", lambda: library)
    directory = tmp_path / "library"
    arguments = {"directory": str(directory)}
    announced = run_module(chainlink_library.main, arguments, check_mode=True)
    assert (announced["changed"], directory.exists()) == (True, False)
    done = run_module(chainlink_library.main, arguments)
    assert done["changes"] == announced["changes"] == dict.fromkeys(library, "create")
    assert {path: (directory / path).read_bytes() for path in library} == library
    assert oct(os.stat(directory / "nodeops_chainlink/_node/render.py").st_mode & 0o7777) == "0o644"
    assert run_module(chainlink_library.main, arguments)["changed"] is False


def test_what_is_old_goes(
    run_module: Any, monkeypatch: pytest.MonkeyPatch, library: dict[str, bytes], tmp_path: Path
) -> None:
    monkeypatch.setattr(chainlink_library, "library", lambda: library)
    run_module(chainlink_library.main, {"directory": str(tmp_path)})
    (tmp_path / "nodeops_chainlink/_node/old.py").write_text("")
    (tmp_path / "nodeops_chainlink/_node/render.py").write_text("other")
    cache = tmp_path / "nodeops_chainlink/_node/__pycache__"
    cache.mkdir()
    (cache / "render.pyc").write_text("")
    answer = run_module(chainlink_library.main, {"directory": str(tmp_path)})
    assert answer["changes"] == {
        "nodeops_chainlink/_node/old.py": "remove",
        "nodeops_chainlink/_node/render.py": "update",
    }
    assert not (tmp_path / "nodeops_chainlink/_node/old.py").exists()
    assert (cache / "render.pyc").exists()


def test_a_directory_that_cannot_be_made(run_module: Any, tmp_path: Path) -> None:
    answer = run_module(chainlink_library.main, {"directory": str(tmp_path / "missing/library")})
    assert answer["rc"] == 1
    assert answer["msg"].startswith(f"could not install the library in {tmp_path}/missing/library: ")
