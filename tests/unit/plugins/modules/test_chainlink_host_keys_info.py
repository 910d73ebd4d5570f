# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_host_keys_info as module

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYfX7Ew"
BLOCK = f"-----BEGIN SSH HOST KEY KEYS-----\n{KEY} root@host\n-----END SSH HOST KEY KEYS-----\n"


class Ec2:
    """Shows each console's outputs in turn, the last for ever."""

    def __init__(self, **consoles: list[Any]) -> None:
        self.consoles = consoles
        self.looks: list[str] = []

    def get_console_output(self, InstanceId: str, Latest: bool) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Latest
        self.looks.append(InstanceId)
        outputs = self.consoles[InstanceId]
        output = outputs.pop(0) if len(outputs) > 1 else outputs[0]
        if isinstance(output, Exception):
            raise output
        return {} if output is None else {"Output": output}


class Clock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(**consoles: list[Any]) -> Ec2:
        client = Ec2(**consoles)
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        monkeypatch.setattr(module, "time", Clock())
        return client

    return use


def test_keys_are_there(run_module: Any, ec2: Any) -> None:
    ec2(a=[BLOCK], b=[BLOCK])
    answer = run_module(module.main, {"instance_ids": ["a", "b"], "region": "eu-central-1"})
    assert (answer["rc"], answer["changed"]) == (0, False)
    assert answer["host_keys"] == {"a": [KEY], "b": [KEY]}


def test_keys_come_later(run_module: Any, ec2: Any) -> None:
    client = ec2(a=[BLOCK], b=[None, "", "booting", BLOCK])
    answer = run_module(module.main, {"instance_ids": ["a", "b"], "region": "eu-central-1"})
    assert answer["host_keys"] == {"a": [KEY], "b": [KEY]}
    assert client.looks == ["a", "b", "b", "b", "b"]


def test_keys_never_come(run_module: Any, ec2: Any) -> None:
    client = ec2(a=[BLOCK], b=["booting"])
    answer = run_module(module.main, {"instance_ids": ["a", "b"], "region": "eu-central-1", "wait_timeout": 12})
    assert answer["rc"] == 1
    assert answer["msg"] == (
        "after 12 s the console of b shows no SSH host keys; see whether the instance boots, and whether its image "
        "runs cloud-init"
    )
    assert client.looks == ["a", "b", "b", "b"]


def test_an_aws_error(run_module: Any, ec2: Any) -> None:
    denied: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
    ec2(a=[botocore.exceptions.ClientError(denied, "GetConsoleOutput")])
    answer = run_module(module.main, {"instance_ids": ["a"], "region": "eu-central-1"})
    assert answer["rc"] == 1
    assert answer["msg"].startswith("Failed to read the console of an instance: An error occurred (Unauthorized")
