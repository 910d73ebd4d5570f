# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.modules import chainlink_preflight

KEY = "rpc-canary-key"
ENDPOINT = {"name": "primary", "ws_url": f"wss://rpc.test/{KEY}", "http_url": f"https://rpc.test/{KEY}"}


@pytest.fixture
def good(tmp_path: Path) -> dict[str, Any]:
    public, private = tmp_path / "id.pub", tmp_path / "id"
    public.write_text("ssh-ed25519 AAAAC3 me\n")
    private.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    private.chmod(0o600)
    return {
        "estate_name": "oracle",
        "estate_region": "eu-central-1",
        "estate_admin_cidrs": ["198.51.100.7/32"],
        "estate_ssh_public_key_file": str(public),
        "estate_ssh_private_key_file": str(private),
        "chainlink_release": {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "2.46.0"},
        "chainlink_chains": [{"network": "BSC-Mainnet", "rpc": [ENDPOINT]}],
        "chainlink_api_email": "operator@nodeops.test",
        "chainlink_api_password": "api-canary-0123456789",
        "chainlink_keystore_password": "keystore-canary-0123456789",
        "chainlink_database_password": "database-canary-0123456789",
    }


@pytest.mark.parametrize("check_mode", [True, False])
def test_good_inputs(run_module: Any, good: dict[str, Any], check_mode: bool) -> None:
    answer = run_module(chainlink_preflight.main, good, check_mode=check_mode)
    assert (answer["rc"], answer["changed"], answer["problems"]) == (0, False, [])
    assert answer["chains"] == [
        {
            "network": "BNB-Mainnet",
            "chain_id": "56",
            "link_contract_address": "0x404460C6A5EdE2D891e8297795264fDe62ADBB75",
        }
    ]
    assert "canary" not in answer["output"]


@pytest.mark.parametrize("order", [0, 1, 5, 56, 100, "1"])
def test_no_number_takes_digits_out_of_the_answer(run_module: Any, good: dict[str, Any], order: Any) -> None:
    """Ansible masks the values of a secret option wherever they are a part of something else."""
    chains = [{"network": "BSC-Mainnet", "rpc": [{**ENDPOINT, "send_only": False, "order": order}]}]
    answer = run_module(chainlink_preflight.main, {**good, "chainlink_chains": chains})
    if isinstance(order, int) and order:
        assert (answer["rc"], answer["problems"]) == (0, [])
        assert [chain["chain_id"] for chain in answer["chains"]] == ["56"]
        assert answer["chains"][0]["link_contract_address"] == "0x404460C6A5EdE2D891e8297795264fDe62ADBB75"
    else:
        assert answer["rc"] == 1
        assert str(order) in answer["msg"]
    assert "*" not in answer["output"]
    assert "canary" not in answer["output"]


def test_every_problem_in_one_message(run_module: Any, good: dict[str, Any]) -> None:
    bad = {
        **good,
        "estate_admin_cidrs": ["0.0.0.0/0"],
        "chainlink_chains": [{"network": "Ethereum-Sepolia", "rpc": [{"name": "primary", "ws_url": KEY}]}],
        "chainlink_keystore_password": "tiny-canary",
    }
    answer = run_module(chainlink_preflight.main, bad)
    assert answer["rc"] == 1
    assert answer["msg"].splitlines() == [
        "4 problems with the inputs, nothing has been changed:",
        "estate_admin_cidrs: 0.0.0.0/0 opens the bastion to the whole internet; name the networks of your "
        "administrators",
        "chainlink_keystore_password: is shorter than 16 bytes; choose a longer one",
        "chainlink_chains: Ethereum-Sepolia: rpc endpoint primary: ws_url has no scheme, or one that does not fit "
        "here; it must begin with wss:// or ws://",
        "chainlink_chains: Ethereum-Sepolia: rpc endpoint primary has no http_url; give one that begins with https://",
    ]
    assert [problem["variable"] for problem in answer["problems"]] == [
        "estate_admin_cidrs",
        "chainlink_keystore_password",
        "chainlink_chains",
        "chainlink_chains",
    ]
    assert "canary" not in answer["output"]


def test_additions_are_not_shown(run_module: Any, good: dict[str, Any]) -> None:
    additions = "[Telemetry]\nToken = 'telemetry-canary'\n"
    answer = run_module(chainlink_preflight.main, {**good, "chainlink_extra_config": additions})
    assert (answer["rc"], answer["problems"]) == (0, [])
    assert "canary" not in answer["output"]
    answer = run_module(chainlink_preflight.main, {**good, "chainlink_extra_config": additions + "[Log]\nLevel="})
    assert answer["msg"].splitlines()[1].startswith("chainlink_extra_config: is not TOML: Invalid value (at ")
    assert "canary" not in answer["output"]


def test_one_problem(run_module: Any, good: dict[str, Any]) -> None:
    answer = run_module(chainlink_preflight.main, {**good, "estate_name": "X"})
    assert answer["msg"].splitlines()[0] == "1 problem with the inputs, nothing has been changed:"


@pytest.mark.parametrize(
    "chains",
    [
        f"wss://rpc.test/{KEY}",
        [f"wss://rpc.test/{KEY}"],
        [{"network": "X", "rpc": f"wss://rpc.test/{KEY}"}],
        [{"network": "X", "rpc": [f"wss://rpc.test/{KEY}"]}],
        [{"network": "X", "rpc": [{"wsurl": f"wss://rpc.test/{KEY}"}]}],
    ],
)
def test_a_wrong_structure_shows_no_secret(run_module: Any, good: dict[str, Any], chains: Any) -> None:
    answer = run_module(chainlink_preflight.main, {**good, "chainlink_chains": chains})
    assert answer["rc"] == 1
    assert {problem["variable"] for problem in answer["problems"]} == {"chainlink_chains"}
    assert "canary" not in answer["output"]


def test_a_wrong_type_elsewhere_shows_no_secret(run_module: Any, good: dict[str, Any]) -> None:
    answer = run_module(chainlink_preflight.main, {**good, "estate_nodes_volume_gib": "much"})
    assert answer["rc"] == 1
    assert "estate_nodes_volume_gib" in answer["msg"]
    assert "canary" not in answer["output"]
