# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.tests.unit import samples

CHECKOUT = Path(__file__).resolve().parents[4]
PROGRAM = CHECKOUT / "roles" / "chainlink_node" / "files" / "chainlink-host"


@pytest.fixture(scope="module")
def program(host_program: Callable[[str], ModuleType]) -> ModuleType:
    return host_program("chainlink-host")


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


FACTS = (
    "16.8", False, False, "chainlink", "chainlink", "chainlink", True, True, "public", True, True, 1000, 3, 50, -1, -1,
    (), "2.46.0", 291, None,
)  # fmt: skip
NOT_ANSWERING = 'connection to server at "x" failed: Connection refused'


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"creates_tables": False, "used_connections": 990}, ["user chainlink may not create", "990 of 1000"]),
        (None, ["nothing answers at oracle-database.cluster-abc.eu-central-1.rds.amazonaws.com:5432"]),
    ],
)
def test_database(
    program: Any,
    aws: Aws,
    paths: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any] | None,
    said: list[str],
) -> None:
    """It says what it finds, and never keeps the node from starting."""

    def look(_url: str) -> Any:
        if changes is None:
            raise program.query.DatabaseError(NOT_ANSWERING)
        return dataclasses.replace(program.query.Facts(*FACTS), **changes)

    assert program.main(paths.render) == 0
    capsys.readouterr()
    monkeypatch.setattr(program.query, "look", look)
    vector = ["--launch-file", str(paths.launch), "database", "--directory", str(paths.directory)]
    assert program.main(vector) == 0
    output = capsys.readouterr().err
    assert len(output.splitlines()) == len(said)
    for line, beginning in zip(output.splitlines(), said, strict=True):
        assert line.startswith(f"chainlink-host: {beginning}")
    assert not [canary for canary in samples.CANARIES if canary in output]


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
        monkeypatch.setattr(program, "in_the_foreground", self.run)

    def run(self, vector: list[str]) -> int:
        self.executed.append(vector)
        return 7

    def __call__(self, *arguments: str, timeout: float = 0) -> str:
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
    assert program.main(paths.run) == 7
    assert docker.calls == [("container", "ls"), ("container", "ls")]
    assert docker.executed == [
        program.container.run_arguments(program.container.launch_from_json(paths.launch.read_text()))
    ]
    assert not [canary for canary in samples.CANARIES if canary in str(docker.executed)]


@pytest.mark.parametrize(
    ("listings", "calls"),
    [
        ([""], [("container", "ls"), ("container", "ls")]),
        (["", "abc\n"], [("container", "ls"), ("container", "ls"), ("container", "rm")]),
        (
            ["abc\n", ""],
            [("container", "ls"), ("container", "stop"), ("container", "rm"), ("container", "ls")],
        ),
    ],
)
def test_run_removes_what_an_earlier_run_left_and_what_itself_leaves(
    program: Any, docker: Docker, paths: Any, listings: list[str], calls: list[tuple[str, str]]
) -> None:
    docker.listings = listings
    program.main(paths.run)
    assert docker.calls == calls
    assert len(docker.executed) == 1


RUN = ["docker", "run"]
ATTACH = ["docker", "attach", "--no-stdin", "chainlink"]

# (what is_running says, look by look; the commands; the exit status, which is the number of the last command)
TEST_FOREGROUND: list[tuple[list[bool | None], list[list[str]], int]] = [
    ([False], [RUN], 1),
    ([True, False], [RUN, ATTACH], 2),
    ([None, None, True, None, False], [RUN, ATTACH], 2),
    ([None, True, None, True, False], [RUN, ATTACH, ATTACH], 3),
]


