# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS deliveries, kept for people and tests to read: nothing leaves the lab.

One JSON object per line in ``deliveries.jsonl`` of the state directory: what a subscriber of this protocol would have
received, and when.
"""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = "deliveries.jsonl"

_lock = threading.Lock()


def record(state_directory: Path, delivery: dict[str, Any]) -> None:
    """Append a delivery; its time is added."""
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": time, **delivery}) + "\n"
    with _lock:
        # Messages are a business of the lab's owner only.
        descriptor = os.open(state_directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(line)


def read(state_directory: Path) -> Iterator[dict[str, Any]]:
    """Yield all deliveries, the earliest first."""
    try:
        lines = (state_directory / FILE).read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        yield json.loads(line)
