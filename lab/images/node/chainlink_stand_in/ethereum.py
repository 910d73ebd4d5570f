# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as Ethereum writes them: Keccak-256 and the EIP-55 checksum."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_RATE = 136


def _rotate(lane: int, count: int) -> int:
    count %= 64
    return ((lane << count) | (lane >> (64 - count))) & _MASK


def _permute(state: list[list[int]]) -> None:
    register = 1
    for _ in range(24):
        columns = [state[x][0] ^ state[x][1] ^ state[x][2] ^ state[x][3] ^ state[x][4] for x in range(5)]
        for x in range(5):
            mixed = columns[(x + 4) % 5] ^ _rotate(columns[(x + 1) % 5], 1)
            for y in range(5):
                state[x][y] ^= mixed
        x, y, lane = 1, 0, state[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, state[x][y] = state[x][y], _rotate(lane, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [state[x][y] for x in range(5)]
            for x in range(5):
                state[x][y] = row[x] ^ (~row[(x + 1) % 5] & _MASK & row[(x + 2) % 5])
        for bit in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
            if register & 2:
                state[0][0] ^= 1 << ((1 << bit) - 1)


def keccak256(message: bytes) -> bytes:
    """Keccak-256 with the original padding, which hashlib's SHA-3 does not have."""
    padded = bytearray(message + b"\x01" + b"\x00" * (-(len(message) + 1) % _RATE))
    padded[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), _RATE):
        for index in range(_RATE // 8):
            offset = start + 8 * index
            state[index % 5][index // 5] ^= int.from_bytes(padded[offset : offset + 8], "little")
        _permute(state)
    return b"".join(state[index % 5][index // 5].to_bytes(8, "little") for index in range(4))


def checksummed(address: bytes) -> str:
    """The EIP-55 form of a 20 byte address."""
    digits = address.hex()
    case = keccak256(digits.encode()).hex()
    return "0x" + "".join(d.upper() if int(c, 16) > 7 else d for d, c in zip(digits, case, strict=False))
