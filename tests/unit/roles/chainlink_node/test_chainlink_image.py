# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program does to files; that a sealed host works is tried on a host, in tests/hosts."""

from __future__ import annotations

import contextlib
import glob
import importlib.machinery
import importlib.util
import json
import re
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
PROGRAM = CHECKOUT / "roles" / "chainlink_node" / "files" / "chainlink-image"
ROLES_OF_HOSTS = ("chainlink_node", "host_docker", "host_hardening", "host_patch")
# What roles only look at, give a mode or create empty.
NOT_WRITTEN = re.compile(
    r"/etc/(cron\S*|docker|g?shadow-?|nodeops|nodeops/hardened|profile|ssh/sshd_config\.d/?|sudoers\.d)"
    r"|/etc/systemd/(\S+\.d|system)|/usr/local/(lib/nodeops-chainlink|sbin)"
)


@pytest.fixture(scope="module")
def program() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("chainlink_image", str(PROGRAM))
    spec = importlib.util.spec_from_loader("chainlink_image", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules["chainlink_image"] = module  # dataclasses look there
    loader.exec_module(module)
    sys.dont_write_bytecode = written
    return module


def covered(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern.replace("**/", "*").replace("**", "*")) for pattern in patterns)


def test_whatever_a_role_writes_on_a_host_is_part_of_its_fingerprint(program: ModuleType) -> None:
    written = set()
    for role in ROLES_OF_HOSTS:
        for name in glob.glob(f"{CHECKOUT}/roles/{role}/*/*.yml"):
            text = Path(name).read_text(encoding="utf-8")
            if "/meta/" not in name:
                written.update(re.findall(r"(?<![\w.])/(?:etc|usr/local)/[\w./-]*\w", text))
    written = {path for path in written if not NOT_WRITTEN.fullmatch(path)}
    assert len(written) > 15, "the search must have found what roles write"
    assert [path for path in sorted(written) if not covered(path, program.MADE_OF)] == []


def test_nothing_that_a_host_loses_is_part_of_its_fingerprint(program: ModuleType) -> None:
    for path in (*program.TAKEN, "/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key", "/root/.ssh/authorized_keys"):
        assert not covered(path, program.MADE_OF), path


def test_the_lines_of_files(program: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("content")
    (tmp_path / "folder" / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("folder/file")
    checksum = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    expected = [f"{tmp_path}/folder/file 640 {checksum}", f"{tmp_path}/link -> folder/file"]
    assert program.files((f"{tmp_path}/**", f"{tmp_path}/link", f"{tmp_path}/absent")) == expected


def test_a_file_is_overwritten_before_it_goes(program: ModuleType, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("material")
    # Another way to the same blocks.
    with secret.open("rb") as stream:
        program.remove(str(secret))
        assert stream.read() == bytes(len("material"))
    assert not secret.exists()


def test_a_directory_goes_with_all_of_it_and_a_link_alone(program: ModuleType, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    (folder / "file").write_text("gone")
    (folder / "link").symlink_to(target)
    program.remove(str(tmp_path / "folder"))
    assert not (tmp_path / "folder").exists()
    assert target.read_text() == "kept"


def test_what_is_put_back_joins_what_has_come_meanwhile(program: ModuleType, tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "place"
    for folder in (kept, place):
        folder.mkdir()
    (kept / "file").write_text("old")
    (kept / "file").chmod(0o600)
    (place / "new").write_text("new")
    program.put_back(str(kept), str(place))
    assert {path.name: path.read_text() for path in place.iterdir()} == {"file": "old", "new": "new"}
    assert (place / "file").stat().st_mode & 0o777 == 0o600
    program.put_back(str(kept / "file"), str(place / "new"))
    assert (place / "new").read_text() == "old"


def test_what_changes_while_a_host_is_sealed_is_kept(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when an update of openssh-server comes in between: /etc/ssh is mounted over as a whole."""
    disk, kept = tmp_path / "ssh", tmp_path / "kept"
    copy = kept / "veil-0"
    for folder in (disk, copy):
        (folder / "sshd_config.d").mkdir(parents=True)
        (folder / "moduli").write_text("old")
        (folder / "ssh_config").write_text("same")
        (folder / "sshd_config.d" / "removed.conf").write_text("old")
        (folder / "becomes_a_folder").write_text("old")
        (folder / "becomes_a_link").write_text("old")
    # The disk has lost this.
    (copy / "ssh_host_ed25519_key").write_text("key")
    (copy / "ssh_host_ed25519_key").chmod(0o600)
    # Meanwhile:
    (copy / "moduli").write_text("new")
    (copy / "sshd_config.d" / "removed.conf").unlink()
    (copy / "sshd_config.d" / "come.conf").write_text("come")
    (copy / "becomes_a_folder").unlink()
    (copy / "becomes_a_folder").mkdir()
    (copy / "becomes_a_link").unlink()
    (copy / "becomes_a_link").symlink_to("moduli")
    entry = {"path": str(disk), "copy": str(copy), "veiled": ["ssh_host_*"]}
    (kept / "entries.json").write_text(json.dumps([entry]))
    real_run, commands = program.run, []

    def run(*command: str) -> str:
        commands.append(command)
        return str(real_run(*command)) if command[0] in ("cp", "sync") else ""

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(program, "KEPT", str(kept))
    monkeypatch.setattr(program, "JOURNAL", str(tmp_path / "none"))
    monkeypatch.setattr(program, "underneath", contextlib.nullcontext)
    monkeypatch.setattr(program.os.path, "ismount", lambda _path: True)
    program.unseal()
    monkeypatch.undo()
    found = {
        str(path.relative_to(disk)): path.read_text() for path in disk.rglob("*") if path.is_file() or path.is_symlink()
    }
    assert found == {
        "moduli": "new",
        "ssh_config": "same",
        "ssh_host_ed25519_key": "key",
        "sshd_config.d/come.conf": "come",
        "becomes_a_link": "new",
    }
    assert (disk / "becomes_a_folder").is_dir()
    assert (disk / "becomes_a_link").is_symlink()
    assert (disk / "ssh_host_ed25519_key").stat().st_mode & 0o777 == 0o600
    assert commands[-2:] == [("umount", "--lazy", str(disk)), ("umount", "--lazy", str(kept))]


def test_the_plan_has_what_there_is(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "id").write_text("id")
    (tmp_path / "link").symlink_to("id")
    (tmp_path / "log").write_text("log")
    (tmp_path / "ssh").mkdir()
    monkeypatch.setattr(
        program, "VEILED", ((f"{tmp_path}/id", ()), (f"{tmp_path}/ssh", ("key*",)), (f"{tmp_path}/no", ()))
    )
    monkeypatch.setattr(program, "TAKEN", (f"{tmp_path}/l?g", f"{tmp_path}/log", f"{tmp_path}/none"))
    assert program.plan() == [
        program.Entry(f"{tmp_path}/id", "/run/nodeops-sealed/veil-0", []),
        program.Entry(f"{tmp_path}/ssh", "/run/nodeops-sealed/veil-1", ["key*"]),
        program.Entry(f"{tmp_path}/log", "/run/nodeops-sealed/taken-0"),
    ]


def test_a_failure_is_one_line(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(program, "MADE_OF", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program.main(["fingerprint"]) == 1
    assert capsys.readouterr().err == "chainlink-image: rpm did not run: FileNotFoundError\n"
