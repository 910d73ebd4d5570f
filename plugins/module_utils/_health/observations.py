# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be seen of one node host: plain data between the probe and the judge."""

from __future__ import annotations

from dataclasses import dataclass

from .._database.query import Address, Facts, Lease


@dataclass(frozen=True)
class Container:
    """The node's container as Docker Engine tells of it."""

    #: Docker's state word: created, running, paused, restarting, removing, exited or dead.
    status: str
    image: str
    exit_code: int
    #: Seconds since it was last started; 0 where it never was.
    age: float
    #: That moment, in seconds since 1970.
    started: float | None = None

    @property
    def running(self) -> bool:
        return self.status == "running"


@dataclass(frozen=True)
class HttpAnswer:
    """What one GET brought: a status with its body, or neither where the port is closed or stays silent."""

    status: int | None = None
    body: str = ""
    #: Empty where the port is simply closed.
    error: str = ""

    @property
    def closed(self) -> bool:
        return self.status is None and not self.error


@dataclass(frozen=True)
class Observation:
    """One look at one host. Where something could not be asked, its error says why."""

    container: Container | None
    health: HttpAnswer
    ready: HttpAnswer
    lease: Lease | None
    container_error: str = ""
    lease_error: str = ""
    #: What the node's user finds in the database; looked at only while the port is closed.
    database: Facts | None = None
    #: Where the database is, as far as the node's files say so.
    address: Address | None = None
