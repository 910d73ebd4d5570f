# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One job on the storage of clusters and snapshots, in a container of its own: storage_job.py JOB [ARGUMENTS].

Where the job has them, there are /cluster (the storage to make), /source (another cluster's), /base (a snapshot to
read), /snapshot (a snapshot to make) and /job (the lab's files for it, read-only).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from storage_layout import (
    ADMINISTRATOR,
    INITIAL,
    PROGRAMS,
    TOOLS,
    Storage,
    copy_tree,
    own,
    read,
    run,
    write,
)

CLUSTER, SOURCE = Storage(Path("/cluster")), Storage(Path("/source"))
BASE, SNAPSHOT, JOB = Path("/base/data"), Path("/snapshot/data"), Path("/job")
RECOVERY_SECONDS = 600.0
RECOVERY_PORT = 5432
TOO_EARLY = "recovery ended before configured recovery target was reached"
LACKING = 2**20
"""How many bytes of WAL before the source's end may lack: the last record is named by its beginning."""


def make(_arguments: argparse.Namespace) -> None:
    """Make the storage of a new cluster, with the roles and the database that /job/setup.sql says."""
    data = _begin()
    run(
        PROGRAMS / "initdb",
        f"--pgdata={data}",
        f"--username={ADMINISTRATOR}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--auth=peer",
        "--data-checksums",
        "--no-sync",
    )
    # The server without clients: -j reads statements that end with an empty line. None of them reaches the log.
    single = [PROGRAMS / "postgres", "--single", "-j", "-D", data, "-c", "log_min_error_statement=panic", "-F"]
    run(*single, "-c", "exit_on_error=on", "postgres", text=(JOB / "setup.sql").read_text())
    _finish(data)


def restore(_arguments: argparse.Namespace) -> None:
    """Make the storage of a cluster from the snapshot in /base."""
    data = _begin()
    copy_tree(BASE, data)
    _finish(data)


def clone(arguments: argparse.Namespace) -> None:
    """Make the storage of a cluster from what /source holds now."""
    data = _begin()
    _copy_cluster(SOURCE, arguments.writer, arguments.port, data)
    _finish(data)


def restore_to_time(arguments: argparse.Namespace) -> None:
    """Make the storage of a cluster as /source was at a time, or is now: the first backup, and the WAL since."""
    data = _begin()
    end = _end_of_wal(arguments.writer, arguments.port)
    copy_tree(BASE, data)
    # The writer's own WAL holds what is not archived yet.
    wal = CLUSTER.root / "source"
    wal.mkdir(exist_ok=True)
    (wal / "archive").symlink_to(SOURCE.archive)
    (wal / "instances").symlink_to(SOURCE.root / "instances")
    write(wal / "fenced", read(SOURCE.current) or INITIAL)
    targets = [f"recovery_target_time={arguments.time}"] if arguments.time else []
    log = _recover(data, wal, targets)
    if TOO_EARLY in log and targets:
        # Nothing was committed between the last record and the time asked for.
        targets = []
        log = _recover(data, wal, targets)
    if TOO_EARLY in log or (not targets and _lacks(log, end)):
        raise SystemExit("storage job: the source's WAL has a gap")
    shutil.rmtree(wal)
    _finish(data)


def snapshot(arguments: argparse.Namespace) -> None:
    """Make a snapshot of what /source holds now."""
    _copy_cluster(SOURCE, arguments.writer, arguments.port, SNAPSHOT)


def copy(_arguments: argparse.Namespace) -> None:
    """Make a snapshot from the one in /base."""
    copy_tree(BASE, SNAPSHOT)


def forget(arguments: argparse.Namespace) -> None:
    """Remove what a deleted instance left, unless it is the cluster's data."""
    if read(CLUSTER.current) != arguments.instance:
        shutil.rmtree(CLUSTER.root / "instances" / arguments.instance, ignore_errors=True)
    shutil.rmtree(CLUSTER.socket(arguments.instance), ignore_errors=True)