@pytest.mark.parametrize(("looks", "vectors", "status"), TEST_FOREGROUND)
def test_a_run_stays_beside_its_container(
    program: Any, monkeypatch: pytest.MonkeyPatch, looks: list[bool | None], vectors: list[list[str]], status: int
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(program, "is_running", lambda _name: looks.pop(0))
    monkeypatch.setattr(program.Attendant, "__call__", lambda _self, vector: ran.append(vector) or len(ran))
    assert program.in_the_foreground(RUN, sleep=lambda _seconds: None) == status
    assert (ran, looks) == (vectors, [])


def test_an_engine_that_does_not_come_back_is_told_once(
    program: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[bool | None] = [None] * 300 + [False]
    monkeypatch.setattr(program, "is_running", lambda _name: looks.pop(0))
    monkeypatch.setattr(program.Attendant, "__call__", lambda _self, _vector: 125)
    assert program.in_the_foreground(RUN, sleep=lambda _seconds: None) == 125
    assert capsys.readouterr().err.splitlines() == [
        "chainlink-host: the engine does not answer; waiting for it, however long it takes (systemctl status docker)"
    ]


def test_a_run_that_is_stopped_waits_for_no_engine(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_seconds: float) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(program, "is_running", lambda _name: None)
    monkeypatch.setattr(program.Attendant, "__call__", lambda _self, _vector: 125)
    before = signal.getsignal(signal.SIGTERM)
    assert program.in_the_foreground(RUN, sleep=stop) == 125
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_is_passed_on(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "is_running", lambda _name: False)
    script = "trap 'exit 5' TERM; kill -TERM $PPID; while :; do sleep 0.01; done"
    assert program.in_the_foreground(["sh", "-c", script]) == 5


def test_a_signal_that_comes_while_the_command_is_started_is_passed_on(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Started(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "stdout": subprocess.PIPE})
            assert self.stdout is not None
            self.stdout.readline()
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(program, "is_running", lambda _name: False)
    monkeypatch.setattr(program.subprocess, "Popen", Started)
    script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"
    assert program.in_the_foreground(["sh", "-c", script]) == 5


@pytest.fixture
def journal(program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "stdout"))
        listener.listen()
        monkeypatch.setattr(program, "OUTPUT_SOCKET", str(tmp_path / "stdout"))
        yield listener


def received(listener: socket.socket) -> str:
    connection, _address = listener.accept()
    with connection, connection.makefile() as stream:
        return stream.read()


def test_what_the_node_writes_goes_into_its_own_journal_alone(
    program: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], journal: socket.socket
) -> None:
    looks = [True, False]
    monkeypatch.setattr(program, "is_running", lambda _name: looks.pop(0))
    monkeypatch.setattr(program.container, "attach_arguments", lambda: ["sh", "-c", "echo again"])
    assert program.in_the_foreground(["sh", "-c", "echo out; echo error >&2; exit 3"], lambda _seconds: None) == 0
    # Identifier, no unit, priority info, no level prefix, forwarded nowhere; each command has a stream of its own.
    header = "chainlink\n\n6\n0\n0\n0\n0\n"
    assert received(journal) == f"{header}out\nerror\n"
    assert received(journal) == f"{header}again\n"
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == "chainlink-host: the engine had left its clients, and is back; the node has run on\n"


def test_without_its_journal_the_node_runs_and_what_it_writes_goes_to_no_disk(
    program: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "is_running", lambda _name: False)
    monkeypatch.setattr(program, "OUTPUT_SOCKET", str(tmp_path / "none"))
    assert program.in_the_foreground(["sh", "-c", "echo out; echo error >&2; exit 3"]) == 3
    captured = capfd.readouterr()
    assert captured.out == ""
    said = "the node's journal takes nothing (FileNotFoundError); what it writes is in CloudWatch Logs alone"
    assert captured.err == f"chainlink-host: {said}\n"


