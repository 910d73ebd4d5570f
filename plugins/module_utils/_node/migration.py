# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a 1.x node runs with, beside what a 2.x release would be given: what gets lost on the way is told.

A 1.x node says its settings as TOML, those of its environment and those that somebody has put into its database by hand
(core/services/chainlink/config_dump.go at 1.13). The second kind is why it is asked: a 2.x node reads its files alone.
What the files have and the dump has not is the collection's business, and told nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .._release.version import Version
from . import extra
from .render import ROOT_DIRECTORY

NODES = "Nodes"
#: What a table about one of the node's keys is known by (EVM.KeySpecific).
KEY = "Key"
HIDDEN = "(hidden)"

#: What a 2.x node takes for a key that its file does not have (core/config/docs/core.toml and chains-evm.toml).
DEFAULTS: dict[tuple[str, ...], Any] = {
    ("RootDir",): ROOT_DIRECTORY,
    ("ShutdownGracePeriod",): "5s",
    ("Log", "UnixTS"): False,
    ("Log", "File", "Dir"): ROOT_DIRECTORY,
    ("Log", "File", "MaxAgeDays"): 0,
    ("Log", "File", "MaxBackups"): 1,
    ("WebServer", "SessionTimeout"): "15m",
    ("WebServer", "HTTPWriteTimeout"): "10s",
    ("WebServer", "TLS", "ForceRedirect"): False,
    ("WebServer", "RateLimit", "Authenticated"): 1000,
    ("WebServer", "RateLimit", "AuthenticatedPeriod"): "1m",
    ("WebServer", "RateLimit", "Unauthenticated"): 5,
    ("WebServer", "RateLimit", "UnauthenticatedPeriod"): "20s",
    ("Database", "DefaultIdleInTxSessionTimeout"): "1h",
    ("Database", "DefaultLockTimeout"): "15s",
    ("Database", "DefaultQueryTimeout"): "10s",
    ("Database", "MaxIdleConns"): 10,
    ("Database", "MigrateOnStartup"): True,
    ("Database", "Backup", "Frequency"): "1h",
    ("Database", "Backup", "OnVersionUpgrade"): True,
    ("Database", "Lock", "Enabled"): True,
    ("Database", "Lock", "LeaseDuration"): "10s",
    ("Database", "Lock", "LeaseRefreshInterval"): "1s",
    (extra.CHAINS, "Enabled"): True,
    (extra.CHAINS, NODES, "SendOnly"): False,
}
#: The first release whose P2P.V1 is off where nothing is said, and gone later on (changelog, 2.7.0 and 2.9.0).
_FIRST_WITHOUT_V1 = Version(2, 7, 0)
_V1_DEFAULTS: dict[tuple[str, ...], Any] = {("P2P", "V1", "Enabled"): False}

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
# Words of the node's, numbers with a unit, addresses. Whatever else is a text may be a key of a service.
_HARMLESS = re.compile(
    rf"[A-Za-z]{{1,20}}|\d{{1,30}}(?:\.\d{{1,18}})? ?[A-Za-zµ]{{0,6}}|{_DURATION.pattern}|{_ADDRESS.pattern}"
)

#: Names that Docker gives every process, whatever the image says.
_DOCKERS_OWN = {"HOME", "HOSTNAME", "PATH", "TERM"}


@dataclass(frozen=True)
class Difference:
    """A setting of the running node that the files of the release do not have.

    key: its full name, chains by their id and RPC nodes by their name. said: what it is, for people, without anything
    secret. advice: what to do to keep it.
    """

    key: str
    said: str
    advice: str


def compare(dumped: Mapping[str, Any], planned: Mapping[str, Any], release: Version) -> list[Difference]:
    """What of a node's dump a configuration for a 2.x release does not have."""
    defaults = DEFAULTS if release < _FIRST_WITHOUT_V1 else {**DEFAULTS, **_V1_DEFAULTS}
    return list(_table(dumped, planned, _Place(), {_folded(path): value for path, value in defaults.items()}))


def is_dropped(difference: Difference, dropped: Iterable[str]) -> bool:
    """Whether one of the keys that may get lost is the difference's, or that of a table around it."""
    key = extra.fold(difference.key)
    return any(key == extra.fold(name) or key.startswith(f"{extra.fold(name)}.") for name in dropped)


def undecided(differences: Sequence[Difference], dropped: Iterable[str]) -> list[str]:
    """What the operator has to decide about, one message for each."""
    names = list(dropped)
    return [
        f"{difference.key} {difference.said}; {difference.advice}, or name it in estate_migration_dropped"
        for difference in differences
        if not is_dropped(difference, names)
    ]


def strange_names(names: Iterable[str], image: Iterable[str]) -> list[str]:
    """The names in a process's environment that neither its image nor Docker has brought."""
    own = {name.partition("=")[0] for name in image} | _DOCKERS_OWN
    return sorted(name for name in set(names) - own if not name.lower().endswith("_proxy"))


