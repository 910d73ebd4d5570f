# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The encrypted key ring: one row, opened with the keystore password through scrypt.

As in the official table the row says how it was encrypted. The stand-in's cipher is an HMAC-SHA-256 key stream
(the standard library has no AES) and its scrypt cost an eighth of the official one, so that hosts start quickly.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Sequence
from typing import Any

from . import ethereum, key_kinds
from .database import Database
from .errors import CommandError
from .logs import Logger
from .passwords import complexity_error
from .versions import Behaviour

_COST, _BLOCK, _PARALLEL = 1 << 15, 8, 1


class KeyRingError(Exception):
    """What the node says of a key that it cannot give or take."""


def _derive(password: str, parameters: dict[str, Any]) -> bytes:
    cost, block, parallel = parameters["n"], parameters["r"], parameters["p"]
    return hashlib.scrypt(
        password.encode("utf-8", "surrogateescape"),
        salt=bytes.fromhex(parameters["salt"]),
        n=cost,
        r=block,
        p=parallel,
        dklen=64,
        maxmem=256 * cost * block,
    )


def _stream(key: bytes, nonce: bytes, length: int) -> bytes:
    blocks = (hmac.digest(key, nonce + counter.to_bytes(8, "big"), "sha256") for counter in range((length + 31) // 32))
    return b"".join(blocks)[:length]


def encrypt(ring: dict[str, Any], password: str) -> dict[str, Any]:
    """The JSON of ``encrypted_key_rings.encrypted_keys``."""
    parameters = {"n": _COST, "r": _BLOCK, "p": _PARALLEL, "dklen": 64, "salt": secrets.token_hex(32)}
    key = _derive(password, parameters)
    nonce = secrets.token_bytes(16)
    plain = json.dumps(ring).encode()
    cipher_text = bytes(a ^ b for a, b in zip(plain, _stream(key[:32], nonce, len(plain)), strict=True))
    return {
        "cipher": "stand-in-hmac-sha256-stream",
        "ciphertext": cipher_text.hex(),
        "cipherparams": {"iv": nonce.hex()},
        "kdf": "scrypt",
        "kdfparams": parameters,
        "mac": hmac.digest(key[32:], nonce + cipher_text, "sha256").hex(),
    }


def decrypt(row: dict[str, Any], password: str) -> dict[str, Any]:
    """The ring inside ``row``. Raises CommandError for a wrong password."""
    key = _derive(password, row["kdfparams"])
    nonce, cipher_text = bytes.fromhex(row["cipherparams"]["iv"]), bytes.fromhex(row["ciphertext"])
    if not hmac.compare_digest(hmac.digest(key[32:], nonce + cipher_text, "sha256").hex(), row["mac"]):
        raise CommandError(
            "error authenticating keystore: unable to decrypt encrypted key ring: "
            "could not decrypt key with given password"
        )
    plain = bytes(a ^ b for a, b in zip(cipher_text, _stream(key[:32], nonce, len(cipher_text)), strict=True))
    ring: dict[str, Any] = json.loads(plain)
    return ring


class KeyStore:
    """The unlocked keys of one database."""

    def __init__(self, database: Database, behaviour: Behaviour, log: Logger) -> None:
        self._database = database
        self._version = behaviour.version
        self._states = "evm.key_states" if behaviour.toml_only else "eth_key_states"
        self._log = log.named("KeyStore")
        self._password = ""
        # Requests come in beside each other.
        self._lock = threading.Lock()
        self._ring: dict[str, Any] = {}

    def unlock(self, password: str) -> None:
        """Open the ring, or make an empty one with a password that is good enough. Raises CommandError."""
        with self._database.transaction() as cursor:
            cursor.execute("SELECT encrypted_keys FROM encrypted_key_rings LIMIT 1")
            row = cursor.fetchone()
        if not password:
            raise CommandError("error authenticating keystore: no password provided")
        if row is None:
            error = complexity_error(password)
            if error:
                raise CommandError(f"error authenticating keystore: {error}")
            self._ring = {}
        else:
            self._ring = decrypt(row[0], password)
        # A ring of an older release lacks the kinds that came later.
        self._ring = {**{kind.ring: {} for kind in key_kinds.KINDS}, **self._ring}
        self._password = password

    def ensure(self, chain_ids: tuple[str, ...]) -> None:
        """Make the node's CSA key, its workflow key and a sending key for each chain that has none.

        Saves only what is new.
        """
        created = []
        changed = False
        for chain_id in chain_ids:
            if self._has_key(chain_id):
                continue
            key = key_kinds.ETH.new()
            created.append((self._put(key_kinds.ETH, key), chain_id))
            self._log.info(f"Created EVM key with ID {created[-1][0]}", address=created[-1][0], evmChainID=chain_id)
        for kind in key_kinds.KINDS:
            if kind.ensured and kind.known_to(self._version) and not self._ring[kind.ring]:
                self._log.info(f"Created {kind.ring} key with ID {self._put(kind, kind.new())}")
                changed = True
        if created or changed:
            self._save(created)

    def _put(self, kind: key_kinds.Kind, key: str) -> str:
        identity = kind.identity(key)
        self._ring[kind.ring][identity] = key
        return identity

    def _save(self, states: Sequence[tuple[str, str]] = ()) -> None:
        """Store the ring, and addresses with the chain that each sends to."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM encrypted_key_rings")
            cursor.execute(
                "INSERT INTO encrypted_key_rings (encrypted_keys, updated_at) VALUES (%s, NOW())",
                (json.dumps(encrypt(self._ring, self._password)),),
            )
            for address, chain_id in states:
                cursor.execute(
                    f"INSERT INTO {self._states} (address, evm_chain_id, created_at, updated_at)"
                    " VALUES (%s, %s, NOW(), NOW())",
                    (bytes.fromhex(address[2:]), chain_id),
                )

    def all(self, kind: key_kinds.Kind) -> list[dict[str, str]]:
        """The public parts of the keys of a kind, as the node lists them."""
        return [kind.public(identity, key) for identity, key in sorted(self._ring[kind.ring].items())]

    def add(self, kind: key_kinds.Kind, key: str, chain_id: str | None = None) -> str:
        """Keep a key, its id. Raises KeyRingError where it is there already."""
        with self._lock:
            identity = kind.identity(key)
            if identity in self._ring[kind.ring]:
                raise KeyRingError(f"key with ID {identity} already exists")
            self._put(kind, key)
            self._save([] if chain_id is None else [(identity, chain_id)])
            return identity

    def export(self, kind: key_kinds.Kind, identity: str, password: str) -> dict[str, Any]:
        """The document that holds one key, encrypted with a password. Raises KeyRingError."""
        key = self._ring[kind.ring].get(identity)
        if key is None:
            raise KeyRingError(f"unable to find {kind.ring} key with id {identity}")
        return kind.document(identity, key, encrypt({"key": key}, kind.prefix + password))

    def read(self, kind: key_kinds.Kind, document: dict[str, Any], password: str) -> str:
        """The key in an exported document. Raises KeyRingError."""
        crypto = kind.crypto(document)
        try:
            if crypto is None:
                raise KeyRingError(f"{kind.ring}KeyStore#ImportKey failed to decrypt key: invalid key JSON")
            return str(decrypt(crypto, kind.prefix + password)["key"])
        except (CommandError, KeyError, ValueError) as error:
            raise KeyRingError(
                f"{kind.ring}KeyStore#ImportKey failed to decrypt key: could not decrypt key with given password"
            ) from error

    def _has_key(self, chain_id: str) -> bool:
        with self._database.transaction() as cursor:
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {self._states} WHERE evm_chain_id = %s)",
                (chain_id,),
            )
            return bool(cursor.fetchone()[0])

    def addresses(self, chain_id: str) -> list[str]:
        """The sending addresses of a chain."""
        return [key["address"] for key in self.eth_keys() if key["evmChainID"] == chain_id]

    def eth_keys(self) -> list[dict[str, Any]]:
        """The sending keys: address, chain and state, never the key."""
        with self._database.transaction() as cursor:
            cursor.execute(
                f"SELECT address, evm_chain_id::text, disabled, created_at, updated_at FROM {self._states} ORDER BY id"
            )
            rows = cursor.fetchall()
        return [
            {
                "address": ethereum.checksummed(bytes(address)),
                "evmChainID": chain_id,
                "disabled": disabled,
                "createdAt": created.isoformat(),
                "updatedAt": updated.isoformat(),
            }
            for address, chain_id, disabled, created, updated in rows
        ]
