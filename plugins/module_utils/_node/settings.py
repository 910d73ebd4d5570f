# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The typed model of what one node is configured with, checked as a whole.

:func:`parse` turns the estate record and the estate's secrets into :class:`NodeSettings`, or raises
:class:`SettingsError` with everything that is wrong at once. Messages name the operator's variable and what to do;
they never repeat a secret value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .._aws.record import EstateRecord, PeerToPeer, RecordedChain
from .._aws.secrets import NodeSecrets
from .._release.image import Release
from .._release.version import ENVIRONMENT
from . import address, checks, extra

#: Where the host and the container have Amazon's certificate authorities of RDS.
DATABASE_CA_FILE = "/etc/ssl/certs/rds-global-bundle.pem"

WEBSOCKET = ("wss", "ws")
HTTP = ("https", "http")
_ENDPOINT_KEYS = {"name", "ws_url", "http_url", "send_only", "order"}


class SettingsError(ValueError):
    """Settings with which the node would not run; .findings has one message per problem."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("the node cannot be configured: " + "; ".join(findings))
        self.findings = findings


@dataclass(frozen=True)
class RpcEndpoint:
    """One RPC endpoint of a chain; its URLs hold access keys and stay out of repr()."""

    name: str
    ws_url: str | None = field(repr=False)
    http_url: str | None = field(repr=False)
    send_only: bool
    #: 1 is asked first, 100 last; None leaves it to the node.
    order: int | None = None


@dataclass(frozen=True)
class Chain:
    network: str
    chain_id: str
    link_contract_address: str | None
    rpc: tuple[RpcEndpoint, ...]


@dataclass(frozen=True)
class Database:
    host: str
    port: int
    name: str
    username: str
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """The connection URL: user and password percent-encoded, the server's certificate and name verified."""
        username, password = quote(self.username, safe=""), quote(self.password, safe="")
        return (
            f"postgresql://{username}:{password}@{self.host}:{self.port}/{self.name}"
            f"?sslmode=verify-full&sslrootcert={DATABASE_CA_FILE}"
        )


@dataclass(frozen=True)
class NodeSettings:
    estate: str
    release: Release
    chains: tuple[Chain, ...]
    database: Database
    keystore_password: str = field(repr=False)
    api_email: str
    api_password: str = field(repr=False)
    ui_url: str | None
    #: What the operator adds to the configuration of a 2.x node, checked; empty where there is nothing.
    extra: Mapping[str, Any] = field(repr=False)
    p2p: PeerToPeer | None

    @property
    def generation(self) -> str:
        return self.release.generation


def parse(record: EstateRecord, secrets: NodeSecrets) -> NodeSettings:
    """The settings of a node; raises SettingsError with every problem."""
    findings: list[str] = []
    database = _database(record, secrets.database, findings)
    api_email, api_password = _api(record.estate, secrets.api, findings)
    _add(
        findings,
        f"chainlink_keystore_password (secret {record.estate}/keystore)",
        checks.password(secrets.keystore),
    )
    if record.ui_url is not None:
        _add(findings, "ui.url of the estate record", checks.web_url(record.ui_url))
    before = len(findings)
    rpc = _json_object(f"secret {record.estate}/rpc", secrets.rpc, findings)
    readable = len(findings) == before
    chains = _chains(record, rpc, findings) if readable else ()
    additions = _additions(record, rpc, findings)
    if findings:
        raise SettingsError(findings)
    return NodeSettings(
        estate=record.estate,
        release=record.release,
        chains=chains,
        database=database,
        keystore_password=secrets.keystore,
        api_email=api_email,
        api_password=api_password,
        ui_url=record.ui_url.rstrip("/") if record.ui_url else None,
        extra=additions,
        p2p=record.p2p,
    )


def _add(findings: list[str], subject: str, messages: list[str]) -> None:
    findings.extend(f"{subject} {message}" for message in messages)


