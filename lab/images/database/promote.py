# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a reader the writer: promote.py RESOURCE_ID OLD_WRITER. The old writer must have ended for good."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storage_layout import PROGRAMS, TOOLS, Storage, run, write

SECONDS = 50


def main() -> None:
    """Replay everything that the old writer had written, then promote; no acknowledged transaction is lost."""
    resource_id, old = sys.argv[1:]
    storage = Storage(Path("/cluster"))
    write(storage.fenced, old)
    wal = storage.data(old) / "pg_wal"
    for ready in sorted((wal / "archive_status").glob("*.ready")):
        # The old writer had finished it and not yet archived it; nobody else will.
        segment = wal / ready.stem
        if segment.exists():
            subprocess.run([str(TOOLS / "archive-wal"), str(storage.archive), segment.name, str(segment)], check=True)
    run(PROGRAMS / "pg_ctl", "promote", f"--pgdata={storage.data(resource_id)}", "--wait", f"--timeout={SECONDS}")
    write(storage.role(resource_id), "writer")
    write(storage.current, resource_id)
    storage.fenced.unlink()


if __name__ == "__main__":
    main()
