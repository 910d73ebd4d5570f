# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator adds to the node's configuration: checked, and merged with what the collection renders.

The additions travel as data, not as text, so nothing of them can end a table or a string of ours. The node matches
keys without regard to upper and lower case (pelletier/go-toml, v2), so that is how they are compared here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: The key of the additions in the secret of the RPC endpoints; no chain id is a word.
SECRET_KEY = "extra_config"

NOT_FOR_1X = "is TOML, and a 1.x release is configured by environment variables; leave it out"

CHAINS = "EVM"
CHAIN_ID = "ChainID"

_LONGEST_INTEGER = 2**63
_DEEPEST = 12

_LOGS = "logs go to CloudWatch Logs as JSON from the console, and there alone"
_PORT = "the container, its firewall and its health checks know the node by it"
_INTERFACE = "it follows from how the user interface is reached"
_SECRET = "it belongs in secrets.toml, which holds what AWS Secrets Manager has for the node and nothing else"
_PAIR = "both nodes of the estate and its operations rely on it"
_P2P = "it follows from how other nodes reach this one"

#: Keys that the collection keeps to itself, and why; a key stands for all below it.
OWNED: dict[tuple[str, ...], str] = {
    ("RootDir",): "the container has this one directory that can be written",
    ("Insecure",): "the official images refuse it",
    ("Log", "JSONConsole"): _LOGS,
    ("Log", "File"): _LOGS,
    ("WebServer", "HTTPPort"): _PORT,
    ("WebServer", "ListenIP"): _PORT,
    ("WebServer", "TLS"): _PORT,
    ("WebServer", "AllowOrigins"): _INTERFACE,
    ("WebServer", "SecureCookies"): _INTERFACE,
    ("WebServer", "AuthenticationMethod"): "other methods than local need credentials in secrets.toml",
    ("WebServer", "LDAP"): _SECRET,
    ("WebServer", "OIDC"): _SECRET,
    ("Database", "URL"): _SECRET,
    ("Database", "BackupURL"): _SECRET,
    ("Database", "AllowSimplePasswords"): _SECRET,
    ("Database", "MaxOpenConns"): "two nodes must fit into the database's connections",
    ("Database", "MigrateOnStartup"): _PAIR,
    ("Database", "Lock"): _PAIR,
    ("Database", "Backup"): "snapshots of the cluster are the backup; pg_dump would stop an upgrade",
    ("P2P", "V2", "Enabled"): _P2P,
    ("P2P", "V2", "ListenAddresses"): _P2P,
    ("P2P", "V2", "AnnounceAddresses"): _P2P,
    ("Password",): _SECRET,
    ("Explorer",): _SECRET,
    ("Prometheus", "AuthToken"): _SECRET,
    ("Pyroscope", "AuthToken"): _SECRET,
    ("Mercury", "Credentials"): _SECRET,
    ("Threshold",): _SECRET,
    ("P2PKey",): _SECRET,
    ("DKGRecipientKey",): _SECRET,
    (CHAINS, "Enabled"): "remove the chain from chainlink_chains instead",
    (CHAINS, "LinkContractAddress"): "it stands in chainlink_chains, as link_contract_address",
    (CHAINS, "Nodes"): "they stand in chainlink_chains, as rpc",
    (CHAINS, "Keys"): _SECRET,
    ("Solana", "Keys"): _SECRET,
}
#: Below info the node logs its whole configuration when it starts, RPC URLs with their keys included.
_TALKATIVE = ("debug", "trace")
_LEVEL = ("Log", "Level")


def fold(key: str) -> str:
    """A key as it is compared."""
    return key.casefold()


_OWNED = {tuple(map(fold, path)): reason for path, reason in OWNED.items()}
#: Chains are lists of tables; whatever else holds one of these keys is a table.
_LISTS = {(fold(CHAINS),), (fold("Solana"),)}
_TABLES = {path[:length] for path in _OWNED for length in range(1, len(path))} - _LISTS


def problems(document: object, chain_ids: Sequence[str] | None) -> list[str]:
    """Everything that is wrong with additions for a node of these chains, each with its full key; never a value.

    Without chain_ids, additions may be for any chain: :func:`merge` leaves those of others alone.
    """
    if not isinstance(document, Mapping):
        return ["is not a table of keys"]
    found = list(_shape(document, (), 1))
    return found or [*_ownership(document, ()), *_chains(document, chain_ids)]


def owner_of(path: Sequence[str]) -> str | None:
    """Why the collection keeps a key to itself, or a table above it; None where it does not."""
    folded = tuple(map(fold, path))
    return next((_OWNED[folded[:n]] for n in range(1, len(folded) + 1) if folded[:n] in _OWNED), None)