def _json_object(subject: str, text: str, findings: list[str]) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    findings.append(f"{subject} is not a JSON object; run the provisioning playbook to store it anew")
    return {}


def _database(record: EstateRecord, secret: str, findings: list[str]) -> Database:
    subject = f"secret {record.estate}/database"
    before = len(findings)
    credentials = _json_object(subject, secret, findings)
    username, password = credentials.get("username"), credentials.get("password")
    if len(findings) == before:
        if not isinstance(username, str) or not username:
            findings.append(f"{subject} has no username; run the provisioning playbook to store it anew")
        _add(findings, f"chainlink_database_password ({subject})", checks.password(password))
    endpoint = record.database
    return Database(endpoint.host, endpoint.port, endpoint.name, str(username), str(password))


def _api(estate: str, secret: str, findings: list[str]) -> tuple[str, str]:
    subject = f"secret {estate}/api"
    before = len(findings)
    credentials = _json_object(subject, secret, findings)
    email, password = credentials.get("email"), credentials.get("password")
    if len(findings) == before:
        _add(findings, f"chainlink_api_email ({subject})", checks.email(email))
        maximum = checks.API_PASSWORD_MAXIMUM_BYTES
        disallowed = [email] if isinstance(email, str) else []
        messages = checks.password(password, maximum_bytes=maximum, disallowed=disallowed)
        _add(findings, f"chainlink_api_password ({subject})", messages)
    return str(email), str(password)


def _additions(record: EstateRecord, rpc: Mapping[str, Any], findings: list[str]) -> Mapping[str, Any]:
    """The operator's additions. A 1.x node has none: they wait there for a migration, or it has been gone back on."""
    additions = rpc.get(extra.SECRET_KEY) or {}
    if record.release.generation == ENVIRONMENT:
        return {}
    # Those for chains that the record does not name are left alone, as endpoints are.
    _add(findings, "chainlink_extra_config:", extra.problems(additions, None))
    return additions if isinstance(additions, Mapping) else {}


def _chains(record: EstateRecord, endpoints: Mapping[str, Any], findings: list[str]) -> tuple[Chain, ...]:
    """The chains of the record with their endpoints.

    Endpoints of chains that the record does not name are left alone: provisioning stores the secret first and the
    record after it, so a node that starts in between sees one more than it uses.
    """
    seen_ids: set[str] = set()
    chains = []
    for chain in record.chains:
        subject = f"chainlink_chains: {chain.network}"
        _add(findings, subject, _identity(chain, seen_ids))
        seen_ids.add(chain.chain_id)
        rpc = _endpoints(subject, endpoints.get(chain.chain_id), record.release.generation, findings)
        link = chain.link_contract_address
        if link is not None and not checks.link_contract_address(link):
            link = address.checksummed(link)
        chains.append(Chain(chain.network, chain.chain_id, link, rpc))
    findings.extend(duplicates([endpoint for chain in chains for endpoint in chain.rpc]))
    return tuple(chains)


def _identity(chain: RecordedChain, seen_ids: set[str]) -> list[str]:
    messages = [f"chain_id {message}" for message in checks.chain_id(chain.chain_id)]
    if chain.chain_id in seen_ids:
        messages.append(f"has chain id {chain.chain_id}, which another chain has too; name each chain once")
    if chain.link_contract_address is not None:
        link = checks.link_contract_address(chain.link_contract_address)
        messages.extend(f"link_contract_address {message}" for message in link)
    return messages


def _endpoints(subject: str, value: object, generation: str, findings: list[str]) -> tuple[RpcEndpoint, ...]:
    if not isinstance(value, list) or not value:
        findings.append(f"{subject} has no RPC endpoint; give it at least one under rpc")
        return ()
    endpoints = []
    for number, item in enumerate(value):
        endpoint, messages = endpoint_of(item, number, generation)
        _add(findings, f"{subject},", messages)
        endpoints.append(endpoint)
    if all(endpoint.send_only for endpoint in endpoints):
        findings.append(f"{subject} has send-only endpoints alone; give at least one that reads too")
    return tuple(endpoints)


