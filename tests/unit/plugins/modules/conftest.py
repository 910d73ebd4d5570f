# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's main() as Ansible does: arguments in, one JSON document out, with Ansible's own masking."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import testing
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import host
from ansible_collections.nodeops.chainlink.tests.unit import samples

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str]) -> RunModule:
    """Call main() with arguments; the answer has the exit status as .rc, and the raw text as .output."""

    def run(main: Callable[[], None], arguments: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
        given = {"_ansible_check_mode": check_mode, "_ansible_diff": True, **arguments}
        with testing.patch_module_args(given), pytest.raises(SystemExit) as exited:
            main()
        output, errors = capsys.readouterr()
        return {**json.loads(output), "rc": exited.value.code, "output": output + errors}

    return run


class Instance:
    """Stands for the instance's metadata and for the AWS services that one estate uses."""

    def __init__(self) -> None:
        self.record = samples.record_text()
        self.secrets = samples.secrets()
        self.asked: list[str] = []

    def region(self) -> str:
        return "eu-central-1"

    def instance_id(self) -> str:
        return "i-0123456789abcdef0"

    def estate(self) -> str:
        return "oracle"

    def client(self, service: str, region: str) -> Instance:
        assert region == "eu-central-1"
        self.asked.append(service)
        return self

    def get_parameter(self, Name: str) -> Any:  # noqa: N803 - boto3's name
        assert Name == "/nodeops/oracle/record"
        return {"Parameter": {"Value": self.record}}

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 - boto3's name
        name = {arn: name for name, arn in samples.RECORD["secrets"].items()}[SecretId]
        return {"SecretString": getattr(self.secrets, name)}


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Instance:
    from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_env

    stand_in = Instance()
    monkeypatch.setattr(chainlink_env, "InstanceMetadata", lambda: stand_in)
    monkeypatch.setattr(chainlink_env, "client", stand_in.client)
    monkeypatch.setattr(host, "memory_mib", lambda: 8192)
    return stand_in


@pytest.fixture
def place(tmp_path: Path) -> dict[str, Any]:
    """Options of chainlink_env that keep to a temporary directory."""
    return {
        "estate": "oracle",
        "directory": str(tmp_path / "node"),
        "launch_file": str(tmp_path / "launch.json"),
        "owner": os.geteuid(),
        "group": os.getegid(),
    }
