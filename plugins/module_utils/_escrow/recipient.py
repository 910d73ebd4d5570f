# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom an escrow is for: the public key of an age identity, checked to its last character (BIP 173)."""

from __future__ import annotations

import re

PREFIX = "age"
EXAMPLE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_CHARACTERS = 6
#: 32 bytes of an X25519 public key in groups of five bits.
_KEY_CHARACTERS = 52

_WRITE = f"write the public key that age-keygen prints, such as {EXAMPLE}"


def problems(recipient: str) -> list[str]:
    """What is wrong with a recipient; empty when it can be encrypted to."""
    if not recipient:
        return [f"is missing; {_WRITE}"]
    if recipient.upper().startswith("AGE-SECRET-KEY-"):
        return ["is a secret key, which nobody but the recipient may have; " + _WRITE]
    if recipient.startswith(("arn:", "alias/")):
        return [
            "names a key of KMS, and an export is encrypted where the node runs, which may not use keys of yours; "
            f"{_WRITE}, and keep its secret key encrypted with KMS"
        ]
    if re.match(r"age1[a-z0-9]+1", recipient):
        return [f"is a recipient of a plugin of age, which the node's host does not have; {_WRITE}"]
    if not recipient.startswith(f"{PREFIX}1"):
        return [f"is no public key of age; {_WRITE}"]
    return _key_problems(recipient[len(PREFIX) + 1 :])


def _key_problems(text: str) -> list[str]:
    if len(text) != _KEY_CHARACTERS + _CHECKSUM_CHARACTERS:
        expected = len(PREFIX) + 1 + _KEY_CHARACTERS + _CHECKSUM_CHARACTERS
        return [f"has {len(PREFIX) + 1 + len(text)} characters, and a public key of age has {expected}; copy it whole"]
    values = [_ALPHABET.find(character) for character in text]
    if -1 in values:
        return [f"has the character {text[values.index(-1)]!r}, which no public key of age has; copy it anew"]
    # 52 groups of five bits are four bits more than 32 bytes.
    if _polymod([*_expanded(PREFIX), *values]) != 1 or values[_KEY_CHARACTERS - 1] & 0b1111:
        return ["does not fit its own checksum: a character of it is wrong; copy it anew"]
    return []


def _expanded(prefix: str) -> list[int]:
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= generator
    return checksum
