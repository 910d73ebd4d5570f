# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans an export of the node's keys: for whom, into which file, or everything that speaks against it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._escrow import recipient
from .._health import judge


@dataclass(frozen=True)
class Target:
    """What can be seen of the place of the file."""

    exists: bool = False
    directory_exists: bool = True
    writable: bool = True


def file_of(estate: str, given: str, wanted: str, directory: str, now: datetime.datetime) -> str:
    """The absolute path of the file: the one that is given, or one of the estate's name and this moment.

    wanted: the recipient; an export for a KMS key is a document of JSON.
    """
    ending = "kms.json" if recipient.is_kms(wanted) else "age"
    name = os.path.expanduser(given) or f"{estate}-keys-{now.strftime('%Y%m%dT%H%M%SZ')}.{ending}"
    return os.path.normpath(os.path.join(directory, name))


def look(path: str) -> Target:
    """What there is at a path; nothing is tried out."""
    directory = os.path.dirname(path)
    return Target(os.path.lexists(path), os.path.isdir(directory), os.access(directory, os.W_OK | os.X_OK))


def problems(
    record: Mapping[str, Any],
    hosts: Sequence[Mapping[str, Any]],
    wanted: str,
    path: str,
    target: Target,
    known: Sequence[str] = (),
) -> list[str]:
    """Everything that speaks against an export.

    record: the estate's. hosts: the reports of its hosts (chainlink_health). wanted: the recipient. path: of the file.
    known: what others have found to speak against it.
    """
    found = [f"estate_escrow_recipient {message}" for message in recipient.problems(wanted)] or list(known)
    if target.exists:
        found.append(f"estate_escrow_file: {path} exists, and no export is ever overwritten; name another file")
    elif not target.directory_exists:
        found.append(f"estate_escrow_file: {os.path.dirname(path)} is no directory; make it, or name another file")
    elif not target.writable:
        found.append(f"estate_escrow_file: you may not write in {os.path.dirname(path)}; name another file")
    if record.get("upgrade"):
        found.append("an upgrade has begun and not ended; end it first")
    report = judge.judge_estate(hosts, least_standbys=1)
    found += [f"the estate is not proven now: {finding}" for finding in report.findings]
    recorded = str(record.get("release", {}).get("tag"))
    odd = [f"{host.get('host')} runs {host.get('release')}" for host in hosts if host.get("release") != recorded]
    if odd and not report.findings and not record.get("upgrade"):
        found.append(f"the record says release {recorded}, but {', '.join(odd)}; run site.yml first")
    return found
