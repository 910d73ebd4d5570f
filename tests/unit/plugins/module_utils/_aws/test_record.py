# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._aws import record
from ansible_collections.nodeops.chainlink.plugins.module_utils._release import image, version
from ansible_collections.nodeops.chainlink.tests.unit import samples

UNUSABLE = "the estate record is not usable: "
ANNOUNCE = "p2p.announce must be a list of addresses such as 198.51.100.7:6690"
P2P_PORT = "p2p.port must be a number from 1 to 65535"

TEST_PARSE_REFUSES: list[tuple[str, str]] = [
    ("{", "the estate record is not JSON; run the provisioning playbook again to write it"),
    ("[]", "the estate record is not a JSON object; run the provisioning playbook again to write it"),
    (
        samples.record_text(version=2),
        "the estate record has version 2 and this release of the collection reads version 1; run the provisioning "
        "playbook of this collection release to write it anew",
    ),
    (
        samples.record_text("latest"),
        UNUSABLE + "release: tag: 'latest' is no release: it moves, and does not work; write X.Y.Z, such as 2.46.0",
    ),
    (samples.record_text(estate="Oracle"), UNUSABLE + "estate is missing or not of the right form"),
    (samples.record_text(chains=[]), UNUSABLE + "chains must be a list of at least one chain"),
    (samples.record_text(chains=[1]), UNUSABLE + "chains[0] must be an object"),
    (
        samples.record_text(chains=[{"network": "X", "chain_id": 5}]),
        UNUSABLE + "chains[0].chain_id is missing or not of the right form",
    ),
    (samples.record_text(ui={"url": 1}), UNUSABLE + "ui.url must be a string or null"),
    (samples.record_text(p2p=[]), UNUSABLE + "p2p must be an object; " + ANNOUNCE + "; " + P2P_PORT),
    (samples.record_text(p2p={"port": 6690, "announce": []}), UNUSABLE + ANNOUNCE),
    (samples.record_text(p2p={"port": "6690", "announce": ["a:1"]}), UNUSABLE + ANNOUNCE + "; " + P2P_PORT),
    (
        samples.record_text(secrets={"api": "arn"}, region=None),
        UNUSABLE + "region is missing or not of the right form; secrets.database is missing or not of the right form; "
        "secrets.keystore is missing or not of the right form; secrets.rpc is missing or not of the right form",
    ),
    (
        samples.record_text(database={"host": "a/b?sslmode=disable", "port": "5432", "name": "x-y"}),
        UNUSABLE + "database.port must be a number from 1 to 65535; database.host is missing or not of the right form; "
        "database.name is missing or not of the right form",
    ),
]


@pytest.mark.parametrize(("text", "message"), TEST_PARSE_REFUSES)
def test_parse_refuses(text: str, message: str) -> None:
    with pytest.raises(record.RecordError) as caught:
        record.parse(text)
    assert str(caught.value) == message


def test_parse() -> None:
    text = samples.record_text(
        release={**samples.RECORD["release"], "digest": "sha256:" + "ab" * 32},
        database={**samples.RECORD["database"], "reader_host": "reader.test"},
        chains=[{"network": "Ethereum-Sepolia", "chain_id": "11155111", "link_contract_address": "0x1"}],
        ui={"url": "https://node.nodeops.test"},
        p2p={"port": 6690, "announce": ["203.0.113.7:6690", "203.0.113.8:6690"]},
    )
    assert record.parse(text) == record.EstateRecord(
        estate="oracle",
        region="eu-central-1",
        release=image.Release(
            "public.ecr.aws", "chainlink/chainlink", version.Version(2, 46, 0), "sha256:" + "ab" * 32
        ),
        database=record.DatabaseEndpoint(
            "oracle-database.cluster-abc.eu-central-1.rds.amazonaws.com", 5432, "chainlink", "reader.test"
        ),
        secrets=samples.RECORD["secrets"],
        chains=(record.RecordedChain("Ethereum-Sepolia", "11155111", "0x1"),),
        log_group="/oracle/node",
        ui_url="https://node.nodeops.test",
        p2p=record.PeerToPeer(6690, ("203.0.113.7:6690", "203.0.113.8:6690")),
    )


def test_what_may_be_absent() -> None:
    parsed = record.parse(samples.record_text(ui=None))
    assert parsed.p2p is None
    assert (parsed.ui_url, parsed.release.digest, parsed.database.reader_host) == (None, None, None)
    assert parsed.chains[0].link_contract_address is None


def test_parameter_name() -> None:
    assert record.parameter_name("oracle") == "/nodeops/oracle/record"
