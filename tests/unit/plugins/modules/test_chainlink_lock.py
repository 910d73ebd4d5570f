# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import lock, process
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_lock as module

NAME = "/nodeops/oracle/lock"
FOREIGN = lock.Lock("44444444", "restore", "bob@laptop", "boot-9-4", "2026-11-28T08:00:00Z")


def error(code: str) -> Exception:
    answer: Any = {"Error": {"Code": code, "Message": ""}}
    return botocore.exceptions.ClientError(answer, "Operation")


class Parameters:
    """SSM Parameter Store, as far as a lock needs it."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[str, int]] = {}
        self.race = False

    def put_parameter(self, Name: str, Value: str, Type: str, Overwrite: bool) -> Any:  # noqa: N803 - boto3's names
        assert Type == "String"
        if Name in self.values and not Overwrite:
            raise error("ParameterAlreadyExists")
        version = self.values.get(Name, ("", 0))[1] + (2 if self.race else 1)
        self.values[Name] = (Value, version)
        return {"Version": version}

    def get_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        if Name not in self.values:
            raise error("ParameterNotFound")
        value, version = self.values[Name]
        return {"Parameter": {"Value": value, "Version": version}}

    def delete_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        if self.values.pop(Name, None) is None:
            raise error("ParameterNotFound")


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Parameters:
    store = Parameters()
    monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: store)
    monkeypatch.setattr(process, "controller_process", lambda: "boot-10-5")
    monkeypatch.setattr(process, "is_running", lambda name: name == "boot-10-5")
    return store


def arguments(**changes: Any) -> dict[str, Any]:
    return {"estate": "oracle", "region": "eu-central-1", "operation": "upgrade", **changes}


def released() -> dict[str, Any]:
    return {"estate": "oracle", "region": "eu-central-1", "state": "released"}


def test_taken_kept_and_given_back(run_module: Any, ssm: Parameters) -> None:
    answer = run_module(module.main, arguments())
    assert (answer["rc"], answer["changed"], answer["taken_over"]) == (0, True, None)
    assert json.loads(ssm.values[NAME][0]) == answer["lock"]
    again = run_module(module.main, arguments())
    assert (again["changed"], again["lock"]) == (False, answer["lock"])
    back = run_module(module.main, released())
    assert (back["changed"], back["lock"], ssm.values) == (True, answer["lock"], {})
    assert run_module(module.main, released())["changed"] is False


def test_somebody_else_holds_it(run_module: Any, ssm: Parameters) -> None:
    ssm.values[NAME] = (lock.to_json(FOREIGN), 1)
    for check_mode in (False, True):
        answer = run_module(module.main, arguments(), check_mode)
        assert (answer["rc"], answer["msg"]) == (1, lock.refusal("oracle", FOREIGN))
    assert run_module(module.main, released())["changed"] is False
    assert ssm.values[NAME] == (lock.to_json(FOREIGN), 1)


def test_taken_over_by_name(run_module: Any, ssm: Parameters) -> None:
    ssm.values[NAME] = (lock.to_json(FOREIGN), 1)
    answer = run_module(module.main, arguments(take_over=FOREIGN.id))
    assert answer["taken_over"]["holder"] == "bob@laptop"
    assert json.loads(ssm.values[NAME][0]) == answer["lock"]


def test_taken_over_from_a_run_that_has_ended(run_module: Any, ssm: Parameters) -> None:
    mine = run_module(module.main, arguments())["lock"]
    ssm.values[NAME] = (json.dumps({**mine, "process": "boot-9-4", "operation": "patch"}), 1)
    answer = run_module(module.main, arguments())
    assert (answer["rc"], answer["taken_over"]["operation"]) == (0, "patch")


def test_two_take_it_over_at_once(run_module: Any, ssm: Parameters) -> None:
    ssm.values[NAME] = (lock.to_json(FOREIGN), 1)
    ssm.race = True
    answer = run_module(module.main, arguments(take_over=FOREIGN.id))
    assert answer["rc"] == 1
    assert "another caller wrote it" in answer["msg"]


def test_check_mode_takes_nothing(run_module: Any, ssm: Parameters) -> None:
    assert run_module(module.main, arguments(), True)["changed"] is True
    assert ssm.values == {}


def test_a_bad_name(run_module: Any, ssm: Parameters) -> None:
    answer = run_module(module.main, arguments(operation="Upgrade now"))
    assert answer["msg"] == "operation is 'Upgrade now'; write a short name such as upgrade"
    assert ssm.values == {}


def test_denied(run_module: Any, monkeypatch: pytest.MonkeyPatch, ssm: Parameters) -> None:
    def refuse(**_arguments: Any) -> None:
        raise error("AccessDeniedException")

    monkeypatch.setattr(ssm, "put_parameter", refuse)
    assert "allow ssm:PutParameter" in run_module(module.main, arguments())["msg"]
