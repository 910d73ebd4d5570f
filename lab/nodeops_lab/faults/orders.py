# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `lab fault` and `lab heal` do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import container
from ..errors import LabError
from ..settings import LabSettings
from . import filters
from .kind import Kind
from .places import Places
from .registry import KINDS
from .store import Fault, Store


def parse(kind: Kind, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the arguments of a fault, parsed, with their defaults.

    Raises:
        LabError: one of them is no value for its argument, which is named.
    """
    values: dict[str, Any] = {}
    for argument in kind.arguments:
        text = given.get(argument.key)
        if text is None and argument.required and not argument.name.startswith("-"):
            raise LabError(f"{argument.name} is missing.")
        values[argument.key] = argument.default if text is None else argument.value(text)
    return values


def make(settings: LabSettings, kind: Kind, given: Mapping[str, str | None]) -> Fault | None:
    """Bring a fault about; return it, or None for one that is over at once.

    Raises:
        LabError: it makes no sense or cannot be had; nothing is changed then.
    """
    if not settings.machines and not kind.without_machines:
        raise LabError(f"The lab {settings.name!r} has no machines: {kind.name} has nothing to break there.")
    arguments = parse(kind, given)
    store, places = Store(settings.state_directory), Places(settings)
    with store.locked():
        facts = kind.prepare(arguments, places)
        for other in store.faults():
            if kind.excludes(facts, arguments, other):
                raise LabError(f"The fault {other.text()} is in force: `lab heal {other.fault_id}` first.")
        fault = store.add(Fault(store.new_id(kind.name), kind.name, arguments, facts))
        try:
            kind.apply(fault, places)
            _load(store.faults(), kind.rules(fault, places), places)
        except Exception:
            _undo(store, fault, places)
            raise
        if not kind.lasts(arguments):
            store.remove(fault.fault_id)
            return None
    return fault


def heal(settings: LabSettings, names: Iterable[str] = ()) -> list[Fault]:
    """Undo the faults of these names or kinds, or all; return those that were in force.

    Raises:
        LabError: no fault of a name is in force; or one could not be undone, and stays.
    """
    store, places = Store(settings.state_directory), Places(settings)
    healed: list[Fault] = []
    errors: list[str] = []
    with store.locked():
        chosen = choose(store.faults(), list(names))
        for fault in chosen:
            try:
                _undo(store, fault, places)
            except LabError as error:
                # The others are healed nevertheless.
                errors.append(f"{fault.fault_id}: {error}")
            else:
                healed.append(fault)
    if errors:
        raise LabError(" ".join(errors))
    return healed


def choose(faults: Iterable[Fault], names: list[str]) -> list[Fault]:
    """Return the faults with these names or kinds; without names all.

    Raises:
        LabError: a name means none.
    """
    faults = list(faults)
    for name in names:
        if not any(name in (fault.fault_id, fault.kind) for fault in faults):
            present = ", ".join(fault.fault_id for fault in faults) or "none"
            raise LabError(f"{name!r} is no fault in force; in force: {present}.")
    return [fault for fault in faults if not names or fault.fault_id in names or fault.kind in names]


def _undo(store: Store, fault: Fault, places: Places) -> None:
    kind = KINDS[fault.kind]
    before = kind.rules(fault, places)
    kind.undo(fault, places)
    store.remove(fault.fault_id)
    _load(store.faults(), before, places)


def _load(faults: Iterable[Fault], concerned: Mapping[str, object], places: Places) -> None:
    """Put the rules of all faults in force in the containers that one of them concerns."""
    rules = filters.merged(KINDS[fault.kind].rules(fault, places) for fault in faults)
    for name in concerned:
        found = container(name)
        if found is not None and found.status == "running":
            filters.load(found, filters.ruleset(rules.get(name, [])))
