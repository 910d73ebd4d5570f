# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estate record: the estate's facts that are no secret, one JSON document.

Provisioning writes it to the SSM parameter ``/nodeops/<estate>/record``; nodes read it at every start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._release import image, version

VERSION = 1
SECRET_NAMES = ("database", "keystore", "api", "rpc")
# RDS refuses names with two hyphens in a row, and each of its names is <estate>-<thing>.
ESTATE_NAME = re.compile(r"(?=.{2,20}\Z)[a-z](-?[a-z0-9])+")

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
# IPv4, since what is announced are Elastic IP addresses.
_ANNOUNCED = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]{1,5}")
_LOG_GROUP = re.compile(r"[A-Za-z0-9._/#-]{1,512}")


class RecordError(ValueError):
    """An estate record that cannot be used."""


@dataclass(frozen=True)
class DatabaseEndpoint:
    host: str
    port: int
    name: str
    reader_host: str | None


@dataclass(frozen=True)
class RecordedChain:
    network: str
    chain_id: str
    link_contract_address: str | None


@dataclass(frozen=True)
class PeerToPeer:
    """How other nodes reach this one: the port that it listens on, and what it announces, each HOST:PORT."""

    port: int
    announce: tuple[str, ...]


@dataclass(frozen=True)
class EstateRecord:
    """The record, checked; built by :func:`parse`."""

    estate: str
    region: str
    release: image.Release
    database: DatabaseEndpoint
    secrets: Mapping[str, str]
    chains: tuple[RecordedChain, ...]
    log_group: str
    ui_url: str | None
    p2p: PeerToPeer | None


def parameter_name(estate: str) -> str:
    """The name of the SSM parameter that holds the record of an estate."""
    return f"/nodeops/{estate}/record"


def parse(text: str) -> EstateRecord:
    """The record that a JSON document holds; raises RecordError naming every key that is wrong."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RecordError("the estate record is not JSON; run the provisioning playbook again to write it") from error
    if not isinstance(document, dict):
        raise RecordError("the estate record is not a JSON object; run the provisioning playbook again to write it")
    if document.get("version") != VERSION:
        raise RecordError(
            f"the estate record has version {document.get('version')!r} and this release of the collection reads "
            f"version {VERSION}; run the provisioning playbook of this collection release to write it anew"
        )
    reader = _Reader(document)
    record = reader.read()
    if reader.findings:
        raise RecordError("the estate record is not usable: " + "; ".join(reader.findings))
    return record


def _announced(value: object) -> bool:
    return isinstance(value, str) and _ANNOUNCED.fullmatch(value) is not None


class _Reader:
    """Reads the parts of a document and gathers what is wrong with each."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.findings: list[str] = []

    def read(self) -> EstateRecord:
        ui = self._mapping("ui") if self.document.get("ui") is not None else {}
        url = ui.get("url")
        if url is not None and not isinstance(url, str):
            self.findings.append("ui.url must be a string or null")
        return EstateRecord(
            estate=self._text(self.document, "estate", ESTATE_NAME),
            region=self._text(self.document, "region"),
            release=self._release(),
            database=self._database(),
            secrets=self._secrets(),
            chains=self._chains(),
            log_group=self._text(self.document, "log_group", _LOG_GROUP),
            ui_url=url or None,
            p2p=self._peer_to_peer(),
        )

    def _mapping(self, key: str) -> Mapping[str, Any]:
        value = self.document.get(key)
        if isinstance(value, Mapping):
            return value
        self.findings.append(f"{key} must be an object")
        return {}

    def _text(
        self, mapping: Mapping[str, Any], key: str, pattern: re.Pattern[str] | None = None, prefix: str = ""
    ) -> str:
        value = mapping.get(key)
        if isinstance(value, str) and value and (pattern is None or pattern.fullmatch(value)):
            return value
        self.findings.append(f"{prefix}{key} is missing or not of the right form")
        return ""

    def _port(self, mapping: Mapping[str, Any], prefix: str) -> int:
        port = mapping.get("port")
        if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536:
            return port
        self.findings.append(f"{prefix}port must be a number from 1 to 65535")
        return 0

    def _peer_to_peer(self) -> PeerToPeer | None:
        if self.document.get("p2p") is None:
            return None
        p2p = self._mapping("p2p")
        announce = p2p.get("announce")
        if not isinstance(announce, list) or not announce or not all(map(_announced, announce)):
            self.findings.append("p2p.announce must be a list of addresses such as 198.51.100.7:6690")
            announce = []
        return PeerToPeer(self._port(p2p, "p2p."), tuple(announce))

    def _release(self) -> image.Release:
        try:
            return image.parse(self.document.get("release"))
        except version.ReleaseError as error:
            self.findings.append(f"release: {error}")
            return image.Release("", "", version.Version(2, 0, 0), None)

    def _database(self) -> DatabaseEndpoint:
        database = self._mapping("database")
        port = self._port(database, "database.")
        reader = database.get("reader_host")
        if reader is not None:
            reader = self._text(database, "reader_host", _HOST, "database.")
        return DatabaseEndpoint(
            host=self._text(database, "host", _HOST, "database."),
            port=port,
            name=self._text(database, "name", _DATABASE_NAME, "database."),
            reader_host=reader or None,
        )

    def _secrets(self) -> dict[str, str]:
        secrets = self._mapping("secrets")
        return {name: self._text(secrets, name, prefix="secrets.") for name in SECRET_NAMES}

    def _chains(self) -> tuple[RecordedChain, ...]:
        chains = self.document.get("chains")
        if not isinstance(chains, list) or not chains:
            self.findings.append("chains must be a list of at least one chain")
            return ()
        read = []
        for number, chain in enumerate(chains):
            prefix = f"chains[{number}]."
            if not isinstance(chain, Mapping):
                self.findings.append(f"chains[{number}] must be an object")
                continue
            link = chain.get("link_contract_address")
            if link is not None:
                link = self._text(chain, "link_contract_address", prefix=prefix)
            read.append(
                RecordedChain(
                    network=self._text(chain, "network", prefix=prefix),
                    chain_id=self._text(chain, "chain_id", prefix=prefix),
                    link_contract_address=link or None,
                )
            )
        return tuple(read)
