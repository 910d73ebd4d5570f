# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate import inputs
from ansible_collections.nodeops.chainlink.plugins.module_utils._estate.key_file import KeyFile

PUBLIC = KeyFile("ssh-ed25519 AAAAC3 me", 0o644)
PRIVATE = KeyFile("-----BEGIN OPENSSH PRIVATE KEY-----", 0o600)
WS, HTTP = "wss://rpc.test/key", "https://rpc.test/key"
ENDPOINT = {"name": "primary", "ws_url": WS, "http_url": HTTP, "send_only": False}
GOOD: dict[str, Any] = {
    "estate_name": "oracle",
    "estate_region": "eu-central-1",
    "estate_admin_cidrs": ["198.51.100.7/32", "203.0.113.0/24"],
    "estate_ssh_public_key_file": "id.pub",
    "estate_ssh_private_key_file": "id",
    "chainlink_release": {"registry": "public.ecr.aws", "repository": "chainlink/chainlink", "tag": "2.46.0"},
    "chainlink_chains": [{"network": "Ethereum-Sepolia", "rpc": [ENDPOINT]}],
    "chainlink_api_email": "operator@nodeops.test",
}
FULL: dict[str, Any] = {
    **GOOD,
    "estate_ssh_user": "admin",
    "estate_network_cidr": "10.42.0.0/16",
    "estate_network_public_cidrs": ["10.42.0.0/20", "10.42.16.0/20"],
    "estate_network_private_cidrs": ["10.42.32.0/20", "10.42.48.0/20"],
    "estate_bastion_instance_type": "t3.micro",
    "estate_nodes_instance_type": "m6i.large",
    "estate_nodes_volume_gib": 50,
    "estate_nodes_image_parameter": "/aws/service/debian/release/12/latest/amd64",
    "estate_database_engine_version": "16.8",
    "estate_database_instance_class": "db.r6g.large",
    "estate_database_backup_retention_days": 7,
    "estate_observability_log_retention_days": 30,
    "estate_network_flow_logs_retention_days": 3653,
    "chainlink_api_password": "0123456789abcdef",
    "chainlink_keystore_password": "fedcba9876543210",
    "chainlink_database_password": "00112233445566778",
}


def look(path: str) -> KeyFile:
    return {"id.pub": PUBLIC, "id": PRIVATE}.get(path, KeyFile(error="No such file or directory"))


def chain(*endpoints: Any, network: Any = "Ethereum-Sepolia", **more: Any) -> dict[str, Any]:
    return {"network": network, "rpc": list(endpoints) or [ENDPOINT], **more}


M6I = "choose m6i.large"
ENDPOINT_NAMES = (
    "the rpc endpoint name primary is used more than once; the node wants every endpoint of every chain to have a name "
    "of its own"
)
NAME_FORM = "must be 2 to 20 small letters, digits and single hyphens, a letter first and no hyphen last"
NO_NAME = "{!r} cannot be used: AWS takes no {} whose name begins with {}-; choose another"
NETWORK_FORM = "is not a network; write address/prefix, for example 198.51.100.7/32"
PLACEHOLDER = "is a placeholder; choose a password of your own, or leave it out to have one generated"

