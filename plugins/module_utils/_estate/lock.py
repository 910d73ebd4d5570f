# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an estate: one operation at a time, and who holds it since when.

It is one JSON document in the SSM parameter ``/nodeops/<estate>/lock``, which exists only while an operation runs.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

#: What to do with a lock that is found.
OURS = "ours"
TAKE_OVER = "take over"
REFUSE = "refuse"

#: No operation takes so long: what waits longest, backup, restore and the migrations of an upgrade, is given an hour at
#: most for each step. A lock that is older has been left by a controller that died.
LONGEST_SECONDS = 6 * 3600.0

OPERATION = re.compile(r"[a-z][a-z_-]{1,30}")


class LockError(ValueError):
    """A lock that cannot be read, or is held by somebody else."""


@dataclass(frozen=True)
class Lock:
    """Who changes an estate.

    id: what an operator names to take the lock over. holder: user@host. process: the ansible-playbook on that host,
    by boot, number and start, or empty where the system does not tell. since: the moment in UTC, ISO 8601.
    """

    id: str
    operation: str
    holder: str
    process: str
    since: str

    def in_words(self) -> str:
        return f"'{self.operation}', begun {self.since} by {self.holder} (lock {self.id})"


def parameter_name(estate: str) -> str:
    """The name of the SSM parameter that is the lock of an estate."""
    return f"/nodeops/{estate}/lock"


def to_json(lock: Lock) -> str:
    return json.dumps(asdict(lock), sort_keys=True)


def parse(text: str) -> Lock:
    """The lock that a document holds; raises LockError."""
    names = [field.name for field in fields(Lock)]
    try:
        document: Any = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, Mapping) or not all(isinstance(document.get(name), str) for name in names):
        raise LockError(
            "the lock of the estate cannot be read; if no operation runs, delete the parameter "
            "/nodeops/<estate>/lock and run this again"
        )
    return Lock(**{name: document[name] for name in names})


def decide(found: Lock, wanted: Lock, take_over: str, is_running: Callable[[str], bool]) -> str:
    """What becomes of a lock that was found: OURS, TAKE_OVER or REFUSE.

    take_over: id of a lock that the operator knows to be without a holder. is_running: whether a process of this very
    host still runs; asked only of processes of the same holder.
    """
    same_holder = found.holder == wanted.holder and found.process != ""
    if same_holder and found.process == wanted.process:
        return OURS
    if found.id == take_over:
        return TAKE_OVER
    if same_holder and not is_running(found.process):
        return TAKE_OVER
    return REFUSE


def is_left(text: str, now: float) -> bool:
    """Whether the lock that a document holds is older than any operation; now in seconds since 1970.

    Only for who acts without an operator, and does nothing that an operation undoes: an operation asks `decide`. What
    cannot be read is not known to be old.
    """
    try:
        since = calendar.timegm(time.strptime(parse(text).since, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return False
    return now - since > LONGEST_SECONDS


def refusal(estate: str, found: Lock) -> str:
    """Why an operation may not begin, and what to do."""
    return (
        f"Estate {estate} is being changed by {found.in_words()}. Wait until it has ended; if you know that it no "
        f"longer runs, run this again with estate_operation_take_over={found.id}. Nothing has been changed."
    )
