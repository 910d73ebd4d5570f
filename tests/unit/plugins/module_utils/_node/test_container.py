# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import container
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image
from ansible_collections.nodeops.chainlink.tests.unit import samples

DIGEST = "sha256:" + "ab" * 32


def launch(tag: str = "2.46.0", digest: str | None = None) -> container.Launch:
    return container.Launch(
        release=image.parse({**samples.RECORD["release"], "tag": tag, "digest": digest}),
        region="eu-central-1",
        log_group="/oracle/node",
        instance_id="i-0123456789abcdef0",
        directory="/run/chainlink",
        database_ca_file="/etc/ssl/certs/rds-global-bundle.pem",
        memory_mib=7168,
    )


VALIDATION_RUN = [
    "docker", "run", "--rm", "--name", "chainlink-validation", "--pull", "never", "--user", "14933:14933",
    "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", "1024m", "--memory-swap", "1024m", "--pids-limit", "1024",
    "--ulimit", "nofile=16384:16384", "--ulimit", "core=0:0",
    "--tmpfs", "/home/chainlink/.chainlink:rw,nosuid,nodev,noexec,size=256m,uid=14933,gid=14933,mode=0700",
    "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=256m,uid=14933,gid=14933,mode=0700",
    "--mount", "type=bind,source=/run/validation,target=/run/validation,readonly",
    "--mount",
    "type=bind,source=/etc/ssl/certs/rds-global-bundle.pem,target=/etc/ssl/certs/rds-global-bundle.pem,readonly",
    "--network", "none", "--no-healthcheck", "--log-driver", "none",
]  # fmt: skip
VALIDATION_ARGUMENTS = [
    "node", "-config", "/run/validation/config.toml", "-secrets", "/run/validation/secrets.toml", "validate",
]  # fmt: skip
DOCKER_RUN = [
    "docker", "run", "--name", "chainlink", "--pull", "missing", "--user", "14933:14933",
    "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", "7168m", "--memory-swap", "7168m", "--pids-limit", "1024",
    "--ulimit", "nofile=16384:16384", "--ulimit", "core=0:0",
    "--tmpfs", "/home/chainlink/.chainlink:rw,nosuid,nodev,noexec,size=256m,uid=14933,gid=14933,mode=0700",
    "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=256m,uid=14933,gid=14933,mode=0700",
    "--mount", "type=bind,source=/run/chainlink,target=/run/chainlink,readonly",
    "--mount",
    "type=bind,source=/etc/ssl/certs/rds-global-bundle.pem,target=/etc/ssl/certs/rds-global-bundle.pem,readonly",
    "--publish", "6688:6688", "--no-healthcheck", "--stop-timeout", "30",
    "--log-driver", "awslogs", "--log-opt", "awslogs-region=eu-central-1", "--log-opt", "awslogs-group=/oracle/node",
    "--log-opt", "awslogs-stream=i-0123456789abcdef0", "--log-opt", "mode=non-blocking",
    "--log-opt", "max-buffer-size=16m", "--log-opt", "cache-disabled=true",
]  # fmt: skip
TOML_ARGUMENTS = [
    "node", "-config", "/run/chainlink/config.toml", "-secrets", "/run/chainlink/secrets.toml",
    "start", "-p", "/run/chainlink/.password", "-a", "/run/chainlink/.api",
]  # fmt: skip
SCRIPT = """\
set -eu
while IFS= read -r line; do export "$line"; done < /run/chainlink/.env
exec chainlink local n -p /run/chainlink/.password -a /run/chainlink/.api
"""
IMAGE = "public.ecr.aws/chainlink/chainlink"

TEST_RUN_ARGUMENTS: list[tuple[str, str | None, list[str]]] = [
    ("2.46.0", None, [*DOCKER_RUN, f"{IMAGE}:2.46.0", *TOML_ARGUMENTS]),
    ("2.46.0", DIGEST, [*DOCKER_RUN, f"{IMAGE}:2.46.0@{DIGEST}", *TOML_ARGUMENTS]),
    ("1.12.0", None, [*DOCKER_RUN, "--entrypoint", "/bin/sh", f"{IMAGE}:1.12.0", "-c", SCRIPT]),
]

PEER_TO_PEER_RUN = [
    argument
    for word in DOCKER_RUN
    for argument in ([word, "--publish", "6690:6690"] if word == "6688:6688" else [word])
]

