# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker.models.containers import Container

from ..engine import container, enter
from ..errors import LabError
from .kind import Argument, Kind
from .places import Places
from .store import Fault

FILLER = ".lab-fault-filler"
LARGEST_MIB = 64
"""A copy of the directory is held in memory."""

# "$1" is the directory. The small file system replaces the directory's content by a copy that fills it but for nothing.
FILL = f"""
size=$(du --summarize --one-file-system --block-size=1M -- "$1" | cut -f 1)
if [ "$size" -gt {LARGEST_MIB} ]; then echo "$1 holds $size MiB, more than {LARGEST_MIB}" >&2; exit 1; fi
work=/run/nodeops-lab-fill; mkdir -p "$work"
mount -t tmpfs -o "size=$((size * 2 + 4))m,mode=$(stat -c %a -- "$1")" lab-full-disk "$work"
chown --reference="$1" "$work"
cp -a --one-file-system -- "$1/." "$work/"
dd if=/dev/zero "of=$work/{FILLER}" bs=4096 2>/dev/null || true
mount --move "$work" "$1" 2>/dev/null || {{ mount --bind "$work" "$1"; umount "$work"; }}
rmdir "$work"
"""
# What was written meanwhile goes to the disk beneath, but for what services wrote there that had files open.
EMPTY = f"""
if ! mountpoint -q -- "$1"; then exit 0; fi
rm -f -- "$1/{FILLER}"
beneath=/run/nodeops-lab-beneath; mkdir -p "$beneath"
mount --bind "$(dirname -- "$1")" "$beneath"; mount --make-private "$beneath"
cp -a --update -- "$1/." "$beneath/$(basename -- "$1")/"
umount "$beneath"; rmdir "$beneath"
umount --lazy -- "$1"
"""


def _path(text: str) -> str:
    if not text.startswith("/") or text.rstrip("/") == "" or ".." in text.split("/"):
        raise ValueError("must be the absolute path of a directory below /")
    return text.rstrip("/")


class FillDisk(Kind):
    """A small file system, full, over one directory: the machine's own disk is not touched.

    Imitated: not the whole disk, but the directory is full. Writing there fails with ENOSPC, and removing files makes
    room. A service that has files open there writes beneath until it opens them anew.
    """

    name = "fill-disk"
    summary = "fill a directory of a host's disk, so that writing there fails (ENOSPC) until room is made"
    arguments = (
        Argument("HOST", "instance id, Name tag or address"),
        Argument("PATH", f"directory with {LARGEST_MIB} MiB at most (/var/log)", _path, "/var/log", required=False),
    )

    def prepare(self, arguments: Mapping[str, Any], places: Places) -> dict[str, Any]:
        """See that the directory is there and nothing is mounted on or below it."""
        _, host = places.running_host("HOST", arguments["host"])
        path = arguments["path"]
        try:
            enter(host, ["test", "-d", path])
            real = enter(host, ["realpath", "--", path]).strip()
        except LabError:
            raise LabError(f"PATH {path} is no directory of {arguments['host']}.") from None
        points = [line.split()[1] for line in enter(host, ["cat", "/proc/mounts"]).splitlines()]
        below = [point for point in points if f"{point}/".startswith(f"{real}/")]
        if below:
            raise LabError(f"PATH {path} has another file system on it or below it, at {below[0]}.")
        return {"container": host.name, "path": real}

    def hold(self, fault: Fault, places: Places) -> bool:
        """Put the small file system there. A disk is as full after a reboot as before; what was freed stays free."""
        host = container(fault.facts["container"])
        if host is None:
            return False
        if host.status == "running" and not _is_mounted(host, fault.facts["path"]):
            _fill(host, fault.facts["path"])
        return True

    def undo(self, fault: Fault, places: Places) -> None:
        """Take the file system away and keep what was written to it."""
        host = container(fault.facts["container"])
        if host is not None and host.status == "running":
            enter(host, ["bash", "-euc", EMPTY, "bash", fault.facts["path"]])


def _fill(host: Container, path: str) -> None:
    enter(host, ["bash", "-euc", FILL, "bash", path])


def _is_mounted(host: Container, path: str) -> bool:
    points = {line.split()[1] for line in enter(host, ["cat", "/proc/mounts"]).splitlines()}
    return path in points
