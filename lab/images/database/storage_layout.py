# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage of a cluster: a volume that all its instances share, and what is done to it.

It holds

instances/<resource id>/data   the data directory of an instance; all but the writer's are copies that follow it
instances/<resource id>/role   "writer" or "reader": as what the instance last served
sockets/<resource id>/         the instance's socket, by which the others follow it (no security group is between them)
archive/                       finished WAL
current                        the resource id of the instance whose data are the cluster's; it outlives the instance
fenced                         while a failover runs: the writer that is no more
"""

from __future__ import annotations

import pwd
import shutil
import subprocess
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
TOOLS = Path("/usr/local/lib/nodeops-lab")
INITIAL = "initial"
"""In the place of a resource id: data that no instance has served yet."""
ADMINISTRATOR = "rdsadmin"
_POSTGRES = pwd.getpwnam("postgres")


def run(*command: str | Path, text: str = "") -> str:
    """Run a program as postgres and return its output; its errors go to the container's log.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    return subprocess.run(
        [str(word) for word in command],
        check=True,
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        user=_POSTGRES.pw_uid,
        group=_POSTGRES.pw_gid,
        extra_groups=[],
        cwd="/tmp",
    ).stdout


def own(path: Path, mode: int | None = None) -> None:
    """Give a file or directory to postgres."""
    shutil.chown(path, _POSTGRES.pw_uid, _POSTGRES.pw_gid)
    if mode is not None:
        path.chmod(mode)


def write(path: Path, content: str) -> None:
    """Write a small file that postgres may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(content)
    own(draft, 0o644)
    draft.replace(path)


def read(path: Path) -> str:
    """Return a small file's content; empty where there is none."""
    return path.read_text() if path.exists() else ""


class Storage:
    """A cluster's volume at its mount point."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.archive = root / "archive"
        self.current = root / "current"
        self.fenced = root / "fenced"

    def lay_out(self) -> None:
        """Make the directories of an empty volume."""
        own(self.root, 0o755)
        for name in ("archive", "instances", "sockets"):
            directory = self.root / name
            directory.mkdir(exist_ok=True)
            own(directory, 0o755)

    def instance(self, resource_id: str) -> Path:
        """Return the directory of an instance, made if need be."""
        directory = self.root / "instances" / resource_id
        directory.mkdir(exist_ok=True)
        own(directory, 0o755)
        return directory

    def data(self, resource_id: str) -> Path:
        """Return an instance's data directory, which may not exist."""
        return self.root / "instances" / resource_id / "data"

    def role(self, resource_id: str) -> Path:
        """Return the file that holds an instance's last role."""
        return self.root / "instances" / resource_id / "role"

    def socket(self, resource_id: str) -> Path:
        """Return the directory of an instance's socket."""
        return self.root / "sockets" / resource_id

    def answers(self, resource_id: str, port: int) -> bool:
        """Return whether an instance takes connections."""
        command = [
            PROGRAMS / "pg_isready",
            "--quiet",
            "--username=rdsadmin",
            "--dbname=postgres",
            f"--host={self.socket(resource_id)}",
            f"--port={port}",
        ]
        return subprocess.run(command, check=False).returncode == 0

    def back_up(self, resource_id: str, port: int, target: Path) -> None:
        """Copy the data of an instance that runs, as they are at the end of the copy, into a new directory."""
        shutil.rmtree(target, ignore_errors=True)
        run(
            PROGRAMS / "pg_basebackup",
            f"--pgdata={target}",
            f"--host={self.socket(resource_id)}",
            f"--port={port}",
            f"--username={ADMINISTRATOR}",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-sync",
        )


def copy_tree(source: Path, target: Path) -> None:
    """Copy a data directory that no server uses, with owners and modes."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "--archive", "--reflink=auto", str(source), str(target)], check=True)
    (target / "postmaster.pid").unlink(missing_ok=True)
