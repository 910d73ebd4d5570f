# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans the restore of an estate's database: from where, into which cluster, with which release.

An older node does not start on the database of a newer one, and a newer one migrates an older one's. So the release
must be the one that the data are of; where nothing tells which that is, the operator must.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .._release import version

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Wish:
    """What the operator asks for: a snapshot or a moment (UTC, ISO 8601), perhaps a release; "" stands for nothing."""

    snapshot: str = ""
    time: str = ""
    release: str = ""


@dataclass(frozen=True)
class Plan:
    """What a restore does.

    cluster: the one to make. old_cluster: the one it is made beside. release: mapping of registry, repository, tag and
    digest. moment: the data's. findings: why nothing may be done; then the rest says nothing.
    """

    source: str = ""
    cluster: str = ""
    old_cluster: str = ""
    release: Mapping[str, Any] = field(default_factory=dict)
    moment: str = ""
    findings: list[str] = field(default_factory=list)


def old_cluster(record: Mapping[str, Any]) -> str:
    """The cluster that a restore is made beside; an interrupted one has noted it, since the record may name the new."""
    noted = record.get("restore") or {}
    return str(noted.get("old_cluster") or record.get("database", {}).get("cluster") or f"{record['estate']}-database")


def plan(
    record: Mapping[str, Any],
    cluster: Mapping[str, Any] | None,
    snapshot: Mapping[str, Any] | None,
    wish: Wish,
    now: datetime,
) -> Plan:
    """The plan for an estate.

    cluster: the old cluster, snapshot: the one that is wished for, both as amazon.aws's info modules return them, None
    where there is none.
    """
    if (wish.snapshot == "") == (wish.time == ""):
        return Plan(
            findings=[
                "set either estate_restore_snapshot to the name of a cluster snapshot, or estate_restore_time to a "
                "moment in UTC such as 2026-11-28T09:30:00Z"
            ]
        )
    source = wish.snapshot or wish.time
    pending = record.get("restore") or {}
    findings = []
    if cluster is None:
        findings.append(f"cluster {old_cluster(record)}, whose network and key the new one takes over, does not exist")
    if pending and pending.get("source") != source:
        way_out = "" if _switched(record) else ", or leave it with estate_restore_abandon=true"
        findings.append(
            f"a restore from {pending.get('source')} has begun and not ended; end it with the same source{way_out}"
        )
    if wish.snapshot:
        findings += _findings_of_snapshot(str(record["estate"]), wish.snapshot, snapshot)
    elif not pending:
        findings += _findings_of_time(wish.time, cluster or {})
    # What was noted may be what is wrong: then the operator says another.
    noted = pending.get("release") if not wish.release else None
    release = noted or _release(record, snapshot, wish, findings)
    if findings:
        return Plan(findings=findings)
    return Plan(
        source=source,
        cluster=str(pending.get("cluster") or f"{record['estate']}-database-{now:%Y%m%d%H%M%S}"),
        old_cluster=old_cluster(record),
        release=release or {},
        moment=wish.time or str((snapshot or {}).get("snapshot_create_time")),
    )


def abandon(record: Mapping[str, Any], wish: Wish) -> Plan:
    """The plan to leave a restore that has begun: its nodes go back to the old cluster, the made one stays as it is."""
    noted = record.get("restore") or {}
    findings = []
    if wish != Wish():
        findings.append(
            "estate_restore_abandon leaves a restore and begins none; leave out estate_restore_snapshot, "
            "estate_restore_time and estate_restore_release"
        )
    if not noted:
        findings.append("no restore has begun that could be left")
    elif _switched(record):
        findings.append(
            f"the estate is switched over to cluster {noted.get('cluster')} already, whose data its nodes may have "
            f"changed; end the restore from {noted.get('source')} with the same source, with estate_restore_release "
            "where the release is what is wrong, and restore anew from there"
        )
    if findings:
        return Plan(findings=findings)
    return Plan(
        source=str(noted.get("source")),
        cluster=str(noted.get("cluster")),
        old_cluster=old_cluster(record),
        release=record["release"],
        moment=str(noted.get("moment")),
    )


