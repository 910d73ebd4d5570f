# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import key_file


def test_look(tmp_path: Path) -> None:
    path = tmp_path / "id"
    path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n")
    path.chmod(0o640)
    assert key_file.look(str(path)) == key_file.KeyFile("-----BEGIN OPENSSH PRIVATE KEY-----", 0o640)


def test_look_at_nothing(tmp_path: Path) -> None:
    assert key_file.look(str(tmp_path / "id")) == key_file.KeyFile(error="No such file or directory")
    assert key_file.look(str(tmp_path)) == key_file.KeyFile(error="Is a directory")
