# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of a DB instance: make its data what its role asks for, then become PostgreSQL.

/lab is the lab's directory for the instance, read-only: instance.json, postgresql.conf, pg_hba.conf, tls/ and
security-groups.nft. /cluster is the storage that all instances of the cluster share (storage_layout.py). A change of
role is a restart, but for the promotion of a reader (promote.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import tls
from storage_layout import INITIAL, PROGRAMS, Storage, own, read, write

LAB = Path("/lab")
PAUSE = 0.2


def order() -> dict[str, Any]:
    """Return what the lab says now: "instance" and "writer" (resource ids) and "port"."""
    content: dict[str, Any] = json.loads((LAB / "instance.json").read_text())
    return content


def become_writer(storage: Storage, resource_id: str) -> None:
    """Take over the cluster's data, whoever served them last; that instance must be gone."""
    storage.instance(resource_id)
    data = storage.data(resource_id)
    current = read(storage.current) or INITIAL
    if current != resource_id:
        shutil.rmtree(data, ignore_errors=True)
        storage.data(current).rename(data)
        write(storage.current, resource_id)
    (data / "standby.signal").unlink(missing_ok=True)
    storage.fenced.unlink(missing_ok=True)
    write(storage.role(resource_id), "writer")


def become_reader(storage: Storage, resource_id: str, writer: str, port: int) -> bool:
    """Follow the writer with the data that are there, or with a new copy; return whether that can begin."""
    directory, data = storage.instance(resource_id), storage.data(resource_id)
    # Data that were ever written to here may hold what the new writer never got.
    if read(storage.role(resource_id)) != "reader" or not data.exists():
        if not storage.answers(writer, port):
            return False
        copy = directory / "copy"
        try:
            storage.back_up(writer, port, copy)
        except subprocess.CalledProcessError as error:
            print(f"instance: no copy of the writer's data: {error}", file=sys.stderr, flush=True)
            return False
        # Without data and role in between: whatever cuts this short, the next start begins anew.
        storage.role(resource_id).unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
        copy.rename(data)
        write(storage.role(resource_id), "reader")
    (data / "standby.signal").touch()
    own(data / "standby.signal")
    return True


def main() -> None:
    """Prepare, then become the server."""
    subprocess.run(["nft", "-f", str(LAB / "security-groups.nft")], check=True)
    tls.install()
    storage = Storage(Path("/cluster"))
    while True:
        wanted = order()
        resource_id, writer, port = wanted["instance"], wanted["writer"], int(wanted["port"])
        if writer == resource_id:
            become_writer(storage, resource_id)
            break
        if become_reader(storage, resource_id, writer, port):
            break
        time.sleep(PAUSE)
    data = storage.data(resource_id)
    # Left by a server that was killed; its process id may be another's in this container.
    (data / "postmaster.pid").unlink(missing_ok=True)
    for directory in (Path("/var/run/postgresql"), storage.socket(resource_id)):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        own(directory, 0o755)
    command = [
        *("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"),
        *(str(PROGRAMS / "postgres"), "-D", str(data), "-c", f"config_file={LAB / 'postgresql.conf'}"),
    ]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