@pytest.mark.parametrize(
    ("status", "output", "errors", "running"),
    [
        (0, "true\n", "", True),
        (0, "false\n", "", False),
        (1, "\n", "Error: No such container: chainlink", False),
        (1, "", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", None),
        (subprocess.TimeoutExpired("docker", 60), "", "", None),
        (FileNotFoundError("docker"), "", "", False),
    ],
)
def test_whether_a_container_runs(
    program: Any, monkeypatch: pytest.MonkeyPatch, status: Any, output: str, errors: str, running: bool | None
) -> None:
    def run(vector: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        if isinstance(status, Exception):
            raise status
        return subprocess.CompletedProcess(vector, status, output, errors)

    monkeypatch.setattr(program.subprocess, "run", run)
    assert program.is_running("chainlink") is running


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


DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32
NAME = "public.ecr.aws/chainlink/chainlink"
PULLED = f"2.46.1: Pulling from chainlink/chainlink\nDigest: {DIGEST}\nStatus: Downloaded newer image\n"
#: As a release says no: the whole configuration, the verdict, and the verdict again.
REFUSAL = (
    f"# Input Configuration:\n[[EVM.Nodes]]\nWSURL = 'wss://rpc.test/v3?key={samples.RPC_KEY}&tier=2'\n\n"
    f"Invalid configuration: invalid configuration: EVM.0.Nodes.0.WSURL: bad ({samples.RPC_KEY})\n\n"
)


class Engine:
    """Stands for Docker Engine behind the docker command: images, and what a validation answers."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.images: dict[str, dict[str, Any]] = {}
        self.registry: dict[str, dict[str, Any]] = {}
        self.pull_output = PULLED
        self.answer = (0, "Valid configuration.\n", "")
        #: Called while a validation runs.
        self.meanwhile: Callable[[], None] = lambda: None
        self.containers = ""

    def __call__(self, arguments: list[str], timeout: float = 0) -> subprocess.CompletedProcess[str]:
        self.calls.append(arguments)
        status, output, errors = self._answer(arguments)
        return subprocess.CompletedProcess(arguments, status, output, errors)

    def _answer(self, arguments: list[str]) -> tuple[int, str, str]:
        if arguments[:2] == ["image", "inspect"]:
            found = self.images.get(arguments[2])
            return (0, json.dumps([found]), "") if found else (1, "[]\n", f"Error: No such image: {arguments[2]}\n")
        if arguments[:2] == ["image", "pull"]:
            if arguments[2] not in self.registry:
                return 1, "", f"Error response from daemon: manifest for {arguments[2]} not found: manifest unknown\n"
            self.images[arguments[2]] = self.registry[arguments[2]]
            return 0, self.pull_output, ""
        if arguments[0] == "run":
            self.meanwhile()
            return self.answer
        return 0, self.containers, ""

    def did(self) -> list[str]:
        return [" ".join(arguments[:2]) if arguments[0] != "run" else "run" for arguments in self.calls]


def image_of(identity: str = "sha256:1", digest: str = DIGEST, architecture: str = "amd64") -> dict[str, Any]:
    return {"Id": identity, "RepoDigests": [f"{NAME}@{digest}"], "Architecture": architecture}


@pytest.fixture
def engine(program: Any, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> Engine:
    stand_in = Engine()
    monkeypatch.setattr(program, "run_docker", stand_in)
    monkeypatch.setattr(program.settings, "DATABASE_CA_FILE", str(PROGRAM))
    return stand_in


#: What the image of the node brings, and Docker.
IMAGE_ENVIRONMENT = {"PATH": "/usr/bin", "CL_EVM_CMD": ""}
DOCKER_ENVIRONMENT = {**IMAGE_ENVIRONMENT, "HOME": "/home/chainlink", "HOSTNAME": "0123456789ab"}

# (environment of the node's process, its files, status, what is told)
TEST_PURGED: list[tuple[dict[str, str], list[str], int, list[str]]] = [
    (DOCKER_ENVIRONMENT, ["config.toml"], 0, []),
    (
        {**DOCKER_ENVIRONMENT, "ROOT": "", "ETH_URL": "wss://canary.test"},
        [".env"],
        1,
        [
            "the node of this host is not rid of its 1.x release",
            "{directory}/.env still lies there",
            "the node's process has the variable ETH_URL",
            "the node's process has the variable ROOT",
        ],
    ),
]


@pytest.mark.parametrize(("environment", "names", "status", "told"), TEST_PURGED)
def test_purged(
    program: Any,
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    names: list[str],
    status: int,
    told: list[str],
) -> None:
    for name in names:
        (tmp_path / name).touch()
    brought = [f"{name}={value}" for name, value in IMAGE_ENVIRONMENT.items()]
    engine.images["sha256:1"] = {**image_of(), "Config": {"Env": brought}}
    with subprocess.Popen(["sleep", "60"], env=environment) as node:
        engine.containers = f"{node.pid} sha256:1\n"
        try:
            assert program.main(["purged", "--directory", str(tmp_path)]) == status
        finally:
            node.kill()
    output = capsys.readouterr()
    assert output.err.splitlines() == [f"chainlink-host: {line.format(directory=tmp_path)}" for line in told]
    assert output.out.startswith("nothing of a 1.x release is left") == (status == 0)
    assert "canary" not in output.out + output.err


PINNED = ["--tag", "2.46.1", "--digest", DIGEST]

# (arguments, image that is there, image of the registry, commands, printed)
TEST_PULL: list[tuple[list[str], dict[str, Any] | None, dict[str, Any] | None, list[str], str]] = [
    (PINNED, image_of(), None, ["image inspect", "image inspect"], "already there"),
    (PINNED, None, image_of(), ["image inspect", "image pull", "image inspect"], "pulled"),
    (["--tag", "2.46.1"], None, image_of(), ["image inspect", "image pull", "image inspect"], "pulled"),
    (["--tag", "2.46.1"], image_of(), image_of(), ["image inspect", "image pull", "image inspect"], "already there"),
    (
        ["--tag", "2.46.1"],
        image_of("sha256:0", OTHER_DIGEST),
        image_of(),
        ["image inspect", "image pull", "image inspect"],
        "pulled",
    ),
]

# (arguments, image of the registry, output of the pull, message)
TEST_PULL_REFUSES: list[tuple[list[str], dict[str, Any] | None, str, str]] = [
    (
        PINNED,
        None,
        PULLED,
        f"docker image pull failed: Error response from daemon: manifest for {NAME}:2.46.1@{DIGEST} not found: "
        "manifest unknown",
    ),
    (
        PINNED,
        image_of(architecture="arm64"),
        PULLED,
        f"{NAME}:2.46.1@{DIGEST} is for arm64; the node needs one for amd64",
    ),
    (
        PINNED,
        image_of(digest=OTHER_DIGEST),
        PULLED,
        f"{NAME}:2.46.1@{DIGEST} was pulled, and docker does not have it by its digest ({DIGEST})",
    ),
    (
        ["--tag", "2.46.1"],
        image_of(),
        "",
        f"{NAME}:2.46.1 was pulled, and docker does not have it by its digest (None)",
    ),
    (
        ["--tag", "latest"],
        None,
        "",
        "tag: 'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0",
    ),
]


@pytest.mark.parametrize(("arguments", "there", "offered", "commands", "printed"), TEST_PULL)
def test_pull(
    program: Any,
    engine: Engine,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    there: dict[str, Any] | None,
    offered: dict[str, Any] | None,
    commands: list[str],
    printed: str,
) -> None:
    reference = f"{NAME}:2.46.1" + (f"@{DIGEST}" if "--digest" in arguments else "")
    engine.images = {reference: there} if there else {}
    engine.registry = {reference: offered} if offered else {}
    assert program.main(["pull", *arguments]) == 0
    assert engine.did() == commands
    assert capsys.readouterr() == (f"{printed}: {NAME}@{DIGEST}\n", "")


@pytest.mark.parametrize(("arguments", "offered", "output", "message"), TEST_PULL_REFUSES)
def test_pull_refuses(
    program: Any,
    engine: Engine,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    offered: dict[str, Any] | None,
    output: str,
    message: str,
) -> None:
    reference = f"{NAME}:2.46.1" + (f"@{DIGEST}" if "--digest" in arguments else "")
    engine.registry = {reference: offered} if offered else {}
    engine.pull_output = output
    assert program.main(["pull", *arguments]) == 1
    assert capsys.readouterr() == ("", f"chainlink-host: {message}\n")


def test_a_pull_that_names_everything_asks_aws_nothing(program: Any, engine: Engine, aws: Aws) -> None:
    aws.failures = [RuntimeError("asked")]
    engine.images = {f"registry.test/node:2.46.1@{DIGEST}": image_of()}
    assert program.main(["pull", *PINNED, "--registry", "registry.test", "--repository", "node"]) == 0


@pytest.fixture
def validate(engine: Engine, tmp_path: Path) -> list[str]:
    """Arguments of a validation whose image is there."""
    engine.images = {f"{NAME}:2.46.1@{DIGEST}": image_of()}
    return ["validate", *PINNED, "--directory", str(tmp_path / "validation")]


def left(tmp_path: Path) -> list[str]:
    """What is left of a validation: the lock, which is empty."""
    assert (tmp_path / "validation.lock").stat().st_size == 0
    return [name for name in os.listdir(tmp_path) if name != "validation.lock"]


def test_validate(
    program: Any, engine: Engine, validate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}

    def look() -> None:
        directory = tmp_path / "validation"
        seen["modes"] = [oct(path.stat().st_mode & 0o7777) for path in (directory, *sorted(directory.iterdir()))]
        seen["text"] = {path.name: path.read_text() for path in directory.iterdir()}

    engine.meanwhile = look
    assert program.main(validate) == 0
    assert capsys.readouterr() == ("release 2.46.1 accepts this configuration\n", "")
    assert seen["modes"] == ["0o500", "0o400", "0o400"]
    assert sorted(seen["text"]) == ["config.toml", "secrets.toml"]
    assert samples.RPC_KEY in seen["text"]["config.toml"]
    assert engine.did() == ["image inspect", "container ls", "run", "container ls"]
    release = program.image.parse({**samples.RECORD["release"], "tag": "2.46.1", "digest": DIGEST})
    vector = program.container.validation_arguments(release, str(tmp_path / "validation"), str(PROGRAM))
    assert ["docker", *engine.calls[2]] == vector
    assert not [canary for canary in samples.CANARIES if canary in str(engine.calls)]
    assert left(tmp_path) == []


# (exit status, stdout, stderr, lines told)
TEST_VALIDATE_REFUSES: list[tuple[int, str, str, list[str]]] = [
    (
        1,
        REFUSAL,
        "invalid configuration\n",
        [
            "release 2.46.1 does not accept this configuration (exit status 1)",
            "Invalid configuration: invalid configuration: EVM.0.Nodes.0.WSURL: bad (***)",
        ],
    ),
    (
        1,
        "",
        "failed to decode config TOML: strict mode: fields in the document are missing:\n[Log.File]",
        [
            "release 2.46.1 does not accept this configuration (exit status 1)",
            "failed to decode config TOML: strict mode: fields in the document are missing:",
            "[Log.File]",
        ],
    ),
    (
        2,
        samples.KEYSTORE_PASSWORD,
        f"panic: {samples.RPC_KEY}",
        [
            "release 2.46.1 does not accept this configuration (exit status 2)",
            "it gave no reason that can be shown",
        ],
    ),
    (
        125,
        "",
        f"docker: Error response from daemon: no space ({samples.RPC_KEY}).\nSee 'docker run --help'.\n",
        [
            f"docker could not validate with {NAME}:2.46.1@{DIGEST}: docker: Error response from daemon: no space "
            "(***).; See 'docker run --help'.",
        ],
    ),
]


@pytest.mark.parametrize(("status", "output", "errors", "lines"), TEST_VALIDATE_REFUSES)
def test_validate_refuses(
    program: Any,
    engine: Engine,
    validate: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    output: str,
    errors: str,
    lines: list[str],
) -> None:
    engine.answer = (status, output, errors)
    assert program.main(validate) == 1
    assert capsys.readouterr() == ("", "".join(f"chainlink-host: {line}\n" for line in lines))
    assert left(tmp_path) == []


def test_validate_judges_the_settings_by_the_other_release(
    program: Any, engine: Engine, aws: Aws, validate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A 1.x node does without a URL that a 2.x node needs.
    aws.record = samples.record_text("1.13.3")
    aws.secrets = samples.secrets(rpc={"11155111": [{"name": "primary", "ws_url": "wss://rpc.test"}]})
    assert program.main(validate) == 1
    assert capsys.readouterr() == (
        "",
        "chainlink-host: chainlink_chains: Ethereum-Sepolia, rpc endpoint primary has no http_url; give one that "
        "begins with https://\n",
    )
    assert "run" not in engine.did()
    assert left(tmp_path) == []


def test_validate_does_not_apply_to_1x(
    program: Any, engine: Engine, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.failures = [RuntimeError("asked")]
    assert program.main(["validate", "--tag", "1.13.3"]) == 0
    assert capsys.readouterr() == ("not applicable: release 1.13.3 has no validate for environment files\n", "")
    assert engine.calls == []


def test_validate_wants_the_image_first(
    program: Any, engine: Engine, validate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.images = {}
    assert program.main(validate) == 1
    assert capsys.readouterr().err == (
        f"chainlink-host: {NAME}:2.46.1@{DIGEST} is not on this host; run chainlink-host pull first\n"
    )
    assert os.listdir(tmp_path) == []


def test_validate_without_more_validates_with_the_release_that_runs(
    program: Any, engine: Engine, aws: Aws, tmp_path: Path
) -> None:
    aws.record = samples.record_text(release={**samples.RECORD["release"], "digest": DIGEST})
    engine.images = {f"{NAME}:2.46.0@{DIGEST}": image_of()}
    assert program.main(["validate", "--tag", "2.46.0", "--directory", str(tmp_path / "validation")]) == 0


def test_validate_removes_what_a_killed_one_left(
    program: Any, engine: Engine, validate: list[str], tmp_path: Path
) -> None:
    directory = tmp_path / "validation"
    directory.mkdir()
    (directory / "secrets.toml").write_text("old")
    (directory / "other").write_text("old")
    directory.chmod(0o500)
    engine.containers = "abc\n"
    engine.meanwhile = lambda: engine.calls.append(sorted(os.listdir(directory)))
    assert program.main(validate) == 0
    assert ["container", "rm", "--force", "abc"] in engine.calls
    assert ["config.toml", "secrets.toml"] in engine.calls
    assert left(tmp_path) == []


def test_one_validation_at_a_time(
    program: Any, engine: Engine, validate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with program.one_validation(str(tmp_path / "validation")):
        assert program.main(validate) == 1
    assert capsys.readouterr().err == "chainlink-host: another validation runs on this host; wait until it ends\n"


@pytest.mark.parametrize("failure", [RuntimeError(samples.RPC_KEY), OSError(28, "No space left on device")])
def test_a_failing_validation_leaves_nothing(
    program: Any,
    engine: Engine,
    validate: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    failure: Exception,
) -> None:
    def fail() -> None:
        raise failure

    engine.meanwhile = fail
    assert program.main(validate) == 1
    assert samples.RPC_KEY not in "".join(capsys.readouterr())
    assert left(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_validation_and_leaves_nothing(
    program: Any, engine: Engine, validate: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """With a docker command that is a process, and hangs."""
    stand_in = tmp_path / "bin" / "docker"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\ntouch {tmp_path}/bin/runs\nexec sleep 60\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.defpath}")
    before = signal.getsignal(number)

    def hang() -> None:
        def send() -> None:
            while not (tmp_path / "bin" / "runs").exists():
                time.sleep(0.01)
            os.kill(os.getpid(), number)

        threading.Thread(target=send).start()
        subprocess.run(["docker", "run"], check=False, capture_output=True)

    engine.meanwhile = hang
    engine.containers = "abc\n"
    with pytest.raises(SystemExit) as ended:
        program.main(validate)
    assert ended.value.code == 128 + number
    assert engine.calls[-1] == ["container", "rm", "--force", "abc"]
    assert left(tmp_path) == ["bin"]
    assert signal.getsignal(number) == before
