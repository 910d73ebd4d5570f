# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a node, as its own interface lists, exports and imports them (core/web/router.go)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

ETH = "eth"
VRF = "vrf"
#: Kinds that the interface exports and imports, in the order in which people look for them. Which of them a release has
#: differs, from 1.12 to 2.46; what it does not have it answers with 404.
EXPORTED = (
    ETH,
    "p2p",
    "csa",
    "ocr",
    "ocr2",
    VRF,
    "solana",
    "cosmos",
    "starknet",
    "aptos",
    "stellar",
    "sui",
    "ton",
    "tron",
    "terra",
    "dkgsign",
    "dkgencrypt",
)
#: Kinds that it only lists: a node has them in its key ring, which is in the database, and nowhere else.
ONLY_LISTED = ("workflow", "dkgrecipient")
KINDS = (*EXPORTED, *ONLY_LISTED)

#: What the node says of a key that is no part of it: it differs from node to node, and from hour to hour.
_PASSING = {
    "createdAt",
    "updatedAt",
    "deletedAt",
    "evmChainID",
    "disabled",
    "isFunding",
    "ethBalance",
    "linkBalance",
    "nextNonce",
    "maxGasPriceWei",
}


class KeysError(ValueError):
    """An answer of the node that is not what it answers officially; the message repeats nothing of it."""


@dataclass(frozen=True)
class Key:
    """One key, by what everybody may know of it."""

    kind: str
    identity: str
    #: The chains that a sending key is used on, by their ids; empty for other kinds.
    chains: tuple[str, ...] = ()
    public: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True)
class Exported:
    """A key with the document that the node exports it as, which a password encrypts."""

    key: Key
    document: Mapping[str, Any] = field(repr=False)


def list_path(kind: str) -> str:
    return f"/v2/keys/{kind}"


def export_path(key: Key) -> str:
    return f"/v2/keys/{key.kind}/export/{quote(key.identity, safe='')}"


def import_path(kind: str) -> str:
    return f"/v2/keys/{kind}/import"


def import_query(key: Key, password: str, chains: Sequence[str]) -> dict[str, str]:
    """The query with which a node that has some chains takes a key. A sending key needs one of them, its own if any."""
    query = {"oldpassword": password}
    if key.kind == ETH:
        query["evmChainID"] = next((chain for chain in key.chains if chain in chains), chains[0])
    return query


def read_list(kind: str, body: str) -> list[Key]:
    """The keys in a list of one kind; raises KeysError. A sending key stands there once for each of its chains."""
    found: dict[str, Key] = {}
    try:
        for resource in json.loads(body)["data"] or ():
            attributes = resource.get("attributes") or {}
            # From 2.10 on a sending key's id is "<chain id>/<address>" (core/web/presenters/eth_key.go).
            # Its export goes by the address alone, in every release.
            identity = attributes["address"] if kind == ETH else resource["id"]
            if not isinstance(identity, str) or not identity or not identity.isprintable():
                raise KeysError(f"the node lists a {kind} key without an id")
            before = found[identity].chains if identity in found else ()
            chain = (str(attributes["evmChainID"]),) if kind == ETH else ()
            public = {name: value for name, value in attributes.items() if name not in _PASSING}
            found[identity] = Key(kind, identity, before + tuple(c for c in chain if c not in before), public)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, KeysError):
            raise
        raise KeysError(f"the node's list of {kind} keys is no such list") from error
    return [found[identity] for identity in sorted(found)]


def read_export(key: Key, body: str) -> Exported:
    """The document in the answer to an export; raises KeysError."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    # A VRF key's is the only one that has it in a table (core/services/keystore/keys/vrfkey/export.go).
    encrypted = document.get("vrf_key") if key.kind == VRF and isinstance(document, dict) else document
    if not isinstance(encrypted, dict) or not isinstance(encrypted.get("crypto"), dict):
        raise KeysError(f"the node's export of {key.name} is no encrypted key")
    return Exported(key, document)


def exportable(found: Iterable[Key]) -> list[Key]:
    return [key for key in found if key.kind in EXPORTED]


def not_exportable(found: Iterable[Key]) -> list[Key]:
    return [key for key in found if key.kind not in EXPORTED]


def unproven(exported: Iterable[Exported], found: Iterable[Key]) -> list[str]:
    """What of an export another node, which has imported it, does not show as the first one did."""
    there = {(key.kind, key.identity): key for key in found}
    problems = []
    for one in exported:
        same = there.get((one.key.kind, one.key.identity))
        if same is None:
            problems.append(f"{one.key.name} is not there after its import")
        elif dict(same.public) != dict(one.key.public):
            differs = ", ".join(_differing(one.key.public, same.public))
            problems.append(f"{one.key.name} is another key after its import: {differs}")
    return problems


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {**one, **other} if one.get(name) != other.get(name))


def missing(exported: Iterable[Exported], now: Iterable[Key]) -> list[str]:
    """What the exporting node has now and the export has not: keys that were made meanwhile."""
    there = {(one.key.kind, one.key.identity) for one in exported}
    return [f"{key.name} is not in it" for key in exportable(now) if (key.kind, key.identity) not in there]
