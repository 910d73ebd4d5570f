# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of contracts in the only form that a 2.x node takes: with the checksum of EIP-55 in their letters' case.

The node compares with that form (core/services/keystore/keys/ethkey/address.go). The checksum is of Keccak-256, which
differs from SHA-3 in its padding, so Python's hashlib has none.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Bytes of a message that each permutation takes in.
_RATE = 136
_LANE = (1 << 64) - 1


def checksummed(address: str) -> str:
    """An address, 0x and 40 hexadecimal digits in any case, with its checksum."""
    digits = address[2:].lower()
    case = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join(digit.upper() if nibble > "7" else digit for digit, nibble in zip(digits, case, strict=False))


def is_mistyped(address: str) -> bool:
    """Whether an address has a checksum, which is to say letters of both cases, and a wrong one."""
    digits = address[2:]
    return digits not in (digits.lower(), digits.upper()) and address != checksummed(address)


def keccak256(message: bytes) -> bytes:
    """Keccak-256 of a message, 32 bytes."""
    padding = bytearray(_RATE - len(message) % _RATE)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    padded = message + padding
    # Lane x, y of the standard is lane x + 5 y.
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        block = padded[start : start + _RATE]
        for index in range(_RATE // 8):
            lanes[index] ^= int.from_bytes(block[8 * index : 8 * index + 8], "little")
        for constant in _round_constants():
            lanes = _round(lanes, constant)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _round(lanes: list[int], constant: int) -> list[int]:
    """One of the 24 rounds of Keccak-f[1600]: theta, rho and pi, chi, iota (FIPS 202, section 3.2)."""
    columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
    mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
    moved = [0] * 25
    moved[0] = lanes[0] ^ mixed[0]
    x, y = 1, 0
    for step in range(24):
        lane = lanes[x + 5 * y] ^ mixed[x]
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = _rotated(lane, (step + 1) * (step + 2) // 2)
    done = [moved[i] ^ (~moved[i // 5 * 5 + (i + 1) % 5] & moved[i // 5 * 5 + (i + 2) % 5] & _LANE) for i in range(25)]
    done[0] ^= constant
    return done


def _rotated(lane: int, count: int) -> int:
    count %= 64
    return (lane << count | lane >> (64 - count)) & _LANE


def _round_constants() -> Iterator[int]:
    register = 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (register & 1) << ((1 << bit) - 1)
            register = register << 1 ^ (register >> 7) * 0x171
        yield constant
