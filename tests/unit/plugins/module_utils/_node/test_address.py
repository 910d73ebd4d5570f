# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.nodeops.chainlink.plugins.module_utils._node import address
from ansible_collections.nodeops.chainlink.plugins.module_utils._node.network_table import NETWORKS

# The Keccak team's vectors of short messages, and one of more than a block.
TEST_KECCAK = [
    (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
]


@pytest.mark.parametrize(("message", "digest"), TEST_KECCAK)
def test_keccak(message: bytes, digest: str) -> None:
    assert address.keccak256(message).hex() == digest


@pytest.mark.parametrize("length", [0, 1, 134, 135, 136, 137, 271, 272, 273])
def test_each_length_has_a_digest_of_its_own(length: int) -> None:
    assert address.keccak256(b"\x00" * length) != address.keccak256(b"\x00" * (length + 1))


# From EIP-55 itself.
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    *(network.link_contract_address for network in NETWORKS),
]


@pytest.mark.parametrize("written", CHECKSUMMED)
def test_checksummed(written: str) -> None:
    for form in (written, written.lower(), "0x" + written[2:].upper()):
        assert address.checksummed(form) == written
        assert not address.is_mistyped(form)


@pytest.mark.parametrize("written", CHECKSUMMED[2:6])
def test_a_digit_or_a_letter_that_is_wrong(written: str) -> None:
    assert address.is_mistyped(written[:-1] + ("0" if written[-1] != "0" else "1"))
    assert address.is_mistyped(written.swapcase().replace("X", "x", 1))
