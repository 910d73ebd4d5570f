# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws.errors import AwsError
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_env
from ansible_collections.nodeops.chainlink.tests.unit import samples


def actions(answer: dict[str, Any]) -> dict[str, str]:
    return {os.path.basename(item["path"]): item["action"] for item in answer["files"]}


def without_secrets(answer: dict[str, Any]) -> bool:
    shown = answer["output"] + json.dumps(answer)
    encoded = [json.dumps(canary)[1:-1] for canary in samples.CANARIES]
    return not [canary for canary in (*samples.CANARIES, *encoded) if canary in shown]


def test_check_mode_then_write_then_nothing(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    created = dict.fromkeys((".api", ".password", "config.toml", "secrets.toml", "launch.json"), "create")
    kept = dict.fromkeys(created, "keep")
    foreseen = run_module(chainlink_env.main, place, check_mode=True)
    assert (foreseen["rc"], foreseen["changed"], actions(foreseen)) == (0, True, created)
    assert not os.path.exists(place["directory"])
    written = run_module(chainlink_env.main, place)
    assert (written["rc"], written["changed"], actions(written)) == (0, True, created)
    assert (written["release"], written["generation"]) == ("2.46.0", "2.x")
    again = run_module(chainlink_env.main, place)
    assert (again["changed"], actions(again)) == (False, kept)
    assert again["diff"]["before"] == again["diff"]["after"]
    assert all(map(without_secrets, (foreseen, written, again)))
    assert Path(place["directory"], ".password").read_text() == samples.KEYSTORE_PASSWORD + "\n"


def test_another_release_is_a_change(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    run_module(chainlink_env.main, place)
    instance.record = samples.record_text("2.47.1")
    answer = run_module(chainlink_env.main, place)
    assert answer["changed"]
    assert {name: action for name, action in actions(answer).items() if action != "keep"} == {"launch.json": "update"}
    assert json.loads(Path(place["launch_file"]).read_text())["release"]["tag"] == "2.47.1"


def test_another_generation_replaces_the_files(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    instance.record = samples.record_text("1.13.3")
    assert run_module(chainlink_env.main, place)["generation"] == "1.x"
    assert sorted(os.listdir(place["directory"])) == [".api", ".env", ".password"]
    instance.record = samples.record_text("2.0.0")
    assert actions(run_module(chainlink_env.main, place)) == {
        ".api": "keep",
        ".password": "keep",
        "config.toml": "create",
        "secrets.toml": "create",
        ".env": "remove",
        "launch.json": "update",
    }
    assert sorted(os.listdir(place["directory"])) == [".api", ".password", "config.toml", "secrets.toml"]


def test_a_rotated_secret_shows_without_its_value(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    run_module(chainlink_env.main, place)
    instance.secrets = samples.secrets(api={"email": "operator@nodeops.test", "password": "rotated-canary-0123"})
    answer = run_module(chainlink_env.main, place)
    assert {name: action for name, action in actions(answer).items() if action != "keep"} == {".api": "update"}
    before, after = answer["diff"]["before"].splitlines(), answer["diff"]["after"].splitlines()
    assert [old.split(" ")[0] for old, new in zip(before, after, strict=True) if old != new] == [".api"]
    assert without_secrets(answer)
    assert "rotated-canary" not in answer["output"]


def test_bad_secrets_change_nothing(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    instance.secrets = samples.secrets(keystore="tiny-canary", rpc={"11155111": [{"name": "x", "ws_url": "canary"}]})
    answer = run_module(chainlink_env.main, place)
    assert answer["rc"] == 1
    assert answer["findings"] == [
        "chainlink_keystore_password (secret oracle/keystore) is shorter than 16 bytes; choose a longer one",
        "chainlink_chains: Ethereum-Sepolia, rpc endpoint x: ws_url has no scheme, or one that does not fit here; it "
        "must begin with wss:// or ws://",
        "chainlink_chains: Ethereum-Sepolia, rpc endpoint x has no http_url; give one that begins with https://",
    ]
    assert answer["msg"] == "the node cannot be configured: " + "; ".join(answer["findings"])
    assert "canary" not in answer["output"]
    assert not os.path.exists(place["directory"])


def test_a_record_of_another_estate_is_refused(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    instance.record = samples.record_text(estate="other")
    answer = run_module(chainlink_env.main, place)
    assert answer["msg"] == (
        "the estate record of oracle names the estate 'other'; run the provisioning playbook to write it anew"
    )


def test_an_aws_error_is_told_as_it_is(
    run_module: Any, instance: Any, place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_service: str, _region: str) -> None:
        raise AwsError("boto3 is not installed; install the package python3-boto3")

    monkeypatch.setattr(chainlink_env, "client", refuse)
    answer = run_module(chainlink_env.main, place)
    assert (answer["rc"], answer["msg"]) == (1, "boto3 is not installed; install the package python3-boto3")


def test_a_missing_parent_directory_is_named(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    directory = place["directory"] + "/deeper/node"
    answer = run_module(chainlink_env.main, {**place, "directory": directory})
    assert answer["msg"] == f"could not write the node's files: {directory}: No such file or directory"


def test_a_link_is_refused(run_module: Any, instance: Any, place: dict[str, Any], tmp_path: Path) -> None:
    os.symlink(tmp_path, place["directory"])
    answer = run_module(chainlink_env.main, place)
    assert answer["msg"] == f"could not write the node's files: {place['directory']} is not a directory; remove it"


def test_the_given_region_is_used(run_module: Any, instance: Any, place: dict[str, Any]) -> None:
    instance.region = lambda: pytest.fail("the metadata were asked for the region")
    assert run_module(chainlink_env.main, {**place, "region": "eu-central-1"}, check_mode=True)["rc"] == 0
    assert instance.asked == ["ssm", "secretsmanager"]
