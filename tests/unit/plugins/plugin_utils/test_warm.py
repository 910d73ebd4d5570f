# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A warm interpreter: programs run in it as in one of their own, only sooner."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible_collections.nodeops.chainlink.plugins.plugin_utils import _warm

Run = Callable[..., tuple[int, bytes, bytes]]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the interpreter listens; it ends with its place."""
    place = tmp_path_factory.mktemp("run") / "warm"
    yield str(place)
    place.unlink(missing_ok=True)


@pytest.fixture
def run(path: str, tmp_path: Path) -> Run:
    """Return a function that runs a program."""

    def run(program: str, directory: Path = tmp_path) -> tuple[int, bytes, bytes]:
        connection = _warm.connect(path, sys.executable, "", AnsibleCollectionConfig.collection_paths)
        return _warm.run(connection, program.encode(), str(directory))

    return run


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(process: int) -> bool:
    """Return whether a process runs; a dead one that nobody has asked after does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


TEST_RUN: list[tuple[str, int, bytes, bytes]] = [
    ("print('written')", 0, b"written\n", b""),
    ("import sys; print('wrong', file=sys.stderr)", 0, b"", b"wrong\n"),
    ("import sys; sys.exit(3)", 3, b"", b""),
    ("import sys; sys.exit()", 0, b"", b""),
    ("import sys; sys.exit('no')", 1, b"", b"no\n"),
    ("print(__name__)", 0, b"__main__\n", b""),
    ("import sys; print(sys.stdin.read())", 0, b"\n", b""),
    ("import os, sys; sys.stdout.write('x' * 300000)", 0, b"x" * 300000, b""),
    ("import atexit; atexit.register(print, 'at the end')", 0, b"at the end\n", b""),
    ("import subprocess; print(subprocess.run(['false']).returncode)", 0, b"1\n", b""),
    ("import sys; print('boto3' in sys.modules, 'ansible.module_utils.basic' in sys.modules)", 0, b"True True\n", b""),
]


@pytest.mark.parametrize(("program", "code", "output", "errors"), TEST_RUN)
def test_run(run: Run, program: str, code: int, output: bytes, errors: bytes) -> None:
    assert run(program) == (code, output, errors)


def test_collections_are_imported_from_where_ansible_finds_them(run: Run) -> None:
    program = (
        "import ansible_collections.nodeops.chainlink.plugins.module_utils._aws as found; print(found.__path__[0])"
    )
    assert run(program)[1].decode().strip().endswith("/nodeops/chainlink/plugins/module_utils/_aws")
    program = "import sys; print('ansible_collections.amazon.aws.plugins.module_utils.modules' in sys.modules)"
    assert run(program)[1] == b"True\n"


def test_descriptions_of_services_are_read_beforehand(run: Run) -> None:
    program = f"""
import botocore.loaders, botocore.session
botocore.loaders.JSONFileLoader.load_file = lambda self, path: print('read', path)
session = botocore.session.Session()
for service in {_warm.DESCRIBED_BEFORE!r}:
    client = session.create_client(service, 'eu-west-1', aws_access_key_id='a', aws_secret_access_key='b')
    client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
    print(client.meta.endpoint_url)
"""
    # It goes on reading while nobody asks.
    until(lambda: b"read" not in run(program)[1])
    lines = run(program)[1].decode().splitlines()
    assert not [line for line in lines if line.startswith("read")]
    assert len(lines) == len(_warm.DESCRIBED_BEFORE)


def test_a_configuration_of_descriptions_of_its_own_is_heard(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", "/nowhere")
    program = "import botocore.session as s; print('/nowhere' in s.Session().get_component('data_loader').search_paths)"
    assert run(program)[1] == b"True\n"


def test_a_failure_shows_where(run: Run) -> None:
    code, output, errors = run("def fail():\n    raise ValueError('words')\nfail()\n")
    assert (code, output) == (1, b"")
    assert errors.startswith(b"Traceback")
    assert errors.endswith(b"ValueError: words\n")


def test_directory_and_environment_are_those_of_who_asks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import os; print(os.getcwd(), os.environ.get('NODEOPS_TEST'))"
    assert run(program)[1].decode().split() == [str(tmp_path), "None"]
    monkeypatch.setenv("NODEOPS_TEST", "now")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(program, elsewhere)[1].decode().split() == [str(elsewhere), "now"]


def test_nothing_that_a_program_does_reaches_another(run: Run) -> None:
    run("import os, sys, json; os.environ['NODEOPS_LEFT'] = 'x'; json.left = 1; os.umask(0); sys.path.clear()")
    program = "import os, sys, json; print('NODEOPS_LEFT' in os.environ, hasattr(json, 'left'), bool(sys.path))"
    assert run(program)[1] == b"False False True\n"
    mask = os.umask(0o022)
    os.umask(mask)
    assert int(run("import os; print(os.umask(0))")[1]) == mask


def test_all_run_in_one_interpreter_that_only_its_user_reaches(run: Run, path: str) -> None:
    interpreters: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: interpreters.append(run("import os; print(os.getppid())")[1])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(interpreters) == 4
    assert len(set(interpreters)) == 1
    assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0


def test_they_run_side_by_side(run: Run) -> None:
    run("")
    began = time.monotonic()
    threads = [threading.Thread(target=run, args=("import time; time.sleep(1)",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 3


def test_a_program_that_is_killed_is_a_failure(run: Run) -> None:
    code, _, errors = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert code == 1
    assert b"without an answer" in errors


def test_a_program_ends_with_who_asked_for_it(path: str, tmp_path: Path) -> None:
    noted = tmp_path / "process"
    program = f"import os, time; open({str(noted)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    worker = os.fork()
    if worker == 0:
        _warm.run(_warm.connect(path, sys.executable), program.encode(), str(tmp_path))
        os._exit(0)
    until(lambda: noted.exists() and noted.read_text() != "")
    process = int(noted.read_text())
    assert lives(process)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    until(lambda: not lives(process))


def test_it_ends_with_the_directory_of_its_run(tmp_path: Path) -> None:
    place = tmp_path / "warm"
    connection = _warm.connect(str(place), sys.executable)
    process = int(_warm.run(connection, b"import os; print(os.getppid())", str(tmp_path))[1])
    assert lives(process)
    place.unlink()
    until(lambda: not lives(process))


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_an_interpreter_that_cannot_be_had_is_told_at_once(tmp_path: Path, python: str) -> None:
    began = time.monotonic()
    with pytest.raises(OSError, match="No such file"):
        _warm.connect(str(tmp_path / "warm"), python)
    assert time.monotonic() - began < 5
