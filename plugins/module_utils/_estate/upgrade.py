# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans the upgrade of an estate: what may begin, what an interrupted one had reached, which host comes first.

A migration, from 1.13 to 2.x, is the same but for the step: what 1.x reads from its environment 2.x reads from files.

A newer release migrates the database, and an older one then refuses to start on it (node: versioning/orm.go). So the
standby gets the release first and only waits; the handover lets it migrate; the other host follows. Until the handover
everything can be undone for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._health import judge
from .._release import version
from .._release.version import ReleaseError, Version

UPGRADE = "upgrade"
MIGRATION = "migration"
#: The last releases of 1.x, and the only ones that can say their settings as 2.x reads them.
_LAST_ENVIRONMENT_SERIES = (1, 13)

#: Nothing is to be done: every host runs the release, and the record says so.
DONE = "done"
#: A new upgrade begins.
BEGIN = "begin"
#: An upgrade that was interrupted before its handover goes on: the old release still serves.
CONTINUE = "continue"
#: An upgrade that was interrupted at its handover or after it goes on: there is no free way back.
FINISH = "finish"


_ARTICLE = {UPGRADE: "an upgrade", MIGRATION: "a migration"}
_PLAYBOOK = {UPGRADE: "upgrade.yml", MIGRATION: "migrate.yml"}


@dataclass(frozen=True)
class Plan:
    """What an upgrade does next.

    first: the host that gets the release first (the standby). last: the host that serves until the handover.
    most_failing: how many checks of the new release may fail. snapshot: of the database before the upgrade, where one
    was made. findings: why nothing may be done; then the rest says nothing.
    """

    state: str = BEGIN
    first: str = ""
    last: str = ""
    old: str = ""
    new: str = ""
    most_failing: int = 0
    snapshot: str | None = None
    findings: list[str] = field(default_factory=list)


def plan(
    record: Mapping[str, Any],
    hosts: Sequence[Mapping[str, Any]],
    target: str,
    operation: str = UPGRADE,
    problems: Sequence[str] = (),
) -> Plan:
    """The plan for an estate: its record, the reports of its hosts (chainlink_health) and the release to reach.

    operation: UPGRADE or MIGRATION. problems: what others have found to speak against it.
    """
    pending = record.get("upgrade")
    recorded = str(record.get("release", {}).get("tag"))
    findings = _findings_of_hosts(hosts)
    if pending:
        return _resume(pending, recorded, hosts, target, operation, [*findings, *problems])
    findings += _findings_of_release(recorded, target, operation)
    whole = judge.judge_estate(hosts, least_standbys=1)
    findings += [f"the estate is not proven now: {finding}" for finding in whole.findings]
    odd = [f"{_name(host)} runs {host.get('release')}" for host in hosts if host.get("release") != recorded]
    if odd and not whole.findings:
        findings.append(f"the record says release {recorded}, but {', '.join(odd)}; run site.yml first")
    findings += [problem for problem in problems if not any(finding in problem for finding in findings)]
    if findings:
        return Plan(findings=findings)
    state = DONE if recorded == target else BEGIN
    failing = next(len(host.get("failing") or []) for host in hosts if host.get("role") == judge.ACTIVE)
    return Plan(state, whole.standby[0], whole.active[0], recorded, target, failing)


def _resume(
    pending: Mapping[str, Any],
    recorded: str,
    hosts: Sequence[Mapping[str, Any]],
    target: str,
    operation: str,
    findings: list[str],
) -> Plan:
    old = str(pending.get("from", {}).get("tag"))
    begun = MIGRATION if old.partition(".")[0] != recorded.partition(".")[0] else UPGRADE
    if (begun, recorded) != (operation, target):
        findings.append(
            f"{_ARTICLE[begun]} from {old} to {recorded} has begun and not ended; end it with {_PLAYBOOK[begun]} and "
            f"release {recorded}, or go back with restore.yml and snapshot {pending.get('snapshot')}"
        )
    if findings:
        return Plan(findings=findings)
    serving_old = [host for host in hosts if host.get("role") == judge.ACTIVE and host.get("release") == old]
    state = CONTINUE if serving_old else FINISH
    last = serving_old[0] if serving_old else _least_advanced(hosts, recorded)
    first = next(host for host in hosts if host is not last)
    return Plan(
        state,
        _name(first),
        _name(last),
        old,
        recorded,
        int(pending.get("most_failing") or 0),
        pending.get("snapshot"),
    )


def _least_advanced(hosts: Sequence[Mapping[str, Any]], new: str) -> Mapping[str, Any]:
    """The host that follows last: the one without the new release, or of two that have it, the one not serving."""

    def progress(host: Mapping[str, Any]) -> tuple[bool, int]:
        order = (judge.ACTIVE, judge.MIGRATING, judge.STARTING, judge.FAILED, judge.STANDBY, judge.DOWN)
        role = host.get("role")
        return host.get("release") == new, -order.index(role) if role in order else -len(order)

    return min(hosts, key=progress)


def _findings_of_hosts(hosts: Sequence[Mapping[str, Any]]) -> list[str]:
    findings = [f"{_name(host)} cannot be reached" for host in hosts if host.get("role") not in judge.ROLES]
    if len(hosts) != 2:
        findings.append(f"an estate has two node hosts, and the inventory shows {len(hosts)}; run connect.yml")
    return findings


def _findings_of_release(recorded: str, target: str, operation: str) -> list[str]:
    try:
        running, wanted = version.parse(recorded), version.parse(target)
        return _step_to_toml(running, wanted) if operation == MIGRATION else _step(running, wanted)
    except ReleaseError as error:
        return [str(error)]


def _step_to_toml(running: Version, wanted: Version) -> list[str]:
    """What speaks against migrating from one release to another; raises ReleaseError for one of an unknown series."""
    findings = []
    if wanted.generation != version.TOML:
        findings.append(f"{wanted} is no 2.x release; name one, such as 2.9.0, or go there with upgrade.yml")
    if running.generation == version.TOML and wanted != running:
        findings.append(f"{running} runs, which is a 2.x release already; upgrade.yml brings a newer one")
    if (running.major, running.minor) < _LAST_ENVIRONMENT_SERIES:
        findings.append(
            f"{running} runs, and only 1.13.x can say its settings as 2.x reads them; upgrade to 1.13.x first "
            "(upgrade.yml with estate_upgrade_series=1.13)"
        )
    return findings


def _step(running: Version, wanted: Version) -> list[str]:
    if wanted < running:
        return [
            f"{wanted} is older than {running}, which runs: {running} has migrated the database, and {wanted} would "
            "not start on it; the way back is restore.yml with a snapshot from before"
        ]
    if wanted.major != running.major:
        return [
            f"{wanted} is of another major series than {running}, which runs: 2.x reads files where 1.x reads its "
            "environment, so this is a migration and no upgrade; run migrate.yml, from 1.13.x"
        ]
    return []


def _name(host: Mapping[str, Any]) -> str:
    return str(host.get("host"))
