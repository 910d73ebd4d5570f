# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that differs between releases, in one table.

``CHANGES`` maps a behaviour to (first release, value) pairs in rising order. The releases come from the
changelog and source that README.md names; "inferred" marks the ones that are known only to lie in a range.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, fields
from functools import total_ordering
from pathlib import Path
from typing import Any

from .errors import CommandError

_FORM = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")
_VERSION_FILE = Path(__file__).resolve().parent.parent / "VERSION"


@total_ordering
@dataclass(frozen=True)
class Version:
    """A semantic version; a pre-release sorts below its release."""

    major: int
    minor: int
    patch: int
    pre_release: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        found = _FORM.match(text)
        if not found:
            raise ValueError(f"Invalid Semantic Version: {text!r}")
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4] or "")

    def _key(self) -> tuple[Any, ...]:
        parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in self.pre_release.split(".") if p)
        return (self.major, self.minor, self.patch, not self.pre_release, parts)

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        return f"{text}-{self.pre_release}" if self.pre_release else text

    @property
    def commit(self) -> str:
        """A commit id that is stable for the release; no real commit of the official repository."""
        return hashlib.sha1(f"stand-in {self}".encode(), usedforsecurity=False).hexdigest()


CHANGES: dict[str, tuple[tuple[str, Any], ...]] = {
    # Command line and configuration.
    "toml_only": (("1.12.0", False), ("2.0.0", True)),
    "cl_config_last": (("1.12.0", False), ("1.13.0", True)),
    "many_secrets_files": (("1.12.0", False), ("2.4.0", True)),
    "config_dump": (("1.12.0", True), ("2.0.0", False)),
    "admin_status": (("1.12.0", False), ("2.0.0", True)),  # before: node status
    "health_command": (("1.12.0", False), ("2.9.0", True)),  # inferred: absent in 1.12, present in 2.9.0
    "validates_before_lease": (("1.12.0", True), ("2.30.0", False)),
    "p2p_v2_default": (("1.12.0", False), ("2.7.0", True)),
    "ocr_needs_p2p_v2": (("1.12.0", False), ("2.10.0", True)),
    "simple_passwords": (("1.12.0", True), ("2.6.0", False)),
    "maximum_connections": (("1.12.0", 20), ("2.11.0", 100)),
    "gnosis_chain_type": (("1.12.0", "xdai"), ("2.13.0", "gnosis")),
    "skips_version_check": (("1.12.0", False), ("2.29.0", True)),
    # The image: the version of its PostgreSQL client, which refuses to dump a newer server.
    "postgres_client": (("1.12.0", 14), ("2.2.0", 15), ("2.12.0", 16)),
    # What port 6688 answers.
    "failing_health_status": (("1.12.0", 200), ("2.9.0", 207)),
    "health_by_accept": (("1.12.0", False), ("2.9.0", True)),
    "health_failing_query": (("1.12.0", False), ("2.18.0", True)),  # inferred: between 2.15.0 and 2.18.0
    "migration_server": (("1.12.0", "never"), ("2.5.0", "backup"), ("2.15.0", "always")),
    "migration_server_other_status": (("1.12.0", 404), ("2.40.0", 503)),  # inferred: after about 2.31
    "chain_in_key_id": (("1.12.0", False), ("2.10.0", True)),  # inferred: pull request 11821 of February 2024
    # Names.
    "go_type_check_names": (("1.12.0", True), ("2.0.0", False)),
    "head_reporter": (("1.12.0", "PromReporter"), ("2.14.0", "HeadReporter")),  # inferred
    "chain_agnostic_pool": (("1.12.0", False), ("2.8.0", True)),
    "balance_metric": (("1.12.0", "eth_balance"), ("2.31.0", "node_balance")),  # inferred
    # The last migration of a release: numbers of this stand-in, rising as the official ones do.
    "schema": (
        ("1.12.0", 159),
        ("1.13.0", 165),
        ("2.0.0", 171),
        ("2.9.0", 223),
        ("2.20.0", 261),
        ("2.29.0", 275),
        ("2.30.0", 279),
        ("2.40.0", 288),
        ("2.46.0", 292),
        # The broken releases (defects.py) bring three migrations of their own.
        ("2.46.101", 295),
    ),
}


@dataclass(frozen=True)
class Behaviour:
    """One release's row of ``CHANGES``."""

    version: Version
    toml_only: bool
    cl_config_last: bool
    many_secrets_files: bool
    config_dump: bool
    admin_status: bool
    health_command: bool
    validates_before_lease: bool
    p2p_v2_default: bool
    ocr_needs_p2p_v2: bool
    simple_passwords: bool
    maximum_connections: int
    gnosis_chain_type: str
    skips_version_check: bool
    postgres_client: int
    failing_health_status: int
    health_by_accept: bool
    health_failing_query: bool
    migration_server: str
    migration_server_other_status: int
    chain_in_key_id: bool
    go_type_check_names: bool
    head_reporter: str
    chain_agnostic_pool: bool
    balance_metric: str
    schema: int

    @classmethod
    def of(cls, version: Version) -> Behaviour:
        """The behaviour of ``version``.

        Raises CommandError for a release older than the table knows.
        """
        values: dict[str, Any] = {"version": version}
        for field in fields(cls):
            if field.name == "version":
                continue
            known = [value for since, value in CHANGES[field.name] if Version.parse(since) <= version]
            if not known:
                raise CommandError(f"stand-in: release {version} is older than {CHANGES[field.name][0][0]}")
            values[field.name] = known[-1]
        return cls(**values)


def running_version() -> Version:
    """The release that this image plays: file VERSION of the image, or CHAINLINK_STAND_IN_VERSION (tests)."""
    text = os.environ.get("CHAINLINK_STAND_IN_VERSION") or _VERSION_FILE.read_text(encoding="ascii").strip()
    return Version.parse(text)
