# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance metadata: the documents that the reconciler writes, and the server that answers from them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from nodeops_lab.reconciler.metadata import document, hardware_address
from nodeops_lab.settings import LAB_DIRECTORY, LabSettings

from .samples import BASTION, NODE, REGION

CREDENTIALS = ("estate-bastion", '{"AccessKeyId": "ASIA"}')


def load_server() -> ModuleType:
    """Import the server from its image's directory."""
    path = LAB_DIRECTORY / "images" / "gateway" / "metadata_server.py"
    specification = importlib.util.spec_from_file_location("lab_metadata_server", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


server = load_server()


def bastion_document() -> dict[str, Any]:
    """Return the document of the sample bastion."""
    return document(BASTION, REGION, LabSettings(), "ssh-ed25519 AAAA operator", "#!/bin/sh\n", CREDENTIALS)


TEST_LOOK_UP: list[tuple[str, str | None]] = [
    ("", "dynamic/\nmeta-data/\nuser-data"),
    ("meta-data/instance-id", "i-bastion"),
    ("meta-data/local-hostname", "ip-10-42-0-4.ec2.internal"),
    ("meta-data/public-ipv4", "198.19.80.4"),
    ("meta-data/placement/", "availability-zone\nregion"),
    ("meta-data/iam", "info\nsecurity-credentials/"),
    ("meta-data/iam/security-credentials/", "estate-bastion"),
    ("meta-data/iam/security-credentials/estate-bastion", '{"AccessKeyId": "ASIA"}'),
    ("meta-data/public-keys/", "0=estate"),
    ("meta-data/public-keys/0/", "openssh-key"),
    ("meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA operator"),
    ("meta-data/tags/instance", "Name\nnodeops:role"),
    ("meta-data/tags/instance/nodeops:role", "bastion"),
    ("meta-data/network/interfaces/macs/", "02:42:0a:2a:00:04/"),
    ("meta-data/network/interfaces/macs/02:42:0a:2a:00:04/subnet-ipv4-cidr-block", "10.42.0.0/20"),
    ("user-data", "#!/bin/sh\n"),
    ("meta-data/nothing", None),
    ("meta-data/tags/instance/Nam", None),
]


@pytest.mark.parametrize(("path", "value"), TEST_LOOK_UP)
def test_look_up(path: str, value: str | None) -> None:
    assert server.look_up(bastion_document()["tree"], path) == value


def test_every_listed_name_leads_somewhere() -> None:
    tree = bastion_document()["tree"]

    def walk(path: str) -> int:
        listing = server.look_up(tree, path)
        assert listing is not None, path
        if path and not path.endswith("/"):
            return 1
        # A key is listed as "0=name" and read at "0/".
        names = [name.partition("=")[0] + "/" if "=" in name else name for name in listing.splitlines()]
        return sum(walk(path + name) for name in names)

    assert walk("") == len([key for key in tree if not key.endswith("/")])


def test_an_instance_without_role_key_tags_and_user_data() -> None:
    tree = document(NODE, REGION, LabSettings(), None, "", None)["tree"]
    absent = ("meta-data/iam", "meta-data/public-keys", "meta-data/tags", "meta-data/public-ipv4", "user-data")
    assert [path for path in absent if server.look_up(tree, path) is not None] == []


def test_hardware_address_is_the_engines() -> None:
    assert hardware_address("10.42.0.4") == "02:42:0a:2a:00:04"


def instance_of(content: dict[str, Any], directory: Path) -> Any:
    """Return the instance as the server reads it."""
    (directory / "10.42.0.4.json").write_text(json.dumps(content))
    return server.read_instance(directory, "10.42.0.4")


def test_options_reach_the_server(tmp_path: Path) -> None:
    bastion = instance_of(bastion_document(), tmp_path)
    assert (bastion.tokens_required, bastion.hop_limit, bastion.endpoint_enabled) == (True, 1, True)
    node = instance_of(document(NODE, REGION, LabSettings(), None, "", None), tmp_path)
    assert (node.tokens_required, node.hop_limit, node.endpoint_enabled) == (False, 2, True)
    assert server.read_instance(tmp_path, "10.42.9.9") is None


def test_user_data_that_is_no_text_survives(tmp_path: Path) -> None:
    compressed = b"\x1f\x8b\x08\x00\xff"
    content = document(NODE, REGION, LabSettings(), None, compressed.decode(errors="surrogateescape"), None)
    assert instance_of(content, tmp_path).tree["user-data"].encode(errors="surrogateescape") == compressed


TEST_TOKEN_REQUEST: list[tuple[dict[str, str], int]] = [
    ({"x-aws-ec2-metadata-token-ttl-seconds": "60"}, 200),
    ({"x-aws-ec2-metadata-token-ttl-seconds": "60", "x-forwarded-for": "10.0.0.1"}, 403),
    ({}, 400),
    ({"x-aws-ec2-metadata-token-ttl-seconds": "0"}, 400),
    ({"x-aws-ec2-metadata-token-ttl-seconds": "21601"}, 400),
    ({"x-aws-ec2-metadata-token-ttl-seconds": "soon"}, 400),
]


@pytest.mark.parametrize(("headers", "status"), TEST_TOKEN_REQUEST)
def test_token_request(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    answer = server.answer_token_request(instance_of(bastion_document(), tmp_path), server.Tokens(), headers)
    assert answer.status == status
    assert bool(answer.body) == (status == 200)


def test_a_token_opens_the_tree_for_its_own_instance_only(tmp_path: Path) -> None:
    bastion, tokens = instance_of(bastion_document(), tmp_path), server.Tokens()
    own = {"x-aws-ec2-metadata-token": tokens.issue("i-bastion", 60)}
    strange = {"x-aws-ec2-metadata-token": tokens.issue("i-node", 60)}
    path = "/latest/meta-data/instance-id"
    assert server.answer_request(bastion, tokens, path, own) == server.Answer(200, "i-bastion")
    assert server.answer_request(bastion, tokens, path, strange).status == 401
    assert server.answer_request(bastion, tokens, path, {}).status == 401
    assert server.answer_request(bastion, tokens, "/latest/meta-data/nothing", own).status == 404
    assert server.answer_request(bastion, tokens, "/2030-01-01/meta-data/instance-id", own).status == 404
    assert "latest" in server.answer_request(bastion, tokens, "/", own).body


def test_a_token_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bastion, tokens = instance_of(bastion_document(), tmp_path), server.Tokens()
    now = 1000.0
    monkeypatch.setattr(server.time, "monotonic", lambda: now)
    headers = {"x-aws-ec2-metadata-token": tokens.issue("i-bastion", 60)}
    now = 1059.0
    assert server.answer_request(bastion, tokens, "/latest/user-data", headers).status == 200
    now = 1061.0
    assert server.answer_request(bastion, tokens, "/latest/user-data", headers).status == 401


def test_version_1_answers_where_tokens_are_optional(tmp_path: Path) -> None:
    node = instance_of(document(NODE, REGION, LabSettings(), None, "", None), tmp_path)
    answer = server.answer_request(node, server.Tokens(), "/latest/meta-data/instance-id", {})
    assert answer == server.Answer(200, "i-node")
    wrong = {"x-aws-ec2-metadata-token": "guessed"}
    assert server.answer_request(node, server.Tokens(), "/latest/meta-data/instance-id", wrong).status == 401
