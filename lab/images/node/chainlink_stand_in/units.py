# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go's durations and the node's file sizes."""

from __future__ import annotations

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|tb)?$", re.IGNORECASE)
_BYTES = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}


def duration(text: str) -> float:
    """Seconds of a Go duration such as ``1m30s``. Raises ValueError."""
    if text == "0":
        return 0.0
    pieces = list(_DURATION.finditer(text))
    if not pieces or "".join(piece[0] for piece in pieces) != text:
        raise ValueError(f'time: invalid duration "{text}"')
    return sum(float(piece[1]) * _SECONDS[piece[2]] for piece in pieces)


def size(text: str) -> int:
    """Bytes of a file size such as ``5120mb``. Raises ValueError."""
    found = _SIZE.match(text)
    if not found:
        raise ValueError(f'invalid file size "{text}"')
    return int(float(found[1]) * _BYTES[(found[2] or "b").lower()])
