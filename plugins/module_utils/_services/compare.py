# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change so that what is there becomes what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CREATE = "create"
CHANGE = "change"
DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """One step. before and after hold what differs, for the operator's eyes; wanted is the whole resource."""

    action: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    wanted: Mapping[str, Any]
    found: Mapping[str, Any]

    def summary(self) -> dict[str, Any]:
        """What a module returns of it."""
        return {"action": self.action, "name": self.name}


def fits(wanted: Any, found: Any) -> bool:
    """Whether what is there holds everything that is wanted; of a mapping, AWS's own additions do not count."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(fits(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(wanted) != len(found):
            return False
        return all(fits(one, other) for one, other in zip(wanted, found))
    return bool(wanted == found)


def plan(wanted: Mapping[str, Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """The steps from found to wanted, both by name; what is not wanted is deleted."""
    changes = []
    for name, target in wanted.items():
        there = found.get(name)
        if there is None:
            changes.append(Change(CREATE, name, {}, target, target, {}))
            continue
        different = [key for key, value in target.items() if not fits(value, there.get(key))]
        if different:
            before = {key: there.get(key) for key in different}
            changes.append(Change(CHANGE, name, before, {key: target[key] for key in different}, target, there))
    changes += [Change(DELETE, name, there, {}, {}, there) for name, there in found.items() if name not in wanted]
    return changes


def diff(changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
    """Ansible's before and after, by name."""
    shown = list(changes)
    return {
        "before": {change.name: dict(change.before) for change in shown if change.action != CREATE},
        "after": {change.name: dict(change.after) for change in shown if change.action != DELETE},
    }
