# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports the keys of a node, imports them into a throw-away node, and encrypts them when that has proven them.

Whatever goes wrong names kind and id of a key, and never more of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._node import api
from .._node.settings import NodeSettings
from . import age, bundle, database, keys, runner, throwaway


class EscrowError(Exception):
    """No export has come about; .problems has one message for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


#: What the steps below raise, each with a message for the operator.
FAILURES = (EscrowError, api.ApiError, keys.KeysError, runner.RunnerError, database.DatabaseError, age.AgeError)


@dataclass(frozen=True)
class Order:
    """What is to be exported, and with what help."""

    settings: NodeSettings
    #: The master user of the database, who makes and removes the throw-away node's.
    master: database.Master
    recipient: str
    #: Base URL of the node that serves.
    url: str
    #: Where the throw-away node's files are meanwhile.
    directory: str
    #: How long the throw-away node may take to start.
    seconds: float

    @property
    def credentials(self) -> api.Credentials:
        return api.Credentials(self.settings.api_email, self.settings.api_password, f"{self.settings.estate}/api")


@dataclass(frozen=True)
class Done:
    """Keys that are in an export, those that the node does not export, and the encrypted text."""

    exported: Sequence[keys.Key]
    left: Sequence[keys.Key]
    text: str = field(default="", repr=False)


def look(order: Order) -> Done:
    """What an export would hold; changes nothing. Raises one of FAILURES."""
    with api.session(order.url, order.credentials) as node:
        found = _flat(list_keys(node))
    return Done(keys.exportable(found), keys.not_exportable(found))


def export(order: Order, cleaning: Callable[[], None]) -> Done:
    """Make an export and prove it. Raises one of FAILURES.

    cleaning: called before whatever the throw-away node needs is removed, which must not be interrupted.
    """
    # For the way from node to node and into the file; the keystore's own password opens none of these documents.
    password = throwaway.password()
    with api.session(order.url, order.credentials) as node:
        by_kind = list_keys(node)
        found = _flat(by_kind)
        exported = export_keys(node, keys.exportable(found), password)
        _with_throwaway(order, cleaning, lambda other: prove(other, exported, order.settings, password))
        new = keys.missing(exported, _flat(list_keys(node, by_kind)))
    if new:
        raise EscrowError([*new, "it came while the others were exported: run this again"])
    left = keys.not_exportable(found)
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = bundle.write(bundle.Bundle(order.settings.estate, order.settings.release, made, exported, left, password))
    return Done([one.key for one in exported], left, age.encrypt(text, order.recipient))


def clean(order: Order) -> list[str]:
    """Remove what a throw-away node has left, and name it. Raises one of FAILURES."""

    def host() -> list[str]:
        found = runner.left(order.directory)
        runner.remove(order.directory)
        return found

    def cluster() -> list[str]:
        return database.remove(order.settings.database, order.master)

    removed, problems = [], []
    for step in (host, cluster):
        try:
            removed += step()
        except FAILURES as error:
            problems.append(str(error))
    if problems:
        raise EscrowError(problems)
    return removed


def left_over(order: Order) -> list[str]:
    """What a throw-away node has left; changes nothing. Raises one of FAILURES."""
    return runner.left(order.directory) + database.left(order.settings.database, order.master)


def _with_throwaway(order: Order, cleaning: Callable[[], None], use: Callable[[api.Session], None]) -> None:
    """Have a throw-away node used, and nothing left of it."""
    one = throwaway.invent()
    settings = throwaway.settings_of(order.settings, one)
    failed = ""
    try:
        database.create(order.settings.database, order.master, one)
        credentials = api.Credentials(settings.api_email, settings.api_password, "of the throw-away node")
        with runner.node(settings, order.directory, order.seconds) as url, api.session(url, credentials) as other:
            use(other)
    except FAILURES as error:
        failed = str(error)
        raise
    finally:
        cleaning()
        try:
            clean(order)
        except FAILURES as error:
            left = f"something of the throw-away node is left: {error}"
            raise EscrowError([failed, left] if failed else [left]) from error


def list_keys(node: api.Session, kinds: Iterable[str] = keys.KINDS) -> dict[str, list[keys.Key]]:
    """The keys that a node lists, by kind; a kind that its release does not have is left out."""
    found = {}
    for kind in kinds:
        answer = node.ask("GET", keys.list_path(kind))
        if answer.status == 200:
            found[kind] = keys.read_list(kind, answer.body)
        elif answer.status != 404:
            raise api.ApiError(f"the node does not list its {kind} keys (HTTP status {answer.status})")
    return found


def _flat(found: Mapping[str, Sequence[keys.Key]]) -> list[keys.Key]:
    return [key for of_kind in found.values() for key in of_kind]


def export_keys(node: api.Session, found: Sequence[keys.Key], password: str) -> list[keys.Exported]:
    """Keys as the node exports them, encrypted with a password.

    One after the other: each takes the node a second and 256 MiB (scrypt). The password is in the query, as the
    interface wants it; the node keeps such parameters out of its log (core/web/router.go, redact).
    """
    exported, problems = [], []
    for key in found:
        answer = node.ask("POST", keys.export_path(key), {"newpassword": password})
        if answer.status == 200:
            exported.append(keys.read_export(key, answer.body))
        else:
            problems.append(f"the node does not export {key.name} (HTTP status {answer.status})")
    if problems:
        raise EscrowError(problems)
    return exported


def prove(other: api.Session, exported: Sequence[keys.Exported], settings: NodeSettings, password: str) -> None:
    """Import keys into a node that has none of them, and look whether they are what they were."""
    chains = [chain.chain_id for chain in settings.chains]
    wanted = {(one.key.kind, one.key.identity) for one in exported}
    kinds = sorted({one.key.kind for one in exported})
    before = [key for key in _flat(list_keys(other, kinds)) if (key.kind, key.identity) in wanted]
    problems = [f"the throw-away node had {key.name} before" for key in before]
    for one in exported:
        query = keys.import_query(one.key, password, chains)
        answer = other.ask("POST", keys.import_path(one.key.kind), query, one.document)
        if answer.status not in (200, 201):
            problems.append(f"{one.key.name} cannot be imported (HTTP status {answer.status})")
    if not problems:
        problems = keys.unproven(exported, _flat(list_keys(other, kinds)))
    if problems:
        raise EscrowError(problems)
