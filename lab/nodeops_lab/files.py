# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that other processes read while the lab writes them."""

from __future__ import annotations

from pathlib import Path


def write_atomically(path: Path, content: str, mode: int = 0o644) -> bool:
    """Write a file so that no reader ever sees half of it; return whether the content changed."""
    if path.exists() and path.read_text() == content:
        return False
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(mode=mode)
    draft.chmod(mode)
    draft.write_text(content)
    draft.replace(path)
    return True