def _switched(record: Mapping[str, Any]) -> bool:
    """Whether the record names the new cluster of the restore that it notes."""
    return bool((record.get("database") or {}).get("cluster") == (record.get("restore") or {}).get("cluster"))


def _findings_of_snapshot(estate: str, name: str, snapshot: Mapping[str, Any] | None) -> list[str]:
    if snapshot is None:
        return [f"there is no cluster snapshot {name}"]
    findings = []
    if snapshot.get("status") != "available":
        findings.append(f"snapshot {name} is {snapshot.get('status')}, not available")
    of = str(snapshot.get("db_cluster_identifier"))
    if not re.fullmatch(rf"{re.escape(estate)}-database(-[0-9]+)?", of):
        findings.append(f"snapshot {name} is of cluster {of}, not of estate {estate}")
    return findings


def _findings_of_time(time: str, cluster: Mapping[str, Any]) -> list[str]:
    try:
        moment = datetime.strptime(time, _MOMENT).replace(tzinfo=timezone.utc)
    except ValueError:
        return [f"estate_restore_time is {time!r}; write a moment in UTC such as 2026-11-28T09:30:00Z"]
    earliest, latest = (_moment(cluster.get(f"{which}_restorable_time")) for which in ("earliest", "latest"))
    if earliest and latest and not earliest <= moment <= latest:
        return [f"estate_restore_time is {time}, and the cluster keeps {earliest:{_MOMENT}} to {latest:{_MOMENT}}"]
    return []


def _release(
    record: Mapping[str, Any], snapshot: Mapping[str, Any] | None, wish: Wish, findings: list[str]
) -> Mapping[str, Any] | None:
    """The release that the data are of, with its digest where that is known; adds to findings where nothing tells."""
    running: Mapping[str, Any] = record["release"]
    tags = _tags(snapshot)
    known = {str(running["tag"]): running}
    for note in ("previous", "upgrade"):
        noted = record.get(note) or {}
        before = noted.get("release") or noted.get("from")
        if before:
            known[str(before["tag"])] = before
    pending = (record.get("restore") or {}).get("release")
    if pending:
        known.setdefault(str(pending["tag"]), pending)
    if tags.get("nodeops:release"):
        digest = tags.get("nodeops:digest") or None
        known.setdefault(tags["nodeops:release"], {**running, "tag": tags["nodeops:release"], "digest": digest})
    tag = wish.release or tags.get("nodeops:release") or _tag_at(record, wish)
    if tag is None:
        findings.append(
            f"snapshot {wish.snapshot} does not say which release made its data; set estate_restore_release"
        )
        return None
    try:
        version.parse(tag)
    except version.ReleaseError as error:
        findings.append(f"estate_restore_release: {error}")
    return known.get(tag, {**running, "tag": tag, "digest": None})


def _tag_at(record: Mapping[str, Any], wish: Wish) -> str | None:
    """The release that ran at a moment, as far as the record knows; of a snapshot without tags it knows nothing."""
    if wish.snapshot:
        return None
    upgrade, previous = record.get("upgrade") or {}, record.get("previous") or {}
    if upgrade and wish.time < str(upgrade.get("begun")):
        return str(upgrade["from"]["tag"])
    # The database was migrated somewhere between the two, and the newer release runs on either. Older records know only
    # the end.
    if previous and wish.time < str(previous.get("begun") or previous.get("ended")):
        return str(previous["release"]["tag"])
    return str(record["release"]["tag"])


def _tags(snapshot: Mapping[str, Any] | None) -> dict[str, str]:
    listed: Sequence[Mapping[str, str]] = (snapshot or {}).get("tag_list") or []
    return {str(tag.get("key")): str(tag.get("value")) for tag in listed} | dict((snapshot or {}).get("tags") or {})


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    # Whole seconds: that is how exactly a moment can be asked for.
    moment = moment.replace(microsecond=0)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