TEST_MEMORY: list[tuple[int, int]] = [(1024, 2048), (3072, 2048), (4096, 3072), (8192, 7168), (65536, 64512)]

TEST_LAUNCH_REFUSES: list[tuple[str, str]] = [
    ("", "the launch description is not usable (JSONDecodeError); render it again"),
    ("[]", "the launch description is not usable (TypeError); render it again"),
    ("{}", "the launch description is not usable (KeyError); render it again"),
    (
        json.dumps({"release": {**samples.RECORD["release"], "tag": "latest"}}),
        "the launch description is not usable (ReleaseError); render it again",
    ),
    (
        json.dumps({"release": samples.RECORD["release"], "more": 1}),
        "the launch description is not usable (TypeError); render it again",
    ),
]


@pytest.mark.parametrize(("tag", "digest", "vector"), TEST_RUN_ARGUMENTS)
def test_run_arguments(tag: str, digest: str | None, vector: list[str]) -> None:
    assert container.run_arguments(launch(tag, digest)) == vector


def test_the_peer_to_peer_port_is_published_only_where_there_is_one() -> None:
    vector = container.run_arguments(dataclasses.replace(launch(), p2p_port=6690))
    assert vector == [*PEER_TO_PEER_RUN, f"{IMAGE}:2.46.0", *TOML_ARGUMENTS]


def test_a_launch_without_it_is_written_as_before() -> None:
    assert "p2p_port" not in json.loads(container.launch_to_json(launch()))
    with_port = dataclasses.replace(launch(), p2p_port=6690)
    assert container.launch_from_json(container.launch_to_json(with_port)) == with_port


@pytest.mark.parametrize(("digest", "reference"), [(None, f"{IMAGE}:2.46.0"), (DIGEST, f"{IMAGE}:2.46.0@{DIGEST}")])
def test_validation_arguments(digest: str | None, reference: str) -> None:
    release = launch("2.46.0", digest).release
    vector = container.validation_arguments(release, "/run/validation", "/etc/ssl/certs/rds-global-bundle.pem")
    assert vector == [*VALIDATION_RUN, reference, *VALIDATION_ARGUMENTS]


@pytest.mark.parametrize("tag", ["1.12.0", "2.46.0"])
def test_escrow_arguments(tag: str) -> None:
    release = launch(tag, DIGEST).release
    vector = container.escrow_arguments(release, "/run/escrow", "/etc/ssl/certs/rds-global-bundle.pem")
    words = " ".join(vector)
    assert words.startswith("docker run --rm --name chainlink-escrow --pull never --user 14933:14933 --read-only ")
    assert "--publish" not in vector
    for option in (
        *(
            "--cap-drop ALL",
            "--security-opt no-new-privileges",
            "--memory 1536m",
            "--memory-swap 1536m",
            "--pids-limit 1024",
            "--ulimit nofile=16384:16384 --ulimit core=0:0",
        ),
        *("--cpus 1", "--cpu-shares 128", "--oom-score-adj 1000", "--log-driver none", "--no-healthcheck"),
        "--mount type=bind,source=/run/escrow,target=/run/escrow,readonly",
    ):
        assert f" {option} " in words
    entrypoint, arguments = container.node_command(release, "/run/escrow")
    assert vector[-len(arguments) - 1 :] == [release.reference, *arguments]
    assert (["--entrypoint", entrypoint] == vector[-len(arguments) - 3 : -len(arguments) - 1]) == (tag == "1.12.0")


@pytest.mark.parametrize(("tag", "digest"), [("2.46.0", DIGEST), ("1.12.0", None)])
def test_launch_survives_its_file(tag: str, digest: str | None) -> None:
    assert container.launch_from_json(container.launch_to_json(launch(tag, digest))) == launch(tag, digest)


@pytest.mark.parametrize(("text", "message"), TEST_LAUNCH_REFUSES)
def test_launch_refuses(text: str, message: str) -> None:
    with pytest.raises(container.LaunchError) as caught:
        container.launch_from_json(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(("host", "limit"), TEST_MEMORY)
def test_memory_limit(host: int, limit: int) -> None:
    assert container.memory_limit_mib(host) == limit


def test_another_directory_is_used_everywhere() -> None:
    moved = dataclasses.replace(launch(), directory="/run/elsewhere")
    vector = container.run_arguments(moved)
    assert "type=bind,source=/run/elsewhere,target=/run/elsewhere,readonly" in vector
    assert not [argument for argument in vector if "/run/chainlink" in argument]
