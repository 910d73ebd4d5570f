# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import key_file


def test_look(tmp_path: Path) -> None:
    path = tmp_path / "id"
    path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n")
    path.chmod(0o640)
    assert key_file.look(str(path)) == key_file.KeyFile("-----BEGIN OPENSSH PRIVATE KEY-----", 0o640)


def test_look_at_nothing(tmp_path: Path) -> None:
    assert key_file.look(str(tmp_path / "id")) == key_file.KeyFile(error="No such file or directory")
    assert key_file.look(str(tmp_path)) == key_file.KeyFile(error="Is a directory")


# (arguments of ssh-keygen, whether the file shows its public half)
TEST_PUBLIC: list[tuple[list[str], bool]] = [
    (["-t", "ed25519", "-N", ""], True),
    (["-t", "rsa", "-b", "4096", "-N", ""], True),
    (["-t", "ed25519", "-N", "a phrase to open it"], True),
    # As AWS hands out a key pair that it has made: nothing of it can be read without what is secret.
    (["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""], False),
]


@pytest.mark.parametrize(("arguments", "shown"), TEST_PUBLIC)
def test_the_public_half_is_read_of_either_file(tmp_path: Path, arguments: list[str], shown: bool) -> None:
    path = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-C", "someone", "-f", str(path), *arguments], check=True)
    public = key_file.look(f"{path}.pub")
    assert public.public == Path(f"{path}.pub").read_text(encoding="utf-8").split()[1]
    assert key_file.look(str(path)).public == (public.public if shown else "")


MAGIC = "b3BlbnNzaC1rZXktdjEA"


@pytest.mark.parametrize("body", ["", "!", MAGIC, f"{MAGIC}AAAABG5v", f"{MAGIC}/////w==", "AAAA" * 9, "-----END"])
def test_a_damaged_file_shows_nothing(tmp_path: Path, body: str) -> None:
    path = tmp_path / "id"
    path.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n")
    assert key_file.look(str(path)).public == ""