# (variable, value, messages)
TEST_PROBLEMS: list[tuple[str, Any, list[str]]] = [
    ("estate_name", None, ["is required; name the estate, for example oracle"]),
    ("estate_name", "Oracle", [NAME_FORM]),
    ("estate_name", "a" * 21, [NAME_FORM]),
    ("estate_name", "a", [NAME_FORM]),
    ("estate_name", "a--b", [NAME_FORM]),
    ("estate_name", "prod-", [NAME_FORM]),
    ("estate_name", "prod\n", [NAME_FORM]),
    ("estate_name", "sg", [NO_NAME.format("sg", "security group", "sg")]),
    ("estate_name", "sg-x", [NO_NAME.format("sg-x", "security group", "sg")]),
    ("estate_name", "internal", [NO_NAME.format("internal", "load balancer", "internal")]),
    ("estate_name", "internal-x", [NO_NAME.format("internal-x", "load balancer", "internal")]),
    ("estate_region", None, ["is required; name the AWS region, for example eu-central-1"]),
    ("estate_region", "Frankfurt", ["'Frankfurt' is not the name of an AWS region; write one such as eu-central-1"]),
    (
        "estate_admin_cidrs",
        [],
        ["is required; name the networks that may reach the bastion, for example 198.51.100.7/32"],
    ),
    (
        "estate_admin_cidrs",
        ["0.0.0.0/0", "::/0", "2001:db8::/48", "198.51.100.7", "198.51.100.7/24", "office"],
        [
            "0.0.0.0/0 opens the bastion to the whole internet; name the networks of your administrators",
            "::/0 is an IPv6 network, and the bastion has an IPv4 address; name IPv4 networks",
            "2001:db8::/48 is an IPv6 network, and the bastion has an IPv4 address; name IPv4 networks",
            f"'198.51.100.7' {NETWORK_FORM}",
            "198.51.100.7/24 has bits beyond its prefix; write 198.51.100.0/24, or /32 for one host",
            f"'office' {NETWORK_FORM}",
        ],
    ),
    ("estate_ssh_user", "Admin User", ["'Admin User' is not the name of a user; write one such as admin"]),
    ("estate_network_cidr", "10.0.0.0/8", ["10.0.0.0/8 must be between /16 and /24"]),
    (
        "estate_network_cidr",
        "8.8.0.0/16",
        ["8.8.0.0/16 is not a private network; choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"],
    ),
    (
        "estate_network_cidr",
        "172.17.0.0/16",
        ["172.17.0.0/16 overlaps 172.17.0.0/16, which Docker uses on every node; choose another"],
    ),
    (
        "estate_network_cidr",
        "127.0.0.0/16",
        ["127.0.0.0/16 is not a private network; choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"],
    ),
    ("estate_network_cidr", "fd00::/24", ["fd00::/24 is not an IPv4 network; write one such as 10.42.0.0/16"]),
    (
        "estate_network_public_cidrs",
        ["10.42.0.0/20"],
        ["must be a list of two networks, one for each availability zone"],
    ),
    (
        "estate_network_private_cidrs",
        ["10.42.16.0/20", "10.43.0.0/20"],
        ["10.42.16.0/20 overlaps 10.42.16.0/20", "10.43.0.0/20 is not inside estate_network_cidr 10.42.0.0/16"],
    ),
    (
        "estate_nodes_instance_type",
        "t3.small",
        [
            f"t3.small is burstable, and a node whose CPU credits run out stops answering; {M6I}",
            f"t3.small has 2 GiB of memory and a node needs 4; {M6I}",
        ],
    ),
    ("estate_nodes_instance_type", "c4.large", [f"c4.large has 3.75 GiB of memory and a node needs 4; {M6I}"]),
    ("estate_nodes_instance_type", "m7a.medium", [f"m7a.medium has 1 vCPU and a node needs 2; {M6I}"]),
    (
        "estate_nodes_instance_type",
        "m7g.large",
        ["m7g.large is ARM, and the images are for x86-64; choose a type without g, such as m6i"],
    ),
    ("estate_nodes_instance_type", "large", ["'large' is not an instance type; write one such as m6i.large"]),
    (
        "estate_bastion_instance_type",
        "t4g.nano",
        ["t4g.nano is ARM, and the images are for x86-64; choose a type without g, such as m6i"],
    ),
    ("estate_nodes_volume_gib", True, ["True must be a number of GiB from 8 to 16384"]),
    ("estate_nodes_volume_gib", 4, ["4 must be a number of GiB from 8 to 16384"]),
    (
        "estate_nodes_image_parameter",
        "ami 1",
        ["'ami 1' is not the name of an SSM parameter; write one such as /aws/service/debian/release/12/latest/amd64"],
    ),
    ("estate_database_engine_version", "13.9", ["13.9 does not fit: the node runs on PostgreSQL 14 to 17"]),
    ("estate_database_engine_version", "18.0", ["18.0 does not fit: the node runs on PostgreSQL 14 to 17"]),
    ("estate_database_engine_version", "16", ["'16' is not an Aurora PostgreSQL version; write one such as \"16.8\""]),
    (
        "estate_database_engine_version",
        16.1,
        ['16.1 must stand in quotes, or YAML drops closing zeros; write "16.8"'],
    ),
    (
        "estate_database_instance_class",
        "r6g.large",
        ["'r6g.large' is not the class of a database instance; write one such as db.r6g.large"],
    ),
    ("estate_database_backup_retention_days", 36, ["36 must be a number of days from 1 to 35"]),
    (
        "estate_observability_log_retention_days",
        31,
        ["31 is not a retention that log groups are made with; write one such as 30, 90 or 365"],
    ),
    (
        "estate_network_flow_logs_retention_days",
        2192,
        ["2192 is not a retention that log groups are made with; write one such as 30, 90 or 365"],
    ),
    ("chainlink_release", None, ["is required; name registry, repository and tag"]),
    (
        "chainlink_release",
        {**GOOD["chainlink_release"], "tag": "latest"},
        ["tag: 'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0"],
    ),
    ("chainlink_api_email", None, ["is required; write the e-mail address with which you sign in to the node"]),
    ("chainlink_api_email", "me@example.com", ["is a placeholder; write your own e-mail address"]),
    ("chainlink_api_email", "me", ["is not an e-mail address such as operator@your.domain"]),
    ("chainlink_api_password", "tiny", ["is shorter than 16 bytes; choose a longer one"]),
    ("chainlink_api_password", "y" * 51, ["is longer than 50 bytes; choose a shorter one"]),
    (
        "chainlink_api_password",
        "1-operator@nodeops.test",
        ["contains the e-mail address, which the node refuses; choose another"],
    ),
    ("chainlink_keystore_password", " 0123456789abcdef", ["begins or ends with a blank; remove it"]),
    ("chainlink_keystore_password", "ChangeMe-ChangeMe-1", [PLACEHOLDER]),
    ("chainlink_database_password", "example-password-1", [PLACEHOLDER]),
    ("chainlink_database_password", "", ["is empty"]),
    ("estate_ssh_public_key_file", None, ["is required; name the file of your public SSH key on this machine"]),
    ("estate_ssh_public_key_file", "gone.pub", ["gone.pub cannot be read: No such file or directory"]),
    ("estate_ssh_public_key_file", "id", ["id is a private key; name the file with .pub"]),
    ("estate_ssh_private_key_file", "id.pub", ["id.pub is not a private SSH key"]),
    ("chainlink_chains", [], ["is required; list at least one network with its rpc endpoints"]),
    ("chainlink_chains", ["Ethereum-Sepolia"], ["[0] must be a mapping of network and rpc"]),
    ("chainlink_chains", [chain(network=None)], ["[0]: has no network; name one such as Ethereum-Sepolia"]),
    (
        "chainlink_chains",
        [chain(network="Ethereum-Sepola")],
        [
            "Ethereum-Sepola: is a network that this collection does not know; did you mean Ethereum-Sepolia or "
            "Hemi-Sepolia or Ethereum-Mainnet? Else give its chain_id and link_contract_address"
        ],
    ),
    (
        "chainlink_chains",
        [chain(network="Ethereum-Goerli-Testnet")],
        [
            "Ethereum-Goerli-Testnet: network Ethereum-Goerli-Testnet has been shut down; use its successor "
            "Ethereum-Sepolia"
        ],
    ),
    (
        "chainlink_chains",
        [chain(network="My-Goerli", chain_id="5")],
        ["My-Goerli: network Ethereum-Goerli has been shut down; use its successor Ethereum-Sepolia"],
    ),
    (
        "chainlink_chains",
        [chain(chain_id="1", link_contract_address="0x514910771AF9Ca656af840dff83E8264EcF986CA")],
        [
            "Ethereum-Sepolia: Ethereum-Sepolia has chain id 11155111, not 1; correct it or leave it out",
            "Ethereum-Sepolia: the LINK token contract of Ethereum-Sepolia is "
            "0x779877A7B0D9E8603169DdbD7836e478b4624789; correct it or leave it out",
        ],
    ),
    (
        "chainlink_chains",
        [chain(network="Private", chain_id="1337", link_contract_address="0x514910771AF9Ca656af840dff83E8264EcF986Ca")],
        [
            "Private: link_contract_address is 0x514910771AF9Ca656af840dff83E8264EcF986Ca, whose letters are its "
            "checksum (EIP-55), and the checksum is wrong; copy it once more"
        ],
    ),
    (
        "chainlink_chains",
        [chain(network="Private", chain_id="one", link_contract_address="0x1")],
        [
            "Private: chain_id is not a chain id; write a decimal number such as 11155111",
            "Private: link_contract_address is not a contract address; write 0x and 40 hexadecimal digits",
        ],
    ),
    (
        "chainlink_chains",
        [{"network": "Ethereum-Sepolia"}],
        ["Ethereum-Sepolia: has no RPC endpoint; give it at least one under rpc"],
    ),
    (
        "chainlink_chains",
        [chain({**ENDPOINT, "ws_url": "rpc.test/secret-canary"})],
        [
            "Ethereum-Sepolia: rpc endpoint primary: ws_url has no scheme, or one that does not fit here; it must "
            "begin with wss:// or ws://"
        ],
    ),
    (
        "chainlink_chains",
        [chain({**ENDPOINT, "ws_url": "wss://rpc.example.com/YOUR_KEY"})],
        ["Ethereum-Sepolia: rpc endpoint primary: ws_url is a placeholder; write the URL of your provider"],
    ),
    (
        "chainlink_chains",
        [chain({"name": ["x"], "ws_url": ["wss://a"], "http_url": {"a": 1}, "send_only": "yes"})],
        [
            "Ethereum-Sepolia: rpc[0] has no usable name; give it one such as primary",
            "Ethereum-Sepolia: rpc[0]: send_only must be true or false",
            "Ethereum-Sepolia: rpc[0]: ws_url is empty; write a URL that begins with wss:// or ws://",
            "Ethereum-Sepolia: rpc[0]: http_url is empty; write a URL that begins with https:// or http://",
        ],
    ),
    (
        "chainlink_chains",
        [chain({**ENDPOINT, "ws_url": None, "send_only": True})],
        ["Ethereum-Sepolia: has send-only endpoints alone; give at least one that reads too"],
    ),
    (
        "chainlink_chains",
        [chain({**ENDPOINT, "orders": 1}, rcp=[])],
        [
            "Ethereum-Sepolia: rcp is no key of a chain; known are chain_id, link_contract_address, network, rpc",
            "Ethereum-Sepolia: rpc endpoint primary: orders is no key of an endpoint; known are http_url, name, order, "
            "send_only, ws_url",
        ],
    ),
    (
        "chainlink_extra_config",
        {"Log": {"Level": "canary"}},
        ["must be text of TOML; write it as a block that begins with |"],
    ),
    ("chainlink_extra_config", "", []),
    ("chainlink_extra_config", "[Log]\nLevel = 'canary", ["is not TOML: Expected \"'\" (at end of document)"]),
    ("chainlink_extra_config", "A = " + "[" * 5000, ["is nested too deeply"]),
    (
        "chainlink_extra_config",
        "A = '" + "x" * 16380 + "'",
        ["has 16386 characters, and 16384 fit into its secret; make it shorter"],
    ),
    (
        "chainlink_extra_config",
        "Database.URL = 'canary'\n[webserver]\nhttpport = 1\n[[EVM]]\nChainID = '137'\n",
        [
            "Database.URL cannot be set here: it belongs in secrets.toml, which holds what AWS Secrets Manager has for "
            "the node and nothing else",
            "webserver.httpport cannot be set here: the container, its firewall and its health checks know the node by "
            "it",
            "EVM.ChainID '137' is no chain of chainlink_chains (11155111)",
        ],
    ),
    (
        "chainlink_extra_config",
        "[[EVM]]\nChainID = '11155111'\nFinalityDepth = 9\n[EVM.GasEstimator]\nMode = 'FeeHistory'\n",
        [],
    ),
    (
        "chainlink_chains",
        [chain(), chain({**ENDPOINT, "ws_url": "wss://b.test", "http_url": "https://b.test"}, network="Sepolia")],
        [
            "Sepolia: is chain 11155111, which stands here more than once; name each chain once",
            ENDPOINT_NAMES,
        ],
    ),
]  # fmt: skip


