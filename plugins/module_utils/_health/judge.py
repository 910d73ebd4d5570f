# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges what was seen: which role a host has, and whether an estate is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._database import judge as database_judge
from .._database.query import Lease
from .._node.render import database_connections
from .._release.image import version_of
from .._release.version import TOML, Version
from .observations import HttpAnswer, Observation

ACTIVE = "active"
STANDBY = "standby"
MIGRATING = "migrating"
STARTING = "starting"
FAILED = "failed"
DOWN = "down"
ROLES = (ACTIVE, STANDBY, MIGRATING, STARTING, FAILED, DOWN)

PASSING = "passing"
FAILING = "failing"

#: How long a free lease stays untaken at most: a waiting node asks every second.
TAKEOVER_SECONDS = 15.0
#: How long a container may take until it has a session on the database. A start that goes on longer (a large
#: database, migrations) holds the lease, and that is judged by the lease.
START_SECONDS = 120.0


@dataclass(frozen=True)
class HostReport:
    role: str
    checks: dict[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    release: str | None = None
    lease: Lease | None = None
    #: When the container was last started, in seconds since 1970.
    started: float | None = None

    @property
    def failing(self) -> list[str]:
        return sorted(name for name, status in self.checks.items() if status == FAILING)

    def as_dict(self) -> dict[str, Any]:
        """The report as a module returns it."""
        return {
            "role": self.role,
            "checks": self.checks,
            "failing": self.failing,
            "findings": list(self.findings),
            "release": self.release,
            "started": self.started,
            "lease": None if self.lease is None else database_judge.lease_as_dict(self.lease),
        }

    def in_words(self) -> str:
        """One line for people: role and what speaks against it."""
        reasons = list(self.findings)
        if self.failing:
            reasons.append("failing checks: " + ", ".join(self.failing))
        return f"{self.role} ({'; '.join(reasons)})" if reasons else self.role


@dataclass(frozen=True)
class EstateReport:
    active: list[str]
    standby: list[str]
    findings: list[str]


def judge_host(seen: Observation) -> HostReport:
    """The role of a host. Only a node that serves HTTP is active; a standby's port is closed by design."""
    container = seen.container
    if container is None:
        reason = seen.container_error or "there is no container of the node"
        return HostReport(DOWN, findings=(reason,), lease=seen.lease)
    version = version_of(container.image)
    release = None if version is None else str(version)
    if not container.running:
        reason = f"the container is {container.status}, exit code {container.exit_code}"
        role = STARTING if container.status in ("created", "restarting") else FAILED
        return HostReport(role, findings=(reason,), release=release, lease=seen.lease, started=container.started)
    if seen.health.status is not None:
        role, checks, findings = _judge_answer(seen.health.status, seen.health.body, seen.ready)
    elif seen.health.closed:
        checks = {}
        role, findings = _judge_closed(container.age, seen, _about_the_database(seen, version))
    else:
        checks, findings = {}, [seen.health.error]
        role = _still(container.age)
    return HostReport(role, checks, tuple(findings), release, seen.lease, container.started)


def judge_estate(hosts: Sequence[Mapping[str, Any]], least_standbys: int, ready: bool = False) -> EstateReport:
    """Whether an estate is whole: exactly one host active, every other standing by, and enough of those.

    hosts: reports of chainlink_health, each with the name of its host. ready: whether the active one must be ready,
    too; a failover or an upgrade may be what it needs. Failing checks never count: each may have a reason outside.
    """
    names = [str(host.get("host") or f"host {number}") for number, host in enumerate(hosts, start=1)]
    roles = [str(host.get("role") or DOWN) for host in hosts]
    by_role = {role: sorted(n for n, r in zip(names, roles) if r == role) for role in (ACTIVE, STANDBY)}
    findings = []
    if len(by_role[ACTIVE]) != 1:
        shown = ", ".join(f"{name} is {role}" for name, role in sorted(zip(names, roles))) or "there is no host"
        count = len(by_role[ACTIVE]) or "no"
        findings.append(f"{count} hosts are active and it must be exactly one: {shown}")
    for name, role, host in sorted(zip(names, roles, hosts), key=lambda item: item[0]):
        if role not in (ACTIVE, STANDBY):
            reasons = "; ".join(map(str, host.get("findings") or [])) or "no reason was reported"
            findings.append(f"{name} is {role}: {reasons}")
        elif role == STANDBY and host.get("findings"):
            findings.append(
                f"{name} stands by on a database that it cannot work on: {'; '.join(map(str, host['findings']))}"
            )
        elif ready and host.get("findings"):
            findings.append(f"{name} is active and not ready: {'; '.join(map(str, host['findings']))}")
    if len(by_role[STANDBY]) < least_standbys:
        findings.append(f"{len(by_role[STANDBY])} hosts stand by and it must be {least_standbys} at least")
    return EstateReport(by_role[ACTIVE], by_role[STANDBY], findings)


def _judge_answer(status: int, body: str, ready: HttpAnswer) -> tuple[str, dict[str, str], list[str]]:
    """Role, checks and findings of a node whose port answers /health.

    200 and 207 come from the full server; before 2.9.0 it says 200 whatever its checks say, so the checks are always
    read from the body. 204 comes from the small server that runs during backup and migrations.
    """
    if status == 204:
        return MIGRATING, {}, ["the database is being migrated"]
    checks = parse_checks(body)
    if checks is None:
        if status in (200, 207):
            return ACTIVE, {}, [f"/health answers {status} without checks that can be read"]
        role = STARTING if status == 503 else FAILED
        return role, {}, [f"/health answers HTTP status {status}"]
    if status not in (200, 207, 503):
        return FAILED, checks, [f"/health answers HTTP status {status}"]
    findings = []
    if ready.status == 503:
        findings.append("/readyz answers that the node is not ready")
    elif ready.status != 200:
        findings.append(ready.error or f"/readyz answers HTTP status {ready.status}")
    return ACTIVE, checks, findings


def parse_checks(body: str) -> dict[str, str] | None:
    """Check name -> passing or failing from the JSON:API body of /health, or None where it is not one."""
    try:
        items = json.loads(body)["data"]
        pairs = [(item["attributes"]["name"], item["attributes"]["status"]) for item in items]
    except (ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(name, str) and status in (PASSING, FAILING) for name, status in pairs):
        return None
    return dict(pairs)


def _about_the_database(seen: Observation, release: Version | None) -> database_judge.Verdict:
    """Whether this host's node could work on the database."""
    if seen.lease_error and seen.address:
        failure = database_judge.explain(seen.lease_error, seen.address)
        return database_judge.Verdict((failure.cause,), (), failure.kind in database_judge.PASSING)
    if seen.database is None or seen.address is None:
        return database_judge.Verdict((), ())
    connections = database_connections(release.generation if release else TOML)
    return database_judge.judge(seen.database, seen.address, database_judge.Demands(release, connections))


def _judge_closed(age: float, seen: Observation, database: database_judge.Verdict) -> tuple[str, list[str]]:
    """Role and findings of a running container whose port is closed: it starts, waits for the lease, or hangs.

    A node that the database does not let work waits as well, without a word.
    """
    lease, causes = seen.lease, list(database.findings)
    if seen.lease_error:
        return _still(age), causes or [f"the lease cannot be read: {seen.lease_error}"]
    if lease is None:
        return _still(age), ["no node has taken the lease yet", *causes]
    if lease.expires_in > 0 and lease.mine:
        return STARTING, ["it holds the lease and does not serve yet"]
    if lease.own_sessions == 0:
        return _still(age), ["it has no session on the database", *causes]
    if lease.expires_in > 0:
        # A name that still leads to the old writer is no reason to distrust a node that waits.
        return STANDBY, [] if database.passing else causes
    if lease.expires_in > -TAKEOVER_SECONDS:
        return STARTING, ["the lease has just become free", *causes]
    return _still(age), [
        f"it does not take the lease, which is free for {-lease.expires_in:.0f} s",
        *(causes or ["nothing speaks against the database; the node's log may tell more"]),
    ]


def _still(age: float) -> str:
    return STARTING if age < START_SECONDS else FAILED
