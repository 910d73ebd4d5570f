# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the node's container is run: the complete argument vector, as a list, free of secrets."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from .._release import image, version
from .render import API_FILE, CONFIG_FILE, ENVIRONMENT_FILE, PASSWORD_FILE, ROOT_DIRECTORY, SECRETS_FILE

NAME = "chainlink"
VALIDATION_NAME = "chainlink-validation"
ESCROW_NAME = "chainlink-escrow"
PORT = 6688
#: User and group of the node's images (core/chainlink.Dockerfile; fixed since chainlink pull 22905).
USER_ID = 14933
GROUP_ID = 14933
STOP_SECONDS = 30
PIDS_LIMIT = 1024
#: More files and connections than a node opens. A process that leaks them must not take the host's.
FILES_LIMIT = 16384
MINIMUM_MEMORY_MIB = 2048
#: What stays for the host: system, Docker Engine, agents.
HOST_MEMORY_MIB = 1024
#: A validation only reads two files, and must leave the node beside it its memory.
VALIDATION_MEMORY_MIB = 1024
#: A node without jobs, which takes 256 MiB each time that it opens or closes something with a password (scrypt).
ESCROW_MEMORY_MIB = 1536

# Each line is one variable, taken as it stands: read -r keeps backslashes, the empty IFS keeps blanks, and the shell
# expands nothing in a value. With set -e a missing file ends the script.
_ENVIRONMENT_SCRIPT = """set -eu
while IFS= read -r line; do export "$line"; done < {environment}
exec chainlink local n -p {password} -a {api}
"""


class LaunchError(ValueError):
    """A launch description that cannot be used."""


@dataclass(frozen=True)
class Launch:
    """What `docker run` needs to know; no secret, so it can lie in a file between rendering and running."""

    release: image.Release
    region: str
    log_group: str
    instance_id: str
    directory: str
    database_ca_file: str
    memory_mib: int
    p2p_port: int | None = None


def memory_limit_mib(host_memory_mib: int) -> int:
    """The container's memory limit on a host of a given size: all but what the host itself needs."""
    return max(MINIMUM_MEMORY_MIB, host_memory_mib - HOST_MEMORY_MIB)