def many_chains(count: int) -> list[dict[str, Any]]:
    """Chains whose networks no table knows."""
    return [
        {
            "network": f"Network-{number:02}",
            "chain_id": str(8000000 + number),
            "link_contract_address": "0x779877A7B0D9E8603169DdbD7836e478b4624789",
            "rpc": [{"name": f"n{number}", "ws_url": f"wss://a{number}.test", "http_url": f"https://a{number}.test"}],
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("given", [GOOD, FULL])
def test_good_inputs(given: dict[str, Any]) -> None:
    outcome = inputs.check(given, look)
    assert outcome.problems == []
    assert outcome.chains == [
        inputs.NormalisedChain("Ethereum-Sepolia", "11155111", "0x779877A7B0D9E8603169DdbD7836e478b4624789")
    ]


@pytest.mark.parametrize(
    ("count", "messages"),
    [
        (14, []),
        (
            15,
            [
                "the 15 chains take 1815 characters of the estate's record, which has room for 1796; keep fewer "
                "chains, or deploy another estate for some of them"
            ],
        ),
    ],
)
def test_chains_for_which_the_record_has_no_room(count: int, messages: list[str]) -> None:
    outcome = inputs.check({**GOOD, "chainlink_chains": many_chains(count)}, look)
    assert outcome.problems == [("chainlink_chains", message) for message in messages]


@pytest.mark.parametrize(("variable", "value", "messages"), TEST_PROBLEMS)
def test_problems(variable: str, value: Any, messages: list[str]) -> None:
    given = copy.deepcopy(FULL)
    if variable == "estate_network_cidr":
        # The subnets would not lie in it, which is a case of its own.
        del given["estate_network_public_cidrs"], given["estate_network_private_cidrs"]
    outcome = inputs.check({**given, variable: value}, look)
    assert outcome.problems == [(variable, message) for message in messages]
    assert "canary" not in str(outcome.problems)


def test_every_problem_is_told_at_once() -> None:
    variables = [variable for variable, _message in inputs.check({}, look).problems]
    assert variables == [
        "estate_name",
        "estate_region",
        "estate_admin_cidrs",
        "chainlink_release",
        "chainlink_api_email",
        "estate_ssh_public_key_file",
        "estate_ssh_private_key_file",
        "chainlink_chains",
    ]


def test_a_private_key_that_others_can_read_is_refused() -> None:
    outcome = inputs.check(GOOD, lambda path: KeyFile(PRIVATE.first_line, 0o640) if path == "id" else look(path))
    assert outcome.problems == [
        ("estate_ssh_private_key_file", "id can be read by others, and ssh refuses it; chmod 0600 it")
    ]


# (public key in the public file, in the private one, what is said)
TEST_PAIR: list[tuple[str, str, list[str]]] = [
    ("AAAAC3", "AAAAC3", []),
    ("AAAAC3", "", []),
    ("AAAAC3", "AAAAB3", ["id is not the private half of id.pub; name the files of one pair"]),
]


@pytest.mark.parametrize(("public", "private", "said"), TEST_PAIR)
def test_the_two_files_are_of_one_pair(public: str, private: str, said: list[str]) -> None:
    files = {
        "id.pub": KeyFile(PUBLIC.first_line, 0o644, public=public),
        "id": KeyFile(PRIVATE.first_line, 0o600, public=private),
    }
    outcome = inputs.check(GOOD, files.__getitem__)
    assert outcome.problems == [("estate_ssh_private_key_file", message) for message in said]


@pytest.mark.parametrize("kind", ["ecdsa-sha2-nistp256", "ssh-dss", "", "-----BEGIN"])
def test_a_public_key_that_ec2_does_not_take_is_refused(kind: str) -> None:
    outcome = inputs.check(GOOD, lambda path: KeyFile(f"{kind} AAAA", 0o644) if path == "id.pub" else look(path))
    assert outcome.problems == [
        (
            "estate_ssh_public_key_file",
            "id.pub is not a public key that EC2 takes; it takes ssh-ed25519 and ssh-rsa",
        )
    ]


def test_additions_are_for_2x_releases() -> None:
    release = {**GOOD["chainlink_release"], "tag": "1.13.3"}
    given = {**GOOD, "chainlink_release": release, "chainlink_extra_config": "[Log]\nLevel = 'warn'\n"}
    assert inputs.check(given, look).problems == [
        (
            "chainlink_extra_config",
            "is TOML, and a 1.x release is configured by environment variables; leave it out",
        )
    ]


def test_chains_of_additions_are_not_judged_where_the_chains_themselves_are_wrong() -> None:
    given = {**GOOD, "chainlink_chains": None, "chainlink_extra_config": "[[EVM]]\nChainID = '1'\n"}
    assert [variable for variable, _message in inputs.check(given, look).problems] == ["chainlink_chains"]


def test_a_network_outside_the_table() -> None:
    # As many explorers write it; the node takes nothing but the checksum's letters.
    link = "0x" + "ab" * 20
    given = {**GOOD, "chainlink_chains": [chain(network="Private-Net", chain_id=31337, link_contract_address=link)]}
    outcome = inputs.check(given, look)
    assert outcome.problems == []
    assert outcome.chains == [
        inputs.NormalisedChain("Private-Net", "31337", "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB")
    ]


def test_old_names_become_canonical() -> None:
    outcome = inputs.check({**GOOD, "chainlink_chains": [chain(network="Matic-Mainnet")]}, look)
    assert [found.network for found in outcome.chains] == ["Polygon-Mainnet"]


def test_a_1x_release_needs_no_http_url() -> None:
    release = {**GOOD["chainlink_release"], "tag": "1.12.0"}
    chains = [chain({**ENDPOINT, "http_url": None})]
    assert inputs.check({**GOOD, "chainlink_release": release, "chainlink_chains": chains}, look).problems == []
    assert inputs.check({**GOOD, "chainlink_chains": chains}, look).problems == [
        (
            "chainlink_chains",
            "Ethereum-Sepolia: rpc endpoint primary has no http_url; give one that begins with https://",
        )
    ]
