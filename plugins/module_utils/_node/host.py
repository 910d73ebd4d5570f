# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node host holds for its node: the node's files and the launch description, planned together.

Two callers: the module chainlink_env and the host program chainlink-host.
"""

from __future__ import annotations

import os

from . import container, files
from .render import ALL_FILES, render
from .settings import DATABASE_CA_FILE
from .source import Sources

DIRECTORY = "/run/chainlink"
LAUNCH_FILE = "/run/chainlink-launch.json"
VALIDATION_DIRECTORY = "/run/chainlink-validation"


def plan(sources: Sources, instance_id: str, place: files.Place, launch_file: str, host_memory: int) -> files.Plan:
    """What must change on this host; host_memory in MiB. Raises files.FilesError."""
    launch = container.Launch(
        release=sources.settings.release,
        region=sources.record.region,
        log_group=sources.record.log_group,
        instance_id=instance_id,
        directory=place.directory,
        database_ca_file=DATABASE_CA_FILE,
        memory_mib=container.memory_limit_mib(host_memory),
        p2p_port=sources.settings.p2p.port if sources.settings.p2p else None,
    )
    # No secret is in it, and whoever looks at a host may see what it runs.
    launch_state = files.State(container.launch_to_json(launch).encode("utf-8"), os.geteuid(), os.getegid(), 0o644)
    return files.plan(place, render(sources.settings), foreign=ALL_FILES, others={launch_file: launch_state})


def memory_mib(path: str = "/proc/meminfo") -> int:
    """The memory of this host in MiB; raises files.FilesError where the kernel does not tell."""
    with open(path, encoding="ascii") as stream:
        for line in stream:
            if line.startswith("MemTotal:"):
                return int(line.split()[1]) // 1024
    raise files.FilesError(f"{path} names no MemTotal")
