# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit import samples

CHECKOUT = Path(__file__).resolve().parents[4]
PROGRAM = CHECKOUT / "roles" / "chainlink_node" / "files" / "chainlink-host"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The host program, imported as on a host: its library is module_utils under another name."""
    library = tmp_path_factory.mktemp("library")
    (library / "nodeops_chainlink").symlink_to(CHECKOUT / "plugins" / "module_utils")
    sys.path.insert(0, str(library))
    loader = importlib.machinery.SourceFileLoader("chainlink_host", str(PROGRAM))
    spec = importlib.util.spec_from_loader("chainlink_host", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = written
    yield module
    sys.path.remove(str(library))
    for name in [name for name in sys.modules if name.split(".")[0] == "nodeops_chainlink"]:
        del sys.modules[name]


class Aws:
    """The instance's metadata and the two services, each able to fail first."""

    def __init__(self, failures: list[Exception] | None = None) -> None:
        self.failures = failures or []
        self.record = samples.record_text()
        self.secrets = samples.secrets()

    def region(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "eu-central-1"

    def estate(self) -> str:
        return "oracle"

    def instance_id(self) -> str:
        return "i-0123456789abcdef0"

    def get_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        return {"Parameter": {"Value": self.record}}

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 - boto3's name
        name = {arn: name for name, arn in samples.RECORD["secrets"].items()}[SecretId]
        return {"SecretString": getattr(self.secrets, name)}


@pytest.fixture
def aws(program: Any, monkeypatch: pytest.MonkeyPatch) -> Aws:
    stand_in = Aws()
    monkeypatch.setattr(program, "InstanceMetadata", lambda: stand_in)
    monkeypatch.setattr(program, "client", lambda _service, _region: stand_in)
    monkeypatch.setattr(program.container, "USER_ID", os.geteuid())
    monkeypatch.setattr(program.container, "GROUP_ID", os.getegid())
    return stand_in


@pytest.fixture
def paths(tmp_path: Path) -> SimpleNamespace:
    launch, directory = tmp_path / "launch.json", tmp_path / "node"
    return SimpleNamespace(
        launch=launch,
        directory=directory,
        render=["--launch-file", str(launch), "render", "--directory", str(directory)],
        run=["--launch-file", str(launch), "run"],
    )


def test_render(program: Any, aws: Aws, paths: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(paths.render) == 0
    assert sorted(os.listdir(paths.directory)) == [".api", ".password", "config.toml", "secrets.toml"]
    launch = json.loads(paths.launch.read_text())
    assert (launch["instance_id"], launch["region"], launch["log_group"]) == (
        "i-0123456789abcdef0",
        "eu-central-1",
        "/oracle/node",
    )
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "chainlink-host: estate oracle, release 2.46.0: 5 files changed\n"
    launched = paths.launch.read_text()
    assert not [canary for canary in samples.CANARIES if canary in launched]


def test_render_tells_every_finding_on_a_line(
    program: Any, aws: Aws, paths: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.secrets = samples.secrets(keystore="tiny-canary", api="canary")
    assert program.main(paths.render) == 1
    assert capsys.readouterr().err.splitlines() == [
        "chainlink-host: secret oracle/api is not a JSON object; run the provisioning playbook to store it anew",
        "chainlink-host: chainlink_keystore_password (secret oracle/keystore) is shorter than 16 bytes; choose a "
        "longer one",
    ]
    assert not paths.directory.exists()
    assert not paths.launch.exists()


def test_render_asks_again(
    program: Any, aws: Aws, paths: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(program.time, "sleep", pauses.append)
    monkeypatch.setattr(program.with_retries, "__defaults__", (program.time.monotonic, pauses.append))
    aws.failures = [program.AwsError("no answer", retryable=True) for _ in range(3)]
    assert program.main(paths.render) == 0
    assert pauses == [1.0, 2.0, 4.0]
    assert capsys.readouterr().err.splitlines()[0] == "chainlink-host: no answer; trying again for 60 seconds"


def test_render_gives_up_at_once_where_waiting_is_no_use(
    program: Any, aws: Aws, paths: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.failures = [program.AwsError("not permitted")]
    assert program.main(paths.render) == 1
    assert capsys.readouterr().err == "chainlink-host: not permitted\n"


def test_retries_end(program: Any) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def ask() -> None:
        raise program.AwsError("still not", retryable=True)

    with pytest.raises(program.AwsError, match="still not"):
        program.with_retries(ask, 60.0, lambda: now[0], sleep)
    assert 50.0 < now[0] <= 60.0


def test_an_unexpected_error_shows_no_traceback(
    program: Any, aws: Aws, paths: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.failures = [RuntimeError("canary")]
    assert program.main(paths.render) == 1
    assert capsys.readouterr().err == (
        "chainlink-host: unexpected RuntimeError; this is a fault of the collection, please report it\n"
    )


class Docker:
    """Stands for the docker command: records calls, lists the containers that there are."""

    def __init__(self, program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.listings: list[str] = [""]
        self.executed: list[list[str]] = []
        monkeypatch.setattr(program, "docker", self)
        monkeypatch.setattr(program.os, "execvp", lambda _file, vector: self.executed.append(vector))

    def __call__(self, *arguments: str) -> str:
        self.calls.append(arguments[:2])
        if arguments[1] != "ls":
            return ""
        return self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]


@pytest.fixture
def docker(program: Any, monkeypatch: pytest.MonkeyPatch, aws: Aws, paths: Any) -> Docker:
    program.main(paths.render)
    launch = json.loads(paths.launch.read_text())
    paths.launch.write_text(json.dumps({**launch, "database_ca_file": str(PROGRAM)}))
    return Docker(program, monkeypatch)


def test_run(program: Any, docker: Docker, paths: Any) -> None:
    program.main(paths.run)
    assert docker.calls == [("container", "ls")]
    assert docker.executed == [
        program.container.run_arguments(program.container.launch_from_json(paths.launch.read_text()))
    ]
    assert not [canary for canary in samples.CANARIES if canary in str(docker.executed)]


@pytest.mark.parametrize(
    ("listings", "calls"),
    [
        (["abc\n", ""], [("container", "ls"), ("container", "stop"), ("container", "ls")]),
        (["abc\n"], [("container", "ls"), ("container", "stop"), ("container", "ls"), ("container", "rm")]),
    ],
)
def test_run_stops_what_an_earlier_run_left(
    program: Any, docker: Docker, paths: Any, listings: list[str], calls: list[tuple[str, str]]
) -> None:
    docker.listings = listings
    program.main(paths.run)
    assert docker.calls == calls
    assert len(docker.executed) == 1


def test_run_before_render(program: Any, paths: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(paths.run) == 1
    assert capsys.readouterr().err == f"chainlink-host: {paths.launch} is missing; run chainlink-host render first\n"


def test_run_without_the_certificate_authorities(
    program: Any, docker: Docker, paths: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "bundle.pem")
    launch = {**json.loads(paths.launch.read_text()), "database_ca_file": missing}
    paths.launch.write_text(json.dumps(launch))
    assert program.main(paths.run) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"chainlink-host: {missing} is missing; run the chainlink_node role to install it"
    )
    assert docker.executed == []


def test_a_failing_docker_command_is_told(program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in = tmp_path / "docker"
    stand_in.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    with pytest.raises(program.HostError) as caught:
        program.docker("container", "ls")
    assert str(caught.value) == "docker container ls failed: Cannot connect to the Docker daemon"
    stand_in.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(program.HostError) as caught:
        program.docker("container", "ls")
    assert str(caught.value) == "docker container ls did not run: FileNotFoundError"
