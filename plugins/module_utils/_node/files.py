# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the node's files: atomic, owned by the node's user, readable by nobody else.

First :func:`plan` says what differs, then :func:`apply` changes just that; check mode stops in between.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

CREATE = "create"
UPDATE = "update"
PERMISSIONS = "permissions"
REMOVE = "remove"
KEEP = "keep"

_TEMPORARY_SUFFIX = ".nodeops-new"


class FilesError(OSError):
    """A directory or file that cannot be used as it is."""


@dataclass(frozen=True)
class Place:
    """Where the files go, whose they are and how they may be used."""

    directory: str
    owner: int
    group: int
    file_mode: int = 0o400
    directory_mode: int = 0o500


@dataclass(frozen=True)
class State:
    """How a file is, or is to be."""

    content: bytes
    owner: int
    group: int
    mode: int

    def __repr__(self) -> str:
        return f"State(owner={self.owner}, group={self.group}, mode={self.mode:04o})"


@dataclass(frozen=True)
class Change:
    """What happens to one file; .before or .after is None where the file is not there.

    .name is relative to the plan's directory, or absolute for a file elsewhere.
    """

    name: str
    action: str
    before: State | None
    after: State | None


@dataclass(frozen=True)
class Plan:
    place: Place
    directory_action: str
    changes: tuple[Change, ...]

    @property
    def changed(self) -> bool:
        return self.directory_action != KEEP or any(change.action != KEEP for change in self.changes)


def plan(
    place: Place,
    files: Mapping[str, str],
    foreign: tuple[str, ...] = (),
    others: Mapping[str, State] | None = None,
) -> Plan:
    """What must change so that the directory holds exactly these files, readable by their owner alone.

    files: file name -> content. foreign: further names that must not be there (those of the other generation);
    left-overs of an interrupted write are removed as well, any other file is left alone. others: files elsewhere, by
    absolute path.
    Raises FilesError where the directory is a link or not a directory, or a file is not a regular file.
    """
    changes = []
    states = {
        name: State(content.encode("utf-8"), place.owner, place.group, place.file_mode)
        for name, content in files.items()
    }
    for name, after in sorted({**states, **(others or {})}.items()):
        before = _state(os.path.join(place.directory, name))
        changes.append(Change(name, _action(before, after), before, after))
    unwanted = (set(foreign) - set(files)) | set(_leftovers(place.directory))
    for name in sorted(unwanted):
        before = _state(os.path.join(place.directory, name))
        if before is not None:
            changes.append(Change(name, REMOVE, before, None))
    return Plan(place, _directory_action(place), tuple(changes))


def apply(plan_: Plan) -> None:
    """Make the changes of a plan. Each file is replaced whole or not at all, also if the host stops in between."""
    place = plan_.place
    if plan_.directory_action == CREATE:
        os.mkdir(place.directory, 0o700)
    if plan_.directory_action != KEEP:
        os.chown(place.directory, place.owner, place.group)
        os.chmod(place.directory, place.directory_mode)
    for change in plan_.changes:
        path = os.path.join(place.directory, change.name)
        if change.action == REMOVE:
            os.unlink(path)
        elif change.action != KEEP and change.after is not None:
            write_atomically(path, change.after)


def write_atomically(path: str, state: State) -> None:
    """Replace one file: written beside it under another name, flushed to the disk, then renamed over it."""
    directory, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f"{name}.", suffix=_TEMPORARY_SUFFIX, dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchown(stream.fileno(), state.owner, state.group)
            os.fchmod(stream.fileno(), state.mode)
            stream.write(state.content)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_directory(directory)


def describe(plan_: Plan) -> tuple[str, str]:
    """Before and after as text for a diff: names, owners, modes and fingerprints, never a value.

    The fingerprints are keyed with a random key of this very call: equal contents have equal fingerprints within one
    diff, and no one can try out passwords on them later.
    """
    key = secrets.token_bytes(32)
    before = [_directory_line(plan_.place, plan_.directory_action, False)]
    after = [_directory_line(plan_.place, plan_.directory_action, True)]
    for change in plan_.changes:
        before.append(_line(change.name, change.before, key))
        after.append(_line(change.name, change.after, key))
    return "".join(before), "".join(after)


def read(directory: str, names: tuple[str, ...]) -> dict[str, str]:
    """The contents of those of the files that exist; raises OSError where one cannot be read."""
    contents = {}
    for name in names:
        try:
            with open(os.path.join(directory, name), encoding="utf-8") as stream:
                contents[name] = stream.read()
        except FileNotFoundError:
            continue
    return contents


def explain(error: OSError) -> str:
    """What an error of this file means in words."""
    if isinstance(error, FilesError):
        return str(error)
    return ": ".join(part for part in (str(error.filename or ""), error.strerror or type(error).__name__) if part)


def _action(before: State | None, after: State) -> str:
    if before is None:
        return CREATE
    if before.content != after.content:
        return UPDATE
    return KEEP if before == after else PERMISSIONS


def _state(path: str) -> State | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FilesError(f"{path} cannot be opened as a regular file: {os.strerror(error.errno or 0)}") from error
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise FilesError(f"{path} is not a regular file; remove it")
        return State(stream.read(), status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))


def _directory_action(place: Place) -> str:
    try:
        status = os.lstat(place.directory)
    except FileNotFoundError:
        return CREATE
    if not stat.S_ISDIR(status.st_mode):
        raise FilesError(f"{place.directory} is not a directory; remove it")
    wanted = (place.owner, place.group, place.directory_mode)
    return KEEP if (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == wanted else PERMISSIONS


def _leftovers(directory: str) -> list[str]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return [name for name in names if re.fullmatch(rf".+\..+{re.escape(_TEMPORARY_SUFFIX)}", name)]


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _directory_line(place: Place, action: str, after: bool) -> str:
    if after or action == KEEP:
        return f"{place.directory}/ {place.owner}:{place.group} {place.directory_mode:04o}\n"
    return f"{place.directory}/ {'absent' if action == CREATE else 'other owner or mode'}\n"


def _line(name: str, state: State | None, key: bytes) -> str:
    if state is None:
        return f"{name} absent\n"
    fingerprint = hmac.new(key, state.content, hashlib.sha256).hexdigest()[:16]
    return f"{name} {state.owner}:{state.group} {state.mode:04o} fingerprint {fingerprint}\n"
