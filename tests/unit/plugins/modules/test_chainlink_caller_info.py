# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_caller_info as module

ARN = "arn:aws:iam::123456789012:user/operator"


@pytest.fixture
def ask(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def call(error: Exception | None = None) -> Any:
        def get_caller_identity() -> dict[str, str]:
            if error is not None:
                raise error
            return {"Account": "123456789012", "Arn": ARN}

        client = SimpleNamespace(get_caller_identity=get_caller_identity)
        monkeypatch.setattr(AnsibleAWSModule, "client", lambda *_arguments: client)
        return run_module(module.main, {"region": "eu-central-1"})

    return call


def refused(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "AKIACANARY"}}, "GetCallerIdentity")


def test_whose_they_are(ask: Any) -> None:
    answer = ask()
    assert (answer["rc"], answer["changed"], answer["account"], answer["arn"]) == (0, False, "123456789012", ARN)


def test_credentials_that_are_not_accepted(ask: Any) -> None:
    answer = ask(refused("ExpiredToken"))
    assert answer["rc"] == 1
    assert answer["msg"].startswith("AWS does not accept the credentials, which have expired (ExpiredToken); sign in")
    assert answer["msg"].endswith(". Nothing has been changed.")
    assert "AKIACANARY" not in answer["output"]


def test_another_error_is_told_as_it_is(ask: Any) -> None:
    assert ask(refused("ServiceUnavailable"))["msg"].startswith("Failed to ask AWS whose the credentials are: ")
