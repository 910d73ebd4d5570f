# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at the operator's SSH key files on the controller. Never reads a whole private key."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

_READ_BYTES = 8192


@dataclass(frozen=True)
class KeyFile:
    """What can be seen of a file; error is empty where it could be read."""

    first_line: str = ""
    mode: int = 0
    error: str = ""


def look(path: str) -> KeyFile:
    """The first line and the mode of a file, or why there are none."""
    try:
        with open(os.path.expanduser(path), "rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            line = stream.readline(_READ_BYTES)
    except OSError as error:
        return KeyFile(error=error.strerror or type(error).__name__)
    return KeyFile(line.decode("utf-8", errors="replace").strip(), mode)