def endpoint_of(item: object, number: int, generation: str) -> tuple[RpcEndpoint, list[str]]:
    """The RPC endpoint that a mapping describes, and what is wrong with it.

    A 2.x node wants an HTTP URL for every endpoint and, with its log broadcaster (on by default), a WebSocket URL for
    each that is not send-only (core/chains/evm/config/toml/config.go at 2.20). A 1.x node wants a WebSocket URL for
    those, and refuses one for send-only endpoints (core/chains/evm/legacy.go).
    """
    if not isinstance(item, Mapping):
        return RpcEndpoint(f"rpc[{number}]", None, None, False), [f"rpc[{number}] must be a mapping"]
    given = item.get("name")
    name = given if isinstance(given, str) and given else ""
    shown = f"rpc endpoint {name}" if name else f"rpc[{number}]"
    messages = []
    if not name or name != name.strip() or not name.isprintable():
        messages.append(f"rpc[{number}] has no usable name; give it one such as primary")
    send_only = item.get("send_only", False)
    if not isinstance(send_only, bool):
        messages.append(f"{shown}: send_only must be true or false")
    ws_url, http_url = item.get("ws_url") or None, item.get("http_url") or None
    if ws_url is not None:
        messages.extend(f"{shown}: ws_url {message}" for message in checks.rpc_url(ws_url, WEBSOCKET))
    if http_url is not None:
        messages.extend(f"{shown}: http_url {message}" for message in checks.rpc_url(http_url, HTTP))
    if ws_url is None and send_only is not True:
        messages.append(f"{shown} has no ws_url; give one that begins with wss://, or make it send_only")
    if http_url is None and (send_only is True or generation != ENVIRONMENT):
        messages.append(f"{shown} has no http_url; give one that begins with https://")
    if ws_url is not None and send_only is True and generation == ENVIRONMENT:
        messages.append(f"{shown} is send_only and has a ws_url, which a 1.x node refuses; remove the ws_url")
    order = item.get("order")
    messages.extend(f"{shown}: order {message}" for message in _order(order, generation))
    unknown = sorted(set(map(str, item)) - _ENDPOINT_KEYS)
    if unknown:
        known = ", ".join(sorted(_ENDPOINT_KEYS))
        messages.append(f"{shown}: {', '.join(unknown)} is no key of an endpoint; known are {known}")
    endpoint = RpcEndpoint(name, _text(ws_url), _text(http_url), send_only is True, _number(order))
    return endpoint, messages


def _order(value: object, generation: str) -> list[str]:
    """What is wrong with the order of an endpoint (EVM.Nodes.Order, from 2.3.0 on)."""
    if value is None:
        return []
    if generation == ENVIRONMENT:
        return ["is not known to a 1.x node; remove it"]
    number = _number(value)
    if number is None or not 1 <= number <= 100:
        return ["must be a number from 1, asked first, to 100"]
    return []


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def duplicates(endpoints: list[RpcEndpoint]) -> list[str]:
    """What several endpoints of an estate share though the node wants it unique: names and URLs."""
    messages = []
    names: set[str] = set()
    urls: dict[str, str] = {}
    for endpoint in endpoints:
        if endpoint.name in names:
            messages.append(
                f"chainlink_chains: the rpc endpoint name {endpoint.name} is used more than once; "
                "the node wants every endpoint of every chain to have a name of its own"
            )
        names.add(endpoint.name)
        for kind, url in (("ws_url", endpoint.ws_url), ("http_url", endpoint.http_url)):
            if url is None:
                continue
            if url in urls:
                messages.append(
                    f"chainlink_chains: rpc endpoints {urls[url]} and {endpoint.name} have the same {kind}; "
                    "give each its own"
                )
            urls.setdefault(url, endpoint.name)
    return messages
