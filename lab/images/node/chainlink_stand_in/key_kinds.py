# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of keys that a ring holds, and how the node shows, exports and imports each.

Every key is 32 random bytes here, and its public parts are hashes of it, so nothing that the node shows of a key can be
made without the key itself, and no funds can ever be sent from an address: it hashes the key, not its curve point. The
names are the official ones (core/web/presenters, core/services/keystore/keys).
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from .ethereum import checksummed, keccak256
from .versions import Version


def _hash(key: str, use: str) -> str:
    return hashlib.sha256(use.encode() + bytes.fromhex(key)).hexdigest()


@dataclass(frozen=True)
class Kind:
    """One kind: where its keys are in the ring, under which path, and what the resource is called."""

    ring: str
    path: str
    resource: str
    #: What the node puts before the password of an export (its adulteratedPassword).
    prefix: str = ""
    #: Whether the node makes one when it has none.
    ensured: bool = False
    #: Whether the API exports and imports it, or only lists it.
    exported: bool = True
    since: str = "1.12.0"
    until: str = "99.0.0"

    def known_to(self, version: Version) -> bool:
        return Version.parse(self.since) <= version < Version.parse(self.until)

    def new(self) -> str:
        return secrets.token_hex(32)

    def identity(self, key: str) -> str:
        """The id by which the API knows a key."""
        if self.ring == "Eth":
            return checksummed(keccak256(bytes.fromhex(key))[12:])
        return _hash(key, "")

    def public(self, identity: str, key: str) -> dict[str, str]:
        """The attributes of the resource."""
        if self.ring == "P2P":
            return {"id": identity, "peerId": f"p2p_{identity}", "publicKey": _hash(key, "public")}
        if self.ring == "OCR":
            return {
                "id": identity,
                "onChainSigningAddress": f"ocrsad_0x{_hash(key, 'signing')[:40]}",
                "offChainPublicKey": f"ocroff_{_hash(key, 'off-chain')}",
                "configPublicKey": f"ocrcfg_{_hash(key, 'configuration')}",
            }
        if self.ring == "OCR2":
            return {
                "id": identity,
                "chainType": "evm",
                "onchainPublicKey": f"ocr2on_evm_{_hash(key, 'signing')[:40]}",
                "offchainPublicKey": f"ocr2off_evm_{_hash(key, 'off-chain')}",
                "configPublicKey": f"ocr2cfg_evm_{_hash(key, 'configuration')}",
            }
        if self.ring == "VRF":
            return {"id": identity, "compressed": identity, "hash": "0x" + _hash(key, "hash")}
        if self.ring == "CSA":
            return {"id": identity, "publicKey": f"csa_{identity}"}
        return {"id": identity, "publicKey": identity}

    def document(self, identity: str, key: str, crypto: dict[str, Any]) -> dict[str, Any]:
        """What an export answers."""
        if self.ring == "Eth":
            return {"address": identity[2:].lower(), "crypto": crypto, "id": str(uuid.uuid4()), "version": 3}
        if self.ring == "VRF":
            address = _hash(key, "address")[:40]
            return {"PublicKey": identity, "vrf_key": {"address": address, "crypto": crypto, "version": 3}}
        public = {name: value for name, value in self.public(identity, key).items() if name != "id"}
        return {"keyType": self.ring, **({"id": identity} if "OCR" in self.ring else {}), **public, "crypto": crypto}

    def crypto(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """What an exported document has encrypted; None where it is not of this kind."""
        if self._foreign(document):
            return None
        crypto = (document["vrf_key"] if self.ring == "VRF" else document).get("crypto")
        return crypto if isinstance(crypto, dict) else None

    def _foreign(self, document: dict[str, Any]) -> bool:
        if self.ring == "VRF":
            return not isinstance(document.get("vrf_key"), dict)
        if self.ring == "Eth":
            return not isinstance(document.get("address"), str)
        return document.get("keyType") != self.ring


ETH = Kind("Eth", "eth", "eTHKeys")
KINDS = (
    Kind("CSA", "csa", "csaKeys", prefix="csakey", ensured=True),
    ETH,
    Kind("P2P", "p2p", "encryptedP2PKeys", prefix="p2pkey"),
    Kind("OCR", "ocr", "keyV2s", prefix="ocrkey"),
    Kind("OCR2", "ocr2", "keyV2s", prefix="ocr2key"),
    Kind("VRF", "vrf", "encryptedVRFKeys", prefix="don't mix VRF and Ethereum keys!"),
    Kind("Solana", "solana", "encryptedSolanaKeys", prefix="solkey"),
    Kind("Terra", "terra", "encryptedTerraKeys", prefix="terrakey", until="1.13.0"),
    Kind("DKGSign", "dkgsign", "encryptedDKGSignKeys", prefix="dkgsign", until="2.11.0"),  # inferred
    Kind("Aptos", "aptos", "encryptedAptosKeys", prefix="aptoskey", since="2.16.0"),  # inferred
    Kind("Workflow", "workflow", "workflowKeys", ensured=True, exported=False, since="2.19.0"),  # inferred
)


def by_path(path: str, version: Version) -> Kind | None:
    """The kind that a release has under a path."""
    wanted = "eth" if path == "evm" else path
    return next((kind for kind in KINDS if kind.path == wanted and kind.known_to(version)), None)
