# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom an escrow is for: a public key of age, checked to its last character (BIP 173), or the name of a KMS key."""

from __future__ import annotations

import re
from collections.abc import Iterable

PREFIX = "age"
SECRET_PREFIX = "age-secret-key-"
EXAMPLE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_CHARACTERS = 6
#: 32 bytes of an X25519 public key in groups of five bits.
_KEY_CHARACTERS = 52

_WRITE = f"write the public key that age-keygen prints, such as {EXAMPLE}"
_KMS_EXAMPLE = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_KMS_NAME = r"(key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)"
_KMS = re.compile(rf"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:{_KMS_NAME}|alias/[A-Za-z0-9/_-]+")


def is_kms(recipient: str) -> bool:
    """Whether a recipient is meant to be a KMS key."""
    return recipient.startswith(("arn:", "alias/"))


def problems(recipient: str) -> list[str]:
    """What is wrong with a recipient; empty when it can be encrypted to."""
    if is_kms(recipient):
        if _KMS.fullmatch(recipient):
            return []
        return [f"is no ARN of a KMS key or alias; write one such as {_KMS_EXAMPLE}, or alias/<name>"]
    return public_key_problems(recipient)


def public_key_problems(recipient: str) -> list[str]:
    """What is wrong with a public key of age; empty when it can be encrypted to."""
    if not recipient:
        return [f"is missing; {_WRITE}, or the ARN of a KMS key"]
    if recipient.upper().startswith(SECRET_PREFIX.upper()):
        return ["is a secret key, which nobody but the recipient may have; " + _WRITE]
    if re.match(r"age1[a-z0-9]+1", recipient):
        return [f"is a recipient of a plugin of age, which the node's host does not have; {_WRITE}"]
    if not recipient.startswith(f"{PREFIX}1"):
        return [f"is no public key of age; {_WRITE}"]
    return _key_problems(recipient[len(PREFIX) + 1 :])


def public_key(key: bytes) -> str:
    """The 32 bytes of an X25519 public key as age writes them."""
    return _encode(PREFIX, key)


def secret_key(key: bytes) -> str:
    """The 32 bytes of an X25519 private key as age writes them."""
    return _encode(SECRET_PREFIX, key).upper()


def _encode(prefix: str, data: bytes) -> str:
    values = list(_groups(data))
    checksum = _polymod([*_expanded(prefix), *values, *([0] * _CHECKSUM_CHARACTERS)]) ^ 1
    values += [checksum >> 5 * (_CHECKSUM_CHARACTERS - 1 - place) & 31 for place in range(_CHECKSUM_CHARACTERS)]
    return f"{prefix}1" + "".join(_ALPHABET[value] for value in values)


def _groups(data: bytes) -> Iterable[int]:
    """Bytes as groups of five bits, the last one filled up with zeros."""
    bits = "".join(f"{byte:08b}" for byte in data)
    return (int(bits[start : start + 5].ljust(5, "0"), 2) for start in range(0, len(bits), 5))


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
