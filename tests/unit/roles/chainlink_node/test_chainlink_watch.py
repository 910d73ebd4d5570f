# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

URL = "postgresql://chainlink:canary-of-the-database@db.test:5432/chainlink?sslmode=verify-full"


@pytest.fixture(scope="module")
def program(host_program: Callable[[str], ModuleType]) -> ModuleType:
    return host_program("chainlink-watch")


class Aws:
    """The instance's metadata and the two services."""

    def __init__(self) -> None:
        self.lock: str | None = None
        self.refusal: Exception | None = None
        self.told: list[dict[str, Any]] = []
        self.lines: list[tuple[str, str]] = []

    def region(self) -> str:
        return "eu-central-1"

    def estate(self) -> str:
        return "oracle"

    def instance_id(self) -> str:
        return "i-0123456789abcdef0"

    def get_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        assert Name == "/nodeops/oracle/lock"
        if self.lock is None:
            error: Any = RuntimeError("no such parameter")
            error.response = {"Error": {"Code": "ParameterNotFound"}}
            raise error
        return {"Parameter": {"Value": self.lock, "Version": 1}}

    def set_instance_health(self, **arguments: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.told.append(arguments)

    def put_log_events(self, **given: Any) -> None:
        self.lines += [(given["logStreamName"], event["message"]) for event in given["logEvents"]]


@pytest.fixture
def stood_by(program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says on which instance the node has run; it has run on this one."""
    path = tmp_path / "stood-by"
    path.write_text("i-0123456789abcdef0")
    monkeypatch.setattr(program, "STOOD_BY", str(path))
    return path


@pytest.fixture
def aws(program: Any, stood_by: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    stand_in = Aws()
    monkeypatch.setattr(program, "InstanceMetadata", lambda: stand_in)
    monkeypatch.setattr(program, "client", lambda _service, _region: stand_in)
    return stand_in


class Seen:
    """What systemctl was asked, and the database URLs that were used."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.urls: list[str] = []
        self.unit = "active"
        self.error: Exception | None = None


@pytest.fixture
def seen(program: Any, monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()

    def run(vector: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        found.commands.append(vector)
        if found.error is not None:
            raise found.error
        return subprocess.CompletedProcess(vector, 0, f"{found.unit}\n", "")

    def observe(*_arguments: Any, known_database_url: str) -> Any:
        found.urls.append(known_database_url)
        return program.probe.Observation(None, program.probe.HttpAnswer(), program.probe.HttpAnswer(), None)

    monkeypatch.setattr(program.subprocess, "run", run)
    monkeypatch.setattr(program.probe, "observe", observe)
    return found


class Keeper:
    """A watch that decides what it is told to."""

    def __init__(self, action: str) -> None:
        self.action = action

    def decide(self, _sight: Any) -> Any:
        return SimpleNamespace(action=self.action, reason="canary-free reason")


def test_it_goes_on_asking_the_database_when_the_files_are_gone(program: Any, seen: Seen, tmp_path: Path) -> None:
    host = program.Host(str(tmp_path))
    assert host.look().report.role == "down"
    (tmp_path / "secrets.toml").write_text(f'[Database]\nURL = "{URL}"\n')
    host.look()
    (tmp_path / "secrets.toml").unlink()
    host.look()
    assert seen.urls == ["", URL, URL]
    assert seen.commands == [["systemctl", "show", "--property=ActiveState", "--value", "chainlink.service"]] * 3


def test_a_node_that_hangs_is_restarted(
    program: Any, seen: Seen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.step(program.Host(str(tmp_path)), Keeper("restart"), program.Speaker())
    assert seen.commands[-1] == ["systemctl", "restart", "chainlink.service"]
    assert capsys.readouterr().err == "chainlink-watch: restarting the node: canary-free reason\n"


def test_an_instance_is_given_up(
    program: Any, seen: Seen, aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.step(program.Host(str(tmp_path)), Keeper("replace"), program.Speaker())
    assert aws.told == [
        {"InstanceId": "i-0123456789abcdef0", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": True}
    ]
    assert "reported this instance to Auto Scaling as unhealthy: canary-free reason" in capsys.readouterr().err


def test_an_instance_stays_while_an_operation_is_under_way(
    program: Any, seen: Seen, aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.lock = "{}"
    speaker = program.Speaker()
    for _ in range(3):
        program.step(program.Host(str(tmp_path)), Keeper("replace"), speaker)
    assert aws.told == []
    assert capsys.readouterr().err == (
        "chainlink-watch: an operation on the estate is under way (/nodeops/oracle/lock), so this instance stays\n"
    )


def lock_of(age: float) -> str:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
    return json.dumps({"id": "1f", "operation": "patch", "holder": "me@laptop", "process": "1-2-3", "since": since})


def test_a_lock_holds_as_long_as_an_operation_may_last(program: Any, seen: Seen, aws: Aws, tmp_path: Path) -> None:
    aws.lock = lock_of(5.9 * 3600)
    program.step(program.Host(str(tmp_path)), Keeper("replace"), program.Speaker())
    assert aws.told == []


@pytest.mark.parametrize("ran_here", [True, False])
def test_a_lock_that_a_dead_controller_has_left_holds_nothing_up(
    program: Any,
    seen: Seen,
    aws: Aws,
    stood_by: Path,
    tmp_path: Path,
    ran_here: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws.lock = lock_of(6.1 * 3600)
    if not ran_here:
        stood_by.unlink()
    host, speaker = program.Host(str(tmp_path)), program.Speaker()
    for _ in range(3):
        program.step(host, Keeper("replace"), speaker)
    assert len(aws.told) == (3 if ran_here else 0)
    said = capsys.readouterr().err
    assert said.count("chainlink-watch: the lock /nodeops/oracle/lock is older than 6 hours, so whoever took it") == 1


# What the file says of an instance on which the node has never run; None where there is no file.
TEST_NEVER_RAN = [None, "", "i-0fedcba9876543210"]


@pytest.mark.parametrize("content", TEST_NEVER_RAN)
def test_an_instance_on_which_the_node_never_ran_stays_and_people_are_called(
    program: Any,
    seen: Seen,
    aws: Aws,
    stood_by: Path,
    tmp_path: Path,
    content: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is None:
        stood_by.unlink()
    else:
        stood_by.write_text(content)
    speaker = program.Speaker()
    for _ in range(2):
        assert program.step(program.Host(str(tmp_path)), Keeper("replace"), speaker) == program.AGAIN_SECONDS
    assert aws.told == []
    assert capsys.readouterr().err == (
        "chainlink-watch: the node has not run here since this instance was launched, so another instance may not "
        "help, and this one stays\n"
    )
    # What the alarm on critical lines counts, as long as it lasts.
    line = '{"watch": "helpless", "level": "crit", "msg": "canary-free reason"}'
    assert aws.lines == [("i-0123456789abcdef0-watch", line)] * 2


def test_nobody_is_called_about_a_new_instance_while_an_operation_is_under_way(
    program: Any, seen: Seen, aws: Aws, stood_by: Path, tmp_path: Path
) -> None:
    aws.lock = "{}"
    stood_by.unlink()
    program.step(program.Host(str(tmp_path)), Keeper("replace"), program.Speaker())
    assert (aws.told, aws.lines) == ([], [])


def test_people_are_called_about_a_node_that_does_not_run(
    program: Any, seen: Seen, aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speaker = program.Speaker()
    for _ in range(2):
        assert program.step(program.Host(str(tmp_path)), Keeper("call"), speaker) == program.AGAIN_SECONDS
    assert aws.told == []
    line = '{"watch": "helpless", "level": "crit", "msg": "canary-free reason"}'
    assert aws.lines == [("i-0123456789abcdef0-watch", line)] * 2
    assert capsys.readouterr().err == (
        "chainlink-watch: people were called, by the alarm on critical lines: the node neither serves nor stands by "
        "here\n"
    )


def test_nobody_is_called_while_an_operation_is_under_way(program: Any, seen: Seen, aws: Aws, tmp_path: Path) -> None:
    aws.lock = "{}"
    assert program.step(program.Host(str(tmp_path)), Keeper("call"), program.Speaker()) == program.AGAIN_SECONDS
    assert (aws.told, aws.lines) == ([], [])


# (role that is seen, what the file says before, and after)
TEST_REMEMBERS = [
    ("active", None, "i-0123456789abcdef0"),
    ("standby", None, "i-0123456789abcdef0"),
    ("standby", "i-0fedcba9876543210", "i-0123456789abcdef0"),
    ("migrating", None, None),
    ("starting", None, None),
    ("failed", "i-0fedcba9876543210", "i-0fedcba9876543210"),
    ("down", None, None),
]


@pytest.mark.parametrize(("role", "before", "after"), TEST_REMEMBERS)
def test_a_node_that_runs_is_remembered(
    program: Any,
    aws: Aws,
    stood_by: Path,
    tmp_path: Path,
    role: str,
    before: str | None,
    after: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if before is None:
        stood_by.unlink()
    else:
        stood_by.write_text(before)
    host = program.Host(str(tmp_path))
    monkeypatch.setattr(host, "look", lambda: SimpleNamespace(at=100.0, report=SimpleNamespace(role=role)))
    program.step(host, Keeper("nothing"), program.Speaker())
    assert (stood_by.read_text() if stood_by.exists() else None) == after


def test_what_cannot_be_remembered_is_told_and_keeps_nothing_from_being_watched(
    program: Any,
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(program, "STOOD_BY", str(tmp_path / "absent" / "stood-by"))
    host = program.Host(str(tmp_path))
    monkeypatch.setattr(host, "look", lambda: SimpleNamespace(at=100.0, report=SimpleNamespace(role="active")))
    speaker = program.Speaker()
    for _ in range(2):
        assert program.step(host, Keeper("nothing"), speaker) == program.PAUSE_SECONDS
    assert capsys.readouterr().err == (
        f"chainlink-watch: could not write {tmp_path}/absent/stood-by: No such file or directory\n"
    )
    assert [stream for stream, _line in aws.lines] == ["i-0123456789abcdef0-watch"]


def test_images_do_not_have_what_it_remembers(program: Any, host_program: Callable[[str], Any]) -> None:
    assert program.STOOD_BY in host_program("chainlink-image").TAKEN


def test_a_refusal_of_aws_is_told_and_survived(
    program: Any, seen: Seen, aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.refusal = RuntimeError("no")
    pause = program.step(program.Host(str(tmp_path)), Keeper("replace"), program.Speaker())
    assert pause == program.AGAIN_SECONDS
    assert "i-0123456789abcdef0 is unhealthy" in capsys.readouterr().err
    ((stream, line),) = aws.lines
    assert stream == "i-0123456789abcdef0-watch"
    assert json.loads(line)["level"] == "crit"
    assert json.loads(line)["msg"].startswith("canary-free reason; the instance is not replaced: ")


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.TimeoutExpired("systemctl", 10)])
def test_a_systemd_that_does_not_answer_is_told(
    program: Any, seen: Seen, tmp_path: Path, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.error = error
    program.step(program.Host(str(tmp_path)), Keeper("restart"), program.Speaker())
    assert capsys.readouterr().err == f"chainlink-watch: systemctl show did not run: {type(error).__name__}\n"


def test_a_node_that_serves_is_told_of_once_a_minute(
    program: Any, seen: Seen, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = program.Host(str(tmp_path))
    report = SimpleNamespace(role="active")
    monkeypatch.setattr(host, "look", lambda: SimpleNamespace(at=100.0, report=report))
    for _ in range(2):
        assert program.step(host, Keeper("nothing"), program.Speaker()) == program.PAUSE_SECONDS
    assert aws.lines == [("i-0123456789abcdef0-watch", '{"watch":"active"}')]


def test_a_line_that_cannot_be_written_keeps_nothing_from_being_watched(
    program: Any,
    seen: Seen,
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(**_given: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(aws, "put_log_events", refuse)
    host = program.Host(str(tmp_path))
    monkeypatch.setattr(host, "look", lambda: SimpleNamespace(at=100.0, report=SimpleNamespace(role="active")))
    assert program.step(host, Keeper("nothing"), program.Speaker()) == program.PAUSE_SECONDS
    assert "could not write to log group /oracle/node" in capsys.readouterr().err