def _begin() -> Path:
    """Lay the new storage out, clear what an earlier try left, and return the data directory to make."""
    CLUSTER.lay_out()
    CLUSTER.current.unlink(missing_ok=True)
    shutil.rmtree(CLUSTER.root / "source", ignore_errors=True)
    CLUSTER.instance(INITIAL)
    data = CLUSTER.data(INITIAL)
    shutil.rmtree(data, ignore_errors=True)
    return data


def _finish(data: Path) -> None:
    """Keep the first automated snapshot, from which any later time can be restored, and release the storage."""
    copy_tree(data, SNAPSHOT)
    write(CLUSTER.current, INITIAL)


def _copy_cluster(source: Storage, writer: str, port: int, target: Path) -> None:
    """Copy a cluster's data: from its writer, or, where none runs, as they lie."""
    if target == SNAPSHOT:
        own(target.parent, 0o755)
    if writer:
        source.back_up(writer, port, target)
    else:
        copy_tree(source.data(read(source.current) or INITIAL), target)


def _end_of_wal(writer: str, port: int) -> int | None:
    """Return up to where the source's writer has written, or None where none runs."""
    if not writer:
        return None
    where = f"host={SOURCE.socket(writer)} port={port} user={ADMINISTRATOR} dbname=postgres"
    return _position(run("psql", "--no-psqlrc", "-Atc", "SELECT pg_current_wal_flush_lsn()", where).strip())


def _position(text: str) -> int:
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _lacks(log: str, end: int | None) -> bool:
    """Return whether recovery ended clearly before the source's end."""
    done = re.search(r"redo done at ([0-9A-F]+/[0-9A-F]+)", log)
    return end is not None and done is not None and _position(done.group(1)) < end - LACKING


def _recover(data: Path, wal: Path, targets: list[str]) -> str:
    """Run recovery until the server is promoted or has given up; stop it and return its log."""
    (data / "recovery.signal").touch()
    own(data / "recovery.signal")
    settings = [
        f"restore_command={TOOLS / 'restore-wal'} {wal} %f %p",
        "recovery_target_action=promote",
        "archive_mode=off",
        # Without: a standby that takes no clients need not allow as many connections as its source.
        "hot_standby=off",
        "fsync=off",
        "listen_addresses=",
        "unix_socket_directories=/tmp",
        *targets,
    ]
    options = [word for setting in settings for word in ("-c", setting)]
    log = Path("/tmp/recovery.log")
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"),
                *(str(PROGRAMS / "postgres"), "-D", str(data), *options),
            ],
            stdout=output,
            stderr=output,
            cwd="/tmp",
        )
    where = ["--host=/tmp", f"--port={RECOVERY_PORT}", f"--username={ADMINISTRATOR}", "--dbname=postgres"]
    ready = [PROGRAMS / "pg_isready", "--quiet", *where]
    deadline = time.monotonic() + RECOVERY_SECONDS
    while server.poll() is None and subprocess.run(ready, check=False).returncode:
        if time.monotonic() > deadline:
            raise SystemExit(f"storage job: recovery did not end within {RECOVERY_SECONDS:.0f} s")
        time.sleep(0.1)
    if server.poll() is None:
        run(PROGRAMS / "pg_ctl", "stop", f"--pgdata={data}", "--mode=fast", "--wait")
        server.wait()
    text = log.read_text()
    print(text, file=sys.stderr, flush=True)
    if server.returncode and TOO_EARLY not in text:
        raise SystemExit(f"storage job: recovery failed with {server.returncode}")
    return text


JOBS = {
    "make": make,
    "restore": restore,
    "clone": clone,
    "restore-to-time": restore_to_time,
    "snapshot": snapshot,
    "copy": copy,
    "forget": forget,
}


def main() -> None:
    """Run the job that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--writer", default="", help="resource id of the source's instance that runs as writer")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--time", default="", help="in UTC, as PostgreSQL reads it; without: now")
    parser.add_argument("--instance", default="", help="resource id")
    arguments = parser.parse_args()
    JOBS[arguments.job](arguments)


if __name__ == "__main__":
    main()