@dataclass(frozen=True)
class _Place:
    """Where in the configuration: by names for people, and without the chains' ids and nodes' names by keys alone."""

    shown: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def below(self, key: str) -> _Place:
        return _Place((*self.shown, key), (*self.keys, key))

    def element(self, name: str) -> _Place:
        return _Place((*self.shown, name), self.keys)

    @property
    def name(self) -> str:
        return extra.name_of(self.shown)


def _table(
    dumped: Mapping[str, Any], planned: Mapping[str, Any], place: _Place, defaults: Mapping[tuple[str, ...], Any]
) -> Iterator[Difference]:
    there = {extra.fold(key): value for key, value in planned.items()}
    for key, value in dumped.items():
        here, other = place.below(key), there.get(extra.fold(key))
        if isinstance(value, Mapping):
            yield from _table(value, other if isinstance(other, Mapping) else {}, here, defaults)
        elif _tables(value):
            elements = _chains if not place.keys else _nodes if key == NODES else _others
            yield from elements(_tables(value), _tables(other), here, defaults)
        elif not _equal(value, defaults.get(_folded(here.keys)) if other is None else other):
            yield _difference(here, value, other)


def _chains(
    dumped: Sequence[Mapping[str, Any]],
    planned: Sequence[Mapping[str, Any]],
    place: _Place,
    defaults: Mapping[tuple[str, ...], Any],
) -> Iterator[Difference]:
    there = {str(chain.get(extra.CHAIN_ID)): chain for chain in planned}
    for chain in dumped:
        chain_id = str(chain.get(extra.CHAIN_ID))
        here = place.element(chain_id)
        if chain_id in there:
            yield from _table(chain, there[chain_id], here, defaults)
        # Of a chain that is switched off, or that nothing leads to, nothing can get lost.
        elif chain.get("Enabled") is not False and chain.get(NODES):
            yield _missing(here, "a chain")


def _nodes(
    dumped: Sequence[Mapping[str, Any]],
    planned: Sequence[Mapping[str, Any]],
    place: _Place,
    defaults: Mapping[tuple[str, ...], Any],
) -> Iterator[Difference]:
    """RPC endpoints: a 1.x node gives one of ETH_URL a name of its own, so they are known by URL as well."""
    for node in dumped:
        here = place.element(str(node.get("Name")))
        twin = next((other for other in planned if _is_same_node(node, other)), None)
        if twin is None:
            yield _missing(here, "an RPC endpoint")
        else:
            yield from _table({key: value for key, value in node.items() if key != "Name"}, twin, here, defaults)


def _others(
    dumped: Sequence[Mapping[str, Any]],
    planned: Sequence[Mapping[str, Any]],
    place: _Place,
    defaults: Mapping[tuple[str, ...], Any],
) -> Iterator[Difference]:
    """Tables about single keys, known by these, as EVM.KeySpecific; whatever else there may be goes by its place."""
    there = {_canonical(name): table for name, table in _named(planned)}
    for name, table in _named(dumped):
        settings = {key: value for key, value in table.items() if extra.fold(key) != extra.fold(KEY)}
        yield from _table(settings, there.get(_canonical(name), {}), place.element(name), defaults)


def _named(tables: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, table in enumerate(tables, 1):
        own = next((value for key, value in table.items() if extra.fold(key) == extra.fold(KEY)), number)
        yield str(own), table


def _is_same_node(node: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return node.get("Name") == other.get("Name") or any(
        url in node and url in other and _equal(node[url], other[url]) for url in ("WSURL", "HTTPURL")
    )


def _missing(place: _Place, what: str) -> Difference:
    """Something of the running node's database that the operator's inventory does not name."""
    variable, advice = "chainlink_extra_config", "write it there"
    if place.keys[0] == extra.CHAINS:
        variable, advice = "chainlink_chains", "add it there and run site.yml"
    return Difference(place.name, f"is {what} of the running node that {variable} does not have", advice)


def _difference(place: _Place, value: Any, other: Any) -> Difference:
    instead = "the release's default" if other is None else _shown(other)
    owner = extra.owner_of(place.keys)
    advice = f"the collection keeps it to itself: {owner}" if owner else "write it into chainlink_extra_config"
    return Difference(place.name, f"is {_shown(value)} now and would be {instead}", advice)


def _shown(value: Any) -> str:
    """A value as TOML writes it; hidden where it could be secret."""
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return f"'{value}'" if isinstance(value, str) and _HARMLESS.fullmatch(value) else HIDDEN


def _equal(value: Any, other: Any) -> bool:
    """Whether two values are the same to the node."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_equal, value, other))
    if isinstance(value, str) and isinstance(other, str):
        return value == other or _canonical(value) == _canonical(other)
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _canonical(text: str) -> Any:
    """A text as it is compared: durations by their length, addresses without case, URLs without their escapes."""
    if _DURATION.fullmatch(text):
        return round(sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text)), 9)
    return text.lower() if _ADDRESS.fullmatch(text) else unquote(text)


def _folded(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(extra.fold, path))


def _tables(value: Any) -> list[Mapping[str, Any]]:
    """The tables of a list of tables; none of any other value."""
    return value if isinstance(value, list) and all(isinstance(item, Mapping) for item in value) else []