def launch_to_json(launch: Launch) -> str:
    """The document that `render` leaves for `run`."""
    document = asdict(launch)
    if launch.p2p_port is None:
        # So that a node without it is not restarted for a document that says nothing new.
        del document["p2p_port"]
    document["release"] = {
        "registry": launch.release.registry,
        "repository": launch.release.repository,
        "tag": str(launch.release.version),
        "digest": launch.release.digest,
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def launch_from_json(text: str) -> Launch:
    """The launch that a document describes; raises LaunchError."""
    try:
        document = json.loads(text)
        document["release"] = image.parse(document["release"])
        return Launch(**document)
    except (ValueError, TypeError, KeyError) as error:
        raise LaunchError(f"the launch description is not usable ({type(error).__name__}); render it again") from error


def run_arguments(launch: Launch) -> list[str]:
    """The argument vector of `docker run` in the foreground for a launch.

    Without --rm: an engine that starts again removes containers that have it, live-restore or not (seen with 20.10).
    """
    entrypoint, arguments = node_command(launch.release, launch.directory)
    vector = [
        "docker",
        "run",
        "--name",
        NAME,
        "--pull",
        "missing",
        *_confinement(launch.memory_mib),
        *_read_only(launch.directory),
        *_read_only(launch.database_ca_file),
        *_published(PORT),
        *([] if launch.p2p_port is None else _published(launch.p2p_port)),
        # The image's check calls every standby unhealthy, since a standby's port is closed by design.
        "--no-healthcheck",
        "--stop-timeout",
        str(STOP_SECONDS),
        *_logging(launch),
    ]
    if entrypoint is not None:
        vector += ["--entrypoint", entrypoint]
    return [*vector, launch.release.reference, *arguments]


def attach_arguments() -> list[str]:
    """The argument vector that goes on where the engine has left the `docker run` of a container that still runs."""
    return ["docker", "attach", "--no-stdin", NAME]


def validation_arguments(release: image.Release, directory: str, database_ca_file: str) -> list[str]:
    """The argument vector of `docker run` in the foreground that validates the files of a directory with a release.

    The container is confined as the node's own, and has no network and no log besides. The image must be on the host.
    """
    return [
        "docker",
        "run",
        "--rm",
        "--name",
        VALIDATION_NAME,
        "--pull",
        "never",
        *_confinement(VALIDATION_MEMORY_MIB),
        *_read_only(directory),
        *_read_only(database_ca_file),
        "--network",
        "none",
        "--no-healthcheck",
        # The output shows the whole configuration: it goes to whoever reads the pipe, and into no file.
        "--log-driver",
        "none",
        release.reference,
        *_node_with_files(directory),
        "validate",
    ]


def escrow_arguments(release: image.Release, directory: str, database_ca_file: str) -> list[str]:
    """The argument vector of `docker run` in the foreground for a throw-away node with the files of a directory.

    The container is confined as the node's own. It publishes no port: only this host reaches it, by its address. Where
    processor or memory get short, it is the first to go without. The image must be on the host.
    """
    entrypoint, arguments = node_command(release, directory)
    vector = [
        "docker",
        "run",
        "--rm",
        "--name",
        ESCROW_NAME,
        "--pull",
        "never",
        *_confinement(ESCROW_MEMORY_MIB),
        "--cpus",
        "1",
        "--cpu-shares",
        "128",
        "--oom-score-adj",
        "1000",
        *_read_only(directory),
        *_read_only(database_ca_file),
        "--no-healthcheck",
        "--stop-timeout",
        "5",
        # A node may log what it is asked, key material included: that goes to whoever reads the pipe, and into no file.
        "--log-driver",
        "none",
    ]
    if entrypoint is not None:
        vector += ["--entrypoint", entrypoint]
    return [*vector, release.reference, *arguments]


def node_command(release: image.Release, directory: str) -> tuple[str | None, list[str]]:
    """The entrypoint (None: the image's own, `chainlink`) and the arguments that start a release.

    2.x takes the configuration flags on `node`, before `start` (core/cmd/app.go).
    """
    password, api = os.path.join(directory, PASSWORD_FILE), os.path.join(directory, API_FILE)
    if release.generation == version.ENVIRONMENT:
        script = _ENVIRONMENT_SCRIPT.format(
            environment=os.path.join(directory, ENVIRONMENT_FILE), password=password, api=api
        )
        return "/bin/sh", ["-c", script]
    return None, [*_node_with_files(directory), "start", "-p", password, "-a", api]


def _node_with_files(directory: str) -> list[str]:
    return ["node", "-config", os.path.join(directory, CONFIG_FILE), "-secrets", os.path.join(directory, SECRETS_FILE)]


def _confinement(memory_mib: int) -> list[str]:
    """What no container of a node may do."""
    return [
        "--user",
        f"{USER_ID}:{GROUP_ID}",
        "--read-only",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--memory",
        f"{memory_mib}m",
        "--memory-swap",
        f"{memory_mib}m",
        "--pids-limit",
        str(PIDS_LIMIT),
        # Here and not in the engine's file, where Amazon Linux, which gives the engine such a flag, refuses them.
        "--ulimit",
        f"nofile={FILES_LIMIT}:{FILES_LIMIT}",
        # A core dump would hold the node's keys.
        "--ulimit",
        "core=0:0",
        "--tmpfs",
        f"{ROOT_DIRECTORY}:rw,nosuid,nodev,noexec,size=256m,uid={USER_ID},gid={GROUP_ID},mode=0700",
        "--tmpfs",
        f"/tmp:rw,nosuid,nodev,noexec,size=256m,uid={USER_ID},gid={GROUP_ID},mode=0700",  # noqa: S108 - a mount point
    ]


def _published(port: int) -> list[str]:
    return ["--publish", f"{port}:{port}"]


def _read_only(path: str) -> list[str]:
    return ["--mount", f"type=bind,source={path},target={path},readonly"]


def _logging(launch: Launch) -> list[str]:
    options = {
        "awslogs-region": launch.region,
        "awslogs-group": launch.log_group,
        "awslogs-stream": launch.instance_id,
        # Blocking, the default, stops the node whenever CloudWatch Logs cannot be reached.
        "mode": "non-blocking",
        # Before 20.10.25 and 23.0.5 the driver drops whatever comes while 4096 events wait, whatever this says
        # (github.com/moby/moby/issues/45217). Debian 12 has 20.10.24.
        "max-buffer-size": "16m",
        # For a driver that cannot be read from, as this one, Docker keeps a copy on the disk for `docker logs`. The
        # node's errors quote its RPC URLs, keys included.
        "cache-disabled": "true",
    }
    vector = ["--log-driver", "awslogs"]
    for name, value in options.items():
        vector += ["--log-opt", f"{name}={value}"]
    return vector