def merge(rendered: Mapping[str, Any], additions: Mapping[str, Any]) -> dict[str, Any]:
    """Additions, which have no problem, laid over a rendered configuration.

    Tables are merged, chains by their chain id; any other value takes the place of the rendered one.
    """
    merged = dict(rendered)
    spelling = {fold(key): key for key in rendered}
    for given, value in additions.items():
        key = spelling.get(fold(given), given)
        present = merged.get(key)
        if key == CHAINS and isinstance(present, list):
            merged[key] = _merge_chains(present, value)
        elif isinstance(present, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(present, value)
        else:
            merged[key] = value
    return merged


def texts(document: object) -> Iterator[str]:
    """Every text among the values; any of them may be a secret."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from texts(value)


def _merge_chains(rendered: list[Mapping[str, Any]], additions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    by_id = {_chain_id(addition): addition for addition in additions}
    # Its own spelling and type of the chain id would come first.
    return [{**merge(chain, by_id.get(chain[CHAIN_ID], {})), CHAIN_ID: chain[CHAIN_ID]} for chain in rendered]


def _chain_id(addition: Mapping[str, Any]) -> str | None:
    value = next((value for key, value in addition.items() if fold(key) == fold(CHAIN_ID)), None)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)


def _shape(value: object, path: tuple[str, ...], depth: int) -> Iterator[str]:
    """What cannot be written as TOML for the node, or is ambiguous to it."""
    name = name_of(path)
    if depth > _DEEPEST:
        yield f"{name} is nested too deeply"
    elif isinstance(value, Mapping):
        seen: dict[str, str] = {}
        for key, item in value.items():
            if not isinstance(key, str) or not _is_text(key):
                yield f"{name or 'it'} has a key that is no text"
                continue
            if fold(key) in seen:
                yield f"{name_of((*path, key))} is {seen[fold(key)]} to the node, which stands there too; write one"
            seen[fold(key)] = key
            yield from _shape(item, (*path, key), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _shape(item, path, depth + 1)
    elif isinstance(value, str):
        if not _is_text(value):
            yield f"{name} is not valid Unicode text"
    elif isinstance(value, int):
        if not -_LONGEST_INTEGER <= value < _LONGEST_INTEGER:
            yield f"{name} is a number beyond 64 bits; write it as text where the node takes text"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield f"{name} is not a finite number"
    else:
        yield f"{name} is a date, a time or of another type that the node has no use for"


def _ownership(value: object, path: tuple[str, ...]) -> Iterator[str]:
    """The keys that the collection keeps to itself, to their last part."""
    folded = tuple(map(fold, path))
    owner = owner_of(path)
    if folded in _TABLES and not isinstance(value, Mapping):
        yield f"{name_of(path)} must be a table"
    elif isinstance(value, Mapping) and (value or not owner):
        for key, item in value.items():
            yield from _ownership(item, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _ownership(item, path)
    elif owner:
        yield f"{name_of(path)} cannot be set here: {owner}"
    elif folded == tuple(map(fold, _LEVEL)) and isinstance(value, str) and fold(value) in _TALKATIVE:
        yield f"{name_of(path)} cannot be below info: the node would log its configuration, RPC URLs included"


def _chains(document: Mapping[str, Any], chain_ids: Sequence[str] | None) -> Iterator[str]:
    """What is wrong with which chains the additions are for."""
    chains: Any = next((value for key, value in document.items() if fold(key) == fold(CHAINS)), [])
    if not isinstance(chains, list) or not all(isinstance(chain, Mapping) for chain in chains):
        yield f"{CHAINS} must be written as [[{CHAINS}]], once for each chain, with the chain's {CHAIN_ID}"
        return
    seen: set[str] = set()
    for chain in chains:
        chain_id = _chain_id(chain)
        if chain_id is None:
            yield f'{CHAINS}.{CHAIN_ID} is missing in a [[{CHAINS}]]; write the id of the chain, as in "11155111"'
        elif chain_id in seen:
            yield f"{CHAINS}.{CHAIN_ID} {chain_id} stands there more than once; write one [[{CHAINS}]] for each chain"
        elif chain_ids is not None and chain_id not in chain_ids:
            yield f"{CHAINS}.{CHAIN_ID} {chain_id[:80]!r} is no chain of chainlink_chains ({', '.join(chain_ids)})"
        seen.add(chain_id or "")


def name_of(path: tuple[str, ...]) -> str:
    """The full key as TOML writes it, safe to show."""
    return ".".join(key if key.isprintable() and "." not in key else ascii(key) for key in path)


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
